//! Which requests answer the question "what is stored here?", and what their answers come to.
//!
//! HEAD with all manifest types in one `Accept`. GET only for a docker manifest list (its children may be OCI), for an OCI
//! index (it may lack the platform), for schema 1 (a HEAD cannot tell signed from unsigned), for a missing or generic type
//! or digest, and to confirm a HEAD that failed: some registries lie to HEAD.

use reqwest::{Method, Url};

use crate::body::{self, MAX_MANIFEST, Promise, Reading};
use crate::challenge::{self, Offer};
use crate::classify::{self, unknown};
use crate::host::Look;
use crate::session::{End, Question, Session};
use crate::tags::TagList;
use crate::transfer::Answer;
use image_lint_model::manifest::{ACCEPT_ALL, Body, Child, Format, Manifest, Platform, Presence};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Ambiguity, Denial, Resolution, UnreachableCause};

/// Children of a list that a full look reads.
const MAX_CHILDREN: usize = 64;
/// How deep lists in lists are read.
const MAX_NESTING: usize = 3;
/// Layers of an image that are asked for.
const MAX_BLOBS: usize = 256;

/// Types of configs that clients read as those of an image (moby `distribution/registry.go`, `ImageTypes`).
const IMAGE_CONFIGS: [&str; 6] = [
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/octet-stream",
    "application/json",
    "text/html",
    "",
];

/// Whether an answer about a part says that it is there or gone. What a store that the registry sent to answers is no
/// proof, and no failure: some refuse HEAD.
fn proves(what: &str, answer: &Answer) -> Result<(), End> {
    if answer.foreign || matches!(answer.status, 200 | 404 | 410) {
        return Ok(());
    }
    let status = answer.status;
    let detail = format!("{what} could not be asked for: status {status}");
    Err(End::Failed(unknown(
        UnreachableCause::Server { status },
        detail,
    )))
}

fn manifest_of(format: Format, digest: &str, body: Body) -> Box<Manifest> {
    Box::new(Manifest {
        format,
        digest: Some(digest.into()),
        digest_computed: false,
        body: Some(body),
    })
}

/// The registry says that it does not have this.
fn gone(answer: &Answer) -> bool {
    matches!(answer.status, 404 | 410) && !answer.foreign
}

/// The size of what was asked for by HEAD, where the registry itself says it of the bytes as they are stored.
fn length(answer: &Answer) -> Option<u64> {
    let encoded = answer.header("content-encoding").is_some();
    let length = answer.header("content-length")?.parse().ok();
    length.filter(|length| *length > 0 && !encoded && !answer.foreign)
}

/// Takes what is known of the same image where the list names it more than once.
fn repeats(before: &[Child], child: &mut Child) -> bool {
    let same = |known: &&Child| {
        (&known.digest, &known.platform, known.attestation)
            == (&child.digest, &child.platform, child.attestation)
    };
    let Some(known) = before.iter().find(same) else {
        return false;
    };
    (child.gone, child.manifest) = (known.gone, known.manifest.clone());
    true
}

fn presence(answer: Option<&Answer>) -> Presence {
    match answer {
        Some(answer) if answer.status == 200 => Presence::There {
            size: length(answer),
        },
        Some(answer) if gone(answer) => Presence::Gone,
        _ => Presence::Unknown,
    }
}

/// What the answer to a HEAD comes to.
enum Head {
    /// The body would say no more, or may not be asked for.
    Suffices(Manifest),
    /// Some target does not take it: that holds where the body cannot be read.
    Proves(Manifest),
    SaysNothing,
}

/// The question about one reference, within a session.
pub struct Probe<'a, 'b> {
    pub session: &'a mut Session<'b>,
    pub reference: &'a ImageReference,
    /// Also read bodies, children and configs.
    pub full: bool,
    /// The repository's tags, asked for once however many of its tags are missing.
    pub tags: &'a tokio::sync::OnceCell<TagList>,
}

