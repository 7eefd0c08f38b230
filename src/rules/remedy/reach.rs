//! How a registry is reached: with TLS, or without it where the user allows that. The one place that knows what each tool
//! has to be told for it.

use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolved;

/// How the registry of an image is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    #[default]
    Tls,
    /// Over HTTP. skopeo, buildah and podman ask over HTTPS first, and fail, unless they are told not to verify
    /// (measured with skopeo 1.9.3, buildah 1.28 and podman 4.3).
    Plain,
}

impl Reach {
    /// As this run asked it.
    pub fn of(resolved: &Resolved) -> Self {
        // The answer of a mirror says nothing of the host that the image names.
        Reach::plain(resolved.evidence.scheme == "http" && resolved.evidence.asked.is_none())
    }

    /// As the user's flags and configuration say, of which these are the hosts without TLS.
    pub fn configured(host: &str, plain_http: &[String]) -> Self {
        Reach::plain(plain_http.iter().any(|h| h.eq_ignore_ascii_case(host)))
    }

    fn plain(plain: bool) -> Self {
        if plain { Reach::Plain } else { Reach::Tls }
    }

    /// The flag of a command that reads from one registry and writes to another, for the one it reads from.
    pub fn source(self) -> Option<&'static str> {
        self.flag("--src-tls-verify=false")
    }

    /// The same, for the one it writes to.
    pub fn destination(self) -> Option<&'static str> {
        self.flag("--dest-tls-verify=false")
    }

    /// The flag of a command that talks to one registry: `skopeo inspect`, `buildah push`, `podman login`.
    pub fn only(self) -> Option<&'static str> {
        self.flag("--tls-verify=false")
    }

    /// The flags of this program for one host: those of the run are not remembered.
    pub fn own(self, reference: &ImageReference) -> Vec<&str> {
        match self {
            Reach::Tls => Vec::new(),
            Reach::Plain => vec!["--plain-http", &reference.host],
        }
    }

    fn flag(self, flag: &'static str) -> Option<&'static str> {
        (self == Reach::Plain).then_some(flag)
    }
}
