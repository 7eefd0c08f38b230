//! BuildKit's own tables (moby/buildkit `frontend/dockerfile/shell/{envVarTest,wordsTest,lex_test.go}`,
//! `parser/*_test.go`), retyped as facts: what its lexer makes of a word, which lines are directives, where here-documents
//! end. Words of `wordsTest` are here as `ProcessWord` gives them, which `FROM` and `ARG` use: blanks of a variable part
//! no words there.

use std::collections::HashMap;
use std::rc::Rc;

use super::comments::directives;
use super::expansion;
use crate::extract::{Extractor, Sink};
use image_lint_model::evaluate::{Evaluated, Lookup, Meaning, evaluate};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::{Op, Origin, OriginKind, Value, Variable};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// Environment (`␣` is a blank within a value), word, `error` or `=` and the text, and why a row is excused.
const WORDS: &str = include_str!("../../../tests/peers/buildkit_words.tsv");

struct Given<'t>(HashMap<&'t str, String>);

impl Lookup for Given<'_> {
    fn look_up(&self, variable: &Variable) -> Meaning {
        let Some(text) = self.0.get(&*variable.name) else {
            return Meaning::Undefined;
        };
        let value = Rc::new(Evaluated {
            text: text.clone(),
            ..Evaluated::default()
        });
        let origin = Origin {
            name: variable.name.clone(),
            kind: OriginKind::DockerfileArg,
            place: None,
        };
        Meaning::Defined { value, origin }
    }
}

/// What a builder makes of a word; None where it refuses it. A variable without a value is empty there.
fn built(word: &str, given: &Given<'_>) -> Option<String> {
    let value = expansion::value(word, '\\');
    let mut text = String::new();
    for piece in &value.pieces {
        let one = Value {
            pieces: vec![piece.clone()],
        };
        let evaluated = evaluate(&one, given);
        match evaluated.known() {
            Some(known) => text.push_str(known),
            None if one.variables().all(|v| !refuses(&v.op)) => {}
            None => return None,
        }
    }
    Some(text)
}

fn refuses(op: &Op) -> bool {
    matches!(op, Op::Unsupported | Op::Required { .. })
}

#[test]
fn words_are_read_as_buildkits_lexer_reads_them() {
    let (mut equal, mut excused, mut wrong) = (0, 0, Vec::new());
    for row in WORDS.lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        let [environment, word, expected, why @ ..] = fields.as_slice() else {
            panic!("a row has three fields: {row}");
        };
        let given = environment
            .split(' ')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, value.replace('␣', " ")));
        let found = built(word, &Given(given.collect()));
        let right = match expected.strip_prefix('=') {
            Some(text) => found.as_deref() == Some(text),
            // What is left of a word that builders refuse is no name of an image.
            None => found
                .as_deref()
                .is_none_or(|text| ImageReference::parse(text).is_err()),
        };
        match (right, why) {
            (true, _) => equal += 1,
            (false, [_reason]) => excused += 1,
            (false, _) => wrong.push(format!(
                "{word} in {environment}: {found:?}, not {expected}"
            )),
        }
    }
    let all = WORDS.lines().count();
    println!("BuildKit's lexer: {equal} of {all} equal, {excused} excused");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(excused * 50 <= all, "at most 2 % are excused");
}

