use super::*;

const CONF: &str = r#"
unqualified-search-registries = ["quay.io", "docker.io"]
short-name-mode = "permissive"
[aliases]
"nginx" = "quay.io/nginx/nginx"
"team/app" = "registry.example/team/app"
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
prefix = "*.moved.example"
location = "moved.example/all"
[[registry]]
prefix = "one.example/app:1.0"
location = "one.example/app"
blocked = true
[[registry]]
prefix = "*.lab.example"
insecure = true
[[registry.mirror]]
location = "near.example/lab"
[[registry]]
location = "quay.io"
[[registry.mirror]]
location = "one.example/quay"
insecure = true
[[registry.mirror]]
location = "two.example"
pull-from-mirror = "digest-only"
[[registry]]
location = "pinned.example"
mirror-by-digest-only = true
[[registry.mirror]]
location = "one.example/pinned"
[[registry]]
location = "plain.example:5000/team"
insecure = true
"#;

fn conf() -> RegistriesConf {
    let mut conf = RegistriesConf::default();
    conf.add(CONF, Path::new("a.conf"), false).unwrap();
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
            "x.moved.example/a:1",
            "moved.example/all/a:1",
            "a wildcard with a location",
        ),
        ("one.example/app:1.0", "a.conf blocks it", "one tag"),
        (
            "one.example/app:1.0.1",
            "one.example/app:1.0.1",
            "not another tag",
        ),
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
            true,
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
            true,
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
    conf.add(old, Path::new("v1"), false).unwrap();
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
            "[[registry]]\nlocation = 'a'\nblocked = 'yes'\n",
            Path::new("x"),
            false,
        )
        .unwrap_err();
    assert!(error.starts_with("line 3: "), "{error}");
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
    environment.registries_conf = Some(put("elsewhere", "named"));
    assert_eq!(asked(&environment), "drop-in", "beside what is named, too");
    environment.registries_conf = None;
    put("home/.config/containers/registries.conf", "own");
    assert_eq!(
        asked(&environment),
        "own",
        "the machine's folder does not count beside it"
    );
    put("home/.config/containers/registries.conf.d/1.conf", "user");
    assert_eq!(asked(&environment), "user");
    environment.registries_conf = Some(folder.path().join("nowhere"));
    assert!(
        RegistriesConf::read(&environment)
            .unwrap_err()
            .to_string()
            .contains("nowhere")
    );
}

