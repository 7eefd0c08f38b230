use super::*;

pub(super) const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: ";

pub(super) fn chart(files: &[(&str, &str)]) -> Vec<ChartFile> {
    let all = [(
        "Chart.yaml",
        "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.2.3\n",
    )];
    let numbered = all.iter().chain(files).enumerate();
    let file = |(i, (path, text)): (usize, &(&str, &str))| {
        let text = text.replace("POD", POD);
        let whole = RepoPath::from_bytes(format!("c/{path}").as_bytes());
        ChartFile {
            path: (*path).into(),
            bytes: text.as_bytes().into(),
            file: SourceFile::new(FileId(i as u32), whole, text),
        }
    };
    numbered.map(file).collect()
}

/// `FILE:LINE IMAGE [CONDITION]` for each image.
fn deployed(files: &[(&str, &str)]) -> Vec<String> {
    let files = chart(files);
    let path = RepoPath::from_bytes(b"c");
    let chart = render(&path, &files, &[], &RunMeter::default()).unwrap();
    let mut found = Vec::new();
    for (id, extraction) in &chart.extractions {
        let path = &files.iter().find(|file| file.file.id == *id).unwrap().path;
        for mention in &extraction.mentions {
            let when = match &mention.condition {
                Some(condition) => format!(" {}", condition.words()),
                None => String::new(),
            };
            found.push(format!(
                "{path}:{} {}{when}",
                mention.place.start.line,
                mention.value.written()
            ));
        }
    }
    found.sort();
    found
}

#[test]
fn an_image_is_at_the_line_that_decides_it() {
    for (files, expected, why) in [
        (
            &[
                ("values.yaml", "image:\n  repository: quay.io/a/b\n"),
                (
                    "templates/a.yaml",
                    "POD\"{{ .Values.image.repository }}:v{{ .Chart.AppVersion }}\"\n",
                ),
            ][..],
            &["values.yaml:2 quay.io/a/b:v1.2.3"][..],
            "a tag made of the chart's version",
        ),
        (
            &[
                (
                    "templates/_h.tpl",
                    "{{ define \"i\" }}quay.io/a/c:5{{ end }}",
                ),
                ("templates/a.yaml", "POD{{ include \"i\" . }}\n"),
            ],
            &["templates/_h.tpl:1 quay.io/a/c:5"],
            "a literal of a helper",
        ),
        (
            &[
                ("values.yaml", "tag: 1.20\nrepo: quay.io/a/b\n"),
                (
                    "templates/a.yaml",
                    "POD{{ .Values.repo }}:{{ .Values.tag }}\n",
                ),
            ],
            &["values.yaml:2 quay.io/a/b:1.2"],
            "a number as helm prints it",
        ),
        (
            &[
                (
                    "values.yaml",
                    "side: {enabled: false, image: quay.io/a/side:2}\n",
                ),
                (
                    "templates/a.yaml",
                    "{{ if .Values.side.enabled }}\nPOD{{ .Values.side.image }}\n{{ end }}",
                ),
            ],
            &["values.yaml:1 quay.io/a/side:2 when side.enabled"],
            "hidden by a default",
        ),
        (
            &[
                (
                    "values.yaml",
                    "debug: false\na: {enabled: false, side: {enabled: false, image: quay.io/a/side:2}}\n",
                ),
                (
                    "templates/a.yaml",
                    "{{ if and .Values.a.enabled .Values.a.side.enabled }}\nPOD{{ .Values.a.side.image }}\n{{ end }}",
                ),
            ],
            &["values.yaml:2 quay.io/a/side:2 when a.enabled and a.side.enabled"],
            "hidden by a default within another one",
        ),
        (
            &[
                (
                    "values.yaml",
                    "c: false\nb: false\na: false\nd: false\nimage: quay.io/a/side:2\n",
                ),
                (
                    "templates/a.yaml",
                    "{{ if and .Values.a .Values.c }}\nPOD{{ .Values.image }}\n{{ end }}",
                ),
            ],
            &["values.yaml:5 quay.io/a/side:2 when a and c"],
            "hidden by two defaults: no more than these are named",
        ),
        (
            &[
                (
                    "values.yaml",
                    "a: {enabled: false, url: \"\"}\nimage: quay.io/a/side:2\n",
                ),
                (
                    "templates/a.yaml",
                    "{{ if .Values.a.enabled }}\n# {{ required \"url\" .Values.a.url }}\nPOD{{ .Values.image }}\n{{ end }}",
                ),
            ],
            &[],
            "what helm refuses when it is turned on is deployed by nobody yet",
        ),
        (
            &[
                ("values.yaml", "image: quay.io/a/b:1\n"),
                ("values-prod.yaml", "\nimage: quay.io/a/b:2\n"),
                ("templates/a.yaml", "POD{{ .Values.image }}\n"),
            ],
            &[
                "values-prod.yaml:2 quay.io/a/b:2",
                "values.yaml:1 quay.io/a/b:1",
            ],
            "two values files",
        ),
        (
            &[("templates/a.yaml", "POD\"quay.io/{{ .Release.Name }}:1\"\n")],
            &["templates/a.yaml:7 quay.io/{{ .Release.Name }}:1"],
            "what only a release says stays open",
        ),
    ] {
        assert_eq!(deployed(files), expected, "{why}");
    }
}

