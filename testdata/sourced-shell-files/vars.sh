REGISTRY=registry.example.com
TAG="7"
