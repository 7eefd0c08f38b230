#!/bin/bash
IMAGES=(registry.example.com/array-one:1 registry.example.com/array-two:1)
for image in "${IMAGES[@]}"; do
  podman pull "$image"
done
for v in 3.11 3.12; do
  buildah from registry.example.com/python:$v
done
build() {
  buildah from "registry.example.com/function-$1:$2"
}
build one 1
build two 2
fetch() { skopeo copy "docker://$1" dir:/tmp/x; }
fetch registry.example.com/fetched:1
OPTS=(--format docker)
buildah bud "${OPTS[@]}" -t registry.example.com/built:1 .
