//! Edits of image names: the nearest tag, the digest that was seen, the mirror of a registry that is not allowed. What
//! they write is asked again and clean.

use super::program::Tree;
use super::support::registry::Registry;

/// A registry with `app:1.4.6` and `base:12`, in docker format.
fn registry() -> Registry {
    let registry = Registry::start();
    registry.push_schema2("team/app", "1.4.6");
    registry.push_schema2("base", "12");
    registry.push_schema2("base", "latest");
    registry
}

/// Lints with these flags; `R` of the texts is the registry.
fn lint(tree: &Tree, registry: &Registry, flags: &[&str]) -> super::program::Ran {
    let host = registry.host();
    let mut arguments = vec!["--plain-http", &*host, "--no-cache"];
    arguments.extend(flags);
    tree.lint(&arguments)
}

#[test]
fn the_nearest_tag_is_written_where_somebody_asks_for_it() {
    let registry = registry();
    // (file, text with a tag that is not there)
    let table = [
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - name: c\n      image: R/team/app:1.4.7  # web\n",
        ),
        (
            "pod.json",
            "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"x\"}, \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"R/team/app:1.4.7\"}]}}\n",
        ),
        (
            "Dockerfile",
            "FROM \"R/team/app:1.4.7\" AS x\r\nRUN true\r\n",
        ),
        (
            "compose.yaml",
            "services:\n  a:\n    image: 'R/team/app:1.4.7'\n",
        ),
        (
            "run.sh",
            "podman run --rm \"R/team/app:1.4.7\" sh -c 'echo 1.4.7'\n",
        ),
        (
            ".gitlab-ci.yml",
            "test:\n  image: {name: R/team/app:1.4.7}\n  script: [\"true\"]\n",
        ),
    ];
    for (path, text) in table {
        let text = text.replace("R/", &format!("{}/", registry.host()));
        let tree = Tree::new(&[(path, &text)]);
        lint(&tree, &registry, &["--fix"]);
        assert_eq!(tree.read(path), text, "a tag is no safe edit");
        let shown = lint(&tree, &registry, &["--diff", "--unsafe"]);
        assert!(
            shown.out.contains("+") && shown.out.contains("app:1.4.6"),
            "{shown:?}"
        );
        assert_eq!(tree.read(path), text, "a diff changes nothing");
        let fixed = lint(&tree, &registry, &["--fix", "--unsafe"]);
        assert_eq!(
            tree.read(path),
            text.replace("app:1.4.7", "app:1.4.6"),
            "{path}: {fixed:?}"
        );
        assert_eq!(lint(&tree, &registry, &[]).code, 0, "{path}: clean now");
    }
    // What is not written in one piece, or used elsewhere as well, stays for a person.
    for (path, text) in [
        (
            "template.yaml",
            "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nparameters: [{name: TAG, value: 1.4.7}]\nobjects:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: x}\n    spec: {containers: [{name: c, image: 'R/team/app:${TAG}'}]}\n",
        ),
        ("Dockerfile", "ARG T=1.4.7\nFROM R/team/app:$T\n"),
    ] {
        let text = text.replace("R/", &format!("{}/", registry.host()));
        let tree = Tree::new(&[(path, &text)]);
        lint(&tree, &registry, &["--fix", "--unsafe"]);
        assert_eq!(tree.read(path), text, "{path}");
    }
}

