//! A registry that lies, lures elsewhere or tries to speak through the report.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::FORMATS;
use crate::answers::{BEARABLE, findings, unchecked};
use crate::program::{Program, Workspace, pod};
use crate::support::registry::{Answer, Fault, Kind, Registry};
use crate::support::tls::Authority;

#[test]
fn words_of_a_registry_are_cut_and_escaped() {
    let registry = Registry::start();
    let begin = "\u{1b}[2J\u{7}\n::error::pwn\n##[stop-commands]x\u{202e}";
    let (short, long, huge) = (
        begin.to_owned(),
        format!("{begin}{}", "A".repeat(60_000)),
        format!("{begin}{}", "A".repeat(1_000_000)),
    );
    let tags = ["denied", "code", "policy", "huge", "text", "absent"];
    registry
        .on("app:denied")
        .gives(Fault::errors(403, &[("DENIED", &long)]));
    registry
        .on("app:code")
        .gives(Fault::errors(400, &[(&short, &short)]));
    registry
        .on("app:policy")
        .gives(Fault::errors(412, &[("PROJECTPOLICYVIOLATION", &long)]));
    registry
        .on("app:huge")
        .gives(Fault::errors(412, &[("X", &huge)]));
    registry.on("app:text").gives(Fault::Answer(
        Answer::new(403).body("text/plain", long.clone()),
    ));
    // Tags that no tag can be are not offered, whatever their list says.
    registry.push_schema2("app", "near");
    let list =
        json!({ "name": "app", "tags": [format!("absent{begin}"), "absent\u{1b}[2J", "absent1"] })
            .to_string();
    registry
        .on("app")
        .tags()
        .gives(Fault::Body(list.into_bytes()));
    let names = tags.map(|tag| registry.name(&format!("app:{tag}")));
    let workspace = Workspace::of("pod.yaml", pod(&names.each_ref().map(String::as_str)));
    for format in FORMATS {
        let arguments = [
            "--no-cache",
            "--plain-http",
            &registry.host(),
            "--format",
            format,
            "-vv",
        ];
        let (ran, took) = workspace.measured(&arguments);
        assert_eq!(ran.code, Some(1), "{format}: {}", ran.stderr);
        let said = ran.said();
        // SARIF describes every rule, whatever was found.
        let rules = Workspace::of("a.txt", "")
            .program(&["--offline", "--format", format])
            .run();
        let found = said.len().saturating_sub(rules.said().len());
        assert!(found < 30_000, "{format}: {found} bytes for the findings");
        assert_eq!(
            said.chars()
                .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}'),
            None,
            "{format}"
        );
        let foreign = said
            .lines()
            .find(|l| l.trim_start().starts_with("::error::pwn") || l.contains("##[stop"));
        assert_eq!(foreign, None, "{format}");
        assert!(
            !said.contains(&"A".repeat(400)),
            "{format}: texts of a registry are cut"
        );
        assert!(took < BEARABLE, "{format}: {took:?}");
    }
    let ran = workspace.lint(&registry).run();
    let shown = |text: String| text.replace(&registry.host(), "HOST");
    let found: Vec<String> = findings(&ran).into_iter().map(shown).collect();
    let odd = "status 403, and nothing in the answer looks like a registry (a firewall or a proxy?) (status 403)";
    let expected = [
        "missing-or-private: `HOST/app:denied` is missing or private: `HOST` does not say which without credentials; \
         a node without a pull secret gets `repository does not exist or may require 'docker login'`",
        "missing-or-private: `HOST` refuses `HOST/app:policy`: status 412 (PROJECTPOLICYVIOLATION) (status 412 PROJECTPOLICYVIOLATION)",
        // A body of a megabyte is cut, and then it is no JSON.
        "missing-or-private: `HOST` refuses `HOST/app:huge`: status 412 (status 412)",
        &format!("missing-or-private: `HOST` refuses `HOST/app:text`: {odd}"),
        "tag-not-found: the repository `HOST/app` has no tag `absent`",
    ];
    assert_eq!(found, expected);
    let said: Vec<String> = unchecked(&ran).into_iter().map(shown).collect();
    assert_eq!(
        said,
        [
            r"server: answered with status 400: status 400 ([2J::ERROR::PWN##\[STOP-COMMANDS]X\u{202e})"
        ]
    );
    let report = ran.json();
    let help = report["findings"][4]["help"].to_string();
    assert!(help.contains("absent1") && !help.contains("[2J"), "{help}");
    // Whoever looks at the requests gets the words, cut.
    let inspect = [
        "inspect",
        "--no-cache",
        "--plain-http",
        &registry.host(),
        &names[4],
        "--format",
    ];
    for format in ["json", "text"] {
        let ran = workspace.program(&inspect).arg(format).run();
        assert_eq!(
            ran.said()
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}'),
            None,
            "{format}"
        );
        if format == "json" {
            let told = ran.json()["images"][0]["asked"][0]["error"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(
                told.starts_with(begin) && told.ends_with("AA…") && told.len() < 310,
                "{told:?}"
            );
        }
    }
}

