//! Splits a string of a YAML or JSON source into literal text and variables.
//!
//! Comes in: a decoded string and the language its variables are written in. Goes out: a [`Value`]. What a variable
//! means is not known here; shells and Dockerfiles, whose expansions are richer, have rooms of their own.

use std::sync::Arc;

use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};

/// Whose variables a string holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Plain manifests: `${X}` is for envsubst and Flux, `$(X)` for kustomize or the API server, `{{ }}` for a renderer.
    Kubernetes,
    /// Within an OpenShift Template `${X}` and `${{X}}` are parameters.
    Template,
    /// `$(params.X)`.
    Tekton,
    /// `{{inputs.parameters.X}}`.
    Argo,
    /// Compose: `${X:-default}`, `$$` for a dollar.
    Compose,
}

/// A longer string names no image; it is taken as it stands, so that looking for the ends of marks stays cheap.
const MAX_LENGTH: usize = 8192;

/// Reads a string.
pub fn read(text: &str, dialect: Dialect) -> Value {
    if text.len() > MAX_LENGTH {
        return Value::literal(text);
    }
    let mut value = Value::default();
    let mut literal = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find(['$', '{', '@', '_', '%', '#', '<', '(']) {
        at += found;
        let rest = &text[at..];
        if dialect == Dialect::Compose && rest.starts_with("$$") {
            value.push_literal(&text[literal..=at]);
            at += 2;
            literal = at;
            continue;
        }
        if dialect == Dialect::Template && rest.starts_with("${{") && !is_whole_parameter(text) {
            // openshift/library-go template/generator: `^\$\{\{([a-zA-Z0-9\_]+?)\}\}$`, nothing before or after it.
            at += "${{".len();
            continue;
        }
        match variable(rest, dialect) {
            Some(variable) => {
                value.push_literal(&text[literal..at]);
                at += variable.written.len();
                literal = at;
                value.pieces.push(Piece::Variable(Arc::new(variable)));
            }
            // All marks are one byte long.
            None => at += 1,
        }
    }
    value.push_literal(&text[literal..]);
    value
}

/// `${{X}}` as the whole value.
fn is_whole_parameter(text: &str) -> bool {
    text.strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .is_some_and(|name| !name.is_empty() && name_len(name) == name.len())
}

/// The variable that `rest` starts with.
fn variable(rest: &str, dialect: Dialect) -> Option<Variable> {
    let braces = if dialect == Dialect::Argo {
        Syntax::Argo
    } else {
        Syntax::Braces
    };
    match rest.as_bytes() {
        [b'$', b'{', b'{', ..] => {
            let (name, written) = enclosed(rest, "${{", "}}")?;
            let syntax = if dialect == Dialect::Template {
                Syntax::Template
            } else {
                Syntax::Expression
            };
            Some(plain(name.trim(), written, syntax))
        }
        [b'$', b'{', ..] => parameter(rest, dialect),
        [b'$', b'[', b'[', ..] => enclosed(rest, "$[[", "]]")
            .map(|(name, written)| plain(name.trim(), written, Syntax::Expression)),
        [b'$', b'[', ..] => {
            // Azure's runtime expressions; of these only a variable's name is followed.
            let (name, _) = enclosed(rest, "$[", "']")?;
            let name = name.trim().strip_prefix("variables['")?;
            let end = rest.find("']")? + 2;
            let end = end + rest[end..].find(']')? + 1;
            Some(plain(name, &rest[..end], Syntax::Expression))
        }
        [b'$', b'(', ..] => {
            let (name, written) = enclosed(rest, "$(", ")")?;
            Some(plain(&tekton_name(name.trim()), written, Syntax::Tekton))
        }
        [b'$', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {
            let end = 1 + name_len(&rest[1..]);
            Some(plain(&rest[1..end], &rest[..end], Syntax::Shell))
        }
        [b'{', b'{', ..] => {
            // An action that does not end here ends somewhere below: all that is left belongs to it.
            let (name, written) = enclosed(rest, "{{", "}}").unwrap_or((&rest[2..], rest));
            if dialect == Dialect::Argo
                && let Some(name) = name.strip_prefix('=').and_then(argo_path)
            {
                return Some(plain(&name, written, braces));
            }
            Some(plain(
                name.trim_matches(|c: char| c == '-' || c.is_whitespace()),
                written,
                braces,
            ))
        }
        [b'{', b'%', ..] => {
            enclosed(rest, "{%", "%}").map(|(n, w)| plain(n.trim(), w, Syntax::Braces))
        }
        [b'<', b'%', ..] => {
            enclosed(rest, "<%", "%>").map(|(n, w)| plain(n.trim(), w, Syntax::Braces))
        }
        // Parameters of CircleCI.
        [b'<', b'<', ..] => {
            enclosed(rest, "<<", ">>").map(|(n, w)| plain(n.trim(), w, Syntax::Braces))
        }
        _ => placeholder(rest),
    }
}

fn plain(name: &str, written: &str, syntax: Syntax) -> Variable {
    Variable {
        name: name.into(),
        written: written.into(),
        syntax,
        op: Op::Plain,
    }
}

fn enclosed<'t>(rest: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str)> {
    let inner = rest.strip_prefix(open)?;
    let end = inner.find(close)?;
    Some((&inner[..end], &rest[..open.len() + end + close.len()]))
}

