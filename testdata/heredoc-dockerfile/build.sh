#!/bin/bash
TAG=3
cat > Dockerfile <<EOF
FROM registry.example.com/assigned:${TAG}
FROM registry.example.com/defaulted:${VERSION:-9}
FROM registry.example.com/open:${UNKNOWN}
EOF
cat > app.Containerfile <<'EOF'
ARG TAG=5
FROM registry.example.com/quoted:${TAG}
EOF
podman build -t registry.example.com/piped-target:1 - <<EOF
FROM registry.example.com/piped:1
EOF
cat > notes.txt <<EOF
FROM registry.example.com/only-text:1
EOF
