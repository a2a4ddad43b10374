#!/bin/sh
# Installs portcullis @TAG@ on Linux or macOS: downloads its archive, checks the checksum, and puts the binary into
# ~/.local/bin, or into the directory that PORTCULLIS_INSTALL_DIR names.
set -eu

release=@RELEASE@
tag=@TAG@

fail() {
    echo "error: $1" >&2
    exit 1
}

# The target whose archive runs on this machine. What is linked with musl runs on any Linux.
target() {
    case $(uname -s)-$(uname -m) in
        Linux-x86_64) echo x86_64-unknown-linux-musl ;;
        Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-musl ;;
        Darwin-arm64) echo aarch64-apple-darwin ;;
        *) fail "there is no release for $(uname -s) on $(uname -m); build it: cargo install --path ." ;;
    esac
}

download() {
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --output "$2" "$1"
    else
        wget --quiet --output-document="$2" "$1"
    fi || fail "could not download $1"
}

# Linux has the one, macOS the other.
sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum --algorithm 256 "$@"; fi
}

# Everything stands in a function, so that a script that was cut off in transit does nothing.
install() {
    directory=${PORTCULLIS_INSTALL_DIR:-$HOME/.local/bin}
    target=$(target)
    name=portcullis-$tag-$target
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT

    download "$release/SHA256SUMS" "$temporary/SHA256SUMS"
    download "$release/$name.tar.gz" "$temporary/$name.tar.gz"
    cd "$temporary"
    grep -F "  $name.tar.gz" SHA256SUMS >expected || fail "SHA256SUMS does not list $name.tar.gz"
    sha256 --check expected >/dev/null || fail "$name.tar.gz does not have the checksum of the release"
    tar -xzf "$name.tar.gz" "$name/portcullis"

    cd - >/dev/null
    mkdir -p "$directory"
    mv -f "$temporary/$name/portcullis" "$directory/portcullis"
    echo "Installed $("$directory/portcullis" --version) as $directory/portcullis."
    case :$PATH: in
        *":$directory:"*) ;;
        *) echo "Add $directory to PATH to run it as portcullis." ;;
    esac
}

install
