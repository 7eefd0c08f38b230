#!/bin/sh
# Builds image-lint as one static binary and prints its path; its bill of materials is PATH.cdx.json. The same sources
# and compiler give the same bytes, wherever they lie (scripts/check-reproducible.sh).
#
# Usage: scripts/build-static.sh [--debug]
#
# The C library is linked in (+crt-static on the gnu target), which needs no further toolchain than cargo and a C
# compiler. Name resolution does not go through the C library, so nothing is missed at run time. --target keeps the flag
# away from build scripts and procedural macros, which cannot be static.
set -eu

cd "$(dirname "$0")/.."
profile=release
[ "${1:-}" != --debug ] || profile=dev
case "$(uname -m)" in
  x86_64) target=x86_64-unknown-linux-gnu ;;
  aarch64 | arm64) target=aarch64-unknown-linux-gnu ;;
  *) echo "no static build for $(uname -m): use cargo build --release" >&2; exit 2 ;;
esac

# No path of this machine gets into the binary. In this form flags may hold blanks.
sources=$(pwd -P)
home=${CARGO_HOME:-$HOME/.cargo}
mkdir -p "$home"
home=$(cd "$home" && pwd -P)
next=$(printf '\037')
CARGO_ENCODED_RUSTFLAGS="-Ctarget-feature=+crt-static"
for flag in "--remap-path-prefix=$sources=/src" "--remap-path-prefix=$home=/cargo"; do
  CARGO_ENCODED_RUSTFLAGS="$CARGO_ENCODED_RUSTFLAGS$next$flag"
done
for flag in ${RUSTFLAGS:-}; do
  CARGO_ENCODED_RUSTFLAGS="$CARGO_ENCODED_RUSTFLAGS$next$flag"
done
export CARGO_ENCODED_RUSTFLAGS
cargo build --locked --bin image-lint --profile "$profile" --target "$target" >&2

folder=$profile
[ "$profile" != dev ] || folder=debug
binary=${CARGO_TARGET_DIR:-target}/$target/$folder/image-lint
# A binary that still asks for a loader would not start in an empty image.
if LC_ALL=C ldd "$binary" 2>&1 | grep -q '=>'; then
  echo "$binary is not static" >&2
  exit 1
fi
# What it is made of, beside it.
cargo run --quiet --locked --example sbom --profile "$profile" --target "$target" -- "$target" >"$binary.cdx.json"
echo "$binary"