impl Probe<'_, '_> {
    pub async fn run(&mut self) -> Resolution {
        match self.ask().await {
            Ok(resolution) => resolution,
            Err(End::Failed(failure)) => Resolution::Unknown(failure),
            Err(End::NoToken { status, codes }) => {
                let kind = classify::denial(self.session.standing);
                Resolution::Denied(Denial {
                    kind,
                    status,
                    codes,
                })
            }
        }
    }

    pub(crate) fn url(&self, rest: &str) -> Result<Url, End> {
        let text = format!("/v2/{}/{rest}", self.session.repository);
        self.session.endpoint.base.join(&text).map_err(|_| {
            End::Failed(unknown(
                UnreachableCause::Protocol,
                "the reference makes no URL",
            ))
        })
    }

    async fn ask(&mut self) -> Result<Resolution, End> {
        let identifier = self.reference.identifier();
        let url = self.url(&format!("manifests/{identifier}"))?;
        let mut proof = None;
        // A GET of a manifest is a pull to Docker Hub, and a full look without pulls left sees as much as the short one.
        if !self.full || self.session.network.host(&url).quota_used_up() {
            let head = self.manifest(&url, &Method::HEAD).await?;
            match self.read_head(&head) {
                Head::Suffices(manifest) => return Ok(Resolution::Found(manifest)),
                Head::Proves(manifest) => proof = Some(manifest),
                Head::SaysNothing => {}
            }
            // A registry that wants to know who asks, and was told as well as can be, says nothing else to a GET.
            if head.status == 401 && matches!(challenge::read(&head.headers), Offer::Usable(_)) {
                return self.refused(&head).await;
            }
        }
        match (self.read_whole(&url, identifier).await, proof) {
            (Ok(Resolution::Unknown(_)) | Err(End::Failed(_)), Some(proof)) => {
                Ok(Resolution::Found(proof))
            }
            (read, _) => read,
        }
    }

    async fn read_whole(&mut self, url: &Url, identifier: &str) -> Result<Resolution, End> {
        if self.session.network.host(url).quota_used_up() {
            let detail = "the pull quota is used up, so that the manifest could not be read";
            return Ok(Resolution::Unknown(unknown(
                UnreachableCause::RateLimited { retry_after: None },
                detail,
            )));
        }
        let got = self.manifest(url, &Method::GET).await?;
        if got.status == 200 {
            self.read_body(&got, identifier).await
        } else {
            self.refused(&got).await
        }
    }

    /// The bare answer to one HEAD.
    pub async fn head(&mut self) -> Result<Answer, End> {
        let url = self.url(&format!("manifests/{}", self.reference.identifier()))?;
        self.manifest(&url, &Method::HEAD).await
    }

    /// The repository's tags, once per run.
    pub async fn all_tags(&mut self) -> TagList {
        self.tag_list().await
    }

    async fn manifest(&mut self, url: &Url, method: &Method) -> Result<Answer, End> {
        let question = Question {
            method,
            what: "manifest",
            accept: Some(ACCEPT_ALL),
            limit: MAX_MANIFEST,
        };
        self.session.ask(url, question).await
    }

    /// What a HEAD proves by itself.
    fn read_head(&self, head: &Answer) -> Head {
        let digest = head
            .header("docker-content-digest")
            .filter(|d| body::is_digest(d));
        let (200, Some(digest), Promise::Format(format)) =
            (head.status, digest, body::promise(head.content_type()))
        else {
            return Head::SaysNothing;
        };
        let wanted = self.reference.digest.as_deref();
        if wanted.is_some_and(|wanted| wanted != digest) {
            return Head::SaysNothing;
        }
        let manifest = Manifest {
            format,
            digest: Some(digest.into()),
            digest_computed: false,
            body: None,
        };
        match self.wants_body(format) {
            false => Head::Suffices(manifest),
            // Signed or not is not known, and one of them is taken.
            true if format == Format::DockerSchema1 => Head::SaysNothing,
            true if self.is_doubtful(format) => Head::Proves(manifest),
            true => Head::SaysNothing,
        }
    }

    /// Whether some target of the run does not take it, whatever its body says.
    fn is_doubtful(&self, format: Format) -> bool {
        self.session.network.doubtful.contains(&format)
    }