/// `DetectSyntax`, `DirectiveParser` (parser/directives_test.go): the text, the frontend, the escape character.
#[test]
fn directives_are_those_of_buildkits_parser() {
    let rows = [
        (
            "#escape=\\\n# word = ONE two\n\n# x\n",
            None,
            '\\',
            "a word that is no directive",
        ),
        (
            "# EScape=`\n# WORD = ONE two\n",
            None,
            '`',
            "whatever the case",
        ),
        (
            "# word = one\n# escape=`\n",
            None,
            '\\',
            "nothing counts after such a word",
        ),
        (
            "# syntax = front:test // more\nFROM a\n",
            Some("front:test"),
            '\\',
            "up to the first blank",
        ),
        (
            "#!/bin/sh\n# syntax = front:test\nFROM a\n",
            Some("front:test"),
            '\\',
            "after a shebang",
        ),
        (
            "#!/bin/sh\n\n# syntax = front:test\n",
            None,
            '\\',
            "after an empty line",
        ),
        ("FROM a\nRUN b\n", None, '\\', "none"),
        (
            "//syntax=front\n//a=b",
            Some("front"),
            '\\',
            "a comment of C",
        ),
        (
            "#!/bin/sh\n//syntax=x",
            Some("x"),
            '\\',
            "the same after a shebang",
        ),
        (
            "{\"syntax\": \"front\", \"a\": [\"b\"]}",
            Some("front"),
            '\\',
            "JSON",
        ),
        ("{\"syntax\": \"front\"", None, '\\', "broken JSON"),
        (
            "{\"syntax\": \"front\"}\n# syntax=a",
            None,
            '\\',
            "more than JSON",
        ),
        (
            "\u{feff}# syntax = own\nFROM a\n",
            Some("own"),
            '\\',
            "a byte order mark",
        ),
        (
            "#check = skip=all // more\n# escape=`\nFROM a\n",
            None,
            '`',
            "another directive",
        ),
        (
            "#!/bin/sh\n# check = skip=all\n# syntax=x\n",
            Some("x"),
            '\\',
            "and a shebang",
        ),
        (
            "# check = skip=all\n# escape=`\n# syntax=x\n",
            Some("x"),
            '`',
            "all three",
        ),
        (
            "#!/bin/sh\n\n# check = skip=all\n# syntax=x\n",
            None,
            '\\',
            "check after an empty line is none, and nothing counts after it",
        ),
        (
            "//check=skip=all\n//key=value\n//syntax=x\n",
            None,
            '\\',
            "only the frontend may be in a comment of C, and a word that is no directive ends it",
        ),
        (
            "# EScape=\\\n# KEY = ONE two\n# word\n",
            None,
            '\\',
            "the usual character, whatever the case",
        ),
        (
            "#!/bin/sh\n# syntax = front:test\n",
            Some("front:test"),
            '\\',
            "nothing but a frontend",
        ),
    ];
    for (text, syntax, escape, why) in rows {
        let found = directives(text);
        assert_eq!(found.syntax.map(|range| &text[range]), syntax, "{why}");
        assert_eq!(found.escape, escape, "{why}");
    }
    println!(
        "BuildKit's directives: {} of {} equal",
        rows.len(),
        rows.len()
    );
}

/// Images of a whole Dockerfile.
fn images(text: &str) -> Vec<String> {
    let path = RepoPath::from_bytes(b"Dockerfile");
    let file = SourceFile::new(FileId(0), path, text.to_owned());
    let mut sink = Sink::new(&file);
    super::Dockerfile.extract(&file, &mut sink);
    let mentions = sink.extraction.mentions.iter();
    mentions.map(|mention| mention.value.written()).collect()
}

