//! A name for each finding that stays the same when lines move, for hosts that compare two runs.

use std::collections::HashMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::report::Report;

/// One for each finding, in order: SHA-256 over rule, path, reference and which of its kind it is in the file. Neither
/// the line nor the message counts, so neither an edit above nor a better wording makes an old finding look new. All
/// differ, because GitLab shows findings with one fingerprint once.
pub fn all(report: &Report) -> Vec<String> {
    let mut seen: HashMap<(&str, &[u8], &str), usize> = HashMap::new();
    report
        .findings
        .iter()
        .map(|f| {
            let path = report.path(f.place.file).as_bytes();
            let reference = f.reference.as_ref().map_or("", |r| r.raw());
            let occurrence = seen.entry((f.rule.as_str(), path, reference)).or_insert(0);
            *occurrence += 1;
            of(f.rule.as_str(), path, reference, *occurrence - 1)
        })
        .collect()
}

fn of(rule: &str, path: &[u8], reference: &str, occurrence: usize) -> String {
    let mut hash = Sha256::new();
    for part in [
        rule.as_bytes(),
        path,
        reference.as_bytes(),
        occurrence.to_string().as_bytes(),
    ] {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use std::collections::BTreeSet;

    #[test]
    fn fingerprints_outlive_moved_lines_and_never_collide() {
        let report = sample::realistic();
        let before = all(&report);
        let mut moved = sample::realistic();
        for f in &mut moved.findings {
            f.place.start.line += 7;
            f.message = "said better".into();
        }
        assert_eq!(before, all(&moved));
        assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), before.len());
        let mut twice = sample::realistic();
        twice.findings = vec![twice.findings[1].clone(); 3];
        assert_eq!(all(&twice).iter().collect::<BTreeSet<_>>().len(), 3);
        // A promise to hosts: changing it makes every known finding look new.
        assert_eq!(
            of("tag-not-found", b"a.yaml", "docker.io/library/redis:7", 0),
            "6c27e979b36fb041aa6decb9be882ed68e350d3d0611ab2b9a6538fff74f7ed9",
        );
    }
}