fn name_len(text: &str) -> usize {
    text.bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count()
}

/// `${X}`, `${X:-word}` and the other POSIX forms.
fn parameter(rest: &str, dialect: Dialect) -> Option<Variable> {
    let end = closing_brace(rest)?;
    let (inner, written) = (&rest[2..end], &rest[..=end]);
    let len = name_len(inner);
    let (name, operator) = inner.split_at(len);
    if dialect == Dialect::Template {
        // oc process knows no operators (openshift/library-go template/generator: `\$\{([a-zA-Z0-9\_]+?)\}`).
        return (len > 0 && operator.is_empty()).then(|| plain(name, written, Syntax::Template));
    }
    if len == 0 {
        return Some(Variable {
            name: inner.into(),
            written: written.into(),
            syntax: Syntax::Shell,
            op: Op::Unsupported,
        });
    }
    let word = |mark: &str| operator.strip_prefix(mark).map(|word| read(word, dialect));
    let op = if operator.is_empty() {
        Op::Plain
    } else if let Some(word) = word(":-").or_else(|| word(":=")) {
        Op::Default {
            word,
            or_empty: true,
        }
    } else if let Some(word) = word("-").or_else(|| word("=")) {
        Op::Default {
            word,
            or_empty: false,
        }
    } else if let Some(word) = word(":+") {
        Op::Alternate {
            word,
            if_not_empty: true,
        }
    } else if let Some(word) = word("+") {
        Op::Alternate {
            word,
            if_not_empty: false,
        }
    } else if operator.starts_with(":?") {
        Op::Required { or_empty: true }
    } else if operator.starts_with('?') {
        Op::Required { or_empty: false }
    } else {
        Op::Unsupported
    };
    Some(Variable {
        name: name.into(),
        written: written.into(),
        syntax: Syntax::Shell,
        op,
    })
}

/// Words within words are followed this deep; what is deeper is one variable that nobody knows.
const MAX_NESTING: usize = 8;

/// The brace that ends a `${`.
fn closing_brace(rest: &str) -> Option<usize> {
    let mut depth = 0;
    for (i, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
        if depth > MAX_NESTING {
            return None;
        }
    }
    None
}

