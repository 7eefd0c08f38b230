use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::value::Syntax;

struct Table(HashMap<String, Value>);

impl Lookup for Table {
    fn look_up(&self, variable: &Variable) -> Meaning {
        match self.0.get(&*variable.name) {
            Some(value) => {
                let origin = Origin {
                    name: variable.name.clone(),
                    kind: OriginKind::DockerfileArg,
                    place: None,
                };
                Meaning::Defined {
                    value: Rc::new(evaluate(value, self)),
                    origin,
                }
            }
            None => Meaning::Undefined,
        }
    }
}

fn variable(name: &str, op: Op) -> Value {
    let written = format!("${{{name}}}").into();
    Value {
        pieces: vec![Piece::Variable(Arc::new(Variable {
            name: name.into(),
            written,
            syntax: Syntax::Shell,
            op,
        }))],
    }
}

fn lit(text: &str) -> Value {
    Value::literal(text)
}

#[test]
fn each_operation_does_what_the_shell_does() {
    let table = Table(HashMap::from([
        ("X".to_owned(), lit("quay.io/a/b:1.2")),
        ("E".to_owned(), lit("")),
        ("P".to_owned(), lit("a/*")),
    ]));
    let trim = |p: &str, longest| Op::TrimPrefix {
        pattern: lit(p),
        longest,
    };
    let cut = |p: &str, longest| Op::TrimSuffix {
        pattern: lit(p),
        longest,
    };
    let replace = |p: &str, w: &str, all| Op::Replace {
        pattern: lit(p),
        with: lit(w),
        all,
    };
    let rows: Vec<(Value, Option<&str>, &str)> = vec![
        (variable("X", Op::Plain), Some("quay.io/a/b:1.2"), "plain"),
        (variable("N", Op::Plain), None, "not defined"),
        (
            variable(
                "X",
                Op::Default {
                    word: lit("w"),
                    or_empty: true,
                },
            ),
            Some("quay.io/a/b:1.2"),
            ":- set",
        ),
        (
            variable(
                "E",
                Op::Default {
                    word: lit("w"),
                    or_empty: true,
                },
            ),
            Some("w"),
            ":- empty",
        ),
        (
            variable(
                "E",
                Op::Default {
                    word: lit("w"),
                    or_empty: false,
                },
            ),
            Some(""),
            "- empty",
        ),
        (
            variable(
                "N",
                Op::Default {
                    word: lit("w"),
                    or_empty: false,
                },
            ),
            Some("w"),
            "- unset",
        ),
        (
            variable(
                "N",
                Op::Default {
                    word: variable("M", Op::Plain),
                    or_empty: false,
                },
            ),
            None,
            "open word",
        ),
        (
            variable(
                "X",
                Op::Alternate {
                    word: lit("w"),
                    if_not_empty: true,
                },
            ),
            Some("w"),
            ":+ set",
        ),
        (
            variable(
                "E",
                Op::Alternate {
                    word: lit("w"),
                    if_not_empty: true,
                },
            ),
            Some(""),
            ":+ empty",
        ),
        (
            variable(
                "E",
                Op::Alternate {
                    word: lit("w"),
                    if_not_empty: false,
                },
            ),
            Some("w"),
            "+ empty",
        ),
        (
            variable(
                "N",
                Op::Alternate {
                    word: lit("w"),
                    if_not_empty: false,
                },
            ),
            Some(""),
            "+ unset",
        ),
        (
            variable("E", Op::Required { or_empty: true }),
            None,
            ":? empty",
        ),
        (
            variable("E", Op::Required { or_empty: false }),
            Some(""),
            "? empty",
        ),
        (
            variable("X", trim("*/", false)),
            Some("a/b:1.2"),
            "# shortest",
        ),
        (variable("X", trim("*/", true)), Some("b:1.2"), "## longest"),
        (
            variable("X", trim("z", true)),
            Some("quay.io/a/b:1.2"),
            "no match",
        ),
        (variable("X", cut(":*", false)), Some("quay.io/a/b"), "%"),
        (variable("X", cut("/*", true)), Some("quay.io"), "%%"),
        (
            variable("X", cut("[0-9]", false)),
            Some("quay.io/a/b:1."),
            "class",
        ),
        (
            variable("X", cut("[!0-9]", false)),
            Some("quay.io/a/b:1.2"),
            "negated class",
        ),
        (
            variable("X", replace("/", "-", false)),
            Some("quay.io-a/b:1.2"),
            "/",
        ),
        (
            variable("X", replace("/", "-", true)),
            Some("quay.io-a-b:1.2"),
            "//",
        ),
        (
            variable("X", replace("?.", "", false)),
            Some("quaio/a/b:1.2"),
            "? in a replacement",
        ),
        (
            variable("X", replace("\\.", "_", true)),
            Some("quay_io/a/b:1_2"),
            "escaped",
        ),
        (variable("X", Op::Upper), Some("QUAY.IO/A/B:1.2"), "^^"),
        (variable("X", Op::Unsupported), None, "unsupported"),
    ];
    for (value, expected, why) in rows {
        let got = evaluate(&value, &table);
        assert_eq!(got.known(), expected, "{why}");
    }
}

