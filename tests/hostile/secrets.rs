//! A canary in each place that credentials come from is found nowhere but in the `Authorization` header to its own host.

use crate::executable::write_executable;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::FORMATS;
use crate::answers::unchecked;
use crate::program::{Program, Ran, Workspace, pod};
use crate::support::registry::{Fault, Registry};
use image_lint_model::reference::ImageReference;
use image_lint_registry::{Client, Depth, Environment, Settings};

const CANARY: &str = "Canary4f1c9";

/// The canary as it is and as Basic authentication and docker's files encode it.
fn forms() -> Vec<String> {
    let encoded = ["me:", "unused:", ":"].map(|user| STANDARD.encode(format!("{user}{CANARY}")));
    let mut forms = vec![
        CANARY.to_owned(),
        STANDARD.encode(CANARY).trim_end_matches('=').to_owned(),
    ];
    forms.extend(encoded.map(|text| text.trim_end_matches('=').to_owned()));
    forms
}

fn assert_silent(ran: &Ran, what: &str) {
    for form in forms() {
        assert!(
            !ran.said().contains(&form),
            "{what}: a secret in the output: {}",
            ran.said()
        );
    }
}

fn login(host: &str) -> String {
    format!(
        r#"{{"auths":{{"{host}":{{"auth":"{}"}}}}}}"#,
        STANDARD.encode(format!("me:{CANARY}"))
    )
}

fn script(workspace: &Workspace, name: &str, text: &str) -> String {
    let folder = workspace.beside("bin");
    write_executable(&folder.join(name), &format!("#!/bin/sh\n{text}\n"));
    format!("{}:/usr/bin:/bin", folder.display())
}

