//! The tags of a repository, and those nearest to one that is not there.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Pages of `tags/list` that are read, and tags in all.
pub const MAX_PAGES: usize = 3;
pub const PAGE: usize = 1000;
const MAX_TAGS: usize = 20_000;
/// Bytes of a repository's tags that are kept for the run: 20,000 of the usual length.
const MAX_BYTES: usize = 512 * 1024;
/// Tags of a longer list that are compared letter by letter: those that begin like the one that is looked for.
const COMPARED: usize = 1000;
/// Bytes of a tag's words that are compared.
const LETTERS: usize = 64;
/// Tags that are offered.
const OFFERED: usize = 3;

/// What `tags/list` said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagList {
    Tags(Arc<Vec<String>>),
    /// The registry does not have the repository.
    NoRepository,
    /// It lets nobody like us see.
    Denied,
    /// It would not say.
    Silent,
}

/// Tags of one page; None when the body is not that of a tag list.
pub fn page(body: &[u8]) -> Option<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Wire {
        // Repositories whose tags are all gone answer `null`.
        tags: Option<Vec<String>>,
        #[allow(
            dead_code,
            reason = "never read: a body without a name is that of something else"
        )]
        name: String,
    }
    let wire: Wire = serde_json::from_slice(body).ok()?;
    let tags = wire.tags.unwrap_or_default().into_iter();
    Some(tags.filter(|tag| is_tag(tag)).take(MAX_TAGS).collect())
}

/// Adds a page, as far as a list may grow; says whether it was all of it.
pub fn extend(list: &mut Vec<String>, page: Vec<String>) -> bool {
    let mut bytes: usize = list.iter().map(String::len).sum();
    for tag in page {
        bytes += tag.len();
        if list.len() >= MAX_TAGS || bytes > MAX_BYTES {
            return false;
        }
        list.push(tag);
    }
    true
}

/// What all lists of a run take together.
#[derive(Default)]
pub struct Kept(AtomicUsize);

/// Bytes of tags that a run keeps; what comes later is kept as a few of its tags.
const MAX_KEPT: usize = 64 * 1024 * 1024;
const FEW: usize = 100;

impl Kept {
    /// The list as far as there is room for it.
    pub fn keep(&self, mut list: Vec<String>) -> TagList {
        let bytes: usize = list.iter().map(|tag| tag.len() + 32).sum();
        if self.0.fetch_add(bytes, Ordering::Relaxed) > MAX_KEPT {
            self.0.fetch_sub(bytes, Ordering::Relaxed);
            list.truncate(FEW);
        }
        TagList::Tags(Arc::new(list))
    }
}

/// Requests that a list took.
pub fn pages(list: &[String]) -> usize {
    list.len().div_ceil(PAGE).max(1)
}

/// The grammar of tags (distribution/reference `regexp.go`); anything else is not repeated to the user.
fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&text.len())
        && word(text.as_bytes()[0])
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

/// The target of a `Link: <…>; rel="next"` header.
pub fn next_page(link: &str) -> Option<&str> {
    link.split(',').find_map(|part| {
        let (target, parameters) = part.trim().strip_prefix('<')?.split_once('>')?;
        parameters
            .to_ascii_lowercase()
            .replace(['"', ' '], "")
            .contains("rel=next")
            .then_some(target)
    })
}

/// A tag as a row of numbers and words: `v1.25-alpine3.18` is v, 1, 25, alpine, 3, 18.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Number(u64),
    Word(&'a str),
}

fn parts(tag: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = tag;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest
            .find(|c: char| c.is_ascii_digit() != digits || matches!(c, '.' | '-' | '_'))
            .unwrap_or(rest.len());
        if end == 0 {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        parts.push(match rest[..end].parse() {
            Ok(number) if digits => Part::Number(number),
            _ => Part::Word(&rest[..end]),
        });
        rest = &rest[end..];
    }
    parts
}

/// How unlike two tags are: first the words (`alpine` against `bookworm`), then the leftmost differing number, then
/// how far it is. Smaller is nearer.
fn distance(wanted: &str, tag: &str) -> (usize, Reverse<usize>, u64, Reverse<u64>) {
    let (a, b) = (parts(wanted), parts(tag));
    let words = |parts: &[Part<'_>]| -> Vec<String> {
        let words = parts.iter().filter_map(|p| {
            if let Part::Word(w) = p {
                Some(w.to_ascii_lowercase())
            } else {
                None
            }
        });
        words.collect()
    };
    let numbers = |parts: &[Part<'_>]| -> Vec<u64> {
        parts
            .iter()
            .filter_map(|p| {
                if let Part::Number(n) = p {
                    Some(*n)
                } else {
                    None
                }
            })
            .collect()
    };
    let letters = |parts: &[Part<'_>]| {
        let mut joined = words(parts).join("-");
        // Tags are ASCII, so any byte is a boundary.
        joined.truncate(LETTERS);
        joined
    };
    let letters = strsim::levenshtein(&letters(&a), &letters(&b));
    let (a, b) = (numbers(&a), numbers(&b));
    // Without numbers on either side the letters say all; without numbers on one side the tags are of two kinds.
    let kind = usize::from(a.is_empty() != b.is_empty()) * 8;
    let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let gap = match (a.get(common), b.get(common)) {
        (Some(x), Some(y)) => x.abs_diff(*y),
        (None, None) => 0,
        _ => 1,
    };
    (
        letters + kind,
        Reverse(common),
        gap,
        Reverse(b.get(common).copied().unwrap_or_default()),
    )
}

