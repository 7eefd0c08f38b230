package main

const image = "quay.io/demo/source:1"
