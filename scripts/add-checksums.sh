#!/usr/bin/env bash
# Adds the binaries of a release to the table by which the action knows what it may run.
#
# Usage: scripts/add-checksums.sh SHA256SUMS [TABLE]
#
# SHA256SUMS is what the release published; TABLE is action/checksums.txt unless it is given. Lines of other files (wheels,
# the SBOM) are left out, a line that is there already is kept once, and a binary whose digest would change is refused:
# what was released never changes.
set -euo pipefail

sums=${1:?Usage: scripts/add-checksums.sh SHA256SUMS [TABLE]}
table=${2:-$(dirname "$0")/../action/checksums.txt}
targets='x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-msvc.exe'

# The target of a released binary's name; fails for any other file.
target_of() {
  local target
  [[ $1 =~ ^image-lint-[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?-(x86_64|aarch64)- ]] || return 1
  for target in $targets; do
    [[ $1 != *-"$target" ]] || { echo "$target"; return; }
  done
  return 1
}

added=()
found=' '
while read -r digest name rest; do
  # sha256sum marks binary mode with a star.
  name=${name#\*}
  target=$(target_of "$name") || continue
  [[ $digest =~ ^[0-9a-f]{64}$ && -z $rest ]] || { echo "$sums: no SHA-256 of $name: $digest $rest" >&2; exit 1; }
  found+="$target "
  known=$(awk -v name="$name" '$2 == name && $1 !~ /^#/ { print $1 }' "$table")
  if [[ -z $known ]]; then
    added+=("$digest  $name")
  elif [[ $known != "$digest" ]]; then
    echo "$table: $name is there with another digest, $known" >&2
    exit 1
  fi
done <"$sums"

for target in $targets; do
  [[ $found == *" $target "* ]] || { echo "$sums: no binary for $target" >&2; exit 1; }
done
[[ ${#added[@]} -eq 0 ]] || printf '%s\n' "${added[@]}" >>"$table"
echo "added ${#added[@]} of $(wc -w <<<"$found") binaries to $table"