    /// Whether the body of this format says more than its type, and may be asked for: a GET counts as a pull on some
    /// hosts, which get a few of them in a run.
    fn wants_body(&self, format: Format) -> bool {
        let host = self.session.network.host(&self.session.endpoint.base);
        match format {
            Format::DockerList | Format::DockerSchema1 => host.may_look(Look::List),
            Format::OciIndex => host.may_look(Look::Index),
            // It is about to be called bad: a chart is a chart, a remedy fits the layers, and signed is signed.
            _ if self.is_doubtful(format) => host.may_look(Look::Index),
            _ => false,
        }
    }

    async fn read_body(&mut self, got: &Answer, identifier: &str) -> Result<Resolution, End> {
        let (format, mut read) = match body::read(got.content_type(), &got.body) {
            Reading::Clear { format, body } => (format, body),
            Reading::Ambiguous { why, format } => {
                let manifest = format.map(|format| Manifest {
                    format,
                    digest: Some(body::sha256(&got.body).into()),
                    digest_computed: true,
                    body: None,
                });
                return Ok(Resolution::Ambiguous(Ambiguity { why, manifest }));
            }
            Reading::NoManifest { why } => {
                return Ok(Resolution::Unknown(unknown(
                    UnreachableCause::Protocol,
                    why,
                )));
            }
        };
        let told = got
            .header("docker-content-digest")
            .filter(|d| body::is_digest(d));
        let mut ambiguous = None;
        // The digest of schema 1 is that of its payload without signatures, not of the bytes.
        if !matches!(format, Format::DockerSchema1 | Format::DockerSchema1Signed) {
            if self.reference.digest.is_some()
                && body::has_digest(&got.body, identifier) == Some(false)
            {
                ambiguous = Some(format!("the registry serves other bytes than {identifier}"));
            } else if told.is_some_and(|told| body::has_digest(&got.body, told) == Some(false)) {
                ambiguous =
                    Some("its Docker-Content-Digest is not the digest of its bytes".to_owned());
            }
        }
        if !self.full && ambiguous.is_none() && self.is_doubtful(format) {
            self.chosen_children(&mut read).await?;
        }
        if self.full && ambiguous.is_none() {
            self.look_deeper(&mut read, 0).await?;
        }
        let digest = told.map_or_else(|| body::sha256(&got.body), str::to_owned);
        let manifest = Manifest {
            format,
            digest: Some(digest.into()),
            digest_computed: told.is_none(),
            body: Some(read),
        };
        Ok(match ambiguous {
            Some(why) => Resolution::Ambiguous(Ambiguity {
                why,
                manifest: Some(manifest),
            }),
            None => Resolution::Found(manifest),
        })
    }

    /// Children of a list, and the parts of an image. That something is not there is known from 404 and 410 alone.
    async fn look_deeper(&mut self, body: &mut Body, depth: usize) -> Result<(), End> {
        self.parts(body).await?;
        for n in 0..body.children.len().min(MAX_CHILDREN) {
            let (before, rest) = body.children.split_at_mut(n);
            let child = &mut rest[0];
            if !body::is_digest(&child.digest) || repeats(before, child) || self.quota_used_up() {
                continue;
            }
            Box::pin(self.child(child, depth)).await?;
        }
        Ok(())
    }

    /// The images of the run's platforms in a list that is about to be called bad for its format.
    async fn chosen_children(&mut self, body: &mut Body) -> Result<(), End> {
        for n in 0..body.children.len().min(MAX_CHILDREN) {
            let (before, rest) = body.children.split_at_mut(n);
            let child = &mut rest[0];
            let ours = child.platform.is_some() && self.is_wanted(child.platform.as_ref());
            if !ours || child.attestation || !body::is_digest(&child.digest) {
                continue;
            }
            let host = self.session.network.host(&self.session.endpoint.base);
            if repeats(before, child) || !host.may_look(Look::Child) {
                continue;
            }
            let url = self.url(&format!("manifests/{}", child.digest))?;
            let got = self.manifest(&url, &Method::GET).await?;
            child.gone = gone(&got);
            if got.status == 200
                && body::has_digest(&got.body, &child.digest) != Some(false)
                && let Reading::Clear { format, body } = body::read(got.content_type(), &got.body)
            {
                child.manifest = Some(manifest_of(format, &child.digest, body));
            }
        }
        Ok(())
    }

