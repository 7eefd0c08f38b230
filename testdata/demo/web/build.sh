#!/bin/sh
set -eu

image=registry.example.com/shop/web
version=${1:-2.4.1}

buildah bud --layers -t "$image:$version" .
buildah push "$image:$version"
