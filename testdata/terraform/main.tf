variable "tag" { default = "1.2" }
locals { tool = "quay.io/demo/tool:2" }

resource "kubernetes_deployment" "web" {
  spec {
    template {
      spec {
        init_container {
          image = local.tool
        }
        container {
          name  = "web"
          image = "quay.io/demo/web:${var.tag}"
        }
      }
    }
  }
}

resource "aws_ecs_task_definition" "app" {
  container_definitions = jsonencode([
    { name = "app", image = "quay.io/demo/ecs:1" },
  ])
}

resource "docker_image" "base" { name = "docker.io/library/nginx:1.25" }
resource "docker_container" "made" {
  image = docker_image.base.image_id
}

resource "google_compute_instance" "vm" {
  boot_disk {
    initialize_params { image = "debian-cloud/debian-11" }
  }
}
