//! Keeps findings silent: inline comments first, then the configuration's `ignore`, then the baseline. What is silenced
//! is counted, and an ignore that silences nothing is reported, so that none outlives its reason.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::baseline::Baseline;
use super::load::nearest;
use super::pattern::{PatternError, Patterns};
use super::settings::Valued;
use super::{Ignore, Origin, Settings};
use crate::report::{Suppressed, Unchecked};
use crate::rules::{Finding, unchecked::UNCHECKED};
use image_lint_model::finding::{Level, Note};
use image_lint_model::mention::InlineIgnore;
use image_lint_text::source::{FileId, Place, RepoPath};

/// Everything that can silence a finding of one run.
pub struct Suppressor<'a> {
    files: &'a [RepoPath],
    inline: Vec<Inline<'a>>,
    groups: Vec<Group>,
    config: Vec<Compiled<'a>>,
    /// None: one configuration holds for all files.
    settings: Option<&'a Settings>,
    baseline: Baseline,
    /// The repository's file names the baseline.
    baseline_is_the_trees: bool,
    counts: Suppressed,
    /// Findings that were silenced.
    pub silenced: Vec<Finding>,
}

struct Inline<'a> {
    ignore: &'a InlineIgnore,
    used: bool,
}

/// Comments that cover one place: a stack, or a single one.
struct Group {
    file: FileId,
    /// Lines of the first and of the last comment.
    start: u32,
    last_start: u32,
    /// The last line they cover.
    end: u32,
    /// They stand alone, so another one below joins them.
    stacks: bool,
    members: Range<usize>,
    /// By rule: whether one of them silences it. A thousand findings in one line ask a thousand comments once.
    known: BTreeMap<&'static str, bool>,
}

struct Compiled<'a> {
    ignore: &'a Ignore,
    from: &'a Origin,
    paths: Patterns,
    images: Patterns,
    /// Which of [`Settings::below`] it stands in; None: in the settings themselves.
    owner: Option<usize>,
    used: bool,
}

fn compiled(set: &Valued<Ignore>, owner: Option<usize>) -> Result<Compiled<'_>, PatternError> {
    Ok(Compiled {
        ignore: &set.value,
        from: &set.from,
        paths: Patterns::paths(&set.value.paths)?,
        images: Patterns::images(&set.value.images)?,
        owner,
        used: false,
    })
}

/// For what of a run every rule ran, with the network.
pub struct Judged<'a> {
    /// For all that the configuration is about.
    pub everything: bool,
    /// For all that a file names.
    pub file: &'a dyn Fn(FileId) -> bool,
}

impl<'a> Suppressor<'a> {
    /// # Errors
    /// A pattern that is none; the files' loaders have refused those already.
    pub fn new(
        files: &'a [RepoPath],
        inline: &'a [InlineIgnore],
        config: &'a [Valued<Ignore>],
        baseline: Option<Baseline>,
    ) -> Result<Self, PatternError> {
        let (inline, groups) = cover(inline);
        Ok(Suppressor {
            files,
            inline,
            groups,
            config: config
                .iter()
                .map(|set| compiled(set, None))
                .collect::<Result<_, _>>()?,
            settings: None,
            baseline: baseline.unwrap_or_default(),
            baseline_is_the_trees: false,
            counts: Suppressed::default(),
            silenced: Vec::new(),
        })
    }

    /// Besides, what folders with a configuration of their own ignore. `given`: only what flags ignore.
    ///
    /// # Errors
    /// As [`Suppressor::new`].
    pub fn in_folders(mut self, settings: &'a Settings, given: bool) -> Result<Self, PatternError> {
        self.settings = Some(settings);
        for (owner, below) in settings.below.iter().enumerate() {
            for set in &below.ignore {
                if !given || matches!(set.from, Origin::Flag(_)) {
                    self.config.push(compiled(set, Some(owner))?);
                }
            }
        }
        Ok(self)
    }

    /// The baseline is one that the repository's file names: nothing firm is silenced by it.
    pub fn baseline_of_the_tree(mut self, it_is: bool) -> Self {
        self.baseline_is_the_trees = it_is;
        self
    }

