#!/bin/sh
docker buildx build --build-context base=docker-image://registry.example.com/in-its-place:1 --build-context tools=./tools .
