//! Globs of paths and images, with limits: patterns may come from a stranger's repository.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Characters of one pattern.
pub const LONGEST: usize = 300;
/// Patterns of one list.
pub const MOST: usize = 1_000;

/// Why a list of patterns is refused; `pattern` is the one at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PatternError {
    pub pattern: String,
    pub why: String,
}

/// A set of globs. An empty list matches nothing; what that means is the caller's matter.
#[derive(Clone, Debug)]
pub struct Patterns {
    set: GlobSet,
    empty: bool,
}

impl Patterns {
    /// Paths relative to the root: `*` stays within a folder, `**` does not, a folder stands for all below it.
    pub fn paths(globs: &[String]) -> Result<Self, PatternError> {
        Self::build(globs, true, |glob| {
            let bare = glob.trim_start_matches("./").trim_end_matches('/');
            let bare = if bare.is_empty() || bare == "." {
                "**"
            } else {
                bare
            };
            vec![bare.to_owned(), format!("{bare}/**")]
        })
    }

    /// Images in their normal form: `*` stands for anything. A name without tag and digest stands for all of its tags and
    /// for all names below it, as a host and a project do in `policy`.
    pub fn images(globs: &[String]) -> Result<Self, PatternError> {
        Self::build(globs, false, |glob| {
            let name = glob
                .strip_suffix("/**")
                .unwrap_or(glob)
                .trim_end_matches('/');
            let last = name.rsplit('/').next().unwrap_or(name);
            let mut forms = vec![glob.to_owned(), format!("{name}/*")];
            if !last.contains([':', '@']) {
                forms.extend([format!("{name}:*"), format!("{name}@*")]);
            }
            forms
        })
    }

    fn build(
        globs: &[String],
        paths: bool,
        forms: impl Fn(&str) -> Vec<String>,
    ) -> Result<Self, PatternError> {
        if globs.len() > MOST {
            let why = format!(
                "{} patterns are more than the {MOST} that are allowed",
                globs.len()
            );
            return Err(PatternError {
                pattern: globs[MOST].clone(),
                why,
            });
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            if glob.is_empty() {
                return Err(PatternError {
                    pattern: String::new(),
                    why: "an empty pattern matches nothing".into(),
                });
            }
            if glob.chars().count() > LONGEST {
                let why = format!("a pattern of more than {LONGEST} characters");
                return Err(PatternError {
                    pattern: glob.clone(),
                    why,
                });
            }
            for form in forms(glob) {
                set.add(compile(&form, paths).map_err(|e| refused(glob, &e))?);
            }
        }
        let set = set
            .build()
            .map_err(|e| refused(globs.first().map_or("", String::as_str), &e))?;
        Ok(Patterns {
            set,
            empty: globs.is_empty(),
        })
    }

    pub fn is_empty(&self) -> bool {
        self.empty
    }

    pub fn matches(&self, text: &str) -> bool {
        self.set.is_match(text)
    }
}

fn compile(glob: &str, paths: bool) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob)
        .literal_separator(paths)
        .backslash_escape(true)
        .build()
}

fn refused(glob: &str, error: &globset::Error) -> PatternError {
    PatternError {
        pattern: glob.to_owned(),
        why: format!("not a glob: {}", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn path_patterns_know_folders() {
        let table = [
            ("vendor", "vendor/a/b.yaml", true),
            ("vendor/", "vendor/a.yaml", true),
            ("./vendor", "vendor/a.yaml", true),
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "b/a.yaml", false),
            ("**/*.yaml", "b/c/a.yaml", true),
            ("ci/**", "ci/x", true),
            ("ci/**", "cix/x", false),
            (".", "anything/at/all", true),
            ("{a,b}/x", "b/x", true),
        ];
        for (glob, path, expected) in table {
            assert_eq!(
                Patterns::paths(&strings(&[glob])).unwrap().matches(path),
                expected,
                "{glob} {path}"
            );
        }
    }

    #[test]
    fn image_patterns_cross_slashes() {
        let p = Patterns::images(&strings(&["docker.io/*", "quay.io/acme/web:*"])).unwrap();
        assert!(p.matches("docker.io/library/redis:7") && p.matches("quay.io/acme/web:1"));
        assert!(!p.matches("quay.io/acme/other:1"));
    }

    #[test]
    fn an_image_pattern_without_a_tag_stands_for_every_tag_and_for_all_below() {
        let rows = [
            ("quay.io/acme/web", "quay.io/acme/web:1", true),
            ("quay.io/acme/web", "quay.io/acme/web@sha256:aa", true),
            ("quay.io/acme/web", "quay.io/acme/web/tools:1", true),
            ("quay.io/acme/web", "quay.io/acme/website:1", false),
            ("quay.io/acme", "quay.io/acme/web:1", true),
            ("quay.io/acme/**", "quay.io/acme/web:1", true),
            ("quay.io/acme/web/**", "quay.io/acme/web:1", true),
            ("quay.io/acme/", "quay.io/acme/web:1", true),
            ("quay.io", "quay.io/acme/web:1", true),
            ("quay.io", "quay.io.evil/acme/web:1", false),
            ("localhost:5000", "localhost:5000/web:1", true),
            ("localhost:5000/web", "localhost:5000/web:1", true),
            ("quay.io/acme/web:1", "quay.io/acme/web:1", true),
            ("quay.io/acme/web:1", "quay.io/acme/web:10", false),
            ("quay.io/acme/{a,b}", "quay.io/acme/b:1", true),
        ];
        for (glob, image, expected) in rows {
            let patterns = Patterns::images(&strings(&[glob])).unwrap();
            assert_eq!(patterns.matches(image), expected, "{glob} {image}");
        }
    }

    #[test]
    fn patterns_without_bounds_are_refused() {
        assert!(
            Patterns::paths(&strings(&["[a"]))
                .unwrap_err()
                .why
                .starts_with("not a glob")
        );
        assert!(Patterns::paths(&strings(&["{a,b}".repeat(100).as_str()])).is_err());
        assert!(Patterns::images(&vec!["a".to_owned(); MOST + 1]).is_err());
        assert!(Patterns::paths(&strings(&[""])).is_err());
        assert!(Patterns::paths(&[]).unwrap().is_empty());
    }
}
