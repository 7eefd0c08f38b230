//! Small charts, each of one idea, as helm 3.17 renders them: the program that scripts/install-chart-tools.sh installs
//! decides what is right.

mod generated;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use helm_render::{File, Renderer, Value, allowance, load};
use image_lint_text::meter::Meter;
use image_lint_text::rendered::SourceId;

type Files = &'static [(&'static str, &'static str)];

/// # Panics
/// When helm is missing: no test passes because a tool is not there.
fn helm() -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.join("target"), PathBuf::from);
    let helm = target.join("hook-tools/charts/helm");
    assert!(
        helm.exists(),
        "{} is needed: run scripts/install-chart-tools.sh",
        helm.display()
    );
    helm
}

fn with_chart(files: Files) -> Vec<(String, String)> {
    let own = (
        "Chart.yaml",
        "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.2.3\n",
    );
    let given = files.iter().any(|(path, _)| *path == "Chart.yaml");
    let own = (!given).then_some(own);
    own.into_iter()
        .chain(files.iter().copied())
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

/// What helm prints, without its `# Source:` lines and empty ones, in order; None where it refuses the chart.
fn by_helm(files: &[(String, String)]) -> Option<Vec<String>> {
    helm_says(files).ok()
}

/// The same, or what helm says where it refuses the chart.
fn helm_says(files: &[(String, String)]) -> Result<Vec<String>, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "chart-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let _ = std::fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::new(helm())
        .arg("template")
        .arg(&folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    match output.status.success() {
        true => Ok(lines(&String::from_utf8_lossy(&output.stdout))),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim_end);
    let mut lines: Vec<String> = lines
        .filter(|line| !line.is_empty() && *line != "---" && !line.starts_with("# Source:"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

fn numbered_files(files: &[(String, String)]) -> Vec<File> {
    let numbered = files.iter().enumerate();
    numbered
        .map(|(i, (path, text))| File {
            path: path.as_str().into(),
            source: SourceId(i as u32),
            bytes: text.as_bytes().into(),
        })
        .collect()
}

fn by_us(files: &[(String, String)]) -> Option<Vec<String>> {
    let meter = Meter::new(allowance(10_000));
    let chart = load(&numbered_files(files), &meter).ok()?;
    let output = Renderer::new(&chart).render(&Value::Nil, &meter);
    let refused = output.refused.is_some() || !output.failures.is_empty();
    let text: String = output
        .files
        .iter()
        .map(|(_, text)| format!("{}\n", text.as_str()))
        .collect();
    (!refused).then(|| lines(&text))
}

fn compare(rows: &[(&str, Files)]) {
    for (why, files) in rows {
        let files = with_chart(files);
        assert_eq!(by_us(&files), by_helm(&files), "{why}");
    }
}

#[test]
fn images_are_put_together_as_helm_does() {
    compare(&[
        (
            "a v before the version",
            &[
                ("values.yaml", "image: {repository: quay.io/x/y, tag: ''}\n"),
                (
                    "templates/a.yaml",
                    "image: \"{{ .Values.image.repository }}:v{{ .Values.image.tag | default .Chart.AppVersion }}\"\n",
                ),
            ],
        ),
        (
            "the same in a helper",
            &[
                ("values.yaml", "image: {repository: quay.io/x/y}\n"),
                (
                    "templates/_h.tpl",
                    "{{- define \"c.image\" -}}\n{{- $tag := default (printf \"v%s\" .Chart.AppVersion) .Values.image.tag -}}\n{{- printf \"%s:%s\" .Values.image.repository $tag -}}\n{{- end -}}\n",
                ),
                ("templates/a.yaml", "image: {{ include \"c.image\" . }}\n"),
            ],
        ),
        (
            "a suffix",
            &[
                ("values.yaml", "image: {tag: ''}\n"),
                (
                    "templates/a.yaml",
                    "image: q.io/x:{{ .Values.image.tag | default .Chart.AppVersion }}-alpine\n",
                ),
            ],
        ),
        (
            "a global tag",
            &[
                ("values.yaml", "global: {tag: v9}\nimage: {tag: ''}\n"),
                (
                    "templates/a.yaml",
                    "image: q.io/x:{{ coalesce .Values.image.tag .Values.global.tag .Chart.AppVersion }}\n",
                ),
            ],
        ),
        (
            "a registry by default",
            &[
                ("values.yaml", "image: {registry: '', repository: x/y}\n"),
                (
                    "templates/a.yaml",
                    "image: {{ default \"reg.example.io\" .Values.image.registry }}/{{ .Values.image.repository }}:1\n",
                ),
            ],
        ),
        (
            "a hub",
            &[
                ("values.yaml", "global: {hub: q.io/x, tag: 5}\n"),
                (
                    "templates/a.yaml",
                    "image: {{ .Values.global.hub }}/pilot:{{ .Values.global.tag }}\n",
                ),
            ],
        ),
        (
            "a map of images",
            &[
                ("values.yaml", "images: {b: q.io/b:1, a: q.io/a:1}\n"),
                (
                    "templates/a.yaml",
                    "{{- range $k, $v := .Values.images }}\n{{ $k }}: {{ $v | quote }}\n{{- end }}\n",
                ),
            ],
        ),
        (
            "a number as a tag",
            &[
                ("values.yaml", "tag: 1.20\n"),
                ("templates/a.yaml", "image: q.io/x:{{ .Values.tag }}\n"),
            ],
        ),
        (
            "a date as a tag",
            &[
                ("values.yaml", "tag: 20210512\n"),
                ("templates/a.yaml", "image: q.io/x:{{ .Values.tag }}\n"),
            ],
        ),
        (
            "an octal number as a tag",
            &[
                ("values.yaml", "tag: 0362525\nn: 1\n"),
                (
                    "templates/a.yaml",
                    "image: q.io/x:{{ .Values.tag | int64 }} {{ .Values.n }}\n",
                ),
            ],
        ),
        (
            "a template within values",
            &[
                (
                    "values.yaml",
                    "image: 'q.io/{{ .Values.name }}:1'\nname: z\n",
                ),
                ("templates/a.yaml", "image: {{ tpl .Values.image . }}\n"),
            ],
        ),
        (
            "a digest wins",
            &[
                ("values.yaml", "image: {tag: '1', digest: 'sha256:aa'}\n"),
                (
                    "templates/a.yaml",
                    "image: q.io/x{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end }}\n",
                ),
            ],
        ),
        (
            "keys of YAML 1.1",
            &[
                ("values.yaml", "list: [{n: x, m: y}]\n"),
                (
                    "templates/a.yaml",
                    "{{ range .Values.list }}a{{ .n }}b{{ .m }}: 1{{ end }}\n",
                ),
            ],
        ),
    ]);
}

/// Name and files of the charts of small_charts.txt.
fn small_charts() -> Vec<(&'static str, Vec<(String, String)>)> {
    let text = include_str!("small_charts.txt");
    let charts = text.split("\n== ").skip(1).map(|chart| {
        let mut parts = chart.split("\n-- ");
        let name = parts.next().unwrap_or_default();
        let files = parts.map(|part| {
            let (path, text) = part.split_once('\n').unwrap();
            (path.to_owned(), format!("{text}\n"))
        });
        let mut files: Vec<_> = files.collect();
        if files.iter().all(|(path, _)| path != "Chart.yaml") {
            files.extend(with_chart(&[]));
        }
        (name, files)
    });
    charts.collect()
}

#[test]
fn every_small_chart_renders_as_helm_renders_it() {
    let charts = small_charts();
    assert_eq!(charts.len(), 27);
    for (name, files) in charts {
        let ours = by_us(&files);
        match by_helm(&files) {
            Some(lines) => assert_eq!(ours, Some(lines), "{name}"),
            // helm refuses a chart whose dependency is missing; here it is named, and the rest is rendered.
            None => {
                assert_eq!(name, "27-requirements-yaml");
                let meter = Meter::new(allowance(10_000));
                let chart = load(&numbered_files(&files), &meter).unwrap();
                assert_eq!(&*helm_render::missing(&chart)[0].name, "ksm");
            }
        }
    }
}

#[test]
fn subcharts_see_what_helm_gives_them() {
    const SUB: (&str, &str) = (
        "charts/s/Chart.yaml",
        "apiVersion: v2\nname: s\nversion: 1.0.0\nappVersion: 7.7\n",
    );
    const POD: (&str, &str) = (
        "charts/s/templates/a.yaml",
        "image: q.io/s:{{ .Values.tag | default .Chart.AppVersion }}-{{ .Values.global.x }}\n",
    );
    compare(&[
        ("its own version", &[SUB, POD]),
        (
            "the parent's values win",
            &[
                SUB,
                POD,
                ("charts/s/values.yaml", "tag: a\n"),
                ("values.yaml", "s: {tag: b}\n"),
            ],
        ),
        (
            "globals go down",
            &[
                SUB,
                POD,
                ("charts/s/values.yaml", "global: {x: own}\n"),
                ("values.yaml", "global: {x: parent}\n"),
            ],
        ),
        (
            "a condition turns it off",
            &[
                SUB,
                POD,
                ("values.yaml", "s: {enabled: false}\n"),
                (
                    "Chart.yaml",
                    "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: s, version: 1.x, condition: s.enabled}]\n",
                ),
            ],
        ),
        (
            "a tag turns it off",
            &[
                SUB,
                POD,
                ("values.yaml", "tags: {extra: false}\n"),
                (
                    "Chart.yaml",
                    "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: s, version: ^1.0.0, tags: [extra]}]\n",
                ),
            ],
        ),
        (
            "an alias, twice",
            &[
                SUB,
                POD,
                ("values.yaml", "one: {tag: 1}\ntwo: {tag: 2}\n"),
                (
                    "Chart.yaml",
                    "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: s, version: 1.0.0, alias: one}, {name: s, version: 1.0.0, alias: two}]\n",
                ),
            ],
        ),
        (
            "imported values",
            &[
                SUB,
                POD,
                ("charts/s/values.yaml", "exports: {data: {t: 5}}\n"),
                ("templates/a.yaml", "t: {{ .Values.t }}\n"),
                (
                    "Chart.yaml",
                    "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: s, version: 1.0.0, import-values: [data]}]\n",
                ),
            ],
        ),
        (
            "requirements.yaml",
            &[
                SUB,
                POD,
                ("values.yaml", "s: {enabled: false}\n"),
                ("Chart.yaml", "apiVersion: v1\nname: c\nversion: 0.1.0\n"),
                (
                    "requirements.yaml",
                    "dependencies: [{name: s, version: 1.0.0, condition: s.enabled}]\n",
                ),
            ],
        ),
        (
            "a helper of the parent replaces that of a subchart",
            &[
                SUB,
                ("charts/s/templates/a.yaml", "i: {{ include \"i\" . }}\n"),
                (
                    "charts/s/templates/_h.tpl",
                    "{{ define \"i\" }}sub{{ end }}",
                ),
                ("templates/_h.tpl", "{{ define \"i\" }}parent{{ end }}"),
            ],
        ),
        (
            "null takes a key away",
            &[
                SUB,
                ("charts/s/templates/a.yaml", "v: {{ .Values | toJson }}\n"),
                ("charts/s/values.yaml", "a: {b: 1, c: 2}\n"),
                ("values.yaml", "s: {a: {b: null}}\n"),
            ],
        ),
    ]);
}

#[test]
fn a_chart_that_helm_refuses_is_refused() {
    compare(&[
        (
            "required",
            &[("templates/a.yaml", "a: {{ required \"x\" .Values.x }}\n")],
        ),
        ("fail", &[("templates/a.yaml", "{{ fail \"no\" }}\n")]),
        (
            "a field of nothing",
            &[("templates/a.yaml", "a: {{ .Values.x.y }}\n")],
        ),
        (
            "a template that is not there",
            &[("templates/a.yaml", "a: {{ include \"x\" . }}\n")],
        ),
        ("no template", &[("templates/a.yaml", "a: {{ if }}\n")]),
        (
            "text where a number is wanted",
            &[("templates/a.yaml", "a: {{ \"x\" | indent \"2\" }}\n")],
        ),
        (
            "types that are not compared",
            &[
                ("values.yaml", "a: 1\n"),
                ("templates/a.yaml", "a: {{ eq .Values.a 1 }}\n"),
            ],
        ),
        (
            "a number given as text",
            &[
                ("values.yaml", "a: 1\n"),
                ("templates/a.yaml", "a: {{ .Values.a | trunc 3 }}\n"),
            ],
        ),
    ]);
}

#[test]
fn expressions_give_what_helm_gives() {
    let values = "s: hello world\nn: 42\nf: 1.5\nb: true\nz: null\ne: ''\nl: [c, a, b, a]\nm: {b: 2, a: {x: 1}}\nml: |\n  one\n  two\nq: \"it's: a\"\nu: fooBar_baz-qux\nv: 1.2.3-rc.1+b\nbig: 123456789\n";
    let text = include_str!("expressions.txt");
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
    let given = include_str!("expressions.txt");
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