/// A way to give credentials: its name, and what it does to the program's call.
type Way = (&'static str, Box<dyn Fn(Program) -> Program>);

/// Ways to give credentials for `host`.
fn sources(workspace: &Workspace, host: &str) -> Vec<Way> {
    let file = |name: &str, text: &str| {
        let path = workspace.beside(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let json = login(host);
    let config = file("docker/config.json", &json);
    let folder = config.trim_end_matches("/config.json").to_owned();
    let auth = file("auth.json", &json);
    let secret = file(
        "secret.yaml",
        &format!(
            "kind: Secret\napiVersion: v1\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {}\n",
            STANDARD.encode(&json)
        ),
    );
    let helped = file(
        "helped/config.json",
        &format!(r#"{{"credHelpers":{{"{host}":"canary"}}}}"#),
    );
    let helped = helped.trim_end_matches("/config.json").to_owned();
    let answer = format!(r#"echo '{{"ServerURL":"{host}","Username":"me","Secret":"{CANARY}"}}'"#);
    let path = script(workspace, "docker-credential-canary", &answer);
    let kubeconfig = file(
        "kubeconfig",
        &format!(
            "current-context: c\ncontexts: [{{name: c, context: {{user: u}}}}]\nusers: [{{name: u, user: {{token: {CANARY}}}}}]\n"
        ),
    );
    let own = file(
        "own.yaml",
        &format!("hosts:\n  \"{host}\":\n    credentials: openshift-login\n"),
    );
    vec![
        (
            "DOCKER_AUTH_CONFIG",
            Box::new(move |p| p.env("DOCKER_AUTH_CONFIG", &json)),
        ),
        (
            "docker's config.json",
            Box::new(move |p| p.env("DOCKER_CONFIG", &folder)),
        ),
        (
            "REGISTRY_AUTH_FILE",
            Box::new({
                let auth = auth.clone();
                move |p| p.env("REGISTRY_AUTH_FILE", &auth)
            }),
        ),
        (
            "--authfile",
            Box::new(move |p| p.arg("--authfile").arg(&auth)),
        ),
        (
            "--pull-secret",
            Box::new(move |p| p.arg("--pull-secret").arg(&secret)),
        ),
        (
            "kubeconfig",
            Box::new(move |p| {
                p.env("KUBECONFIG", &kubeconfig)
                    .env("IMAGE_LINT_CONFIG", &own)
            }),
        ),
        (
            "a helper",
            Box::new(move |p| p.env("DOCKER_CONFIG", &helped).env("PATH", &path)),
        ),
    ]
}

#[test]
fn credentials_of_every_source_are_used_and_never_shown() {
    let registry = Registry::start();
    // The token of an `oc` login goes with any name.
    registry
        .with_basic()
        .user("me", CANARY)
        .user("unused", CANARY)
        .push_oci("app", "1");
    registry.on("app:2").gives(Fault::status(500));
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[
            &registry.name("app:1"),
            &registry.name("app:2"),
            &registry.name("app:gone"),
        ]),
    );
    for (name, give) in sources(&workspace, &registry.host()) {
        registry.clear_log();
        let program = workspace.program(&[
            "--no-cache",
            "--plain-http",
            &registry.host(),
            "-vv",
            "--explain-auth",
        ]);
        let outputs = FORMATS.iter().filter(|format| **format != "json");
        let program = outputs.fold(program.args(&["--format", "json"]), |program, format| {
            program.args(&["--output", &format!("{format}={format}.txt")])
        });
        let ran = give(program).run();
        assert!(
            ran.findings()
                .iter()
                .any(|f| f.contains("unsupported-format")),
            "{name}: {}",
            ran.said()
        );
        assert_silent(&ran, name);
        for format in FORMATS.iter().filter(|format| **format != "json") {
            let file = format!("{format}.txt");
            let written = workspace.read(&file);
            assert!(
                !written.is_empty() && forms().iter().all(|form| !written.contains(form)),
                "{name}: {written}"
            );
            std::fs::remove_file(workspace.root.join(file)).unwrap();
        }
        assert!(
            registry
                .log()
                .iter()
                .any(|seen| seen.authorization().is_some()),
            "{name}"
        );
    }
}

#[test]
fn refused_credentials_are_named_by_their_source_in_every_format() {
    let registry = Registry::start();
    registry
        .with_basic()
        .user("me", "another")
        .push_oci("app", "1");
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    for format in FORMATS {
        let arguments = [
            "--no-cache",
            "--plain-http",
            &registry.host(),
            "-vv",
            "--format",
            format,
        ];
        let ran = workspace
            .program(&arguments)
            .env("DOCKER_AUTH_CONFIG", login(&registry.host()))
            .run();
        assert!(
            ran.stdout.contains("DOCKER_AUTH_CONFIG"),
            "{format}: {}",
            ran.stdout
        );
        assert_silent(&ran, format);
    }
    let ran = workspace
        .program(&[
            "inspect",
            &registry.name("app:1"),
            "--plain-http",
            &registry.host(),
            "--no-cache",
        ])
        .env("DOCKER_AUTH_CONFIG", login(&registry.host()))
        .run();
    assert_silent(&ran, "inspect");
}

#[test]
fn a_helper_is_a_name_and_never_a_path() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    let host = registry.host();
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let pwned = workspace.beside("pwned");
    let own = workspace.root.join("docker-credential-x");
    write_executable(&own, &format!("#!/bin/sh\ntouch {}\n", pwned.display()));
    for name in [
        "x",
        "../elsewhere/docker-credential-x",
        "x/../x",
        "",
        "x; touch pwned",
    ] {
        let folder = workspace.beside("docker");
        std::fs::create_dir_all(&folder).unwrap();
        let json = serde_json::json!({ "credHelpers": { &host: name } });
        std::fs::write(folder.join("config.json"), json.to_string()).unwrap();
        let ran = workspace
            .lint(&registry)
            .env("DOCKER_CONFIG", &folder)
            .env("PATH", ".::/usr/bin:/bin")
            .run();
        assert_eq!(
            (ran.code, ran.unchecked()),
            (Some(0), Vec::new()),
            "{name:?}: {}",
            ran.said()
        );
        assert!(
            !pwned.exists() && !workspace.root.join("pwned").exists(),
            "{name:?} was run"
        );
    }
}

#[test]
fn credentials_go_to_their_own_host_only() {
    let registry = Registry::start();
    let other = Registry::start();
    other.with_basic();
    // Redirects to another host, and a challenge that names a token service of another.
    registry.user("me", CANARY).with_basic();
    registry.on("app:moved").gives(Fault::redirect(
        307,
        &format!("{}/v2/app/manifests/1", other.url()),
    ));
    let thief = Registry::start();
    thief.with_tokens().challenge(&[&format!(
        r#"Bearer realm="http://localhost:{}/token",service="x",scope="y""#,
        other.address().port()
    )]);
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[
            &registry.name("app:moved"),
            &other.name("app:1"),
            &thief.name("app:1"),
        ]),
    );
    let auths = format!(
        r#"{{"auths":{{"{}":{{"username":"me","password":"{CANARY}"}},"{}":{{"username":"me","password":"{CANARY}"}}}}}}"#,
        registry.host(),
        thief.host()
    );
    let hosts = [
        "--plain-http",
        &other.host(),
        "--plain-http",
        &thief.host(),
        "-vv",
    ];
    let ran = workspace
        .lint(&registry)
        .args(&hosts)
        .env("DOCKER_AUTH_CONFIG", auths)
        .run();
    assert_silent(&ran, "elsewhere");
    for seen in other.log() {
        let told = format!("{:?}", seen.asked);
        assert!(
            seen.authorization().is_none() && forms().iter().all(|f| !told.contains(f)),
            "{told}"
        );
    }
}

