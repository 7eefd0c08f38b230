//! What scripts of real repositories give, re-typed in their smallest form.

use super::*;
use image_lint_model::build::{Command, FormatSetting, Mistake};
use image_lint_model::mention::{Extraction, NamedIn};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

fn extract(script: &str) -> Extraction {
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(b"build.sh"),
        script.to_owned(),
    );
    let mut sink = Sink::new(&file);
    extract_script(
        &file.whole(),
        &ScriptContext::new(SourceKind::Shell, "", 0),
        &mut sink,
    );
    sink.finish()
}

/// `role text-in-the-file [=> value]` of every mention, in order.
fn mentions(script: &str) -> Vec<String> {
    extract(script)
        .mentions
        .iter()
        .map(|m| {
            let at = &script[m.place.span.range()];
            let value = m.value.written();
            let role = m.role.as_str();
            if at == value {
                format!("{role} {at}")
            } else {
                format!("{role} {at} => {value}")
            }
        })
        .collect()
}

fn only_build(script: &str) -> Command {
    let mut builds = extract(script).builds;
    assert_eq!(builds.len(), 1, "{script}: {builds:#?}");
    builds.remove(0)
}

#[test]
fn commands_name_their_images_at_the_exact_bytes() {
    let table: &[(&str, &[&str], &str)] = &[
        (
            "buildah from docker.io/library/x:1",
            &["build-base docker.io/library/x:1"],
            "plain",
        ),
        ("buildah from scratch", &[], "scratch is no image"),
        (
            "buildah from --pull --signature-policy p.json a/b",
            &["build-base a/b"],
            "a flag that help does not show",
        ),
        ("crane catalog r.io", &[], "a registry, not an image"),
        (
            "c=$(buildah from --pull quay.io/a/b)",
            &["build-base quay.io/a/b"],
            "substitution; --pull takes no word",
        ),
        (
            "c=`buildah from ${1:-ubuntu}`",
            &["build-base ${1:-ubuntu}"],
            "backticks, default stays with its variable",
        ),
        (
            "buildah from --name w 'quay.io/a/b:1'",
            &["build-base quay.io/a/b:1"],
            "quotes are not the name",
        ),
        (
            "podman pull docker://quay.io/a/b",
            &["build-base quay.io/a/b"],
            "transport is not the name",
        ),
        (
            "sudo -E podman pull quay.io/a/b",
            &["build-base quay.io/a/b"],
            "prefix program",
        ),
        (
            "env -u X A=b nice -n 5 timeout -k 5 60 podman pull a/b",
            &["build-base a/b"],
            "chain of prefixes",
        ),
        (
            "/usr/bin/docker run --rm -v a:b:ro,Z --name X quay.io/a/b sh -c 'x y'",
            &["ci quay.io/a/b"],
            "path; values",
        ),
        (
            "docker run -itd --entrypoint /bin/sh img:1 -c 'docker pull no'",
            &["ci img:1"],
            "the rest is another's",
        ),
        (
            "docker run --rm=true -p80:80 -e A=b img",
            &["ci img"],
            "attached values",
        ),
        (
            "echo 'podman pull a/b'; printf 'docker run x'",
            &[],
            "text is data",
        ),
        ("read -p 'buildah from x' y", &[], "prompts are data"),
        (
            "cat > f <<EOF\npodman pull a/b\nEOF\npodman pull c/d",
            &["build-base c/d"],
            "here-documents are data",
        ),
        (
            "bash <<'EOF'\npodman pull a/b\nEOF\n",
            &["build-base a/b"],
            "a shell reads its here-document",
        ),
        (
            "buildah unshare sh -c 'buildah from a/b:1'",
            &["build-base a/b:1"],
            "unshare and sh -c",
        ),
        (
            "sh -ec \"podman pull a/b\"",
            &["build-base a/b"],
            "flags joined with -c",
        ),
        (
            "podman images --format '{{.ID}}'; docker ps --format x",
            &[],
            "output formats",
        ),
        ("# podman pull a/b\ntrue # docker pull c/d", &[], "comments"),
        (
            "podman pull a/b || docker pull c/d && docker pull e/f",
            &["build-base a/b", "build-base c/d", "build-base e/f"],
            "lists",
        ),
        (
            "if ! podman image exists x; then podman pull x:1; fi",
            &["build-base x:1"],
            "keywords",
        ),
        (
            "for i in a/b:1 c/d:2; do podman pull $i; done",
            &["build-base $i => a/b:1", "build-base $i => c/d:2"],
            "literal loop",
        ),
        (
            "case $1 in\n a) podman pull a/b ;;\n (b|c) podman pull c/d;;\nesac",
            &["build-base a/b", "build-base c/d"],
            "case",
        ),
        (
            "f() { podman pull \"$1\"; }\nf quay.io/a/b:1",
            &["build-base quay.io/a/b:1"],
            "argument keeps its place",
        ),
        (
            "f() { podman pull \"$1\"; }\nf",
            &["build-base $1"],
            "no argument",
        ),
        (
            "f() { podman pull reg/$1:2; }\nf x",
            &["build-base reg/$1:2 => reg/x:2"],
            "part of a word",
        ),
        (
            "run() { echo \"$@\"; \"$@\"; }\nrun podman pull a/b:1",
            &["build-base a/b:1"],
            "wrapper function",
        ),
        (
            "T=1.2\nI=\"quay.io/a/b:$T\"\npodman pull $I",
            &["build-base $I => quay.io/a/b:1.2"],
            "assignments",
        ),
        (
            "I=quay.io/a/b:1; podman pull ${I%:*}:2",
            &["build-base ${I%:*}:2 => quay.io/a/b:2"],
            "trimming",
        ),
        (
            "export R=quay.io\nlocal N=x\npodman pull $R/$N",
            &["build-base $R/$N => quay.io/x"],
            "export, local",
        ),
        (
            "if a; then I=x:1; else I=x:2; fi; podman pull $I",
            &["build-base $I => x:1", "build-base $I => x:2"],
            "two ways: one image for each",
        ),
        (
            "[ -n \"$I\" ] || I=x:1; podman pull $I",
            &["build-base $I => ${I}"],
            "a default, kept as one",
        ),
        (
            "read I; podman pull $I",
            &["build-base $I"],
            "read makes it unknown",
        ),
        (
            "docker run $DOCKER_OPTS $IMAGE $*",
            &["ci $IMAGE"],
            "options in a variable",
        ),
        (
            "A=(--tls-verify=false quay.io/a/b:1); podman pull \"${A[@]}\"",
            &["build-base ${A[@]} => quay.io/a/b:1"],
            "array",
        ),
        (
            "podman pull \\\n  a/b\\\n  c/d",
            &["build-base a/b", "build-base c/d"],
            "continued lines",
        ),
        (
            "skopeo --override-arch amd64 copy docker://a/b:1 docker://r.io/a/b:1",
            &["ci a/b:1", "push r.io/a/b:1"],
            "globals",
        ),
        (
            "skopeo copy oci:dir:tag docker://r.io/x",
            &["push r.io/x"],
            "files are no images",
        ),
        (
            "skopeo sync --src docker --dest docker r.io/a/b:1 other.io/n",
            &["ci r.io/a/b:1", "push other.io/n"],
            "sync",
        ),
        (
            "buildah push x docker-daemon:x:1",
            &["local x", "local x:1"],
            "daemon",
        ),
        (
            "docker build -t r.io/a/b:1 --cache-from type=registry,ref=r.io/c:1 .",
            &["push r.io/a/b:1", "ci r.io/c:1"],
            "cache",
        ),
        (
            "podman pull --arch=arm64 --root /usr/lib/containers/storage r.io/a:1\npodman pull --storage-opt x=y r.io/b:1",
            &["build-base r.io/a:1", "build-base r.io/b:1"],
            "podman's own flags after the subcommand",
        ),
        (
            "docker build -qt x:1 .\ndocker run x:1",
            &["local x:1", "local x:1"],
            "built before: not pulled",
        ),
        (
            "docker build --build-context b=docker-image://r.io/b:1 .",
            &["build-base r.io/b:1"],
            "build context",
        ),
        (
            "kubectl run x --image=r.io/a:1 -- docker pull y",
            &["run r.io/a:1"],
            "behind --",
        ),
        (
            "kubectl -n p set image deploy/x a=r.io/a:1 b=r.io/b:2",
            &["run r.io/a:1", "run r.io/b:2"],
            "set image",
        ),
        (
            "oc new-app r.io/a/b:1~https://x.org/y.git",
            &["run r.io/a/b:1"],
            "builder and source",
        ),
        ("oc new-app https://x.org/y.git", &[], "source only"),
        (
            "oc tag --source=docker r.io/a:1 a:latest",
            &["run r.io/a:1", "stream a:latest"],
            "oc tag",
        ),
        (
            "oc import-image a:1 --from=r.io/a:1 --confirm",
            &["run r.io/a:1", "stream a:1"],
            "import",
        ),
        (
            "crane copy r.io/a:1 q.io/a:1",
            &["ci r.io/a:1", "push q.io/a:1"],
            "crane",
        ),
        (
            "/kaniko/executor --context=. --destination=r.io/a:1",
            &["push r.io/a:1"],
            "kaniko",
        ),
        (
            "docker buildx bake --push --set '*.tags=r.io/a:1' app",
            &["push r.io/a:1"],
            "bake",
        ),
        (
            "docker service update --image r.io/a:1 web",
            &["ci r.io/a:1"],
            "service update",
        ),
        (
            "oc image mirror r.io/a:1=q.io/a:1 r.io/b=q.io/b",
            &["ci r.io/a:1", "push q.io/a:1", "ci r.io/b", "push q.io/b"],
            "pairs",
        ),
        (
            "regctl image mod r.io/a:1 --to-docker --create q.io/a:1",
            &["push q.io/a:1", "ci r.io/a:1"],
            "regctl",
        ),
        (
            "podman pull \"${{ inputs.image }}\"",
            &["build-base ${{ inputs.image }}"],
            "another language's variable",
        ),
        (
            "podman pull 'unclosed\npodman pull a/b:1",
            &["build-base a/b:1"],
            "a broken line loses only itself",
        ),
        (
            "docker rmi $(docker images -q)",
            &[],
            "names that only running could tell",
        ),
        (
            "V=\"$(podman run --entrypoint '/bin/sh' $E -c 'x')\"",
            &["ci $E"],
            "nested quotes",
        ),
        (
            "while read -r l; do podman pull \"$l\"; done < list",
            &["build-base $l"],
            "loop over a file",
        ),
        (
            "((x++)); for ((i=0;i<3;i++)); do podman pull a/b; done",
            &["build-base a/b"],
            "arithmetic",
        ),
        (
            "[[ $x =~ ^(a|b)$ && -f y ]] && podman pull a/b",
            &["build-base a/b"],
            "extended test",
        ),
        (
            "podman pull a/b 2>&1 >/dev/null &",
            &["build-base a/b"],
            "redirections",
        ),
    ];
    for (script, expected, why) in table {
        assert_eq!(mentions(script), *expected, "{why}: {script}");
    }
}

