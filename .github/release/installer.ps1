# Installs portcullis @TAG@ on Windows: downloads its archive, checks the checksum, and puts the binary into
# %LOCALAPPDATA%\Programs\portcullis, or into the directory that PORTCULLIS_INSTALL_DIR names.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue' # a progress bar makes Windows PowerShell slow

# Everything stands in a function, so that a script that was cut off in transit does nothing.
function Install-Portcullis {
    $release = '@RELEASE@'
    $name = 'portcullis-@TAG@-x86_64-pc-windows-msvc'
    $directory = $env:PORTCULLIS_INSTALL_DIR
    if (-not $directory) { $directory = Join-Path $env:LOCALAPPDATA 'Programs\portcullis' }
    $binary = Join-Path $directory 'portcullis.exe'

    $temporary = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
    $null = New-Item -ItemType Directory -Path $temporary
    try {
        $archive = Join-Path $temporary "$name.zip"
        $sums = Join-Path $temporary 'SHA256SUMS'
        Invoke-WebRequest -UseBasicParsing -Uri "$release/SHA256SUMS" -OutFile $sums
        Invoke-WebRequest -UseBasicParsing -Uri "$release/$name.zip" -OutFile $archive

        $checksum = (Get-FileHash -Algorithm SHA256 -Path $archive).Hash.ToLower()
        if (-not ((Get-Content $sums) -contains "$checksum  $name.zip")) {
            throw "$name.zip does not have the checksum of the release"
        }
        Expand-Archive -Path $archive -DestinationPath $temporary
        $null = New-Item -ItemType Directory -Force -Path $directory
        Copy-Item -Force -Path (Join-Path $temporary "$name\portcullis.exe") -Destination $binary
    } finally {
        Remove-Item -Recurse -Force $temporary
    }
    Write-Output "Installed $(& $binary --version) as $binary."
    if (($env:PATH -split ';') -notcontains $directory) {
        Write-Output "Add $directory to PATH to run it as portcullis."
    }
}

Install-Portcullis
