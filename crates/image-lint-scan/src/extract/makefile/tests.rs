//! Makefiles, as `make -n` shows what they run.

use super::*;
use image_lint_model::build::FormatSlot;
use image_lint_text::source::{FileId, RepoPath};

#[test]
fn recipes_are_scripts_with_makes_variables() {
    let text = "\
MANAGER ?= podman
TAG := 1.2
IMG = quay.io/a/b:$(TAG)

build: deps
\t@${MANAGER} build -t $(IMG) \\
\t\t-f Containerfile .
\t-@for i in x; do podman pull quay.io/$$i; done
push:
\t@podman push $(shell podman images $(IMG) --format '{{.ID}}') docker://docker.io/$(IMG)
";
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(b"Makefile"),
        text.to_owned(),
    );
    let mut sink = Sink::new(&file);
    Makefile.extract(&file, &mut sink);
    let found: Vec<String> = sink
        .extraction
        .mentions
        .iter()
        .map(|m| {
            format!(
                "{} {} {}",
                m.role.as_str(),
                &text[m.place.span.range()],
                m.value.written()
            )
        })
        .collect();
    assert_eq!(found[0], "push $(IMG) quay.io/a/b:1.2");
    assert_eq!(found[1], "build-base quay.io/$$i quay.io/x");
    assert!(
        found[found.len() - 1].starts_with("push docker.io/$(IMG) docker.io/quay.io/a/b:1.2"),
        "{found:?}"
    );
    let build = &sink.extraction.builds[0];
    let FormatSlot::After(word) = build.slots.format else {
        panic!("a flag can be inserted")
    };
    assert_eq!(&text[word.span.range()], "build");
}

#[test]
fn quotes_are_the_shells_and_empty_defaults_come_from_outside() {
    let text =
        "HUB ?= \"r.io/a\"\nPREFIX ?=\nx:\n\tdocker push $(HUB):1\n\tdocker push $(PREFIX)/b:1\n";
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(b"Makefile"),
        text.to_owned(),
    );
    let mut sink = Sink::new(&file);
    Makefile.extract(&file, &mut sink);
    let found: Vec<String> = sink
        .extraction
        .mentions
        .iter()
        .map(|m| m.value.written())
        .collect();
    assert_eq!(found, ["r.io/a:1", "${PREFIX}/b:1"]);
}

fn mentions(text: &str) -> Vec<String> {
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(b"Makefile"),
        text.to_owned(),
    );
    let mut sink = Sink::new(&file);
    Makefile.extract(&file, &mut sink);
    let mut extraction = sink.finish();
    extraction
        .mentions
        .sort_by_key(|mention| mention.place.span);
    let found = extraction.mentions.iter();
    found.map(|mention| mention.value.written()).collect()
}

