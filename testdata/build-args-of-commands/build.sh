#!/bin/sh
docker build --build-arg BASE=registry.example.com/from-command:1 -f app/Dockerfile app
