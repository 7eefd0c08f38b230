#!/bin/sh
# Installs the programs that the tests of docs/hooks.md and of the wheel use, in fixed versions, under target/hook-tools.
# Needs python3 with venv, and npm.
set -eu

MATURIN=1.16.0
PRE_COMMIT=4.7.0
LEFTHOOK=2.2.2
HUSKY=9.1.7

cd "$(dirname "$0")/.."
tools=${CARGO_TARGET_DIR:-target}/hook-tools
mkdir -p "$tools"

[ -x "$tools/venv/bin/pip" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check "maturin==$MATURIN" "pre-commit==$PRE_COMMIT"

npm install --prefix "$tools" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
  "lefthook@$LEFTHOOK" "husky@$HUSKY"
