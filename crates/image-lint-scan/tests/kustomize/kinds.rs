//! Rows beyond the first table, by kind.

use super::Row;
use super::repository::Repository;

pub const ROWS: &[Row] = &[Row {
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
}];

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