/// The parameter that an expression of Argo Workflows is: a bare path, perhaps trimmed or made a string
/// (argo-workflows docs, `variables.md`, "Expression"). Anything else is not followed.
fn argo_path(expression: &str) -> Option<String> {
    let mut inner = expression.trim();
    for call in ["sprig.trim(", "sprig.toString(", "string(", "toJson("] {
        if let Some(argument) = inner.strip_prefix(call) {
            inner = argument.strip_suffix(')')?.trim();
            break;
        }
    }
    let path = inner
        .replace("['", ".")
        .replace("[\"", ".")
        .replace("']", "")
        .replace("\"]", "");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    let known = ["inputs.parameters.", "workflow.parameters."]
        .iter()
        .any(|prefix| path.starts_with(prefix));
    // A minus between two paths would be arithmetic; in a bracket it is part of a name.
    let whole = path.bytes().all(plain) && (!inner.contains('-') || inner.contains('['));
    (known && whole).then_some(path)
}

/// One name for the spellings of a Tekton parameter: `params["x"]`, `params['x']` and the old `inputs.params.x` are
/// `params.x` (Tekton docs, "Variable Substitutions").
fn tekton_name(name: &str) -> String {
    let name = name
        .strip_prefix("inputs.")
        .filter(|rest| rest.starts_with("params."))
        .unwrap_or(name);
    match name
        .strip_prefix("params[")
        .and_then(|rest| rest.split_once(']'))
    {
        Some((quoted, after)) => format!("params.{}{after}", quoted.trim_matches(['"', '\''])),
        None => name.to_owned(),
    }
}

