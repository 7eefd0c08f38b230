//! What Argo CD, Flux and k3s give charts and kustomizations that lie elsewhere.

use crate::repository::Repository;
use image_lint_model::mention::Text;

/// Line and name of each image that is asked, and the text of each that stays open.
fn read(text: &str) -> (Vec<(u32, String)>, Vec<String>) {
    let repository = Repository::new(&[("x.yaml", text)]);
    let found = repository.linked();
    let asked = repository.asked(&found);
    let asked = asked.into_iter().map(|(_, line, image)| (line, image));
    let open = found
        .mentions
        .iter()
        .filter(|one| matches!(one.text, Text::Open(_)));
    let open = open.map(|one| one.mention.value.written());
    (asked.collect(), open.collect())
}

struct Row {
    why: &'static str,
    text: &'static str,
    asked: &'static [(u32, &'static str)],
    open: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row {
        why: "1: parameters of an Application stay as written",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: todo}\nspec:\n  source:\n    repoURL: https://example.com/katas.git\n    path: examples/http\n    helm:\n      parameters:\n      - name: image.repository\n        value: q.io/a/todo\n      - name: image.tag\n        value: \"2.10\"\n",
        asked: &[(13, "q.io/a/todo:2.10")],
        open: &[],
    },
    Row {
        why: "2: valuesObject; without a tag the chart's own is deployed",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: b}\nspec:\n  source:\n    repoURL: https://charts.example.com\n    chart: nginx\n    helm:\n      valuesObject:\n        image:\n          repository: q.io/x/vo\n          tag: \"1.25\"\n        sidecar:\n          image:\n            repository: q.io/x/tagless\n",
        asked: &[(12, "q.io/x/vo:1.25")],
        open: &["q.io/x/tagless:{{ .Values tag }}"],
    },
    Row {
        why: "3: values as a text",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: c}\nspec:\n  source:\n    chart: nginx\n    helm:\n      values: |\n        image:\n          repository: q.io/x/vs\n          tag: \"1.26\"\n",
        asked: &[(11, "q.io/x/vs:1.26")],
        open: &[],
    },
    Row {
        why: "4: several sources",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: d}\nspec:\n  sources:\n  - chart: nginx\n    helm:\n      valuesObject:\n        image: {registry: q.io, repository: x/multi, tag: \"1\"}\n",
        asked: &[(9, "q.io/x/multi:1")],
        open: &[],
    },
    Row {
        why: "5: images of a kustomization: each new name and tag; a name alone keeps its tag",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: e}\nspec:\n  source:\n    path: overlays/prod\n    kustomize:\n      images:\n      - q.io/x/app:v3\n      - nginx=q.io/x/nginx:4\n      - db=q.io/x/db@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
        asked: &[
            (9, "q.io/x/app:v3"),
            (10, "q.io/x/nginx:4"),
            (
                11,
                "q.io/x/db@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ),
        ],
        open: &[],
    },
    Row {
        why: "6: an ApplicationSet",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: f}\nspec:\n  generators: [{list: {elements: [{cluster: a}]}}]\n  template:\n    spec:\n      source:\n        chart: nginx\n        helm:\n          valuesObject:\n            image: {repository: q.io/x/appset, tag: \"5\"}\n",
        asked: &[(12, "q.io/x/appset:5")],
        open: &[],
    },
    Row {
        why: "7: a HelmRelease: numbers as helm prints them, a post-renderer's images in place of the values'",
        text: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: g}\nspec:\n  chart: {spec: {chart: x}}\n  values:\n    image: {repository: q.io/x/hr, tag: 1.20}\n    kept: {image: {repository: q.io/x/kept, tag: 1.20}}\n    other: {image: {repository: q.io/x/tagless}}\n    initImage: busybox:1.36\n  postRenderers:\n  - kustomize:\n      images:\n      - name: q.io/x/hr\n        newName: q.io/y/hr\n        newTag: \"7\"\n",
        asked: &[
            (8, "q.io/x/kept:1.2"),
            (10, "docker.io/library/busybox:1.36"),
            (16, "q.io/y/hr:7"),
        ],
        open: &["q.io/x/tagless:{{ .Values tag }}"],
    },
    Row {
        why: "8: k3s: set counts before valuesContent",
        text: "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: h}\nspec:\n  chart: traefik\n  valuesContent: |-\n    image: {repository: q.io/x/k3s, tag: \"1\"}\n    side: {image: {repository: q.io/x/side, tag: \"1\"}}\n  set:\n    image.tag: \"2\"\n",
        asked: &[(8, "q.io/x/side:1"), (10, "q.io/x/k3s:2")],
        open: &[],
    },
    Row {
        why: "9: a Kustomization of Flux, with a patch",
        text: "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\nspec:\n  path: ./deploy\n  images:\n  - name: podinfo\n    newName: q.io/x/podinfo\n    newTag: \"6\"\n  patches:\n  - target: {kind: Deployment}\n    patch: |\n      - op: replace\n        path: /spec/template/spec/containers/0/image\n        value: q.io/x/patched:1\n",
        asked: &[(9, "q.io/x/podinfo:6"), (15, "q.io/x/patched:1")],
        open: &[],
    },
    Row {
        why: "10: Image Updater's list names images; its constraint is no tag, and parameters without a name are none",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: l\n  annotations:\n    argocd-image-updater.argoproj.io/image-list: app=q.io/x/upd:~1.2, q.io/x/second\nspec: {source: {chart: x, helm: {parameters: [{name: image.tag, value: v1.2.3}]}}}\n",
        asked: &[(6, "q.io/x/second"), (6, "q.io/x/upd")],
        open: &[],
    },
    Row {
        why: "parameters count before values, and both make one image",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: m}\nspec:\n  source:\n    chart: x\n    helm:\n      values: |\n        web:\n          image:\n            repository: q.io/x/web\n            tag: old\n      parameters:\n      - {name: web.image.tag, value: \"1.20\"}\n",
        asked: &[(14, "q.io/x/web:1.20")],
        open: &[],
    },
];

