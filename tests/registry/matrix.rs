//! What goes wrong on the way, once with the registry inside the test and once with docker's own behind a faulty proxy: a
//! run goes on to its end, each image gets the right class, no secret is sent elsewhere, and it takes bounded time.

use std::time::Duration;

use crate::asking::{block, class, resolve_all, settings};
use crate::support::artifact;
use crate::support::real::{Access, PASSWORD, RealRegistry, Storage, USER};
use crate::support::registry::{Fault, Options, Registry, Wait};
use crate::support::tls::{Authority, Identity};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolved;
use image_lint_registry::{Client, Depth, Environment, Settings};

/// A registry that wants user and password and holds `app:bad` (a docker list) and `app:good` (an OCI image).
struct Setting {
    front: Registry,
    _behind: Option<RealRegistry>,
}

impl Setting {
    fn own(tls: Option<&Identity>) -> Self {
        let front = Registry::start_with(Options {
            tls,
            ..Options::default()
        });
        front.with_basic().user(USER, PASSWORD);
        front.push_docker_list("app", "bad");
        front.push_oci("app", "good");
        Setting {
            front,
            _behind: None,
        }
    }

    fn real(tls: Option<&Identity>) -> Self {
        let storage = Storage::new();
        let filler = storage.serve(None, &Access::Open);
        filler.put("app", "bad", &artifact::docker_list("bad"));
        filler.put("app", "good", &artifact::oci("good"));
        drop(filler);
        let behind = storage.serve(None, &Access::Htpasswd);
        let front = Registry::before(
            behind.host(),
            Options {
                tls,
                ..Options::default()
            },
        );
        Setting {
            front,
            _behind: Some(behind),
        }
    }

    /// A run over both images that ends with its second pass.
    fn run(&self, change: impl FnOnce(&mut Settings)) -> (String, String) {
        let host = self.front.host();
        let auth =
            format!(r#"{{"auths":{{"{host}":{{"username":"{USER}","password":"{PASSWORD}"}}}}}}"#);
        let environment = Environment {
            docker_auth_config: Some(auth),
            ..Environment::default()
        };
        let mut set = Settings {
            environment,
            ..settings(&self.front)
        };
        change(&mut set);
        let client = Client::new(set).unwrap();
        let names = ["app:good", "app:bad"].map(|name| self.front.name(name));
        let good = resolve_all(&client, &names[..1]).remove(0);
        let bad = resolve_all(&client, &names[1..]).remove(0);
        let again = |resolved: Resolved, name: &str| {
            let reference = ImageReference::parse(name).unwrap();
            match Client::may_pass(&resolved) {
                true => block(client.retry_unknown(&[reference], Depth::Probe)).remove(0),
                false => resolved,
            }
        };
        let (good, bad) = (again(good, &names[0]), again(bad, &names[1]));
        assert!(!format!("{good:?}{bad:?}").contains(PASSWORD));
        (class(&good), class(&bad))
    }
}

/// A place for a fault: all requests for `app:bad`, HEAD only or GET only.
type Row = (&'static str, &'static str, Fault, &'static str);

fn rows(thief: &Registry) -> Vec<Row> {
    let elsewhere = format!("{}/v2/app/manifests/bad", thief.url());
    vec![
        ("reset", "any", Fault::Reset, "unknown Connect"),
        (
            "reset in the body",
            "get",
            Fault::ResetInBody,
            "unknown Protocol",
        ),
        (
            "slow body",
            "get",
            Fault::Drip {
                piece: 1,
                every: Duration::from_millis(200),
            },
            "unknown Timeout",
        ),
        ("truncated", "get", Fault::Truncate, "unknown Protocol"),
        ("huge", "get", Fault::Endless, "unknown Protocol"),
        (
            "wrong type",
            "get",
            Fault::content_type("application/vnd.oci.image.manifest.v1+json"),
            "ambiguous",
        ),
        (
            "redirect to another origin",
            "any",
            Fault::redirect(307, &elsewhere),
            "MissingOrPrivate",
        ),
        (
            "redirect to link-local",
            "any",
            Fault::redirect(307, "http://169.254.169.254/latest"),
            "unknown Forbidden",
        ),
        (
            "malformed JSON",
            "get",
            Fault::Body(b"{\"schemaVersion\": 2, \"manifests\": [".to_vec()),
            "unknown Protocol",
        ),
        (
            "wrong digest",
            "get",
            Fault::digest(&format!("sha256:{}", "0".repeat(64))),
            "ambiguous",
        ),
        (
            "other bytes",
            "get",
            Fault::Body(artifact::docker_list("other").body),
            "ambiguous",
        ),
        ("HEAD 405", "head", Fault::status(405), "DockerList"),
        (
            "500 always",
            "any",
            Fault::status(500),
            "unknown Server { status: 500 }",
        ),
        ("500 once", "once", Fault::status(500), "DockerList"),
        (
            "429 once",
            "once",
            Fault::limited(Wait::Header("0".to_owned())),
            "DockerList",
        ),
    ]
}

fn walk_through(setting: fn(Option<&Identity>) -> Setting) {
    let count = rows(&Registry::start()).len();
    for n in 0..count {
        let thief = Registry::start();
        thief.with_basic();
        let (name, place, fault, expected) = rows(&thief).remove(n);
        let setting = setting(None);
        // Only this one ends by the clock, and no machine is so busy that the good image takes as long.
        let timeout = matches!(fault, Fault::Drip { .. }).then_some(Duration::from_secs(4));
        let on = setting.front.on("app:bad");
        match place {
            "head" => on.head().gives(fault),
            "get" => on.get().gives(fault),
            "once" => on.once(fault),
            _ => on.gives(fault),
        };
        let (good, bad) = setting.run(|set| {
            set.plain_http.push(thief.host());
            set.timeout = timeout.unwrap_or(set.timeout);
        });
        assert_eq!(
            (&*good, &*bad),
            ("OciManifest", expected),
            "{name}: {:#?}",
            setting.front.lines()
        );
        // Two requests for the good one; two passes of three HEADs and three GETs for the other, each with an end in time.
        assert!(
            setting.front.log().len() <= 2 + 12,
            "{name}: {:#?}",
            setting.front.lines()
        );
        assert!(
            thief
                .log()
                .iter()
                .all(|seen| seen.authorization().is_none()),
            "{name}: a secret went elsewhere"
        );
        assert_eq!(
            thief.log().is_empty(),
            name != "redirect to another origin",
            "{name}"
        );
    }
    let authority = Authority::new();
    let setting = setting(Some(&authority.expired()));
    let classes = setting.run(|set| {
        set.plain_http.clear();
        set.allow_hosts = vec![setting.front.host()];
        set.extra_ca = vec![authority.file().to_owned()];
    });
    assert_eq!(
        classes,
        ("unknown Tls".to_owned(), "unknown Tls".to_owned())
    );
    assert!(
        setting.front.log().is_empty(),
        "nothing is sent to a server whose certificate has run out"
    );
}

#[test]
fn a_misbehaving_registry_costs_its_image_and_nothing_else() {
    walk_through(Setting::own);
}

#[test]
fn a_faulty_proxy_before_dockers_own_registry_costs_its_image_and_nothing_else() {
    walk_through(Setting::real);
}
