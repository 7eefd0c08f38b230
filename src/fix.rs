//! Applies the safe edits of findings to files. Comes in: findings, and the text of each file. Goes out: new text, a
//! diff, or the files written in place.
//!
//! An edit is applied only where the bytes under it are what they were when the file was read; every other byte stays.
//! A file is replaced as a whole or not at all.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use crate::model::finding::{Edit, Finding};
use crate::model::source::FileId;

/// Why a file was not mended.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// Two edits change the same bytes, or an edit lies outside of the text.
    #[error("the edits of this file overlap or lie outside of it")]
    Overlap,
    /// The file changed since it was read.
    #[error("the file changed since it was read")]
    Changed,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The safe edits of all findings by file, each once, in order. The same edit of two findings is one.
pub fn safe_edits(findings: &[Finding]) -> BTreeMap<FileId, Vec<Edit>> {
    let mut files: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for fix in findings.iter().filter_map(|f| f.fix.as_ref()).filter(|fix| fix.safe) {
        for edit in &fix.edits {
            files.entry(edit.file).or_default().push(edit.clone());
        }
    }
    for edits in files.values_mut() {
        edits.sort_by(|a, b| a.span.cmp(&b.span).then_with(|| a.text.cmp(&b.text)));
        edits.dedup_by(|a, b| a.span == b.span && a.text == b.text);
    }
    files
}

/// The text with its edits made; they are sorted, as [`safe_edits`] gives them.
///
/// # Errors
/// [`FixError::Overlap`] when they cannot all be made; then none is.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, FixError> {
    let mut out = String::with_capacity(text.len() + edits.iter().map(|e| e.text.len()).sum::<usize>());
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

/// A unified diff of one file, three lines around each change; `path` is shown and must have passed the report's gate.
pub fn diff(path: &str, before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

/// Replaces a file by its mended text: written beside it, then renamed over it, with the same permissions.
///
/// # Errors
/// [`FixError::Changed`] when the file no longer holds `before`; I/O errors. The original is kept on every error.
pub fn write(path: &Path, before: &str, after: &str) -> Result<(), FixError> {
    // A link is followed once, so that the file it names is replaced and the link stays.
    let path = path.canonicalize()?;
    if std::fs::read(&path)? != before.as_bytes() {
        return Err(FixError::Changed);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new().prefix(".image-lint-").tempfile_in(folder)?;
    new.write_all(after.as_bytes())?;
    new.as_file().sync_all()?;
    new.as_file().set_permissions(std::fs::metadata(&path)?.permissions())?;
    new.persist(&path).map_err(|e| FixError::Io(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Sink;
    use crate::extract::shell::{ScriptContext, extract_script};
    use crate::link::build_chain;
    use crate::model::mention::{Repository, SourceKind};
    use crate::model::source::{RepoPath, SourceFile};
    use crate::model::target::Target;
    use crate::rules::{Case, Subject, rules};

    fn findings(script: &str) -> Vec<Finding> {
        let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"b.sh"), script.to_owned());
        let mut sink = Sink::new(&file);
        extract_script(&file.whole(), &ScriptContext::new(SourceKind::Shell, "", 0), &mut sink);
        let mut builds = sink.finish().builds;
        build_chain::follow(&mut builds);
        let repository = Repository::default();
        let target = Target::default();
        let mut out = Vec::new();
        for build in &builds {
            let case = Case { subject: Subject::Build(build), target: &target, repository: &repository };
            rules().iter().for_each(|rule| rule.check(&case, &mut out));
        }
        out
    }

    fn fixed(script: &str) -> String {
        let edits = safe_edits(&findings(script));
        edits.get(&FileId(0)).map_or_else(|| script.to_owned(), |e| apply(script, e).expect(script))
    }

    #[test]
    fn safe_edits_make_a_script_that_lints_clean_and_are_made_once() {
        for (script, expected) in [
            ("buildah bud -t r.io/x .\n", "buildah bud --format=docker -t r.io/x .\n"),
            ("buildah bud \\\r\n  -t r.io/x .\r\n", "buildah bud --format=docker \\\r\n  -t r.io/x .\r\n"),
            (
                "buildah 'bud' -t x . && buildah push x r.io/x",
                "buildah 'bud' --format=docker -t x . && buildah push x r.io/x",
            ),
            ("podman build --format oci -t r.io/x .", "podman build --format docker -t r.io/x ."),
            ("podman build --format='oci' -t r.io/x .", "podman build --format='docker' -t r.io/x ."),
            ("buildah commit -foci c r.io/x", "buildah commit -fdocker c r.io/x"),
            ("buildah push --format=oci x r.io/x", "buildah push --format=v2s2 x r.io/x"),
            (
                "buildah bud -t a .\nbuildah manifest create L a\nbuildah manifest push --all L r.io/x",
                "buildah bud -t a .\nbuildah manifest create L a\nbuildah manifest push --format=v2s2 --all L r.io/x",
            ),
            (
                "skopeo copy --format docker docker://a/b docker://r.io/x",
                "skopeo copy --format v2s2 docker://a/b docker://r.io/x",
            ),
            ("skopeo copy oci:d:x docker://r.io/x", "skopeo copy --format=v2s2 oci:d:x docker://r.io/x"),
            ("buildah commit -format docker c r.io/x", "buildah commit --format docker c r.io/x"),
            (
                "podman build -t x .\npodman push x r.io/x\npodman push x r.io/y",
                "podman build --format=docker -t x .\npodman push x r.io/x\npodman push x r.io/y",
            ),
        ] {
            let once = fixed(script);
            assert_eq!(once, expected, "{script}");
            assert_eq!(fixed(&once), once, "a second time changes nothing");
            assert!(findings(&once).iter().all(|f| f.rule != "oci-build"), "{once}: {:?}", findings(&once));
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
    fn a_file_that_changed_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.sh");
        std::fs::write(&path, "new").unwrap();
        assert!(matches!(write(&path, "old", "older"), Err(FixError::Changed)));
        write(&path, "new", "newer").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "newer");
        assert!(diff("x.sh", "a\n", "b\n").contains("-a\n+b\n"));
    }
}
