//! The formats by name, which of them a CI host gets unasked, and the one function that writes any of them.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use crate::report::{
    Report, Style, github, gitlab, html, human, json, junit, markdown, rdjsonl, sarif, short,
};

/// An output format of a lint run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    Human,
    Short,
    Github,
    Gitlab,
    Sarif,
    Junit,
    Json,
    JsonLines,
    Markdown,
    Html,
    Rdjsonl,
}

impl Format {
    pub const ALL: [Format; 11] = [
        Format::Human,
        Format::Short,
        Format::Github,
        Format::Gitlab,
        Format::Sarif,
        Format::Junit,
        Format::Json,
        Format::JsonLines,
        Format::Markdown,
        Format::Html,
        Format::Rdjsonl,
    ];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Short => "short",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
            Format::Json => "json",
            Format::JsonLines => "jsonl",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Rdjsonl => "rdjsonl",
        }
    }

    /// What it is for, in a few words.
    pub fn purpose(self) -> &'static str {
        match self {
            Format::Human => "for people, at a terminal or in a log",
            Format::Short => "path:line:column: level[rule] message, for editors and grep",
            Format::Github => "GitHub annotations (workflow commands)",
            Format::Gitlab => "GitLab Code Quality report",
            Format::Sarif => "SARIF 2.1.0, for code scanning",
            Format::Junit => "JUnit XML, for Jenkins and GitLab",
            Format::Json => "one object with everything; see schemas/report.schema.json",
            Format::JsonLines => "the same, one object a line",
            Format::Markdown => "for a job's summary page",
            Format::Html => "one page of all images, to look at in a browser; needs no network",
            Format::Rdjsonl => "reviewdog's diagnostics, with suggestions",
        }
    }

    /// Whether it names images that nothing is wrong with.
    pub fn shows_passed(self) -> bool {
        matches!(self, Format::Junit | Format::Html)
    }

    /// What `auto` means: on GitHub the report for people with annotations below it, elsewhere the report for people.
    pub fn detect(env: &BTreeMap<String, String>) -> &'static [Format] {
        match env.get("GITHUB_ACTIONS").map(String::as_str) {
            Some("true") => &[Format::Human, Format::Github],
            _ => &[Format::Human],
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is none of the formats.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no format `{name}`: choose one of {}", names())]
pub struct UnknownFormat {
    pub name: String,
}

fn names() -> String {
    Format::ALL.map(Format::as_str).join(", ")
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Format::ALL
            .into_iter()
            .find(|f| f.as_str() == name)
            .ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
            })
    }
}

/// Writes a report in one format.
///
/// # Errors
/// Those of the stream.
pub fn write(
    format: Format,
    report: &Report,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, style, out),
        Format::Short => short::write(report, style.verbose, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Json => json::write(report, out),
        Format::JsonLines => json::write_lines(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
        Format::Rdjsonl => rdjsonl::write(report, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use image_lint_model::sanitize;

    #[test]
    fn every_format_has_a_name_that_finds_it() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        let error = "xml".parse::<Format>().unwrap_err().to_string();
        assert!(
            error.contains("`xml`") && error.contains("junit"),
            "{error}"
        );
    }

    #[test]
    fn github_gets_annotations_unasked() {
        let env = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect()
        };
        assert_eq!(
            Format::detect(&env(&[("GITHUB_ACTIONS", "true"), ("CI", "true")])),
            [Format::Human, Format::Github]
        );
        assert_eq!(
            Format::detect(&env(&[("GITLAB_CI", "true")])),
            [Format::Human]
        );
        assert_eq!(Format::detect(&env(&[])), [Format::Human]);
    }

    #[test]
    fn no_format_lets_hostile_text_act() {
        let report = sample::hostile_with(sample::HOSTILE);
        for format in Format::ALL {
            let mut out = Vec::new();
            write(format, &report, &Style::plain(), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(
                !text.contains(|c| sanitize::is_forbidden(c) && c != '\n'),
                "{format}"
            );
            assert_eq!(sanitize::command_bracket(&text), None, "{format}");
            if format != Format::Github {
                assert!(
                    !text.lines().any(|line| line.trim_start().starts_with("::")),
                    "{format}\n{text}"
                );
            }
        }
    }

    #[test]
    fn every_format_writes_empty_and_large_reports() {
        for report in [Report::default(), sample::clean(), sample::many(3_000)] {
            for format in Format::ALL {
                write(format, &report, &Style::plain(), &mut Vec::new()).unwrap();
            }
        }
    }
}
