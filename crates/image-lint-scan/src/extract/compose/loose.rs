//! Compose files under any name, which `docker compose -f` is given: known by their keys alone (compose-spec `spec.md`).

use super::{Kind, environment, services};
use crate::extract::Sink;
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::Reader;
use crate::extract::shapes::{Shape, holds_all};
use image_lint_text::yaml::Document;

pub(in crate::extract) struct Loose;

/// Keys of a file.
const TOP: [&str; 9] = [
    "version", "name", "services", "networks", "volumes", "configs", "secrets", "include", "models",
];

/// Keys that services of Compose have and objects of other tools hardly, besides `image` and `build`.
const SERVICE: [&str; 24] = [
    "build",
    "cap_add",
    "command",
    "container_name",
    "depends_on",
    "deploy",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "healthcheck",
    "hostname",
    "links",
    "mem_limit",
    "network_mode",
    "networks",
    "ports",
    "privileged",
    "profiles",
    "restart",
    "user",
    "volumes",
    "working_dir",
];

impl Shape for Loose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["services:", "image:"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        let is_top = |key: &str| TOP.contains(&key) || key.starts_with("x-");
        let top = root
            .pairs()
            .all(|(key, _)| key.as_str().is_some_and(is_top));
        let all = root.get("services");
        let Some(all) = all.filter(|all| top && all.kind() == Kind::Mapping) else {
            return false;
        };
        let mut any = false;
        for (_, service) in all.pairs() {
            let named = service.str_at(&["image"]).is_some();
            if !named && service.get("build").is_none() && service.get("extends").is_none() {
                return false;
            }
            any |= named && SERVICE.iter().any(|key| service.get(key).is_some());
        }
        if any {
            let first = out.extraction.mentions.len();
            services(&mut Reader::new(out), root, &FieldPath::ROOT);
            environment::put_in(first, out);
        }
        any
    }
}
