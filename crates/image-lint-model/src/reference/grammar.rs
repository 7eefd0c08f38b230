//! The grammar itself: host, path, tag and digest, each with the byte at which it goes wrong.

use std::net::Ipv6Addr;
use std::ops::Range;

use super::{ImageReference, ReferenceError, ReferenceErrorKind as Kind};

/// Bytes of a repository's path, `library/` included (distribution/reference `RepositoryNameTotalLengthMax`).
const MAX_PATH: usize = 255;
/// Bytes of a tag (OCI distribution spec, "Pulling manifests").
const MAX_TAG: usize = 128;

pub(super) fn error(kind: Kind, at: Range<usize>, why: impl Into<String>) -> ReferenceError {
    ReferenceError {
        why: why.into(),
        at,
        hint: None,
        kind,
    }
}

impl ReferenceError {
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A part of the string with its place in it.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> Part<'a> {
    fn end(self) -> usize {
        self.start + self.text.len()
    }

    fn range(self) -> Range<usize> {
        self.start..self.end()
    }

    /// Before and behind the byte at `at`, which belongs to neither.
    fn split(self, at: usize) -> (Part<'a>, Part<'a>) {
        (
            Part {
                text: &self.text[..at],
                start: self.start,
            },
            Part {
                text: &self.text[at + 1..],
                start: self.start + at + 1,
            },
        )
    }

    /// One byte (or character) of the part, as a range of the whole string.
    fn char_at(self, at: usize) -> Range<usize> {
        let len = self.text[at..].chars().next().map_or(0, char::len_utf8);
        self.start + at..self.start + at + len
    }
}

pub(super) fn parse(text: &str) -> Result<ImageReference, ReferenceError> {
    characters(text)?;
    let whole = Part { text, start: 0 };
    let (named, digest) = match text.find('@') {
        Some(at) => {
            let (named, digest) = whole.split(at);
            (named, Some(digest))
        }
        None => (whole, None),
    };
    if named.text.is_empty() {
        return Err(error(
            Kind::Repository,
            0..text.len().min(1),
            "no name stands before the `@`",
        ));
    }
    slashes(named)?;
    let digest = digest.map(|d| self::digest(named, d)).transpose()?;
    let (host, rest) = split_host(named)?;
    let (path, tag) = split_tag(host, rest)?;
    let tag = tag.map(|t| self::tag(text, path, t)).transpose()?;
    components(text, path, host.is_some())?;

    let short = host.is_none();
    let host = match host.map(|h| h.text) {
        None | Some("index.docker.io") => "docker.io",
        Some(host) => host,
    };
    let repository = if host == "docker.io" && !path.text.contains('/') {
        format!("library/{}", path.text)
    } else {
        path.text.to_owned()
    };
    if repository.len() > MAX_PATH {
        let why = format!(
            "the repository is {} bytes long; at most {MAX_PATH} are allowed",
            repository.len()
        );
        return Err(error(Kind::TooLong, path.range(), why));
    }
    let tag_implied = tag.is_none() && digest.is_none();
    Ok(ImageReference {
        host: host.into(),
        repository: repository.into(),
        tag: tag.or(tag_implied.then_some("latest")).map(Into::into),
        digest: digest.map(Into::into),
        tag_implied,
        short,
    })
}

/// Refuses what stands nowhere in a reference. `+` and `~` are left to the tag, whose error can say more.
fn characters(text: &str) -> Result<(), ReferenceError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@[]+~%".contains(c);
    let Some((at, c)) = text.char_indices().find(|(_, c)| !allowed(*c)) else {
        return Ok(());
    };
    let range = at..at + c.len_utf8();
    Err(match c {
        ' ' if text[..at].ends_with(':') => {
            let joined: String = text.chars().filter(|c| *c != ' ').collect();
            error(
                Kind::Character,
                range,
                "a space stands between the `:` and the tag",
            )
            .hint(format!("write `{joined}`"))
        }
        c if c.is_whitespace() => {
            let name = match c {
                ' ' => "a space".to_owned(),
                '\n' | '\r' => "a line break".to_owned(),
                '\t' => "a tab".to_owned(),
                c => format!("the space character U+{:04X}", c as u32),
            };
            let hint = format!("the image name likely ends there: `{}`", &text[..at]);
            error(
                Kind::Character,
                range,
                format!("the image name contains {name}"),
            )
            .hint(hint)
        }
        '"' | '\'' | '`' => error(
            Kind::Character,
            range,
            format!("the quote {c} is part of the name"),
        )
        .hint("the quotes are doubled; write them once"),
        c if c.is_control() => error(
            Kind::Character,
            range,
            format!("the name contains the control character U+{:04X}", c as u32),
        ),
        c if !c.is_ascii() => {
            let why = format!("`{c}` (U+{:04X}) is not an ASCII character", c as u32);
            let in_host = text[at..].contains('/') && !text[..at].contains('/');
            error(Kind::Character, range, why).hint(if in_host {
                "a host with other letters is written in punycode (`xn--…`)"
            } else {
                "it may look like a letter of the Latin alphabet; type the name anew"
            })
        }
        c => error(
            Kind::Character,
            range,
            format!("`{c}` stands nowhere in an image name"),
        ),
    })
}

