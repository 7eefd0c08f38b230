#!/usr/bin/env bash
# Finds or makes the binary that the action runs, and writes its path to GITHUB_OUTPUT as `binary`.
#
# In:  IMAGE_LINT_ACTION_PATH  folder of this action
#      IMAGE_LINT_REPOSITORY   OWNER/NAME of the action; empty with `uses: ./`
#      IMAGE_LINT_VERSION      version to install; empty for the last one in checksums.txt
#      IMAGE_LINT_BASE_URL     where the binaries are; empty for the release page
#      IMAGE_LINT_BINARY       binary that is there already
#
# A binary is run only if its SHA-256 stands in checksums.txt beside this script: whoever pins the action's commit pins
# the binary. Without a line for this machine it is built from the action's own source.
set -euo pipefail

fail() {
  echo "::error title=image-lint::$1"
  exit 2
}

use() {
  printf 'binary=%s\n' "$1" >>"$GITHUB_OUTPUT"
  exit 0
}

digest() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1"
  else
    shasum -a 256 <"$1"
  fi | cut -d ' ' -f 1
}

if [[ -n ${IMAGE_LINT_BINARY:-} ]]; then
  [[ $IMAGE_LINT_BINARY != *$'\n'* ]] || fail "The input path holds a line break."
  [[ -x $IMAGE_LINT_BINARY && ! -d $IMAGE_LINT_BINARY ]] || fail "The input path names no program that can be run."
  use "$IMAGE_LINT_BINARY"
fi

exe=
case "${RUNNER_OS:-$(uname -s)}-${RUNNER_ARCH:-$(uname -m)}" in
  Linux-X64 | Linux-x86_64) target=x86_64-unknown-linux-gnu ;;
  Linux-ARM64 | Linux-aarch64) target=aarch64-unknown-linux-gnu ;;
  macOS-X64 | Darwin-x86_64) target=x86_64-apple-darwin ;;
  macOS-ARM64 | Darwin-arm64) target=aarch64-apple-darwin ;;
  Windows-X64) target=x86_64-pc-windows-msvc exe=.exe ;;
  *) target=none ;;
esac

version=${IMAGE_LINT_VERSION:-}
[[ -z $version || $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] ||
  fail "The input version takes a version such as 1.2.3."

# The last line that fits, so that the newest version comes last in the file.
expected=
asset=
while read -r sum name; do
  [[ $sum =~ ^[0-9a-f]{64}$ ]] || continue
  [[ $name =~ ^image-lint-([0-9][0-9A-Za-z.-]*)-"$target$exe"$ ]] || continue
  [[ -z $version || ${BASH_REMATCH[1]} == "$version" ]] || continue
  expected=$sum asset=$name found=${BASH_REMATCH[1]}
done <"$IMAGE_LINT_ACTION_PATH/action/checksums.txt"

if [[ -z $expected ]]; then
  [[ -z $version ]] ||
    fail "Version $version has no checksum for $target in this commit of the action; pin the commit of that release."
  command -v cargo >/dev/null ||
    fail "There is no released binary for $target, and building one needs cargo: add dtolnay/rust-toolchain before this step."
  echo "No released binary for $target in this commit: building from source."
  build=${RUNNER_TEMP:-/tmp}/image-lint-build
  # In the action's folder, or cargo and rustup would obey the settings of the linted repository.
  cd "$IMAGE_LINT_ACTION_PATH"
  cargo build --locked --release --bin image-lint --target-dir "$build"
  use "$build/release/image-lint$exe"
fi

home=${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:-/tmp}}/image-lint/$found/$target
binary=$home/image-lint$exe
if [[ -f $binary && $(digest "$binary") == "$expected" ]]; then
  use "$binary"
fi

base=${IMAGE_LINT_BASE_URL:-}
if [[ -z $base ]]; then
  [[ ${IMAGE_LINT_REPOSITORY:-} =~ ^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$ ]] ||
    fail "The address of the release is not known here: set the input base-url."
  base=${GITHUB_SERVER_URL:-https://github.com}/$IMAGE_LINT_REPOSITORY/releases/download/v$found
fi
mkdir -p "$home"
download=$(mktemp "$home/.download.XXXXXX")
trap 'rm -f "$download"' EXIT
# -q first: no curlrc. The digest decides what is run, so an own mirror may use any of these protocols.
curl -q --fail --silent --show-error --location --retry 3 --max-filesize 209715200 \
  --proto '=https,http,file' --proto-redir '=https' --output "$download" --url "${base%/}/$asset" ||
  fail "$asset could not be downloaded; set the input base-url or path if this machine has no way to the release page."
actual=$(digest "$download")
[[ $actual == "$expected" ]] ||
  fail "$asset has the SHA-256 $actual, but this commit of the action expects $expected. It was not run."
chmod 755 "$download"
mv -f "$download" "$binary"
use "$binary"