#[test]
fn what_a_false_value_hides_is_found_wherever_the_value_is_looked_at() {
    let hidden = "{{ define \"on\" }}{{ if .Values.a.active }}true{{ end }}{{ end }}";
    let suffixed =
        "{{ define \"i\" }}quay.io/a/b:1{{ if .Values.alpine }}-alpine{{ end }}{{ end }}";
    let many: String = (0..90).map(|i| format!("a{i}: false\n")).collect();
    for (files, expected, why) in [
        (
            &[
                ("values.yaml", "a: {active: false}\n"),
                ("templates/_h.tpl", hidden),
                (
                    "templates/a.yaml",
                    "{{ if include \"on\" . }}\nPODquay.io/a/side:2\n{{ end }}",
                ),
            ][..],
            &["templates/a.yaml:8 quay.io/a/side:2 when a.active"][..],
            "within a helper that a condition calls",
        ),
        (
            &[
                ("values.yaml", "external: false\n"),
                (
                    "templates/a.yaml",
                    "{{ if not .Values.external }}\nPODquay.io/a/own:1\n{{ else }}\nPODquay.io/a/other:2\n{{ end }}",
                ),
            ],
            &[
                "templates/a.yaml:16 quay.io/a/other:2 when external",
                "templates/a.yaml:8 quay.io/a/own:1",
            ],
            "what is there in place of what it turns off",
        ),
        (
            &[
                ("values.yaml", "alpine: false\n"),
                (
                    "templates/a.yaml",
                    "POD{{ ternary \"quay.io/a/b:alpine\" \"quay.io/a/b:1\" .Values.alpine }}\n",
                ),
            ],
            &[
                "templates/a.yaml:7 quay.io/a/b:1",
                "templates/a.yaml:7 quay.io/a/b:alpine when alpine",
            ],
            "one of two images",
        ),
        (
            &[
                ("values.yaml", "alpine: false\n"),
                ("templates/_h.tpl", suffixed),
                ("templates/a.yaml", "POD{{ include \"i\" . }}\n"),
            ],
            &[
                "templates/_h.tpl:1 quay.io/a/b:1",
                "templates/_h.tpl:1 quay.io/a/b:1-alpine when alpine",
            ],
            "a part of a tag in a helper",
        ),
        (
            &[
                (
                    "values.yaml",
                    "extra: false\nsides:\n  - {name: s, image: quay.io/a/side:2}\n",
                ),
                (
                    "templates/a.yaml",
                    "PODquay.io/a/b:1\n{{ if .Values.extra }}{{ toYaml .Values.sides | indent 4 }}{{ end }}\n",
                ),
            ],
            &[
                "templates/a.yaml:7 quay.io/a/b:1",
                "values.yaml:3 quay.io/a/side:2 when extra",
            ],
            "values that are printed as a whole",
        ),
        (
            &[
                (
                    "values.yaml",
                    "workers:\n  a: {active: false, what: quay.io/a/w:1}\n",
                ),
                (
                    "templates/a.yaml",
                    "{{ range $name, $of := .Values.workers }}{{ if $of.active }}\n---\nPOD{{ $of.what }}\n{{ end }}{{ end }}",
                ),
            ],
            &["values.yaml:2 quay.io/a/w:1 when workers.a.active"],
            "a value of an item of a map",
        ),
        (
            &[
                ("values.yaml", "other: false\n"),
                (
                    "templates/a.yaml",
                    "{{ $i := \"quay.io/a/b:1\" }}{{ if .Values.other }}{{ $i = \"quay.io/a/b:2\" }}{{ end }}\nPOD{{ $i }}\n",
                ),
            ],
            &[
                "templates/a.yaml:1 quay.io/a/b:1",
                "templates/a.yaml:1 quay.io/a/b:2 when other",
            ],
            "a variable that is set",
        ),
        (
            &[
                ("values.yaml", &*format!("{many}last: false\n")),
                (
                    "templates/a.yaml",
                    "{{ if .Values.a1 }}x: 1{{ end }}\n{{ if .Values.last }}\nPODquay.io/a/b:1\n{{ end }}",
                ),
            ],
            &["templates/a.yaml:9 quay.io/a/b:1 when last"],
            "one of many",
        ),
        (
            &[
                ("values.yaml", "s: {enabled: false}\n"),
                (
                    "requirements.yaml",
                    "dependencies: [{name: s, version: 1.x, condition: s.enabled}]\n",
                ),
                (
                    "charts/s/Chart.yaml",
                    "apiVersion: v2\nname: s\nversion: 1.0.0\n",
                ),
                ("charts/s/values.yaml", "more: false\n"),
                (
                    "charts/s/templates/a.yaml",
                    "PODquay.io/a/s:1\n{{ if .Values.more }}\n---\nPODquay.io/a/more:1\n{{ end }}",
                ),
            ],
            &[
                "charts/s/templates/a.yaml:16 quay.io/a/more:1 when s.enabled and s.more",
                "charts/s/templates/a.yaml:7 quay.io/a/s:1 when s.enabled",
            ],
            "a chart that is turned off, and what is turned off in it",
        ),
    ] {
        assert_eq!(deployed(files), expected, "{why}");
    }
}

