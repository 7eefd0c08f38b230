//! The registry that `testdata/demo` is linted against: one image for each kind of verdict.

use std::collections::BTreeMap;

use super::artifact::{self, DOCKER_LIST, Family};
use super::registry::{Fault, Registry, Wait};

/// Hosts of the demo's images; the registry answers for both as their proxy.
pub const HOSTS: [&str; 2] = ["registry.example.com", "mirror.example.org"];

/// A registry with all that the demo's files name, and with what they miss.
pub fn registry() -> Registry {
    let registry = Registry::start();
    registry.challenge(&[
        r#"Bearer realm="http://registry.example.com/token",service="registry.example.com",scope="{scope}""#,
    ]);
    // Fine: a docker manifest list, and schema 2.
    registry.push_docker_list("upstream/node", "20");
    registry.push_schema2("upstream/postgres", "15");
    // Stored in a format that the cluster cannot pull: by the vendor's new build tool, and by one's own build.
    registry.push(
        "upstream/redis",
        "7.2.1",
        &artifact::index_with_attestations("redis"),
    );
    registry.push_oci("upstream/python", "3.11");
    // Tags near the one that is asked for.
    for tag in ["2.3.9", "2.4.0", "2.4.1", "2.5.0-rc1", "latest"] {
        registry.push_schema2("shop/worker", tag);
    }
    registry.private("payments/api", &[]);
    registry.push(
        "tools/migrate",
        "1.8",
        &artifact::list(DOCKER_LIST, Family::Docker, &["linux/arm64/v8"], "migrate"),
    );
    registry.push("charts/reports", "0.4.0", &artifact::helm_chart("reports"));
    // Another host that wants to be left alone for longer than anybody waits.
    registry
        .on("thirdparty/collector")
        .gives(Fault::limited(Wait::Header("3600".to_owned())));
    registry
}

/// Arguments that lint the demo's files against the registry.
pub fn arguments(files: &str) -> Vec<String> {
    let mut arguments = vec![
        "image-lint".to_owned(),
        files.to_owned(),
        "--no-cache".to_owned(),
    ];
    arguments.extend(
        HOSTS
            .iter()
            .flat_map(|host| ["--plain-http".to_owned(), (*host).to_owned()]),
    );
    arguments
}

/// The environment of such a run: the registry is the proxy, and nothing of the user's own settings or credentials is
/// read.
pub fn environment(registry: &Registry) -> BTreeMap<String, String> {
    [
        ("http_proxy", registry.url()),
        ("NO_PROXY", String::new()),
        ("TERM", "xterm".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