#[test]
fn credentials_written_into_files_are_hidden_in_every_output() {
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[
            &format!("https://me:{CANARY}@registry.example.com/a:1"),
            &format!("me:{CANARY}@registry.example.com/b:1"),
        ]),
    );
    workspace.write(
        "build.sh",
        format!(
            "#!/bin/sh\nbuildah bud -t registry.example.com/a:1 .\nbuildah push --creds me:{CANARY} \
             registry.example.com/a:1\nskopeo copy --src-creds=me:{CANARY} docker://quay.io/a/b:1 docker://q.io/c:2\n"
        ),
    );
    for format in FORMATS {
        let ran = workspace
            .program(&["--offline", "--format", format, "-vv"])
            .run();
        assert_eq!(ran.code, Some(1), "{format}");
        assert_silent(&ran, format);
    }
    for format in ["text", "json", "jsonl"] {
        let ran = workspace.program(&["list", "--format", format]).run();
        assert_eq!(ran.code, Some(0), "{format}: {}", ran.stderr);
        assert_silent(&ran, format);
    }
}

#[test]
fn a_proxy_with_a_password_is_used_and_not_shown() {
    let registry = Registry::start();
    registry.push_oci("app", "1");
    registry.on("app:gone").gives(Fault::status(407));
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&["r.example.com/app:1", "r.example.com/app:gone"]),
    );
    for format in FORMATS {
        let ran = workspace
            .program(&[
                "--no-cache",
                "--plain-http",
                "r.example.com",
                "-vv",
                "--format",
                format,
            ])
            .env(
                "http_proxy",
                format!("http://me:{CANARY}@{}", registry.host()),
            )
            .run();
        assert_eq!(ran.code, Some(1), "{format}: {}", ran.said());
        assert_silent(&ran, format);
    }
    let lint = || {
        workspace
            .lint(&registry)
            .args(&["--no-alternatives", "--plain-http", "r.example.com"])
    };
    registry.clear_log();
    let ran = lint()
        .env(
            "http_proxy",
            format!("http://me:{CANARY}@{}", registry.host()),
        )
        .run();
    assert_eq!(
        ran.findings(),
        ["pod.yaml:7:12 unsupported-format r.example.com/app:1"],
        "{}",
        ran.said()
    );
    assert_eq!(
        unchecked(&ran),
        ["server: answered with status 407: status 407"]
    );
    let basic = format!("Basic {}", STANDARD.encode(format!("me:{CANARY}")));
    let log = registry.log();
    assert!(
        !log.is_empty()
            && log
                .iter()
                .all(|seen| seen.asked.header("proxy-authorization") == Some(&basic))
    );
    for bad in [
        format!("http://me:{CANARY}@[:bad"),
        format!("me:{CANARY}@"),
        ":".to_owned(),
    ] {
        let ran = lint().env("http_proxy", &bad).run();
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), ""),
            "{}",
            ran.said()
        );
        assert_eq!(
            ran.stderr.trim_end(),
            "image-lint: cannot use the proxy from http_proxy: it is not a URL"
        );
    }
    registry.clear_log();
    let exempt = lint()
        .env("http_proxy", registry.url())
        .env("NO_PROXY", "example.com")
        .run();
    assert_eq!(
        (exempt.code, registry.log().len()),
        (Some(3), 0),
        "NO_PROXY: {}",
        exempt.said()
    );
    assert!(
        exempt.unchecked().iter().all(|u| u.contains(" dns ")),
        "{:?}",
        exempt.unchecked()
    );
}

