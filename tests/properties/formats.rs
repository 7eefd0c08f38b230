//! Every format is read by its own parser, whatever the names of files, the images and the words of registries are.

use proptest::prelude::*;

use crate::hostile_report;

/// Texts that mean something to a format, a terminal or a CI host, and any other.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,12}",
        any::<String>().prop_map(|t| t.chars().take(12).collect()),
        prop::sample::select(vec![
            "::error file=a::b",
            "##[add-mask]x",
            "%0A",
            "%25",
            "\r\n",
            "\n",
            "\u{1b}[2J",
            "\u{1b}]8;;x\u{7}",
            "\u{9b}",
            "\u{202e}",
            "\u{200b}",
            "\u{ffff}",
            "]]>",
            "<a b=\"",
            "&#0;",
            "&amp;",
            "`",
            "```",
            "|",
            "[x](y)",
            "<img>",
            "@a/b",
            "#1",
            "\"",
            "'",
            "\\",
            "\\u0000",
            "\u{0}",
            "{",
            "}",
            ",",
            "$(id)",
            "\u{2028}",
            "\t",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_format_parses_whatever_the_strings(choice in any::<u8>(), text in text()) {
        hostile_report::check(choice, &text);
    }
}
