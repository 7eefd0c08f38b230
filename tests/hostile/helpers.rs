//! Credential helpers and files of credentials that misbehave: their host is asked without them, and that is said once.

use crate::executable::write_executable;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::program::{Program, Ran, Workspace, pod};
use crate::support::registry::{Kind, Registry};

const CANARY: &str = "Canary4f1c9";

/// A folder with docker's `config.json`, a helper `docker-credential-bad`, and a registry that gives anonymous tokens.
struct Setting {
    registry: Registry,
    workspace: Workspace,
    bin: PathBuf,
    docker: PathBuf,
}

impl Setting {
    fn new() -> Self {
        let registry = Registry::start();
        registry
            .with_tokens()
            .user("me", CANARY)
            .identity_token(CANARY, "me");
        registry.push_schema2("app", "1");
        registry.push_schema2("app", "2");
        registry.push_schema2("secret", "1");
        registry.private("secret", &["me"]);
        let names = ["app:1", "app:2", "secret:1"].map(|name| registry.name(name));
        let workspace = Workspace::of("pod.yaml", pod(&[&names[0], &names[1], &names[2]]));
        let (bin, docker) = (workspace.beside("bin"), workspace.beside("docker"));
        std::fs::create_dir(&bin).unwrap();
        std::fs::create_dir(&docker).unwrap();
        Setting {
            registry,
            workspace,
            bin,
            docker,
        }
    }

    fn config(&self) -> PathBuf {
        self.docker.join("config.json")
    }

    /// With `HOST` for the registry.
    fn configure(&self, text: &str) {
        std::fs::write(self.config(), text.replace("HOST", &self.registry.host())).unwrap();
    }

    /// Writes the helper, which leaves a line in `runs` and its process in `pid`.
    fn help(&self, script: &str) {
        let path = self.bin.join("docker-credential-bad");
        let (runs, pid) = (self.workspace.beside("runs"), self.workspace.beside("pid"));
        let log = format!(
            "echo run >>'{}'; echo $$ >'{}'",
            runs.display(),
            pid.display()
        );
        write_executable(&path, &format!("#!/bin/sh\n{log}\n{script}\n"));
    }

    fn program(&self) -> Program {
        let path = format!("{}:/usr/bin:/bin", self.bin.display());
        self.workspace
            .lint(&self.registry)
            .env("DOCKER_CONFIG", &self.docker)
            .env("PATH", path)
    }

    /// What is public is judged without credentials, what is not cannot be seen, and the reason is said once.
    fn assert_anonymous(&self, what: &str, expected: &str) {
        for quiet in [false, true] {
            self.registry.clear_log();
            let program = if quiet {
                self.program()
            } else {
                self.program().arg("-vv")
            };
            let ran = program.run();
            let hidden = format!(
                "pod.yaml:11:12 missing-or-private {}",
                self.registry.name("secret:1")
            );
            assert_eq!(
                (ran.code, ran.findings()),
                (Some(1), vec![hidden]),
                "{what}: {}",
                ran.said()
            );
            let told: Vec<String> = ran
                .notes()
                .into_iter()
                .filter(|note| note.contains("credentials"))
                .collect();
            assert_eq!(told, [format!("no credentials from {expected}")], "{what}");
            let asked = self.registry.log();
            let basic = asked
                .iter()
                .filter_map(|seen| seen.authorization())
                .any(|given| given.starts_with("Basic"));
            assert!(
                !basic
                    && asked
                        .iter()
                        .all(|seen| seen.asked.header("x-evil").is_none()),
                "{what}"
            );
            assert_silent(&ran, what);
        }
        let explained = self.program().arg("--explain-auth").run();
        let host = self.registry.host();
        let line = explained
            .notes()
            .into_iter()
            .find(|note| note.starts_with("credentials for"))
            .unwrap_or_default();
        assert!(
            line.contains(expected) && line.ends_with(&format!("{host} is asked anonymously")),
            "{what}: {line}"
        );
        assert_silent(&explained, what);
    }
}

fn assert_silent(ran: &Ran, what: &str) {
    for form in [CANARY.to_owned(), STANDARD.encode(format!("me:{CANARY}"))] {
        assert!(
            !ran.said().contains(&form),
            "{what}: a secret in the output: {}",
            ran.said()
        );
    }
}

