#!/bin/sh
docker build -t registry.example.com/own:1 .
docker push registry.example.com/own:1