/// Files that containers/image refuses (`pkg/sysregistriesv2/testdata`), and some that it does not.
#[test]
fn what_podman_refuses_is_refused_with_a_reason() {
    let registry =
        |rest: &str| format!("[[registry]]\nprefix='a.example/x'\nlocation='a.example/y'\n{rest}");
    let rows: Vec<(String, bool, Option<&str>, &str)> = vec![
        (
            "[[registry]]\nblocked=true\n".into(),
            false,
            Some("neither"),
            "no name",
        ),
        (
            "[[registry]]\nprefix='a.example'\n".into(),
            false,
            Some("no `location`"),
            "a prefix alone",
        ),
        (
            "[[registry]]\nprefix='*.example'\n".into(),
            false,
            None,
            "a wildcard alone",
        ),
        (
            "[[registry]]\nlocation='a.example:5000'\nprefix='http://b.example'\n".into(),
            false,
            Some("scheme"),
            "invalid-prefix.conf",
        ),
        (
            "[[registry]]\nlocation='https://b.example/'\n".into(),
            false,
            Some("scheme"),
            "a URL",
        ),
        (
            registry("[[registry.mirror]]\nlocation='https://b.example'\n"),
            false,
            Some("scheme"),
            "a mirror's URL",
        ),
        (
            registry("pull-from-mirror='digest-only'\n"),
            false,
            Some("belongs to a mirror"),
            "invalid-config-level-mirror.conf",
        ),
        (
            registry(
                "mirror-by-digest-only=true\n[[registry.mirror]]\nlocation='m'\npull-from-mirror='digest-only'\n",
            ),
            false,
            Some("one of them only"),
            "invalid-conflict-mirror.conf",
        ),
        (
            registry("[[registry.mirror]]\nlocation='m'\npull-from-mirror='notvalid'\n"),
            false,
            Some("notvalid"),
            "invalid-value-mirror.conf",
        ),
        (
            registry("[[registry.mirror]]\nlocation='m'\n[[registry.mirror]]\n"),
            false,
            Some("has no `location`"),
            "missing-mirror-location.conf",
        ),
        (
            "[[registry]]\nlocation='a'\n[[registry]]\nlocation='a'\nblocked=true\n".into(),
            false,
            Some("`blocked`"),
            "blocked-conflicts.conf",
        ),
        (
            "[[registry]]\nlocation='a'\n[[registry]]\nlocation='a'\ninsecure=true\n".into(),
            false,
            Some("`insecure`"),
            "insecure-conflicts.conf",
        ),
        (
            "[[registry]]\nprefix='*.a.example/x'\n".into(),
            false,
            Some("more than"),
            "a wildcard with a path",
        ),
        (
            "[[registry]]\nprefix='*.a.example:5000'\n".into(),
            false,
            Some("more than"),
            "a wildcard with a port",
        ),
        (
            "unqualified-search-registries=['a.example/namespace']\n".into(),
            false,
            Some("not a host"),
            "invalid-search.conf",
        ),
        (
            "unqualified-search-registries=['https://a.example']\n".into(),
            false,
            Some("scheme"),
            "a URL",
        ),
        (
            "unqualified-search-registries=['localhost:5000', 'a.example/', 'a']\n".into(),
            false,
            None,
            "hosts",
        ),
        (
            "short-name-mode='invalid'\n".into(),
            false,
            Some("invalid"),
            "invalid-short-name-mode.conf",
        ),
        (
            "[aliases]\na='q.io/r/i:1'\n".into(),
            false,
            Some("nothing else"),
            "invalid-aliases.conf",
        ),
        (
            "[aliases]\na='i'\n".into(),
            false,
            Some("nothing else"),
            "an alias without a registry",
        ),
        (
            "[aliases]\n'a:1'='q.io/r/i'\n".into(),
            false,
            Some("without registry"),
            "an alias with a tag",
        ),
        (
            "[aliases]\n'q.io/a'='q.io/r/i'\n".into(),
            false,
            Some("without registry"),
            "an alias with a registry",
        ),
        (
            "[aliases]\n'library/fedora'='localhost:5000/fedora'\nb=''\n".into(),
            false,
            None,
            "good aliases",
        ),
        (
            "unqualified-search-registries=[]\n[registries.search]\nregistries=[]\n".into(),
            false,
            Some("mixes"),
            "mixing-v1-v2-empty.conf",
        ),
        (
            "[registries.block]\nregistries=['http://a.example']\n".into(),
            false,
            Some("scheme"),
            "v1-invalid-block.conf",
        ),
        (
            "[registries.insecure]\nregistries=['http://a.example']\n".into(),
            false,
            Some("scheme"),
            "v1-invalid-insecure.conf",
        ),
        (
            "[registries.search]\nregistries=['http://a.example']\n".into(),
            false,
            Some("scheme"),
            "v1-invalid-search.conf",
        ),
        (
            "[registries.search]\nregistries=['a.example////']\n".into(),
            false,
            None,
            "v1-compatibility.conf",
        ),
        (
            "[registries.search]\nregistries=['a.example']\n".into(),
            true,
            Some("version 2"),
            "an old drop-in",
        ),
        (
            "invalid".into(),
            false,
            Some("line 1"),
            "try-update-cache-invalid.conf",
        ),
        ("".into(), true, None, "empty.conf"),
    ];
    for (text, drop_in, expected, why) in rows {
        let read = RegistriesConf::default().add(&text, Path::new("x"), drop_in);
        match (read, expected) {
            (Ok(()), None) => {}
            (Err(words), Some(part)) => assert!(words.contains(part), "{why}: {words}"),
            (read, expected) => panic!("{why}: {read:?}, expected {expected:?}"),
        }
    }
}