#[test]
fn a_helper_that_misbehaves_counts_as_none_and_is_named_once() {
    for (what, script, expected) in [
        (
            "exits 1",
            format!("echo {CANARY} >&2; echo {CANARY}; exit 1"),
            "it failed (exit status: 1)",
        ),
        (
            "prints a gigabyte",
            "head -c 1000000000 /dev/zero".to_owned(),
            "its answer is too long",
        ),
        (
            "prints without end",
            format!("while :; do echo {CANARY}; done"),
            "its answer is too long",
        ),
        (
            "breaks a header",
            format!(r#"printf '{{"Username":"me","Secret":"{CANARY}\\nX-Evil: 1"}}'"#),
            "its answer holds control characters",
        ),
        (
            "is no JSON",
            format!("echo {CANARY}"),
            "its answer is not JSON",
        ),
        (
            "is killed",
            "kill -KILL $$".to_owned(),
            "it failed (signal: 9 (SIGKILL))",
        ),
        ("hangs", "exec sleep 600".to_owned(), "no answer within 5 s"),
    ] {
        for config in [
            r#"{"credHelpers":{"HOST":"bad"}}"#,
            r#"{"credsStore":"bad"}"#,
        ] {
            if what == "hangs" && config.contains("credsStore") {
                continue;
            }
            let setting = Setting::new();
            setting.configure(config);
            setting.help(&script);
            let name = format!("docker-credential-bad ({})", setting.config().display());
            setting.assert_anonymous(what, &format!("{name}: {expected}"));
            let runs = std::fs::read_to_string(setting.workspace.beside("runs")).unwrap();
            assert_eq!(runs.lines().count(), 3, "{what}: once for a run");
            let pid = std::fs::read_to_string(setting.workspace.beside("pid")).unwrap();
            assert!(
                !Path::new("/proc").join(pid.trim()).join("exe").exists(),
                "{what}: it is not left behind"
            );
        }
    }
}

#[test]
fn a_name_that_is_a_path_is_no_helper() {
    for (name, expected) in [
        ("../../bin/sh", "its name is not that of a helper"),
        ("x;y", "its name is not that of a helper"),
        ("gone", "it is not on PATH"),
    ] {
        let setting = Setting::new();
        setting.configure(&format!(r#"{{"credHelpers":{{"HOST":"{name}"}}}}"#));
        setting.help("exit 1");
        let source = format!("docker-credential-{name} ({})", setting.config().display());
        setting.assert_anonymous(name, &format!("{source}: {expected}"));
        assert!(
            !setting.workspace.beside("runs").exists(),
            "{name}: nothing was run"
        );
    }
}

#[test]
fn a_user_called_token_gives_an_identity_token() {
    let setting = Setting::new();
    setting.configure(r#"{"credHelpers":{"HOST":"bad"}}"#);
    setting.help(&format!(
        r#"printf '{{"Username":"<token>","Secret":"{CANARY}"}}'"#
    ));
    let ran = setting.program().arg("-vv").run();
    let expected = format!(
        "pod.yaml:11:12 no-pull-secret {}",
        setting.registry.name("secret:1")
    );
    assert_eq!(
        (ran.code, ran.findings()),
        (Some(0), vec![expected]),
        "{}",
        ran.said()
    );
    let log = setting.registry.log();
    let posted: Vec<_> = log
        .iter()
        .filter(|seen| seen.asked.method == "POST")
        .collect();
    assert!(
        !posted.is_empty() && posted.iter().all(|seen| seen.kind == Kind::Token),
        "{:?}",
        setting.registry.lines()
    );
    assert!(
        log.iter()
            .filter_map(|seen| seen.authorization())
            .all(|given| given.starts_with("Bearer "))
    );
    assert_silent(&ran, "an identity token");
}

#[test]
fn a_file_of_credentials_that_cannot_be_used_counts_as_none_and_is_named_once() {
    let bytes = STANDARD.encode(CANARY);
    for (what, text, expected) in [
        (
            "no base64",
            format!(r#"{{"auths":{{"HOST":{{"auth":"!!{CANARY}"}}}}}}"#),
            "the entry for HOST: `auth` is not base64",
        ),
        (
            "no colon",
            format!(r#"{{"auths":{{"HOST":{{"auth":"{bytes}"}}}}}}"#),
            "the entry for HOST: `auth` holds no `user:password`",
        ),
        (
            "no JSON",
            format!(r#"{{"auths":{{"HOST":{{"auth":"{CANARY}"#),
            "it is not a JSON object",
        ),
        (
            "a list",
            format!(r#"["{CANARY}"]"#),
            "it is not a JSON object",
        ),
        ("five megabytes", " ".repeat(5 << 20), "it is too large"),
    ] {
        let setting = Setting::new();
        setting.configure(&text);
        let expected = expected.replace("HOST", &setting.registry.host());
        setting.assert_anonymous(what, &format!("{}: {expected}", setting.config().display()));
    }
    let setting = Setting::new();
    symlink("/proc/self/mem", setting.config()).unwrap();
    let expected = format!(
        "{}: Input/output error (os error 5)",
        setting.config().display()
    );
    setting.assert_anonymous("a file that cannot be read", &expected);
}

#[test]
fn keys_that_nobody_knows_do_not_spoil_a_file_of_credentials() {
    let setting = Setting::new();
    let auth = STANDARD.encode(format!("me:{CANARY}"));
    setting.configure(&format!(
        r#"{{"auths":{{"HOST":{{"auth":"{auth}","x":[1]}}}},"currentContext":"x","plugins":{{"a":{{"b":1}}}},"credHelpers":{{}},"HttpHeaders":{{"X-Evil":"1"}}}}"#
    ));
    let ran = setting.program().arg("-vv").run();
    let expected = format!(
        "pod.yaml:11:12 no-pull-secret {}",
        setting.registry.name("secret:1")
    );
    assert_eq!(
        (ran.code, ran.findings()),
        (Some(0), vec![expected]),
        "{}",
        ran.said()
    );
    assert!(
        ran.notes().iter().all(|note| !note.contains("credentials")),
        "{:#?}",
        ran.notes()
    );
    assert!(
        setting
            .registry
            .log()
            .iter()
            .all(|seen| seen.asked.header("x-evil").is_none())
    );
    assert_silent(&ran, "unknown keys");
}

#[test]
fn broken_credential_sources_that_the_user_names_end_the_run_and_are_not_quoted() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let path = workspace.beside("auth.json");
    let shown = path.display().to_string();
    let no_object = "it is not a JSON object";
    for text in [
        format!(
            r#"{{"auths":{{"{}":{{"auth":"{CANARY}"}}}}"#,
            registry.host()
        ),
        format!(r#""{CANARY}""#),
        CANARY.to_owned(),
        String::new(),
    ] {
        std::fs::write(&path, &text).unwrap();
        let lint = || workspace.lint(&registry).arg("-vv");
        for (source, why, ran) in [
            (
                "DOCKER_AUTH_CONFIG".to_owned(),
                no_object,
                lint().env("DOCKER_AUTH_CONFIG", &text).run(),
            ),
            (
                shown.clone(),
                no_object,
                lint().arg("--authfile").arg(&path).run(),
            ),
            (
                format!("{shown} (REGISTRY_AUTH_FILE)"),
                no_object,
                lint().env("REGISTRY_AUTH_FILE", &path).run(),
            ),
            (
                shown.clone(),
                "it holds no `.dockerconfigjson` and no `.dockercfg`",
                lint().arg("--pull-secret").arg(&path).run(),
            ),
        ] {
            if text.is_empty() && source == "DOCKER_AUTH_CONFIG" {
                // A variable that is set to nothing is not set.
                assert_eq!(ran.code, Some(0), "{}", ran.said());
                continue;
            }
            assert_eq!(
                (ran.code, ran.stdout.as_str()),
                (Some(2), ""),
                "{source}: {}",
                ran.said()
            );
            assert_eq!(
                ran.stderr,
                format!("image-lint: cannot read the credentials in {source}: {why}\n")
            );
            assert_silent(&ran, &source);
        }
    }
    assert!(
        registry
            .log()
            .iter()
            .all(|seen| seen.authorization().is_none())
    );
}
