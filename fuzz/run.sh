#!/usr/bin/env bash
# Builds the fuzz targets with the stable compiler and runs them in turn; needs a C++ compiler and nothing else.
#
#   fuzz/run.sh SECONDS [TARGET]...
#
# Coverage is instrumented as `cargo fuzz build --sanitizer none` does it: the library is free of unsafe code, so what a
# sanitiser would find is not ours. Corpora grow in fuzz/corpus (seeds: fuzz/seeds.sh), crashes and slow inputs land in
# fuzz/artifacts; the last lines of each run are printed.
set -u
cd "$(dirname "$0")" || exit 1
seconds=$1
shift
[ "$#" -gt 0 ] || set -- yaml dockerfile shell reference challenge manifest pre_push config reports
target=x86_64-unknown-linux-gnu
[ "$(uname -m)" = x86_64 ] || target=$(uname -m)-unknown-linux-gnu
folder=${FUZZ_TARGET_DIR:-target}
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags="$flags -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags="$flags -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
flags="$flags -Cdebug-assertions -Coverflow-checks -Ccodegen-units=16"
RUSTFLAGS=$flags cargo build --locked --release --target "$target" --target-dir "$folder" || exit 1

status=0
for name; do
    mkdir -p "corpus/$name" "artifacts/$name"
    log=$(mktemp)
    "$folder/$target/release/$name" "corpus/$name" -artifact_prefix="artifacts/$name/" -max_total_time="$seconds" \
        -rss_limit_mb=2048 -timeout=10 -max_len=8192 -print_final_stats=1 >"$log" 2>&1 || status=1
    echo "== $name"
    grep -E 'cov:|stat::|ERROR|panicked|SUMMARY' "$log" | tail -n 12
    rm -f "$log"
done
exit "$status"
