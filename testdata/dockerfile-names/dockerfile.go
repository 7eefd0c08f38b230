FROM registry.example.com/go-source:1
