//! What a question costs by the way a registry wants to know who asks, and by what it stores: requests counted, time
//! beside what no client can beat.

use std::time::Duration;

use super::asking::{bare_loop, lint};
use super::measure::{Factor, Time, median, wall};
use super::page::Page;
use super::support::artifact;
use super::support::registry::{Kind, Registry};
use super::{text_of, tree};

const REFERENCES: usize = 300;
const AT_ONCE: usize = 16;
const ROUND_TRIP: Duration = Duration::from_millis(50);
const RUNS: usize = 3;
/// Requests beside those of the references that a run may have (docs/performance.md).
const EXTRA: usize = 50;

/// How a registry wants to know who asks.
#[derive(Clone, Copy, PartialEq)]
enum Access {
    Open,
    Opaque,
    Jwt,
    OneScope,
    Basic,
}

/// What is stored under each reference.
#[derive(Clone, Copy, PartialEq)]
enum Stored {
    Docker,
    Oci,
    List,
    Index,
    Absent,
    Private,
}

impl Access {
    const ALL: [(Access, &str); 5] = [
        (Access::Open, "no tokens"),
        (Access::Opaque, "opaque token"),
        (Access::Jwt, "JWT that holds all scopes"),
        (Access::OneScope, "one scope a token"),
        (Access::Basic, "Basic"),
    ];

    /// Requests for tokens that a run may need.
    fn tokens(self, stored: Stored) -> usize {
        match (self, stored) {
            (Access::Open | Access::Basic, _) => 0,
            // What a token does not hold is asked for by itself, before it counts as private.
            (_, Stored::Private) | (Access::OneScope, _) => REFERENCES,
            (Access::Opaque | Access::Jwt, _) => REFERENCES.div_ceil(20),
        }
    }
}

impl Stored {
    const ALL: [(Stored, &str); 6] = [
        (Stored::Docker, "docker"),
        (Stored::Oci, "OCI"),
        (Stored::List, "list"),
        (Stored::Index, "index"),
        (Stored::Absent, "absent"),
        (Stored::Private, "private"),
    ];

    /// Requests beside tokens that a run may need.
    fn requests(self) -> usize {
        match self {
            Stored::Docker => REFERENCES,
            Stored::Oci => 2 * REFERENCES + EXTRA,
            Stored::List => 2 * REFERENCES,
            // Also called bad, with the same search for an older tag.
            Stored::Index => 2 * REFERENCES + EXTRA,
            Stored::Absent => 3 * REFERENCES,
            Stored::Private => 2 * REFERENCES,
        }
    }
}

/// A registry of this class with a repository for each reference.
fn registry(access: Access, stored: Stored) -> (Registry, Vec<String>) {
    let registry = Registry::start();
    match access {
        Access::Open => {}
        Access::Opaque | Access::Jwt | Access::OneScope => {
            registry.with_tokens();
            registry.token_manners(|tokens| {
                tokens.jwt = access == Access::Jwt;
                tokens.first_scope_only = access == Access::OneScope;
            });
        }
        Access::Basic => {
            registry.with_basic().user("me", "secret");
        }
    }
    let image = match stored {
        Stored::Oci => artifact::oci("one for all"),
        Stored::List => artifact::docker_list("one for all"),
        Stored::Index => artifact::oci_index("one for all"),
        Stored::Docker | Stored::Absent | Stored::Private => artifact::schema2("one for all"),
    };
    let names = (0..REFERENCES).map(|number| {
        let repository = format!("team/app-{number}");
        let tag = if stored == Stored::Absent {
            "1.0"
        } else {
            "1.1"
        };
        registry.push(&repository, tag, &image);
        if stored == Stored::Private {
            registry.private(&repository, &["somebody"]);
        }
        format!("{repository}:1.1")
    });
    let names = names.collect();
    registry.latency(ROUND_TRIP);
    (registry, names)
}

pub fn classes(page: &mut Page) {
    page.header(&[
        "registry",
        "stored",
        "HEAD",
        "GET",
        "tag lists",
        "tokens",
        "allowed",
        "`image-lint`",
        "bare HEAD loop",
        "ideal",
        "takes, of the ideal",
    ]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (open, open_names) = registry(Access::Open, Stored::Docker);
    for (access, access_name) in Access::ALL {
        for (stored, stored_name) in Stored::ALL {
            let (registry, names) = registry(access, stored);
            let host = registry.host();
            let folder = tempfile::tempdir().expect("a temporary folder");
            let images: Vec<String> = names.iter().map(|name| format!("{host}/{name}")).collect();
            tree::of_images(folder.path(), &images);
            let (mut ours, mut bare) = (Vec::new(), Vec::new());
            for _ in 0..RUNS {
                registry.clear_log();
                bare.push(runtime.block_on(bare_loop(&open.host(), &open_names, AT_ONCE)));
                let mut command = lint(&[&host], AT_ONCE, text_of(folder.path()));
                if access == Access::Basic {
                    let login = r#"{"username":"me","password":"secret"}"#;
                    command.env(
                        "DOCKER_AUTH_CONFIG",
                        format!(r#"{{"auths":{{"{host}":{login}}}}}"#),
                    );
                }
                ours.push(wall(command));
            }
            let allowed = stored.requests() + access.tokens(stored);
            let ideal = ROUND_TRIP.mul_f64(allowed as f64 / AT_ONCE as f64)
                + if access.tokens(stored) > 0 {
                    ROUND_TRIP
                } else {
                    Duration::ZERO
                };
            let manifest = |method: &str| {
                let log = registry.log().into_iter();
                log.filter(|seen| seen.kind == Kind::Manifest && seen.asked.method == method)
                    .count()
            };
            let took = median(ours);
            page.row(&[
                &access_name,
                &stored_name,
                &manifest("HEAD"),
                &manifest("GET"),
                &registry.count_kind(Kind::Tags),
                &registry.count_kind(Kind::Token),
                &allowed,
                &Time(took),
                &Time(median(bare)),
                &Time(ideal),
                &Factor(took.as_secs_f64() / ideal.as_secs_f64()),
            ]);
        }
    }
}
