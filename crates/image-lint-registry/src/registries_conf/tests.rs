use super::*;

const CONF: &str = r#"
unqualified-search-registries = ["quay.io", "docker.io"]
short-name-mode = "permissive"
[aliases]
"nginx" = "quay.io/nginx/nginx"
"team/app" = "registry.example/team/app"
"broken" = "no-registry"
[[registry]]
location = "blocked.example"
blocked = true
[[registry]]
prefix = "docker.io"
location = "mirror.example/hub"
[[registry]]
prefix = "docker.io/library/redis"
location = "docker.io/library/redis"
[[registry]]
prefix = "*.bad.example"
blocked = true
[[registry]]
prefix = "*.lab.example"
insecure = true
[[registry.mirror]]
location = "near.example/lab"
[[registry]]
prefix = "quay.io"
[[registry.mirror]]
location = "one.example/quay"
insecure = true
[[registry.mirror]]
location = "two.example"
pull-from-mirror = "digest-only"
[[registry]]
prefix = "pinned.example"
mirror-by-digest-only = true
[[registry.mirror]]
location = "one.example/pinned"
[[registry]]
location = "plain.example:5000/team"
insecure = true
"#;

fn conf() -> RegistriesConf {
    let mut conf = RegistriesConf::default();
    conf.add(CONF, Path::new("a.conf")).unwrap();
    conf
}

