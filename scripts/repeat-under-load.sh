#!/usr/bin/env bash
# Runs tests several times while three other processes keep the processors busy: what depends on time fails here.
#
# Usage: scripts/repeat-under-load.sh TIMES [CARGO TEST ARGUMENTS]...     without arguments: the whole suite
#        scripts/repeat-under-load.sh 5 --test hostile headers::
set -euo pipefail
cd "$(dirname "$0")/.."
times=${1:?Usage: scripts/repeat-under-load.sh TIMES [CARGO TEST ARGUMENTS]...}
shift
[ $# -gt 0 ] || set -- --workspace --all-targets

# Built without the load, which has nothing to say about it.
cargo test --locked --no-run --quiet "$@"

busy=()
trap 'kill "${busy[@]}" 2>/dev/null || true' EXIT
for _ in 1 2 3; do
    (while :; do :; done) &
    busy+=($!)
done

failed=0
for ((run = 1; run <= times; run++)); do
    start=$SECONDS
    if cargo test --locked --no-fail-fast "$@" >"${TMPDIR:-/tmp}/repeat-under-load.$$" 2>&1; then
        echo "run $run of $times: passed in $((SECONDS - start)) s"
    else
        failed=$((failed + 1))
        echo "run $run of $times: FAILED after $((SECONDS - start)) s"
        grep -E '^test .* FAILED$|^error' "${TMPDIR:-/tmp}/repeat-under-load.$$" || true
        grep -A12 "panicked at" "${TMPDIR:-/tmp}/repeat-under-load.$$" || true
    fi
done
rm -f "${TMPDIR:-/tmp}/repeat-under-load.$$"
echo "$((times - failed)) of $times runs passed with three busy processes on $(nproc) processors"
[ "$failed" -eq 0 ]