fn slashes(named: Part<'_>) -> Result<(), ReferenceError> {
    let text = named.text;
    if text.starts_with('/') {
        return Err(error(
            Kind::Repository,
            named.char_at(0),
            "the name begins with `/`",
        )
        .hint("a variable for the registry may be empty, or the slash is one too many"));
    }
    if text.ends_with('/') {
        return Err(error(
            Kind::Repository,
            named.char_at(text.len() - 1),
            "the name ends with `/`",
        ));
    }
    if let Some(at) = text.find("//") {
        let at = named.start + at;
        return Err(error(
            Kind::Repository,
            at..at + 2,
            "two slashes follow each other; a part between them is missing",
        ));
    }
    Ok(())
}

/// The registry, when one is written: the first part, if it is `localhost` or has a dot or a colon (`normalize.go`,
/// `splitDockerDomain`).
fn split_host(named: Part<'_>) -> Result<(Option<Part<'_>>, Part<'_>), ReferenceError> {
    let Some(slash) = named.text.find('/') else {
        return Ok((None, named));
    };
    let (first, rest) = named.split(slash);
    let is_host =
        first.text.contains(['.', ':', '[']) || first.text.eq_ignore_ascii_case("localhost");
    if !is_host {
        return Ok((None, named));
    }
    host(first)?;
    Ok((Some(first), rest))
}

fn host(part: Part<'_>) -> Result<(), ReferenceError> {
    let text = part.text;
    let wrong = |range: Range<usize>, why: String| error(Kind::Host, range, why);
    let (name, port) = if text.starts_with('[') {
        let Some(close) = text.find(']') else {
            return Err(wrong(
                part.range(),
                "the `[` of the IPv6 address has no `]`".to_owned(),
            ));
        };
        let address = &text[1..close];
        if address.contains('%') {
            return Err(wrong(
                part.range(),
                "an IPv6 address with a zone (`%…`) cannot be in an image name".to_owned(),
            ));
        }
        if address.parse::<Ipv6Addr>().is_err() || address.contains('.') {
            return Err(wrong(
                part.range(),
                format!("`{address}` is not an IPv6 address"),
            ));
        }
        match text[close + 1..].strip_prefix(':') {
            Some(port) => (
                None,
                Some(Part {
                    text: port,
                    start: part.start + close + 2,
                }),
            ),
            None if close + 1 == text.len() => (None, None),
            None => {
                return Err(wrong(
                    part.range(),
                    format!("`{}` follows the IPv6 address", &text[close + 1..]),
                ));
            }
        }
    } else {
        if text.matches(':').count() > 1 {
            let error = wrong(part.range(), format!("`{text}` is not a host with a port"));
            return Err(match text.parse::<Ipv6Addr>() {
                Ok(_) => error.hint(format!(
                    "an IPv6 address is written in brackets: `[{text}]`"
                )),
                Err(_) => error,
            });
        }
        match text.find(':') {
            Some(colon) => {
                let (name, port) = part.split(colon);
                (Some(name), Some(port))
            }
            None => (Some(part), None),
        }
    };
    if let Some(name) = name {
        host_name(name)?;
    }
    let Some(port) = port else { return Ok(()) };
    if port.text.is_empty() {
        return Err(wrong(
            port.start - 1..port.start,
            "no port stands behind the `:` of the host".to_owned(),
        ));
    }
    if let Some(at) = port.text.find(|c: char| !c.is_ascii_digit()) {
        let why = format!(
            "`{}` is read as the port of the registry `{}`",
            port.text,
            &text[..port.start - 1]
        );
        return Err(wrong(
            port.range(),
            format!("{why}, and `{}` is not a digit", &text_at(port.text, at)),
        )
        .hint("a tag comes at the very end of the name"));
    }
    if port.text.len() > 5 || !matches!(port.text.parse::<u32>(), Ok(1..=65535)) {
        return Err(wrong(
            port.range(),
            format!(
                "port {} does not exist; ports go from 1 to 65535",
                port.text
            ),
        ));
    }
    Ok(())
}

fn text_at(text: &str, at: usize) -> char {
    text[at..].chars().next().unwrap_or(' ')
}