#[test]
fn the_format_a_command_asks_for_is_read_by_pflag_rules() {
    let table: &[(&str, Option<&str>, &str)] = &[
        (
            "buildah bud -t image/name:tag --format=docker",
            Some("docker"),
            "no context",
        ),
        (
            "podman build . -t x --format=docker",
            Some("docker"),
            "podman takes flags anywhere",
        ),
        (
            "buildah bud -f docker -t x .",
            None,
            "-f of a build is the file",
        ),
        (
            "buildah commit -f docker c x",
            Some("docker"),
            "-f of a commit is the format",
        ),
        ("buildah commit -fdocker c x", Some("docker"), "attached"),
        (
            "buildah bud --format=docker --format=oci .",
            Some("oci"),
            "last wins",
        ),
        (
            "BUILDAH_FORMAT=docker buildah bud .",
            Some("docker"),
            "environment",
        ),
        (
            "export BUILDAH_FORMAT=docker; buildah build .",
            Some("docker"),
            "exported",
        ),
        (
            "BUILDAH_FORMAT=docker; buildah build .",
            None,
            "not exported",
        ),
        (
            "set -a; BUILDAH_FORMAT=docker; buildah build .",
            Some("docker"),
            "all exported",
        ),
        (
            "env BUILDAH_FORMAT=docker buildah bud .",
            Some("docker"),
            "env",
        ),
        (
            "BUILDAH_FORMAT=docker buildah bud --format oci .",
            Some("oci"),
            "the flag wins",
        ),
        (
            "BUILDAH_FORMAT=docker buildah push x",
            None,
            "push does not read it",
        ),
        (
            "BUILDAH_FORMAT=docker podman commit c x",
            None,
            "podman commit does not read it",
        ),
        (
            "OPTS=\"--format docker\"; buildah bud $OPTS -t x .",
            Some("docker"),
            "split at blanks",
        ),
        (
            "OPTS=(--format docker); buildah bud \"${OPTS[@]}\" -t x .",
            Some("docker"),
            "array",
        ),
        (
            "buildah --log-level debug bud --format docker .",
            Some("docker"),
            "globals",
        ),
        (
            "buildah build-using-dockerfile \\\n --layers \\\n --format=docker \\\n .",
            Some("docker"),
            "six lines",
        ),
        (
            "skopeo copy docker://a docker://b -f v2s2",
            Some("v2s2"),
            "behind the arguments",
        ),
    ];
    for (script, expected, why) in table {
        assert_eq!(
            only_build(script).format.value(),
            *expected,
            "{why}: {script}"
        );
    }
}

