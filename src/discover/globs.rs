//! Globs of `include` and `exclude`, and which of them were of use.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Most patterns of one list.
const MOST: usize = 1_000;

/// Bytes of one pattern.
const LONGEST: usize = 1_000;

/// A glob that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("glob `{glob}`: {why}")]
pub struct GlobError {
    pub glob: String,
    pub why: String,
}

/// A list of globs. Copies of it remember together what matched.
#[derive(Clone, Debug)]
pub struct Globs {
    set: GlobSet,
    patterns: Arc<[Pattern]>,
}

#[derive(Debug)]
struct Pattern {
    written: String,
    matched: AtomicBool,
}

impl Globs {
    /// A pattern without `/` matches names at any depth, as in a `.gitignore`; a folder stands for all below it.
    ///
    /// # Errors
    /// A pattern that is no glob, or more patterns than the limit (1,000 of 1,000 bytes).
    pub fn new(patterns: &[String]) -> Result<Self, GlobError> {
        if patterns.len() > MOST {
            return Err(fail(&patterns[MOST], "more than 1,000 patterns".into()));
        }
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            if pattern.len() > LONGEST {
                return Err(fail(pattern, "longer than 1,000 bytes".into()));
            }
            let anchored = anchored(pattern);
            for glob in [anchored.clone(), format!("{anchored}/**")] {
                let glob = GlobBuilder::new(&glob)
                    .literal_separator(true)
                    .build()
                    .map_err(|error| fail(pattern, error.kind().to_string()))?;
                set.add(glob);
            }
        }
        let set = set
            .build()
            .map_err(|error| fail(patterns.first().map_or("", |p| p), error.to_string()))?;
        let patterns = patterns.iter().map(|written| Pattern {
            written: written.clone(),
            matched: AtomicBool::new(false),
        });
        Ok(Globs {
            set,
            patterns: patterns.collect(),
        })
    }

    /// The same, where an empty list means that nothing is said.
    ///
    /// # Errors
    /// As [`Globs::new`].
    pub fn some(patterns: &[String]) -> Result<Option<Self>, GlobError> {
        (!patterns.is_empty())
            .then(|| Globs::new(patterns))
            .transpose()
    }

    pub fn is_match(&self, path: &Path) -> bool {
        if !self.set.is_match(path) {
            return false;
        }
        for glob in self.set.matches(path) {
            // Each pattern made two globs.
            self.patterns[glob / 2]
                .matched
                .store(true, Ordering::Relaxed);
        }
        true
    }

    /// The patterns that no path matched so far, as they are written.
    pub fn unmatched(&self) -> impl Iterator<Item = &str> {
        let unmatched = |pattern: &&Pattern| !pattern.matched.load(Ordering::Relaxed);
        (self.patterns.iter())
            .filter(unmatched)
            .map(|pattern| pattern.written.as_str())
    }
}

fn fail(glob: &str, why: String) -> GlobError {
    GlobError {
        glob: glob.chars().take(80).collect(),
        why,
    }
}

fn anchored(pattern: &str) -> String {
    let bare = pattern.strip_prefix("./").unwrap_or(pattern);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    match bare.strip_prefix('/') {
        Some(rest) => rest.to_owned(),
        None if bare.contains('/') => bare.to_owned(),
        None => format!("**/{bare}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_remembers_which_patterns_matched() {
        let written = ["vendor/", "*.tmp", "deep/**/x.yaml", "missing"].map(str::to_owned);
        let globs = Globs::new(&written).unwrap();
        let copy = globs.clone();
        let rows = [
            ("vendor/a.yaml", true, "below a folder"),
            ("a/b/c.tmp", true, "a name at any depth"),
            ("deep/a/b/x.yaml", true, "folders between"),
            ("other/a.yaml", false, "none of them"),
        ];
        for (path, expected, why) in rows {
            assert_eq!(copy.is_match(Path::new(path)), expected, "{why}");
        }
        assert_eq!(globs.unmatched().collect::<Vec<_>>(), ["missing"]);
    }
}