/// `mirror! name` for each place, `!` where it is insecure; or why not.
fn seen(conf: &RegistriesConf, name: &str, wanted: Wanted) -> String {
    let routes = match conf.routes(&ImageReference::parse(name).unwrap(), wanted) {
        Ok(routes) => routes,
        Err(why) => return why,
    };
    let words = routes.iter().map(|route| {
        let mark = if route.insecure { "!" } else { "" };
        format!(
            "{}{}{mark}",
            if route.mirror { "mirror " } else { "" },
            route.reference
        )
    });
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_longest_prefix_decides() {
    let cases = [
        (
            "nginx:1",
            "mirror.example/hub/library/nginx:1",
            "docker's meaning of a short name, then the location",
        ),
        (
            "redis:7",
            "docker.io/library/redis:7",
            "a longer prefix that changes nothing",
        ),
        (
            "redis2:7",
            "mirror.example/hub/library/redis2:7",
            "a prefix ends where a component ends",
        ),
        (
            "blocked.example/a:1",
            "a.conf blocks it",
            "no prefix: the location is meant",
        ),
        (
            "blocked.example.org/a:1",
            "blocked.example.org/a:1",
            "another host",
        ),
        (
            "blocked.example:5000/a:1",
            "a.conf blocks it",
            "the host with a port",
        ),
        ("x.bad.example/a:1", "a.conf blocks it", "a wildcard"),
        (
            "x.bad.example:5000/a:1",
            "a.conf blocks it",
            "a wildcard and a port",
        ),
        (
            "bad.example/a:1",
            "bad.example/a:1",
            "the wildcard needs something",
        ),
        ("notbad.example/a:1", "notbad.example/a:1", "and a dot"),
        (
            "x.lab.example/a:1",
            "x.lab.example/a:1!",
            "a wildcard that is insecure",
        ),
        (
            "plain.example:5000/team/a:1",
            "plain.example:5000/team/a:1!",
            "insecure below a path",
        ),
        (
            "plain.example:5000/other/a:1",
            "plain.example:5000/other/a:1",
            "and not beside it",
        ),
        (
            "quay.io/a/b:1",
            "quay.io/a/b:1",
            "mirrors are not asked unless they are wanted",
        ),
    ];
    for (name, expected, why) in cases {
        assert_eq!(
            seen(&conf(), name, Wanted::default()),
            expected,
            "{name}: {why}"
        );
    }
    assert_eq!(
        conf().insecure_hosts(),
        ["one.example", "plain.example:5000"],
        "wildcards name no host"
    );
}

#[test]
fn mirrors_come_before_the_registry_and_as_far_as_they_may() {
    let wanted = Wanted {
        mirrors: true,
        ..Wanted::default()
    };
    let digest = format!("quay.io/a/b@sha256:{}", "0".repeat(64));
    let cases = [
        (
            "quay.io/a/b:1",
            "mirror one.example/quay/a/b:1!, quay.io/a/b:1".to_owned(),
            "by tag",
        ),
        (
            &digest,
            format!(
                "mirror {}!, mirror {}, {digest}",
                digest.replace("quay.io", "one.example/quay"),
                digest.replace("quay.io", "two.example")
            ),
            "by digest",
        ),
        (
            "pinned.example/a:1",
            "pinned.example/a:1".to_owned(),
            "mirror-by-digest-only",
        ),
        (
            "x.lab.example/a:1",
            "mirror near.example/lab/a:1, x.lab.example/a:1!".to_owned(),
            "a mirror of a wildcard",
        ),
    ];
    for (name, expected, why) in cases {
        assert_eq!(seen(&conf(), name, wanted), expected, "{name}: {why}");
    }
}

#[test]
fn short_names_mean_what_the_file_says_only_when_that_is_wanted() {
    let wanted = |short_names| Wanted {
        short_names,
        ..Wanted::default()
    };
    let cases = [
        ("nginx:1", "quay.io/nginx/nginx:1", "an alias"),
        (
            "team/app",
            "registry.example/team/app:latest",
            "an alias with a path",
        ),
        (
            "mongo:7",
            "quay.io/mongo:7, mirror.example/hub/library/mongo:7",
            "the search list, each with its own rule",
        ),
        (
            "broken:1",
            "the alias of `broken` in registries.conf, `no-registry`, is not a registry with a repository and nothing else",
            "told",
        ),
        (
            "quay.io/nginx:1",
            "quay.io/nginx:1",
            "a registry is written",
        ),
    ];
    for (name, expected, why) in cases {
        assert_eq!(
            seen(&conf(), name, wanted(ShortNames::RegistriesConf)),
            expected,
            "{name}: {why}"
        );
    }
    for other in [ShortNames::Docker, ShortNames::Error] {
        assert_eq!(
            seen(&conf(), "mongo:7", wanted(other)),
            "mirror.example/hub/library/mongo:7"
        );
    }
    let mut enforcing = conf();
    enforcing
        .add(
            "short-name-mode = 'enforcing'\n[aliases]\nnginx = ''\n",
            Path::new("b"),
        )
        .unwrap();
    let why = seen(&enforcing, "nginx", wanted(ShortNames::RegistriesConf));
    assert!(
        why.contains("short-name-mode is enforcing") && why.contains("quay.io, docker.io"),
        "{why}"
    );
    enforcing
        .add(
            "unqualified-search-registries = ['q.example']\n",
            Path::new("c"),
        )
        .unwrap();
    assert_eq!(
        seen(&enforcing, "nginx", wanted(ShortNames::RegistriesConf)),
        "q.example/nginx:latest",
        "one is no choice"
    );
    let none = RegistriesConf::default();
    assert!(
        seen(&none, "nginx", wanted(ShortNames::RegistriesConf))
            .contains("neither an alias nor a registry to search")
    );
}

#[test]
fn the_old_format_is_read_and_a_bad_file_is_told_with_its_line() {
    let mut conf = RegistriesConf::default();
    let old = "[registries.search]\nregistries = ['a.example']\n[registries.insecure]\nregistries = ['a.example', 'localhost:5000']\n\
               [registries.block]\nregistries = ['docker.io']\n";
    conf.add(old, Path::new("v1")).unwrap();
    assert_eq!(seen(&conf, "nginx", Wanted::default()), "v1 blocks it");
    assert_eq!(
        seen(&conf, "a.example/b:1", Wanted::default()),
        "a.example/b:1!"
    );
    assert_eq!(conf.insecure_hosts(), ["a.example", "localhost:5000"]);
    let searched = Wanted {
        short_names: ShortNames::RegistriesConf,
        ..Wanted::default()
    };
    assert_eq!(seen(&conf, "nginx:1", searched), "a.example/nginx:1!");
    let error = conf
        .add(
            "[[registry]]\nprefix = 'a'\nblocked = 'yes'\n",
            Path::new("x"),
        )
        .unwrap_err();
    assert!(error.starts_with("line 3: "), "{error}");
    assert!(
        conf.add("[[registry]]\nblocked = true\n", Path::new("x"))
            .is_err()
    );
    let error = conf.add(
        "[[registry]]\nprefix='a'\n[[registry.mirror]]\nlocation='b'\npull-from-mirror='some'\n",
        Path::new("x"),
    );
    assert!(error.unwrap_err().contains("some"));
}

#[test]
fn files_are_read_in_the_order_of_the_tools() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, location: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(
            &path,
            format!("[[registry]]\nprefix='quay.io'\nlocation='{location}'\n"),
        )
        .unwrap();
        path
    };
    let reference = ImageReference::parse("quay.io/a/b:1").unwrap();
    let mut environment = Environment {
        home: Some(folder.path().join("home")),
        etc: Some(folder.path().join("etc")),
        ..Environment::default()
    };
    let asked = |environment: &Environment| {
        let routes = RegistriesConf::read(environment)
            .unwrap()
            .routes(&reference, Wanted::default())
            .unwrap();
        routes[0].reference.host.to_string()
    };
    assert_eq!(asked(&environment), "quay.io");
    put("etc/containers/registries.conf", "machine");
    assert_eq!(asked(&environment), "machine");
    put("etc/containers/registries.conf.d/1.conf", "drop-in");
    put("etc/containers/registries.conf.d/2.txt", "ignored");
    assert_eq!(asked(&environment), "drop-in");
    put("home/.config/containers/registries.conf.d/1.conf", "user");
    assert_eq!(asked(&environment), "user");
    environment.registries_conf = Some(put("elsewhere", "named"));
    assert_eq!(asked(&environment), "named");
    environment.registries_conf = Some(folder.path().join("nowhere"));
    assert!(
        RegistriesConf::read(&environment)
            .unwrap_err()
            .to_string()
            .contains("nowhere")
    );
}