#[test]
fn flags_in_unknown_variables_leave_the_format_open() {
    for script in [
        "buildah bud $EXTRA_ARGS -t x .",
        "buildah bud \"${ARGS[@]}\" .",
        "podman build \"$@\" .",
    ] {
        assert_eq!(only_build(script).format, FormatSetting::Hidden, "{script}");
    }
    // Flags behind it prove that it is no context; Tekton puts words in its place before the shell reads them.
    let late = only_build("buildah bud $MORE --layers -t x .");
    assert_eq!(
        (late.format, late.mistakes),
        (FormatSetting::Hidden, Vec::new())
    );
    assert!(matches!(
        only_build("buildah bud --format=$F .").format,
        FormatSetting::Open { .. }
    ));
    // `"$OPTS"` is one word, which no flag is.
    let one = only_build("OPTS=\"--format docker\"; buildah bud \"$OPTS\" -t x .");
    assert_ne!(one.format.value(), Some("docker"));
}

#[test]
fn mistakes_that_break_the_command_are_seen() {
    let first = |script: &str| only_build(script).mistakes.first().copied();
    let at = |script: &str, expected: &str| {
        let place = match first(script) {
            Some(
                Mistake::LateFlag(p)
                | Mistake::UnknownFormat(p)
                | Mistake::OneDash(p)
                | Mistake::NoContainer(p)
                | Mistake::BrokenContinuation(p)
                | Mistake::ZstdInDocker(p),
            ) => p,
            None => panic!("{script}: no mistake"),
        };
        assert_eq!(&script[place.span.range()], expected, "{script}");
    };
    at("buildah bud -t x . --format=docker", "--format=docker");
    at(
        "skopeo copy --format docker docker://a docker://b",
        "docker",
    );
    at("buildah bud --format v2s2 .", "v2s2");
    at("buildah bud -format docker .", "-format");
    at("buildah bud -format docker -t x .", "-format");
    at(
        "buildah bud --layers -t x -format=docker .",
        "-format=docker",
    );
    at("buildah push -format v2s2 x r.io/x", "-format");
    at("skopeo copy -format v2s2 docker://a docker://b", "-format");
    at(
        "podman push --format=v2s2 --compression-format zstd x r.io/x",
        "--compression-format zstd",
    );
    at(
        "skopeo copy -f v2s2 --dest-compress-format=zstd docker://a docker://b",
        "--dest-compress-format=zstd",
    );
    at("buildah build --layers \\ \n  --tag r.io/x .", "\\ ");
    at(
        "buildah commit localhost/test:latest",
        "localhost/test:latest",
    );
    at("buildah build --tag ${I} \\ \n  .", "\\ ");
    assert_eq!(first("podman build -t x . --format=docker"), None);
    // `--pull` takes no word: `always` is the context, and flags behind it are an error.
    assert!(matches!(
        first("buildah bud --pull always -t x ."),
        Some(Mistake::LateFlag(_))
    ));
}