#[test]
fn the_digest_that_was_seen_is_written_after_the_tag() {
    let registry = registry();
    let digest = registry.push_schema2("pinned", "2");
    const CONFIG: &str = "levels: {unpinned: error}\n";
    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n";
    let table = [
        (
            "pod.yaml",
            format!(
                "{POD}    - {{name: a, image: \"R/pinned:2\"}} # pinned:2\n    - name: b\n      image: R/pinned:2\n"
            ),
            true,
        ),
        (
            "Dockerfile",
            "FROM --platform=linux/amd64 R/pinned:2 AS a\nFROM a\n".to_owned(),
            true,
        ),
        (
            "compose.yaml",
            "services: {a: {image: R/pinned:2}}\n".to_owned(),
            true,
        ),
        // A script may do more with the text than to pull it.
        ("run.sh", "docker run R/pinned:2\n".to_owned(), false),
        // An anchor whose text is another setting as well.
        (
            "compose.yaml",
            "services:\n  a:\n    image: &i R/pinned:2\n    environment: {SELF: *i}\n".to_owned(),
            false,
        ),
    ];
    for (path, text, safe) in table {
        let text = text.replace("R/", &format!("{}/", registry.host()));
        let tree = Tree::new(&[(path, &text), (".image-lint.yaml", CONFIG)]);
        let before = lint(&tree, &registry, &["--format", "json"]);
        assert_eq!(before.code, 1, "{before:?}");
        assert_eq!(
            before.report()["findings"][0]["fix"]["safe"],
            safe,
            "{path}"
        );
        lint(&tree, &registry, &["--fix"]);
        let host = registry.host();
        let pinned = text.replace(
            &format!("{host}/pinned:2"),
            &format!("{host}/pinned:2@{digest}"),
        );
        assert_eq!(
            tree.read(path),
            if safe { &*pinned } else { &*text },
            "{path}"
        );
        lint(&tree, &registry, &["--fix", "--unsafe"]);
        assert_eq!(tree.read(path), pinned, "{path}");
        assert_eq!(lint(&tree, &registry, &[]).code, 0, "{path}: clean now");
    }
    // skopeo takes no name with tag and digest: advice alone.
    let text = format!(
        "skopeo copy -f v2s2 docker://{}/pinned:2 dir:x\n",
        registry.host()
    );
    let tree = Tree::new(&[("copy.sh", &text), (".image-lint.yaml", CONFIG)]);
    let ran = lint(&tree, &registry, &["--fix", "--unsafe", "--format", "json"]);
    assert_eq!(tree.read("copy.sh"), text);
    let help = ran.report()["findings"][0]["help"].to_string();
    assert!(help.contains(&digest), "{help}");
}

#[test]
fn the_mirror_is_written_for_a_registry_that_is_not_allowed() {
    let registry = registry();
    let host = registry.host();
    let config = format!(
        "policy: {{registries: [{{allow: ['{host}']}}]}}\nrewrites: [{{from: docker.io/library, to: '{host}'}}]\n"
    );
    let text = "FROM base:12 AS a\nFROM base AS b\nFROM quay.io/other/x:1\n";
    let tree = Tree::new(&[("Dockerfile", text), (".image-lint.yaml", &config)]);
    lint(&tree, &registry, &["--fix", "--offline"]);
    assert_eq!(
        tree.read("Dockerfile"),
        text,
        "nobody knows whether the mirror has it"
    );
    lint(&tree, &registry, &["--fix", "--unsafe", "--offline"]);
    assert_eq!(
        tree.read("Dockerfile"),
        format!("FROM {host}/base:12 AS a\nFROM {host}/base AS b\nFROM quay.io/other/x:1\n"),
        "the last has no mirror"
    );
}

#[test]
fn the_nearest_tag_of_a_charts_image_is_written_where_and_how_its_values_hold_it() {
    let registry = registry();
    registry.push_schema2("shop/worker", "1.9");
    const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";
    let pod = |image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: {image}}}]}}\n"
        )
    };
    let whole = pod("{{ .Values.worker.image }}");
    let quoted = pod("{{ .Values.worker.image | quote }}");
    let halves = pod("\"{{ .Values.worker.repository }}:{{ .Values.worker.tag }}\"");
    let rows = [
        (
            "worker:\n  image: R/shop/worker:1.8\n",
            &whole,
            "worker:\n  image: R/shop/worker:1.9\n",
        ),
        (
            "worker:\n  image: \"R/shop/worker:1.8\"\n",
            &whole,
            "worker:\n  image: \"R/shop/worker:1.9\"\n",
        ),
        (
            "worker: {image: 'R/shop/worker:1.8'} # 1.8\n",
            &quoted,
            "worker: {image: 'R/shop/worker:1.9'} # 1.8\n",
        ),
        (
            "worker:\n  repository: R/shop/worker\n  tag: \"1.8\"\n",
            &halves,
            "worker:\n  repository: R/shop/worker\n  tag: \"1.9\"\n",
        ),
        (
            "worker: {repository: R/shop/worker, tag: 1.8}\n",
            &halves,
            "worker: {repository: R/shop/worker, tag: \"1.9\"}\n",
        ),
        (
            "{\"worker\": {\"repository\":\"R/shop/worker\",\"tag\":1.8}}\n",
            &halves,
            "{\"worker\": {\"repository\":\"R/shop/worker\",\"tag\":\"1.9\"}}\n",
        ),
    ];
    for (values, template, expected) in rows {
        let on_host = |text: &str| text.replace("R/", &format!("{}/", registry.host()));
        let values = on_host(values);
        let tree = Tree::new(&[
            ("Chart.yaml", CHART),
            ("values.yaml", &values),
            ("templates/pod.yaml", template),
        ]);
        lint(&tree, &registry, &["--fix", "--unsafe"]);
        assert_eq!(tree.read("values.yaml"), on_host(expected));
        assert_eq!(lint(&tree, &registry, &[]).code, 0, "{expected}");
    }
}
