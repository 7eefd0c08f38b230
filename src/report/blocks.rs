//! Findings with one cause as one block, and unchecked references by why and where, for the formats that people read.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::report::{Report, Unchecked};
use crate::rules::{CauseKey, Finding};
use image_lint_model::resolution::UnreachableCause;

/// Findings of one rule, level and cause; the first in the report's order stands for all.
#[derive(Debug)]
pub struct Block<'a> {
    pub first: &'a Finding,
    /// The same at other places.
    pub others: Vec<&'a Finding>,
}

/// The findings of a report by cause, in the order of each cause's first place.
pub fn blocks(report: &Report) -> Vec<Block<'_>> {
    groups(report)
        .into_iter()
        .filter_map(|group| {
            let mut findings = group.into_iter().map(|i| &report.findings[i]);
            Some(Block {
                first: findings.next()?,
                others: findings.collect(),
            })
        })
        .collect()
}

/// The same as indices into the report's findings; no group is empty.
pub(crate) fn groups(report: &Report) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut index: HashMap<CauseKey<'_>, usize> = HashMap::new();
    for (i, finding) in report.findings.iter().enumerate() {
        match index.entry(finding.cause_key()) {
            Entry::Occupied(group) => all[*group.get()].push(i),
            Entry::Vacant(new) => {
                new.insert(all.len());
                all.push(vec![i]);
            }
        }
    }
    all
}

/// Unchecked mentions that failed for one reason at one host.
#[derive(Debug)]
pub struct UncheckedGroup<'a> {
    pub cause: UnreachableCause,
    /// As it stands in the reference; untrusted.
    pub host: &'a str,
    pub first: &'a Unchecked,
    /// All of the group, `first` included, in the report's order.
    pub all: Vec<&'a Unchecked>,
}

impl UncheckedGroup<'_> {
    /// Number of distinct references.
    pub fn references(&self) -> usize {
        self.all
            .iter()
            .map(|u| &u.reference)
            .collect::<BTreeSet<_>>()
            .len()
    }
}

/// What could not be checked, by cause and host.
pub fn unchecked(report: &Report) -> Vec<UncheckedGroup<'_>> {
    let mut groups: BTreeMap<(&str, &str), UncheckedGroup<'_>> = BTreeMap::new();
    for u in &report.unchecked {
        let host = host(u.reference.raw());
        groups
            .entry((u.cause.as_str(), host))
            .or_insert_with(|| UncheckedGroup {
                cause: u.cause,
                host,
                first: u,
                all: Vec::new(),
            })
            .all
            .push(u);
    }
    groups.into_values().collect()
}

/// The registry of a reference in normal form.
pub fn host(reference: &str) -> &str {
    reference.split('/').next().unwrap_or(reference)
}
