#!/usr/bin/env bash
# Installs what the tests need on Debian or Ubuntu and runs every test.
set -eu
cd "$(dirname "$0")/.."
scripts/install-test-tools.sh
scripts/install-hook-tools.sh
scripts/install-chart-tools.sh
cargo test --locked --workspace --all-targets
cargo test --locked --workspace --doc
