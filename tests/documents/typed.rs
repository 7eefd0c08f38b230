//! Every command of docs/guides is typed, as a reader would.

use crate::project;
use crate::reader::{PODS, Reader, follow, lines, type_lines};

#[test]
fn the_guide_to_the_missing_signature_key_ends_with_an_image_that_is_pulled() {
    let reader = Reader::new();
    reader.registry.buildah_push("quay/team/app", "1.4", "oci");
    reader.repository("quay.io/team/app:1.4");
    let (code, said) = reader.types("image-lint .");
    assert!(
        code == 1 && said.contains("missing signature key"),
        "{said}"
    );
    reader.prepare(&[
        "buildah bud --platform linux/amd64 --manifest quay.io/team/tool:2.0 .",
        "buildah bud --platform linux/arm64 --manifest quay.io/team/tool:2.0 .",
        "buildah manifest push --all --format oci quay.io/team/tool:2.0 docker://quay.io/team/tool:2.0",
    ]);
    let guide = "missing-signature-key.md";
    let codes = [
        ("image-lint inspect", 0),
        ("buildah bud --format=docker", 0),
        ("buildah push", 0),
        ("skopeo copy --format v2s2 docker://quay.io", 0),
        ("skopeo inspect --format", 0),
        ("skopeo copy --all --format v2s2", 0),
        ("buildah manifest push --all --format v2s2", 0),
        ("skopeo copy --format v2s2 docker://quay.io", 0),
        ("image-lint --no-cache .", 0),
        ("image-lint hook install", 0),
    ];
    follow(&reader, guide, &codes);
    let (code, said) = reader.types("image-lint inspect registry.example.com/mirror/app:1.4");
    assert!(code == 0 && said.contains("manifest.v2+json"), "{said}");
}

/// What the guide promises of a copy onto the same name, of an image and of a list.
#[test]
fn an_image_that_is_pushed_already_becomes_one_that_the_old_docker_pulls() {
    let all = lines("missing-signature-key.md");
    let line = |beginning: &str| {
        let found = all.iter().find(|line| line.starts_with(beginning));
        found.expect("a line of the guide").as_str()
    };
    let reader = Reader::new();
    let digest = |name: &str| {
        reader
            .types(&format!(
                "skopeo inspect --raw docker://{name} | sha256sum | cut -c 1-64"
            ))
            .1
    };
    reader.registry.buildah_push("quay/team/app", "1.4", "oci");
    let before = digest("quay.io/team/app:1.4");
    reader.prepare(&[line("skopeo copy --format v2s2 docker://quay.io")]);
    let (_, now) = reader.types(line("skopeo inspect --format"));
    assert_eq!(
        now.trim(),
        format!("sha256:{}", digest("quay.io/team/app:1.4").trim())
    );
    assert!(!now.contains(before.trim()), "another digest: {now}");
    let list = [
        "buildah bud --platform linux/amd64 --manifest quay.io/team/tool:2.0 .",
        "buildah bud --platform linux/arm64 --manifest quay.io/team/tool:2.0 .",
        "buildah manifest push --all --format oci quay.io/team/tool:2.0 docker://quay.io/team/tool:2.0",
    ];
    reader.prepare(&list);
    let again = [list[2]];
    for (remedy, kind) in [
        (
            line("skopeo copy --all --format v2s2"),
            "manifest.list.v2+json",
        ),
        (line("buildah manifest push --all"), "manifest.list.v2+json"),
        (
            "skopeo copy --format v2s2 docker://quay.io/team/tool:2.0 docker://quay.io/team/tool:2.0",
            "manifest.v2+json",
        ),
    ] {
        reader.prepare(&again);
        let look = "image-lint inspect --no-cache quay.io/team/tool:2.0";
        let (_, said) = reader.types(look);
        assert!(said.contains("oci.image.index"), "{said}");
        reader.prepare(&[remedy]);
        let (code, said) = reader.types(look);
        assert!(code == 0 && said.contains(kind), "{remedy}: {said}");
        assert!(!said.contains("cannot pull"), "{remedy}: {said}");
        assert_eq!(
            said.contains("linux/arm64"),
            kind.contains("list"),
            "{said}"
        );
    }
}

