//! Which files are shell scripts: by extension, by shebang, by name.

use crate::extract::shell::{ScriptContext, extract_script, may_name_an_image};
use crate::extract::{Candidate, Extractor, Sink};
use image_lint_model::mention::SourceKind;
use image_lint_text::source::SourceFile;

/// Shell scripts.
#[derive(Debug)]
pub struct ShellFile;

impl Extractor for ShellFile {
    fn name(&self) -> &'static str {
        "shell"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name().to_ascii_lowercase();
        if [".sh", ".bash", ".ksh", ".zsh", ".env"]
            .iter()
            .any(|ext| name.ends_with(ext))
        {
            return true;
        }
        if name.ends_with(".bats") || name.ends_with(".md") {
            return false;
        }
        if shebang(file.head) {
            return true;
        }
        // Docker Hub's build hooks need no shebang.
        let folder = file.path.folder();
        matches!(
            &*name,
            "build" | "push" | "pre_build" | "post_build" | "pre_push" | "post_push"
        ) && folder.rsplit('/').next() == Some("hooks")
    }

    fn worth_reading(&self, text: &str) -> bool {
        may_name_an_image(text)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let context = ScriptContext::new(SourceKind::Shell, "", 0);
        extract_script(&file.whole(), &context, out);
    }
}

/// `#!/bin/sh`, `#!/usr/bin/env bash`, `#!/usr/bin/env -S VAR=x bash -e`, `#!/usr/bin/buildah unshare bash`.
pub fn shebang(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"#!") else {
        return false;
    };
    let line = rest.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    for word in line.split_ascii_whitespace() {
        let base = word.rsplit('/').next().unwrap_or(word);
        match base {
            "env" | "busybox" | "unshare" | "buildah" | "podman" => continue,
            _ if base.starts_with('-') || base.contains('=') => continue,
            _ => return crate::extract::shell::wrappers::is_shell(base),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shebangs_name_a_shell() {
        for (head, expected) in [
            ("#!/bin/sh\n", true),
            ("#! /bin/bash -ex\n", true),
            ("#!/usr/bin/env bash", true),
            ("#!/usr/bin/env -S FOO=1 bash -e", true),
            ("#!/usr/bin/env -S buildah unshare bash", true),
            ("#!/bin/busybox sh", true),
            ("#!/usr/bin/env python3", false),
            ("#!/usr/bin/make -f", false),
            ("echo", false),
        ] {
            assert_eq!(shebang(head.as_bytes()), expected, "{head}");
        }
    }
}