#[test]
fn redirects_lead_nowhere_they_must_not() {
    let registry = Registry::start();
    let inside = Registry::start();
    inside.push_oci("app", "1");
    let port = inside.address().port();
    let forbidden = |host: &str, what: &str| {
        format!(
            "forbidden: is not allowed: {host} is {what}, which is not asked unless named with --allow-host or --plain-http"
        )
    };
    let odd = |why: &str| format!("protocol: did not answer as a registry does: {why}");
    for (location, expected, requests) in [
        (
            format!("http://localhost:{port}/v2/app/manifests/1"),
            forbidden("localhost", "this machine"),
            1,
        ),
        (
            format!("http://127.0.0.1:{port}/v2/app/manifests/1"),
            forbidden("127.0.0.1", "a loopback address"),
            1,
        ),
        (
            format!("http://[::ffff:127.0.0.1]:{port}/"),
            forbidden("[::ffff:7f00:1]", "a loopback address"),
            1,
        ),
        (
            "http://169.254.169.254/latest/meta-data".to_owned(),
            forbidden("169.254.169.254", "a link-local address"),
            1,
        ),
        (
            "file:///etc/passwd".to_owned(),
            odd("a redirect without a usable target"),
            1,
        ),
        (
            "//".to_owned(),
            odd("a redirect without a usable target"),
            1,
        ),
        (
            "/v2/app/manifests/moved".to_owned(),
            odd("more than 5 redirects"),
            6,
        ),
    ] {
        registry.on("app:moved").once(Fault::status(500));
        registry.behave();
        registry.clear_log();
        registry
            .on("app:moved")
            .gives(Fault::redirect(307, &location));
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:moved")]));
        let ran = workspace.lint(&registry).run();
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(3), Vec::new()),
            "{location}: {}",
            ran.said()
        );
        assert_eq!(unchecked(&ran), [expected], "{location}");
        assert_eq!(
            (registry.log().len(), inside.connections()),
            (requests, 0),
            "{location}: {:#?}",
            registry.lines()
        );
    }
    // Five in a row are followed, of eleven the first five.
    registry.behave();
    registry.push_oci("app", "end");
    for n in 0..11 {
        let next = if n == 0 {
            "end".to_owned()
        } else {
            format!("r{}", n - 1)
        };
        registry
            .on(&format!("app:r{n}"))
            .gives(Fault::redirect(307, &format!("/v2/app/manifests/{next}")));
    }
    for (tag, found) in [("r4", true), ("r5", false), ("r10", false)] {
        registry.clear_log();
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name(&format!("app:{tag}"))]));
        let ran = workspace.lint(&registry).arg("--no-alternatives").run();
        assert_eq!(
            (ran.findings().len(), ran.unchecked().len()),
            (usize::from(found), usize::from(!found)),
            "{tag}"
        );
        // What is found is bad, and read once more by GET.
        let asked = if found { 12 } else { 6 };
        assert_eq!(
            registry.log().len(),
            asked,
            "{tag}: {:#?}",
            registry.lines()
        );
    }
}

#[test]
fn a_redirect_from_https_to_http_is_refused() {
    let authority = Authority::new();
    let registry = Registry::start_tls(&authority.identity());
    let plain = Registry::start();
    plain.push_oci("app", "1");
    registry.on("app:1").gives(Fault::redirect(
        307,
        &format!("{}/v2/app/manifests/1", plain.url()),
    ));
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let ca = authority.file().to_str().unwrap();
    let ran = workspace
        .program(&[
            "--format",
            "json",
            "--no-cache",
            "--ca",
            ca,
            "--allow-host",
            &registry.host(),
        ])
        .args(&["--plain-http", &plain.host()])
        .run();
    let expected = format!(
        "protocol: did not answer as a registry does: a redirect from https to http on {}",
        plain.host()
    );
    assert_eq!(
        (ran.code, unchecked(&ran)),
        (Some(3), vec![expected]),
        "{}",
        ran.said()
    );
    assert_eq!(plain.connections(), 0);
}

const CANARY: &str = "Canary4f1c9";

