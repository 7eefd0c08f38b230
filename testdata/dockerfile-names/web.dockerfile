FROM registry.example.com/web.dockerfile:1
