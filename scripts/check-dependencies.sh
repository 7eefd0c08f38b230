#!/usr/bin/env bash
# Licences, bans, sources and advisories of all dependencies by deny.toml, without a network once cargo-deny is there.
# Builds cargo-deny in a fixed version once, under target/. Advisories are those of vendor/advisory-db.
set -eu
cd "$(dirname "$0")/.."
version=0.20.2
tools=${CARGO_TARGET_DIR:-target}/ci-tools
if ! "$tools/bin/cargo-deny" --version 2>/dev/null | grep -qx "cargo-deny $version"; then
    # An unoptimised build takes a minute on two cores and checks as well.
    cargo install --quiet --debug --locked cargo-deny --version "$version" --root "$tools" --target-dir "$tools/build"
fi

# The fuzz targets have a lock file of their own, which has to fit the program's dependencies.
cargo metadata --quiet --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null

# A crate that came after the snapshot has no advisories there whatever is known about it.
vendored=vendor/advisory-db
missing=$(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.lock | LC_ALL=C sort -u | LC_ALL=C comm -23 - "$vendored/CRATES")
if [ -n "$missing" ]; then
    echo "no advisories were looked up for: $(echo "$missing" | tr '\n' ' ')" >&2
    echo "run scripts/refresh-advisories.sh" >&2
    exit 1
fi
taken=$(sed -n 's/^date //p' "$vendored/SNAPSHOT")
days=$((($(date +%s) - $(date -d "$taken" +%s)) / 86400))
echo "advisories of $taken ($days days old)"
if [ "$days" -gt 90 ]; then
    echo "warning: the advisories are older than 90 days; run scripts/refresh-advisories.sh" >&2
fi

# cargo-deny looks for a clone below `db-path`, under the name it gives the database's address; what it reads there are
# the files and the time of FETCH_HEAD (cargo-deny 0.20.2, `src/advisories/helpers/db.rs` and `src/git.rs`).
database=$tools/advisories/advisory-db-3157b0e258782691
rm -rf "$tools/advisories"
mkdir -p "$database/.git"
cp -R "$vendored/crates" "$database/"
touch "$database/.git/FETCH_HEAD"
sed "s#^\[advisories\]#&\ndb-path = \"$(realpath "$tools/advisories")\"#" deny.toml >"$tools/deny.toml"
exec "$tools/bin/cargo-deny" --offline --config "$tools/deny.toml" --log-level error check --show-stats \
    bans licenses sources advisories
