//! How whoever pulls gets credentials: that differs by who pulls, and by the cluster's own command.

use super::reach::Reach;
use super::{Remedy, command};
use image_lint_model::fact::Fact;
use image_lint_model::mention::{LinkedMention, Role, SourceKind};
use image_lint_model::target::Target;

/// Who pulls the image that a mention names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Puller {
    Pod,
    BuildConfig,
    /// An ImageStream imports it into the cluster's own registry.
    StreamImport,
    /// `FROM`, `buildah from`: whoever builds.
    Builder,
    GitHub,
    GitLab,
    Compose,
    OtherCi,
}

impl Puller {
    pub fn of(linked: &LinkedMention) -> Self {
        let imported = linked.facts.contains(&Fact::Imported);
        match (linked.mention.source, linked.role) {
            (SourceKind::GitHub, _) => Puller::GitHub,
            (SourceKind::GitLab, _) => Puller::GitLab,
            (SourceKind::Compose, _) => Puller::Compose,
            (SourceKind::OpenShift, Role::BuildBase) => Puller::BuildConfig,
            _ if imported => Puller::StreamImport,
            (_, Role::BuildBase) => Puller::Builder,
            (_, Role::Ci) => Puller::OtherCi,
            _ => Puller::Pod,
        }
    }
}

/// What gives the puller its credentials. `account` is the workload's ServiceAccount.
pub fn credentials(
    puller: Puller,
    host: &str,
    account: Option<&str>,
    target: &Target,
    reach: Reach,
) -> Remedy {
    let login = || vec![command(["docker", "login", server(host)])];
    match puller {
        Puller::Pod => pod(host, account, target),
        Puller::BuildConfig => {
            let name = secret_name(host);
            Remedy {
                lead: "if it is private, the BuildConfig needs a pull secret:".to_owned(),
                commands: vec![
                    create("oc", &name, host),
                    command(["oc", "set", "build-secret", "--pull", "bc/NAME", &*name]),
                ],
                notes: vec!["NAME is that of the BuildConfig".to_owned()],
            }
        }
        Puller::StreamImport => Remedy::with(
            "if it is private, the import needs a secret in the ImageStream's namespace; it is found by its server, and \
             nothing is linked:",
            vec![create(tool(target), &secret_name(host), host)],
        ),
        Puller::Builder => Remedy {
            lead: "if it is private, whoever builds has to log in:".to_owned(),
            commands: login(),
            notes: podman(host, reach),
        },
        Puller::GitHub => Remedy::words(
            "if it is private, give the job's `container:` or the service `credentials: {username: …, password: ${{ \
             secrets.… }}}`",
        ),
        Puller::GitLab => Remedy::words(format!(
            "if it is private, set the project's CI/CD variable `DOCKER_AUTH_CONFIG` to `{{\"auths\": {{\"{}\": {{\"auth\": \
             \"…\"}}}}}}`, with the base64 of USER:TOKEN",
            server(host)
        )),
        Puller::Compose => Remedy {
            notes: daemon(host, reach).into_iter().collect(),
            ..Remedy::with("if it is private, log in where Compose runs:", login())
        },
        Puller::OtherCi => {
            Remedy::words("if it is private, give the CI system's job credentials for its registry")
        }
    }
}

/// What is said after `docker login` where podman may be meant.
fn podman(host: &str, reach: Reach) -> Vec<String> {
    let login = ["podman", "login"].into_iter().chain(reach.only());
    let login: Vec<&str> = login.chain([host]).collect();
    let or = format!("or `{}` for buildah and podman", login.join(" "));
    std::iter::once(or).chain(daemon(host, reach)).collect()
}

/// docker has no flag for it: its daemon is configured.
fn daemon(host: &str, reach: Reach) -> Option<String> {
    (reach == Reach::Plain).then(|| {
        format!(
            "docker asks {host} without TLS only where `insecure-registries` of its daemon names it"
        )
    })
}