fn with_login(program: Program, host: &str) -> Program {
    let auth = STANDARD.encode(format!("me:{CANARY}"));
    program.env(
        "DOCKER_AUTH_CONFIG",
        format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#),
    )
}

#[test]
fn a_realm_that_must_not_be_asked_is_named_and_gets_no_credentials() {
    let inside = Registry::start();
    let port = inside.address().port();
    let failed = |why: &str| format!("token: failed: {why}");
    let unread = |why: &str| {
        format!(
            "protocol: did not answer as a registry does: its challenge cannot be followed: {why}"
        )
    };
    let not_allowed = "forbidden: is not allowed: token service: localhost is this machine, which is not asked unless named with --allow-host or --plain-http";
    let link_local = failed("the token service has the private address 169.254.169.254");
    let rows: Vec<(String, String)> = vec![
        (format!(r#"Bearer realm="http://localhost:{port}/token""#), not_allowed.to_owned()),
        (
            format!(r#"Bearer realm="http://127.0.0.1:{port}/token""#),
            not_allowed.replace("localhost is this machine", "127.0.0.1 is a loopback address"),
        ),
        (r#"Bearer realm="http://169.254.169.254/token""#.to_owned(), link_local.clone()),
        (r#"Bearer realm="https://169.254.169.254/token""#.to_owned(), link_local),
        (r#"Bearer realm="file://host/etc/passwd""#.to_owned(), failed("the token service has a `file:` address")),
        (r#"Bearer realm="file:///etc/passwd""#.to_owned(), unread("the realm of the Bearer challenge is not a URL")),
        (
            format!(r#"Bearer realm="http://user:pw@localhost:{port}/""#),
            failed("the token service's address carries a user name"),
        ),
        (format!(r#"Bearer realm="http://{}/""#, "a".repeat(8 * 1024)), unread("the header is too long")),
        (
            format!(r#"Bearer realm="http://{}/""#, "a".repeat(1_000_000)),
            "protocol: did not answer as a registry does: the headers of its answer are larger than 65536 bytes or make no sense".to_owned(),
        ),
        (r#"Bearer realm="""#.to_owned(), unread("the Bearer challenge names no realm")),
        (r#"Bearer service="s""#.to_owned(), unread("the Bearer challenge names no realm")),
        (r#"Bearer realm="http://x.test/"#.to_owned(), unread("the header cannot be parsed")),
        (r#"Digest realm="x""#.to_owned(), unread("no challenge in it is Basic or Bearer")),
    ];
    for (challenge, expected) in rows {
        let registry = Registry::start();
        registry.with_tokens().challenge(&[&challenge]);
        registry.push_schema2("app", "1");
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
        let shown: String = challenge.chars().take(80).collect();
        for login in [false, true] {
            registry.clear_log();
            let program = workspace.lint(&registry).arg("-vv");
            let ran = if login {
                with_login(program, &registry.host())
            } else {
                program
            }
            .run();
            assert_eq!(
                (ran.code, ran.findings()),
                (Some(3), Vec::new()),
                "{shown}: {}",
                ran.said()
            );
            assert_eq!(unchecked(&ran), [&*expected], "{shown}");
            assert_eq!(
                registry.lines(),
                ["HEAD /v2/app/manifests/1 401"],
                "{shown}"
            );
            assert!(
                registry
                    .log()
                    .iter()
                    .all(|seen| seen.authorization().is_none()),
                "{shown}"
            );
            assert!(
                !ran.said().contains("user:pw") && !ran.said().contains(CANARY),
                "{shown}: {}",
                ran.said()
            );
        }
    }
    assert_eq!(inside.connections(), 0, "{:?}", inside.lines());
}

#[test]
fn credentials_reach_another_port_only_where_the_user_named_that_port() {
    let (registry, tokens) = (Registry::start(), Registry::start());
    tokens.with_tokens();
    let realm = format!(
        r#"Bearer realm="http://{}/token",service="s""#,
        tokens.host()
    );
    registry.with_tokens().challenge(&[&realm]);
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let own = tokens.host();
    let rows: [(&[&str], bool, &str); 3] = [
        (
            &["--plain-http", "127.0.0.1"],
            false,
            "the host without a port",
        ),
        (&["--allow-host", "127.0.0.1"], false, "its address"),
        (&["--plain-http", &own], true, "this very port"),
    ];
    for (flags, expected, why) in rows {
        tokens.clear_log();
        with_login(workspace.lint(&registry).args(flags), &registry.host()).run();
        let log = tokens.log();
        assert!(!log.is_empty(), "{why}: the token service is asked");
        let seen = log.iter().any(|seen| seen.authorization().is_some());
        assert_eq!(seen, expected, "{why}");
    }
}

#[test]
fn of_two_challenges_the_one_that_can_be_followed_is() {
    let bearer = r#"Bearer realm="{realm}",service="{service}",scope="{scope}""#;
    for lines in [
        vec![r#"Basic realm="x""#.to_owned(), bearer.to_owned()],
        vec![format!(r#"{bearer}, Basic realm="x""#)],
        vec![r#"Bearer realm="file:///x""#.to_owned(), bearer.to_owned()],
        vec![
            format!(r#"Bearer realm="http://{}/""#, "a".repeat(8 * 1024)),
            bearer.to_owned(),
        ],
    ] {
        let registry = Registry::start();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        registry.with_tokens().challenge(&lines);
        registry.push_schema2("app", "1");
        let ran = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]))
            .lint(&registry)
            .run();
        assert_eq!(
            (ran.code, ran.unchecked()),
            (Some(0), Vec::new()),
            "{}",
            ran.said()
        );
        let expected = [
            "GET /token 200",
            "HEAD /v2/app/manifests/1 200",
            "HEAD /v2/app/manifests/1 401",
        ];
        assert_eq!(registry.lines(), expected);
    }
}

#[test]
fn another_hosts_token_service_is_asked_without_credentials() {
    // Both names lead here by way of a proxy.
    let registry = Registry::start();
    registry
        .with_tokens()
        .user("me", CANARY)
        .push_schema2("app", "1");
    registry.challenge(&[
        r#"Bearer realm="http://tokens.other.test/token",service="s",scope="{scope}""#,
    ]);
    let workspace = Workspace::of("pod.yaml", pod(&["registry.example.com/app:1"]));
    let program = workspace.program(&[
        "--format",
        "json",
        "--no-cache",
        "-vv",
        "--plain-http",
        "registry.example.com",
    ]);
    let ran = with_login(
        program.env("http_proxy", registry.url()),
        "registry.example.com",
    )
    .run();
    assert_eq!(
        (ran.code, ran.unchecked()),
        (Some(0), Vec::new()),
        "{}",
        ran.said()
    );
    let tokens: Vec<_> = registry
        .log()
        .into_iter()
        .filter(|seen| seen.kind == Kind::Token)
        .collect();
    assert!(
        !tokens.is_empty()
            && tokens
                .iter()
                .all(|seen| seen.asked.host == "tokens.other.test")
    );
    for seen in registry.log() {
        assert!(
            seen.authorization()
                .is_none_or(|given| given.starts_with("Bearer ")),
            "{}",
            seen.line()
        );
        assert_eq!(
            seen.asked.parameters("account").count(),
            0,
            "{}",
            seen.line()
        );
    }
    let inspected = with_login(
        workspace
            .program(&[
                "inspect",
                "--no-cache",
                "--plain-http",
                "registry.example.com",
                "registry.example.com/app:1",
                "--format",
                "json",
            ])
            .env("http_proxy", registry.url()),
        "registry.example.com",
    )
    .run();
    assert!(
        inspected.said().contains(
            "the credentials from DOCKER_AUTH_CONFIG were kept back from tokens.other.test"
        ),
        "{}",
        inspected.said()
    );
}

#[test]
fn a_token_service_does_not_lead_elsewhere() {
    let inside = Registry::start();
    for location in [
        "http://169.254.169.254/latest".to_owned(),
        format!("{}/token", inside.url()),
    ] {
        let registry = Registry::start();
        registry
            .with_tokens()
            .user("me", CANARY)
            .push_schema2("app", "1");
        registry.on_tokens().gives(Fault::redirect(302, &location));
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
        let ran = with_login(workspace.lint(&registry), &registry.host()).run();
        let expected = "token: failed: the token service answered with status 302";
        assert_eq!(
            (ran.code, unchecked(&ran)),
            (Some(3), vec![expected.to_owned()]),
            "{}",
            ran.said()
        );
        assert_eq!(
            registry.lines(),
            [
                "GET /token 302",
                "GET /token 302",
                "HEAD /v2/app/manifests/1 401"
            ]
        );
    }
    assert_eq!(inside.connections(), 0);
}

#[test]
fn tokens_that_are_too_long_or_would_break_a_header_are_not_sent() {
    let failed = |why: &str| format!("token: failed: {why}");
    let answer = |body: String| Fault::Answer(Answer::new(200).body("application/json", body));
    for (what, fault, expected) in [
        (
            "endless",
            Fault::Endless,
            failed("token service: the answer is larger than 65536 bytes"),
        ),
        (
            "a hundred megabytes",
            answer(format!(r#"{{"token":"{}"}}"#, "a".repeat(100_000_000))),
            failed("token service: the answer is larger than 65536 bytes"),
        ),
        (
            "a line break",
            answer(r#"{"token":"a\r\nX-Evil: 1"}"#.to_owned()),
            failed("the token holds characters that no header can carry"),
        ),
        (
            "no number",
            answer(r#"{"token":"ok","expires_in":1e999}"#.to_owned()),
            failed("the token service's answer is not the JSON of a token"),
        ),
        (
            "no object",
            answer("[]".to_owned()),
            failed("the token service's answer is not the JSON of a token"),
        ),
        (
            "nothing",
            answer(String::new()),
            failed("the token service's answer is not the JSON of a token"),
        ),
        (
            "no token",
            answer("{}".to_owned()),
            failed("the token service's answer holds no token"),
        ),
    ] {
        let registry = Registry::start();
        registry.with_tokens().push_schema2("app", "1");
        registry.on_tokens().gives(fault);
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
        let (ran, took) = workspace.measured(&[
            "--format",
            "json",
            "--no-cache",
            "--plain-http",
            &registry.host(),
        ]);
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(3), Vec::new()),
            "{what}: {}",
            ran.said()
        );
        assert_eq!(unchecked(&ran), [expected], "{what}");
        // Once more when all else is done, and nothing of it is sent on.
        assert_eq!(
            registry.lines(),
            [
                "GET /token 200",
                "GET /token 200",
                "HEAD /v2/app/manifests/1 401"
            ],
            "{what}"
        );
        assert!(
            registry
                .log()
                .iter()
                .all(|seen| seen.authorization().is_none()),
            "{what}"
        );
        assert!(
            took < BEARABLE && ran.said().len() < 20_000,
            "{what}: {took:?}"
        );
    }
}

#[test]
fn a_life_without_sense_does_not_spoil_a_token() {
    for life in [
        json!(-1e99),
        json!(1e99),
        json!(0),
        json!("300"),
        json!(null),
        json!([]),
    ] {
        let registry = Registry::start();
        registry
            .with_tokens()
            .token_manners(|manners| manners.expires_in = Some(life.clone()));
        registry.push_schema2("app", "1");
        registry.push_schema2("app", "2");
        let names = ["app:1", "app:2"].map(|name| registry.name(name));
        let ran = Workspace::of("pod.yaml", pod(&[&names[0], &names[1]]))
            .lint(&registry)
            .run();
        assert_eq!(
            (ran.code, ran.unchecked()),
            (Some(0), Vec::new()),
            "{life}: {}",
            ran.said()
        );
        assert_eq!(
            (registry.count_kind(Kind::Token), registry.log().len()),
            (1, 4),
            "{life}: {:#?}",
            registry.lines()
        );
    }
}

#[test]
fn words_of_a_challenge_stay_values_of_the_token_request() {
    for (service, wanted) in [
        ("a&b=c#d", Some("a&b=c#d")),
        ("a%26x=1", Some("a%26x=1")),
        (r#"a\"b"#, Some("a\"b")),
        ("a b?x=1", Some("a b?x=1")),
        // Never ends.
        (r#"a",scope="repository:app:pull,x=1"#, None),
    ] {
        let registry = Registry::start();
        registry.with_tokens().push_schema2("app", "1");
        let end = if wanted.is_some() { "\"" } else { "" };
        let scope = "repository:app:pull&x=1#y";
        registry.challenge(&[&format!(
            r#"Bearer realm="{}",scope="{scope}",service="{service}{end}"#,
            registry.realm()
        )]);
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
        let ran = workspace.lint(&registry).run();
        let tokens: Vec<_> = registry
            .log()
            .into_iter()
            .filter(|seen| seen.kind == Kind::Token)
            .collect();
        let Some(wanted) = wanted else {
            let expected = "protocol: did not answer as a registry does: its challenge cannot be followed: the header cannot be parsed";
            assert_eq!(
                (ran.code, unchecked(&ran)),
                (Some(3), vec![expected.to_owned()]),
                "{}",
                ran.said()
            );
            assert_eq!(registry.lines(), ["HEAD /v2/app/manifests/1 401"]);
            continue;
        };
        assert_eq!(
            (ran.code, ran.unchecked()),
            (Some(0), Vec::new()),
            "{service}: {}",
            ran.said()
        );
        assert_eq!(tokens.len(), 1, "{service}: {:#?}", registry.lines());
        // The scope is what is needed, not what the registry says.
        let fields: Vec<(&str, &str)> = tokens[0]
            .asked
            .query
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            fields,
            [("service", wanted), ("scope", "repository:app:pull")],
            "{service}"
        );
    }
}
