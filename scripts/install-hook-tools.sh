#!/bin/sh
# Installs the hook managers that the tests of docs/hooks.md use, in fixed versions, under target/hook-tools.
# Needs python3 with venv, and npm.
set -eu

PRE_COMMIT=4.7.0
LEFTHOOK=2.2.2
HUSKY=9.1.7

cd "$(dirname "$0")/.."
tools=${CARGO_TARGET_DIR:-target}/hook-tools
mkdir -p "$tools"

if [ "$("$tools/venv/bin/pre-commit" --version 2>/dev/null || true)" != "pre-commit $PRE_COMMIT" ]; then
  rm -rf "$tools/venv"
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check "pre-commit==$PRE_COMMIT"
fi

npm install --prefix "$tools" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
  "lefthook@$LEFTHOOK" "husky@$HUSKY"
