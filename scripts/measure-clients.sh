#!/bin/sh
# Pulls every stored form of the table of pulls with every client that Debian has, and prints the cells that differ from
# tests/registry/pulls.tsv. Needs root (mount namespaces, container storage), curl and Debian's archive. Installs nothing:
# the clients are unpacked beside the system, those of Debian's newer suite as the root of a mount namespace of their own.
#
#   scripts/measure-clients.sh [FOLDER [FORMS]]
#
# Clients, answers and cells are kept in FOLDER (default: target/clients). FORMS is a pattern of grep's for the names of
# the forms that are pulled; all of them without it. FOLDER/newer has skopeo, buildah and podman of the newer suite as
# commands, for IMAGE_LINT_TEST_TOOLS.
#
# docker 1.13 has no package any more; its column was followed in its source.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$here/target/clients}
forms=${2:-.}
mkdir -p "$folder/out" "$folder/state" "$folder/newer"
folder=$(cd "$folder" && pwd)
old=$folder/old
new=$folder/new

# The clients of this Debian, beside the system.
if [ ! -x "$old/usr/sbin/dockerd" ]; then
    mkdir -p "$folder/debs"
    (cd "$folder/debs" && apt-get download docker.io containerd runc)
    for package in "$folder"/debs/*.deb; do dpkg -x "$package" "$old"; done
fi

# Those of the newer suite, with all that they need.
if [ ! -x "$new/usr/bin/podman" ]; then
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
    : >"$folder/apt/status"
    archive=$(apt-cache policy | sed -n 's/^ *[0-9]* \(http[^ ]*debian\) .*/\1/p' | head -n 1)
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keys] $archive ${DEBIAN_SUITE:-sid} main" >"$folder/apt/sources.list"
    newer() {
        apt-get -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
            -o "Dir::State::lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache" \
            -o Dir::Etc::preferencesparts=/dev/null -o "Dir::State::status=$folder/apt/status" \
            -o APT::Install-Recommends=false -o APT::Sandbox::User=root --yes "$@"
    }
    newer update
    newer --download-only install podman skopeo buildah docker.io docker-cli containerd runc base-files coreutils bash \
        xz-utils
    for package in "$folder"/apt/cache/archives/*.deb; do dpkg -x "$package" "$new"; done
    mkdir -p "$new/etc/containers"
    echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$new/etc/containers/policy.json"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$new/etc/passwd"
fi
cat >"$folder/in-new" <<IN
#!/bin/sh
# shellcheck disable=SC2016 # for the inner shells
exec unshare -m sh -c 'root=\$1; shift
mount --bind "\$root" "\$root"; mount --make-rprivate /
for d in proc dev sys tmp run; do mount --rbind "/\$d" "\$root/\$d"; done
mkdir -p "\$root$folder"; mount --bind "$folder" "\$root$folder"
exec chroot "\$root" /usr/bin/bash -c "cd \"\\\$0\" 2>/dev/null || cd /; exec \"\\\$@\"" "\$PWD" "\$@"' sh "$new" "\$@"
IN
for tool in skopeo buildah podman; do
    printf '#!/bin/sh\nexec "%s" "/usr/bin/%s" "$@"\n' "$folder/in-new" "$tool" >"$folder/newer/$tool"
done
# A daemon that crashes over an image is started again.
cat >"$folder/again" <<'IN'
#!/bin/sh
trap 'kill "$daemon" 2>/dev/null; exit' TERM
while :; do
    "$@" &
    daemon=$!
    wait "$daemon"
    sleep 1
done
IN
# The kubelet's call: PullImageRequest{1: ImageSpec{1: image}}, every length below 128.
cat >"$folder/cri-pull" <<'IN'
#!/bin/sh
byte() { printf "\\$(printf %03o "$1")"; }
asked=$(mktemp)
length=${#2}
{
    for n in 0 0 0 0 $((length + 4)) 10 $((length + 2)) 10 "$length"; do byte "$n"; done
    printf %s "$2"
} >"$asked"
curl --silent --http2-prior-knowledge --unix-socket "$1" --dump-header "$asked.h" --output /dev/null \
    --header 'content-type: application/grpc' --header 'te: trailers' --data-binary @"$asked" \
    http://localhost/runtime.v1.ImageService/PullImage
grep -ai '^grpc-message' "$asked.h"
grep -qai '^grpc-status: 0' "$asked.h"
done=$?
rm -f "$asked" "$asked.h"
exit $done
IN
chmod +x "$folder/in-new" "$folder/again" "$folder/cri-pull" "$folder"/newer/*

# Every form, in registries on loopback.
(cd "$here" && cargo build --locked --example stored_forms)
rm -f "$folder/stop"
mkfifo "$folder/stop"
"${CARGO_TARGET_DIR:-$here/target}/debug/examples/stored_forms" <"$folder/stop" >"$folder/forms" &
pids=$!
exec 3>"$folder/stop"
stop() {
    exec 3>&-
    for pid in $pids; do kill "$pid" 2>/dev/null || :; done
}
trap stop EXIT
until grep -q '^ready' "$folder/forms"; do
    # shellcheck disable=SC2086 # the first of them
    kill -0 $pids
    sleep 1
done

# serves SOCKET COMMAND...: starts a daemon and waits for its socket.
serves() {
    socket=$1
    shift
    "$@" >"$socket.log" 2>&1 &
    pids="$pids $!"
    for _ in $(seq 60); do
        if [ -S "$socket" ]; then return; fi
        sleep 1
    done
    echo "$socket does not appear: $socket.log says why" >&2
    exit 1
}

# measure CLIENT COMMAND...: the image comes last. Answers are kept in out/CLIENT/FORM, cells in CLIENT.tsv.
measure() {
    client=$1
    shift
    mkdir -p "$folder/out/$client"
    grep -v '^ready' "$folder/forms" | while IFS="$(printf '\t')" read -r form image _; do
        if ! printf '%s\n' "$form" | grep -q -e "$forms"; then continue; fi
        for _ in 1 2 3 4 5 6 7 8 9; do
            cell=n
            if timeout 600 "$@" "$image" >"$folder/out/$client/$form" 2>&1 </dev/null; then cell=y; fi
            # The daemon starts, or crashed over the form before.
            if ! grep -q -e 'Cannot connect to the Docker daemon' -e 'server is not initialized yet' \
                "$folder/out/$client/$form"; then break; fi
            sleep 2
        done
        printf '%s\t%s\n' "$form" "$cell"
    done >"$folder/$client.tsv"
    echo "measured $client"
}

containerd() {
    state=$folder/state/$1
    mkdir -p "$state"
    cat >"$state/config.toml" <<TOML
version = $2
root = "$state/root"
state = "$state/run"
[grpc]
  address = "$state.sock"
TOML
    if [ "$2" = 2 ]; then
        cat >>"$state/config.toml" <<TOML
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "native"
TOML
    else
        cat >>"$state/config.toml" <<TOML
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "native"
[plugins."io.containerd.transfer.v1.local"]
  [[plugins."io.containerd.transfer.v1.local".unpack_config]]
    platform = "linux/amd64"
    snapshotter = "native"
TOML
    fi
    name=$1
    shift 2
    serves "$state.sock" "$@" --config "$state/config.toml"
    measure "$name" "$folder/cri-pull" "$state.sock"
}

dockerd() {
    name=$1
    state=$folder/state/$name
    shift
    mkdir -p "$state"
    serves "$state.sock" "$folder/again" "$@" --host "unix://$state.sock" --data-root "$state/root" --exec-root "$state/run" \
        --pidfile "$state/pid" --storage-driver vfs --bridge none --iptables=false --ip6tables=false
    measure "$name" "$old/usr/bin/docker" --host "unix://$state.sock" pull --quiet
}

podman() {
    name=$1
    state=$folder/state/$name
    shift
    measure "$name" "$@" --storage-driver vfs --root "$state" --runroot "$state-run" pull --quiet --tls-verify=false
}

PATH=$old/usr/bin:$old/usr/sbin:$PATH
export PATH
containerd containerd-1.6 2 "$old/usr/bin/containerd"
containerd containerd-2.1 3 "$folder/in-new" /usr/bin/containerd
dockerd docker-20.10 "$old/usr/sbin/dockerd"
dockerd docker-28 "$folder/in-new" /usr/sbin/dockerd
podman podman-4.3 /usr/bin/podman
podman podman-5.8 "$folder/in-new" /usr/bin/podman

# Cells that differ from the table, and refusals in which the words of the table are not found. containerd writes its
# answers percent-encoded, and Go quotes within quotes.
head -n 1 "$here/tests/registry/pulls.tsv" | tr '\t' '\n' >"$folder/heads"
field() { awk -F '\t' -v form="$1" -v column="$2" '$1 == form { print $column }' "$3"; }
cells=0
differ=0
others=0
for client in containerd-1.6 containerd-2.1 docker-20.10 docker-28 podman-4.3 podman-5.8; do
    column=$(grep -nx "$client" "$folder/heads" | cut -d: -f1)
    while IFS="$(printf '\t')" read -r form cell; do
        cells=$((cells + 1))
        answer=$folder/out/$client/$form
        known=$(field "$form" "$column" "$here/tests/registry/pulls.tsv")
        if [ "$known" != "$cell" ]; then
            differ=$((differ + 1))
            echo "$form by $client: $cell, the table says $known: $(tail -n 1 "$answer" | cut -c 1-200)"
        fi
        words=$(field "$form" $((column + 7)) "$folder/forms")
        if [ "$cell" = n ] && [ "$words" != - ] &&
            ! sed -e 's/%25/%/g' -e 's/\\"/"/g' "$answer" | grep -q -F -e "$words"; then
            others=$((others + 1))
            echo "$form by $client: not in the words of the table, $words: $(tail -n 1 "$answer" | cut -c 1-300)"
        fi
    done <"$folder/$client.tsv"
done
echo "$differ cells differ of $cells, $others refusals are in other words"
[ "$differ" -eq 0 ]