    async fn child(&mut self, child: &mut Child, depth: usize) -> Result<(), End> {
        // BuildKit's caches list blobs as if they were manifests; no answer about those says anything.
        if !child.media_type.is_empty() && Format::from_media_type(&child.media_type).is_none() {
            return Ok(());
        }
        let url = self.url(&format!("manifests/{}", child.digest))?;
        let got = self.manifest(&url, &Method::GET).await?;
        let ours = !child.attestation && self.is_wanted(child.platform.as_ref());
        child.gone = gone(&got);
        if ours {
            proves("the image for the platform", &got)?;
        }
        if got.status != 200 || body::has_digest(&got.body, &child.digest) == Some(false) {
            return Ok(());
        }
        let Reading::Clear { format, mut body } = body::read(got.content_type(), &got.body) else {
            return Ok(());
        };
        if format.is_list() && depth < MAX_NESTING {
            self.look_deeper(&mut body, depth + 1).await?;
        } else if ours {
            self.parts(&mut body).await?;
        }
        child.manifest = Some(manifest_of(format, &child.digest, body));
        Ok(())
    }

    /// Whether some node of the run is of this platform; a list's child that names none may be for any.
    fn is_wanted(&self, platform: Option<&Platform>) -> bool {
        let wanted = &self.session.network.platforms;
        let same = |a: &Platform, b: &Platform| a.os == b.os && a.architecture == b.architecture;
        platform.is_none_or(|has| wanted.is_empty() || wanted.iter().any(|one| same(one, has)))
    }

    fn quota_used_up(&self) -> bool {
        let network = self.session.network;
        network.host(&self.session.endpoint.base).quota_used_up()
    }

    /// The config of an image is read, its layers are asked for by HEAD.
    async fn parts(&mut self, body: &mut Body) -> Result<(), End> {
        self.config(body).await?;
        for n in 0..body.layers.len().min(MAX_BLOBS) {
            let digest = body.layers[n].digest.clone();
            let known = body.layers[..n].iter().find(|layer| layer.digest == digest);
            body.layers[n].presence = match known {
                Some(layer) => layer.presence,
                None => {
                    let got = self.blob(&digest, &Method::HEAD).await?;
                    got.as_ref().map_or(Ok(()), |got| proves("a layer", got))?;
                    presence(got.as_ref())
                }
            };
        }
        Ok(())
    }

    async fn config(&mut self, body: &mut Body) -> Result<(), End> {
        let Some(config) = &mut body.config else {
            return Ok(());
        };
        // The config of an artifact may be of any size, and says nothing about platforms.
        let method = match IMAGE_CONFIGS.contains(&&*config.media_type) {
            true => Method::GET,
            false => Method::HEAD,
        };
        let digest = config.digest.clone();
        let Some(got) = self.blob(&digest, &method).await? else {
            return Ok(());
        };
        proves("the config", &got)?;
        config.presence = presence(Some(&got));
        if method == Method::GET
            && got.status == 200
            && body::has_digest(&got.body, &digest) == Some(true)
        {
            config.presence = Presence::There {
                size: Some(got.body.len() as u64),
            };
            let config = body::config(&got.body);
            (body.platform, body.os_version) = (config.platform, config.os_version);
            body.rootfs = config.rootfs;
        }
        Ok(())
    }

    /// The answer about a blob; None where its digest is none.
    async fn blob(&mut self, digest: &str, method: &Method) -> Result<Option<Answer>, End> {
        if !body::is_digest(digest) {
            return Ok(None);
        }
        let url = self.url(&format!("blobs/{digest}"))?;
        let question = Question {
            method,
            what: "blob",
            accept: None,
            limit: MAX_MANIFEST,
        };
        self.session.ask(&url, question).await.map(Some)
    }
}