#[test]
fn values_and_images_of_argo_cd_flux_and_k3s_are_read() {
    for row in ROWS {
        let (asked, open) = read(row.text);
        let expected: Vec<(u32, String)> = row
            .asked
            .iter()
            .map(|(line, image)| (*line, (*image).to_owned()))
            .collect();
        assert_eq!(asked, expected, "{}", row.why);
        assert_eq!(open, row.open, "{}", row.why);
    }
}

#[test]
fn entries_that_argo_cd_and_flux_add_to_a_kustomization_of_this_repository_are_built_in() {
    let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: e}\nspec:\n  source:\n    path: overlays/prod\n    kustomize:\n      images:\n      - nginx=q.io/x/nginx\n";
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\nspec:\n  path: ./overlays/prod\n  images:\n  - name: nginx\n    newTag: \"6\"\n";
    let elsewhere = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: e}\nspec:\n  source:\n    path: overlays/prod\n    kustomize:\n      images: [other=q.io/x/other:1]\n";
    for (delivery, expected) in [
        (argo, vec![("app.yaml", 9, "q.io/x/nginx:1.19")]),
        (flux, vec![("app.yaml", 8, "docker.io/library/nginx:6")]),
        (
            elsewhere,
            vec![
                ("app.yaml", 8, "q.io/x/other:1"),
                ("overlays/prod/d.yaml", 8, "docker.io/library/nginx:1.19"),
            ],
        ),
    ] {
        let repository = Repository::new(&[
            ("app.yaml", delivery),
            ("overlays/prod/d.yaml", crate::repository::DEPLOYMENT),
            ("overlays/prod/kustomization.yaml", "resources: [d.yaml]\n"),
        ]);
        let found = repository.linked();
        let asked = repository.asked(&found);
        let shown: Vec<(&str, u32, &str)> = asked
            .iter()
            .map(|(path, line, image)| (&**path, *line, &**image))
            .collect();
        assert_eq!(shown, expected, "{delivery}");
    }
}

/// A Kustomization of Flux for `apps`, with its `postBuild`.
fn flux(name: &str, after_build: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}}}\nspec:\n  path: ./apps\n  postBuild:\n{after_build}"
    )
}

/// Path, line and name of what is asked, and the text of what stays open.
fn delivered(
    image: &str,
    deliveries: &[(&str, String)],
) -> (Vec<(String, u32, String)>, Vec<String>) {
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: a\n    image: {image}\n"
    );
    let mut files = vec![
        ("apps/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("apps/pod.yaml", &pod),
    ];
    files.extend(deliveries.iter().map(|(path, text)| (*path, &**text)));
    let repository = Repository::new(&files);
    let found = repository.linked();
    let open = (found.mentions.iter()).filter(|one| matches!(one.text, Text::Open(_)));
    let open = open.map(|one| one.mention.value.written());
    (repository.asked(&found), open.collect())
}

#[test]
fn flux_puts_its_values_in_after_the_build_and_each_cluster_has_its_own() {
    let one = flux("one", "    substitute: {tag: \"2.3\"}\n");
    let two = flux("two", "    substitute:\n      tag: \"2.4\"\n");
    let (asked, open) = delivered(
        "q.io/x/worker:${tag}",
        &[
            ("clusters/one/apps.yaml", one),
            ("clusters/two/apps.yaml", two),
        ],
    );
    let expected = [
        ("clusters/one/apps.yaml", 7, "q.io/x/worker:2.3"),
        ("clusters/two/apps.yaml", 8, "q.io/x/worker:2.4"),
    ];
    let expected = expected.map(|(path, line, image)| (path.to_owned(), line, image.to_owned()));
    assert_eq!(asked, expected);
    assert_eq!(open, Vec::<String>::new());
}

#[test]
fn what_flux_takes_from_the_cluster_stays_open_and_what_is_written_counts_before() {
    let from = "    substituteFrom: [{kind: ConfigMap, name: settings}]\n";
    let written = "    substitute: {tag: \"2.3\"}\n";
    let other = "    substitute: {other: x}\n";
    let at = |path: &str, image: &str| vec![(path.to_owned(), 7, image.to_owned())];
    for (after_build, image, asked, open, why) in [
        (
            format!("{written}{from}"),
            "q.io/x/worker:${tag}",
            at("clusters/a.yaml", "q.io/x/worker:2.3"),
            vec![],
            "what is written counts before what the cluster has",
        ),
        (
            from.to_owned(),
            "q.io/x/worker:${tag}",
            vec![],
            vec!["q.io/x/worker:${tag}".to_owned()],
            "only the cluster knows it",
        ),
        (
            other.to_owned(),
            "q.io/x/worker:${tag:=1.0}",
            at("apps/pod.yaml", "q.io/x/worker:1.0"),
            vec![],
            "a default is for what nobody gives",
        ),
        (
            other.to_owned(),
            "q.io/x/worker${tag}:1.1",
            at("apps/pod.yaml", "q.io/x/worker:1.1"),
            vec![],
            "what nobody gives is empty",
        ),
    ] {
        let text = flux("k", &after_build);
        let found = delivered(image, &[("clusters/a.yaml", text)]);
        assert_eq!(found, (asked, open), "{why}");
    }
}