/// TestFindRegistry: which location each name leads to.
#[test]
fn the_rules_of_containers_image_lead_to_the_same_places() {
    let mut conf = RegistriesConf::default();
    let rows = [
        ("simple-prefix.com", "registry.com:5000"),
        (
            "complex-prefix.com:4000/with/path",
            "another-registry.com:5000",
        ),
        ("another-registry.com", "registry.com:5000"),
        ("", "no-prefix.com"),
        ("*.so.simple-prefix.com", "subdomain-prefix.com"),
        ("*.simple-prefix.com", "subdomain-prefix-2.com"),
        ("*.not.quite.simple-prefix.com", "subdomain-prefix-1.com"),
        ("*.docker.io", "subdomain-prefix-2.com"),
        ("*.bar.example.com", "subdomain-prefix-3.com"),
        ("*.bar.docker.io", "subdomain-prefix-4.com"),
        ("foo.bar.example.com:5000", "subdomain-prefix-5.com"),
        ("*.internal.registry.com", ""),
    ];
    let text: String = rows
        .iter()
        .map(|(prefix, location)| {
            format!("[[registry]]\nprefix='{prefix}'\nlocation='{location}'\n")
        })
        .collect();
    conf.add(&text, Path::new("find-registry.conf"), false)
        .unwrap();
    let drop_in = "[[registry]]\nprefix='*.not.quite.simple-prefix.com'\nlocation='overridden-1.com'\n\
                   [[registry]]\nprefix='*.docker.com'\nlocation='overridden-2.com'\n\
                   [[registry]]\nprefix='*.bar.example.com'\nlocation='overridden-3.com'\n";
    conf.add(drop_in, Path::new("drop-in.conf"), true).unwrap();
    let digest = format!("sha256:{}", "a".repeat(64));
    let rows = [
        (
            "simple-prefix.com/foo/bar:latest",
            "registry.com:5000/foo/bar:latest",
        ),
        ("not.so.simple-prefix.com/a:1", "subdomain-prefix.com/a:1"),
        (
            "not.quite.simple-prefix.com/a:1",
            "subdomain-prefix-2.com/a:1",
        ),
        // The port stays: what comes after the domain is put after the location.
        (
            "not.quite.simple-prefix.com:5000/with/path/and/beyond:tag",
            "subdomain-prefix-2.com:5000/with/path/and/beyond:tag",
        ),
        (
            "really.not.quite.simple-prefix.com:5000/with/path:tag",
            "overridden-1.com:5000/with/path:tag",
        ),
        (
            "foo.docker.io:5000/omg/bbq:foo",
            "subdomain-prefix-2.com:5000/omg/bbq:foo",
        ),
        (
            &format!("foo.bar.example.com:6000/omg/bbq@{digest}"),
            &format!("overridden-3.com:6000/omg/bbq@{digest}"),
        ),
        (
            "foo.bar.docker.io:5000/omg/bbq:foo",
            "subdomain-prefix-4.com:5000/omg/bbq:foo",
        ),
        (
            "foo.bar.example.com:5000/omg/bbq:foo",
            "subdomain-prefix-5.com/omg/bbq:foo",
        ),
        ("simple-prefix.comx/a:1", "simple-prefix.comx/a:1"),
        (
            "complex-prefix.com:4000/with/path/and/beyond:tag",
            "another-registry.com:5000/and/beyond:tag",
        ),
        ("no-prefix.com/foo:tag", "no-prefix.com/foo:tag"),
        ("x.internal.registry.com/a:1", "x.internal.registry.com/a:1"),
    ];
    for (name, expected) in rows {
        assert_eq!(seen(&conf, name, Wanted::default()), expected, "{name}");
    }
}

