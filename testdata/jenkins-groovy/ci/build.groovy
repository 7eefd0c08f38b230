podTemplate(containers: [
  containerTemplate(name: 'maven', image: 'docker.io/library/maven:3.9', ttyEnabled: true),
  containerTemplate(image: "quay.io/demo/go:1", name: 'go')
]) {
  node(POD_LABEL) { sh 'podman run quay.io/demo/in-sh:1' }
}
