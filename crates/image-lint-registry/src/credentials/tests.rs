use super::*;
use crate::executable::write_executable;
use crate::settings::Environment;

fn auth(host: &str, user: &str) -> String {
    use base64::Engine;
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:pw"));
    format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#)
}

fn user(login: &Login) -> String {
    match &login.kind {
        Kind::Password { user, .. } => user.clone(),
        Kind::IdentityToken { user, token } => format!("{user} {}", token.reveal()),
        Kind::RegistryToken(token) => token.reveal().to_owned(),
    }
}

/// All users that are tried for a repository, in order.
async fn users_with(settings: &Settings, helpers: &[String], name: &str) -> Vec<String> {
    let store = Store::new(settings, helpers).unwrap();
    let (host, repository) = name.split_once('/').unwrap();
    let mut search = store.search(host, repository);
    let mut users = Vec::new();
    while let Some(login) = search.next().await {
        users.push(user(&login));
    }
    users
}

async fn users(settings: &Settings, name: &str) -> Vec<String> {
    users_with(settings, &[], name).await
}

#[tokio::test]
async fn what_is_named_comes_first_and_then_the_files_in_podmans_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, user: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, auth("quay.io", user)).unwrap();
        path
    };
    let authfile = at("explicit.json", "explicit");
    let secrets = vec![at("one.json", "secret1"), at("two.json", "secret2")];
    let registry_auth_file = at("env.json", "env-file");
    at("home/.docker/config.json", "docker");
    at("run/containers/auth.json", "runtime");
    at("home/.config/containers/auth.json", "config");
    let old = r#"{"quay.io":{"username":"old","password":"pw"}}"#;
    std::fs::write(folder.path().join("home/.dockercfg"), old).unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let text = "current-context: c\ncontexts: [{name: c, context: {user: u}}]\nusers: [{name: u, user: {token: oc}}]\n";
    std::fs::write(&kubeconfig, text).unwrap();
    let mut settings = Settings {
        authfile: Some(authfile),
        pull_secrets: secrets,
        kubeconfig_hosts: vec!["quay.io".to_owned()],
        environment: Environment {
            home: Some(folder.path().join("home")),
            registry_auth_file: Some(registry_auth_file),
            docker_auth_config: Some(auth("quay.io", "env-text")),
            xdg_runtime_dir: Some(folder.path().join("run")),
            kubeconfig: Some(kubeconfig),
            ..Environment::default()
        },
        ..Settings::default()
    };
    assert_eq!(
        users(&settings, "quay.io/org/app").await,
        ["explicit", "secret1", "secret2"],
        "a user's own login hides nothing of a cluster's secret"
    );
    settings.pull_secrets.clear();
    let all = [
        "explicit", "unused", "env-file", "env-text", "runtime", "config",
    ];
    assert_eq!(
        users(&settings, "quay.io/org/app").await,
        all,
        "and no more than six"
    );
    settings.authfile = None;
    settings.kubeconfig_hosts.clear();
    settings.environment.registry_auth_file = None;
    settings.environment.docker_auth_config = None;
    assert_eq!(
        users(&settings, "quay.io/org/app").await,
        ["runtime", "config", "docker", "old"]
    );
    settings.use_credentials = false;
    assert!(users(&settings, "quay.io/org/app").await.is_empty());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_session_the_users_own_folder_below_run_is_looked_into() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let user = std::fs::metadata("/proc/self").unwrap().uid();
    let own = folder.path().join(format!("containers/{user}"));
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("auth.json"), auth("quay.io", "run")).unwrap();
    let mut settings = Settings {
        environment: Environment {
            run: Some(folder.path().to_owned()),
            ..Environment::default()
        },
        ..Settings::default()
    };
    assert_eq!(users(&settings, "quay.io/a").await, ["run"]);
    settings.environment.xdg_runtime_dir = Some(folder.path().join("session"));
    assert!(
        users(&settings, "quay.io/a").await.is_empty(),
        "in its place and not beside it"
    );
}

