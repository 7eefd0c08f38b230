# The released static binary and nothing else. Made from what scripts/build-static.sh built:
#
#   buildah build --format=docker --build-arg BINARY=target/x86_64-unknown-linux-gnu/release/image-lint -t image-lint .
#   podman run --rm -v "$PWD:/src:ro" image-lint
#
# There is no bundle of certificate authorities to keep current: without the system's the binary uses those built in; for
# an authority of your own, mount its file and add --ca FILE. A job of GitLab CI needs a shell in its image: give
# BASE=docker.io/library/alpine@sha256:DIGEST for that. Git is needed only for --changed-since and pre-push.
ARG BASE=scratch
FROM ${BASE}
ARG BINARY=image-lint
COPY --chmod=0755 ${BINARY} /usr/bin/image-lint
# No name is needed for a user that owns nothing. `--user "$(id -u)"` reads files that only you may read.
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/usr/bin/image-lint"]
