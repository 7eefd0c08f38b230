//! Which requests answer the question "what is stored here?", and what their answers come to.
//!
//! HEAD with all manifest types in one `Accept`. GET only for a docker manifest list (its children may be OCI), for an OCI
//! index (it may lack the platform), for schema 1 (a HEAD cannot tell signed from unsigned), for a missing or generic type
//! or digest, and to confirm a HEAD that failed: some registries lie to HEAD.

use reqwest::{Method, Url};

use crate::body::{self, MAX_MANIFEST, Promise, Reading};
use crate::challenge::{self, Offer};
use crate::classify::{self, Seen, Verdict, unknown};
use crate::host::Look;
use crate::session::{End, Question, Session, Standing};
use crate::tags::{self, TagList};
use crate::transfer::Answer;
use image_lint_model::manifest::{ACCEPT_ALL, Body, Child, Format, Manifest, Platform, Presence};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{
    Absence, Absent, Ambiguity, Denial, Resolution, UnreachableCause,
};

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

fn presence(answer: Option<&Answer>) -> Presence {
    match answer {
        Some(answer) if answer.status == 200 => Presence::There { size: None },
        Some(answer) if gone(answer) => Presence::Gone,
        _ => Presence::Unknown,
    }
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

    fn url(&self, rest: &str) -> Result<Url, End> {
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
        // A GET of a manifest is a pull to Docker Hub, and a full look without pulls left sees as much as the short one.
        if !self.full || self.session.network.host(&url).quota_used_up() {
            let head = self.manifest(&url, &Method::HEAD).await?;
            if let Some(decided) = self.read_head(&head) {
                return Ok(decided);
            }
            // A registry that wants to know who asks, and was told as well as can be, says nothing else to a GET.
            if head.status == 401 && matches!(challenge::read(&head.headers), Offer::Usable(_)) {
                return self.refused(&head).await;
            }
            if self.session.network.host(&url).quota_used_up() {
                let detail = "the pull quota is used up, so that the manifest could not be read";
                return Ok(Resolution::Unknown(unknown(
                    UnreachableCause::RateLimited { retry_after: None },
                    detail,
                )));
            }
        }
        let got = self.manifest(&url, &Method::GET).await?;
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

    /// What a HEAD proves by itself; None when the body is needed.
    fn read_head(&self, head: &Answer) -> Option<Resolution> {
        if head.status != 200 {
            return None;
        }
        let digest = head
            .header("docker-content-digest")
            .filter(|d| body::is_digest(d))?;
        let promised = body::promise(head.content_type());
        let Promise::Format(format) = promised else {
            return None;
        };
        let disagrees = self
            .reference
            .digest
            .as_deref()
            .is_some_and(|wanted| wanted != digest);
        if disagrees || self.wants_body(format) {
            return None;
        }
        Some(Resolution::Found(Manifest {
            format,
            digest: Some(digest.into()),
            digest_computed: false,
            body: None,
        }))
    }

    /// Whether the body of this format says more than its type, and may be asked for: a GET counts as a pull on some
    /// hosts, which get a few of them in a run.
    fn wants_body(&self, format: Format) -> bool {
        let host = self.session.network.host(&self.session.endpoint.base);
        match format {
            Format::DockerList => host.may_look(Look::List),
            Format::OciIndex => host.may_look(Look::Index),
            Format::DockerSchema1 | Format::DockerSchema1Signed => host.may_look(Look::List),
            // It is about to be called bad: a chart is a chart, and a remedy fits the layers.
            _ if self.session.network.doubtful.contains(&format) => host.may_look(Look::Index),
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
        if !self.full && ambiguous.is_none() && self.session.network.doubtful.contains(&format) {
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
        for child in body.children.iter_mut().take(MAX_CHILDREN) {
            if !body::is_digest(&child.digest) || self.quota_used_up() {
                continue;
            }
            Box::pin(self.child(child, depth)).await?;
        }
        Ok(())
    }

    /// The images of the run's platforms in a list that is about to be called bad for its format.
    async fn chosen_children(&mut self, body: &mut Body) -> Result<(), End> {
        for child in body.children.iter_mut().take(MAX_CHILDREN) {
            let ours = child.platform.is_some() && self.is_wanted(child.platform.as_ref());
            let host = self.session.network.host(&self.session.endpoint.base);
            if !ours
                || child.attestation
                || !body::is_digest(&child.digest)
                || !host.may_look(Look::Child)
            {
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
            if let Some((platform, version)) = body::platform_of_config(&got.body) {
                (body.platform, body.os_version) = (Some(platform), version);
            }
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

    async fn refused(&mut self, got: &Answer) -> Result<Resolution, End> {
        let error = got.error();
        let registry_like =
            error.registry_like || got.header("docker-distribution-api-version").is_some();
        let by_digest = self.reference.digest.is_some();
        let standing = self.session.standing;
        let verdict = classify::judge(&Seen {
            status: got.status,
            error: &error,
            registry_like,
            challenged: challenge::read(&got.headers) != Offer::None,
            page: is_page(got),
            by_digest,
            standing,
        });
        let verdict = match verdict {
            Verdict::Absent {
                what: Absent::Tag | Absent::Digest,
                expired: false,
            }
            | Verdict::PerhapsAbsent => match (self.tag_list().await, &verdict) {
                (TagList::NoRepository, _) => classify::no_repository(standing),
                // Nobody who may see the repository was told anything about it.
                (TagList::Denied, _) if standing != Standing::Known => {
                    Verdict::Denied(classify::denial(standing))
                }
                (TagList::Tags(_), _) => Verdict::Absent {
                    what: if by_digest {
                        Absent::Digest
                    } else {
                        Absent::Tag
                    },
                    expired: false,
                },
                (TagList::Silent | TagList::Denied, Verdict::PerhapsAbsent) => Verdict::Unknown(
                    UnreachableCause::Protocol,
                    "status 404, and nothing in the answer looks like a registry".to_owned(),
                ),
                (TagList::Silent | TagList::Denied, _) => verdict,
            },
            Verdict::Absent { expired: true, .. } => {
                self.tag_list().await;
                verdict
            }
            other => other,
        };
        Ok(match verdict {
            Verdict::Absent { what, expired } => {
                let nearest_tags = match (what, self.tags.get()) {
                    (Absent::Tag, Some(TagList::Tags(list))) => {
                        tags::nearest(self.reference.identifier(), list)
                    }
                    _ => Vec::new(),
                };
                Resolution::Absent(Absence {
                    what,
                    nearest_tags,
                    expired,
                })
            }
            Verdict::Denied(kind) => Resolution::Denied(Denial {
                kind,
                status: got.status,
                codes: error.codes,
            }),
            Verdict::Unknown(cause, detail) => Resolution::Unknown(unknown(cause, detail)),
            // Turned into one of the others above.
            Verdict::PerhapsAbsent => {
                Resolution::Unknown(unknown(UnreachableCause::Protocol, "status 404"))
            }
        })
    }

    async fn tag_list(&mut self) -> TagList {
        let cell = self.tags;
        cell.get_or_init(|| async {
            match self.read_tags().await {
                Ok(list) => list,
                Err(End::NoToken { .. }) => TagList::Denied,
                Err(End::Failed(_)) => TagList::Silent,
            }
        })
        .await
        .clone()
    }

    async fn read_tags(&mut self) -> Result<TagList, End> {
        let mut url = self.url(&format!("tags/list?n={}", tags::PAGE))?;
        let (mut all, mut asked) = (Vec::new(), false);
        for _ in 0..tags::MAX_PAGES {
            let question = Question {
                method: &Method::GET,
                what: "tags",
                accept: None,
                limit: MAX_MANIFEST,
            };
            let got = self.session.ask(&url, question).await?;
            if got.status == 404 && got.error().has("NAME_UNKNOWN") {
                return Ok(TagList::NoRepository);
            }
            if matches!(got.status, 401 | 403) && !asked && !is_page(&got) {
                return Ok(TagList::Denied);
            }
            let Some(page) = (got.status == 200).then(|| tags::page(&got.body)).flatten() else {
                break;
            };
            asked = true;
            if !tags::extend(&mut all, page) {
                break;
            }
            let next = got
                .header("link")
                .and_then(tags::next_page)
                .and_then(|link| got.url.join(link).ok());
            // The next page of somebody else's list is not asked for.
            match next.filter(|next| next.origin() == url.origin() && next.path() == url.path()) {
                Some(next) => url = next,
                None => break,
            }
        }
        Ok(if asked {
            self.session.network.kept_tags.keep(all)
        } else {
            TagList::Silent
        })
    }
}

/// Whether a web page came, as proxies and portals send it.
fn is_page(answer: &Answer) -> bool {
    let of_type = answer
        .content_type()
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"));
    let start = answer.body.trim_ascii_start();
    let begins = |with: &[u8]| {
        start
            .get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    of_type || begins(b"<!doctype html") || begins(b"<html")
}
