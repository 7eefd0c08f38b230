//! Rows beyond the first table, by kind.

use super::Row;
use super::repository::Repository;

/// As generators of schemas write them; the labels say which release they go with.
const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.x.io
  labels: {release: \"1.31\"}
spec:
  group: x.io
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
  - name: \"1.27\"
    schema: {openAPIV3Schema: {type: object, properties: {image: {type: string}}}}
";

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: \"nginx:1.19\"}]}\n";

pub const ROWS: &[Row] = &[
    Row {
        why: "a value out of the middle of a definition",
        files: &[
            ("crd.yaml", DEFINITION),
            ("d.yaml", POD),
            (
                "kustomization.yaml",
                "resources: [crd.yaml, d.yaml]\nreplacements:\n- source: {kind: CustomResourceDefinition, fieldPath: spec.versions.0.name}\n  targets:\n  - select: {kind: Pod}\n    fieldPaths: [spec.containers.0.image]\n    options: {delimiter: \":\", index: 1}\n",
            ),
        ],
        overlays: &[""],
        places: &[("crd.yaml", 11, "docker.io/library/nginx:1.27")],
    },
    Row {
        why: "a value out of a definition's head, and patches of what is below it",
        files: &[
            ("crd.yaml", DEFINITION),
            ("d.yaml", POD),
            (
                "kustomization.yaml",
                "resources: [crd.yaml, d.yaml]\npatches:\n- target: {kind: CustomResourceDefinition}\n  patch: '[{\"op\": \"replace\", \"path\": \"/spec/names/kind\", \"value\": \"Other\"}]'\n- patch: |-\n    apiVersion: apiextensions.k8s.io/v1\n    kind: CustomResourceDefinition\n    metadata: {name: things.x.io}\n    spec: {preserveUnknownFields: false}\nreplacements:\n- source: {kind: CustomResourceDefinition, fieldPath: metadata.labels.release}\n  targets:\n  - select: {kind: Pod}\n    fieldPaths: [spec.containers.0.image]\n    options: {delimiter: \":\", index: 1}\n",
            ),
        ],
        overlays: &[""],
        places: &[("crd.yaml", 5, "docker.io/library/nginx:1.31")],
    },
    Row {
        why: "a new name without a tag, for an image without one",
        files: &[
            (
                "d.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: oc}]}\n",
            ),
            (
                "kustomization.yaml",
                "resources: [d.yaml]\nimages:\n- name: oc\n  newName: quay.io/openshift/origin-cli\n",
            ),
        ],
        overlays: &[""],
        places: &[(
            "kustomization.yaml",
            4,
            "quay.io/openshift/origin-cli:latest",
        )],
    },
];

#[test]
fn what_a_patch_wants_of_a_definition_has_to_be_in_it() {
    for (path, refused) in [
        ("/spec/versions/0/name", false),
        ("/spec/versions/3/name", true),
    ] {
        let patch = format!(
            "resources: [crd.yaml, d.yaml]\npatches:\n- target: {{kind: CustomResourceDefinition}}\n  patch: '[{{\"op\": \"remove\", \"path\": \"{path}\"}}]'\n"
        );
        let repository = Repository::new(&[
            ("crd.yaml", DEFINITION),
            ("d.yaml", POD),
            ("kustomization.yaml", &patch),
        ]);
        assert_eq!(repository.kubectl("").is_err(), refused, "kubectl: {path}");
        let problems = repository.problems(&repository.linked());
        assert_eq!(problems.len(), usize::from(refused), "{path}: {problems:?}");
    }
}

/// Each of 2,000 entries is for one of 2,000 objects: to look at every object for every entry would be four million looks,
/// and the meter would end it.
#[test]
fn thousands_of_entries_reach_thousands_of_objects() {
    const MANY: usize = 2000;
    let mut objects = String::new();
    let mut kustomization = "resources: [all.yaml]\nimages:\n".to_owned();
    for n in 0..MANY {
        objects.push_str(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\nspec: {{containers: [{{name: a, image: 'q.io/a/app{n}:1'}}]}}\n---\n"
        ));
        kustomization.push_str(&format!("- {{name: q.io/a/app{n}, newTag: '2'}}\n"));
    }
    let repository = Repository::new(&[
        ("all.yaml", &objects),
        ("kustomization.yaml", &kustomization),
    ]);
    let found = repository.linked();
    assert_eq!(repository.problems(&found), Vec::<String>::new());
    let asked = repository.asked(&found);
    assert_eq!(asked.len(), MANY);
    assert!(asked.iter().all(|(.., image)| image.ends_with(":2")));
}
