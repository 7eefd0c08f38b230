//! Whole charts: what their templates put together, and what their subcharts see.

use helm_render::{allowance, load};
use image_lint_text::meter::Meter;

use crate::beside::{by_helm, by_us, compare, numbered_files, with_chart};

#[test]
fn images_are_put_together_as_helm_does() {
    compare(&[
        (
            "a pipe with nothing after it",
            &[(
                "templates/a.yaml",
                "image: {{ (\"a\" | ) | printf \"%s/b\" | }}\nname: {{ $x := \"c\" | }}{{ $x | quote |}}\n",
            )],
        ),
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
    let text = include_str!("../small_charts.txt");
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
            "a pipe with nothing before it",
            &[("templates/a.yaml", "a: {{ | quote }}\n")],
        ),
        (
            "a pipe after a pipe",
            &[("templates/a.yaml", "a: {{ 1 | | quote }}\n")],
        ),
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
