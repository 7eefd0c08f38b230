#!/bin/sh
# Installs the generator of the site, mkdocs-material, with the versions and hashes of scripts/pinned/site.txt, under
# target/hook-tools/site. Does nothing, and needs no network, where that is there. Needs python3 with venv.
set -eu

cd "$(dirname "$0")/.."
tools=${CARGO_TARGET_DIR:-target}/hook-tools
mkdir -p "$tools"
if cmp -s scripts/pinned/site.txt "$tools/site/pinned.txt"; then
  exit 0
fi
rm -rf "$tools/site"
python3 -m venv "$tools/site"
"$tools/site/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
  --requirement scripts/pinned/site.txt
cp scripts/pinned/site.txt "$tools/site/pinned.txt"
