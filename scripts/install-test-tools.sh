#!/bin/sh
# Installs what the tests need on Debian and Ubuntu: a registry, the tools that fill it, git, and a C compiler for
# cargo. Does nothing, and needs no network, where all of it is there.
set -eu

# program:package
needs='docker-registry:docker-registry skopeo:skopeo buildah:buildah podman:podman git:git cc:build-essential'

missing=''
for need in $needs; do
    program=${need%%:*}
    package=${need##*:}
    if found=$(command -v "$program"); then
        printf 'found     %s (%s)\n' "$program" "$found"
    else
        printf 'missing   %s (package %s)\n' "$program" "$package"
        missing="$missing $package"
    fi
done

if [ -z "$missing" ]; then
    echo 'nothing to install'
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    printf 'this is neither Debian nor Ubuntu: install by other means:%s\n' "$missing" >&2
    exit 1
fi

as_root=''
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        printf 'run as root: apt-get install --no-install-recommends%s\n' "$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

# The package starts a registry of its own on port 5000; the tests bring theirs.
$as_root apt-get update
# shellcheck disable=SC2086 # a list of packages
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
if command -v systemctl >/dev/null && systemctl is-active --quiet docker-registry 2>/dev/null; then
    echo 'note: the docker-registry service runs on port 5000; the tests do not use it'
fi
printf 'installed%s\n' "$missing"
