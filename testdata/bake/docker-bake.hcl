// Values that the command line may replace.
variable "TAG" { default = "1.2" }
variable "REGISTRY" {
  default = "quay.io/demo"
}
group "default" { targets = ["app"] }
target "common" {
  args = {
    BASE_IMAGE = "quay.io/demo/base:2"
    VERSION = TAG
  }
}
target "app" {
  inherits   = ["common"]
  dockerfile = "Dockerfile"
  contexts = {
    tools = "docker-image://quay.io/demo/tools:1"
    src   = "./src"
  }
  tags = ["${REGISTRY}/app:${TAG}", notequal("", TAG) ? "quay.io/demo/app:other" : ""]
}
target "inline" {
  dockerfile-inline = "FROM quay.io/demo/inline:1"
}
