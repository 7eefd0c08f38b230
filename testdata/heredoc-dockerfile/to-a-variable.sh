#!/bin/bash
FILE=./Dockerfile
/bin/cat <<EOF >$FILE
FROM registry.example.com/to-a-variable:1
EOF
NOTES=notes.txt
cat <<EOF >"$NOTES"
FROM registry.example.com/only-text-too:1
EOF