#[tokio::test]
async fn a_file_gives_the_account_of_its_longest_namespace_and_no_second_one() {
    let text = r#"{"auths":{"q.io":{"auth":"YTpw"},"q.io/org":{"auth":"Yjpw"}}}"#;
    let settings = Settings {
        environment: Environment {
            docker_auth_config: Some(text.to_owned()),
            ..Environment::default()
        },
        ..Settings::default()
    };
    assert_eq!(users(&settings, "q.io/org/app").await, ["b"]);
    assert_eq!(users(&settings, "q.io/other").await, ["a"]);
    let store = Store::new(&settings, &[]).unwrap();
    assert_ne!(
        store.identity("q.io", "org/app"),
        store.identity("q.io", "other")
    );
    assert_eq!(store.identity("r.io", "other"), "");
}

/// The files and questions of containers/image `pkg/docker/config/config_test.go` (TestGetAuth).
#[tokio::test]
async fn lookups_end_as_those_of_containers_image() {
    const EXAMPLE: &str = r#"{"auths":{"example.org":{"auth":"ZXhhbXBsZTpvcmc="}}}"#;
    const FULL: &str = r#"{"auths":{"docker.io":{"auth":"ZG9ja2VyOmlv"},"http://normalize.example.org/v1":{"auth":"bm9ybWFsaXplOmV4YW1wbGU="},
        "localhost":{"auth":"bG9jYWw6aG9zdA=="},"10.10.30.45:5000":{"auth":"MTAuMTA6MzAuNDUtNTAwMA=="}}}"#;
    const ABNORMAL: &str = r#"{"auths":{"https://index.docker.io/v1":{"auth":"aW5kZXg6ZG9ja2VyLmlv"},"localhost:5000":{"auth":"bG9jYWw6aG9zdC01MDAw"}}}"#;
    const TOKEN: &str = r#"{"auths":{"example.org":{"auth":"MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOg==","identitytoken":"long"}}}"#;
    const REFPATH: &str = r#"{"auths":{"example.org":{"auth":"bG9jYWw6aG9zdA=="},"example.org/repo":{"auth":"ZXhhbXBsZTpvcmc="},
        "docker.io/vendor":{"auth":"Zmlyc3Q6bGV2ZWw="},"docker.io":{"auth":"dG9wOmxldmVs"},
        "docker.io/library/busybox":{"auth":"bGlicmFyeTpidXN5Ym94"},"docker.io/library":{"auth":"bGlicmFyeTpvdGhlcg=="}}}"#;
    let rows = [
        ("{}", "docker.io/library/a", None, "no entry"),
        (EXAMPLE, "example.org/a", Some("example"), "match one"),
        (EXAMPLE, "registry.example.org/a", None, "match none"),
        (FULL, "docker.io/library/a", Some("docker"), "docker.io"),
        (
            ABNORMAL,
            "docker.io/library/a",
            Some("index"),
            "docker's URL",
        ),
        (
            FULL,
            "normalize.example.org/a",
            Some("normalize"),
            "a URL with /v1",
        ),
        (FULL, "localhost/a", Some("local"), "localhost"),
        (FULL, "10.10.30.45:5000/a", Some("10.10"), "an address"),
        (ABNORMAL, "localhost:5000/a", Some("local"), "a port"),
        (
            TOKEN,
            "example.org/a",
            Some("00000000-0000-0000-0000-000000000000 long"),
            "identity token",
        ),
        (
            REFPATH,
            "example.org/repo/image",
            Some("example"),
            "a repository",
        ),
        (REFPATH, "example.org/repo", Some("example"), "a namespace"),
        (REFPATH, "example.org/image", Some("local"), "the host"),
        (
            REFPATH,
            "docker.io/library/busybox",
            Some("library"),
            "an official image",
        ),
        (
            REFPATH,
            "docker.io/library/notbusybox",
            Some("library"),
            "official ones",
        ),
        (
            REFPATH,
            "docker.io/vendor/product",
            Some("first"),
            "a vendor",
        ),
        (
            REFPATH,
            "docker.io/other-vendor/other-product",
            Some("top"),
            "the Hub",
        ),
    ];
    for (text, name, expected, why) in rows {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.json");
        std::fs::write(&path, text).unwrap();
        let settings = Settings {
            authfile: Some(path),
            ..Settings::default()
        };
        let found = users(&settings, name).await;
        assert_eq!(found.first().map(String::as_str), expected, "{why}: {name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn helpers_of_registries_conf_are_asked_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, hosts, answer) in [
        ("one", "a.io", r#"{"Username":"one","Secret":"pw"}"#),
        (
            "two",
            "b.io",
            r#"{"Username":"<token>","Secret":"fizzbuzz"}"#,
        ),
    ] {
        let path = folder.path().join(format!("docker-credential-{name}"));
        let script = format!(
            "#!/bin/sh\nread host\nif [ \"$host\" = {hosts} ]; then echo '{answer}'; else echo 'credentials not found in native keychain'; exit 1; fi\n"
        );
        write_executable(&path, &script);
    }
    std::fs::create_dir_all(folder.path().join(".docker")).unwrap();
    let config = r#"{"auths":{"a.io":{"auth":"ZmlsZTpw"},"c.io":{"auth":"ZmlsZTpw"}}}"#;
    std::fs::write(folder.path().join(".docker/config.json"), config).unwrap();
    let settings = Settings {
        environment: Environment {
            home: Some(folder.path().to_owned()),
            path: Some(std::env::join_paths([folder.path(), Path::new("/bin")]).unwrap()),
            ..Environment::default()
        },
        ..Settings::default()
    };
    let rows: [(&[&str], &str, &[&str]); 6] = [
        (&[], "a.io/x", &["file"]),
        (&["one", "two"], "a.io/x", &["one"]),
        (&["one", "two"], "b.io/x", &["<token> fizzbuzz"]),
        (&["one", "two"], "c.io/x", &[]),
        (&["containers-auth.json", "one"], "a.io/x", &["file", "one"]),
        (&["missing", "one"], "a.io/x", &["one"]),
    ];
    for (helpers, name, expected) in rows {
        let helpers: Vec<String> = helpers.iter().map(|h| (*h).to_owned()).collect();
        assert_eq!(
            users_with(&settings, &helpers, name).await,
            expected,
            "{helpers:?} {name}"
        );
    }
}

#[tokio::test]
async fn what_became_of_credentials_is_reported_as_it_was() {
    let environment = Environment {
        docker_auth_config: Some(auth("quay.io", "me")),
        ..Environment::default()
    };
    let settings = Settings {
        environment,
        ..Settings::default()
    };
    let store = Store::new(&settings, &[]).unwrap();
    let rows = [
        (Some(Outcome::Taken), "DOCKER_AUTH_CONFIG: used"),
        (
            Some(Outcome::Refused(401)),
            "DOCKER_AUTH_CONFIG: refused with status 401; quay.io is asked anonymously",
        ),
        (
            None,
            "DOCKER_AUTH_CONFIG: found, and not asked for; quay.io is asked anonymously",
        ),
    ];
    for (outcome, expected) in rows {
        let lines = store.explain("quay.io", "a", |_| outcome).await;
        assert_eq!(lines.join("; "), expected);
    }
    let lines = store.explain("ghcr.io", "a", |_| None).await;
    assert_eq!(
        lines.join("; "),
        "DOCKER_AUTH_CONFIG: nothing for ghcr.io; ghcr.io is asked anonymously"
    );
}

#[test]
fn a_broken_variable_is_named_and_not_quoted() {
    let environment = Environment {
        docker_auth_config: Some("{canary-secret".into()),
        ..Environment::default()
    };
    let settings = Settings {
        environment,
        ..Settings::default()
    };
    let error = Store::new(&settings, &[]).err().unwrap().to_string();
    assert!(
        error.contains("DOCKER_AUTH_CONFIG") && !error.contains("canary"),
        "{error}"
    );
}
