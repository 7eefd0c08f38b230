resource "nomad_job" "x" {
  vm    = "debian-cloud/debian-11"
  image = "quay.io/demo/terraform:1"
}
