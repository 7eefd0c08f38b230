#!/bin/sh
# Installs what the tests, benchmarks and scripts start on Debian and Ubuntu: a registry, the tools that fill it, git, a C
# compiler for cargo, and what scripts/install-hook-tools.sh needs. Does nothing, and needs no network, where all of it
# is there. scripts/check-programs.py compares this list with the programs that are started.
set -eu

# One line a program: its name, its package and, where looking the name up is not enough, a command that shows it.
needs='
docker-registry  docker-registry
skopeo           skopeo
buildah          buildah
podman           podman
git              git
cc               build-essential
python3          python3
python3-venv     python3-venv     python3 -c "import ensurepip, venv"
npm              npm
node             nodejs
nvim             neovim
chromium         chromium         which chromium || which google-chrome
curl             curl
kill             procps
script           bsdutils
make             make
rg               ripgrep
time             time             test -x /usr/bin/time
xargs            findutils
rsync            rsync
zsh              zsh
fish             fish
'

list=$(mktemp)
trap 'rm -f "$list"' EXIT
printf '%s' "$needs" >"$list"

missing=''
while read -r program package check; do
    [ -n "$program" ] || continue
    # `env`, because a shell has a `kill` and a `time` of its own.
    if sh -c "${check:-env which $program}" >/dev/null 2>&1; then
        printf 'found     %s\n' "$program"
    else
        printf 'missing   %s (package %s)\n' "$program" "$package"
        missing="$missing $package"
    fi
done <"$list"

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