fn pod(host: &str, account: Option<&str>, target: &Target) -> Remedy {
    let name = secret_name(host);
    let account = account
        .filter(|text| is_object_name(text))
        .unwrap_or("default");
    let link = match tool(target) {
        "oc" => command(["oc", "secrets", "link", account, &*name, "--for=pull"]),
        _ => {
            let patch = format!(r#"{{"imagePullSecrets":[{{"name":"{name}"}}]}}"#);
            command(["kubectl", "patch", "serviceaccount", account, "-p", &*patch])
        }
    };
    Remedy::with(
        "if it is private, the workload needs a pull secret:",
        vec![create(tool(target), &name, host), link],
    )
}

/// The cluster's own command.
fn tool(target: &Target) -> &'static str {
    if target.openshift { "oc" } else { "kubectl" }
}

fn create(tool: &str, name: &str, host: &str) -> Vec<String> {
    let server = format!("--docker-server={}", server(host));
    command([
        tool,
        "create",
        "secret",
        "docker-registry",
        name,
        &*server,
        "--docker-username=USER",
        "--docker-password=TOKEN",
    ])
}

/// docker's configuration knows Docker Hub by this address; the kubelet takes it too.
fn server(host: &str) -> &str {
    match host {
        "docker.io" => "https://index.docker.io/v1/",
        other => other,
    }
}

fn secret_name(host: &str) -> String {
    let part = host.split([':', '.']).find(|part| part.len() > 2);
    let name = format!("{}-pull", part.unwrap_or("registry")).to_ascii_lowercase();
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}

fn is_object_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    !text.is_empty() && text.len() <= 253 && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::remedy::line;

    fn lines(puller: Puller, host: &str, account: Option<&str>, target: &str) -> Vec<String> {
        let target = Target::named(target).unwrap();
        let remedy = credentials(puller, host, account, &target, Reach::Tls);
        remedy.commands.iter().map(|words| line(words)).collect()
    }

    /// Who pulls, the registry, the account, the target, and the commands.
    type Row<'a> = (Puller, &'a str, Option<&'a str>, &'a str, &'a [&'a str]);

    #[test]
    fn each_puller_gets_what_it_can_use() {
        let rows: [Row<'_>; 7] = [
            (
                Puller::Pod,
                "quay.io:5000",
                Some("web"),
                "openshift-3.11",
                &[
                    "oc create secret docker-registry quay-pull --docker-server=quay.io:5000 --docker-username=USER --docker-password=TOKEN",
                    "oc secrets link web quay-pull --for=pull",
                ],
            ),
            (
                Puller::Pod,
                "docker.io",
                Some("x;rm -rf"),
                "kubernetes",
                &[
                    "kubectl create secret docker-registry docker-pull --docker-server=https://index.docker.io/v1/ --docker-username=USER --docker-password=TOKEN",
                    r#"kubectl patch serviceaccount default -p '{"imagePullSecrets":[{"name":"docker-pull"}]}'"#,
                ],
            ),
            (
                Puller::BuildConfig,
                "quay.io",
                None,
                "openshift-4",
                &[
                    "oc create secret docker-registry quay-pull --docker-server=quay.io --docker-username=USER --docker-password=TOKEN",
                    "oc set build-secret --pull bc/NAME quay-pull",
                ],
            ),
            (
                Puller::StreamImport,
                "quay.io",
                None,
                "openshift-4",
                &[
                    "oc create secret docker-registry quay-pull --docker-server=quay.io --docker-username=USER --docker-password=TOKEN",
                ],
            ),
            (
                Puller::Builder,
                "quay.io",
                None,
                "kubernetes",
                &["docker login quay.io"],
            ),
            (
                Puller::Compose,
                "quay.io",
                None,
                "kubernetes",
                &["docker login quay.io"],
            ),
            (Puller::GitHub, "quay.io", None, "openshift-3.11", &[]),
        ];
        for (puller, host, account, target, expected) in rows {
            assert_eq!(lines(puller, host, account, target), expected, "{puller:?}");
        }
    }
}
