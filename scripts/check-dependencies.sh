#!/usr/bin/env bash
# Licences, bans and sources of all dependencies by deny.toml. Builds cargo-deny in a fixed version once, under target/.
# Advisories need the advisory database from the network: `cargo deny check advisories`.
set -eu
cd "$(dirname "$0")/.."
version=0.20.2
tools=${CARGO_TARGET_DIR:-target}/ci-tools
if ! "$tools/bin/cargo-deny" --version 2>/dev/null | grep -qx "cargo-deny $version"; then
    # An unoptimised build takes a minute on two cores and checks as well.
    cargo install --quiet --debug --locked cargo-deny --version "$version" --root "$tools" --target-dir "$tools/build"
fi
exec "$tools/bin/cargo-deny" --log-level error check --show-stats bans licenses sources
