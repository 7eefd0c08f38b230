//! Functions: a list of expressions, all names that helm knows, and expressions made by dice.

use std::collections::BTreeMap;

use helm_render::{Renderer, Value, allowance, load};
use image_lint_text::meter::Meter;

use crate::beside::{by_helm, by_us, helm_says, lines, numbered_files, with_chart};
use crate::generated;

#[test]
fn expressions_give_what_helm_gives() {
    let values = "s: hello world\nn: 42\nf: 1.5\nb: true\nz: null\ne: ''\nl: [c, a, b, a]\nm: {b: 2, a: {x: 1}}\nml: |\n  one\n  two\nq: \"it's: a\"\nu: fooBar_baz-qux\nv: 1.2.3-rc.1+b\nbig: 123456789\n";
    let text = include_str!("../expressions.txt");
    let expressions: Vec<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let numbered = expressions.iter().enumerate();
    let template: String = numbered
        .map(|(i, e)| format!("{i}: {{{{ print ({e}) | toJson }}}}\n"))
        .collect();
    let files = vec![
        (
            "Chart.yaml".to_owned(),
            "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.2.3\n".to_owned(),
        ),
        ("values.yaml".to_owned(), values.to_owned()),
        ("files/a.txt".to_owned(), "first\nsecond\n".to_owned()),
        (
            "templates/_h.tpl".to_owned(),
            "{{ define \"h\" }}[{{ . }}]{{ end }}".to_owned(),
        ),
        ("templates/a.txt.yaml".to_owned(), template),
    ];
    let (ours, helms) = (by_us(&files), by_helm(&files).expect("helm renders it"));
    let ours = ours.expect("nothing fails here that helm renders");
    let of = |line: &String| {
        let number = line
            .split(':')
            .next()
            .and_then(|number| number.parse::<usize>().ok());
        number.map(|number| expressions[number])
    };
    let different: Vec<_> = helms
        .iter()
        .zip(&ours)
        .filter(|(a, b)| a != b)
        .map(|(a, b)| (of(a), a, b))
        .collect();
    assert!(
        different.is_empty(),
        "expression, helm, here: {different:#?}"
    );
}

/// Every name of helm 3.17's templates: Go's own (`text/template/funcs.go`), sprig 3.3.0's (`functions.go`) without `env`
/// and `expandenv`, and helm's (`pkg/engine/funcs.go`).
const NAMES: &str = "abbrev abbrevboth add add1 add1f addf adler32sum ago all and any append atoi b32dec b32enc b64dec \
    b64enc base bcrypt biggest buildCustomCert call camelcase cat ceil chunk clean coalesce compact concat contains date \
    dateInZone dateModify date_in_zone date_modify decryptAES deepCopy deepEqual default derivePassword dict dig dir div \
    divf duration durationRound empty encryptAES eq ext fail first float64 floor fromJson fromJsonArray fromToml fromYaml \
    fromYamlArray ge genCA genCAWithKey genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert \
    genSignedCertWithKey get getHostByName gt has hasKey hasPrefix hasSuffix hello html htmlDate htmlDateInZone htpasswd \
    include indent index initial initials int int64 isAbs join js kebabcase keys kindIs kindOf last le len list lookup \
    lower lt max maxf merge mergeOverwrite min minf mod mul mulf mustAppend mustChunk mustCompact mustDateModify \
    mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustPush \
    mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest \
    mustReverse mustSlice mustToDate mustToJson mustToPrettyJson mustToRawJson mustUniq mustWithout must_date_modify ne \
    nindent nospace not now omit or osBase osClean osDir osExt osIsAbs pick pluck plural prepend print printf println push \
    quote randAlpha randAlphaNum randAscii randBytes randInt randNumeric regexFind regexFindAll regexMatch regexQuoteMeta \
    regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace required rest reverse round semver semverCompare seq \
    set sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha split splitList splitn squote sub subf substr \
    swapcase ternary title toDate toDecimal toJson toPrettyJson toRawJson toString toStrings toToml toYaml toYamlPretty \
    tpl trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq unixEpoch unset until \
    untilStep untitle upper urlJoin urlParse urlquery uuidv4 values without wrap wrapWith";

#[test]
fn every_function_of_helm_is_known() {
    let names: Vec<&str> = NAMES.split_whitespace().collect();
    let chart = |names: &[&str]| {
        let calls = names
            .iter()
            .map(|name| format!("{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}\n"));
        with_chart(&[])
            .into_iter()
            .chain([("templates/a.yaml".to_owned(), calls.collect())])
            .collect::<Vec<_>>()
    };
    assert_eq!(by_helm(&chart(&names)), Some(Vec::new()), "helm has them");
    assert_eq!(
        by_us(&chart(&names)),
        Some(Vec::new()),
        "and so are they here"
    );
    for other in ["env", "expandenv", "durationSeconds"] {
        assert_eq!(by_helm(&chart(&[other])), None, "{other}");
        assert_eq!(by_us(&chart(&[other])), None, "{other}");
    }
}

