#!/bin/bash
VERSION=1
cat <<EOF | oc apply -f -
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: c, image: "quay.io/demo/piped:$VERSION"}
EOF
kubectl create -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: c, image: "quay.io/demo/quoted:1"}
EOF
oc process -f - <<EOF | oc apply -f -
apiVersion: v1
kind: Template
parameters: [{name: TAG, value: "2"}]
objects:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
  spec:
    containers:
    - {name: c, image: "quay.io/demo/template:\${TAG}"}
EOF
oc apply -n x -f- <<-EOF
	apiVersion: v1
	kind: Pod
	metadata: {name: a}
	spec:
	  containers:
	  - name: c
	    image: quay.io/demo/tabs:${GIVEN}
	EOF
echo "apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - name: c
    image: quay.io/demo/echo:1" | kubectl apply -f -
kubectl apply -f <(cat <<EOF
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: c, image: "quay.io/demo/process:1"}
EOF
)
POD=$(cat <<EOF
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: c, image: "quay.io/demo/kept:1"}
EOF
)
echo "$POD" | kubectl apply -f -
kubectl patch deployment/x -p '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"quay.io/demo/patch:1"}]}}}}'
kubectl patch deployment/x --type=json --patch='[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"quay.io/demo/operation:1"}]'
kubectl delete -f - <<EOF
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: c, image: "quay.io/demo/deleted:1"}
EOF
cat <<EOF
apiVersion: v1
kind: Pod
spec:
  containers:
  - {name: c, image: "quay.io/demo/only-shown:1"}
EOF