/// Marks that some program replaces before a cluster sees the string: `@X@`, `__X__`, `%X%`, `%%X%%`, `#X#`, `<X>`,
/// `{X}`, `((X))`. Only such as cannot be part of a reference.
fn placeholder(rest: &str) -> Option<Variable> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    for (open, close, inside) in [
        ("@", "@", &word as &dyn Fn(char) -> bool),
        ("__", "__", &upper),
        ("%%", "%%", &word),
        ("%", "%", &word),
        ("#", "#", &word),
        ("<", ">", &|c| c != '<'),
        ("((", "))", &word),
        ("{", "}", &word),
    ] {
        if let Some((name, written)) = enclosed(rest, open, close)
            && !name.is_empty()
            && name.chars().all(inside)
        {
            return Some(plain(name, written, Syntax::Placeholder));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Literals as they are, variables as `[syntax name op]`.
    fn shown(value: &Value) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) => text.to_string(),
            Piece::Substituted { text, .. } => text.to_string(),
            Piece::Variable(v) => match &v.op {
                Op::Plain => format!("[{:?} {}]", v.syntax, v.name),
                Op::Default { word, .. } => {
                    format!("[{:?} {} default {}]", v.syntax, v.name, shown(word))
                }
                other => format!("[{:?} {} {other:?}]", v.syntax, v.name),
            },
        };
        value.pieces.iter().map(piece).collect()
    }

    #[test]
    fn strings_are_split_at_their_variables() {
        use Dialect::*;
        for (text, dialect, expected, why) in [
            ("quay.io/a/b:1", Kubernetes, "quay.io/a/b:1", "literal"),
            (
                "a@sha256:0f",
                Kubernetes,
                "a@sha256:0f",
                "a digest's @ is no placeholder",
            ),
            (
                "a/b__c:1_2",
                Kubernetes,
                "a/b__c:1_2",
                "underscores of a name",
            ),
            (
                "h/${NS}/a:1",
                Template,
                "h/[Template NS]/a:1",
                "template parameter",
            ),
            (
                "${{IMAGE}}",
                Template,
                "[Template IMAGE]",
                "whole value parameter",
            ),
            (
                "${{REG}}/x:1",
                Template,
                "${{REG}}/x:1",
                "the form for whole values, with something after it",
            ),
            (
                "{{=inputs.parameters.v}}",
                Argo,
                "[Argo inputs.parameters.v]",
                "an expression that is a path",
            ),
            (
                "a:{{= sprig.trim(workflow.parameters['v-1']) }}",
                Argo,
                "a:[Argo workflow.parameters.v-1]",
                "trimmed",
            ),
            (
                "a:{{= inputs.parameters.a + 'x' }}",
                Argo,
                "a:[Argo = inputs.parameters.a + 'x']",
                "an expression that is more",
            ),
            (
                "$[ variables['ci'] ]",
                Compose,
                "[Expression ci]",
                "Azure's runtime expression",
            ),
            (
                "${X:-y}",
                Template,
                "${X:-y}",
                "templates know no operators",
            ),
            ("${IMAGE}", Kubernetes, "[Shell IMAGE]", "envsubst"),
            ("a:${V:-1.2}", Compose, "a:[Shell V default 1.2]", "default"),
            (
                "a:${V-${W:-3}}x",
                Compose,
                "a:[Shell V default [Shell W default 3]]x",
                "nested default",
            ),
            ("$IMAGE:x", Kubernetes, "[Shell IMAGE]:x", "bare"),
            ("a$$b", Compose, "a$b", "an escaped dollar"),
            (
                "golang:$(params.version)",
                Tekton,
                "golang:[Tekton params.version]",
                "Tekton",
            ),
            (
                "$(inputs.params.A)",
                Tekton,
                "[Tekton params.A]",
                "old spelling",
            ),
            (
                "$(params[\"a.b\"])",
                Tekton,
                "[Tekton params.a.b]",
                "bracket spelling",
            ),
            (
                "$(params.x[0])",
                Tekton,
                "[Tekton params.x[0]]",
                "array item",
            ),
            (
                "a:{{inputs.parameters.v}}",
                Argo,
                "a:[Argo inputs.parameters.v]",
                "Argo",
            ),
            (
                "{{ .Values.a }}:{{- .b -}}",
                Kubernetes,
                "[Braces .Values.a]:[Braces .b]",
                "Go template",
            ),
            (
                "a:{{ .b",
                Kubernetes,
                "a:[Braces .b]",
                "an action that goes on below",
            ),
            (
                "${{ matrix.x }}",
                Kubernetes,
                "[Expression matrix.x]",
                "GitHub",
            ),
            (
                "gcr.io/@PROJECT@/x",
                Kubernetes,
                "gcr.io/[Placeholder PROJECT]/x",
                "autoconf",
            ),
            ("h/__NS__/x", Kubernetes, "h/[Placeholder NS]/x", "sed"),
            (
                "#IMAGE_NAME#",
                Kubernetes,
                "[Placeholder IMAGE_NAME]",
                "hashes",
            ),
            (
                "%%X%%:%Y%",
                Kubernetes,
                "[Placeholder X]:[Placeholder Y]",
                "percent",
            ),
            (
                "<YOUR IMAGE>",
                Kubernetes,
                "[Placeholder YOUR IMAGE]",
                "angle brackets",
            ),
            (
                "{image}",
                Kubernetes,
                "[Placeholder image]",
                "format string",
            ),
            (
                "alpine:invalid!",
                Kubernetes,
                "alpine:invalid!",
                "nothing of the kind",
            ),
            ("$", Kubernetes, "$", "a lone dollar"),
            ("${", Kubernetes, "${", "unclosed"),
            ("ü$ü{ü", Kubernetes, "ü$ü{ü", "other letters"),
        ] {
            assert_eq!(shown(&read(text, dialect)), expected, "{why}");
        }
        let deep = "${A:-".repeat(1_000) + &"}".repeat(1_000);
        assert!(
            read(&deep, Kubernetes).pieces.len() < 100,
            "nesting is bounded"
        );
    }

    #[test]
    fn what_was_written_is_kept() {
        for text in ["a:${V:-1}", "$(params.x)", "{{ x }}-@Y@", "${{ z }}"] {
            assert_eq!(read(text, Dialect::Kubernetes).written(), text);
        }
    }
}