#[test]
fn parts_say_what_came_from_where() {
    let mut inner = lit("x");
    inner.pieces.extend(variable("A", Op::Plain).pieces);
    let table = Table(HashMap::from([
        ("A".to_owned(), lit("1")),
        ("B".to_owned(), inner),
    ]));
    let mut value = lit("img:");
    value.pieces.extend(variable("B", Op::Plain).pieces);
    let got = evaluate(&value, &table);
    assert_eq!(got.text, "img:x1");
    let parts: Vec<_> = got
        .parts
        .iter()
        .map(|p| (&got.text[p.span.range()], &*p.origin.name))
        .collect();
    assert_eq!(parts, [("x1", "B"), ("1", "A")]);
}

#[test]
fn an_open_definition_names_the_variable_at_the_bottom() {
    let table = Table(HashMap::from([("B".to_owned(), variable("A", Op::Plain))]));
    let got = evaluate(&variable("B", Op::Plain), &table);
    assert_eq!(got.open.iter().map(|o| &*o.name).collect::<Vec<_>>(), ["A"]);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-z*?/\\[\\]\\\\ü]{0,40}".prop_map(|t| Value::literal(&t)),
        "[A-D]".prop_map(|n| variable(&n, Op::Plain)),
    ];
    leaf.prop_recursive(4, 64, 4, |inner| {
        (
            proptest::collection::vec(inner.clone(), 0..6),
            inner,
            "[A-D]",
            0..8u8,
        )
            .prop_map(|(all, word, name, op)| {
                let mut value = Value {
                    pieces: all.into_iter().flat_map(|v| v.pieces).collect(),
                };
                let op = match op {
                    0 => Op::Default {
                        word,
                        or_empty: true,
                    },
                    1 => Op::Alternate {
                        word,
                        if_not_empty: false,
                    },
                    2 => Op::TrimPrefix {
                        pattern: word,
                        longest: true,
                    },
                    3 => Op::TrimSuffix {
                        pattern: word,
                        longest: false,
                    },
                    4 => Op::Replace {
                        pattern: word.clone(),
                        with: word,
                        all: true,
                    },
                    5 => Op::Upper,
                    6 => Op::Required { or_empty: true },
                    _ => Op::Plain,
                };
                value.pieces.extend(variable(&name, op).pieces);
                value
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_value_grows_over_the_limit(value in any_value(), big in 0usize..3000) {
        let long = "x".repeat(big);
        let table = Table(HashMap::from([
            ("A".to_owned(), lit(&long)),
            ("B".to_owned(), lit("bü/b")),
            ("C".to_owned(), lit("")),
        ]));
        let got = evaluate(&value, &table);
        prop_assert!(got.text.len() <= MAX_TEXT);
        prop_assert!(got.parts.len() <= MAX_PARTS && got.open.len() <= MAX_OPEN);
        for part in &got.parts {
            prop_assert_eq!(&got.text[part.span.range()], &*part.text);
        }
    }
}
