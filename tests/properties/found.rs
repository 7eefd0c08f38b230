//! Inputs for which fuzzing found that a promise was broken, cut down and in words of our own.

use crate::invariants;

/// File, text, images with the line and column of each, and what was wrong.
type Found = (
    &'static str,
    &'static str,
    &'static [(&'static str, u32, u32)],
    &'static str,
);

#[test]
fn what_fuzzing_found_stays_mended() {
    let table: [Found; 4] = [
        (
            "job.yaml",
            "apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        \
             command: [sh, -_c]\n        args:\n        - |\n          skopeo copy docker://a.example/x:1 \\\n            \
             docker://b.example/y:1\n",
            &[("a.example/x:1", 11, 32), ("b.example/y:1", 12, 22)],
            "the second line of a script that is a word of a list lost its indentation",
        ),
        (
            "job.json",
            "{\"apiVersion\": \"batch/v1\", \"kind\": \"Job\", \"spec\": {\"template\": {\"spec\": {\"containers\": [\n\
             {\"image\": \"q.example/z:1\", \"command\": [\"env\", \"sh\", \"-ec\",\n \"true\\n\\u0020\\u0020podman pull a.example/x:1 && podman pull b.example/y:1\"]}\n]}}}}\n",
            &[
                ("q.example/z:1", 2, 12),
                ("a.example/x:1", 3, 33),
                ("b.example/y:1", 3, 62),
            ],
            "escapes before the place",
        ),
        (
            "Jenkinsfile",
            "node {\n  sh \"\"\"\n  cat > Dockerfile <<END\nFROM a.example/x:1\nRUN one \\\\\n  two\n\
             FROM b.example/y:1\nEND\n  buildah bud .\n\"\"\"\n}\n",
            &[("a.example/x:1", 4, 6), ("b.example/y:1", 7, 6)],
            "a backslash that Groovy and the here-document each undo",
        ),
        (
            "build.sh",
            "for i in a b; do podman pull {{ x }}/$i c; done\n",
            &[("{{ x }}/a", 1, 30), ("c", 1, 41), ("{{ x }}/b", 1, 30)],
            "open turns of a loop are joined, which was taken for a loss",
        ),
    ];
    for (path, text, expected, why) in table {
        let extraction = invariants::check(path, text);
        let found: Vec<(String, u32, u32)> = extraction
            .mentions
            .iter()
            .map(|m| (m.value.written(), m.place.start.line, m.place.start.column))
            .collect();
        let expected: Vec<(String, u32, u32)> = expected
            .iter()
            .map(|(image, line, column)| ((*image).to_owned(), *line, *column))
            .collect();
        assert_eq!(found, expected, "{why}");
    }
}
