"""Packs a built `portcullis` for release: binary, completions, manual pages, schemas and documents.

    package.py BINARY TARGET DIRECTORY [--tag vVERSION]

writes DIRECTORY/portcullis-vVERSION-TARGET.tar.gz (a zip for Windows) and prints its path. The same
binary gives the same bytes: owners are root, and times are SOURCE_DATE_EPOCH, see
https://reproducible-builds.org/specs/source-date-epoch/.
"""

import argparse
import gzip
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "schemas/config-v1.schema.json",
    "schemas/diff-v1.schema.json",
    "schemas/framework-v1.schema.json",
    "schemas/report-v1.schema.json",
    "schemas/rule-v1.schema.json",
]
COMPLETIONS = {
    "bash": "portcullis.bash",
    "fish": "portcullis.fish",
    "powershell": "_portcullis.ps1",
    "zsh": "_portcullis",
}
# The least that a zip can hold: its times begin in 1980.
DEFAULT_TIME = 315_532_800


def run(binary: Path, *arguments: str) -> bytes:
    """What the binary prints."""
    return subprocess.run([binary, *arguments], check=True, stdout=subprocess.PIPE).stdout


def manual(binary: Path) -> dict[str, bytes]:
    """The manual pages, by name."""
    with tempfile.TemporaryDirectory() as directory:
        run(binary, "man", directory)
        return {page.name: page.read_bytes() for page in Path(directory).iterdir()}


def content(binary: Path, windows: bool) -> dict[str, bytes]:
    """What is packed, by path."""
    files = {"portcullis.exe" if windows else "portcullis": binary.read_bytes()}
    files |= {name: (ROOT / name).read_bytes() for name in DOCUMENTS}
    for shell, name in COMPLETIONS.items():
        files[f"completions/{name}"] = run(binary, "completions", shell)
    files |= {f"man/man1/{name}": page for name, page in manual(binary).items()}
    return dict(sorted(files.items()))


def mode(path: str) -> int:
    """The binary may be run, everything may be read."""
    return 0o755 if Path(path).stem == "portcullis" and "/" not in path else 0o644


def tar(name: str, files: dict[str, bytes], epoch: int) -> bytes:
    """A compressed tar archive of one directory."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=epoch) as compressed,
        tarfile.open(mode="w", fileobj=compressed, format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path, data in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mode, entry.mtime = len(data), mode(path), epoch
            entry.uname = entry.gname = "root"
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def zipped(name: str, files: dict[str, bytes], epoch: int) -> bytes:
    """A zip archive of one directory."""
    buffer = io.BytesIO()
    moment = time.gmtime(max(epoch, DEFAULT_TIME))[:6]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(f"{name}/{path}", moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on whatever it runs
            entry.external_attr = mode(path) << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def main() -> None:
    """Packs, unless the tag names another version than the binary."""
    parser = argparse.ArgumentParser(description="Packs a built portcullis for release.")
    parser.add_argument("binary", type=Path)
    parser.add_argument("target", help="such as x86_64-unknown-linux-musl")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--tag", help="the tag of the release, to be compared with the version")
    arguments = parser.parse_args()

    binary = arguments.binary.resolve()
    tag = "v" + run(binary, "--version").decode().split()[1]
    if arguments.tag not in (None, tag):
        sys.exit(f"error: the tag is {arguments.tag}, but the binary's version makes it {tag}")
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", DEFAULT_TIME))
    windows = "windows" in arguments.target
    name = f"portcullis-{tag}-{arguments.target}"
    files = content(binary, windows)
    archive = arguments.directory / f"{name}{'.zip' if windows else '.tar.gz'}"
    arguments.directory.mkdir(parents=True, exist_ok=True)
    archive.write_bytes((zipped if windows else tar)(name, files, epoch))
    print(archive)


if __name__ == "__main__":
    main()
