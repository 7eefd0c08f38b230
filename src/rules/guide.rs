//! The guides of docs/ that help with a rule's findings.

/// A page, or a section of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guide {
    /// Its heading.
    pub title: &'static str,
    /// Its address below docs/.
    pub page: &'static str,
}

pub const SIGNATURE_KEY: Guide = Guide {
    title: "The node says \"missing signature key\"",
    page: "guides/missing-signature-key.md",
};
pub const NOT_THERE: Guide = Guide {
    title: "The node says that an existing image does not exist",
    page: "guides/repository-does-not-exist.md",
};
pub const PRIVATE: Guide = Guide {
    title: "It is private",
    page: "guides/imagepullbackoff.md#it-is-private",
};
pub const ARCHITECTURE: Guide = Guide {
    title: "Another architecture",
    page: "guides/imagepullbackoff.md#another-architecture",
};
pub const MIRROR: Guide = Guide {
    title: "Mirror everything into the internal registry",
    page: "guides/mirror-into-the-internal-registry.md",
};
pub const CHARTS: Guide = Guide {
    title: "The images of a Helm chart in a pull request",
    page: "guides/helm-chart-in-a-pull-request.md",
};
pub const TO_FOUR: Guide = Guide {
    title: "From OpenShift 3.11 to 4",
    page: "guides/openshift-3.11-to-4.md",
};
pub const CLIENTS: Guide = Guide {
    title: "What pulls what",
    page: "what-pulls-what.md",
};
pub const POLICY: Guide = Guide {
    title: "What may be pulled",
    page: "configuration.md#what-may-be-pulled",
};
pub const EXIT: Guide = Guide {
    title: "Exit codes",
    page: "exit-codes.md",
};
pub const HOSTS: Guide = Guide {
    title: "A registry with plain HTTP, a private address or a self-signed certificate",
    page: "configuration.md#a-registry-with-plain-http-a-private-address-or-a-self-signed-certificate",
};