#[test]
fn an_untrusted_tree_gets_no_credentials_and_no_environment() {
    let registry = Registry::start();
    registry
        .with_basic()
        .user("me", CANARY)
        .push_oci("app", "1");
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let event = workspace.beside("event.json");
    std::fs::write(
        &event,
        r#"{"pull_request":{"head":{"repo":{"full_name":"x/b"}},"base":{"repo":{"full_name":"a/b"}}}}"#,
    )
    .unwrap();
    let fork = |program: Program| {
        program
            .env("GITHUB_EVENT_NAME", "pull_request")
            .env("GITHUB_EVENT_PATH", &event)
    };
    let ran = fork(workspace.lint(&registry))
        .env("DOCKER_AUTH_CONFIG", login(&registry.host()))
        .run();
    assert!(
        ran.unchecked()
            .iter()
            .any(|u| u.contains(" no-credentials ")),
        "{}",
        ran.said()
    );
    assert!(
        registry
            .log()
            .iter()
            .all(|seen| seen.authorization().is_none())
    );
    workspace.write(
        "run.sh",
        format!("#!/bin/sh\npodman run {}/$GITHUB_TOKEN\n", registry.host()),
    );
    registry.clear_log();
    let ran = fork(workspace.lint(&registry))
        .arg("--env")
        .env("GITHUB_TOKEN", CANARY.to_lowercase())
        .run();
    assert_eq!(ran.code, Some(2), "{}", ran.said());
    assert!(registry.log().is_empty(), "{:?}", registry.lines());
}

#[test]
fn a_panic_while_credentials_are_in_use_tells_none_of_them() {
    const TEST: &str = "secrets::a_panic_while_credentials_are_in_use_tells_none_of_them";
    if std::env::var_os("CANARY_PANIC").is_none() {
        let own = std::env::current_exe().unwrap();
        let child = std::process::Command::new(own)
            .args(["--exact", TEST, "--nocapture"])
            .envs([("CANARY_PANIC", "1"), ("RUST_BACKTRACE", "full")])
            .output()
            .unwrap();
        let ran = Ran::of(&child);
        assert!(
            !child.status.success() && ran.stderr.contains("panicked"),
            "{}",
            ran.said()
        );
        assert_silent(&ran, "a panic");
        return;
    }
    let registry = Registry::start();
    registry
        .with_basic()
        .user("me", CANARY)
        .push_oci("app", "1");
    registry
        .on("app:1")
        .gives(Fault::Delay(std::time::Duration::from_secs(30)));
    let environment = Environment {
        docker_auth_config: Some(login(&registry.host())),
        ..Environment::default()
    };
    let settings = Settings {
        plain_http: vec![registry.host()],
        environment,
        ..Settings::default()
    };
    let client = Client::new(settings).unwrap();
    let reference = ImageReference::parse(&registry.name("app:1")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let resolve = client.resolve(&reference, Depth::Probe);
        let watch = async {
            while registry.log().is_empty() {
                tokio::task::yield_now().await;
            }
            assert!(
                registry.log().is_empty(),
                "a panic on purpose, with a request on its way"
            );
        };
        tokio::join!(resolve, watch)
    });
}

#[test]
fn credentials_are_for_the_very_host_they_are_kept_for() {
    let registry = Registry::start();
    registry
        .with_basic()
        .user("me", CANARY)
        .push_schema2("app", "1");
    let own = "registry.example.com";
    let others = [
        "registry.example.com.attacker.test",
        "xregistry.example.com",
        "example.com",
        "a.registry.example.com",
        "registry.example.com:8080",
        "registry-example.com",
        "xn--80ak6aa92e.com",
        "docker.io.attacker.test",
        "index.docker.io.attacker.test",
        "xdocker.io",
        "auth.docker.io",
    ];
    let images: Vec<String> = others
        .iter()
        .chain([&own])
        .map(|host| format!("{host}/app:1"))
        .collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    let auth = STANDARD.encode(format!("me:{CANARY}"));
    let auths = format!(
        r#"{{"auths":{{"{own}":{{"auth":"{auth}"}},"https://index.docker.io/v1/":{{"auth":"{auth}"}},"docker.io":{{"auth":"{auth}"}}}}}}"#
    );
    let mut program = workspace.program(&["--format", "json", "--no-cache", "-vv"]);
    for host in others.iter().chain([&own]) {
        program = program.args(&["--plain-http", host]);
    }
    let ran = program
        .env("http_proxy", registry.url())
        .env("DOCKER_AUTH_CONFIG", auths)
        .run();
    // Its own image is there for whoever has credentials, and the others are not told.
    assert_eq!(
        (ran.code, ran.unchecked()),
        (Some(1), Vec::new()),
        "{}",
        ran.said()
    );
    let hidden = ran
        .findings()
        .iter()
        .filter(|f| f.contains(" missing-or-private "))
        .count();
    assert_eq!(hidden, others.len(), "{:#?}", ran.findings());
    assert_silent(&ran, "hosts that look alike");
    let mut met = std::collections::BTreeSet::new();
    for seen in registry.log() {
        met.insert(seen.asked.host.clone());
        if seen.asked.host != own {
            assert_eq!(
                seen.authorization(),
                None,
                "{} got credentials",
                seen.asked.host
            );
        }
    }
    assert!(
        others.iter().all(|host| met.contains(*host)),
        "every host was asked: {met:?}"
    );
    let known = registry
        .log()
        .iter()
        .filter(|seen| seen.asked.host == own && seen.authorization().is_some())
        .count();
    assert!(known > 0, "its own host gets them: {:?}", registry.lines());
}

