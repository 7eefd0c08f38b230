//! Small kustomizations, built by the real kubectl and by this program: the same images, at the lines that decide them.

mod delivery;
mod entries;
mod kinds;
mod repository;

use repository::{DEPLOYMENT, Repository};

/// An overlay of one deployment `a` with `nginx:1.19`, or of the files that it names.
struct Row {
    why: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// Folders of the overlays.
    overlays: &'static [&'static str],
    /// Where the images are decided: path, line, image.
    places: &'static [(&'static str, u32, &'static str)],
}

const THING: (&str, &str) = (
    "c.yaml",
    "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: t}\nspec: {container: {image: \"quay.io/x/cr:1\"}}\n",
);
const MERGE_PATCH: (&str, &str) = (
    "p.yaml",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: \"quay.io/x/smp:4\"}]}}}\n",
);

const ROWS: &[Row] = &[
    Row {
        why: "a JSON patch in a file adds a container",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches:\n- path: p.yaml\n  target: {kind: Deployment, name: a}\n",
            ),
            (
                "p.yaml",
                "- op: add\n  path: /spec/template/spec/containers/-\n  value:\n    name: proxy\n    image: quay.io/x/proxy:1\n",
            ),
        ],
        overlays: &[""],
        places: &[
            ("d.yaml", 8, "docker.io/library/nginx:1.19"),
            ("p.yaml", 5, "quay.io/x/proxy:1"),
        ],
    },
    Row {
        why: "a JSON patch in a file replaces an image",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches:\n- path: p.yaml\n  target: {kind: Deployment, name: a}\n",
            ),
            (
                "p.yaml",
                "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: quay.io/x/other:2\n",
            ),
        ],
        overlays: &[""],
        places: &[("p.yaml", 3, "quay.io/x/other:2")],
    },
    Row {
        why: "a JSON patch in the kustomization replaces an image",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches:\n- target: {kind: Deployment, name: a}\n  patch: |-\n    - op: replace\n      path: /spec/template/spec/containers/0/image\n      value: quay.io/x/other:3\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 7, "quay.io/x/other:3")],
    },
    Row {
        why: "entries do not reach the field of a custom resource",
        files: &[
            THING,
            (
                "kustomization.yaml",
                "resources: [c.yaml]\nimages:\n- name: quay.io/x/cr\n  newTag: \"9\"\n",
            ),
        ],
        overlays: &[""],
        places: &[("c.yaml", 4, "quay.io/x/cr:1")],
    },
    Row {
        why: "entries reach a list called containers wherever it is",
        files: &[
            (
                "c.yaml",
                "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: t}\nspec: {foo: {containers: [{name: a, image: \"quay.io/x/cr:1\"}]}}\n",
            ),
            (
                "kustomization.yaml",
                "resources: [c.yaml]\nimages:\n- name: quay.io/x/cr\n  newTag: \"9\"\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 4, "quay.io/x/cr:9")],
    },
    Row {
        why: "an entry fits nothing",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nimages:\n- name: httpd\n  newName: quay.io/x/httpd\n  newTag: \"2\"\n",
            ),
        ],
        overlays: &[""],
        places: &[("d.yaml", 8, "docker.io/library/nginx:1.19")],
    },
    Row {
        why: "a replacement takes the image from a ConfigMap",
        files: &[
            (
                "c.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {image: \"quay.io/x/fromcm:7\"}\n",
            ),
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml, c.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: c, fieldPath: data.image}\n  targets:\n  - select: {kind: Deployment, name: a}\n    fieldPaths: [spec.template.spec.containers.0.image]\n",
            ),
        ],
        overlays: &[""],
        places: &[("c.yaml", 4, "quay.io/x/fromcm:7")],
    },
    Row {
        why: "a strategic patch changes an image",
        files: &[
            ("d.yaml", DEPLOYMENT),
            MERGE_PATCH,
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches:\n- path: p.yaml\n",
            ),
        ],
        overlays: &[""],
        places: &[("p.yaml", 4, "quay.io/x/smp:4")],
    },
    Row {
        why: "a component has entries",
        files: &[
            ("base/d.yaml", DEPLOYMENT),
            ("base/kustomization.yaml", "resources: [d.yaml]\n"),
            (
                "comp/kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n- name: nginx\n  newTag: \"5\"\n",
            ),
            (
                "over/kustomization.yaml",
                "resources: [../base]\ncomponents: [../comp]\n",
            ),
        ],
        overlays: &["over"],
        places: &[("comp/kustomization.yaml", 5, "docker.io/library/nginx:5")],
    },
    Row {
        why: "one of two overlays rewrites",
        files: &[
            ("base/d.yaml", DEPLOYMENT),
            ("base/kustomization.yaml", "resources: [d.yaml]\n"),
            (
                "o1/kustomization.yaml",
                "resources: [../base]\nimages: [{name: nginx, newTag: \"6\"}]\n",
            ),
            ("o2/kustomization.yaml", "resources: [../base]\n"),
        ],
        overlays: &["o1", "o2"],
        places: &[
            ("base/d.yaml", 8, "docker.io/library/nginx:1.19"),
            ("o1/kustomization.yaml", 2, "docker.io/library/nginx:6"),
        ],
    },
    Row {
        why: "an overlay renames what the base has renamed",
        files: &[
            ("base/d.yaml", DEPLOYMENT),
            (
                "base/kustomization.yaml",
                "resources: [d.yaml]\nimages: [{name: nginx, newName: quay.io/x/n, newTag: \"1\"}]\n",
            ),
            (
                "o1/kustomization.yaml",
                "resources: [../base]\nimages: [{name: quay.io/x/n, newName: quay.io/y/n}]\n",
            ),
        ],
        overlays: &["o1"],
        places: &[("base/kustomization.yaml", 2, "quay.io/y/n:1")],
    },
    Row {
        why: "an inline patch adds an init container",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: a}\n    spec: {template: {spec: {initContainers: [{name: i, image: \"quay.io/x/init:3\"}]}}}\n",
            ),
        ],
        overlays: &[""],
        places: &[
            ("d.yaml", 8, "docker.io/library/nginx:1.19"),
            ("kustomization.yaml", 8, "quay.io/x/init:3"),
        ],
    },
    Row {
        why: "a patch deletes a container",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: a}\n    spec: {template: {spec: {containers: [{name: a, $patch: delete}, {name: b, image: \"quay.io/x/b:1\"}]}}}\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 8, "quay.io/x/b:1")],
    },
    Row {
        why: "a variable from a generated ConfigMap in a configured field",
        files: &[
            (
                "d.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: a, image: \"$(IMG)\"}\n",
            ),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nconfigMapGenerator:\n- name: p\n  env: params.env\nvars:\n- name: IMG\n  objref: {kind: ConfigMap, name: p, apiVersion: v1}\n  fieldref: {fieldpath: data.IMG}\nconfigurations: [params.yaml]\n",
            ),
            ("params.env", "IMG=quay.io/x/var:8\n"),
            (
                "params.yaml",
                "varReference:\n- path: spec/template/spec/containers/image\n  kind: Deployment\n",
            ),
        ],
        overlays: &[""],
        places: &[("params.env", 1, "quay.io/x/var:8")],
    },
    Row {
        why: "an entry with the default registry does not fit a short name",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nimages: [{name: docker.io/library/nginx, newTag: \"7\"}]\n",
            ),
        ],
        overlays: &[""],
        places: &[("d.yaml", 8, "docker.io/library/nginx:1.19")],
    },
    Row {
        why: "a tag and a digest",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nimages: [{name: nginx, newTag: \"1.21\", digest: \"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]\n",
            ),
        ],
        overlays: &[""],
        places: &[(
            "kustomization.yaml",
            2,
            "docker.io/library/nginx:1.21@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        )],
    },
    Row {
        why: "patches come before entries",
        files: &[
            ("d.yaml", DEPLOYMENT),
            MERGE_PATCH,
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches: [{path: p.yaml}]\nimages: [{name: quay.io/x/smp, newTag: \"5\"}]\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 3, "quay.io/x/smp:5")],
    },
    Row {
        why: "a transformer in a file",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\ntransformers: [t.yaml]\n",
            ),
            (
                "t.yaml",
                "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: t}\nimageTag: {name: nginx, newTag: \"8\"}\n",
            ),
        ],
        overlays: &[""],
        places: &[("t.yaml", 4, "docker.io/library/nginx:8")],
    },
    Row {
        why: "configured fields of images",
        files: &[
            THING,
            (
                "conf.yaml",
                "images:\n- path: spec/container/image\n  kind: Thing\n",
            ),
            (
                "kustomization.yaml",
                "resources: [c.yaml]\nconfigurations: [conf.yaml]\nimages:\n- name: quay.io/x/cr\n  newTag: \"9\"\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 5, "quay.io/x/cr:9")],
    },
    Row {
        why: "configured kinds of replicas",
        files: &[
            THING,
            (
                "conf.yaml",
                "images:\n- path: spec/container/image\n  kind: Thing\nreplicas:\n- path: spec/replicas\n  create: true\n  kind: Thing\n",
            ),
            (
                "kustomization.yaml",
                "resources: [c.yaml]\nconfigurations: [conf.yaml]\nimages:\n- name: quay.io/x/cr\n  newTag: \"9\"\nreplicas:\n- name: t\n  count: 3\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 5, "quay.io/x/cr:9")],
    },
    Row {
        why: "two entries of one name: the last one counts",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nimages: [{name: nginx, newTag: \"a1\"}, {name: nginx, newTag: \"b2\"}]\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 2, "docker.io/library/nginx:b2")],
    },
    Row {
        why: "a strategic patch of a base without the name, then an entry for what the patch says",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatchesStrategicMerge: [p.yaml]\nimages: [{name: x, newName: quay.io/x/x, newTag: v1}]\n",
            ),
            (
                "p.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: \"x:test\"}]}}}\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 3, "quay.io/x/x:v1")],
    },
    Row {
        why: "a new name over different tags",
        files: &[
            (
                "d.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: \"web:1\"}\n  - {name: b, image: \"web:2\"}\n  - {name: c, image: web}\n",
            ),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nimages: [{name: web, newName: quay.io/x/web}]\n",
            ),
        ],
        overlays: &[""],
        places: &[
            ("kustomization.yaml", 2, "quay.io/x/web:1"),
            ("kustomization.yaml", 2, "quay.io/x/web:2"),
            ("kustomization.yaml", 2, "quay.io/x/web:latest"),
        ],
    },
    Row {
        why: "a suffix of the tag, which kustomize adds twice: both of its filters see the container",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nimages: [{name: nginx, tagSuffix: -alpine}]\n",
            ),
        ],
        overlays: &[""],
        places: &[(
            "kustomization.yaml",
            2,
            "docker.io/library/nginx:1.19-alpine-alpine",
        )],
    },
    Row {
        why: "names are regular expressions",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nimages: [{name: ng.*, newTag: \"2\"}]\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 2, "docker.io/library/nginx:2")],
    },
    Row {
        why: "a patch of all deployments with a label, in a folder with a prefix and a namespace",
        files: &[
            (
                "base/d.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: {app: web}}\nspec: {template: {spec: {containers: [{name: a, image: \"web:1\"}]}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}\nspec: {template: {spec: {containers: [{name: a, image: \"db:1\"}]}}}\n",
            ),
            (
                "base/kustomization.yaml",
                "resources: [d.yaml]\nnamePrefix: x-\nnamespace: ns\n",
            ),
            (
                "over/kustomization.yaml",
                "resources: [../base]\npatches:\n- target: {labelSelector: app=web}\n  patch: '[{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"quay.io/x/web:2\"}]'\n- target: {kind: Deployment, name: x-b, namespace: ns}\n  patch: '[{\"op\": \"add\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"quay.io/x/db:2\"}]'\n",
            ),
        ],
        overlays: &["over"],
        places: &[
            ("over/kustomization.yaml", 4, "quay.io/x/web:2"),
            ("over/kustomization.yaml", 6, "quay.io/x/db:2"),
        ],
    },
    Row {
        why: "what a strategic patch adds comes first, so indexes move",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches:\n- path: p.yaml\n- target: {kind: Deployment}\n  patch: |-\n    - {op: replace, path: /spec/template/spec/containers/1/image, value: quay.io/x/second:1}\n",
            ),
            (
                "p.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: new, image: \"quay.io/x/first:1\"}]}}}\n",
            ),
        ],
        overlays: &[""],
        places: &[
            ("kustomization.yaml", 6, "quay.io/x/second:1"),
            ("p.yaml", 4, "quay.io/x/first:1"),
        ],
    },
    Row {
        why: "an operation replaces a key that is not there",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: replace\n      path: /spec/template/spec/initContainers\n      value: [{name: i, image: \"quay.io/x/i:1\"}]\n",
            ),
        ],
        overlays: &[""],
        places: &[
            ("d.yaml", 8, "docker.io/library/nginx:1.19"),
            ("kustomization.yaml", 7, "quay.io/x/i:1"),
        ],
    },
    Row {
        why: "a part of an image is replaced between delimiters",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nconfigMapGenerator:\n- name: v\n  literals: [TAG=1.27]\nreplacements:\n- source: {kind: ConfigMap, name: v, fieldPath: data.TAG}\n  targets:\n  - select: {kind: Deployment}\n    fieldPaths: [\"spec.template.spec.containers.[name=a].image\"]\n    options: {delimiter: \":\", index: 1}\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 4, "docker.io/library/nginx:1.27")],
    },
    Row {
        why: "lists of a custom resource are replaced as a whole",
        files: &[
            (
                "c.yaml",
                "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: t}\nspec: {containers: [{name: a, image: \"quay.io/x/a:1\"}, {name: b, image: \"quay.io/x/b:1\"}]}\n",
            ),
            (
                "kustomization.yaml",
                "resources: [c.yaml]\npatches:\n- patch: |-\n    apiVersion: x.io/v1\n    kind: Thing\n    metadata: {name: t}\n    spec: {containers: [{name: b, image: \"quay.io/x/b:2\"}]}\n",
            ),
        ],
        overlays: &[""],
        places: &[("kustomization.yaml", 7, "quay.io/x/b:2")],
    },
    Row {
        why: "objects kept for kustomize alone, and objects that a patch deletes",
        files: &[
            ("d.yaml", DEPLOYMENT),
            (
                "e.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: l, annotations: {config.kubernetes.io/local-config: \"true\"}}\nspec: {containers: [{name: a, image: \"local:1\"}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: gone}\nspec: {containers: [{name: a, image: \"gone:1\"}]}\n",
            ),
            (
                "kustomization.yaml",
                "resources: [d.yaml, e.yaml]\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: gone}\n    $patch: delete\n",
            ),
        ],
        overlays: &[""],
        places: &[("d.yaml", 8, "docker.io/library/nginx:1.19")],
    },
];

#[test]
fn images_are_those_that_kubectl_builds_at_the_lines_that_decide_them() {
    for row in ROWS.iter().chain(kinds::ROWS) {
        let repository = Repository::new(row.files);
        let mut built: Vec<String> = row
            .overlays
            .iter()
            .flat_map(|folder| repository.kubectl(folder).expect(row.why))
            .collect();
        built.sort();
        built.dedup();
        let mut expected: Vec<_> = row.places.iter().map(|place| place.2.to_owned()).collect();
        expected.sort();
        assert_eq!(built, expected, "kubectl: {}", row.why);
        let found = repository.linked();
        let mut places: Vec<(String, u32, String)> = row
            .places
            .iter()
            .map(|(path, line, image)| ((*path).to_owned(), *line, (*image).to_owned()))
            .collect();
        places.sort();
        assert_eq!(repository.asked(&found), places, "{}", row.why);
    }
}

#[test]
fn what_kubectl_refuses_is_reported_with_its_reason_and_nothing_is_guessed() {
    for (entry, line, why) in [
        (
            "{name: nginx, newTag: 1.20}",
            2,
            "cannot unmarshal number into Go struct field Image.images.newTag of type string",
        ),
        (
            "{name: nginx, newTag: 7}",
            2,
            "cannot unmarshal number into Go struct field Image.images.newTag of type string",
        ),
        (
            "{name: nginx, newTag: on}",
            2,
            "cannot unmarshal bool into Go struct field Image.images.newTag of type string",
        ),
        ("{name: nginx, tag: \"1\"}", 2, "unknown field \"tag\""),
    ] {
        let text = format!("resources: [d.yaml]\nimages: [{entry}]\n");
        let repository = Repository::new(&[("d.yaml", DEPLOYMENT), ("kustomization.yaml", &text)]);
        let refused = repository.kubectl("").expect_err(entry);
        assert!(refused.contains(why), "kubectl says: {refused}");
        let found = repository.linked();
        let problems = repository.problems(&found);
        assert_eq!(problems.len(), 1, "{entry}: {problems:?}");
        assert!(problems[0].contains(why), "{problems:?}");
        assert!(
            problems[0].starts_with(&format!("kustomization.yaml:{line} ")),
            "{problems:?}"
        );
        let tag = entry.contains("newTag");
        let asked = repository.asked(&found);
        assert!(
            asked
                .iter()
                .all(|(.., image)| image.ends_with("nginx:1.19")),
            "{asked:?}"
        );
        assert_eq!(asked.is_empty(), tag, "{entry}: {asked:?}");
    }
}

#[test]
fn entries_and_targets_that_fit_nothing_are_reported_with_what_they_could_have_meant() {
    let repository = Repository::new(&[
        ("base/d.yaml", DEPLOYMENT),
        (
            "base/kustomization.yaml",
            "resources: [d.yaml]\nimages: [{name: nginx, newName: quay.io/x/nginx}]\n",
        ),
        (
            "over/kustomization.yaml",
            "resources: [../base]\nimages:\n- name: nginx\n  newTag: \"2\"\npatches:\n- target: {kind: Deployment, name: aa}\n  patch: '[{\"op\": \"remove\", \"path\": \"/spec\"}]'\n",
        ),
    ]);
    let found = repository.linked();
    assert_eq!(
        repository.problems(&found),
        [
            "over/kustomization.yaml:3 no image nginx: quay.io/x/nginx",
            "over/kustomization.yaml:6 no target Deployment/aa: Deployment/a",
        ]
    );
    assert_eq!(
        repository.asked(&found),
        [(
            "base/kustomization.yaml".to_owned(),
            2,
            "quay.io/x/nginx:1.19".to_owned()
        )]
    );
}

#[test]
fn a_base_of_another_repository_leaves_open_what_it_has() {
    let repository = Repository::new(&[(
        "kustomization.yaml",
        "resources: [\"https://github.com/a/b//config?ref=v1\"]\nimages:\n- name: controller\n  newName: quay.io/a/b\n  newTag: v1\n",
    )]);
    let found = repository.linked();
    assert_eq!(repository.problems(&found), Vec::<String>::new());
    assert_eq!(
        repository.asked(&found),
        [(
            "kustomization.yaml".to_owned(),
            5,
            "quay.io/a/b:v1".to_owned()
        )]
    );
    assert_eq!(found.skips.len(), 1, "it is named");
}

#[test]
fn kustomizations_in_a_circle_and_copies_of_copies_end() {
    let doubling = "    - {op: copy, from: \"\", path: /x}\n".repeat(200);
    let patch = format!(
        "resources: [../b, d.yaml]\npatches:\n- target: {{kind: Pod}}\n  patch: |-\n{doubling}"
    );
    let repository = Repository::new(&[
        ("a/kustomization.yaml", &patch),
        (
            "a/d.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"web:1\"}]}\n",
        ),
        ("b/kustomization.yaml", "resources: [../a]\n"),
    ]);
    let found = repository.linked();
    assert!(!repository.problems(&found).is_empty());
}

#[test]
fn a_patch_that_begins_with_a_bracket_is_json() {
    let repository = Repository::new(&[
        ("d.yaml", DEPLOYMENT),
        (
            "kustomization.yaml",
            "resources: [d.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: '[{op: replace, path: /spec/template/spec/containers/0/image, value: x}]'\n",
        ),
    ]);
    let refused = repository.kubectl("").expect_err("it is no JSON");
    assert!(
        refused.contains("unable to parse SM or JSON patch"),
        "{refused}"
    );
    let found = repository.linked();
    assert!(repository.problems(&found)[0].contains("unable to parse SM or JSON patch"));
}
