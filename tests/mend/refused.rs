//! Edits that would change more than the format: none of them is made, and the script stays as it is.

use super::program::Tree;

#[test]
fn a_script_that_an_edit_would_break_stays_as_it_is() {
    let table = [
        (
            "b.sh",
            "A=(skopeo copy --format docker oci:d:x docker://r.io/x)\n\"${A[@]}\"\n",
            "elements of an array",
        ),
        (
            "b.sh",
            "X=\"buildah bud -t r.io/x .\"\n$X\n",
            "a command in a variable",
        ),
        (
            "b.sh",
            "sh -c 'buildah '\\''bud'\\'' -t r.io/x .'\n",
            "quotes within quotes",
        ),
        (
            "b.sh",
            "sh -c buildah\\ bud\\ -t\\ r.io/x\\ .\n",
            "blanks that are escaped",
        ),
        (
            "b.sh",
            "sh -c \"buildah bu\"d\" -t r.io/x .\"\n",
            "a word over the end of quotes",
        ),
        (
            "b.sh",
            "sh -c 'buildah bud -t r.io/x '\\''a b'\\'' --format=docker'\n",
            "late flags after quotes",
        ),
        (
            ".gitlab-ci.yml",
            "a:\n  variables:\n    V: &v buildah bud -t r.io/x .\n  script:\n    - *v\n    - echo \"$V\"\n",
            "an anchor whose text is a variable as well",
        ),
    ];
    for (path, text, why) in table {
        let tree = Tree::new(&[(path, text)]);
        let ran = tree.lint(&["--offline", "--fix", path]);
        assert_eq!(tree.read(path), text, "{why}: {ran:?}");
        assert_eq!(ran.code, 1, "{why}: the finding stays: {ran:?}");
    }
}

#[test]
fn edits_that_nobody_can_prove_are_made_where_they_are_asked_for() {
    let task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  params:\n    - name: F\n      default: oci\n  steps:\n    - \
                image: r.io/i\n      script: |\n        buildah bud --format=$(params.F) -t r.io/x .\n";
    let anchored = "a:\n  variables:\n    V: &v buildah bud -t r.io/x .\n  script:\n    - *v\n";
    for (path, text, before, after) in [
        ("t.yaml", task, "default: oci", "default: docker"),
        (
            ".gitlab-ci.yml",
            anchored,
            "buildah bud -t",
            "buildah bud --format=docker -t",
        ),
    ] {
        let tree = Tree::new(&[(path, text)]);
        tree.lint(&["--offline", "--fix", path]);
        assert_eq!(tree.read(path), text, "safe edits alone change nothing");
        let shown = tree.lint(&["--offline", "--diff", "--unsafe", path]);
        assert!(shown.out.contains(after), "{shown:?}");
        assert_eq!(tree.read(path), text, "a diff changes nothing");
        tree.lint(&["--offline", "--fix", "--unsafe", path]);
        assert_eq!(tree.read(path), text.replace(before, after));
    }
}