#[test]
fn names_that_only_look_like_a_host_are_not_asked() {
    let registry = Registry::start();
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[
            "registry.example.com./app:1",
            "regi\u{455}try.example.com/app:1",
            "registry.example.com@x.test/app:1",
        ]),
    );
    let ran = workspace
        .program(&["--format", "json", "--no-cache"])
        .env("http_proxy", registry.url())
        .env("HTTPS_PROXY", registry.url())
        .env("DOCKER_AUTH_CONFIG", login("registry.example.com"))
        .run();
    assert_eq!(
        ran.findings()
            .iter()
            .filter(|f| f.contains("invalid-reference"))
            .count(),
        3,
        "{}",
        ran.said()
    );
    assert_eq!(registry.connections(), 0);
}

#[test]
fn a_panic_says_where_and_not_what() {
    // The child of this very test panics with a secret at hand.
    if std::env::var_os("IMAGE_LINT_TEST_PANIC").is_some() {
        image_lint::app::hide_words_of_panics();
        panic!("{CANARY}");
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "secrets::a_panic_says_where_and_not_what",
            "--nocapture",
        ])
        .env("IMAGE_LINT_TEST_PANIC", "1")
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    let ran = Ran::of(&output);
    assert_silent(&ran, "a panic");
    assert!(
        ran.stderr
            .contains("failed inside at tests/hostile/secrets.rs:"),
        "{}",
        ran.said()
    );
}

#[test]
fn credentials_that_are_named_for_a_fork_are_the_only_ones() {
    let (named, usual) = (Registry::start(), Registry::start());
    for registry in [&named, &usual] {
        registry
            .with_basic()
            .user("me", CANARY)
            .push_oci("app", "1");
    }
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[&named.name("app:1"), &usual.name("app:1")]),
    );
    let authfile = workspace.beside("auth.json");
    std::fs::write(&authfile, login(&named.host())).unwrap();
    std::fs::create_dir_all(workspace.home.join(".docker")).unwrap();
    std::fs::write(
        workspace.home.join(".docker/config.json"),
        login(&usual.host()),
    )
    .unwrap();
    let run = |trust: &str| {
        let ran = workspace.program(&[
            "--format",
            "json",
            "--no-cache",
            "--no-alternatives",
            "--trust",
            trust,
        ]);
        let ran = ran.args(&["--plain-http", &named.host(), "--plain-http", &usual.host()]);
        ran.arg("--authfile")
            .arg(&authfile)
            .env("DOCKER_AUTH_CONFIG", login(&usual.host()))
            .run()
    };
    let found = run("trusted").findings();
    assert_eq!(
        found
            .iter()
            .filter(|f| f.contains(" unsupported-format "))
            .count(),
        2,
        "{found:?}"
    );
    usual.clear_log();
    let ran = run("untrusted");
    let found = ran.findings();
    assert!(
        found
            .iter()
            .any(|f| f.starts_with("pod.yaml:7:12 unsupported-format")),
        "{}",
        ran.said()
    );
    assert!(
        !found
            .iter()
            .any(|f| f.starts_with("pod.yaml:9:12 unsupported-format")),
        "{found:?}"
    );
    assert!(
        !usual.log().is_empty()
            && usual
                .log()
                .iter()
                .all(|seen| seen.authorization().is_none())
    );
}
