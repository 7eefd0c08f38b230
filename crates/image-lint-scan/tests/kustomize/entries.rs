//! What an entry of `images` makes of an image: the table of kustomize's own filter (kubernetes-sigs/kustomize
//! `api/filters/imagetag/{imagetag,legacy}_test.go`), retyped. Digests there are short; here they are real ones.

use crate::repository::Repository;

/// `SUM` and `NEW` stand for digests.
const SUM: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const NEW: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

/// Image, entry, what is deployed, why.
const ROWS: &[(&str, &str, &str, &str)] = &[
    (
        "nginx:1.7.9",
        "name: nginx, newTag: v2",
        "nginx:v2",
        "a new tag",
    ),
    (
        "nginx:latest",
        "name: nginx, newTag: v2",
        "nginx:v2",
        "in place of latest",
    ),
    (
        "nginx",
        "name: nginx, newTag: v2",
        "nginx:v2",
        "where there is none",
    ),
    (
        "nginx@SUM",
        "name: nginx, newTag: v2",
        "nginx:v2",
        "in place of a digest",
    ),
    (
        "foobar:1",
        "name: nginx, newTag: v2",
        "foobar:1",
        "another name",
    ),
    (
        "nginx:1.7.9",
        "name: nginx, newName: busybox",
        "busybox:1.7.9",
        "a new name",
    ),
    (
        "nginx",
        "name: nginx, newName: busybox",
        "busybox:latest",
        "a new name without a tag",
    ),
    (
        "nginx@SUM",
        "name: nginx, newName: busybox",
        "busybox@SUM",
        "the digest stays",
    ),
    (
        "nginx:1.7.9",
        "name: nginx, newName: busybox, newTag: v3",
        "busybox:v3",
        "both",
    ),
    (
        "nginx@SUM",
        "name: nginx, newName: busybox, newTag: v3",
        "busybox:v3",
        "both, and no digest",
    ),
    (
        "nginx:1.7.9",
        "name: nginx, digest: 'NEW'",
        "nginx@NEW",
        "a digest in place of a tag",
    ),
    (
        "nginx",
        "name: nginx, digest: 'NEW'",
        "nginx@NEW",
        "a digest alone",
    ),
    (
        "nginx@SUM",
        "name: nginx, digest: 'NEW'",
        "nginx@NEW",
        "another digest",
    ),
    (
        "nginx:1.7.9",
        "name: nginx, newName: busybox, digest: 'NEW'",
        "busybox@NEW",
        "name and digest",
    ),
    (
        "q.io/my-image:{GENERATED_TAG}",
        "name: q.io/my-image, newTag: fixed",
        "q.io/my-image:fixed",
        "a tag with braces",
    ),
    (
        "nginx:1.2.1@SUM",
        "name: nginx, newName: apache",
        "apache:1.2.1@SUM",
        "tag and digest stay",
    ),
    (
        "nginx:1.2.1@SUM",
        "name: nginx, newName: apache, newTag: 1.3.0",
        "apache:1.3.0",
        "a new tag ends the digest",
    ),
    (
        "nginx:1.2.1@SUM",
        "name: nginx, newName: apache, newTag: 1.3.0, digest: 'NEW'",
        "apache:1.3.0@NEW",
        "all of it",
    ),
    (
        "redis:6.2.6",
        "name: redis, tagSuffix: -alpine",
        "redis:6.2.6-alpine-alpine",
        "a suffix: the filter adds it once, `kubectl kustomize` twice, by its fields and by its lists",
    ),
    (
        "apache:1",
        "name: nginx, newName: x",
        "apache:1",
        "no change",
    ),
];

#[test]
fn entries_change_images_as_kustomizes_filter_does() {
    let fill = |text: &str| text.replace("SUM", SUM).replace("NEW", NEW);
    for kind in ["containers", "initContainers"] {
        for (image, entry, expected, why) in ROWS {
            let object = format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {{template: {{spec: {{{kind}: [{{name: a, image: \"{}\"}}]}}}}}}\n",
                fill(image)
            );
            let kustomization = format!("resources: [d.yaml]\nimages:\n- {{{}}}\n", fill(entry));
            let repository =
                Repository::new(&[("d.yaml", &object), ("kustomization.yaml", &kustomization)]);
            let asked = repository.asked(&repository.linked());
            let names: Vec<&str> = asked.iter().map(|(_, _, name)| name.as_str()).collect();
            let expected = fill(expected);
            let host = if expected.contains('/') {
                ""
            } else {
                "docker.io/library/"
            };
            assert_eq!(
                names,
                [format!("{host}{expected}")],
                "{why}: {image} with {entry}"
            );
        }
    }
    println!("kustomize's entries: {n} of {n} equal", n = 2 * ROWS.len());
}

/// A definition of a kind is a schema, and an image volume is reached.
#[test]
fn entries_reach_what_kustomizes_filter_reaches() {
    let kustomization =
        "resources: [d.yaml]\nimages:\n- {name: nginx, newName: apache, newTag: '1'}\n";
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nspec: {containers: [{image: nginx}]}\n";
    let repository = Repository::new(&[("d.yaml", crd), ("kustomization.yaml", kustomization)]);
    assert!(repository.asked(&repository.linked()).is_empty());
}