#[test]
fn a_deep_or_endless_script_is_read_without_stack_or_time() {
    let deep = format!("podman pull a/b\n{}", "(".repeat(100_000));
    let quotes = format!("podman pull a/b\n{}", "\"$(\n".repeat(100_000));
    let cases = format!(
        "podman pull a/b\n{}",
        "if true; then case x in x) ".repeat(20_000)
    );
    let braces = format!("podman pull a/b\n{}", "${a:-".repeat(100_000));
    let templates = format!("podman pull a/b\n{}", "{{".repeat(200_000));
    let functions = "f() { f; f; f; }\nf\npodman pull a/b\n".to_owned();
    let doubling = format!("A=x\n{}podman pull a/b\n", "A=$A$A\n".repeat(2000));
    for script in [deep, quotes, cases, braces, templates, functions, doubling] {
        let (found, took) = crate::processor_time::of(|| mentions(&script));
        assert!(found.iter().any(|m| m == "build-base a/b"), "{script:.60}");
        assert!(took.as_secs() < 5, "{script:.60}: {took:?}");
    }
}

#[test]
fn a_small_script_of_loops_and_calls_costs_by_its_size() {
    let items = "a ".repeat(60);
    let script = format!(
        "f() {{ for x in {items}; do for y in {items}; do podman tag c/d $x$y; f; done; done; }}\npodman pull a/b\nf\n"
    );
    let (found, took) = crate::processor_time::of(|| mentions(&script));
    assert!(
        found.iter().any(|m| m == "build-base a/b"),
        "{}",
        found.len()
    );
    assert!(found.len() < 10_000 + 10 * script.len(), "{}", found.len());
    assert!(took.as_millis() < 1_500, "{took:?}");
    // Two loops in each other over all that a loop may have are still walked to their end.
    let items: String = (0..64).map(|n| format!("i{n} ")).collect();
    let whole =
        format!("for x in {items}; do for y in {items}; do podman pull r.io/$x:$y; done; done\n");
    assert_eq!(mentions(&whole).len(), 64 * 64);
}