#[test]
fn every_function_gives_something() {
    // What these give only a cluster, a network, chance or a clock and its zone say, or it costs much by design.
    const UNKNOWN: [&str; 37] = [
        "lookup",
        "getHostByName",
        "randAlpha",
        "randAlphaNum",
        "randAscii",
        "randBytes",
        "randInt",
        "randNumeric",
        "shuffle",
        "uuidv4",
        "genCA",
        "genCAWithKey",
        "genPrivateKey",
        "genSelfSignedCert",
        "genSelfSignedCertWithKey",
        "genSignedCert",
        "genSignedCertWithKey",
        "buildCustomCert",
        "bcrypt",
        "htpasswd",
        "derivePassword",
        "encryptAES",
        "decryptAES",
        "now",
        "ago",
        "date",
        "dateModify",
        "date_modify",
        "mustDateModify",
        "must_date_modify",
        "htmlDate",
        "toDate",
        "mustToDate",
        "unixEpoch",
        "call",
        "fail",
        "hello",
    ];
    let given = include_str!("../expressions.txt");
    let made: String = (0..40)
        .map(|seed| generated::expression(&mut generated::Dice::new(seed), 'a', 4))
        .collect();
    let words: std::collections::HashSet<&str> = given
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .chain(made.split(|c: char| !c.is_alphanumeric()))
        .collect();
    let without: Vec<&str> = NAMES
        .split_whitespace()
        .filter(|name| !words.contains(name) && !UNKNOWN.contains(name))
        .collect();
    assert!(without.is_empty(), "no expression has {without:?}");
}

/// Expressions of an ordinary run; `IMAGE_LINT_DIFFERENTIAL=20000` takes so many.
const EXPRESSIONS: usize = 900;
/// Expressions of one template.
const AT_ONCE: usize = 300;

#[test]
fn generated_expressions_give_what_helm_gives() {
    let given = std::env::var("IMAGE_LINT_DIFFERENTIAL").ok();
    let count: usize = given.map_or(EXPRESSIONS, |n| n.parse().expect("a number"));
    let all: Vec<String> = (0..count as u64)
        .map(|seed| {
            let mut dice = generated::Dice::new(seed);
            generated::expression(&mut dice, 'a', 1 + seed as usize % 4)
        })
        .collect();
    let (mut compared, mut refused, mut different) = (0, 0, Vec::new());
    for part in all.chunks(AT_ONCE) {
        let (by_helm, not_by_helm) = helm_lines(part);
        let (ours, not_ours) = our_lines(part);
        for (i, expression) in part.iter().enumerate() {
            let (helm, here) = (by_helm.get(&i), ours.get(&i));
            // A slice without a value is an empty list here.
            let plain = |line: Option<&String>| {
                line.map(|line| line.replace("null", "[]").replace("Null", "[]"))
            };
            let same =
                plain(helm) == plain(here) || not_by_helm.contains(&i) && not_ours.contains(&i);
            if !same {
                different.push((expression.as_str(), helm.cloned(), here.cloned()));
            }
            compared += 1;
            refused += usize::from(not_by_helm.contains(&i));
        }
    }
    println!(
        "{compared} expressions, {refused} refused by helm, {} differ",
        different.len()
    );
    let shown: Vec<String> = different
        .iter()
        .take(40)
        .map(|(expression, helm, here)| {
            format!("{expression}\n  helm: {helm:?}\n  here: {here:?}\n")
        })
        .collect();
    assert!(different.is_empty(), "{}", shown.concat());
}

fn template_of(expressions: &[String], without: &[usize]) -> Vec<(String, String)> {
    let numbered = expressions.iter().enumerate();
    let lines = numbered.map(|(i, expression)| match without.contains(&i) {
        true => "\n".to_owned(),
        false => format!("{i}: {{{{ {expression} | toJson }}}}\n"),
    });
    let files = [
        ("values.yaml".to_owned(), generated::VALUES.to_owned()),
        ("templates/a.txt.yaml".to_owned(), lines.collect()),
    ];
    with_chart(&[]).into_iter().chain(files).collect()
}

fn numbered(lines: Vec<String>) -> BTreeMap<usize, String> {
    let pairs = lines.into_iter().filter_map(|line| {
        let (number, rest) = line.split_once(": ")?;
        Some((number.parse().ok()?, rest.to_owned()))
    });
    pairs.collect()
}

/// What helm gives, and which expressions it refuses: these are taken out one by one, by the line that it names.
fn helm_lines(expressions: &[String]) -> (BTreeMap<usize, String>, Vec<usize>) {
    let mut refused = Vec::new();
    loop {
        match helm_says(&template_of(expressions, &refused)) {
            Ok(lines) => return (numbered(lines), refused),
            Err(why) => {
                let line = why
                    .split("a.txt.yaml:")
                    .nth(1)
                    .and_then(|rest| rest.split(':').next());
                let line: usize = line.and_then(|line| line.parse().ok()).expect(&why);
                assert!(!refused.contains(&(line - 1)), "{why}");
                refused.push(line - 1);
            }
        }
    }
}

fn our_lines(expressions: &[String]) -> (BTreeMap<usize, String>, Vec<usize>) {
    let files = template_of(expressions, &[]);
    let meter = Meter::new(allowance(1_000_000));
    let chart = load(&numbered_files(&files), &meter).unwrap();
    let output = Renderer::new(&chart).render(&Value::Nil, &meter);
    assert_eq!(output.refused, None);
    let template = &files.last().unwrap().1;
    let line = |at: usize| template[..at].matches('\n').count();
    let failed = output.failures.iter();
    let failed: Vec<usize> = failed
        .filter_map(|failure| Some(line(failure.at?.span.start as usize)))
        .collect();
    let text: String = output
        .files
        .iter()
        .map(|(_, text)| text.as_str().to_owned())
        .collect();
    let mut given = numbered(lines(&text));
    given.retain(|i, _| !failed.contains(i));
    (given, failed)
}
