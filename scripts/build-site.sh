#!/bin/sh
# Builds the site from docs/ and prints its folder. A page that is not in the navigation, a link or an anchor that leads
# nowhere and every other warning make it fail.
#
# Usage: scripts/build-site.sh [FOLDER]        FOLDER: target/site unless it is given
#
# To look at it: python3 -m http.server --directory target/site --bind 127.0.0.1
set -eu

cd "$(dirname "$0")/.."
scripts/install-site-tools.sh >&2
folder=${1:-${CARGO_TARGET_DIR:-target}/site}
case $folder in
  /*) ;;
  *) folder=$PWD/$folder ;;
esac
# Without its advertisement of another generator.
export NO_MKDOCS_2_WARNING=1
"${CARGO_TARGET_DIR:-target}/hook-tools/site/bin/mkdocs" build --quiet --strict --site-dir "$folder" >&2
echo "$folder"