#[test]
fn spans_lead_through_embedding_to_the_file() {
    let text = "key: |\n    podman pull \\\n      quay.io/a/b:1\n    sh -c 'podman pull c/d:2\n    podman pull e/f:3'\n";
    let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x.yaml"), text.to_owned());
    let mut sink = Sink::new(&file);
    let inner = "podman pull \\\n  quay.io/a/b:1\nsh -c 'podman pull c/d:2\npodman pull e/f:3'\n";
    let mut segments = Vec::new();
    let (mut at, mut outer) = (0, 7 + 4);
    for line in inner.split_inclusive('\n') {
        segments.push(image_lint_text::source::Segment {
            inner: at,
            outer,
            outer_len: line.len() as u32,
        });
        at += line.len() as u32;
        outer += line.len() as u32 + 4;
    }
    let script = file.whole().derive(inner.to_owned(), segments);
    extract_script(
        &script,
        &ScriptContext::new(SourceKind::Ci, "key", 0),
        &mut sink,
    );
    let found: Vec<&str> = sink
        .extraction
        .mentions
        .iter()
        .map(|m| &text[m.place.span.range()])
        .collect();
    assert_eq!(found, ["quay.io/a/b:1", "c/d:2", "e/f:3"]);
    assert_eq!(&*sink.extraction.mentions[0].field, "key: podman pull");
}

