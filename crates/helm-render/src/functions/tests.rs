//! Values that templates build so that walking through them would never end, or take the whole stack.

use image_lint_text::meter::Meter;
use image_lint_text::rendered::SourceId;

use crate::{File, Output, Renderer, Value, allowance, load};

/// What a chart of one template becomes; the meter has counted what it cost.
fn rendered(template: &str, meter: &Meter) -> Output {
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
        ("values.yaml", "own: {}\n"),
        ("templates/a.yaml", template),
    ];
    let files: Vec<File> = files
        .into_iter()
        .enumerate()
        .map(|(i, (path, text))| File {
            path: path.into(),
            source: SourceId(u32::try_from(i).unwrap()),
            bytes: text.as_bytes().into(),
        })
        .collect();
    let chart = load(&files, meter).unwrap();
    Renderer::new(&chart).render(&Value::Nil, meter)
}

/// Whether the template fails where helm's would never end, or is rendered.
fn is_rendered(template: &str) -> bool {
    let allowed = allowance(template.len());
    let meter = Meter::new(allowed);
    let output = rendered(template, &meter);
    assert!(meter.bytes() <= allowed.bytes, "{template}");
    output.refused.is_none() && output.failures.is_empty()
}

#[test]
fn values_may_be_in_each_other_as_often_as_a_loop_turns() {
    for nest in [
        "dict \"a\" $x",
        "list $x",
        "list (dict \"a\" (list $x))",
        "append (list) $x",
        "set (dict) \"a\" $x",
    ] {
        let start = "{{ $x := dict }}{{ range until 20000 }}{{ $x = ";
        let dropped = format!("{start}{nest} }}}}{{{{ end }}}}{{{{ $x = 1 }}}}");
        // `set` looks through what it is given, which is too deep at some time.
        let _ = is_rendered(&dropped);
        for walk in [
            "$x",
            "print $x",
            "printf \"%v %s\" $x $x",
            "toYaml $x",
            "toJson $x",
            "deepCopy $x",
            "deepEqual $x (deepCopy $x)",
            "uniq (list $x $x)",
            "merge (dict) (dict \"a\" $x)",
            "add 1 $x",
            "toString $x | len",
        ] {
            let template = format!("{start}{nest} }}}}{{{{ end }}}}{{{{ {walk} }}}}");
            let _ = is_rendered(&template);
        }
    }
    assert!(is_rendered(
        "{{ $x := dict }}{{ range until 20000 }}{{ $x = dict \"a\" $x }}{{ end }}"
    ));
}

#[test]
fn values_that_are_shared_at_each_level_cost_what_the_meter_lets_through() {
    for double in ["dict \"a\" $x \"b\" $x", "list $x $x"] {
        let value = |name: &str| {
            let turn = double.replace("$x", name);
            format!(
                "{{{{ {name} := dict }}}}{{{{ range until 60 }}}}{{{{ {name} = {turn} }}}}{{{{ end }}}}"
            )
        };
        for walk in [
            "$x",
            "print $x $x",
            "printf \"%s %d %v\" $x $x $x",
            "printf \"\" $x",
            "cat $x $x | quote | len",
            "join \",\" (list $x $x $x $x $x $x $x $x)",
            "toYaml $x",
            "toJson $x",
            "toString $x",
            "deepCopy $x",
            "deepEqual $x $y",
            "uniq (list $x $y)",
            "has $x (list $y)",
            "without (list $x) $y",
            "merge (dict) (dict \"a\" $x)",
            "set (dict) \"a\" $x",
            "add 1 $x",
            "ternary 1 2 $x",
        ] {
            let template = format!("{}{}{{{{ {walk} }}}}", value("$x"), value("$y"));
            let _ = is_rendered(&template);
        }
    }
}

#[test]
fn no_map_gets_into_itself() {
    let deep =
        "{{ $m := dict }}{{ $x := $m }}{{ range until 20 }}{{ $x = dict \"a\" $x }}{{ end }}";
    for template in [
        "{{ $m := dict }}{{ $_ := set $m \"a\" $m }}{{ $m }}",
        "{{ $m := dict }}{{ $_ := merge $m (dict \"a\" $m) }}{{ toYaml $m }}",
        "{{ $m := dict }}{{ $_ := mergeOverwrite $m (dict \"a\" (list $m)) }}{{ $m }}",
        "{{ $m := dict }}{{ $t := dict \"a\" $m }}{{ $_ := merge $t (dict \"a\" (dict \"b\" $t)) }}{{ $t }}",
        &format!("{deep}{{{{ $_ := set $m \"a\" $x }}}}{{{{ $m }}}}"),
        &format!(
            "{deep}{{{{ $_ := merge $m $x }}}}{{{{ $_ = merge $x $m }}}}{{{{ $_ = set $m \"b\" (list $x) }}}}"
        ),
    ] {
        assert!(!is_rendered(template), "{template}");
    }
    assert!(is_rendered(
        "{{ $m := dict }}{{ $_ := set $m \"a\" (dict \"b\" .Values) }}{{ toYaml $m }}"
    ));
}

#[test]
fn a_long_text_that_is_asked_for_again_and_again_is_charged_each_time() {
    let long = "{{ $x := repeat 1000000 \"x\" }}";
    for many in [
        format!("printf \"{}\"{}", "%s".repeat(300), " $x".repeat(300)),
        format!("printf \"\"{}", " $x".repeat(300)),
        format!("cat{}", " $x".repeat(300)),
        format!("print{}", " $x".repeat(300)),
        format!("quote{}", " $x".repeat(300)),
        format!("list{} | join \"\"", " $x".repeat(300)),
    ] {
        assert!(
            !is_rendered(&format!("{long}{{{{ {many} }}}}")),
            "{many:.30}"
        );
    }
}