#[test]
fn the_guide_to_old_findings_leads_from_many_to_none() {
    let reader = Reader::new();
    for name in ["old", "older"] {
        reader
            .registry
            .buildah_push(&format!("quay/team/{name}"), "1.4", "oci");
    }
    reader.repository("quay.io/team/old:1.4");
    let pod = format!("{PODS}{}\n", reader.named("quay.io/team/older:1.4"));
    reader.write("work/older.yaml", &pod);
    // As git asks of everybody who commits.
    reader.prepare(&["git config user.name a && git config user.email a@localhost"]);
    let guide = "old-findings.md";
    let all = lines(guide);
    let (start, smaller) = all.split_at(5);
    let codes = [
        ("image-lint --no-cache --write-baseline", 0),
        ("echo 'baseline: .image-lint-baseline.json'", 0),
        ("image-lint .", 0),
        ("git add", 0),
        ("git commit", 0),
    ];
    let (code, said) = reader.types("image-lint .");
    assert!(code == 1 && said.contains("2 errors"), "{said}");
    type_lines(&reader, guide, start, &codes);
    let (_, said) = reader.types("image-lint .");
    assert!(
        said.contains("2 findings suppressed: 2 by the baseline"),
        "{said}"
    );
    // The same image in another file is new.
    reader.write("work/new.yaml", &pod);
    let (code, said) = reader.types("image-lint .");
    assert!(
        code == 1 && said.contains("new.yaml") && said.contains("1 error"),
        "{said}"
    );
    reader.prepare(&[
        "rm new.yaml",
        "skopeo copy --format v2s2 docker://quay.io/team/old:1.4 docker://quay.io/team/old:1.4",
    ]);
    let (_, said) = reader.types(&smaller[0]);
    assert!(
        said.contains("1 of the baseline's findings are fixed"),
        "{said}"
    );
    let codes = [
        ("image-lint --no-cache --verbose", 0),
        ("image-lint --no-cache --write-baseline", 0),
        ("git diff", 0),
        // One is left that no edit of these files mends.
        ("image-lint --baseline /dev/null --fix .", 1),
    ];
    type_lines(&reader, guide, smaller, &codes);
    let (_, said) = reader.types(&smaller[2]);
    let changes = said
        .lines()
        .filter(|line| !line.starts_with("---") && !line.starts_with("+++"));
    let added = changes.clone().filter(|line| line.starts_with('+')).count();
    let gone = changes.filter(|line| line.starts_with('-')).count();
    assert!(gone > 3 && added == 0, "{said}");
    // The rest of the page: nothing fails, and nothing else is said to.
    let (code, _) = reader.types("image-lint --fail-on never --on-unchecked warn --no-config .");
    assert_eq!(code, 0);
}

#[test]
fn the_guide_to_an_image_that_does_not_exist_tells_the_causes_apart() {
    let reader = Reader::new();
    reader.registry.buildah_push("hub/redis", "7.2.1", "oci");
    follow(
        &reader,
        "repository-does-not-exist.md",
        &[("image-lint inspect", 0)],
    );
    // The first two rows of its table.
    let (_, said) = reader.types("image-lint inspect docker.io/library/redis:7.2.1");
    assert!(
        said.contains("oci.image.manifest") && said.contains("cannot pull"),
        "{said}"
    );
    let (code, said) = reader.types("image-lint inspect docker.io/library/redis:7.2.2");
    assert!(
        code == 1 && said.contains("7.2.1"),
        "the nearest tag: {said}"
    );
}

#[test]
fn the_guide_to_image_pull_back_off_is_typed() {
    let reader = Reader::new();
    reader.registry.buildah_push("team/app", "1.4", "docker");
    reader.repository("registry.example.com/team/app:1.4");
    let codes = [
        ("oc describe pod", 0),
        ("oc get all,is,bc -o yaml | image-lint -", 0),
        ("oc create secret", 0),
        ("oc secrets link default", 0),
        ("oc get pod POD --output", 0),
        ("oc secrets link SERVICEACCOUNT", 0),
        ("kubectl create secret", 0),
        ("kubectl patch", 0),
        ("buildah bud --format=docker --platform", 0),
    ];
    follow(&reader, "imagepullbackoff.md", &codes);
    let told = std::fs::read_to_string(reader.home().join("told")).unwrap();
    // The patch is what kubectl is given by the shell, whole.
    let patch = told
        .lines()
        .last()
        .and_then(|line| line.split(" -p ").nth(1))
        .unwrap();
    let patch: serde_json::Value = serde_json::from_str(patch).unwrap();
    assert_eq!(patch["imagePullSecrets"][0]["name"], "registry-example-com");
}

