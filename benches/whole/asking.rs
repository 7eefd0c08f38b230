//! How long registries take to answer about many references, when each answer takes 50 ms to come.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::measure::{Factor, Peak, Time, cost, median, median_ratio, wall};
use super::page::Page;
use super::slow_proxy::{self, Traffic};
use super::support::{artifact, real, wire};
use super::{image_lint, text_of, tree};

const ROUND_TRIP: Duration = Duration::from_millis(50);
const RUNS: usize = 5;

/// Docker's registry, filled, and slow ways to it.
struct Stage {
    runtime: tokio::runtime::Runtime,
    registry: real::RealRegistry,
    /// `repository:tag`
    names: Vec<String>,
}

impl Stage {
    /// A hundred tags in each repository.
    fn new(references: usize) -> Self {
        let registry = real::Storage::new().serve(None, &real::Access::Open);
        let image = artifact::schema2("one for all");
        let mut names = Vec::new();
        for number in 0..references {
            let (repository, tag) = (
                format!("team/app-{}", number / 100),
                format!("1.{}", number % 100),
            );
            if number % 100 == 0 {
                registry.put(&repository, &tag, &image);
            } else {
                let path = format!("/v2/{repository}/manifests/{tag}");
                let content = [("Content-Type", image.media_type.as_str())];
                let answer = wire::send(registry.host(), "PUT", &path, &content, &image.body)
                    .expect("an answer");
                assert_eq!(answer.status, 201, "{}", answer.text());
            }
            names.push(format!("{repository}:{tag}"));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        Stage {
            runtime: runtime.expect("a runtime"),
            registry,
            names,
        }
    }

    fn slow_way(&self) -> (String, Arc<Traffic>) {
        let traffic = Arc::new(Traffic::default());
        let start = slow_proxy::start(self.registry.host().to_owned(), ROUND_TRIP, traffic.clone());
        (self.runtime.block_on(start).expect("a free port"), traffic)
    }
}

/// How often each is measured: what takes a minute at a time, twice.
fn runs(references: usize, at_once: usize) -> usize {
    match (references, at_once) {
        (300, _) => 5,
        (_, 4) => 2,
        _ => 3,
    }
}

pub fn references(page: &mut Page) {
    let stages = [300, 3_000].map(Stage::new);
    page.header(&[
        "references",
        "at once",
        "`image-lint`",
        "requests",
        "connections",
        "bare HEAD loop",
        "`image-lint` takes",
    ]);
    for stage in &stages {
        for at_once in [4, 16, 64] {
            let asked = stage.beside(runs(stage.names.len(), at_once), at_once, |host| {
                stage
                    .runtime
                    .block_on(bare_loop(host, &stage.names, at_once))
            });
            page.row(&[
                &stage.names.len(),
                &at_once,
                &Time(median(asked.ours.clone())),
                &asked.traffic.0,
                &asked.traffic.1,
                &Time(median(asked.other.clone())),
                &Factor(median_ratio(&asked.ours, &asked.other)),
            ]);
        }
    }
    page.header(&[
        "references",
        "at once",
        "`image-lint`",
        "`skopeo inspect --raw` under `xargs -P`",
        "requests",
        "connections",
        "skopeo takes",
    ]);
    for stage in &stages {
        for at_once in [16, 64] {
            // Ten processes a second are the most that two cores start, so 3,000 are asked once.
            let runs = if stage.names.len() == 300 { 3 } else { 1 };
            let asked = stage.beside(runs, at_once, |host| skopeo(host, &stage.names, at_once));
            page.row(&[
                &stage.names.len(),
                &at_once,
                &Time(median(asked.ours.clone())),
                &Time(median(asked.other.clone())),
                &asked.other_traffic.0,
                &asked.other_traffic.1,
                &Factor(median_ratio(&asked.other, &asked.ours)),
            ]);
        }
    }
}

/// What two ways of asking for the same references took, A B A B.
struct Asked {
    ours: Vec<Duration>,
    other: Vec<Duration>,
    /// Requests and connections of one run.
    traffic: (usize, usize),
    other_traffic: (usize, usize),
}

impl Stage {
    /// Every reference asked by `image-lint` and by another, `at_once` in flight, through one slow way.
    fn beside(&self, runs: usize, at_once: usize, other: impl Fn(&str) -> Duration) -> Asked {
        let (host, traffic) = self.slow_way();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let images: Vec<String> = self
            .names
            .iter()
            .map(|name| format!("{host}/{name}"))
            .collect();
        tree::of_images(folder.path(), &images);
        let mut asked = Asked {
            ours: Vec::new(),
            other: Vec::new(),
            traffic: (0, 0),
            other_traffic: (0, 0),
        };
        for _ in 0..runs {
            traffic.take();
            asked.other.push(other(&host));
            asked.other_traffic = traffic.take();
            asked
                .ours
                .push(wall(lint(&[&host], at_once, text_of(folder.path()))));
            asked.traffic = traffic.take();
        }
        assert!(
            asked.traffic.0 >= self.names.len(),
            "{} requests went through the slow way",
            asked.traffic.0
        );
        asked
    }
}

pub fn hosts(page: &mut Page) {
    page.header(&[
        "300 references on",
        "time",
        "peak",
        "requests",
        "connections",
    ]);
    let stage = Stage::new(300);
    for count in [1, 10, 100] {
        let ways: Vec<_> = (0..count).map(|_| stage.slow_way()).collect();
        let images: Vec<String> = stage
            .names
            .iter()
            .enumerate()
            .map(|(i, name)| format!("{}/{name}", ways[i % count].0))
            .collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        tree::of_images(folder.path(), &images);
        let hosts: Vec<&str> = ways.iter().map(|(host, _)| host.as_str()).collect();
        let taken = || {
            ways.iter()
                .map(|(_, t)| t.take())
                .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
        };
        let cost = cost(RUNS, &|| {
            taken();
            lint(&hosts, 16, text_of(folder.path()))
        });
        let (requests, connections) = taken();
        let name = if count == 1 {
            "1 host".to_owned()
        } else {
            format!("{count} hosts")
        };
        page.row(&[
            &name,
            &Time(cost.wall),
            &Peak(cost.peak),
            &requests,
            &connections,
        ]);
    }
}

pub fn lint(hosts: &[&str], at_once: usize, path: &str) -> Command {
    let mut command = image_lint(&[
        "--no-cache",
        "--format",
        "json",
        "--per-host",
        &at_once.to_string(),
        path,
    ]);
    for host in hosts {
        command.args(["--plain-http", host]);
    }
    command
}

/// What no client can beat with as many requests at once: HEAD after HEAD, nothing read, nothing judged.
pub async fn bare_loop(host: &str, names: &[String], at_once: usize) -> Duration {
    // The client's making is no part of the loop.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for part in 0..at_once {
        let client = client.clone();
        let urls: Vec<String> = names
            .iter()
            .skip(part)
            .step_by(at_once)
            .filter_map(|name| name.split_once(':'))
            .map(|(repository, tag)| format!("http://{host}/v2/{repository}/manifests/{tag}"))
            .collect();
        tasks.spawn(async move {
            for url in urls {
                let accept = (reqwest::header::ACCEPT, artifact::SCHEMA2);
                let answer = client
                    .head(&url)
                    .header(accept.0, accept.1)
                    .send()
                    .await
                    .expect("an answer");
                assert_eq!(answer.status(), 200, "{url}");
            }
        });
    }
    tasks.join_all().await;
    started.elapsed()
}

fn skopeo(host: &str, names: &[String], processes: usize) -> Duration {
    let list = tempfile::NamedTempFile::new().expect("room for a temporary file");
    let images: String = names
        .iter()
        .map(|name| format!("docker://{host}/{name}\n"))
        .collect();
    std::fs::write(list.path(), images).expect("room for a file");
    real::tool("skopeo");
    let mut command = Command::new("xargs");
    command
        .arg("-a")
        .arg(list.path())
        .args(["-n1", &format!("-P{processes}")]);
    command
        .args(["skopeo", "inspect", "--raw", "--tls-verify=false"])
        .stdin(Stdio::null());
    wall(command)
}
