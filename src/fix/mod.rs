//! Applies the safe edits of findings to files. Comes in: findings, and the text of each file. Goes out: new text, a
//! unified diff ([`mod@diff`]), or the files written in place ([`mod@file`]). It judges nothing and asks nobody.
//!
//! An edit is applied only where the bytes under it are what they were when the file was read; every other byte stays.
//! A file is replaced as a whole or not at all.

mod diff;
mod file;
mod proof;

use std::collections::BTreeMap;
use std::io;

pub use diff::diff;
pub use file::{AllowedRoots, Stamp, read, write};
pub use proof::prove;

use crate::rules::Finding;
use image_lint_model::finding::{Edit, Fix};
use image_lint_text::source::FileId;

/// Why a file was not mended.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// Two edits change the same bytes, or an edit lies outside of the text.
    #[error("the edits of this file overlap or lie outside of it")]
    Overlap,
    /// The file changed since it was read.
    #[error("the file changed since it was read")]
    Changed,
    /// The path is a symbolic link.
    #[error("it is a symbolic link; name the file that it leads to")]
    Link,
    /// The file is not below what was to be linted.
    #[error("it lies outside of what is linted")]
    Outside,
    /// Spans count bytes of UTF-8.
    #[error("it is saved as UTF-16; save it as UTF-8")]
    Utf16,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What is to be done to mend findings.
#[derive(Debug, Default)]
pub struct Plan {
    /// By file, sorted, each once; none overlaps another.
    pub edits: BTreeMap<FileId, Vec<Edit>>,
    /// By finding: whether these edits mend it.
    pub mends: Vec<bool>,
}

/// Which fixes are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those that are provably right.
    Safe,
    /// The others as well.
    All,
}

impl Wanted {
    pub fn of(unsafe_fixes: bool) -> Self {
        if unsafe_fixes {
            Wanted::All
        } else {
            Wanted::Safe
        }
    }

    pub fn takes(self, fix: &Fix) -> bool {
        fix.safe || self == Wanted::All
    }
}

/// The edits of all findings that are wanted. The same edit of two findings is one; a fix that would change what an
/// earlier one changes is left out as a whole, and safe ones go first.
pub fn plan(findings: &[Finding], wanted: Wanted) -> Plan {
    let mut all = Edits::default();
    let mut mends = vec![false; findings.len()];
    for safe in [true, false] {
        for (finding, mended) in findings.iter().zip(&mut mends) {
            if let Some(fix) = &finding.fix
                && fix.safe == safe
                && wanted.takes(fix)
                && !fix.edits.is_empty()
            {
                *mended = all.add(&fix.edits);
            }
        }
    }
    Plan {
        edits: all.files(),
        mends,
    }
}

/// Edits of many files that do not get in each other's way.
#[derive(Debug, Default)]
pub struct Edits {
    /// Of each file: where an edit starts, and the edit.
    files: BTreeMap<FileId, BTreeMap<u32, Edit>>,
}

impl Edits {
    /// Adds all of these or none: false when one changes what another one changes.
    pub fn add(&mut self, edits: &[Edit]) -> bool {
        if !edits
            .iter()
            .all(|e| self.files.get(&e.file).is_none_or(|all| fits(all, e)))
        {
            return false;
        }
        for edit in edits {
            self.files
                .entry(edit.file)
                .or_default()
                .insert(edit.span.start, edit.clone());
        }
        true
    }

    /// By file, sorted.
    pub fn files(&self) -> BTreeMap<FileId, Vec<Edit>> {
        self.files
            .iter()
            .map(|(file, edits)| (*file, edits.values().cloned().collect()))
            .collect()
    }
}

/// Whether an edit is one of these already, or touches none of them.
fn fits(all: &BTreeMap<u32, Edit>, edit: &Edit) -> bool {
    let (start, end) = (edit.span.start, edit.span.end);
    if let Some(same) = all.get(&start) {
        return same.span == edit.span && same.text == edit.text;
    }
    all.range(..start)
        .next_back()
        .is_none_or(|(_, before)| before.span.end <= start)
        && all
            .range(start..)
            .next()
            .is_none_or(|(next, _)| end <= *next)
}