#[test]
fn the_guide_to_mirroring_leads_from_errors_to_none_in_each_of_its_ways() {
    let guide = "mirror-into-the-internal-registry.md";
    let all = lines(guide);
    let ways: [&[(&str, i32)]; 5] = [
        &[
            ("image-lint .", 1),
            ("image-lint mirror --to", 0),
            ("image-lint mirror --to", 0),
            ("bash ../mirror.sh", 0),
            ("git apply --allow-empty ../mirror.patch", 0),
            ("image-lint .", 0),
        ],
        &[(
            "image-lint mirror --to registry.example.com/mirror --apply",
            0,
        )],
        &[(
            "image-lint mirror --all-images --to registry.example.com/mirror",
            0,
        )],
        &[
            ("oc new-project mirror", 0),
            ("skopeo login", 0),
            (
                "image-lint mirror --to docker-registry.example.com/mirror --named",
                0,
            ),
            ("oc policy add-role-to-group", 0),
        ],
        &[("skopeo copy --format v2s2 --dest-creds", 0)],
    ];
    let mut rest = &all[..];
    for way in ways {
        let reader = Reader::new();
        reader.registry.buildah_push("quay/team/app", "1.4", "oci");
        reader.repository("quay.io/team/app:1.4");
        let (now, later) = rest.split_at(way.len());
        type_lines(&reader, guide, now, way);
        rest = later;
        if way.iter().any(|(line, _)| line.contains("--named")) {
            let pod = std::fs::read_to_string(reader.home().join("work/pod.yaml")).unwrap();
            let name = "docker-registry.default.svc:5000/mirror/";
            assert!(pod.contains(name), "the name inside the cluster: {pod}");
        }
    }
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
fn the_guide_from_one_openshift_to_the_other_judges_by_each() {
    let reader = Reader::new();
    reader.registry.buildah_push("quay/team/app", "1.4", "oci");
    reader.repository("quay.io/team/app:1.4");
    let codes = [
        ("image-lint --target openshift-3.11 .", 1),
        ("image-lint --target openshift-4 .", 0),
        ("git grep --line-number 'docker-registry.default.svc'", 0),
    ];
    let internal = format!("{PODS}docker-registry.default.svc:5000/team/app:1.4\n");
    reader.write("work/internal.yaml", &internal);
    reader.prepare(&["git add internal.yaml"]);
    follow(&reader, "openshift-3.11-to-4.md", &codes);
    // What is said of the internal registry's old name: not asked, no failure; asked under another name where one is given.
    let (code, said) = reader.types("image-lint --target openshift-4 internal.yaml");
    assert!(code == 0 && said.contains("1 inside the cluster"), "{said}");
    let rewrites = "rewrites:\n  - {from: \"docker-registry.default.svc:5000\", to: docker-registry.example.com}\n";
    let page =
        std::fs::read_to_string(project().join("docs/guides/openshift-3.11-to-4.md")).unwrap();
    assert!(page.contains(rewrites.lines().nth(1).unwrap()));
    reader.write("work/.image-lint.yaml", &reader.named(rewrites));
    let (code, said) = reader.types("image-lint --target openshift-4 internal.yaml");
    assert!(
        code == 1 && said.contains("tag-not-found") || said.contains("missing-or-private"),
        "{said}"
    );
}

#[test]
fn the_guide_to_charts_is_typed_with_helm() {
    let reader = Reader::new();
    reader.registry.buildah_push("shop/web", "1.4", "oci");
    for (name, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        (
            "values.yaml",
            "image: registry.example.com/shop/web\ntag: \"1.4\"\n",
        ),
        (
            "templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: \"{{ .Values.image }}:{{ .Values.tag }}\"\n",
        ),
    ] {
        reader.write(&format!("work/charts/shop/{name}"), &reader.named(text));
    }
    reader.write("work/production.yaml", "tag: \"1.5\"\n");
    reader.repository("registry.example.com/shop/web:1.4");
    let codes = [
        ("image-lint charts/shop", 1),
        (
            "helm template charts/shop -f production.yaml | image-lint -",
            1,
        ),
        // Nothing is changed since then.
        ("image-lint --changed-since origin/main", 0),
    ];
    follow(&reader, "helm-chart-in-a-pull-request.md", &codes);
}

#[test]
fn the_one_command_of_every_ci_system_writes_its_reports() {
    let reader = Reader::new();
    reader.registry.buildah_push("team/app", "1.4", "docker");
    reader.repository("registry.example.com/team/app:1.4");
    follow(&reader, "ci-others.md", &[("image-lint --output junit", 0)]);
    for report in ["image-lint.xml", "image-lint.json"] {
        assert!(
            reader.home().join("work").join(report).is_file(),
            "{report}"
        );
    }
    // What the pages of CI systems write in YAML and Groovy, apart from GitHub's, which has no command.
    let commands = [
        "image-lint --output gitlab=gl-code-quality-report.json --output junit=image-lint.xml --output html=image-lint.html .",
        "image-lint --output junit=image-lint.xml --output html=images.html .",
        "image-lint --output junit=image-lint.xml .",
    ];
    let pages = ["ci-gitlab.md", "ci-others.md", "ci-others.md"];
    for (command, page) in commands.iter().zip(pages) {
        let text = std::fs::read_to_string(project().join("docs/guides").join(page)).unwrap();
        assert!(text.contains(command), "{page}: {command}");
        let (code, said) = reader.types(command);
        assert_eq!(code, 0, "{command}: {said}");
    }
}

#[test]
fn every_guide_with_a_command_is_typed() {
    let typed = [
        "ci-others.md",
        "helm-chart-in-a-pull-request.md",
        "imagepullbackoff.md",
        "mirror-into-the-internal-registry.md",
        "missing-signature-key.md",
        "old-findings.md",
        "openshift-3.11-to-4.md",
        "repository-does-not-exist.md",
    ];
    let mut found: Vec<String> = std::fs::read_dir(project().join("docs/guides"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !lines(name).is_empty())
        .collect();
    found.sort();
    assert_eq!(found, typed);
}
