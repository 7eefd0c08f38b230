#!/usr/bin/env bash
# Does of a release what can be done on one machine, without any right to publish, and leaves it in target/release-dry-run:
# static binary, wheel, bill of materials, checksums, the action's download, the name that binstall asks for, the container
# image in a registry on loopback, and every crate as it would be published.
#
# Usage: scripts/dry-run-release.sh [--debug]        --debug: without optimisation, in a fraction of the time
#
# What is missing here are the other systems, the attestations and the pushes. Wants scripts/install-test-tools.sh and
# scripts/install-hook-tools.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=(--release)
static=()
if [[ ${1:-} == --debug ]]; then
    profile=(--profile dev)
    static=(--debug)
fi
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
tools=$CARGO_TARGET_DIR/hook-tools
dist=$CARGO_TARGET_DIR/release-dry-run
rm -rf "$dist"
mkdir -p "$dist/files"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
target=$(rustc -vV | sed -n 's/^host: //p')
name=image-lint-$version-$target

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

step 'static binary and its bill of materials'
binary=$(scripts/build-static.sh "${static[@]}")
cp "$binary" "$dist/files/$name"
cp "$binary.cdx.json" "$dist/files/image-lint-$version.cdx.json"
"$dist/files/$name" --version
python3 -c 'import json, sys; bill = json.load(open(sys.argv[1])); print(bill["bomFormat"], bill["specVersion"], len(bill["components"]), "components")' \
    "$dist/files/image-lint-$version.cdx.json"

step 'wheel'
"$tools/venv/bin/maturin" build --quiet "${profile[@]}" --out "$dist/files"
python3 -m venv "$dist/venv"
"$dist/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "$dist"/files/*.whl
"$dist/venv/bin/image-lint" --version

step 'checksums'
(cd "$dist/files" && sha256sum -- * >SHA256SUMS && sha256sum --check SHA256SUMS)

step 'the action takes the binary by its checksum, and no other'
mkdir -p "$dist/action/action" "$dist/action/scripts"
cp action/* "$dist/action/action"
cp scripts/add-checksums.sh "$dist/action/scripts"
# The binaries of other systems are of other machines: lines in their place.
for other in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-apple-darwin aarch64-apple-darwin \
    x86_64-pc-windows-msvc.exe; do
    printf '%s  %s\n' "$(sha256sum <"$binary" | cut -d ' ' -f 1)" "image-lint-$version-$other"
done >"$dist/sums"
"$dist/action/scripts/add-checksums.sh" "$dist/sums"
GITHUB_OUTPUT=$dist/outputs RUNNER_TOOL_CACHE=$dist/cache IMAGE_LINT_ACTION_PATH=$dist/action \
    IMAGE_LINT_BASE_URL=file://$dist/files bash action/install.sh
cat "$dist/outputs"
"$(sed -n 's/^binary=//p' "$dist/outputs")" --version

step 'the name that cargo binstall asks for is that of the file'
asked=$(sed -n 's/^pkg-url = "\(.*\)"$/\1/p' Cargo.toml |
    sed "s/{ name }/image-lint/; s/{ version }/$version/g; s/{ target }/$target/; s/{ binary-ext }//")
echo "$asked"
[[ ${asked##*/} == "$name" ]]

step 'container image, pushed as it was built to a registry on loopback'
case $target in
    x86_64-*) architecture=amd64 ;;
    *) architecture=arm64 ;;
esac
digest=$(scripts/build-container.sh "$dist/image" "$architecture=$dist/files/$name")
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%s"}\n' "$dist/registry" "$port" \
    >"$dist/registry.yml"
docker-registry serve "$dist/registry.yml" >"$dist/registry.log" 2>&1 &
registry=$!
trap 'kill "$registry" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    ! curl --silent --fail "http://127.0.0.1:$port/v2/" >/dev/null || break
    sleep 0.1
done
skopeo copy --quiet --all --preserve-digests --digestfile "$dist/digest" --dest-tls-verify=false "dir:$dist/image" \
    "docker://127.0.0.1:$port/image-lint:$version"
printf 'built %s, pushed %s\n' "$digest" "$(cat "$dist/digest")"
[[ $digest == "$(cat "$dist/digest")" ]]
"$dist/files/$name" inspect --plain-http "127.0.0.1:$port" "127.0.0.1:$port/image-lint:$version"

step 'crates, each built from its package'
# In a folder of its own: of a package whose version is there cargo takes what was built of another state.
CARGO_TARGET_DIR=$dist/crates cargo publish --dry-run --workspace --locked --allow-dirty 2>&1 | grep -E '^ *(Packaged|Verifying|Uploading|warning|error)'

step 'done'
ls -l "$dist/files"