/// parser/parser_heredoc_test.go: what a line's here-documents end at; None where it has none. A body that is read as
/// instructions, or an end that is missed, would give other images.
#[test]
fn here_documents_end_where_buildkits_parser_ends_them() {
    let rows: [(&str, Option<&str>); 47] = [
        ("USER <<A", None),
        ("RUN <<A", Some("A")),
        ("RUN 3<<A", Some("A")),
        ("RUN \"<<A\"", None),
        ("RUN '<<A'", None),
        ("RUN <<-A", Some("A")),
        ("RUN <<-A", Some("\tA")),
        ("RUN <<-'A'", Some("A")),
        ("RUN --mount=type=cache,target=/x <<A", Some("A")),
        ("COPY <<A <<B /x", Some("A\nFROM inner:2\nB")),
        ("COPY <<A /x", Some("A")),
        ("COPY <<A <<B /x", Some("B\nA\nA\nB")),
        ("RUN <<A python3", Some("A")),
        ("COPY <<file.txt /x", Some("file.txt")),
        ("RUN <<a'b'", Some("ab")),
        ("RUN <<a\\'b", Some("a'b")),
        ("RUN <<'a'b\\'c", Some("ab'c")),
        ("RUN <<'one two'", Some("one two")),
        ("RUN <<$A", Some("$A")),
        ("RUN <<  A", Some("A")),
        ("RUN <<  A  > x", Some("A")),
        ("RUN [\"x\"]", None),
        ("RUN [\"<<A\"]", None),
        ("RUN [\"<<'A'\"]", None),
        ("RUN <<\"A\"", Some("A")),
        ("RUN <<-\"A\"", Some("A")),
        ("RUN <<A\"B\"", Some("AB")),
        ("RUN << A", Some("A")),
        ("RUN <<- A", Some("A")),
        ("RUN << -A", Some("-A")),
        ("RUN 4<<A", Some("A")),
        ("RUN <<A <<B", Some("A\nB")),
        ("RUN A", None),
        ("RUN <A", None),
        ("RUN <<<A", None),
        ("RUN <<", None),
        ("RUN <<-", None),
        ("ENV X=<<A", None),
        ("ADD <<A /x", Some("A")),
        ("LABEL x=<<A", None),
        ("run <<A", Some("A")),
        // Quotes that do not end: builders refuse the line.
        ("RUN <<'A", None),
        ("RUN <<\"A", None),
        ("RUN <<A'", None),
        ("RUN <<A\"", None),
        ("RUN <<A sh", Some("A")),
        ("COPY <<- A /x", Some("\tA")),
    ];
    for (line, end) in rows {
        let text = match end {
            Some(end) => format!("FROM first:1\n{line}\nFROM inner:1\n{end}\nFROM last:1\n"),
            None => format!("FROM first:1\n{line}\nFROM last:1\n"),
        };
        assert_eq!(images(&text), ["first:1", "last:1"], "{text}");
    }
    println!(
        "BuildKit's here-documents: {} of {} equal",
        rows.len(),
        rows.len()
    );
}