/// `regexp.go`, `domainComponent`: letters, digits and inner hyphens between dots.
fn host_name(name: Part<'_>) -> Result<(), ReferenceError> {
    let mut start = name.start;
    for label in name.text.split('.') {
        let range = start..start + label.len();
        if label.is_empty() {
            let at = start.min(name.end().saturating_sub(1));
            let range = at..(at + 1).max(start.min(name.end()));
            return Err(error(
                Kind::Host,
                range,
                format!("the host `{}` has an empty part", name.text),
            ));
        }
        if let Some(at) = label.find(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            let c = text_at(label, at);
            let why = format!("`{c}` cannot be in the host name `{}`", name.text);
            return Err(
                error(Kind::Host, start + at..start + at + c.len_utf8(), why)
                    .hint("a first part with a dot is taken for the registry's host"),
            );
        }
        if label.starts_with('-') || label.ends_with('-') {
            let why = format!("the host part `{label}` begins or ends with `-`");
            return Err(error(Kind::Host, range, why));
        }
        start = range.end + 1;
    }
    Ok(())
}

fn split_tag<'a>(
    host: Option<Part<'a>>,
    rest: Part<'a>,
) -> Result<(Part<'a>, Option<Part<'a>>), ReferenceError> {
    let Some(colon) = rest.text.find(':') else {
        return Ok((rest, None));
    };
    let (path, tag) = rest.split(colon);
    if path.text.is_empty() {
        return Err(error(
            Kind::Repository,
            rest.char_at(0),
            "no name stands before the `:`",
        ));
    }
    if tag.text.contains('/') {
        let why = "a `:` is in the middle of the name; only a port and a tag have one";
        let hint = match host {
            Some(host) => format!("perhaps `{}/{}`", host.text, rest.text.replace(':', "/")),
            None => "a tag comes at the very end of the name".to_owned(),
        };
        return Err(error(Kind::Repository, rest.char_at(colon), why).hint(hint));
    }
    if let Some(second) = tag.text.find(':') {
        let error = error(
            Kind::Tag,
            tag.char_at(second),
            "the tag contains a second `:`",
        );
        let digits = tag.text[..second].bytes().all(|b| b.is_ascii_digit());
        return Err(if host.is_none() && digits && !path.text.contains('/') {
            error.hint(format!(
                "with `{}:{}` as the registry, a name is missing",
                path.text,
                &tag.text[..second]
            ))
        } else {
            error
        });
    }
    Ok((path, Some(tag)))
}

/// The whole text with something else in the place of a part: a hint names the same host.
fn with(whole: &str, part: Part<'_>, instead: &str) -> String {
    format!("{}{instead}{}", &whole[..part.start], &whole[part.end()..])
}

