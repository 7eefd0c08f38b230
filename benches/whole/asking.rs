//! How long registries take to answer about many references, when each answer takes 50 ms to come.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::measure::{median, ratio, wall};
use super::slow_proxy::{self, Traffic};
use super::support::{artifact, real, wire};
use super::{header, image_lint, text_of, tree};

const ROUND_TRIP: Duration = Duration::from_millis(50);
/// `--per-host`, unless said otherwise.
const AT_ONCE: usize = 16;
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
            let (repository, tag) = (format!("team/app-{}", number / 100), format!("1.{}", number % 100));
            if number % 100 == 0 {
                registry.put(&repository, &tag, &image);
            } else {
                let path = format!("/v2/{repository}/manifests/{tag}");
                let content = [("Content-Type", image.media_type.as_str())];
                let answer = wire::send(registry.host(), "PUT", &path, &content, &image.body).expect("an answer");
                assert_eq!(answer.status, 201, "{}", answer.text());
            }
            names.push(format!("{repository}:{tag}"));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Stage { runtime: runtime.expect("a runtime"), registry, names }
    }

    fn slow_way(&self) -> (String, Arc<Traffic>) {
        let traffic = Arc::new(Traffic::default());
        let start = slow_proxy::start(self.registry.host().to_owned(), ROUND_TRIP, traffic.clone());
        (self.runtime.block_on(start).expect("a free port"), traffic)
    }
}

pub fn references() {
    header("Asking, 50 ms away", "| references | command | time | requests | connections | beside the bare loop |");
    for count in [300, 3_000] {
        let stage = Stage::new(count);
        let (host, traffic) = stage.slow_way();
        let images: Vec<String> = stage.names.iter().map(|name| format!("{host}/{name}")).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        tree::of_images(folder.path(), &images);
        let line = |name: &str, time: Duration, bare: Duration, traffic: &Traffic| {
            let (requests, connections) = traffic.take();
            let ratio = ratio(time, bare);
            println!("| {count} | {name} | {:.2} s | {requests} | {connections} | {ratio:.2} × |", time.as_secs_f64());
        };
        for at_once in if count > 300 { vec![AT_ONCE] } else { vec![4, AT_ONCE] } {
            let (mut ours, mut bare) = (Vec::new(), Vec::new());
            let mut seen = (0, 0);
            for _ in 0..RUNS {
                bare.push(stage.runtime.block_on(bare_loop(&host, &stage.names, at_once)));
                traffic.take();
                ours.push(wall(lint(&[&host], at_once, text_of(folder.path()))));
                seen = traffic.take();
            }
            let (ours, bare) = (median(ours), median(bare));
            wall(lint(&[&host], at_once, text_of(folder.path())));
            line(&format!("`image-lint --per-host {at_once}`"), ours, bare, &traffic);
            assert!(seen.0 > 0, "requests went through the slow way");
            stage.runtime.block_on(bare_loop(&host, &stage.names, at_once));
            line(&format!("bare HEAD loop, {at_once} at once"), bare, bare, &traffic);
            if at_once == AT_ONCE {
                for processes in if count > 300 { vec![] } else { vec![16, 64] } {
                    let time = skopeo(&images, processes);
                    line(&format!("`skopeo inspect --raw` under `xargs -P{processes}`"), time, bare, &traffic);
                }
            }
        }
    }
}

pub fn hosts() {
    header("300 references on several hosts, 50 ms away", "| hosts | time | requests | connections |");
    let stage = Stage::new(300);
    for count in [1, 10, 100] {
        let ways: Vec<_> = (0..count).map(|_| stage.slow_way()).collect();
        let images: Vec<String> =
            stage.names.iter().enumerate().map(|(i, name)| format!("{}/{name}", ways[i % count].0)).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        tree::of_images(folder.path(), &images);
        let hosts: Vec<&str> = ways.iter().map(|(host, _)| host.as_str()).collect();
        let times = (0..RUNS).map(|_| wall(lint(&hosts, AT_ONCE, text_of(folder.path())))).collect();
        let (requests, connections) = ways.iter().map(|(_, t)| t.take()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        println!("| {count} | {:.2} s | {} | {} |", median(times).as_secs_f64(), requests / RUNS, connections / RUNS);
    }
}

fn lint(hosts: &[&str], at_once: usize, path: &str) -> Command {
    let mut command = image_lint(&["--no-cache", "--format", "json", "--per-host", &at_once.to_string(), path]);
    for host in hosts {
        command.args(["--plain-http", host]);
    }
    command
}

/// What no client can beat with as many requests at once: HEAD after HEAD, nothing read, nothing judged.
async fn bare_loop(host: &str, names: &[String], at_once: usize) -> Duration {
    // The client's making is no part of the loop.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
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
                let answer = client.head(&url).header(accept.0, accept.1).send().await.expect("an answer");
                assert_eq!(answer.status(), 200, "{url}");
            }
        });
    }
    tasks.join_all().await;
    started.elapsed()
}

fn skopeo(images: &[String], processes: usize) -> Duration {
    let list = tempfile::NamedTempFile::new().expect("room for a temporary file");
    std::fs::write(list.path(), images.iter().map(|i| format!("docker://{i}\n")).collect::<String>()).expect("room");
    real::tool("skopeo");
    let mut command = Command::new("xargs");
    command.arg("-a").arg(list.path()).args(["-n1", &format!("-P{processes}")]);
    command.args(["skopeo", "inspect", "--raw", "--tls-verify=false"]).stdin(Stdio::null());
    wall(command)
}