/// The safe edits of all findings by file, as [`plan`] chooses them.
pub fn safe_edits(findings: &[Finding]) -> BTreeMap<FileId, Vec<Edit>> {
    plan(findings, Wanted::Safe).edits
}

/// The text with its edits made; they are sorted, as [`safe_edits`] gives them.
///
/// # Errors
/// [`FixError::Overlap`] when they cannot all be made; then none is.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, FixError> {
    let mut out =
        String::with_capacity(text.len() + edits.iter().map(|e| e.text.len()).sum::<usize>());
    let mut at = 0;
    let mut last_insertion = None;
    for edit in edits {
        let range = edit.span.range();
        // Two different texts at one place: which one is meant?
        if range.start < at || last_insertion == Some(range.start) {
            return Err(FixError::Overlap);
        }
        let between = text.get(at..range.start).ok_or(FixError::Overlap)?;
        text.get(range.clone()).ok_or(FixError::Overlap)?;
        out.push_str(between);
        out.push_str(&edit.text);
        at = range.end;
        last_insertion = Some(range.start);
    }
    out.push_str(text.get(at..).ok_or(FixError::Overlap)?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Strategy as _;

    use super::*;
    use crate::rules::{Case, Subject, rules};
    use image_lint_model::mention::{Repository, SourceKind};
    use image_lint_model::target::Target;
    use image_lint_scan::extract::Sink;
    use image_lint_scan::extract::shell::{ScriptContext, extract_script};
    use image_lint_scan::link::build_chain;
    use image_lint_text::source::{RepoPath, SourceFile};

    fn findings(script: &str) -> Vec<Finding> {
        let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"b.sh"), script.to_owned());
        let mut sink = Sink::new(&file);
        extract_script(
            &file.whole(),
            &ScriptContext::new(SourceKind::Shell, "", 0),
            &mut sink,
        );
        let builds = build_chain::followed(sink.finish().builds);
        let repository = Repository::default();
        let target = Target::default();
        let mut out = Vec::new();
        for build in &builds {
            let case = Case {
                subject: Subject::Build(build, &|_| None),
                target: &target,
                target_is_of_path: false,
                policy: None,
                repository: &repository,
            };
            rules().iter().for_each(|rule| rule.check(&case, &mut out));
        }
        out
    }

    fn fixed(script: &str) -> String {
        let edits = safe_edits(&findings(script));
        edits
            .get(&FileId(0))
            .map_or_else(|| script.to_owned(), |e| apply(script, e).expect(script))
    }

    #[test]
    fn safe_edits_make_a_script_that_lints_clean_and_are_made_once() {
        for (script, expected) in [
            (
                "buildah bud -t r.io/x .\n",
                "buildah bud --format=docker -t r.io/x .\n",
            ),
            (
                "buildah bud \\\r\n  -t r.io/x .\r\n",
                "buildah bud --format=docker \\\r\n  -t r.io/x .\r\n",
            ),
            (
                "buildah 'bud' -t x . && buildah push x r.io/x",
                "buildah 'bud' --format=docker -t x . && buildah push x r.io/x",
            ),
            (
                "podman build --format oci -t r.io/x .",
                "podman build --format docker -t r.io/x .",
            ),
            (
                "podman build --format='oci' -t r.io/x .",
                "podman build --format='docker' -t r.io/x .",
            ),
            (
                "buildah commit -foci c r.io/x",
                "buildah commit -fdocker c r.io/x",
            ),
            (
                "buildah push --format=oci x r.io/x",
                "buildah push --format=v2s2 x r.io/x",
            ),
            (
                "buildah bud -t a .\nbuildah manifest create L a\nbuildah manifest push --all L r.io/x",
                "buildah bud -t a .\nbuildah manifest create L a\nbuildah manifest push --format=v2s2 --all L r.io/x",
            ),
            (
                "skopeo copy --format docker docker://a/b docker://r.io/x",
                "skopeo copy --format v2s2 docker://a/b docker://r.io/x",
            ),
            (
                "skopeo copy oci:d:x docker://r.io/x",
                "skopeo copy --format=v2s2 oci:d:x docker://r.io/x",
            ),
            (
                "buildah commit -format docker c r.io/x",
                "buildah commit --format docker c r.io/x",
            ),
            (
                "buildah bud -t r.io/x . --format=docker --layers",
                "buildah bud -t r.io/x --format=docker --layers .",
            ),
            (
                "skopeo copy --preserve-digests --all oci:d:x docker://r.io/x",
                "skopeo copy --format=v2s2 --all oci:d:x docker://r.io/x",
            ),
            (
                "skopeo copy -f v2s2 --preserve-digests oci:d:x docker://r.io/x",
                "skopeo copy -f v2s2 oci:d:x docker://r.io/x",
            ),
            (
                "podman build -t x .\npodman push x r.io/x\npodman push x r.io/y",
                "podman build --format=docker -t x .\npodman push x r.io/x\npodman push x r.io/y",
            ),
        ] {
            let once = fixed(script);
            assert_eq!(once, expected, "{script}");
            assert_eq!(fixed(&once), once, "a second time changes nothing");
            assert!(
                findings(&once)
                    .iter()
                    .all(|f| f.rule != crate::rules::RuleId::OciBuild),
                "{once}: {:?}",
                findings(&once)
            );
        }
    }

    #[test]
    fn what_depends_is_not_edited() {
        for script in [
            "buildah bud $ARGS -t r.io/x .",
            "docker build -t r.io/x .",
            "skopeo copy docker://a/b docker://r.io/x",
            "C=bud; buildah $C -t r.io/x .",
        ] {
            assert_eq!(fixed(script), script);
        }
    }

    #[test]
    fn fixes_that_change_the_same_bytes_are_not_made_together() {
        let mut all = findings("buildah bud -t r.io/x .\n");
        let mut other = all[0].clone();
        other.fix.as_mut().unwrap().edits[0].text = " --format=v2s2".into();
        all.push(all[0].clone());
        all.push(other);
        let plan = plan(&all, Wanted::Safe);
        assert_eq!(plan.mends, [true, true, false]);
        assert_eq!(plan.edits[&FileId(0)].len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn a_fix_touches_its_spans_only_and_a_second_one_nothing(
            lines in proptest::collection::vec(line(), 1..12),
            end in proptest::sample::select(vec!["\n", "\r\n"]),
        ) {
            let script = lines.join(end);
            let edits = safe_edits(&findings(&script)).remove(&FileId(0)).unwrap_or_default();
            let once = apply(&script, &edits).unwrap();
            // Taking the edits back out of the result gives every other byte as it was.
            let (mut at, mut out) = (0, 0);
            for edit in &edits {
                let range = edit.span.range();
                let kept = range.start - at;
                proptest::prop_assert_eq!(&script[at..range.start], &once[out..out + kept]);
                at = range.end;
                out += kept + edit.text.len();
            }
            proptest::prop_assert_eq!(&script[at..], &once[out..]);
            proptest::prop_assert_eq!(fixed(&once), once);
        }
    }

    fn line() -> impl proptest::strategy::Strategy<Value = String> {
        proptest::sample::select(vec![
            "buildah bud -t a .",
            "buildah bud --format oci -t a . # ü",
            "buildah bud --format=docker -t a .",
            "\techo 'buildah bud -t a .'",
            "podman build -t b . && podman push b r.io/b",
            "buildah commit -foci c r.io/c",
            "buildah push a r.io/a",
            "buildah push --format=oci a r.io/a",
            "buildah manifest create L a",
            "buildah manifest push L docker://r.io/l",
            "skopeo copy --format docker docker://a/b docker://r.io/x",
            "skopeo copy oci:d:x docker://r.io/x",
            "buildah commit -format docker c r.io/x",
            "buildah bud -t x . --format=docker",
            "buildah commit c r.io/x --quiet --format docker",
            "skopeo copy --preserve-digests oci:d:x docker://r.io/x",
            "skopeo copy -f v2s2 oci:d:x docker://r.io/x --preserve-digests",
            "sh -c 'buildah bud -t r.io/n .",
            "buildah bud -t r.io/m .'",
            "if true; then",
            "fi",
            "X='",
            "",
        ])
        .prop_map(str::to_owned)
    }
}
