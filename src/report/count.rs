//! Numbers in words: plurals, the last line of a report, durations.

use std::collections::BTreeMap;

use crate::report::{Report, Suppressed, blocks};
use image_lint_model::finding::Level;
use image_lint_model::sanitize;
use image_lint_model::verdict::Verdict;

/// `1 error`, `3 errors`.
pub fn of(n: usize, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {}", plural(noun))
    }
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    }
}

/// `openshift-3.11 (docker 1.13)`
pub fn target(report: &Report) -> String {
    let name = sanitize::line(&report.target);
    if report.target_client.is_empty() {
        name.into_owned()
    } else {
        format!("{name} ({})", report.target_client)
    }
}

/// `3 errors at 9 places, 1 warning, 1 not checked`; empty when there is nothing of the kind.
pub fn problems(report: &Report) -> String {
    let mut causes: BTreeMap<Level, usize> = BTreeMap::new();
    for group in blocks::groups(report) {
        *causes.entry(report.findings[group[0]].level).or_default() += 1;
    }
    // The highest level first.
    let mut parts: Vec<String> = causes
        .iter()
        .rev()
        .map(|(level, n)| match report.count(*level) {
            places if places > *n => format!("{} at {places} places", of(*n, level.as_str())),
            _ => of(*n, level.as_str()),
        })
        .collect();
    if !report.unchecked.is_empty() {
        parts.push(format!("{} not checked", report.unchecked.len()));
    }
    parts.join(", ")
}

/// `41 mentions of 12 images in 9 files`
pub fn scope(report: &Report) -> String {
    let s = &report.summary;
    let mut text = format!(
        "{} of {} in {}",
        of(s.mentions, "mention"),
        of(s.references, "image"),
        of(
            if s.files_read > 0 {
                s.files_read
            } else {
                s.files
            },
            "file"
        )
    );
    match s.verdicts.get(&Verdict::NotCheckable) {
        Some(n) if *n > 0 => text.push_str(&format!(", {n} not checkable{}", why(report))),
        _ => {}
    }
    text
}

/// ` (8 with a variable, 5 pushed)`
fn why(report: &Report) -> String {
    let mut reasons: Vec<_> = report.summary.not_checkable.iter().collect();
    reasons.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(why, n)| format!("{n} {why}"))
        .collect();
    match reasons.is_empty() {
        true => String::new(),
        false => format!(" ({})", reasons.join(", ")),
    }
}

/// `41 mentions of 12 images in 9 files · 14 requests · 0.4 s · target openshift-3.11 (docker 1.13)`
pub fn tail(report: &Report, dot: &str) -> String {
    let mut parts = vec![scope(report)];
    parts.extend(unknown(report));
    parts.push(of(report.summary.requests, "request"));
    parts.push(seconds(report.summary.elapsed_ms));
    if report.summary.fixed > 0 {
        parts.push(format!("{} fixed", of(report.summary.fixed, "finding")));
    }
    let mut targets = format!("target {}", target(report));
    if let Some((first, more)) = report.other_targets.split_first() {
        targets.push_str(&format!(", also {}", sanitize::short(first, 100)));
        if !more.is_empty() {
            targets.push_str(&format!(" and {} more", more.len()));
        }
    }
    parts.push(targets);
    parts.join(dot)
}

/// `3 files with images are not read (list --unread)`; None when there is none.
pub fn unknown(report: &Report) -> Option<String> {
    let unknown = report.summary.files_unknown;
    let verb = if unknown == 1 { "is" } else { "are" };
    let files = of(unknown, "file");
    (unknown > 0).then(|| format!("{files} with images {verb} not read (list --unread)"))
}

/// `40 ms`, `0.4 s`, `12 s`
pub fn seconds(ms: u64) -> String {
    if ms < 100 {
        return format!("{ms} ms");
    }
    if ms < 10_000 {
        format!("{}.{} s", ms / 1000, ms % 1000 / 100)
    } else {
        format!("{} s", ms / 1000)
    }
}

/// `2 findings suppressed (1 by a comment, 1 by the baseline)`; None when nothing was.
pub fn suppressed(s: &Suppressed) -> Option<String> {
    let all = s.inline + s.config + s.baseline;
    if all == 0 {
        return None;
    }
    let by: Vec<String> = [
        (s.inline, "by comments"),
        (s.config, "by the configuration"),
        (s.baseline, "by the baseline"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, by)| format!("{n} {by}"))
    .collect();
    Some(format!(
        "{} suppressed: {}",
        of(all, "finding"),
        by.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_their_nouns() {
        assert_eq!(of(0, "error"), "0 errors");
        assert_eq!(of(1, "registry"), "1 registry");
        assert_eq!(of(2, "registry"), "2 registries");
        assert_eq!(seconds(40), "40 ms");
        assert_eq!(seconds(412), "0.4 s");
        assert_eq!(seconds(61_999), "61 s");
    }

    #[test]
    fn suppressed_findings_are_counted_by_what_keeps_them_silent() {
        assert_eq!(suppressed(&Suppressed::default()), None);
        let s = Suppressed {
            inline: 1,
            config: 0,
            baseline: 2,
        };
        assert_eq!(
            suppressed(&s).unwrap(),
            "3 findings suppressed: 1 by comments, 2 by the baseline"
        );
    }
}
