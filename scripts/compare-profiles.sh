#!/usr/bin/env bash
# Builds the program with several release profiles and prints a Markdown table of what they cost: size, start, reading.
# Usage: scripts/compare-profiles.sh TREE [PROFILE]...   a profile is lto,codegen-units,opt-level; half an hour for all.
set -euo pipefail
cd "$(dirname "$0")/.."

tree=$(realpath "${1:?a tree to read, such as a checkout of argo-cd}")
shift
profiles=("$@")
# What is chosen first. `panic = "abort"` is not among them: one file's fault inside must not end the run.
[ ${#profiles[@]} -gt 0 ] || profiles=('thin,1,3' 'thin,16,3' 'off,1,3' 'off,16,3' 'fat,1,3' 'thin,1,2' 'thin,1,s' 'thin,1,z')
rounds=15
folder=target/profiles
mkdir -p "$folder"
for profile in "${profiles[@]}"; do
    IFS=, read -r lto units level <<<"$profile"
    started=$SECONDS
    CARGO_PROFILE_RELEASE_LTO=$lto CARGO_PROFILE_RELEASE_CODEGEN_UNITS=$units CARGO_PROFILE_RELEASE_OPT_LEVEL=$level \
        cargo build --release --locked --quiet --bin image-lint --target-dir "$folder/$level-$units"
    cp "$folder/$level-$units/release/image-lint" "$folder/$profile"
    echo "$((SECONDS - started))" >"$folder/$profile.built"
done

# Microseconds of one run.
took() {
    local started=${EPOCHREALTIME/./}
    "$@" >"$folder/out" 2>&1 || true
    echo $((${EPOCHREALTIME/./} - started))
}
median() { sort -n "$1" | sed -n "$((rounds / 2 + 1))p"; }

rm -f "$folder"/*.times
for ((round = 0; round < rounds; round++)); do
    # In turn, so that a change of the machine's speed meets all.
    for profile in "${profiles[@]}"; do
        took "$folder/$profile" --version >>"$folder/$profile.start.times"
        took "$folder/$profile" list "$tree" >>"$folder/$profile.list.times"
        took "$folder/$profile" --offline --format sarif "$tree" >>"$folder/$profile.lint.times"
    done
done
echo "| \`lto\` | \`codegen-units\` | \`opt-level\` | size | \`--version\` | \`list\` | \`--offline --format sarif\` | built in |"
echo "|---|---|---|---|---|---|---|---|"
for profile in "${profiles[@]}"; do
    size=$(stat -c %s "$folder/$profile")
    awk -v profile="$profile" -v size="$size" -v start="$(median "$folder/$profile.start.times")" \
        -v list="$(median "$folder/$profile.list.times")" -v lint="$(median "$folder/$profile.lint.times")" \
        -v built="$(cat "$folder/$profile.built")" 'BEGIN {
            split(profile, part, ",")
            printf "| %s | %s | %s | %.1f MB | %.1f ms | %.0f ms | %.0f ms | %d s |\n",
                part[1], part[2], part[3], size / 1e6, start / 1e3, list / 1e3, lint / 1e3, built
        }'
done
