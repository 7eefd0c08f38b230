#!/bin/sh
# Puts static binaries into one container image for several architectures, in docker's format, and leaves it as a folder
# that skopeo pushes as it is: skopeo copy --all --preserve-digests dir:FOLDER docker://NAME. Prints its digest.
#
# Usage: scripts/build-container.sh FOLDER ARCHITECTURE=BINARY...        ARCHITECTURE: amd64, arm64
#
# Nothing is run in the image, so that any machine builds it for any architecture. The date is that of the commit: the same
# binaries give the same digest.
set -eu

cd "$(dirname "$0")/.."
folder=${1:?Usage: scripts/build-container.sh FOLDER ARCHITECTURE=BINARY...}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BUILDAH_ISOLATION=chroot
# A store of its own, which needs neither privileges nor a file system that can overlay.
with_store() {
  buildah --root "$work/root" --runroot "$work/run" --storage-driver vfs "$@"
}
repository=$(sed -n 's/^repository = "\(.*\)"$/\1/p' Cargo.toml)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)

with_store manifest create image-lint >/dev/null
for pair; do
  architecture=${pair%%=*}
  mkdir "$work/$architecture"
  cp "${pair#*=}" "$work/$architecture/image-lint"
  with_store build --quiet --format=docker --platform "linux/$architecture" --manifest image-lint \
    --timestamp "$(git log -1 --format=%ct)" --label "org.opencontainers.image.source=$repository" \
    --label "org.opencontainers.image.version=$version" --file Dockerfile "$work/$architecture" >&2
done
# Into a folder buildah writes layers as they are; skopeo packs them.
with_store manifest push --quiet --all --format v2s2 image-lint "dir:$work/unpacked" >&2
skopeo --insecure-policy copy --quiet --all --format v2s2 --dest-compress "dir:$work/unpacked" "dir:$folder" >&2
printf 'sha256:%s\n' "$(sha256sum <"$folder/manifest.json" | cut -d ' ' -f 1)"
