#!/usr/bin/env bash
# Brings vendor/advisory-db up to date: the RustSec advisories for the crates in our lock files, and nothing else.
#
#   scripts/refresh-advisories.sh             clones the database first
#   scripts/refresh-advisories.sh REPOSITORY  takes it from a clone (or a bare repository) that is there
set -eu
cd "$(dirname "$0")/.."
vendored=vendor/advisory-db
source=${1-}
if [ -z "$source" ]; then
    source=$(mktemp -d)
    trap 'rm -rf "$source"' EXIT
    git clone --quiet --depth=1 https://github.com/rustsec/advisory-db "$source"
fi
show() { git -C "$source" show "HEAD:$1"; }

rm -rf "$vendored/crates"
mkdir -p "$vendored/crates"
sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.lock fuzz/Cargo.lock | LC_ALL=C sort -u >"$vendored/CRATES"
git -C "$source" ls-tree -r --name-only HEAD:crates | while IFS=/ read -r crate file; do
    if grep -qxF "$crate" "$vendored/CRATES"; then
        mkdir -p "$vendored/crates/$crate"
        show "crates/$crate/$file" >"$vendored/crates/$crate/$file"
    fi
done
show LICENSE.txt >"$vendored/LICENSE.txt"
show LICENSES/CC-BY-4.0.txt >"$vendored/LICENSE-CC-BY-4.0.txt"
git -C "$source" log -1 --format='commit %H%ndate %cs' >"$vendored/SNAPSHOT"
echo "$(find "$vendored/crates" -name '*.md' | wc -l) advisories for $(wc -l <"$vendored/CRATES") crates, $(tail -n 1 "$vendored/SNAPSHOT")"
