//! Every edit of `--fix`, proved: the mended script is run with Debian's buildah, podman and skopeo, and the registry then
//! serves a docker format.

use super::program::{Ran, Tree};
use super::support::artifact::{DOCKER_LIST, SCHEMA2};
use super::support::real::{Access, Storage, tool};
use super::support::wire;

/// Scripts; `R` is the registry, and each pushes `x:1`.
const SCRIPTS: [&str; 20] = [
    "podman build -t y .\npodman create --name c y /x\npodman commit c x\npodman push x docker://R/x:1\n",
    "buildah bud -format docker -t x .\nbuildah push x docker://R/x:1\n",
    "buildah bud -t x .\nbuildah push --format oci x docker://R/x:1\n",
    "buildah bud -t x .\nbuildah push x oci:d:x\nskopeo copy --format=oci --dest-tls-verify=false oci:d:x docker://R/x:1\n",
    "buildah bud -t x .\nbuildah push x docker://R/x:1\n",
    "buildah build-using-dockerfile \\\n  -t x\nbuildah push x docker://R/x:1\n",
    "podman build -t x .\npodman push x docker://R/x:1\n",
    "c=$(buildah from scratch)\nbuildah commit $c x\nbuildah push x docker://R/x:1\n",
    "buildah bud --format oci -t x .\nbuildah push x docker://R/x:1\n",
    "c=$(buildah from scratch)\nbuildah commit -foci $c x\nbuildah push x docker://R/x:1\n",
    "podman build --format='oci' -t x .\npodman push x docker://R/x:1\n",
    "buildah bud --format docker -t x .\nbuildah push --format=oci x docker://R/x:1\n",
    "buildah bud -t a .\nbuildah manifest create l a\nbuildah manifest push --tls-verify=false --all l docker://R/x:1\n",
    "buildah bud -t x .\nbuildah push x oci:d:x\nskopeo copy --dest-tls-verify=false oci:d:x docker://R/x:1\n",
    "buildah bud -t x .\nbuildah push x oci:d:x\nskopeo copy --format docker --dest-tls-verify=false oci:d:x docker://R/x:1\n",
    "c=$(buildah from scratch)\nbuildah commit -format docker $c x\nbuildah push x docker://R/x:1\n",
    "buildah bud -t x .\nbuildah push x oci:d:x\nskopeo copy --preserve-digests --dest-tls-verify=false oci:d:x docker://R/x:1\n",
    "buildah bud -t x .\nbuildah push x oci:d:x\nskopeo copy -f v2s2 --dest-tls-verify=false \\\n  oci:d:x docker://R/x:1 --preserve-digests\n",
    "buildah bud -t x . --format=docker\nbuildah push x docker://R/x:1\n",
    "c=$(buildah from scratch)\nbuildah commit $c x --format docker --quiet\nbuildah push x docker://R/x:1\n",
];

#[test]
fn a_mended_script_pushes_in_docker_format() {
    ["buildah", "podman", "skopeo"]
        .into_iter()
        .for_each(|name| drop(tool(name)));
    for script in SCRIPTS {
        let registry = Storage::new().serve(None, &Access::Open);
        let host = registry.host();
        let tree = Tree::new(&[("build.sh", &script.replace("//R/", &format!("//{host}/")))]);
        let before = tree.read("build.sh");
        let fixed = tree.lint(&["--offline", "--fix", "--format", "json", "build.sh"]);
        assert_eq!(fixed.code, 0, "{script}{fixed:?}");
        assert_ne!(tree.read("build.sh"), before, "{script}");
        let ran = run(&tree, host);
        assert_eq!(ran.code, 0, "{}{ran:?}", tree.read("build.sh"));
        let accept = [("Accept", image_lint_model::manifest::ACCEPT_ALL)];
        let answer = wire::send(host, "GET", "/v2/x/manifests/1", &accept, &[]).expect("an answer");
        let stored = answer.header("content-type").unwrap_or("");
        assert!(
            [SCHEMA2, DOCKER_LIST].contains(&stored),
            "{}: {stored}",
            tree.read("build.sh")
        );
    }
}

#[test]
fn a_mended_list_of_arguments_pushes_in_docker_format() {
    ["buildah", "podman"]
        .into_iter()
        .for_each(|name| drop(tool(name)));
    let registry = Storage::new().serve(None, &Access::Open);
    let host = registry.host();
    let container = |words: &[&str]| serde_json::json!({"name": "c", "image": "r.example.com/tools:1", "command": words});
    let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}, "spec": {"containers": [
        container(&["buildah", "bud", "-t", "x", "."]),
        container(&["buildah", "push", "x", &format!("docker://{host}/x:1")]),
    ]}});
    let tree = Tree::new(&[(
        "pod.json",
        &serde_json::to_string_pretty(&pod).expect("JSON"),
    )]);
    assert_eq!(tree.lint(&["--offline", "--fix", "pod.json"]).code, 0);
    let fixed: serde_json::Value =
        serde_json::from_str(&tree.read("pod.json")).expect("still JSON");
    let script: String = fixed["spec"]["containers"]
        .as_array()
        .expect("containers")
        .iter()
        .map(|c| {
            c["command"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|w| w.as_str().expect("a word"))
                .collect::<Vec<_>>()
        })
        .map(|words| format!("{}\n", words.join(" ")))
        .collect();
    assert!(script.contains("--format="), "{script}");
    tree.write("build.sh", script.as_bytes());
    let ran = run(&tree, host);
    assert_eq!(ran.code, 0, "{script}{ran:?}");
    let accept = [("Accept", image_lint_model::manifest::ACCEPT_ALL)];
    let answer = wire::send(host, "GET", "/v2/x/manifests/1", &accept, &[]).expect("an answer");
    assert_eq!(answer.header("content-type"), Some(SCHEMA2), "{script}");
}

/// Runs `build.sh` with a store and settings of its own.
fn run(tree: &Tree, host: &str) -> Ran {
    let home = tree.home().display().to_string();
    tree.write(
        "../home/storage.conf",
        format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{home}/store\"\nrunroot = \"{home}/runroot\"\n").as_bytes(),
    );
    tree.write(
        "../home/registries.conf",
        format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n").as_bytes(),
    );
    let policy: &[u8] = b"{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}";
    tree.write("../home/.config/containers/policy.json", policy);
    tree.write("../home/run/.keep", b"");
    tree.write("Dockerfile", b"FROM scratch\nCOPY Dockerfile /\n");
    let command = format!(
        "export BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF={home}/storage.conf XDG_RUNTIME_DIR={home}/run \
         CONTAINERS_REGISTRIES_CONF={home}/registries.conf; . ./build.sh"
    );
    tree.run("bash", &["-ec", &command])
}
