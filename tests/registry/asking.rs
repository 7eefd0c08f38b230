//! Clients for tests: on loopback, and with answers put in a word.

use std::time::Duration;

use crate::support::registry::Registry;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{DenialKind, Resolution, Resolved};
use image_lint_registry::{Client, Depth, Environment, Settings};

/// Patient with a machine that has other work, too; [`impatient`] is for hosts that never answer.
pub fn settings(registry: &Registry) -> Settings {
    Settings {
        plain_http: vec![registry.host()],
        timeout: Duration::from_secs(60),
        connect_timeout: Duration::from_secs(60),
        first_pause: Duration::from_millis(5),
        late_pause: Duration::ZERO,
        ..Settings::default()
    }
}

/// Where no answer comes in time whatever the time is.
pub fn impatient(registry: &Registry) -> Settings {
    Settings {
        timeout: Duration::from_millis(300),
        ..settings(registry)
    }
}

pub fn with_login(registry: &Registry, user: &str, password: &str) -> Settings {
    let text = format!(
        r#"{{"auths":{{"{}":{{"username":"{user}","password":"{password}"}}}}}}"#,
        registry.host()
    );
    let environment = Environment {
        docker_auth_config: Some(text),
        ..Environment::default()
    };
    Settings {
        environment,
        ..settings(registry)
    }
}

pub fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

pub fn resolve_with(settings: Settings, name: &str, depth: Depth) -> Resolved {
    let client = Client::new(settings).unwrap();
    block(client.resolve(&ImageReference::parse(name).unwrap(), depth))
}

pub fn resolve(registry: &Registry, name: &str) -> Resolved {
    resolve_with(settings(registry), &registry.name(name), Depth::Probe)
}

/// The class of an answer in a word.
pub fn class(resolved: &Resolved) -> String {
    match &resolved.resolution {
        Resolution::Found(manifest) => format!("{:?}", manifest.format),
        Resolution::Absent(absence) => format!("absent {:?}", absence.what),
        Resolution::Denied(denial) => match &denial.kind {
            DenialKind::Blocked { .. } => "blocked".to_owned(),
            kind => format!("{kind:?}"),
        },
        Resolution::Ambiguous(_) => "ambiguous".to_owned(),
        Resolution::Unknown(unreachable) => format!("unknown {:?}", unreachable.cause),
    }
}

/// Names of as many OCI images, tags of one repository that are pushed here.
pub fn oci_tags(registry: &Registry, count: usize) -> Vec<String> {
    (0..count)
        .map(|n| {
            registry.push_oci("app", &format!("t{n}"));
            registry.name(&format!("app:t{n}"))
        })
        .collect()
}

/// All at once with one client, in the order of the names.
pub fn resolve_all(client: &Client, names: &[String]) -> Vec<Resolved> {
    block(async {
        let ask = |name: &String| {
            let (client, reference) = (client.clone(), ImageReference::parse(name).unwrap());
            tokio::spawn(async move { client.resolve(&reference, Depth::Probe).await })
        };
        let tasks: Vec<_> = names.iter().map(ask).collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    })
}
