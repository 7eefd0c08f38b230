#!/bin/bash
BASE=${1:-9}
cat > Dockerfile <<EOF
FROM registry.example.com/from-default:${BASE}
EOF