    /// Which settings hold for a path, and how their patterns see it.
    fn owner<'p>(&self, shown: &'p str) -> (Option<usize>, Cow<'p, str>) {
        let Some(settings) = self.settings else {
            return (None, Cow::Borrowed(shown));
        };
        let owner = settings.owner(shown);
        let anchor = match owner {
            Some(below) => &settings.below[below].anchor,
            None => &settings.anchor,
        };
        (owner, anchor.path(shown).unwrap_or(Cow::Borrowed(shown)))
    }

    /// The findings that stay.
    pub fn findings(&mut self, findings: Vec<Finding>) -> Vec<Finding> {
        // Collected into the same memory: there may be a hundred thousand of them.
        findings
            .into_iter()
            .filter_map(|finding| {
                let reference = finding.reference.as_ref().map_or("", |r| r.raw());
                let beside = |own: &mut Self| {
                    own.inline(finding.rule.as_str(), finding.place) || own.inline_beside(&finding)
                };
                if !finding.firm && beside(self) {
                    self.counts.inline += 1;
                } else if !finding.firm
                    && self.config(finding.rule.as_str(), finding.place.file, reference)
                {
                    self.counts.config += 1;
                } else if !(finding.firm && self.baseline_is_the_trees)
                    && self.baseline.take(&finding, self.files)
                {
                    self.counts.baseline += 1;
                } else {
                    return Some(finding);
                }
                self.silenced.push(finding);
                None
            })
            .collect()
    }

    /// The same for references that could not be checked.
    pub fn unchecked(&mut self, unchecked: Vec<Unchecked>) -> Vec<Unchecked> {
        let mut kept = Vec::with_capacity(unchecked.len());
        for u in unchecked {
            if self.inline(UNCHECKED, u.place) {
                self.counts.inline += 1;
            } else if self.config(UNCHECKED, u.place.file, u.reference.raw()) {
                self.counts.config += 1;
            } else if self.baseline.take_unchecked(&u, self.files) {
                self.counts.baseline += 1;
            } else {
                kept.push(u);
            }
        }
        kept
    }

    pub fn counts(&self) -> Suppressed {
        self.counts.clone()
    }

    /// Notes about ignores that silence nothing. What was not judged may need them: of that only unknown rules are told.
    pub fn unused(&self, judged: &Judged<'_>, rules: &[&str]) -> Vec<Note> {
        let mut notes = Vec::new();
        for inline in &self.inline {
            if let Some(word) = &inline.ignore.instead {
                notes.push(not_understood(inline.ignore, word));
                continue;
            }
            let unknown: Vec<&str> = inline
                .ignore
                .rules
                .iter()
                .map(|r| &**r)
                .filter(|r| !rules.contains(r))
                .collect();
            let message = match unknown.first() {
                Some(name) => {
                    let near = nearest(name, rules)
                        .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
                    format!("this comment ignores `{name}`, and there is no such rule{near}")
                }
                None if !inline.used && (judged.file)(inline.ignore.place.file) => {
                    "this comment ignores nothing: remove it".to_owned()
                }
                None => continue,
            };
            notes.push(Note {
                level: Level::Warning,
                file: Some(inline.ignore.place.file),
                place: Some(inline.ignore.place),
                message: message.into(),
            });
        }
        if !judged.everything {
            return notes;
        }
        // A flag and the user's own file hold for many folders.
        let written = |c: &&Compiled<'_>| matches!(c.from, Origin::Repository(_));
        for compiled in self.config.iter().filter(|c| !c.used).filter(written) {
            let i = compiled.ignore;
            let what: Vec<&str> = i
                .rules
                .iter()
                .chain(&i.paths)
                .chain(&i.images)
                .map(String::as_str)
                .collect();
            let message = format!(
                "{}: the `ignore` of {} ignores nothing: remove it, or correct it",
                compiled.from,
                what.join(", ")
            );
            notes.push(Note {
                level: Level::Warning,
                file: None,
                place: None,
                message: message.into(),
            });
        }
        let left = self.baseline.findings_left();
        if left > 0 {
            let message = format!(
                "{left} of the baseline's findings are fixed: write it again with --write-baseline"
            );
            notes.push(Note {
                level: Level::Note,
                file: None,
                place: None,
                message: message.into(),
            });
        }
        notes
    }

    /// A comment at any other place of the finding: the build whose image a push takes to the registry.
    fn inline_beside(&mut self, finding: &Finding) -> bool {
        let places = finding.related.iter().map(|related| related.place);
        places.fold(false, |silent, place| {
            silent | self.inline(finding.rule.as_str(), place)
        })
    }

    fn inline(&mut self, rule: &'static str, place: Place) -> bool {
        // Sorted by file and first line, and each ends before the next but one begins.
        let behind = self
            .groups
            .partition_point(|g| (g.file, g.start) <= (place.file, place.end.line));
        let mut silent = false;
        for group in self.groups[..behind].iter_mut().rev() {
            if group.file != place.file || group.end < place.start.line {
                break;
            }
            let whole = group.last_start <= place.end.line;
            if let (true, Some(known)) = (whole, group.known.get(rule)) {
                silent |= known;
                continue;
            }
            let mut hit = false;
            for inline in &mut self.inline[group.members.clone()] {
                let rules = &inline.ignore.rules;
                let names = inline.ignore.instead.is_none()
                    && (rules.is_empty() || rules.iter().any(|r| &**r == rule));
                if names && inline.ignore.place.start.line <= place.end.line {
                    inline.used = true;
                    hit = true;
                }
            }
            if whole {
                group.known.insert(rule, hit);
            }
            silent |= hit;
        }
        silent
    }

    fn config(&mut self, rule: &str, file: FileId, reference: &str) -> bool {
        let path = self.files[file.0 as usize].to_text();
        let (owner, path) = self.owner(&path);
        let hit = self.config.iter_mut().find(|c| {
            c.owner == owner
                && (c.ignore.rules.is_empty() || c.ignore.rules.iter().any(|r| r == rule))
                && (c.paths.is_empty() || c.paths.matches(&path))
                && (c.images.is_empty() || c.images.matches(reference))
        });
        match hit {
            Some(compiled) => {
                compiled.used = true;
                true
            }
            None => false,
        }
    }
}

