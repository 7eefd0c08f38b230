//! `retired-registry`: a registry or namespace that is frozen or gone, with its successor.

use super::{Case, Rule, RuleMeta, finding};
use crate::model::finding::{Finding, Level};
use crate::model::mention::{Role, Text};
use crate::model::reference::ImageReference;

pub struct RetiredRegistry;

static META: RuleMeta = RuleMeta {
    id: "retired-registry",
    level: Some(Level::Warning),
    summary: "the registry or namespace is frozen or gone",
    why: "\
Some registries and namespaces no longer get new images, or answer only while somebody keeps paying for them. What still \
works today is not patched and may stop without notice.",
    remedy: "Name the successor that the finding gives, and check that it has the tag.",
    before: "image: k8s.gcr.io/pause:3.1\n",
    after: "image: registry.k8s.io/pause:3.1\n",
    needs_network: false,
    fixes: false,
};

/// One retired place.
struct Retired {
    /// `host` or `host/namespace`, compared by whole parts.
    name: &'static str,
    successor: &'static str,
    /// What happened and when; the source is the project's own announcement.
    what: &'static str,
}

/// Sources: kubernetes.io blog "k8s.gcr.io Image Registry Will Be Frozen From the 3rd of April 2023"; quay.io/coreos and
/// CoreOS end of life (2020); Google "Container Registry shutdown" (2025-03-18, reads served by Artifact Registry);
/// bitnami/containers issue 83267 (catalogue moved to bitnamilegacy, 2025-08-28); dotnet/dotnet-docker announcement
/// "Docker Hub microsoft/dotnet retired" (2019); docker-library "centos" deprecation notice (2024).
const RETIRED: &[Retired] = &[
    Retired { name: "k8s.gcr.io", successor: "registry.k8s.io", what: "frozen since April 2023" },
    Retired {
        name: "gcr.io/google_containers",
        successor: "registry.k8s.io",
        what: "frozen with k8s.gcr.io in April 2023",
    },
    Retired {
        name: "gcr.io/google-containers",
        successor: "registry.k8s.io",
        what: "frozen with k8s.gcr.io in April 2023",
    },
    Retired {
        name: "quay.io/coreos",
        successor: "the project's own registry",
        what: "no new images since CoreOS ended in 2020",
    },
    Retired { name: "docker.io/microsoft", successor: "mcr.microsoft.com", what: "moved to mcr.microsoft.com in 2019" },
    Retired {
        name: "docker.io/library/centos",
        successor: "quay.io/centos/centos",
        what: "deprecated; CentOS Linux is end of life",
    },
    Retired {
        name: "docker.io/bitnami",
        successor: "docker.io/bitnamilegacy (frozen) or a paid catalogue",
        what: "versioned tags were removed in August 2025",
    },
];

impl Rule for RetiredRegistry {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &Case<'_>, out: &mut Vec<Finding>) {
        let Some(linked) = case.mention() else { return };
        let Text::Known(reference) = &linked.text else { return };
        if !matches!(linked.mention.role, Role::Run | Role::BuildBase | Role::Ci) {
            return;
        }
        let Some(retired) = retired(reference) else { return };
        let mut found = finding(&META, linked);
        found.message = format!("`{}` is retired: {}", retired.name, retired.what).into();
        found.label = format!("now {}", retired.successor).into();
        found.help = vec![format!("use {} and check that it has the tag", retired.successor).into()];
        out.push(found);
    }
}

fn retired(reference: &ImageReference) -> Option<&'static Retired> {
    let name = reference.name();
    RETIRED
        .iter()
        .find(|retired| name.strip_prefix(retired.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}
