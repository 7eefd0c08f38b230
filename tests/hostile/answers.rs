//! Answers of a registry that prove nothing, or something else than they say: each costs its own image.

use std::time::Duration;

use crate::program::{Ran, Workspace, pod};
use crate::support::artifact::{self, Artifact, DOCKER_LIST, OCI_INDEX, OCI_MANIFEST, SCHEMA2};
use crate::support::registry::{Answer, Fault, Registry};

/// Processor time of a run that asks about an image or two, however much it is answered.
pub const BEARABLE: Duration = Duration::from_secs(1);

/// `cause: what the report says behind the host`, of each image that was not checked.
pub fn unchecked(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let said = report["unchecked"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            let message = entry["message"].as_str().expect("a message");
            format!(
                "{}: {}",
                entry["cause"].as_str().expect("a cause"),
                message.split_once("` ").map_or(message, |(_, rest)| rest)
            )
        });
    said.collect()
}

/// `rule: message` of each finding, without what the node answers.
pub fn findings(ran: &Ran) -> Vec<String> {
    let short = |message: String| match message.split_once(": the node answers") {
        Some((short, _)) => short.to_owned(),
        None => message,
    };
    messages(ran).into_iter().map(short).collect()
}

/// Rule and whole message of each finding.
fn messages(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let word = |entry: &serde_json::Value, key| entry[key].as_str().expect("a word").to_owned();
    let findings = report["findings"].as_array().expect("a list").iter();
    findings
        .map(|entry| format!("{}: {}", word(entry, "rule"), word(entry, "message")))
        .collect()
}

/// What it is, whether HEAD and GET are answered so, what is said of it, and the HEADs and GETs for it.
type Case = (&'static str, [bool; 2], Fault, String, [usize; 2]);

#[test]
fn answers_that_prove_nothing_are_no_verdict() {
    let odd = "did not answer as a registry does: ";
    let bomb = Answer::new(200).body(DOCKER_LIST, artifact::gzip(&vec![b' '; 50 << 20]));
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    let cases: Vec<Case> = vec![
        (
            "endless",
            [false, true],
            Fault::Endless,
            format!("protocol: {odd}the answer is larger than 4194304 bytes"),
            [1, 1],
        ),
        (
            "compressed",
            [false, true],
            Fault::Gzip,
            format!("protocol: {odd}the body is not the JSON of a manifest"),
            [1, 1],
        ),
        (
            "bomb",
            [false, true],
            Fault::Answer(bomb.header("content-encoding", "gzip")),
            format!("protocol: {odd}the answer is larger than 4194304 bytes"),
            [1, 1],
        ),
        (
            "cut",
            [false, true],
            Fault::Truncate,
            format!(
                "protocol: {odd}the answer broke off: end of file before message length reached"
            ),
            [1, 3],
        ),
        (
            "reset",
            [false, true],
            Fault::ResetInBody,
            format!("protocol: {odd}the answer broke off: Connection reset by peer (os error 104)"),
            [1, 3],
        ),
        (
            "empty",
            [false, true],
            Fault::Body(Vec::new()),
            format!("protocol: {odd}the body is empty"),
            [1, 1],
        ),
        (
            "page",
            [true, true],
            Fault::login_page(),
            format!("protocol: {odd}the body is not the JSON of a manifest"),
            [1, 1],
        ),
        (
            "page of GET",
            [false, true],
            Fault::login_page(),
            format!("protocol: {odd}the body is not the JSON of a manifest"),
            [1, 1],
        ),
        (
            "204",
            [true, true],
            Fault::status(204),
            format!("protocol: {odd}status 204 is no answer of a registry"),
            [1, 1],
        ),
        (
            "204 of GET",
            [false, true],
            Fault::status(204),
            format!("protocol: {odd}status 204 is no answer of a registry"),
            [1, 1],
        ),
        (
            "array",
            [false, true],
            Fault::Body(b"[]".to_vec()),
            format!("protocol: {odd}the body is not the JSON of a manifest"),
            [1, 1],
        ),
        (
            "64 deep",
            [false, true],
            Fault::Body(nested(64)),
            format!("protocol: {odd}the body is not the JSON of a manifest"),
            [1, 1],
        ),
        (
            "65 deep",
            [false, true],
            Fault::Body(nested(65)),
            format!("protocol: {odd}the body is nested too deeply"),
            [1, 1],
        ),
        (
            "deep",
            [false, true],
            Fault::Body("[".repeat(100_000).into_bytes()),
            format!("protocol: {odd}the body is nested too deeply"),
            [1, 1],
        ),
    ];
    for (what, [head, get], fault, expected, [heads, gets]) in cases {
        let registry = Registry::start();
        registry.push_docker_list("app", "1");
        registry.push_oci("app", "good");
        if head {
            registry.on("app:1").head().gives(fault.clone());
        }
        if get {
            registry.on("app:1").get().gives(fault);
        }
        // Another image of the host is asked about beside it, which costs a HEAD and, since it is bad, a GET.
        let names = ["app:1", "app:good"].map(|name| registry.name(name));
        let workspace = Workspace::of("pod.yaml", pod(&[&names[0], &names[1]]));
        let arguments = [
            "--format",
            "json",
            "--no-cache",
            "--no-alternatives",
            "--timeout",
            "60",
            "--plain-http",
        ];
        let (ran, took) = workspace.measured(&[&arguments[..], &[&registry.host()]].concat());
        let good = format!("pod.yaml:9:12 unsupported-format {}", names[1]);
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(1), vec![good]),
            "{what}: {}",
            ran.said()
        );
        assert_eq!(unchecked(&ran), [expected], "{what}");
        let asked = ["HEAD", "GET"].map(|method| registry.count(method, "/v2/app/manifests/1"));
        assert_eq!(
            (asked, registry.log().len()),
            ([heads, gets], heads + gets + 2),
            "{what}: {:#?}",
            registry.lines()
        );
        assert!(took < BEARABLE, "{what}: {took:?}");
        // By itself it ends the run with the code of what was not checked.
        workspace.write("pod.yaml", pod(&[&names[0]]));
        let ran = workspace
            .program(&[&arguments[..], &[&registry.host()]].concat())
            .run();
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(3), Vec::new()),
            "{what}: {}",
            ran.said()
        );
    }
}