#[test]
fn arguments_of_a_container_are_a_command() {
    let text = "[\"/kaniko/executor\", \"--destination=$(params.IMAGE)\", \"--build-arg\", \"BASE_IMAGE=r.io/b:1\"]";
    let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x.yaml"), text.to_owned());
    let mut sink = Sink::new(&file);
    let words: Vec<SourceText<'static>> = [
        "/kaniko/executor",
        "--destination=$(params.IMAGE)",
        "--build-arg",
        "BASE_IMAGE=r.io/b:1",
    ]
    .iter()
    .map(|w| {
        let outer = text.find(w).unwrap() as u32;
        let segment = image_lint_text::source::Segment {
            inner: 0,
            outer,
            outer_len: w.len() as u32,
        };
        file.whole().derive((*w).to_owned(), vec![segment])
    })
    .collect();
    let mut context = ScriptContext::new(SourceKind::Tekton, "", 0);
    context.foreign = &[Syntax::Tekton];
    extract_arguments(&words, &context, &mut sink);
    let found: Vec<&str> = sink
        .extraction
        .mentions
        .iter()
        .map(|m| &text[m.place.span.range()])
        .collect();
    assert_eq!(found, ["$(params.IMAGE)", "r.io/b:1"]);
}

#[test]
fn a_parameter_that_holds_flags_is_no_image() {
    let script = "buildah push $(params.PUSH_EXTRA_ARGS) $(params.IMAGE) docker://$(params.IMAGE)";
    let file = SourceFile::new(
        FileId(0),
        RepoPath::from_bytes(b"t.yaml"),
        script.to_owned(),
    );
    let mut sink = Sink::new(&file);
    let mut context = ScriptContext::new(SourceKind::Tekton, "", 0);
    context.foreign = &[Syntax::Tekton];
    extract_script(&file.whole(), &context, &mut sink);
    let found: Vec<&str> = sink
        .extraction
        .mentions
        .iter()
        .map(|m| &script[m.place.span.range()])
        .collect();
    assert_eq!(found, ["$(params.IMAGE)", "$(params.IMAGE)"]);
}

#[test]
fn a_here_document_written_to_a_containerfile_is_read_as_one() {
    let script = "BASE=quay.io/a/b:1\ncat > \"$d/Dockerfile\" <<EOF\nFROM ${BASE}\nRUN echo \\$x\nEOF\nbuildah bud -f - <<'E'\nFROM r.io/c:2\nE\n";
    assert_eq!(
        mentions(script),
        ["build-base ${BASE} => quay.io/a/b:1", "build-base r.io/c:2"]
    );
}

