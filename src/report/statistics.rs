//! `--statistics`: how many findings there are of each rule, in place of the report.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::report::blocks;
use crate::report::{Report, count};

/// `places causes level[rule]`, the most first; what could not be checked by its cause; then the counts of the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for group in blocks::groups(report) {
        let first = &report.findings[group[0]];
        let name = format!("{}[{}]", first.level.as_str(), first.rule);
        let row = rows.entry(name).or_default();
        *row = (row.0 + group.len(), row.1 + 1);
    }
    for group in blocks::unchecked(report) {
        let row = rows
            .entry(format!("not checked[{}]", group.cause.as_str()))
            .or_default();
        *row = (row.0 + group.all.len(), row.1 + group.references());
    }
    let mut rows: Vec<(String, (usize, usize))> = rows.into_iter().collect();
    rows.sort_by_key(|(_, counts)| std::cmp::Reverse(*counts));
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str("places  causes\n");
    }
    for (name, (places, causes)) in &rows {
        text.push_str(&format!("{places:>6}  {causes:>6}  {name}\n"));
    }
    text.push_str(&format!("{}\n", count::tail(report, " - ")));
    out.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn places_add_up_to_the_findings_and_what_was_not_checked() {
        let report = sample::realistic();
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows = text.lines().skip(1).filter(|line| line.contains('['));
        let places: usize = rows
            .map(|row| {
                row.split_whitespace()
                    .next()
                    .unwrap()
                    .parse::<usize>()
                    .unwrap()
            })
            .sum();
        assert_eq!(
            places,
            report.findings.len() + report.unchecked.len(),
            "{text}"
        );
        assert!(text.contains("error[unsupported-format]"), "{text}");
    }
}
