#!/usr/bin/env bash
# Writes the account that the repository belongs to in place of OWNER, the one placeholder: links, the action's and the
# component's address, the container image, the site, `repository` and `homepage` of the crates.
#
# Usage: scripts/set-owner.sh OWNER
#
# A second run with the same name changes nothing; another name after it is refused.
set -euo pipefail
cd "$(dirname "$0")/.."

owner=${1:-}
# GitHub: letters, digits and single hyphens, none at an end, at most 39.
if [[ $# -ne 1 || ! $owner =~ ^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$ || ${#owner} -gt 39 || $owner == OWNER ]]; then
    echo 'usage: scripts/set-owner.sh OWNER     the account on GitHub: letters, digits, single hyphens, at most 39' >&2
    exit 2
fi
# Names of images and of hosts have no capitals.
lower=$(printf '%s' "$owner" | tr '[:upper:]' '[:lower:]')
address=https://github.com/$owner/image-lint

known=$(sed -n 's/^repository = "\(.*\)"$/\1/p' Cargo.toml)
if [[ -n $known && $known != "$address" ]]; then
    echo "the repository is $known already: change it by hand" >&2
    exit 1
fi

# Tests have the placeholder as an example of a name, and are to pass before and after.
files=$(grep --recursive --files-with-matches --binary-files=without-match -e 'OWNER/image-lint' -e 'OWNER\.github\.io' \
    --exclude-dir=target --exclude-dir=.git --exclude-dir=node_modules --exclude-dir=tests --exclude-dir=src \
    --exclude=set-owner.sh . || true)
while read -r file; do
    [[ -n $file ]] || continue
    sed -e "s,ghcr\.io/OWNER/image-lint,ghcr.io/$lower/image-lint,g" \
        -e "s,CI_REGISTRY/OWNER/image-lint,CI_REGISTRY/$lower/image-lint,g" \
        -e "s,OWNER\.github\.io,$lower.github.io,g" \
        -e "s,OWNER/image-lint,$owner/image-lint,g" "$file" >"$file.part"
    # Over the old bytes, so that a script stays executable.
    cat "$file.part" >"$file"
    rm "$file.part"
    echo "changed  $file"
done <<<"$files"

# crates.io, binstall and the addresses of rules in reports go by these.
if [[ -z $known ]]; then
    sed "s,^\[workspace\.package\]\$,&\nrepository = \"$address\"\nhomepage = \"https://$lower.github.io/image-lint\"," \
        Cargo.toml >Cargo.toml.part
    cat Cargo.toml.part >Cargo.toml
    for manifest in Cargo.toml crates/*/Cargo.toml; do
        sed 's,^license\.workspace = true$,&\nrepository.workspace = true\nhomepage.workspace = true,' \
            "$manifest" >"$manifest.part"
        cat "$manifest.part" >"$manifest"
        rm "$manifest.part"
        echo "changed  $manifest"
    done
fi