/// The nearest tags, best first. Signatures and the like (`sha256-….sig`) are not offered.
pub fn nearest(wanted: &str, tags: &[String]) -> Vec<String> {
    let artifact = |tag: &str| tag.starts_with("sha256-");
    let mut near: Vec<&String> = tags
        .iter()
        .filter(|tag| *tag != wanted && !artifact(tag))
        .collect();
    if near.len() > COMPARED {
        let common = |tag: &String| {
            tag.bytes()
                .zip(wanted.bytes())
                .take_while(|(a, b)| a == b)
                .count()
        };
        near.sort_by_cached_key(|tag| Reverse(common(tag)));
        near.truncate(COMPARED);
    }
    let mut ranked: Vec<_> = near
        .into_iter()
        .map(|tag| (distance(wanted, tag), tag))
        .collect();
    ranked.sort();
    ranked
        .into_iter()
        .take(OFFERED)
        .map(|(_, tag)| tag.clone())
        .collect()
}

/// Tags that a search by halves among older ones can cover with five questions.
const SEARCHED: usize = 31;

/// Tags of the same kind as `wanted` with a lower version, newest first. A tag without a version (`latest`) stands for
/// the newest of all.
pub fn older(wanted: &str, tags: &[String]) -> Vec<String> {
    const NO_VARIANT: [&str; 6] = ["v", "latest", "stable", "main", "master", "edge"];
    let split = |tag: &str| {
        let (mut words, mut numbers) = (Vec::new(), Vec::new());
        for part in parts(tag) {
            match part {
                Part::Number(number) => numbers.push(number),
                Part::Word(word) => words.push(word.to_ascii_lowercase()),
            }
        }
        words.retain(|word| !NO_VARIANT.contains(&word.as_str()));
        (words, numbers)
    };
    let (variant, version) = split(wanted);
    let fits = |numbers: &Vec<u64>| match version.is_empty() {
        true => !numbers.is_empty(),
        false => numbers.len() == version.len() && *numbers < version,
    };
    let mut found: Vec<_> = tags
        .iter()
        .filter(|tag| *tag != wanted && !tag.starts_with("sha256-"))
        .filter_map(|tag| {
            let (words, numbers) = split(tag);
            (words == variant && fits(&numbers)).then_some((numbers, tag))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found
        .into_iter()
        .take(SEARCHED)
        .map(|(_, tag)| tag.clone())
        .collect()
}

/// The tags that people write, in the order in which they look for them: versions, the newest first and a bare one before
/// its variants, then words. Signatures and the like (`sha256-….sig`) are left out.
pub fn newest_first(tags: &[String]) -> Vec<String> {
    let key = |tag: &String| {
        let mut row: Vec<(bool, u64, String)> = Vec::new();
        for part in parts(tag) {
            match part {
                Part::Number(number) => row.push((true, number, String::new())),
                // `v1.2` is a version as `1.2` is.
                Part::Word("v" | "V") if row.is_empty() => {}
                Part::Word(word) => row.push((false, 0, word.to_ascii_lowercase())),
            }
        }
        let numbers: Vec<u64> = row.iter().take_while(|p| p.0).map(|p| p.1).collect();
        let words: Vec<_> = row.into_iter().skip_while(|p| p.0).collect();
        // No number in front sorts after all versions, and among them by letters.
        (Reverse(numbers), words, tag.clone())
    };
    let mut all: Vec<String> = tags
        .iter()
        .filter(|tag| !tag.starts_with("sha256-"))
        .cloned()
        .collect();
    all.sort_by_cached_key(key);
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_twenty_thousand_long_tags_is_searched_in_bounded_work() {
        let long = |n: usize| format!("{}{n:05}", "abcdefghij".repeat(12));
        let mut tags: Vec<String> = (0..20_000).map(long).collect();
        tags.insert(12_345, "1.2.4".to_owned());
        let (found, took) =
            crate::processor_time::of(|| [nearest("1.2.3", &tags), nearest(&long(20_001), &tags)]);
        assert_eq!(found[0].first().map(String::as_str), Some("1.2.4"));
        assert_eq!(found[1].len(), OFFERED);
        assert!(took < std::time::Duration::from_secs(5), "{took:?}");
    }

    #[test]
    fn a_list_grows_to_a_bound_in_tags_and_in_bytes() {
        let long = |n: usize| format!("{n:0127}");
        let mut list = Vec::new();
        let whole: Vec<bool> = (0..3)
            .map(|page| {
                extend(
                    &mut list,
                    (0..2_000).map(|n| long(page * 2_000 + n)).collect(),
                )
            })
            .collect();
        assert_eq!(whole, [true, true, false]);
        assert!(list.len() * 127 <= MAX_BYTES && list.len() > 4_000);
        let mut short = Vec::new();
        assert!(!extend(&mut short, vec!["1".to_owned(); MAX_TAGS + 1]));
        assert_eq!(short.len(), MAX_TAGS);
    }

    #[test]
    fn older_tags_are_of_the_same_kind_and_newest_first() {
        let tags = [
            "7.2.10",
            "7.2.9",
            "7.2",
            "7.1.0-alpine",
            "7.1.30",
            "v6.0.1",
            "latest",
            "6-rc1",
            "sha256-0.sig",
        ];
        let tags: Vec<String> = tags.iter().map(|t| (*t).to_owned()).collect();
        let cases: [(&str, &[&str], &str); 5] = [
            (
                "7.2.10",
                &["7.2.9", "7.1.30", "v6.0.1"],
                "three numbers, no variant",
            ),
            ("7.2.1", &["7.1.30", "v6.0.1"], "only lower ones"),
            ("7.2.1-alpine", &["7.1.0-alpine"], "the variant stays"),
            (
                "latest",
                &["7.2.10", "7.2.9", "7.2", "7.1.30", "v6.0.1"],
                "no version: all of them",
            ),
            ("bookworm", &[], "a variant nobody has"),
        ];
        for (wanted, expected, why) in cases {
            assert_eq!(older(wanted, &tags), expected, "{why}");
        }
    }

    #[test]
    fn tags_are_offered_newest_first_and_bare_before_their_variants() {
        let tags = [
            "1.9",
            "latest",
            "1.10-alpine",
            "1.10",
            "v2.0.0-rc1",
            "2.0.0",
            "sha256-ab.sig",
            "alpine",
            "1.10",
            "1.10.1",
        ];
        let tags: Vec<String> = tags.iter().map(|t| (*t).to_owned()).collect();
        assert_eq!(
            newest_first(&tags),
            [
                "2.0.0",
                "v2.0.0-rc1",
                "1.10.1",
                "1.10",
                "1.10-alpine",
                "1.9",
                "alpine",
                "latest"
            ]
        );
    }

    #[test]
    fn nearness_heeds_versions_and_variants() {
        let cases: [(&str, &[&str], &str, &str); 8] = [
            (
                "1.25.9",
                &["1.25.3", "1.2.9", "1.25.8", "2.0.0", "latest"],
                "1.25.8",
                "same minor, nearest patch",
            ),
            (
                "1.25-alpin",
                &["1.25", "1.25-alpine", "1.25-bookworm"],
                "1.25-alpine",
                "a typo",
            ),
            ("v1.2", &["1.2", "v1.3", "v2.2"], "v1.3", "the v is kept"),
            (
                "13",
                &["12", "14", "9", "latest"],
                "14",
                "at equal distance the newer",
            ),
            (
                "7.2.10",
                &["7.2.9", "7.2.11-alpine", "7.1.10"],
                "7.2.9",
                "numbers are not text",
            ),
            ("lates", &["latest", "1.0", "stable"], "latest", "a word"),
            (
                "20230101",
                &["20221230", "20230102", "latest"],
                "20230102",
                "dates",
            ),
            (
                "3.9-slim",
                &["3.9", "3.10-slim", "3.9-slim-bullseye"],
                "3.10-slim",
                "the variant weighs more",
            ),
        ];
        for (wanted, tags, best, why) in cases {
            let tags: Vec<String> = tags.iter().map(|t| (*t).to_owned()).collect();
            assert_eq!(
                nearest(wanted, &tags).first().map(String::as_str),
                Some(best),
                "{why}"
            );
        }
        assert!(nearest("x", &["sha256-aa.sig".to_owned()]).is_empty());
    }

    #[test]
    fn hostile_tags_are_dropped_and_links_are_read() {
        let body = r#"{"name":"a","tags":["ok","a\u001b[31m","-x","::error::","é",""]}"#;
        assert_eq!(page(body.as_bytes()).unwrap(), ["ok"]);
        assert_eq!(page(br#"{"name":"a","tags":null}"#).unwrap(), [""; 0]);
        assert_eq!(page(b"<html>"), None);
        assert_eq!(page(br#"{"tags":["x"]}"#), None, "no name, no tag list");
        assert_eq!(
            next_page(r#"</v2/a/tags/list?last=x&n=2>; rel="next""#),
            Some("/v2/a/tags/list?last=x&n=2")
        );
        assert_eq!(next_page(r#"<x>; rel="prev", <y>; rel=next"#), Some("y"));
        assert_eq!(next_page("garbage"), None);
    }
}
