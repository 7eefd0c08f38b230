//! The configuration's `rewrites`: mirrors that the cluster pulls from instead of what a name says.

use crate::registries_conf::matches;
use image_lint_model::reference::ImageReference;

/// Pairs of the beginning of a name and what stands in its place.
pub struct Rewrites(Vec<(String, String)>);

impl Rewrites {
    pub fn new(pairs: &[(String, String)]) -> Self {
        let tidy = |text: &str| text.trim_end_matches('/').to_owned();
        Rewrites(
            pairs
                .iter()
                .map(|(from, to)| (tidy(from), tidy(to)))
                .collect(),
        )
    }

    /// What is asked in place of a reference: the longest beginning that ends where a part of the name ends counts, and
    /// of equal ones the first.
    pub fn apply(&self, reference: &ImageReference) -> ImageReference {
        let name = reference.name();
        let fitting = self
            .0
            .iter()
            .rev()
            .filter(|(from, _)| !from.is_empty() && matches(from, &name));
        let moved = fitting
            .max_by_key(|(from, _)| from.len())
            .and_then(|(from, to)| {
                let whole = format!("{to}{}", name.get(from.len()..)?);
                let (host, repository) =
                    whole.split_once('/').filter(|(_, rest)| !rest.is_empty())?;
                Some(ImageReference {
                    host: host.into(),
                    repository: repository.into(),
                    short: false,
                    ..reference.clone()
                })
            });
        moved.unwrap_or_else(|| reference.clone())
    }
}

#[test]
fn the_longest_beginning_of_a_name_is_replaced() {
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let rewrites = Rewrites::new(&[
        pair("docker.io", "mirror.example.com/hub/"),
        pair("docker.io/library/", "official.example.com"),
        pair("docker.io/library", "later.example.com"),
        pair("quay.io/team", "registry.example.com:5000/team"),
    ]);
    for (name, expected) in [
        ("redis:7", "official.example.com/redis:7"),
        (
            "grafana/grafana",
            "mirror.example.com/hub/grafana/grafana:latest",
        ),
        ("quay.io/team/app:1", "registry.example.com:5000/team/app:1"),
        ("quay.io/teams/app:1", "quay.io/teams/app:1"),
        ("ghcr.io/a/b:1", "ghcr.io/a/b:1"),
    ] {
        let reference = ImageReference::parse(name).unwrap();
        assert_eq!(rewrites.apply(&reference).to_string(), expected, "{name}");
    }
}
