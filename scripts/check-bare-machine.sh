#!/usr/bin/env bash
# Runs README's first two commands on a bare Debian: minbase, git, certificates, Rust, and the compiler that README names.
#
# Usage: scripts/check-bare-machine.sh SUITE [FOLDER]      SUITE: bookworm, trixie; as root
#
# The machine is made by debootstrap in FOLDER (a temporary one unless it is given; then it is kept) and is `/` of a mount
# and process namespace of its own: in a plain chroot buildah could not unpack layers. It shares the network, the kernel
# and the Rust toolchain, which is mounted read-only. The committed state is tested. Wants 6 GB and half an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${1:?Usage: scripts/check-bare-machine.sh SUITE [FOLDER]}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
clone=/root/image-lint

command -v debootstrap >/dev/null || { echo 'debootstrap is missing: apt-get install debootstrap' >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo 'mounting needs root' >&2; exit 2; }

root=${2:-}
if [ -z "$root" ]; then
    root=$(mktemp -d)
    # The mounts are of another namespace, which has ended by then.
    trap 'rm -rf "$root"' EXIT
fi
root=$(realpath "$root")
if [ ! -x "$root/usr/bin/git" ]; then
    debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$root" "$mirror" >"$root.log" ||
        { tail "$root.log" >&2; exit 1; }
    rm "$root.log"
fi
if [ -d "$root$clone/.git" ]; then
    # What was built there before is used again.
    git -C "$root$clone" fetch --quiet "$PWD" HEAD
    git -C "$root$clone" checkout --quiet --force --detach FETCH_HEAD
else
    git clone --quiet . "$root$clone"
fi
mkdir -p "$root/opt/rust" "$root/usr/local/share/ca-certificates"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
# Where registries are reached through a proxy with a certificate of its own.
find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;

cat >"$root/root/both-commands.sh" <<'INSIDE'
set -euo pipefail
cd "$1"
update-ca-certificates >/dev/null 2>&1
echo "== $(. /etc/os-release; echo "$PRETTY_NAME"), $(git --version), $(rustc --version), $(dpkg -l | grep -c ^ii) packages"

timed() {
    local start=$SECONDS code=0
    echo "== $*"
    "$@" || code=$?
    echo "== ended with $code after $((SECONDS - start)) s: $*"
    [ "$code" -eq 0 ] || exit "$code"
}

if ! command -v cc >/dev/null; then
    install=$(sed -n 's/^.*\(apt-get install [a-z0-9 -]*\)$/\1/p' README.md | head -n 1)
    [ -n "$install" ] || { echo 'README does not say how to install a C compiler' >&2; exit 1; }
    apt-get update -qq
    # shellcheck disable=SC2086 # a command as README has it
    timed env DEBIAN_FRONTEND=noninteractive $install --yes --quiet=2
fi
timed cargo run --quiet --example demo
timed scripts/test.sh
INSIDE

# The new root is bound onto itself, since pivot_root wants a mount point.
# shellcheck disable=SC2016 # expanded inside
unshare --mount --pid --fork --kill-child --propagation private bash -c '
    set -eu
    root=$1 rust=$2 clone=$3
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount --bind "$rust" "$root/opt/rust"
    mount -o remount,bind,ro "$root/opt/rust"
    mkdir -p "$root/old"
    cd "$root"
    pivot_root . old
    umount -l old
    exec env -i HOME=/root TERM=dumb LANG=C.UTF-8 \
        PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
        CARGO_BUILD_JOBS="${CARGO_BUILD_JOBS:-$(nproc)}" \
        bash /root/both-commands.sh "$clone"
' bash "$root" "$(rustc --print sysroot)" "$clone" </dev/null
