#!/bin/sh
# Builds the committed state twice, in two folders and with two homes of cargo, and compares the binaries and their
# bills of materials byte for byte. Takes two release builds.
set -eu

cd "$(dirname "$0")/.."
commit=$(git rev-parse HEAD)
home=${CARGO_HOME:-$HOME/.cargo}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

build() {
  folder=$1 cargo_home=$2
  git clone --quiet --no-checkout . "$folder"
  git -C "$folder" checkout --quiet "$commit"
  (cd "$folder" && CARGO_HOME=$cargo_home CARGO_TARGET_DIR="$folder/target" scripts/build-static.sh)
}

mkdir -p "$work/cargo"
# What is downloaded already need not be again.
[ ! -d "$home/registry" ] || cp -R "$home/registry" "$work/cargo/registry"
first=$(build "$work/one" "$home")
second=$(build "$work/in/another/folder" "$work/cargo")

status=0
for suffix in '' .cdx.json; do
  sha256sum "$first$suffix" "$second$suffix"
  cmp "$first$suffix" "$second$suffix" || status=1
done
if grep -aqF -e "$work" -e "$home" "$first"; then
  echo "the binary holds a path of this machine" >&2
  status=1
fi
exit "$status"
