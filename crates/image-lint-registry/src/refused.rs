//! What a registry means that does not hand out a manifest, and the list of tags that tells a missing tag from a missing
//! repository.

use image_lint_model::resolution::{Absence, Absent, Denial, Resolution, UnreachableCause};
use reqwest::Method;

use crate::body::MAX_MANIFEST;
use crate::challenge::{self, Offer};
use crate::classify::{self, Seen, Verdict, unknown};
use crate::probe::Probe;
use crate::session::{End, Question, Standing};
use crate::tags::{self, TagList};
use crate::transfer::Answer;

impl Probe<'_, '_> {
    /// What an answer that is no manifest proves: that the image is not there, or that nobody may say.
    pub(crate) async fn refused(&mut self, got: &Answer) -> Result<Resolution, End> {
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

    /// The repository's tags, asked for once.
    pub(crate) async fn tag_list(&mut self) -> TagList {
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
