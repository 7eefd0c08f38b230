//! The baseline: findings that are known and accepted, and images that could not be checked when it was written, so that
//! only what is new fails. Keyed by rule, path and reference
//! with a count, never by line: an edit above a finding does not make it new.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::Unchecked;
use crate::rules::Finding;
use crate::rules::unchecked::UNCHECKED;
use image_lint_text::source::RepoPath;

/// Known findings with how often each stands in its file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    known: BTreeMap<Key, usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rule: String,
    path: String,
    reference: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema_version: u32,
    findings: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    rule: String,
    reference: String,
    count: usize,
}

/// Why a baseline file is refused.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    #[error("not a baseline: {0}")]
    Syntax(#[from] serde_json::Error),
    #[error(
        "a baseline of version {0}, and this program knows version 1: write it anew with --write-baseline"
    )]
    Version(u32),
}

impl Baseline {
    /// Of all these findings, and of what could not be checked.
    pub fn of(findings: &[Finding], unchecked: &[Unchecked], files: &[RepoPath]) -> Self {
        let mut known = BTreeMap::new();
        let findings = findings.iter().map(|finding| key(finding, files));
        let unchecked = unchecked
            .iter()
            .map(|unchecked| key_of_unchecked(unchecked, files));
        for key in findings.chain(unchecked) {
            *known.entry(key).or_insert(0) += 1;
        }
        Baseline { known }
    }

    /// # Errors
    /// Text that is not what [`Baseline::to_text`] writes.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        // `/dev/null` in place of the configuration's.
        if text.is_empty() {
            return Ok(Baseline::default());
        }
        let file: File = serde_json::from_str(text)?;
        if file.schema_version != 1 {
            return Err(BaselineError::Version(file.schema_version));
        }
        let entries = file.findings.into_iter();
        let known = entries
            .map(|e| {
                (
                    Key {
                        rule: e.rule,
                        path: e.path,
                        reference: e.reference,
                    },
                    e.count,
                )
            })
            .collect();
        Ok(Baseline { known })
    }

    /// Sorted, one entry a few lines, so that two versions can be compared and merged.
    pub fn to_text(&self) -> String {
        let findings = self.known.iter().map(|(key, count)| Entry {
            path: key.path.clone(),
            rule: key.rule.clone(),
            reference: key.reference.clone(),
            count: *count,
        });
        let file = File {
            schema_version: 1,
            findings: findings.collect(),
        };
        // Strings and numbers can always be written.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Takes one occurrence of a finding off, when it is known.
    pub(super) fn take(&mut self, finding: &Finding, files: &[RepoPath]) -> bool {
        self.take_one(&key(finding, files))
    }

    /// The same for an image that could not be checked.
    pub(super) fn take_unchecked(&mut self, unchecked: &Unchecked, files: &[RepoPath]) -> bool {
        self.take_one(&key_of_unchecked(unchecked, files))
    }

    fn take_one(&mut self, key: &Key) -> bool {
        match self.known.get_mut(key) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// How many findings it knows; images that could not be checked are none.
    pub fn findings_left(&self) -> usize {
        let findings = self.known.iter().filter(|(key, _)| key.rule != UNCHECKED);
        findings.fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.known.values().fold(0, |sum, n| sum.saturating_add(*n))
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn key(finding: &Finding, files: &[RepoPath]) -> Key {
    Key {
        rule: finding.rule.to_string(),
        path: files[finding.place.file.0 as usize].to_text().into_owned(),
        reference: finding
            .reference
            .as_ref()
            .map_or(String::new(), |r| r.raw().to_owned()),
    }
}

fn key_of_unchecked(unchecked: &Unchecked, files: &[RepoPath]) -> Key {
    Key {
        rule: UNCHECKED.to_owned(),
        path: files[unchecked.place.file.0 as usize]
            .to_text()
            .into_owned(),
        reference: unchecked.reference.raw().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_baseline_reads_back_and_counts() {
        let report = sample::realistic();
        let baseline = Baseline::of(&report.findings, &[], &report.files);
        let mut back = Baseline::parse(&baseline.to_text()).unwrap();
        assert_eq!(back, baseline);
        assert_eq!(back.len(), report.findings.len());
        assert!(!baseline.to_text().contains("\"line\""));
        assert!(back.take(&report.findings[1], &report.files));
        assert!(
            !back.take(&report.findings[1], &report.files),
            "one more of the same is new"
        );
    }

    #[test]
    fn other_files_are_refused() {
        assert!(Baseline::parse("[]").is_err());
        let error = Baseline::parse("{\"schema_version\": 9, \"findings\": []}")
            .unwrap_err()
            .to_string();
        assert!(error.contains("version 9"), "{error}");
    }
}