#[test]
fn shapes_of_real_scripts_are_read() {
    // Row of the collection, script, mentions, commands that make or move images with their format.
    type Row = (
        u32,
        &'static str,
        &'static [&'static str],
        &'static [(&'static str, Option<&'static str>)],
    );
    let table: &[Row] = &[
        (
            2,
            "echo '[container1=`buildah from ubuntu`]'\ncontainer1=`buildah from ${1:-ubuntu}`\n",
            &["build-base ${1:-ubuntu}"],
            &[("buildah from", None)],
        ),
        (
            3,
            "demoimg=app\ncat > Dockerfile <<EOF\nFROM docker://docker.io/a/fedora:1\nEOF\nbuildah bud -t $demoimg .\npodman push $demoimg docker-daemon:$demoimg:latest\n",
            &[
                "build-base docker.io/a/fedora:1",
                "local $demoimg => app",
                "local $demoimg => app",
                "local $demoimg:latest => app:latest",
            ],
            &[("buildah bud", None), ("podman push", None)],
        ),
        (
            7,
            "if ! buildah --log-level debug manifest inspect \"$I\" >/dev/null 2>&1; then\n  buildah manifest create r.io/l\nfi",
            &["local r.io/l"],
            &[("buildah manifest create", None)],
        ),
        (
            9,
            "while IFS= read -r line || [ -n \"$line\" ]; do\n  read -ra pair <<<\"$line\"\n  skopeo copy --multi-arch=\"$M\" \"${pair[@]}\" --src-tls-verify=false\ndone",
            &[],
            &[("skopeo copy", None)],
        ),
        (
            11,
            "set -ex\nbuildah build --no-cache --pull=true -t ${1-a/deployer} .",
            &["push ${1-a/deployer}"],
            &[("buildah build", None)],
        ),
        (
            14,
            "oc new-build \\\n  $src \\\n  --context-dir a\necho 'oc start-build x'",
            &[],
            &[],
        ),
        (
            16,
            "cat > x.conf <<EOF\nbuildah bud -t r.io/x .\nEOF\n",
            &[],
            &[],
        ),
        (
            22,
            "echo \"Running: podman run ${image_name}:${{ steps.x.outputs.y }}\"",
            &[],
            &[],
        ),
        (
            26,
            "docker run --user=1 ${CONTAINER_ARGS} --rm --cidfile=${cid} ${IMAGE_NAME}-testapp",
            &["ci ${IMAGE_NAME}-testapp"],
            &[],
        ),
        (
            27,
            "cat <<EOF\noc new-app python:3.12~https://x.org/y.git\nEOF\n",
            &[],
            &[],
        ),
        (
            35,
            "buildah build-using-dockerfile \\\n  --layers \\\n  --format=docker \\\n  --tag r.io/p \\\n  .\nbuildah push --digestfile d --format=v2s2 r.io/p",
            &["push r.io/p", "push r.io/p"],
            &[
                ("buildah build-using-dockerfile", Some("docker")),
                ("buildah push", Some("v2s2")),
            ],
        ),
        (
            39,
            "podman build -f Dockerfile --tag r.io/x",
            &["push r.io/x"],
            &[("podman build", None)],
        ),
        (
            43,
            "showrun() { echo \"$@\"; \"$@\"; }\nbuild_args=(--layers)\nshowrun podman build --arch=amd64 -t r.io/x \"${build_args[@]}\" ./d",
            &["push r.io/x"],
            &[("podman build", None)],
        ),
        (
            44,
            "buildah run ${b} -- bash -C <<EOF\npodman pull no/no\nEOF\nbuildah commit --format docker ${b} r.io/x",
            &["push r.io/x"],
            &[("buildah commit", Some("docker"))],
        ),
    ];
    for (row, script, expected, commands) in table {
        assert_eq!(mentions(script), *expected, "row {row}: {script}");
        let builds = extract(script).builds;
        let found: Vec<(&str, Option<&str>)> = builds
            .iter()
            .map(|b| (&*b.label, b.format.value()))
            .collect();
        assert_eq!(found, *commands, "row {row}: {script}");
    }
}