#[test]
fn values_that_hide_no_image_cost_no_rendering() {
    let values: String = (0..200).map(|i| format!("a{i}: false\n")).collect();
    let idle: String = (0..200)
        .map(|i| format!("{{{{ if .Values.a{i} }}}}b{i}: 1{{{{ end }}}}\n"))
        .collect();
    let steps = |values: &str| {
        let files = chart(&[
            ("values.yaml", values),
            ("templates/a.yaml", "PODquay.io/a/b:1\n"),
            ("templates/b.yaml", &idle),
        ]);
        let run = RunMeter::default();
        render(&RepoPath::from_bytes(b"c"), &files, &[], &run).unwrap();
        run.steps()
    };
    let (off, on) = (steps(&values), steps(&values.replace("false", "true")));
    assert!(off < 2 * on, "{off} steps, {on} where all are on");
}

#[test]
fn a_chart_that_helm_refuses_is_named_with_its_reason() {
    let files = chart(&[(
        "templates/a.yaml",
        "{{ required \"set x\" .Values.x }}\nPODquay.io/a/b:1\n",
    )]);
    let chart = render(
        &RepoPath::from_bytes(b"c"),
        &files,
        &[],
        &RunMeter::default(),
    )
    .unwrap();
    let problems: Vec<_> = chart
        .extractions
        .iter()
        .flat_map(|(_, extraction)| &extraction.charts)
        .map(|problem| &problem.kind)
        .collect();
    assert_eq!(problems, [&ChartProblemKind::Refused("set x".into())]);
}

#[test]
fn a_chart_that_is_not_here_is_named_once() {
    let mut files = chart(&[("templates/a.yaml", "POD{{ include \"other.image\" . }}\n")]);
    let text = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: other, version: 1.0.0, repository: 'https://x'}]\n";
    files[0].bytes = text.as_bytes().into();
    files[0].file.text = text.to_owned();
    let chart = render(
        &RepoPath::from_bytes(b"c"),
        &files,
        &[],
        &RunMeter::default(),
    )
    .unwrap();
    assert_eq!(chart.notes.len(), 1);
    assert!(chart.notes[0].1.contains("other"), "{:?}", chart.notes);
    assert!(
        chart
            .extractions
            .iter()
            .all(|(_, extraction)| extraction.charts.is_empty())
    );
}

#[test]
fn what_a_chart_costs_is_counted_and_ends_with_the_time_for_reading() {
    let doubling =
        "{{ $x := \"quay.io/a/b\" }}{{ range until 40 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}";
    let nested = "{{ $l := until 3000 }}{{ range $l }}{{ range $l }}{{ end }}{{ end }}";
    let including = "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}";
    for (template, used_up) in [
        (doubling, "more text than"),
        (nested, "more work than"),
        (including, ""),
    ] {
        let files = chart(&[("templates/a.yaml", template)]);
        let run = RunMeter::default();
        let outcome = render(&RepoPath::from_bytes(b"c"), &files, &[], &run);
        match outcome {
            Err(why) => assert!(!used_up.is_empty() && why.contains(used_up), "{why}"),
            Ok(_) => assert!(used_up.is_empty(), "{template}"),
        }
        assert!(run.steps() > 0, "{template}");
    }
    let files = chart(&[(
        "templates/a.yaml",
        "POD{{ range until 9000 }}{{ end }}q.io/a:1\n",
    )]);
    let run = RunMeter::default();
    run.stop(image_lint_text::meter::Stop::Deadline);
    let outcome = render(&RepoPath::from_bytes(b"c"), &files, &[], &run);
    assert_eq!(
        outcome.err().as_deref(),
        Some("the time for reading was used up")
    );
}
