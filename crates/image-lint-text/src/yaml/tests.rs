use super::*;
use crate::source::{FileId, RepoPath, SourceFile};

fn file(text: &str) -> SourceFile {
    SourceFile::new(FileId(0), RepoPath::from_bytes(b"x.yaml"), text.to_owned())
}

#[test]
fn a_scalar_of_any_style_leads_back_to_its_bytes() {
    for (text, value, bytes, why) in [
        ("image: a/b:1 # c\n", "a/b:1", "a/b:1", "plain"),
        ("image: 'a/b:1'\n", "a/b:1", "a/b:1", "single quotes"),
        ("image: 'it''s'\n", "it's", "it''s", "a doubled quote"),
        ("image: \"a/b:1\"\n", "a/b:1", "a/b:1", "double quotes"),
        (
            "image: \"a\\/b\\u003a1\"\n",
            "a/b:1",
            "a\\/b\\u003a1",
            "escapes",
        ),
        (
            "{\n\t\"image\":\t\"a/b:1\"\n}\n",
            "a/b:1",
            "a/b:1",
            "JSON with tabs",
        ),
        (
            "image: >-\n  a/b:1\n",
            "a/b:1",
            "a/b:1",
            "folded, value on the next line",
        ),
        ("image: |\n  a/b:1\n\nx: y\n", "a/b:1\n", "a/b:1", "literal"),
        (
            "image:\n  a/b:1\n",
            "a/b:1",
            "a/b:1",
            "plain on the next line",
        ),
        (
            "image: \"a/\\\n  b:1\"\n",
            "a/b:1",
            "a/\\\n  b:1",
            "an escaped line break",
        ),
        ("image: >-\r\n  a/b:1\r\nx: y\r\n", "a/b:1", "a/b:1", "CRLF"),
        (
            "\u{feff}image: a/b:1\r\n",
            "a/b:1",
            "a/b:1",
            "byte order mark",
        ),
        (
            "ünï: 'ö'\nimage: !!str a/b:1\n",
            "a/b:1",
            "a/b:1",
            "behind other letters, with a tag",
        ),
        ("image: &x a/b:1\n", "a/b:1", "a/b:1", "anchored"),
    ] {
        let file = file(text);
        let whole = file.whole();
        let stream = parse(&whole);
        let node = stream.documents[0]
            .root()
            .get("image")
            .unwrap_or_else(|| panic!("{why}"));
        assert_eq!(node.as_str(), Some(value), "{why}");
        assert_eq!(file.slice(node.span()), bytes, "{why}");
        let text = node.text();
        let trimmed = Span::new(0, text.text.trim_end().len());
        assert_eq!(
            file.slice(text.outer(trimmed)),
            bytes,
            "{why}: through the text"
        );
    }
}

#[test]
fn every_word_of_an_embedded_text_leads_back_to_itself() {
    for (text, why) in [
        (
            "x: |\n  one two\n    three\n\n  four\n",
            "literal with deeper lines",
        ),
        ("x: |2\n    one\n  two\n", "indentation indicator"),
        (
            "x: >\n  one\n  two\n\n  three\n    four five\n  six\n",
            "folded with deeper lines",
        ),
        ("x: |-\r\n  one\r\n  two\r\n", "CRLF"),
        ("x: |\n  \tone\n  \t\ttwo\n", "tabs within"),
        (
            "x: \"one\\ttwo\\n\\\n   three\\u00e9 four\n   five\n\n   six\"\n",
            "double quotes over lines",
        ),
        (
            "x: 'one\n   two\n\n\n   three ''four'''\n",
            "single quotes over lines",
        ),
        ("x: one\n  two   \n  three\n", "plain over lines"),
        ("x: |\n\n\n  one\n  ümlaut two\n", "blank lines ahead"),
        ("x: \"\\ud834\\udd1e one\\ntwo\"", "surrogate pair"),
    ] {
        let file = file(text);
        let whole = file.whole();
        let stream = parse(&whole);
        let inner = stream.documents[0].root().get("x").unwrap().text();
        let words: Vec<&str> = inner
            .text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.len() > 1)
            .collect();
        assert!(!words.is_empty(), "{why}");
        for word in words.into_iter().filter(|w| w.is_ascii()) {
            let at = inner.text.find(word).unwrap();
            assert_eq!(
                file.slice(inner.outer(Span::new(at, at + word.len()))),
                word,
                "{why}: {:?}",
                inner
            );
        }
    }
}