/// TestRefMatchingPrefix and TestRefMatchingSubdomainPrefix.
#[test]
fn prefixes_match_as_those_of_containers_image() {
    let a = format!("sha256:{}", "a".repeat(64));
    let by_digest = format!("example.com/foo@{a}");
    let rows: [(&str, &str, Option<&str>); 41] = [
        ("docker.io", "*.io", Some("docker.io")),
        ("docker.io/foo", "*.com", None),
        ("example.com/foo", "*.co", None),
        ("example.com/foo", "*.example.com", None),
        ("example.com/foo", "*.com", Some("example.com")),
        ("example.com/foo:bar", "*.com", Some("example.com")),
        ("example.com/foo/bar:baz", "*.com", Some("example.com")),
        ("yet.another.example.com/foo", "**.example.com", None),
        (
            "yet.another.example.com/foo",
            "***.another.example.com",
            None,
        ),
        (
            "yet.another.example.com/foo/bar",
            "*.another.example.com",
            Some("yet.another.example.com"),
        ),
        (
            "another.example.com/namespace.com/foo/bar:baz",
            "*.example.com",
            Some("another.example.com"),
        ),
        ("example.net/namespace-ends-in.com/foo:baz", "*.com", None),
        (
            "another.example.com/namespace.com/foo:baz",
            "*.namespace.com",
            None,
        ),
        ("sub.example.com/foo/bar", "*.com", Some("sub.example.com")),
        (
            "sub.example.com/foo/bar",
            "*.example.com",
            Some("sub.example.com"),
        ),
        (
            "another.sub.example.com/foo/bar:baz",
            "*.example.com",
            Some("another.sub.example.com"),
        ),
        (
            "another.sub.example.com/foo/bar:baz",
            "*.sub.example.com",
            Some("another.sub.example.com"),
        ),
        ("docker.io", "docker.io", Some("docker.io")),
        ("docker.io", "example.com", None),
        (
            "example.com:5000",
            "example.com:5000",
            Some("example.com:5000"),
        ),
        ("example.com:50000", "example.com:5000", None),
        ("example.com:5000", "example.com", Some("example.com")),
        ("example.com/foo", "example.com", Some("example.com")),
        ("example.com/foo/bar", "example.com", Some("example.com")),
        (
            "example.com/foo/bar:baz",
            "example.com",
            Some("example.com"),
        ),
        (&by_digest, "example.com", Some("example.com")),
        ("docker.io", "docker.io/library", None),
        (
            "docker.io/library",
            "docker.io/library",
            Some("docker.io/library"),
        ),
        ("example.com/library", "docker.io/library", None),
        ("docker.io/libraryy", "docker.io/library", None),
        (
            "docker.io/library/busybox",
            "docker.io/library",
            Some("docker.io/library"),
        ),
        ("docker.io", "docker.io/library/busybox", None),
        (
            "docker.io/library/busybox",
            "docker.io/library/busybox",
            Some("docker.io/library/busybox"),
        ),
        (
            "example.com/library/busybox",
            "docker.io/library/busybox",
            None,
        ),
        (
            "docker.io/library/busybox2",
            "docker.io/library/busybox",
            None,
        ),
        ("example.com", "example.com/foo:bar", None),
        ("example.com/foo", "example.com/foo:bar", None),
        (
            "example.com/foo:bar",
            "example.com/foo:bar",
            Some("example.com/foo:bar"),
        ),
        ("example.com/foo:bar2", "example.com/foo:bar", None),
        (&by_digest, &by_digest, Some(&by_digest)),
        ("example.com/foo", "*", None),
    ];
    for (name, prefix, expected) in rows {
        let found = matched(prefix, name).map(|length| &name[..length]);
        assert_eq!(found, expected, "{prefix} for {name}");
    }
}

#[test]
fn credential_helpers_of_the_last_file_that_names_some_count() {
    let mut conf = RegistriesConf::default();
    for (text, drop_in) in [
        (
            "credential-helpers=['we','will','be','overridden']\n",
            false,
        ),
        ("credential-helpers=['dropin-1','dropin-2']\n", true),
        ("short-name-mode='permissive'\n", true),
    ] {
        conf.add(text, Path::new("x"), drop_in).unwrap();
    }
    assert_eq!(conf.credential_helpers(), ["dropin-1", "dropin-2"]);
}
