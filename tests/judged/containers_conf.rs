//! Settings of containers.conf that change what is built.

use crate::extraction;
use image_lint::rules::{Case, Subject, rules};
use image_lint_model::mention::Repository;
use image_lint_model::target::Target;
use image_lint_scan::link::build_chain::followed;
use image_lint_text::source::{FileId, RepoPath, SourceFile};

#[test]
fn settings_of_the_format_are_told_for_what_they_are() {
    let table = [
        (
            "[engine]\nimage_default_format = \"v2s2\"\n",
            Some("no-effect"),
        ),
        (
            "[engine]\nimage_default_format=\"oci\" # why\n",
            Some("no-effect"),
        ),
        ("# image_default_format = \"v2s2\"\n", None),
        (
            "[engine]\ncompression_format = \"zstd:chunked\"\n",
            Some("oci-build"),
        ),
        ("[engine]\ncompression_format = \"gzip\"\n", None),
        ("[engine]\nevents_logger = \"file\"\n", None),
    ];
    let (target, repository) = (Target::default(), Repository::default());
    for (text, expected) in table {
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"etc/containers.conf"),
            text.to_owned(),
        );
        let extraction = extraction(&file);
        let mut found = Vec::new();
        for build in &followed(extraction.builds) {
            let case = Case {
                subject: Subject::Build(build, &|_| None),
                target: &target,
                target_is_of_path: false,
                policy: None,
                repository: &repository,
            };
            rules()
                .iter()
                .for_each(|rule| rule.check(&case, &mut found));
        }
        assert_eq!(found.first().map(|f| f.rule.as_str()), expected, "{text}");
        assert!(found.len() <= 1, "{text}");
    }
}
