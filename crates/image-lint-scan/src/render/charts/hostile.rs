//! Charts that were written to cost more than they say.

use std::fmt::Write as _;

use super::tests::{POD, chart};
use super::*;

/// Steps of all renderings of one chart: of its defaults, of its values files and of the search, each by its size.
fn most(files: &[ChartFile]) -> u64 {
    let bytes = files.iter().map(|file| file.bytes.len()).sum();
    let renderings = 3 + MAX_VALUES_FILES as u64;
    renderings * allowance(bytes).steps
}

/// 300 images that a value of their own hides.
fn hidden(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).fold(String::new(), |mut text, i| {
        let _ = write!(text, "{}", line(i));
        text
    })
}

fn switches() -> String {
    hidden(300, |i| {
        format!("s{i}: {{on1: false, image: quay.io/a/i{i}:1}}\n")
    })
}

fn each_hidden() -> String {
    hidden(300, |i| {
        format!(
            "{{{{ if .Values.s{i}.on1 }}}}\n---\n{POD}{{{{ .Values.s{i}.image }}}}\n{{{{ end }}}}"
        )
    })
}

fn doubled(n: usize, condition: impl Fn(usize) -> String, last: &str) -> String {
    let mut text = hidden(n, |i| {
        let (open, close) = match condition(i) {
            condition if condition.is_empty() => (String::new(), ""),
            condition => (format!("{{{{ if {condition} }}}}"), "{{ end }}"),
        };
        let next = format!("{{{{ include \"a{}\" . }}}}", i + 1);
        format!("{{{{ define \"a{i}\" }}}}{open}{next}{next}{close}{{{{ end }}}}")
    });
    let _ = write!(
        text,
        "{{{{ define \"a{n}\" }}}}{last}{{{{ end }}}}{{{{ include \"a0\" . }}}}"
    );
    text
}

/// Templates, each alone in its chart, with what they cost.
fn templates() -> Vec<(&'static str, String)> {
    let x = "{{ $x := \"quay.io/a/b\" }}";
    vec![
        (
            "a text that doubles",
            format!(
                "{x}{{{{ range until 40 }}}}{{{{ $x = printf \"%s%s\" $x $x }}}}{{{{ end }}}}{POD}{{{{ $x }}}}\n"
            ),
        ),
        (
            "a map in itself",
            "{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ toYaml $d }}".into(),
        ),
        (
            "loops in loops",
            "{{ range until 10000 }}{{ range until 10000 }}x{{ end }}{{ end }}".into(),
        ),
        (
            "a template that includes itself",
            "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}".into(),
        ),
        ("a text repeated", "{{ repeat 1000000000 \"x\" }}".into()),
        (
            "a repeated text repeated",
            "{{ repeat 100000 (repeat 100000 \"x\") }}".into(),
        ),
        (
            "two includes at each of 30 levels",
            doubled(30, |_| String::new(), "x"),
        ),
        ("300 hidden images", each_hidden()),
        (
            "60 conditions in each other",
            format!(
                "{}\n{POD}quay.io/a/b:1\n{}",
                hidden(60, |i| format!("{{{{ if .Values.s{i}.on1 }}}}")),
                "{{ end }}".repeat(60)
            ),
        ),
        (
            "hidden images where each rendering is dear",
            format!("{{{{ range until 300000 }}}}{{{{ end }}}}{}", each_hidden()),
        ),
        (
            "branches in helpers in helpers",
            doubled(200, |i| format!(".Values.s{i}.on1"), "image"),
        ),
        (
            "an expression that backtracks",
            "{{ regexReplaceAll \"(a*)*b\" (repeat 100000 \"a\") \"x\" }}".into(),
        ),
        (
            "a layout of a date",
            "{{ dateInZone (repeat 1000000 \"Monday\") 0 \"UTC\" }}".into(),
        ),
        (
            "one line of thousands of actions",
            format!("{POD}{}", "{{ .Values.s1.image }}".repeat(3000)),
        ),
    ]
}

#[test]
fn what_a_hostile_chart_costs_is_bounded_by_its_size() {
    let values = switches();
    let list = format!("l: [{}]\n", "x,".repeat(4_000));
    let many: Vec<(String, String)> = (0..32)
        .map(|i| {
            (
                format!("values-{i}.yaml"),
                format!("i: quay.io/a/b:{i}\n{list}"),
            )
        })
        .collect();
    let mut cases: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    let templates = templates();
    for (why, text) in &templates {
        cases.push((
            why,
            vec![("values.yaml", &values), ("templates/a.yaml", text)],
        ));
    }
    cases.push((
        "a value that is a template of itself",
        vec![
            (
                "values.yaml",
                "t: '{{ tpl .Values.t . }}{{ tpl .Values.t . }}'\n",
            ),
            ("templates/a.yaml", "{{ tpl .Values.t . }}"),
        ],
    ));
    let mut files: Vec<(&str, &str)> = many.iter().map(|(p, t)| (&**p, &**t)).collect();
    files.push((
        "templates/a.yaml",
        "POD{{ .Values.i }}\n{{ range .Values.l }}{{ end }}",
    ));
    cases.push(("32 values files", files));
    for (why, files) in cases {
        let files = chart(&files);
        let run = RunMeter::default();
        let _ = render(&RepoPath::from_bytes(b"c"), &files, &[], &run);
        let (steps, most) = (run.steps(), most(&files));
        assert!(steps > 0 && steps < most, "{why}: {steps} of {most} steps");
    }
}