/// `[\w][\w.-]{0,127}` (OCI distribution spec, "Pulling manifests").
fn tag<'a>(whole: &str, path: Part<'a>, tag: Part<'a>) -> Result<&'a str, ReferenceError> {
    let text = tag.text;
    if text.is_empty() {
        return Err(error(
            Kind::Tag,
            tag.start - 1..tag.start,
            "the tag behind the `:` is empty",
        )
        .hint(format!(
            "write a tag, or `{}` alone for `latest`",
            &whole[..path.end()]
        )));
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(at) = text.find(|c: char| !word(c) && c != '.' && c != '-') {
        let c = text_at(text, at);
        let error = error(
            Kind::Tag,
            tag.char_at(at),
            format!("`{c}` cannot be in a tag"),
        );
        return Err(if c == '+' || c == '~' {
            error.hint(format!(
                "registries write the version with `-` instead: `{}`",
                with(whole, tag, &text.replace(['+', '~'], "-"))
            ))
        } else {
            error.hint("a tag has letters, digits, `_`, `.` and `-`")
        });
    }
    if !text.starts_with(word) {
        let why = format!(
            "the tag begins with `{}`; it must begin with a letter, a digit or `_`",
            text_at(text, 0)
        );
        return Err(error(Kind::Tag, tag.char_at(0), why));
    }
    if text.len() > MAX_TAG {
        let why = format!(
            "the tag is {} characters long; at most {MAX_TAG} are allowed",
            text.len()
        );
        return Err(error(Kind::TooLong, tag.range(), why));
    }
    Ok(text)
}

/// opencontainers/go-digest `algorithm.go`: the algorithms it knows, in lowercase hex of their exact length.
fn digest<'a>(named: Part<'a>, digest: Part<'a>) -> Result<&'a str, ReferenceError> {
    let text = digest.text;
    let wrong = |range: Range<usize>, why: String| error(Kind::Digest, range, why);
    if text.is_empty() {
        return Err(wrong(
            digest.start - 1..digest.start,
            "no digest stands behind the `@`".to_owned(),
        ));
    }
    let Some(colon) = text.find(':') else {
        let error = wrong(
            digest.range(),
            "a digest is written `sha256:` and 64 hex digits".to_owned(),
        );
        let hex = text.bytes().all(|b| b.is_ascii_hexdigit());
        return Err(match text.len() {
            64 if hex => error.hint(format!("write `{}@sha256:{text}`", named.text)),
            1..=40 if !text.contains(['@', '/']) => {
                error.hint(format!("for a tag write `{}:{text}`", named.text))
            }
            _ => error,
        });
    };
    let (algorithm, hex) = digest.split(colon);
    let length = match algorithm.text {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        other => {
            return Err(wrong(
                algorithm.range(),
                format!("`{other}` is not a digest algorithm of registries"),
            ));
        }
    };
    if let Some(at) = hex.text.find([':', '@', '/']) {
        let tail = Part {
            text: &hex.text[at..],
            start: hex.start + at,
        };
        let error = wrong(
            tail.range(),
            format!(
                "`{}` follows the digest, which is the end of a name",
                tail.text
            ),
        );
        return Err(match tail.text.strip_prefix(':') {
            Some(tag) => error.hint(format!(
                "a tag stands before the digest: `{}:{tag}@…`",
                named.text
            )),
            None => error,
        });
    }
    if let Some(at) = hex.text.find(|c: char| !c.is_ascii_hexdigit()) {
        let why = format!("`{}` is not a hex digit", text_at(hex.text, at));
        return Err(wrong(hex.char_at(at), why));
    }
    if hex.text.len() != length {
        let (name, n) = (algorithm.text, hex.text.len());
        return Err(wrong(
            hex.range(),
            format!("a {name} digest has {length} hex digits, this one has {n}"),
        ));
    }
    if let Some(at) = hex.text.find(|c: char| c.is_ascii_uppercase()) {
        return Err(wrong(
            hex.char_at(at),
            "the hex digits of a digest are lowercase".to_owned(),
        )
        .hint(format!(
            "write `{}@{}:{}`",
            named.text,
            algorithm.text,
            hex.text.to_ascii_lowercase()
        )));
    }
    Ok(text)
}

/// `regexp.go`, `pathComponent`: lowercase letters and digits, with `.`, `_`, `__` or hyphens between them.
fn components(whole: &str, path: Part<'_>, has_host: bool) -> Result<(), ReferenceError> {
    let mut start = path.start;
    if let Some(at) = path.text.find(|c: char| c.is_ascii_uppercase()) {
        let c = text_at(path.text, at);
        let error = error(
            Kind::Uppercase,
            path.char_at(at),
            format!(
                "`{c}` is uppercase; a repository name must be lowercase (docker: \"repository name must be lowercase\")"
            ),
        );
        let lower = with(whole, path, &path.text.to_ascii_lowercase());
        return Err(
            if path.text.contains('/') && !has_host && !path.text[..at].contains('/') {
                error.hint(format!(
                    "did you mean `{lower}`? A registry's host would need a dot or a port"
                ))
            } else {
                error.hint(format!("did you mean `{lower}`?"))
            },
        );
    }
    for component in path.text.split('/') {
        component_is_well_formed(Part {
            text: component,
            start,
        })?;
        start += component.len() + 1;
    }
    Ok(())
}

fn component_is_well_formed(part: Part<'_>) -> Result<(), ReferenceError> {
    let text = part.text;
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if let Some(at) = text.find(|c: char| !alphanumeric(c) && !matches!(c, '.' | '_' | '-')) {
        let c = text_at(text, at);
        return Err(error(
            Kind::Repository,
            part.char_at(at),
            format!("`{c}` cannot be in a repository name"),
        ));
    }
    if !text.starts_with(alphanumeric) || !text.ends_with(alphanumeric) {
        let (at, verb) = if text.starts_with(alphanumeric) {
            (text.len() - 1, "ends")
        } else {
            (0, "begins")
        };
        let why = format!(
            "`{text}` {verb} with `{}`; it must begin and end with a letter or a digit",
            text_at(text, at)
        );
        return Err(error(Kind::Repository, part.char_at(at), why));
    }
    let mut at = 0;
    while let Some(offset) = text[at..].find(|c| !alphanumeric(c)) {
        at += offset;
        let length = text[at..].find(alphanumeric).unwrap_or(0);
        let separator = &text[at..at + length];
        if !matches!(separator, "." | "_" | "__") && separator.bytes().any(|b| b != b'-') {
            let why = format!(
                "`{separator}` cannot stand between letters; `.`, `_`, `__` and hyphens can"
            );
            return Err(error(
                Kind::Repository,
                part.start + at..part.start + at + length,
                why,
            ));
        }
        at += length;
    }
    Ok(())
}
