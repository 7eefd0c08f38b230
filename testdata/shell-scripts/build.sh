#!/bin/bash
BASE=registry.example.com/base
TAG=${1:-1}
container=$(buildah from --signature-policy policy.json "$BASE:$TAG")
buildah pull docker://registry.example.com/pulled:1
for version in 3.11 3.12; do
    buildah from registry.example.com/python:$version
done
scratch=$(buildah from scratch)
buildah commit "$container" intermediate
buildah from intermediate
buildah push intermediate docker://registry.example.com/pushed:1
echo "buildah from registry.example.com/only-text:1"
buildah pull dir:/tmp/layout
buildah from "$UNKNOWN"
cat > Dockerfile <<DOCKERFILE
FROM registry.example.com/heredoc:$TAG
DOCKERFILE
