//! Names that differ by a letter or two. Many names are compared with many, so that one look must cost little.

/// How many letters two names differ by, when these are at most two (Levenshtein's distance). Gives up at the first letter
/// at which it is more.
pub fn within_two(a: &str, b: &str) -> Option<usize> {
    const MOST: usize = 2;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > MOST {
        return None;
    }
    // A row of the table as far as its cells can be at most two: five of them. Cell `k` of row `i` is column `i + k - 2`.
    let far = MOST + 1;
    let mut row = [far; 2 * MOST + 1];
    for (k, cell) in row.iter_mut().enumerate().skip(MOST) {
        *cell = k - MOST;
    }
    for i in 1..=a.len() {
        let mut next = [far; 2 * MOST + 1];
        for k in 0..next.len() {
            let Some(j) = (i + k).checked_sub(MOST).filter(|j| *j <= b.len()) else {
                continue;
            };
            let changed = match j {
                0 => far,
                j => row[k] + usize::from(a[i - 1] != b[j - 1]),
            };
            let removed = row.get(k + 1).map_or(far, |cell| cell + 1);
            let added = match k {
                0 => far,
                k => next[k - 1] + 1,
            };
            let first = if j == 0 { i } else { far };
            next[k] = changed.min(removed).min(added).min(first);
        }
        if next.iter().all(|cell| *cell > MOST) {
            return None;
        }
        row = next;
    }
    let last = (b.len() + MOST).checked_sub(a.len())?;
    row.get(last).copied().filter(|distance| *distance <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_levenshteins_distance_as_far_as_that_is_two() {
        let words = [
            "",
            "a",
            "ab",
            "abc",
            "acb",
            "abcd",
            "xabc",
            "abxc",
            "nginx",
            "ngnix",
            "ngin",
            "nginxx",
            "team/app-1",
            "team/app-2",
            "team/app-12",
            "meat/app-1",
            "teams/apps-1",
            "tam/ap-1",
            "quay.io/a/b",
            "quay.io/b/a",
        ];
        for a in words {
            for b in words {
                let whole = strsim::levenshtein(a, b);
                assert_eq!(
                    within_two(a, b),
                    Some(whole).filter(|distance| *distance <= 2),
                    "{a} {b}"
                );
            }
        }
    }
}