#[test]
fn recipes_say_what_make_would_run() {
    let table: &[(&str, &[&str], &str)] = &[
        (
            "run:\nifndef VER\n\t$(error set VER)\nendif\n\tpodman run --rm r.io/two:1\n",
            &["r.io/two:1"],
            "a conditional within a rule",
        ),
        (
            "run:\n    ifeq ($(A),b)\n\tpodman run r.io/one:1\n    else\n\tpodman run r.io/two:1\n    endif\n\tpodman pull r.io/three:1\n",
            &["r.io/one:1", "r.io/two:1", "r.io/three:1"],
            "both branches, since nothing decides",
        ),
        (
            "ifeq ($(ARCH),x86_64)\nB := r.io/amd:1\nelse\nB := r.io/arm:1\nendif\nt:\n\tpodman pull $(B)\n",
            &["r.io/amd:1", "r.io/arm:1"],
            "a variable with two values",
        ),
        (
            "A := x\nifeq ($(A),x)\nB = r.io/yes\nelse\nB = r.io/no\nendif\nt:\n\tpodman pull $(B)\n",
            &["r.io/yes"],
            "a condition that the file decides",
        ),
        (
            "ifneq (,$(X))\nB = r.io/a\nelse ifeq ($(Y),1)\nB = r.io/b\nelse\nB = r.io/c\nendif\nt:\n\tpodman pull $(B) && podman pull r.io/z\n",
            &["r.io/a", "r.io/b", "r.io/c", "r.io/z"],
            "three ways, and what is the same in all of them once",
        ),
        (
            "A := 1\nAPP := r.io/x:$(A)\nA := 2\nt:\n\tpodman pull $(APP)\n",
            &["r.io/x:1"],
            "expanded where it is set",
        ),
        (
            "A = 1\nAPP = r.io/x:$(A)\nA = 2\nt:\n\tpodman pull $(APP)\n",
            &["r.io/x:2"],
            "expanded where it is used",
        ),
        (
            "t: ; podman run r.io/x\n",
            &["r.io/x"],
            "on the rule's line",
        ),
        (
            "t: a b; @podman run r.io/x\n",
            &["r.io/x"],
            "after prerequisites",
        ),
        (
            "define fetch\npodman pull r.io/$(1):$(2)\nendef\nt:\n\t$(call fetch,a,1)\n\t$(call fetch,b,2)\n",
            &["r.io/a:1", "r.io/b:2"],
            "a canned recipe that is called",
        ),
        (
            "define once\n@podman pull r.io/a\nendef\nt:\n\t$(once)\n",
            &["r.io/a"],
            "without arguments",
        ),
        (
            "define USAGE\npodman run r.io/a\nendef\nt:\n\t@echo \"$(USAGE)\"\n",
            &[],
            "a text that is shown",
        ),
        (
            "t:\n\t$(foreach n,a b,podman pull r.io/$(n):7;)\n",
            &["r.io/a:7", "r.io/b:7"],
            "a loop",
        ),
        (
            "NAMES = a b\nt:\n\t$(foreach n,$(NAMES),podman pull r.io/$(n);)\n",
            &["r.io/a", "r.io/b"],
            "a loop over a variable",
        ),
        (
            "V := $(shell podman run --rm r.io/v version)\nt:\n\techo $(V)\n",
            &["r.io/v"],
            "a shell of make's own",
        ),
        (
            "V != podman run --rm r.io/v version\nt:\n\techo $(V)\n",
            &["r.io/v"],
            "the same by another sign",
        ),
        (
            "t:\n\tpodman run --rm $(ARCH:%=--arch %) --privileged r.io/a/b:1\n",
            &["r.io/a/b:1"],
            "flags or nothing",
        ),
        (
            "t:\n\tpodman run $(if $(X),--foo) r.io/a/b:1\n",
            &["r.io/a/b:1"],
            "flags or nothing",
        ),
        (
            "RUN := docker run --rm -v $(PWD):/w\nt:\n\t$(RUN) r.io/a/b:1\n",
            &["r.io/a/b:1"],
            "a command with its flags in a variable",
        ),
        (
            "CE := $(shell command -v podman || echo docker)\nt:\n\t$(CE) run r.io/a/b:1\n",
            &["r.io/a/b:1"],
            "the program that a shell finds",
        ),
        (
            "A = r.io/x\nA += r.io/y\nt:\n\tpodman pull $(A)\n",
            &["r.io/x", "r.io/y"],
            "appended",
        ),
        (
            "F = --rm \\\n  -t\nt:\n\tpodman run $(F) r.io/a/b:1\n",
            &["r.io/a/b:1"],
            "a value of several lines",
        ),
        (
            "t: V = r.io/x\nt:\n\tpodman pull $(V)\n",
            &["r.io/x"],
            "a variable of one target",
        ),
    ];
    for (text, expected, why) in table {
        assert_eq!(mentions(text), *expected, "{why}:\n{text}");
    }
}

#[test]
fn an_even_number_of_backslashes_ends_a_line() {
    // `make -n` prints `podman pull r.io/a:1 \\` and then `podman pull r.io/b:1`; an odd number goes on.
    let names = |text: &str| -> Vec<String> {
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"Makefile"),
            text.to_owned(),
        );
        let mut sink = Sink::new(&file);
        Makefile.extract(&file, &mut sink);
        let mentions = sink.extraction.mentions.iter();
        mentions.map(|m| m.value.written()).collect()
    };
    for (text, expected, why) in [
        (
            "x:\n\tsh -c 'podman pull r.io/a:1 \\\\\n\tpodman pull r.io/b:1\n",
            vec!["r.io/b:1"],
            "the quote ends with its line",
        ),
        (
            "x:\n\tpodman pull \\\n\t  r.io/a:1\n",
            vec!["r.io/a:1"],
            "one goes on",
        ),
        (
            "V = r.io/a:1 # \\\\\nW = r.io/b:2\nx:\n\tpodman pull $(W)\n",
            vec!["r.io/b:2"],
            "an assignment ends",
        ),
    ] {
        assert_eq!(names(text), expected, "{why}: {text}");
    }
}
