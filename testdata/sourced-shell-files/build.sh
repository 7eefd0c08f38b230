#!/bin/bash
source ./vars.sh
. "$(dirname "$0")/more.env"
buildah from "${REGISTRY}/sourced:${TAG}"
buildah from "${MORE}"
