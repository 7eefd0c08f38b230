use super::*;
use image_lint_text::rendered::SourceId;

fn parsed(text: &str) -> Result<usize, String> {
    let text = Rendered::copied(text, SourceId(0), 0);
    parse(&text, &|name| name.len() < 10)
        .map(|parsed| parsed.body.len())
        .map_err(|error| error.why)
}

#[test]
fn what_go_parses_is_parsed() {
    for (text, nodes, why) in [
        ("a{{ .x }}b", 3, "text and an action"),
        (
            "a {{- /* c */ -}} b",
            2,
            "a comment trims both sides when both say so",
        ),
        ("a {{- /* c */}} b", 2, "only the left side"),
        ("{{ $x := 1 }}{{ $x = 2 }}", 2, "variables"),
        (
            "{{ if .a }}1{{ else if .b }}2{{ else }}3{{ end }}",
            1,
            "a chain",
        ),
        ("{{ range $i, $e := .a }}{{ break }}{{ end }}", 1, "a loop"),
        ("{{ define \"a\" }}x{{ end }}", 0, "a definition"),
        ("{{ (.a | quote).b.c }}", 1, "a field of parentheses"),
        ("{{ \"}}\" }}", 1, "marks in a string"),
        ("{{ `a\n}}` }}", 1, "a raw string"),
        (
            "{{ with .a }}{{ else with .b }}{{ end }}",
            1,
            "a chain of with",
        ),
        ("{{- -1 -}}", 1, "a number after the trim mark"),
        ("{{ .x | }}", 1, "a pipe with nothing after it"),
        ("{{ (.x | len |) }}", 1, "the same in parentheses"),
        ("{{ if .x |}}a{{ end }}", 1, "the same in a condition"),
    ] {
        assert_eq!(parsed(text), Ok(nodes), "{why}: {text}");
    }
}

#[test]
fn what_go_refuses_is_refused() {
    for (text, why) in [
        ("{{ .x | | len }}", "unexpected \"|\" in command"),
        ("{{ | len }}", "unexpected \"|\" in command"),
        ("{{ (| len) }}", "unexpected \"|\" in command"),
        ("{{ if .a }}", "unexpected EOF"),
        ("{{ end }}", "unexpected {{end}}"),
        ("{{ $x }}", "undefined variable \"$x\""),
        (
            "{{ notafunction .x }}",
            "function \"notafunction\" not defined",
        ),
        ("{{ .x", "unclosed action"),
        ("{{ break }}", "{{break}} outside {{range}}"),
        ("{{ (.x }}", "unclosed left paren"),
        ("{{ }}", "missing value for command"),
    ] {
        assert_eq!(parsed(text), Err(why.to_owned()), "{text}");
    }
}