#[test]
fn a_broken_document_loses_only_itself() {
    let text = "a: 1\n---\nb: \"unclosed\n---\nc: {{ x }} y\n---\nd: 4\n";
    let file = file(text);
    let whole = file.whole();
    let stream = parse(&whole);
    let keys: Vec<bool> = ["a", "d"]
        .iter()
        .map(|k| stream.documents.iter().any(|d| d.root().get(k).is_some()))
        .collect();
    assert_eq!(keys, [true, true]);
    assert_eq!(stream.unread.len(), 2);
    assert!(!stream.unread[0].template && stream.unread[1].template);
    assert_eq!(&text[stream.unread[0].at.start as usize..][..1], "\"");
    assert!(!stream.unread[0].why.is_empty());
}

#[test]
fn an_alias_is_what_it_stands_for_and_says_where_it_is() {
    let file =
        file("x: &i a/b:1\ny: *i\nbase: &base {image: c, name: d}\nz:\n  <<: *base\n  name: e\n");
    let whole = file.whole();
    let stream = parse(&whole);
    let root = stream.documents[0].root();
    let y = root.get("y").unwrap();
    assert_eq!(
        (y.as_str(), file.slice(y.site()), file.slice(y.span())),
        (Some("a/b:1"), "*i", "a/b:1")
    );
    let z = root.get("z").unwrap();
    assert_eq!(
        z.str_at(&["name"]),
        Some("e"),
        "an own key wins over a merged one"
    );
    let image = z.get("image").unwrap();
    assert_eq!(
        (
            image.as_str(),
            image.alias(),
            file.slice(image.through().unwrap())
        ),
        (Some("c"), None, "*base")
    );
    let pairs: Vec<_> = z
        .pairs()
        .map(|(k, v)| (k.as_str().unwrap(), v.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [("<<", None), ("name", Some("e")), ("image", Some("c"))]
    );
}

#[test]
fn duplicate_keys_are_all_kept_and_the_last_counts() {
    let file = file("image: a\nimage: b\n");
    let whole = file.whole();
    let stream = parse(&whole);
    let root = stream.documents[0].root();
    assert_eq!(root.str_at(&["image"]), Some("b"));
    assert_eq!(root.pairs().count(), 2);
}

#[test]
fn hostile_documents_are_cheap() {
    let mut laughs = String::from("a0: &a0 [x]\n");
    for i in 1..100 {
        let before = format!("*a{}", i - 1);
        laughs.push_str(&format!("a{i}: &a{i} [{}]\n", vec![before; 10].join(", ")));
    }
    fn count(node: Node<'_>, depth: usize) -> usize {
        if depth > 200 {
            0
        } else {
            1 + node
                .items()
                .chain(node.pairs().map(|p| p.1))
                .map(|n| count(n, depth + 1))
                .sum::<usize>()
        }
    }
    let deep_flow = "[".repeat(100_000);
    let deep_block = (0..1000)
        .map(|i| format!("{}a:\n", " ".repeat(i)))
        .collect::<String>();
    let dashes = "- ".repeat(100_000);
    let loops = "a: &a [*a, &b {c: *a, d: *b}]\n<<: *a\n";
    let merges = (1..500).fold(String::from("m0: &m0 {k: v}\n"), |s, i| {
        s + &format!("m{i}: &m{i} {{<<: *m{}, k{i}: v}}\n", i - 1)
    });
    for (text, why) in [
        (laughs.as_str(), "aliases of aliases"),
        (&deep_flow, "deep brackets"),
        (&deep_block, "deep mappings"),
        (&dashes, "deep lists"),
        (loops, "aliases within their anchor"),
        (&merges, "merges of merges"),
        ("\u{0}\u{1}", "control characters"),
        ("%TAG ! x\n%TAG ! y\n--- !a b\n", "directives"),
        ("? [a]: b\n? \n: \n- x", "odd keys"),
    ] {
        let file = file(text);
        let whole = file.whole();
        let stream = parse(&whole);
        assert_eq!(stream.documents.len() + stream.unread.len(), 1, "{why}");
        for document in &stream.documents {
            assert!(count(document.root(), 0) < 2_000_000, "{why}");
        }
    }
}

#[test]
fn what_libyaml_takes_is_taken() {
    for (text, why) in [
        ("a: [b,\nc\n]\n", "a bracket at the left margin"),
        ("{\"a\": {\n\t\"b\": [\n\t]\n}}", "JSON with tabs"),
        (
            "a: \"x\ny\"\n",
            "a quoted scalar that goes on at the left margin",
        ),
        ("a: 'x\n\n  y'\n", "blank lines within quotes"),
        ("- a\n-\n  b: c\n-  - d\n", "lists"),
        ("a: b\n...\n", "an end mark"),
        ("a:\n- b\nc: d\n", "a list at its key's column"),
        ("{\"a\":\"b\"}", "JSON without white space"),
    ] {
        let file = file(text);
        let whole = file.whole();
        let stream = parse(&whole);
        assert_eq!(
            (stream.documents.len(), stream.unread.len()),
            (1, 0),
            "{why}: {:?}",
            stream.unread
        );
    }
}