#[test]
fn commands_behind_variables_and_texts_that_are_applied_name_images() {
    let table: &[(&str, &[&str], &str)] = &[
        (
            "podman run -d ${net} --name q \"$IMG\"",
            &["$IMG"],
            "an option in a variable, and the image",
        ),
        (
            "docker run ${RUNTIME_PART} --rm -e A=b r.io/a/b:1 --flag",
            &["r.io/a/b:1"],
            "flags after the image are another program's",
        ),
        (
            "podman run $IMAGE --version r.io/x",
            &["$IMAGE"],
            "a name that speaks of an image",
        ),
        (
            "podman run $APP --version",
            &["$APP"],
            "no other argument could be the image",
        ),
        (
            "if command -v podman; then CR=podman; else CR=docker; fi\n$CR run r.io/a/b:1",
            &["r.io/a/b:1"],
            "either program pulls it",
        ),
        (
            "ENGINE=$(command -v podman || command -v docker)\n$ENGINE run r.io/a/b:1",
            &["r.io/a/b:1"],
            "the program that is found",
        ),
        (
            "$CONTAINER_ENGINE pull r.io/a/b:1",
            &["r.io/a/b:1"],
            "an engine that the caller names",
        ),
        ("${DOCKER} run --rm r.io/a/b:1", &["r.io/a/b:1"], "the same"),
        ("$PYTHON run r.io/a/b:1", &[], "another program"),
        (
            "RUN=\"docker run --rm -v $PWD:/w\"\n$RUN r.io/a/b:1",
            &["r.io/a/b:1"],
            "with its flags",
        ),
        (
            "IMG=$(cat image.txt)\npodman run \"$IMG\"",
            &["$(cat image.txt)"],
            "a name that is computed",
        ),
        ("docker rmi $(docker images -q)", &[], "no name at all"),
        ("ids=$(docker images -q)\ndocker rmi $ids", &[], "nor here"),
        (
            "T=2\ncat <<EOF | oc apply -f -\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: r.io/a/b:$T\nEOF\n",
            &["r.io/a/b:2"],
            "a manifest with the script's variable",
        ),
        (
            "kubectl create -f - <<'EOF'\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: r.io/a/b:1\nEOF\n",
            &["r.io/a/b:1"],
            "a manifest as it is",
        ),
        (
            "oc process -f - <<'EOF'\napiVersion: v1\nkind: Template\nparameters: [{name: T, value: '3'}]\nobjects:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n      - image: r.io/a/b:${T}\nEOF\n",
            &["r.io/a/b:${T}"],
            "a Template, whose parameters link knows",
        ),
        (
            "cat > app.yaml <<EOF\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: r.io/a/b:1\nEOF\n",
            &["r.io/a/b:1"],
            "a manifest in a file",
        ),
        (
            "cat <<EOF\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: r.io/a/b:1\nEOF\n",
            &[],
            "an example that is shown",
        ),
        (
            "kubectl delete -f - <<EOF\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: r.io/a/b:1\nEOF\n",
            &[],
            "nothing is pulled",
        ),
    ];
    for (script, expected, why) in table {
        let extraction = extract(script);
        let found: Vec<String> = extraction
            .mentions
            .iter()
            .map(|mention| mention.value.written())
            .collect();
        assert_eq!(found, *expected, "{why}: {script}");
    }
}

#[test]
fn what_a_command_does_with_a_name_is_known_by_the_command() {
    for (script, expected) in [
        ("podman run r.io/a/b:1", NamedIn::Argument),
        ("buildah from r.io/a/copy:1", NamedIn::Argument),
        ("podman pull r.io/team/skopeo:1", NamedIn::Argument),
        ("skopeo inspect --raw docker://r.io/a/b:1", NamedIn::Looked),
        ("crane digest r.io/a/b:1", NamedIn::Looked),
        ("skopeo copy docker://r.io/a/b:1 dir:x", NamedIn::Copied),
        ("crane cp r.io/a/b:1 q.io/a/b:1", NamedIn::Copied),
        ("regctl image copy r.io/a/b:1 q.io/a/b:1", NamedIn::Copied),
    ] {
        let found = extract(script).mentions;
        assert_eq!(
            found.first().map(|m| m.named_in),
            Some(expected),
            "{script}"
        );
    }
}
