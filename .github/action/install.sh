#!/usr/bin/env bash
# Installs the program: a verified release, or a build of the action's own sources.
set -euo pipefail

: "${GITHUB_ACTION_PATH:?}" "${GITHUB_OUTPUT:?}" "${RUNNER_ARCH:?}" "${RUNNER_OS:?}" "${RUNNER_TEMP:?}"

root=$RUNNER_TEMP/portcullis
version=${PORTCULLIS_VERSION-}

fail() {
    echo "::error title=Portcullis::$1" >&2
    exit 1
}

# The target whose archive runs on this runner.
target() {
    case $RUNNER_OS-$RUNNER_ARCH in
        Linux-X64) echo x86_64-unknown-linux-musl ;;
        Linux-ARM64) echo aarch64-unknown-linux-musl ;;
        macOS-ARM64) echo aarch64-apple-darwin ;;
        *) fail "There is no release for $RUNNER_OS on $RUNNER_ARCH; leave out \`version\` to build it." ;;
    esac
}

# Linux has one of these tools, macOS the other.
sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum --algorithm 256 "$@"; fi
}

# Nothing is unpacked before checksum and attestation hold.
download() {
    local name archive
    name=portcullis-$version-$(target)
    archive=$name.tar.gz
    gh release download "$version" --repo "$PORTCULLIS_REPOSITORY" --dir "$root" --clobber \
        --pattern "$archive" --pattern SHA256SUMS
    (cd "$root" && grep -F "  $archive" SHA256SUMS | sha256 --check)
    gh attestation verify "$root/$archive" --repo "$PORTCULLIS_REPOSITORY" \
        --signer-workflow "$PORTCULLIS_REPOSITORY/.github/workflows/release.yml"
    mkdir -p "$root/bin"
    tar -xzf "$root/$archive" -C "$root/bin" --strip-components=1 "$name/portcullis"
}

# From its own directory: no toolchain file or Cargo configuration of the audited project has a say.
build() {
    export AWS_LC_SYS_PREBUILT_NASM=1 # a Windows runner has no assembler
    (cd "$GITHUB_ACTION_PATH" && cargo install --locked --path . --root "$root")
}

mkdir -p "$root"
if [[ -n $version ]]; then download; else build; fi
echo "portcullis=$root/bin/portcullis" >>"$GITHUB_OUTPUT"
"$root/bin/portcullis" --version