/// parser/testfiles: shapes of whole files, and the images that they begin with.
#[test]
fn files_of_all_shapes_begin_with_the_image_that_buildkits_parser_reads() {
    let rows = [
        (
            "FROM a:1\n\nRUN x \\",
            "a:1",
            "a continuation at the end of the file",
        ),
        (
            "FROM a:1\nRUN x\\\n y\\\n z  \\\n q\\\nr\n",
            "a:1",
            "continuations with and without blanks",
        ),
        (
            "FROM a:1\nRUN x \\\n \\\n y \\\n\\\n z\n",
            "a:1",
            "empty continuations",
        ),
        (
            "# Words.\n# escape = `\n\nFROM a:1\nENV G \\\n\\x\n",
            "a:1",
            "no directive after a comment",
        ),
        (
            "# escape = `\n# Words.\nFROM a:1\nENV G `\n\\x\n",
            "a:1",
            "a comment after a directive",
        ),
        (
            "#escape = `\n\nFROM `\n a:1\n",
            "a:1",
            "an escape of its own",
        ),
        (
            "# syntax = front\n# escape = `\n\nFROM `\n    a:1\n",
            "front a:1",
            "two directives",
        ),
        ("# ESCAPE=\\\n\n\n\nFROM a:1\n", "a:1", "in capitals"),
        (
            "FROM a:1\nENV A x\\\\y\\\\\nENV B z\n",
            "a:1",
            "doubled escapes are none",
        ),
        (
            "FROM a:1\n# RUN x \\\n# more \\\nRUN [\"ls\"]\n",
            "a:1",
            "comments do not continue",
        ),
        (
            "ARG a b=c\nFROM a:1\nARG d=\"1 2\" e\n",
            "a:1",
            "several arguments",
        ),
        (
            "FROM a:1\nRUN x \\\n\n\ny\n",
            "a:1",
            "empty lines in a continuation",
        ),
        (
            "FROM a:1\nCMD [\"x\\\"y\"]\nCMD ['x']\nCMD [ \"x\n",
            "a:1",
            "JSON that is none",
        ),
        (
            "FROM a:1\nONBUILD RUN [\"x\"]\nONBUILD COPY . /\n",
            "a:1",
            "ONBUILD",
        ),
        (
            "FROM a:1\nHEALTHCHECK --interval=5s CMD x\nHEALTHCHECK NONE\n",
            "a:1",
            "health",
        ),
        (
            "FROM a:1\nCOPY --chown=a --from=b:2 x y\n",
            "a:1 b:2",
            "flags",
        ),
        ("\n\n# only\n# comments\n", "", "no instruction at all"),
        ("", "", "nothing"),
        ("FROM\ta:1\nADD\t\t[ \"v\", \"/t\" ]\n", "a:1", "tabs"),
        ("#escape=\\\nFROM a:1\n", "a:1", "the usual escape"),
        ("FROM owner/a\nENV H /o\n", "owner/a", "an owner"),
        (
            "# A file\n#\n# With words:\n# docker run -v x a:9\n\nFROM\ta:1\n",
            "a:1",
            "a head of comments",
        ),
        (
            "FROM a\nENV n=v\\ w o='x\\'y' p=\"a\\\"b\"\nENV q r\n",
            "a",
            "every way to quote",
        ),
        (
            "CMD []\nCMD [\"a\"]\nCMD\t[\t\"a\",\t\"b\"\t]\n",
            "",
            "arrays and no image",
        ),
        (
            "CMD \"[\\\"echo\\\", \\\"x\\\"]\"\n",
            "",
            "JSON within a string",
        ),
        ("CMD '[\"echo\", \"x\"]'\n", "", "the same in single quotes"),
        ("CMD ['echo','x']\n", "", "single quotes are no JSON"),
        ("CMD [\"echo\", \"x\"\n", "", "an open bracket"),
        ("CMD [\"echo\", \"x!]\n", "", "an open string"),
        ("CMD [ \"echo\", [ \"x\" ] ]\n", "", "nested arrays"),
        (
            "FROM a:1\nEXPOSE 6379\nENTRYPOINT [ \"/usr/bin/a\" ]\n",
            "a:1",
            "an entry point",
        ),
        (
            "FROM a:b-2014.02\n\nONBUILD RUN [\"echo\"]\n\n# RUN x \\\n# y \\\nRUN [\"ls\"]\n",
            "a:b-2014.02",
            "comments with continuations",
        ),
        ("FROM foo\n\nVOLUME /a /b /c\n", "foo", "several volumes"),
        (
            "FROM a\n\nENV PATH\n",
            "a",
            "a variable without a value is refused",
        ),
        (
            "FROM a:1\nRUN curl -s x | sh && \\\n\tapt-get update\nADD .rc /\nCMD [\"x\"]\n",
            "a:1",
            "commands over lines",
        ),
        (
            "# ESCAPE=\\\n\n\n\nFROM a/b:1\n\n\n\n\n\nENV A \\\n x\n\n\n\nRUN apt-get \\\n\n  update \\\n# c\n  && x\n",
            "a/b:1",
            "lines that are counted",
        ),
        (
            "FROM a:1\nRUN one \\\n  two \\\n# c\n  three\nRUN four \\\n\n  five\n",
            "a:1",
            "comments and empty lines within",
        ),
    ];
    for (text, expected, why) in rows {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(images(text), expected, "{why}");
    }
    println!("BuildKit's files: {} of {} equal", rows.len(), rows.len());
}