#[test]
fn an_answer_that_comes_byte_by_byte_ends_with_the_time_for_it() {
    let registry = Registry::start();
    registry.push_docker_list("app", "1");
    registry.on("app:1").get().gives(Fault::Drip {
        piece: 1,
        every: Duration::from_secs(1),
    });
    // Nothing else is asked: with so little time a busy machine may miss that of any answer.
    let ran = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]))
        .lint(&registry)
        .args(&["--no-alternatives", "--timeout", "1"])
        .run();
    assert_eq!(
        (ran.code, ran.findings()),
        (Some(3), Vec::new()),
        "{}",
        ran.said()
    );
    assert_eq!(
        unchecked(&ran),
        ["timeout: did not answer in time: no answer in time"]
    );
    let asked = ["HEAD", "GET"].map(|method| registry.count(method, "/v2/app/manifests/1"));
    assert!(
        asked[0] <= 6 && asked[1] <= 6,
        "three tries of each, twice: {:#?}",
        registry.lines()
    );
}

/// A tag; what is said of it for OpenShift 3.11 and for Kubernetes, without `--deep` and with it; the requests for both
/// targets without it, and for either with it.
type Row<'s> = (&'static str, [[&'s str; 2]; 2], [usize; 3]);

/// A message with `@` for the image, `HOST` for its registry and `DIGEST` for each digest.
fn without_names(text: &str, name: &str, host: &str) -> String {
    let text = text.replace(name, "@").replace(host, "HOST");
    let mut pieces = text.split("sha256:");
    let first = pieces.next().unwrap_or("").to_owned();
    pieces.fold(first, |text, piece| {
        text + "DIGEST" + piece.trim_start_matches(|c: char| c.is_ascii_hexdigit())
    })
}

#[test]
fn lists_without_end_or_sense_are_bounded() {
    let registry = Registry::start();
    let child = artifact::schema2("x");
    registry.push_untagged("app", &child);
    let entry = format!(
        r#"{{"mediaType":"{SCHEMA2}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"amd64"}}}}"#,
        child.digest(),
        child.body.len()
    );
    let many = |kind: &str, entries: usize| {
        let entries = vec![entry.as_str(); entries].join(",");
        Artifact::raw(
            kind,
            format!(r#"{{"schemaVersion":2,"mediaType":"{kind}","manifests":[{entries}]}}"#),
        )
    };
    for (kind, begin) in [(OCI_INDEX, "index"), (DOCKER_LIST, "list")] {
        let push = |tag: &str, artifact: &Artifact| {
            registry.push("app", &format!("{begin}-{tag}"), artifact)
        };
        for entries in [0, 1000, 1001, 100_000] {
            push(&entries.to_string(), &many(kind, entries));
        }
        let inner = artifact::oci_index("inner");
        push(
            "nested",
            &artifact::list_of(kind, vec![("linux/amd64", inner)]),
        );
        let (docker, oci) = (artifact::schema2("docker"), artifact::oci("oci"));
        push(
            "twice",
            &artifact::list_of(
                kind,
                vec![
                    ("linux/amd64", docker.clone()),
                    ("linux/amd64", oci.clone()),
                ],
            ),
        );
        push(
            "other-way",
            &artifact::list_of(
                kind,
                vec![
                    ("linux/amd64", oci.clone()),
                    ("linux/amd64", docker.clone()),
                ],
            ),
        );
        push(
            "attested",
            &artifact::list_of(
                kind,
                vec![("unknown/unknown", oci.clone()), ("linux/amd64", docker)],
            ),
        );
        push(
            "attestations",
            &artifact::list_of(kind, vec![("unknown/unknown", oci)]),
        );
    }
    registry.push("app", "signed", &artifact::schema1("app", "signed", true));
    registry.push(
        "app",
        "unsigned",
        &artifact::schema1("app", "unsigned", false),
    );
    const ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
    let body = format!(r#"{{"mediaType":"{ARTIFACT}","artifactType":"application/x","blobs":[]}}"#);
    registry.push("app", "artifact", &Artifact::raw(ARTIFACT, body));
    for tag in ["other", "moved"] {
        registry.push_docker_list("app", tag);
    }
    registry
        .on("app:other")
        .get()
        .gives(Fault::Body(artifact::docker_list("another").body));

    // The two errors that people search for, and what containerd answers: as `facts` and the measured table have them.
    let key = "the node answers `missing signature key`, or `manifest for X not found` / `repository does not exist`, depending on the registry";
    let removed = "containerd 2.1 answers `schema 1 image manifests are no longer supported`";
    let unread = "containerd 2.1 answers `from remote: not found`";
    let (openshift, kubernetes) = (
        "openshift-3.11 (docker 1.13)",
        "kubernetes (containerd 2.1)",
    );
    let stored = |kind: &str, target: &str, answer: &str| {
        format!("unsupported-format: `@` is stored as {kind}, which {target} cannot pull: {answer}")
    };
    let list_with = |image: &str, answer: &str| {
        format!("unsupported-format: `@` is {image}, which {openshift} cannot pull: {answer}")
    };
    let index = &stored("an OCI index", openshift, key);
    let none_for_docker = "platform-not-found: `@` has no image for linux/amd64: docker 1.13 answers `no supported platform found in manifest list`";
    let none = "platform-not-found: `@` has no image for linux/amd64: containerd 2.1 answers `no match for platform in manifest DIGEST: not found`";
    let no_artifact =
        "not-an-image: `@` is an OCI artifact, not a container image: no node can run it";
    let large =
        "protocol: did not answer as a registry does: the answer is larger than 4194304 bytes";
    let long = "protocol: did not answer as a registry does: it has 1001 entries, more than 1000";
    let lie = "ambiguous-manifest: what `HOST` serves for `@` contradicts itself: its Docker-Content-Digest is not the digest of its bytes";
    let again = &list_with(
        "a list whose image for the platform is a list again",
        "docker 1.13 answers `unsupported manifest format`",
    );
    let oci_manifest = &list_with(
        "a docker manifest list whose image is of type OCI manifest",
        key,
    );
    let signed = &stored("a docker schema 1 (signed)", kubernetes, removed);
    let unsigned = [
        &*stored("a docker schema 1 (unsigned)", openshift, key),
        &*stored("a docker schema 1 (unsigned)", kubernetes, unread),
    ];
    let same = |text| [[text, text], [text, text]];
    // A HEAD, and a GET of what is a list or about to be called bad, with each image of the platform that an index about to
    // be called bad lists, once. In depth: a GET of each manifest, and config and layer of what is for the platform.
    let rows: Vec<Row<'_>> = vec![
        ("index-0", [[index, index], [none, none]], [2, 2, 1]),
        ("index-1000", [[index, index], ["", ""]], [3, 2, 4]),
        // Its type is proof enough for a client that takes no index.
        ("index-1001", [[index, long], [long, long]], [2, 2, 1]),
        ("index-100000", [[index, large], [large, large]], [2, 2, 1]),
        ("index-nested", [[index, index], ["", ""]], [3, 2, 6]),
        ("index-twice", [[index, index], ["", ""]], [4, 2, 7]),
        ("index-other-way", [[index, index], ["", ""]], [4, 2, 7]),
        ("index-attested", [[index, index], ["", ""]], [3, 2, 5]),
        (
            "index-attestations",
            [[index, index], [none, none]],
            [2, 2, 2],
        ),
        (
            "list-0",
            [[none_for_docker, none_for_docker], [none, none]],
            [2, 2, 1],
        ),
        ("list-1000", same(""), [2, 2, 4]),
        ("list-1001", same(long), [2, 2, 1]),
        ("list-100000", same(large), [2, 2, 1]),
        ("list-nested", [[again, again], ["", ""]], [2, 2, 6]),
        // The daemon takes the first that fits.
        ("list-twice", same(""), [2, 2, 7]),
        (
            "list-other-way",
            [[oci_manifest, oci_manifest], ["", ""]],
            [2, 2, 7],
        ),
        ("list-attested", same(""), [2, 2, 5]),
        (
            "list-attestations",
            [[none_for_docker, none_for_docker], [none, none]],
            [2, 2, 2],
        ),
        // docker 1.13 takes it as its type says; it is read before containerd's verdict is given.
        ("signed", [["", ""], [signed, signed]], [1, 2, 2]),
        (
            "unsigned",
            [[unsigned[0], unsigned[0]], [unsigned[1], unsigned[1]]],
            [2, 2, 2],
        ),
        ("artifact", same(no_artifact), [2, 2, 1]),
        ("other", same(lie), [2, 2, 1]),
    ];
    let mut wrong = Vec::new();
    for (tag, expected, [openshift, kubernetes, deep]) in rows {
        let name = registry.name(&format!("app:{tag}"));
        let workspace = Workspace::of("pod.yaml", pod(&[&name]));
        let targets = [("openshift-3.11", openshift), ("kubernetes", kubernetes)];
        for ((target, plain), expected) in targets.into_iter().zip(expected) {
            for ((depth, requests), expected) in [(None, plain), (Some("--deep"), deep)]
                .into_iter()
                .zip(expected)
            {
                registry.clear_log();
                let ran = workspace
                    .lint(&registry)
                    .args(&["--no-alternatives", "--target", target])
                    .args(depth.as_slice())
                    .run();
                let said = [messages(&ran), unchecked(&ran)].concat().join("\n");
                let said = without_names(&said, &name, &registry.host());
                let code = match expected {
                    "" => 0,
                    text if text.starts_with("protocol") => 3,
                    _ => 1,
                };
                if (said.as_str(), ran.code, registry.log().len())
                    != (expected, Some(code), requests)
                {
                    wrong.push(format!(
                        "{tag} for {target} {depth:?}: {said}\nnot {expected}\n{:?} and not {requests} requests: {:#?}",
                        ran.code,
                        registry.lines()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_bytes_than_the_digest_says_are_told() {
    let registry = Registry::start();
    let digest = registry.push_docker_list("app", "1");
    registry
        .on(&format!("app@{digest}"))
        .get()
        .gives(Fault::Body(artifact::docker_list("other").body));
    let name = format!("{}/app@{digest}", registry.host());
    let ran = Workspace::of("pod.yaml", pod(&[&name]))
        .lint(&registry)
        .run();
    let expected = format!(
        "ambiguous-manifest: what `{}` serves for `{name}` contradicts itself: the registry serves other bytes than {digest}",
        registry.host()
    );
    assert_eq!(
        (ran.code, findings(&ran)),
        (Some(1), vec![expected]),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_type_that_the_body_belies_is_not_believed() {
    let belied = |header: &str, body: &str| {
        format!(
            "ambiguous-manifest: what `HOST` serves for `@` contradicts itself: Content-Type says {header}, mediaType says {body}"
        )
    };
    let stored = |kind: &str| {
        format!(
            "unsupported-format: `@` is stored as {kind}, which openshift-3.11 (docker 1.13) cannot pull"
        )
    };
    // A HEAD is believed of what is good, as the design has it; whoever asks for the body, as is done for what would be
    // called bad and for lists, sees that it says something else.
    let rows: Vec<(Option<String>, Artifact, [String; 2])> = vec![
        (
            Some(SCHEMA2.into()),
            artifact::oci("a"),
            [String::new(), belied("docker schema 2", "OCI manifest")],
        ),
        (
            Some(DOCKER_LIST.into()),
            artifact::oci_index("a"),
            [
                belied("docker manifest list", "OCI index"),
                belied("docker manifest list", "OCI index"),
            ],
        ),
        (
            Some(OCI_MANIFEST.into()),
            artifact::schema2("a"),
            [
                belied("OCI manifest", "docker schema 2"),
                belied("OCI manifest", "docker schema 2"),
            ],
        ),
        (
            Some(OCI_INDEX.into()),
            artifact::docker_list("a"),
            [
                belied("OCI index", "docker manifest list"),
                belied("OCI index", "docker manifest list"),
            ],
        ),
        (
            None,
            artifact::oci("a"),
            [stored("an OCI manifest"), stored("an OCI manifest")],
        ),
        (None, artifact::schema2("a"), [String::new(), String::new()]),
        (
            None,
            artifact::oci_index("a"),
            [stored("an OCI index"), stored("an OCI index")],
        ),
        (
            None,
            artifact::docker_list("a"),
            [String::new(), String::new()],
        ),
        (
            Some(format!("{SCHEMA2}; charset=utf-8")),
            artifact::schema2("a"),
            [String::new(), String::new()],
        ),
        (
            Some(format!("{OCI_MANIFEST};charset=utf-8")),
            artifact::oci("a"),
            [stored("an OCI manifest"), stored("an OCI manifest")],
        ),
        (
            Some(SCHEMA2.to_uppercase()),
            artifact::schema2("a"),
            [String::new(), String::new()],
        ),
    ];
    for (kind, artifact, expected) in rows {
        let registry = Registry::start();
        registry.push("app", "1", &artifact);
        registry.on("app:1").gives(
            kind.as_deref()
                .map_or_else(Fault::no_content_type, Fault::content_type),
        );
        let name = registry.name("app:1");
        let workspace = Workspace::of("pod.yaml", pod(&[&name]));
        for (deep, expected) in [false, true].into_iter().zip(&expected) {
            let depth: &[&str] = if deep { &["--deep"] } else { &[] };
            let ran = workspace
                .lint(&registry)
                .arg("--no-alternatives")
                .args(depth)
                .run();
            let said = findings(&ran)
                .join("\n")
                .replace(&name, "@")
                .replace(&registry.host(), "HOST");
            assert_eq!(
                said, *expected,
                "{kind:?} for {}, deep: {deep}",
                artifact.media_type
            );
            assert_eq!(
                (ran.code, ran.unchecked()),
                (Some(i32::from(!expected.is_empty())), Vec::new()),
                "{kind:?}: {}",
                ran.stdout
            );
        }
    }
}

#[test]
fn a_part_is_gone_by_404_and_410_alone_and_other_refusals_leave_the_image_unchecked() {
    let single = artifact::schema2("single");
    let list = artifact::docker_list("list");
    let config = single.blobs.last().expect("a config").digest();
    let layer = single.blobs[0].digest();
    let [ours, other] = [0, 1].map(|n| list.children[n].digest());
    let parts = [
        ("the config", "single", &config, true),
        ("a layer", "single", &layer, true),
        ("the image for the platform", "list", &ours, false),
        ("an image for another platform", "list", &other, false),
    ];
    // Most of the time goes into the pauses before a question is asked again: the parts are asked for side by side.
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let parts = parts.map(|(part, tag, digest, blob)| {
            let (single, list, other) = (&single, &list, &other);
            scope.spawn(move || {
                let registry = Registry::start();
                registry.push("app", "single", single);
                registry.push("app", "list", list);
                refusals_of(&registry, tag, digest, blob, digest != other)
                    .into_iter()
                    .map(|said| format!("{part}: {said}"))
                    .collect::<Vec<_>>()
            })
        });
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("a part that was looked at"))
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is said otherwise than it should be where the registry refuses a part, which the node `takes` or not.
fn refusals_of(
    registry: &Registry,
    tag: &str,
    digest: &str,
    blob: bool,
    takes: bool,
) -> Vec<String> {
    // What the registry answers about a part that the node takes, and what comes of that.
    let (gone, unknown) = ("incomplete-image", "server");
    let answers = [
        (404, gone),
        (410, gone),
        (403, unknown),
        (451, unknown),
        (500, unknown),
        (503, unknown),
    ];
    let mut wrong = Vec::new();
    for (status, expected) in answers {
        let expected = if takes { expected } else { "" };
        let place = registry.on(&format!("app@{digest}"));
        let place = if blob { place.blobs() } else { place };
        place.gives(Fault::status(status));
        let name = registry.name(&format!("app:{tag}"));
        let workspace = Workspace::of("pod.yaml", pod(&[&name]));
        for target in ["openshift-3.11", "kubernetes"] {
            let ran = workspace
                .lint(registry)
                .args(&["--deep", "--no-alternatives", "--target", target])
                .run();
            let said = [findings(&ran), unchecked(&ran)].concat().join("\n");
            let code = match expected {
                "" => 0,
                "server" => 3,
                _ => 1,
            };
            let fits = said.starts_with(expected) && said.is_empty() == expected.is_empty();
            if !fits || ran.code != Some(code) {
                wrong.push(format!("{status} for {target}: {said} {:?}", ran.code));
            }
        }
        registry.behave();
    }
    wrong
}

#[test]
fn what_a_type_proves_holds_where_the_body_cannot_be_read() {
    let registry = Registry::start();
    let forms = [
        ("manifest", artifact::oci("a"), "an OCI manifest"),
        ("index", artifact::oci_index("a"), "an OCI index"),
    ];
    let entries = vec![r#"{"mediaType":"x","digest":"sha256:aa","size":1}"#; 1001].join(",");
    let long = format!(r#"{{"schemaVersion":2,"manifests":[{entries}]}}"#).into_bytes();
    let faults = [
        ("status 500", Fault::status(500)),
        ("status 403 of a proxy", Fault::login_page()),
        ("cut off", Fault::Truncate),
        ("reset", Fault::ResetInBody),
        ("no manifest", Fault::Body(b"[]".to_vec())),
        ("too many entries", Fault::Body(long)),
        ("too large", Fault::Body(vec![b' '; 5 << 20])),
    ];
    let mut wrong = Vec::new();
    for (tag, stored, words) in &forms {
        registry.push("app", tag, stored);
        let name = registry.name(&format!("app:{tag}"));
        let workspace = Workspace::of("pod.yaml", pod(&[&name]));
        for (what, fault) in &faults {
            // A list under the type of a manifest contradicts itself, which is another verdict.
            if *tag == "manifest" && *what == "too many entries" {
                continue;
            }
            registry.behave();
            registry
                .on(&format!("app:{tag}"))
                .get()
                .gives(fault.clone());
            let lint = |target: &str| {
                let arguments = ["--no-alternatives", "--target", target];
                workspace.lint(&registry).args(&arguments).run()
            };
            let bad = lint("openshift-3.11");
            let message = format!("is stored as {words}, which openshift-3.11");
            if bad.code != Some(1) || !findings(&bad).concat().contains(&message) {
                wrong.push(format!("{tag}, {what}: {}", bad.said()));
            }
            // containerd takes both; an index may lack the platform, which only its body says.
            let other = lint("kubernetes");
            let code = if *tag == "index" { 3 } else { 0 };
            if other.code != Some(code) || !findings(&other).is_empty() {
                wrong.push(format!("{tag} for kubernetes, {what}: {}", other.said()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