fn not_understood(comment: &InlineIgnore, word: &str) -> Note {
    let message = format!(
        "this comment ignores nothing: `{word}` is not `ignore`; write `# image-lint: ignore[RULE] reason`"
    );
    Note {
        level: Level::Warning,
        file: Some(comment.place.file),
        place: Some(comment.place),
        message: message.into(),
    }
}

/// Comments by file and line, in groups that cover the same place: those that stand alone may be stacked, and then all
/// cover the line below the last.
fn cover(inline: &[InlineIgnore]) -> (Vec<Inline<'_>>, Vec<Group>) {
    let mut all: Vec<Inline<'_>> = inline
        .iter()
        .map(|ignore| Inline {
            ignore,
            used: false,
        })
        .collect();
    all.sort_by_key(|i| {
        (
            i.ignore.place.file,
            i.ignore.place.start.line,
            i.ignore.covers_next,
        )
    });
    let mut groups: Vec<Group> = Vec::new();
    for (number, Inline { ignore, .. }) in all.iter().enumerate() {
        let (file, line) = (ignore.place.file, ignore.place.start.line);
        let below = u32::from(ignore.covers_next);
        let end = ignore.place.end.line.max(line) + below;
        match groups.last_mut() {
            Some(group)
                if group.file == file
                    && ignore.covers_next
                    && group.stacks
                    && group.last_start + 1 >= line =>
            {
                group.last_start = line;
                group.end = end;
                group.members.end = number + 1;
            }
            _ => groups.push(Group {
                file,
                start: line,
                last_start: line,
                end,
                stacks: ignore.covers_next,
                members: number..number + 1,
                known: BTreeMap::new(),
            }),
        }
    }
    (all, groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Report, sample};
    use image_lint_text::source::Position;

    const RULES: [&str; 6] = [
        "unsupported-format",
        "tag-not-found",
        "oci-build",
        "no-pull-secret",
        "unresolved",
        "unchecked",
    ];

    fn comment(file: u32, line: u32, rules: &[&str], covers_next: bool) -> InlineIgnore {
        let at = Position {
            line,
            column: 1,
            column_utf16: 1,
        };
        InlineIgnore {
            place: Place {
                file: FileId(file),
                start: at,
                end: at,
                span: Default::default(),
            },
            rules: rules.iter().map(|r| (*r).into()).collect(),
            reason: "".into(),
            covers_next,
            instead: None,
        }
    }

    fn config(ignore: Ignore) -> Vec<Valued<Ignore>> {
        vec![Valued {
            value: ignore,
            from: Origin::Repository(".image-lint.yaml".into()),
        }]
    }

    fn judged(everything: bool) -> Judged<'static> {
        Judged {
            everything,
            file: match everything {
                true => &|_| true,
                false => &|_| false,
            },
        }
    }

    fn kept(
        report: &Report,
        inline: &[InlineIgnore],
        config: &[Valued<Ignore>],
    ) -> (Vec<String>, usize, Vec<String>) {
        let mut s = Suppressor::new(&report.files, inline, config, None).unwrap();
        let kept = s.findings(report.findings.clone());
        let notes = s
            .unused(&judged(true), &RULES)
            .iter()
            .map(|n| n.message.raw().to_owned())
            .collect();
        let counts = s.counts();
        assert_eq!(
            counts.inline + counts.config + kept.len(),
            report.findings.len()
        );
        (
            kept.iter()
                .map(|f| format!("{}:{}", f.rule, f.place.start.line))
                .collect(),
            s.silenced.len(),
            notes,
        )
    }

    #[test]
    fn comments_cover_their_line_and_the_next() {
        let report = sample::realistic();
        // The template has findings on lines 1, 9 and 11.
        let table: [(InlineIgnore, &[&str], &str); 6] = [
            (
                comment(0, 9, &[], false),
                &["unsupported-format:9"],
                "on the line, any rule",
            ),
            (
                comment(0, 8, &["unsupported-format"], true),
                &["unsupported-format:9"],
                "above, by name",
            ),
            (
                comment(0, 8, &["unsupported-format"], false),
                &[],
                "behind other code above",
            ),
            (
                comment(0, 9, &["tag-not-found"], false),
                &[],
                "another rule",
            ),
            (comment(0, 10, &[], true), &["tag-not-found:11"], "above"),
            (comment(1, 9, &[], true), &[], "another file"),
        ];
        for (ignore, gone, why) in table {
            let (kept, silenced, notes) = kept(&report, std::slice::from_ref(&ignore), &[]);
            assert_eq!(silenced, gone.len(), "{why}");
            assert!(gone.iter().all(|g| !kept.iter().any(|k| k == g)), "{why}");
            assert_eq!(notes.len(), usize::from(gone.is_empty()), "{why}");
        }
    }

    #[test]
    fn stacked_comments_cover_the_line_below_all_of_them() {
        let report = sample::realistic();
        let stack = [
            comment(0, 8, &["unsupported-format"], true),
            comment(0, 7, &["tag-not-found"], true),
        ];
        let (_, silenced, notes) = kept(&report, &stack, &[]);
        assert_eq!((silenced, notes.len()), (1, 1));
        let stack = [
            comment(0, 7, &["unsupported-format"], true),
            comment(0, 8, &["unresolved"], true),
        ];
        assert_eq!(kept(&report, &stack, &[]).1, 1);
    }

    #[test]
    fn the_configuration_ignores_what_matches_all_its_lists() {
        let report = sample::realistic();
        let list = |s: &[&str]| s.iter().map(|x| (*x).to_owned()).collect::<Vec<_>>();
        let all = Ignore {
            images: list(&["quay.io/acme/web:*"]),
            reason: "x".into(),
            ..Ignore::default()
        };
        assert_eq!(kept(&report, &[], &config(all.clone())).1, 2);
        let in_images = Ignore {
            paths: list(&["images"]),
            ..all.clone()
        };
        assert_eq!(kept(&report, &[], &config(in_images)).1, 1);
        let nothing = Ignore {
            rules: list(&["oci-build"]),
            ..all
        };
        let (_, silenced, notes) = kept(&report, &[], &config(nothing));
        assert_eq!(silenced, 0);
        assert_eq!(
            notes,
            [
                ".image-lint.yaml: the `ignore` of oci-build, quay.io/acme/web:* ignores nothing: remove it, or correct it"
            ]
        );
    }

    #[test]
    fn a_misspelt_rule_in_a_comment_is_told() {
        let report = sample::realistic();
        let (_, _, notes) = kept(
            &report,
            &[comment(0, 9, &["unsuported-format"], false)],
            &[],
        );
        assert_eq!(
            notes,
            [
                "this comment ignores `unsuported-format`, and there is no such rule; did you mean `unsupported-format`?"
            ]
        );
    }

    #[test]
    fn a_comment_with_another_linters_word_ignores_nothing_and_is_named() {
        let report = sample::realistic();
        let place = report.findings[0].place;
        let other = InlineIgnore {
            instead: Some("disable=all".into()),
            ..comment(place.file.0, place.start.line, &[], false)
        };
        let (_, silenced, notes) = kept(&report, &[other], &[]);
        assert_eq!(
            (silenced, notes),
            (
                0,
                vec![
                    "this comment ignores nothing: `disable=all` is not `ignore`; write `# image-lint: ignore[RULE] reason`"
                        .to_owned()
                ]
            )
        );
    }

    #[test]
    fn an_incomplete_run_blames_no_ignore() {
        let report = sample::realistic();
        let inline = [comment(1, 40, &[], true)];
        let s = Suppressor::new(&report.files, &inline, &[], None).unwrap();
        assert!(s.unused(&judged(false), &RULES).is_empty());
        assert_eq!(s.unused(&judged(true), &RULES).len(), 1);
    }

    #[test]
    fn the_baseline_silences_what_it_knows_and_no_more() {
        let report = sample::realistic();
        let baseline = Baseline::of(&report.findings[1..3], &[], &report.files);
        let mut s = Suppressor::new(&report.files, &[], &[], Some(baseline)).unwrap();
        let kept = s.findings(report.findings.clone());
        assert_eq!(
            (kept.len(), s.counts().baseline),
            (report.findings.len() - 2, 2)
        );
        assert!(s.unused(&judged(true), &RULES).is_empty());
    }

    #[test]
    fn unchecked_references_can_be_ignored_too() {
        let report = sample::realistic();
        let config = config(Ignore {
            rules: vec![UNCHECKED.into()],
            images: vec!["ghcr.io/*".into()],
            reason: "x".into(),
            ..Ignore::default()
        });
        let mut s = Suppressor::new(&report.files, &[], &config, None).unwrap();
        assert!(s.unchecked(report.unchecked.clone()).is_empty());
        assert_eq!(s.counts().config, 1);
    }
}
