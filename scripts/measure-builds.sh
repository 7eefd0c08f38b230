#!/bin/sh
# Builds and pushes with docker of this Debian and of the newer one, as the rows of tests/builds/docker.tsv say, and prints
# the cells that differ from what a registry then stores. Needs root (mount namespaces, container storage), buildah, curl
# and Debian's archive. Installs nothing: the packages are unpacked beside the system, those of the newer suite as the root
# of a mount namespace of their own. The rows of buildah, podman and skopeo are run by `cargo test --test builds`.
#
#   scripts/measure-builds.sh [FOLDER]      packages and cells are kept in FOLDER (default: target/builders)
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$here/target/builders}
mkdir -p "$folder/state" "$folder/work"
folder=$(cd "$folder" && pwd)
old=$folder/old
new=$folder/new

if [ ! -x "$old/usr/sbin/dockerd" ]; then
    mkdir -p "$folder/debs"
    (cd "$folder/debs" && apt-get download docker.io containerd runc)
    for package in "$folder"/debs/*.deb; do dpkg -x "$package" "$old"; done
fi
if [ ! -x "$new/usr/sbin/dockerd" ]; then
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
    : >"$folder/apt/status"
    archive=$(apt-cache policy | sed -n 's/^ *[0-9]* \(http[^ ]*debian\) .*/\1/p' | head -n 1)
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keys] $archive ${DEBIAN_SUITE:-trixie} main" >"$folder/apt/sources.list"
    newer() {
        apt-get -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
            -o "Dir::State::lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache" \
            -o Dir::Etc::preferencesparts=/dev/null -o "Dir::State::status=$folder/apt/status" \
            -o APT::Install-Recommends=false -o APT::Sandbox::User=root --yes "$@"
    }
    newer update
    newer --download-only install docker.io docker-cli docker-buildx containerd runc base-files coreutils bash tar
    for package in "$folder"/apt/cache/archives/*.deb; do dpkg -x "$package" "$new"; done
fi
# A program in that root, in the folder where it is started.
cat >"$folder/in-new" <<IN
#!/bin/sh
# shellcheck disable=SC2016 # for the inner shell
exec unshare -m sh -c 'root=\$1 at=\$2; shift 2
mount --bind "\$root" "\$root"; mount --make-rprivate /
for d in proc dev sys tmp run; do mkdir -p "\$root/\$d"; mount --rbind "/\$d" "\$root/\$d"; done
mkdir -p "\$root$folder"; mount --bind "$folder" "\$root$folder"
exec chroot "\$root" env -C "\$at" PATH=/usr/sbin:/usr/bin "\$@"' sh "$new" "\$PWD" "\$@"
IN
chmod +x "$folder/in-new"

pids=''
stop() { for pid in $pids; do kill "$pid" 2>/dev/null || :; done; }
trap stop EXIT

# A registry, with an image of each kind to be pulled.
host=127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/registry.yml" <<YML
version: 0.1
storage: {filesystem: {rootdirectory: $folder/state/registry}}
http: {addr: "$host"}
YML
docker-registry serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 &
pids="$pids $!"
until curl --silent --output /dev/null "http://$host/v2/"; do sleep 1; done
cd "$folder/work"
printf 'FROM scratch\nCOPY Dockerfile /\n' >Dockerfile
buildah() { command buildah --storage-driver vfs --root "$folder/state/b" --runroot "$folder/state/b-run" "$@"; }
for format in docker oci; do
    buildah bud --quiet --isolation chroot --format "$format" -t "$format" . >/dev/null
    buildah push --quiet --tls-verify=false "$format" "docker://$host/made/$format:1"
    # For lists: their images are in the same repository.
    buildah push --quiet --tls-verify=false "$format" "docker://$host/x:made-$format"
done
buildah manifest create l oci >/dev/null
buildah manifest push --quiet --tls-verify=false --all --format oci l "docker://$host/made/index:1" >/dev/null

accept='application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json,
 application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json'
accept=$(echo "$accept" | tr -d '\n')

# stored TAG: the short name of the type that the registry serves for it.
stored() {
    type=$(curl --silent --head --header "Accept: $accept" "http://$host/v2/x/manifests/$1" |
        tr -d '\r' | sed -n 's/^[Cc]ontent-[Tt]ype: //p')
    case $type in
        *docker.distribution.manifest.v2*) echo V2S2 ;;
        *docker.distribution.manifest.list*) echo DLIST ;;
        *oci.image.manifest*) echo OCI ;;
        *oci.image.index*) echo IDX ;;
        *) echo none ;;
    esac
}

# measure NAME WRAPPER DAEMON...: starts the daemon and runs every row with its client.
measure() {
    name=$1
    wrapper=$2
    shift 2
    state=$folder/state/$name
    mkdir -p "$state"
    "$@" --host "unix://$state.sock" --data-root "$state/root" --exec-root "$state/run" --pidfile "$state/pid" \
        --bridge none --iptables=false --ip6tables=false >"$state.log" 2>&1 &
    pids="$pids $!"
    for _ in $(seq 60); do
        if [ -S "$state.sock" ]; then break; fi
        sleep 1
    done
    tail -n +2 "$here/tests/builds/docker.tsv" | while IFS="$(printf '\t')" read -r row script _; do
        # A tag of its own for each daemon: one that is left from another would be taken for this one's.
        line=$(echo "$script" | sed "s#R/x:$row#R/x:$row-$name#g; s#R/#$host/#g")
        # shellcheck disable=SC2086 # no wrapper, or one word
        timeout 120 $wrapper env "DOCKER_HOST=unix://$state.sock" "HOME=$folder/work" DOCKER_CLI_EXPERIMENTAL=enabled \
            bash -ec "$line" >"$folder/state/$name-$row.log" 2>&1 </dev/null || :
        printf '%s\t%s\n' "$row" "$(stored "$row-$name")"
    done >"$folder/$name.tsv"
    echo "measured $name"
}

PATH=$old/usr/bin:$old/usr/sbin:$PATH
export PATH
measure docker-20.10 '' "$old/usr/sbin/dockerd" --storage-driver vfs
measure docker-26.1 "$folder/in-new" "$folder/in-new" /usr/sbin/dockerd --storage-driver vfs
cat >"$folder/state/containerd.json" <<JSON
{"features": {"containerd-snapshotter": true}, "storage-driver": "native"}
JSON
measure docker-26.1-containerd "$folder/in-new" "$folder/in-new" /usr/sbin/dockerd \
    --config-file "$folder/state/containerd.json"

head -n 1 "$here/tests/builds/docker.tsv" | tr '\t' '\n' >"$folder/heads"
differ=0
for name in docker-20.10 docker-26.1 docker-26.1-containerd; do
    column=$(grep -nx "$name" "$folder/heads" | cut -d: -f1)
    while IFS="$(printf '\t')" read -r row cell; do
        known=$(awk -F '\t' -v row="$row" -v column="$column" '$1 == row { print $column }' "$here/tests/builds/docker.tsv")
        if [ "$known" != "$cell" ]; then
            differ=$((differ + 1))
            echo "$row by $name: $cell, the table says $known: $(tail -n 1 "$folder/state/$name-$row.log" | cut -c 1-150)"
        fi
    done <"$folder/$name.tsv"
done
echo "$differ cells differ of $(($(wc -l <"$folder/docker-26.1.tsv") * 3))"
[ "$differ" -eq 0 ]
