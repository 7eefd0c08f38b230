//! One request and its answer: limits of requests in flight, retries, redirects, bounded bodies.
//!
//! In: a [`Request`]. Out: an [`Answer`] with any status, or why there is none. Knows nothing of images or tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use reqwest::{Method, Url};
use tokio::sync::Semaphore;

use crate::backoff;
use crate::echo::Sent;
use crate::error_body::ErrorBody;
use crate::host::{Host, Visit, limited};
use crate::open_files;
use crate::secret::Secret;
use crate::settings::{Settings, Trust};
use crate::tags;
use crate::tls::Check;
use crate::transport::{Fault, Transport, authority, fault};
use crate::watch::{Watch, Watched};
use image_lint_model::manifest::{Format, Platform};
use image_lint_model::resolution::{Exchange, Unreachable, UnreachableCause};

/// Bytes of an error's body that are read.
const MAX_ERROR: usize = 64 * 1024;
/// Bytes of an answer's headers, names and values.
const MAX_HEADERS: usize = 64 * 1024;
const MAX_REDIRECTS: usize = 5;
/// Exchanges kept as evidence for one reference.
const MAX_EXCHANGES: usize = 60;
/// Characters of a URL that are kept as evidence.
const MAX_PLACE: usize = 500;

/// What is to be asked.
pub struct Request {
    pub method: Method,
    pub url: Url,
    /// For evidence and statistics: `manifest`, `tags`, `token`, `blob`.
    pub what: &'static str,
    pub accept: Option<&'static str>,
    pub authorization: Option<Secret>,
    /// `application/x-www-form-urlencoded` body.
    pub form: Option<Secret>,
    /// Largest body of a success.
    pub limit: usize,
    pub follow: bool,
    /// The URL's host is a registry's that the user named.
    pub vouched: bool,
    /// [`Check::None`] only for a host that the user's `registries.conf` calls insecure.
    pub check: Check,
}

/// What came back, whatever the status.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Where it came from after redirects.
    pub url: Url,
    /// Another origin than the one asked answered; credentials were left behind.
    pub foreign: bool,
    /// What must not be shown although the answer may repeat it.
    sent: Arc<Sent>,
}

impl Answer {
    pub fn header(&self, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn content_type(&self) -> Option<&str> {
        self.header(CONTENT_TYPE)
    }

    pub fn error(&self) -> ErrorBody {
        ErrorBody::without(&self.body, &self.sent)
    }
}

/// The exchanges made for one reference.
#[derive(Default)]
pub struct Trail {
    pub exchanges: Vec<Exchange>,
}

impl Trail {
    pub fn note(&mut self, exchange: Exchange) {
        if self.exchanges.len() < MAX_EXCHANGES {
            self.exchanges.push(exchange);
        }
    }
}

/// All hosts of a run and the way to them.
pub struct Network {
    pub transport: Transport,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    total: Semaphore,
    per_host: usize,
    tries: u32,
    first_pause: Duration,
    longest_wait: Duration,
    /// Of the nodes of this run: what a full look reads of a list. Empty: all.
    pub platforms: Vec<Platform>,
    /// Formats that a target of the run does not take.
    pub doubtful: Vec<Format>,
    /// Logins of this run: a registry may know what its token service was told.
    logins: Mutex<Arc<Sent>>,
    pub kept_tags: tags::Kept,
    watch: Option<Arc<dyn Watch>>,
    /// Most hosts that are asked, those of redirects and token services among them.
    most_hosts: usize,
}

/// Spellings of logins that are remembered; a run has a few.
const MAX_LOGINS: usize = 100;

impl Network {
    pub fn new(settings: &Settings, transport: Transport) -> Self {
        Network {
            transport,
            hosts: Mutex::default(),
            // Each takes a connection, and there are other files to be open.
            total: Semaphore::new(settings.total.min(open_files::limit() / 4).max(1)),
            per_host: settings.per_host,
            tries: settings.tries.max(1),
            first_pause: settings.first_pause,
            longest_wait: settings.longest_wait,
            platforms: settings.platforms.clone(),
            doubtful: settings.doubtful.clone(),
            logins: Mutex::default(),
            kept_tags: tags::Kept::default(),
            watch: settings.watch.clone(),
            most_hosts: match settings.trust {
                Trust::Trusted => usize::MAX,
                Trust::Untrusted => settings.max_hosts.saturating_mul(2),
            },
        }
    }

    /// What an answer to a request must not bring to a report.
    fn sent(&self, request: &Request) -> Arc<Sent> {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        if request.authorization.is_none() && request.form.is_none() {
            return Arc::clone(&logins);
        }
        let own = Sent::of(request.authorization.as_ref(), request.form.as_ref());
        let is_token = request
            .authorization
            .as_ref()
            .is_some_and(|value| value.reveal().starts_with("Bearer "));
        let all = Arc::new(own.and(&logins));
        if !is_token && all.len() <= MAX_LOGINS {
            *logins = Arc::clone(&all);
        }
        all
    }

    pub fn host(&self, url: &Url) -> Arc<Host> {
        let name = authority(url);
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts
            .entry(name.clone())
            .or_insert_with(|| Arc::new(Host::new(name, self.per_host)))
            .clone()
    }

    /// The same, unless it would be one host too many: a stranger's tree names a few, and a registry may lead to others.
    fn host_to_ask(&self, url: &Url) -> Result<Arc<Host>, Unreachable> {
        let known = {
            let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.contains_key(&authority(url)) || hosts.len() < self.most_hosts
        };
        if known {
            return Ok(self.host(url));
        }
        Err(Unreachable {
            cause: UnreachableCause::Limit,
            detail: format!(
                "registries lead to more than {} hosts (--max-hosts)",
                self.most_hosts
            ),
        })
    }

    /// An answer came out of the cache.
    pub fn cached(&self, host: &str, path: &str) {
        if let Some(watch) = &self.watch {
            watch.cached(host, path);
        }
    }

    pub fn hosts(&self) -> Vec<Arc<Host>> {
        self.hosts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Whether an insecure host answers to TLS at all; its answer does not matter. What nobody answers to is asked over
    /// plain HTTP then, and says why it cannot be.
    pub async fn speaks_tls(&self, base: &Url) -> bool {
        let Ok(url) = base.join("/v2/") else {
            return true;
        };
        let Ok(lent) = self.transport.client(&url, false, Check::None) else {
            return true;
        };
        self.host(&url).count("ping", "GET");
        lent.client.get(url).send().await.is_ok()
    }

    /// Sends a request and follows its redirects. Nothing that identifies the user crosses an origin.
    ///
    /// # Errors
    /// There is no answer, for a reason that says nothing about the image.
    pub async fn send(
        &self,
        mut request: Request,
        trail: &mut Trail,
    ) -> Result<Answer, Unreachable> {
        let start = request.url.clone();
        let mut hops = 0;
        loop {
            let mut answer = self.with_tries(&request, trail).await?;
            answer.foreign = start.origin() != request.url.origin();
            if !(request.follow && matches!(answer.status, 301 | 302 | 303 | 307 | 308)) {
                return Ok(answer);
            }
            hops += 1;
            let refused = |detail: String| Unreachable {
                cause: UnreachableCause::Protocol,
                detail,
            };
            if hops > MAX_REDIRECTS {
                return Err(refused(format!("more than {MAX_REDIRECTS} redirects")));
            }
            let target = answer
                .header(LOCATION)
                .and_then(|location| request.url.join(location).ok());
            let Some(target) =
                target.filter(|t| t.has_host() && matches!(t.scheme(), "http" | "https"))
            else {
                return Err(refused("a redirect without a usable target".to_owned()));
            };
            if request.url.scheme() == "https" && target.scheme() != "https" {
                return Err(refused(format!(
                    "a redirect from https to http on {}",
                    authority(&target)
                )));
            }
            if target.origin() != request.url.origin() {
                request.authorization = None;
                request.vouched = request.vouched && target.host_str() == start.host_str();
                request.check = Check::Certificate;
            }
            request.url = target;
        }
    }

    /// One hop: as many tries as make sense.
    async fn with_tries(
        &self,
        request: &Request,
        trail: &mut Trail,
    ) -> Result<Answer, Unreachable> {
        let host = self.host_to_ask(&request.url)?;
        let visit = host.enter().await;
        let mut attempt = 1;
        loop {
            let last = attempt >= self.tries;
            let outcome = self.once(&host, &visit, request, trail).await;
            let pause = match outcome {
                Err(Fault { failure, may_pass }) => {
                    if !may_pass || last {
                        if failure.cause != UnreachableCause::HostGivenUp
                            && !is_beyond_limits(&failure, may_pass)
                        {
                            host.failed(&failure);
                        }
                        return Err(failure);
                    }
                    backoff::pause(self.first_pause, attempt + 1)
                }
                Ok(answer) => match answer.status {
                    429 => self.limited(&host, &answer, attempt, last)?,
                    503 if backoff::asked_wait(
                        &answer.headers,
                        &answer.error(),
                        SystemTime::now(),
                    )
                    .is_some() =>
                    {
                        self.limited(&host, &answer, attempt, last)?
                    }
                    408 | 500 | 502 | 503 | 504 if !last => {
                        backoff::pause(self.first_pause, attempt + 1)
                    }
                    status @ (502..=504) => {
                        let detail = format!("status {status}");
                        host.failed(&Unreachable {
                            cause: UnreachableCause::Server { status },
                            detail,
                        });
                        return Ok(answer);
                    }
                    _ => return Ok(answer),
                },
            };
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Freezes the host that answered 429; the pause before the next try is the host's own then.
    fn limited(
        &self,
        host: &Host,
        answer: &Answer,
        attempt: u32,
        last: bool,
    ) -> Result<Duration, Unreachable> {
        let body = answer.error();
        let asked = backoff::asked_wait(&answer.headers, &body, SystemTime::now());
        // "Retry at once" would only be answered by another 429.
        let wait = asked
            .unwrap_or_default()
            .max(backoff::pause(self.first_pause, attempt + 1));
        host.limit(wait);
        if last || wait > self.longest_wait {
            let words = body
                .message
                .unwrap_or_else(|| "too many requests".to_owned());
            return Err(limited(asked.filter(|wait| !wait.is_zero()), &words));
        }
        Ok(Duration::ZERO)
    }

    async fn once(
        &self,
        host: &Host,
        visit: &Visit<'_>,
        request: &Request,
        trail: &mut Trail,
    ) -> Result<Answer, Fault> {
        let stop = |failure| Fault {
            failure,
            may_pass: false,
        };
        let permit = match visit.permit().await {
            Ok(permit) => permit,
            Err(failure) => return Err(stop(failure)),
        };
        // Never closed.
        let total = self.total.acquire().await;
        let lent = self
            .transport
            .client(&request.url, request.vouched, request.check)
            .map_err(stop)?;
        let method = name_of(&request.method);
        host.count(request.what, method);
        let sent = self.sent(request);
        if let Some(watch) = &self.watch {
            watch.sent(&host.name);
        }
        let began = Instant::now();
        let outcome = exchange(&lent.client, request, &sent)
            .await
            .map_err(|fault| self.transport.with_proxy(fault, &request.url));
        let took = began.elapsed();
        host.took(took);
        drop((lent, permit, total));
        let path: String = sent
            .hide(request.url.path())
            .chars()
            .take(MAX_PLACE)
            .collect();
        self.report(&host.name, method, &path, took, &outcome);
        let place = format!("{}{path}", host.name);
        let mut seen = Exchange {
            method,
            what: request.what,
            place,
            status: None,
            content_type: None,
            error: None,
        };
        match &outcome {
            Ok(answer) => {
                host.answered(&answer.headers);
                seen.status = Some(answer.status);
                seen.content_type = answer
                    .content_type()
                    .map(|text| text.chars().take(200).collect());
                if answer.status >= 400 {
                    let body = answer.error();
                    seen.error = Some(body.codes.join(", "))
                        .filter(|c| !c.is_empty())
                        .or(body.message);
                }
            }
            Err(Fault { failure, may_pass }) => {
                if is_beyond_limits(failure, *may_pass) {
                    host.answered(&HeaderMap::new());
                }
                seen.error = Some(failure.detail.clone());
            }
        }
        trail.note(seen);
        outcome
    }
}

impl Network {
    /// Shows a request that is over to who watches.
    fn report(
        &self,
        host: &str,
        method: &'static str,
        path: &str,
        took: Duration,
        outcome: &Result<Answer, Fault>,
    ) {
        let Some(watch) = &self.watch else {
            return;
        };
        let headers: Vec<&str> = match outcome {
            Ok(answer) => answer.headers.keys().map(HeaderName::as_str).collect(),
            Err(_) => Vec::new(),
        };
        watch.over(&Watched {
            method,
            host,
            path,
            status: outcome.as_ref().ok().map(|answer| answer.status),
            took,
            headers: &headers,
            error: outcome.as_ref().err().map(|fault| &*fault.failure.detail),
        });
    }
}

fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "GET",
    }
}

async fn exchange(
    client: &reqwest::Client,
    request: &Request,
    sent: &Arc<Sent>,
) -> Result<Answer, Fault> {
    let mut building = client.request(request.method.clone(), request.url.clone());
    if let Some(accept) = request.accept {
        building = building.header(ACCEPT, accept);
    }
    if let Some(authorization) = &request.authorization {
        building = building.header(AUTHORIZATION, sensitive(authorization)?);
    }
    if let Some(form) = &request.form {
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        building = building
            .header(CONTENT_TYPE, kind)
            .body(form.reveal().to_owned());
    }
    let mut response = building
        .send()
        .await
        .map_err(|error| beyond_bounds(fault(error)))?;
    let size: usize = response
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if size > MAX_HEADERS {
        return Err(unreadable_head(""));
    }
    let status = response.status().as_u16();
    let headers = bounded(response.headers(), sent);
    let mut body = Vec::new();
    if request.method != Method::HEAD {
        let success = response.status().is_success();
        let limit = if success { request.limit } else { MAX_ERROR };
        while let Some(chunk) = response.chunk().await.map_err(fault)? {
            if body.len() + chunk.len() > limit {
                if success {
                    let detail = format!("the answer is larger than {limit} bytes");
                    let failure = Unreachable {
                        cause: UnreachableCause::Protocol,
                        detail,
                    };
                    return Err(Fault {
                        failure,
                        may_pass: false,
                    });
                }
                body.extend_from_slice(&chunk[..limit - body.len()]);
                break;
            }
            body.extend_from_slice(&chunk);
        }
    }
    Ok(Answer {
        status,
        headers,
        body,
        url: request.url.clone(),
        foreign: false,
        sent: Arc::clone(sent),
    })
}

/// Whether the host answered, with more than is read: that says nothing about its other answers.
fn is_beyond_limits(failure: &Unreachable, may_pass: bool) -> bool {
    failure.cause == UnreachableCause::Protocol && !may_pass
}

fn unreadable_head(or: &str) -> Fault {
    let detail = format!("the headers of its answer are larger than {MAX_HEADERS} bytes{or}");
    Fault {
        failure: Unreachable {
            cause: UnreachableCause::Protocol,
            detail,
        },
        may_pass: false,
    }
}

/// The HTTP library gives up a head beyond its own bounds like a connection that breaks. Its error can be told by its
/// words only: hyper's (`error.rs`, `TooLarge`, also of a length beyond all sense), and of HTTP/2 those of a header list above ours and of too many
/// CONTINUATION frames (h2 `codec/framed_read.rs`), which this side finds and no server sends.
fn beyond_bounds(fault: Fault) -> Fault {
    const WORDS: [&str; 3] = [
        "message head is too large",
        "stream error detected: unspecific protocol error detected",
        "connection error detected: detected excessive load generating behavior (b\"too_many_continuations\")",
    ];
    if WORDS.contains(&fault.failure.detail.as_str()) {
        unreadable_head(" or make no sense")
    } else {
        fault
    }
}

/// A header value that HTTP libraries do not log.
fn sensitive(secret: &Secret) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(secret.reveal()).map_err(|_| Fault {
        failure: Unreachable {
            cause: UnreachableCause::Token,
            detail: "the credentials hold characters that no header can carry".to_owned(),
        },
        may_pass: false,
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The headers that are looked at later, so that a thousand others are not kept.
fn bounded(headers: &HeaderMap, sent: &Sent) -> HeaderMap {
    const WANTED: [&str; 11] = [
        "content-type",
        "content-length",
        "content-encoding",
        "docker-content-digest",
        "docker-distribution-api-version",
        "www-authenticate",
        "location",
        "link",
        "retry-after",
        "ratelimit-remaining",
        "ratelimit-limit",
    ];
    let mut kept = HeaderMap::new();
    for name in WANTED {
        for value in headers.get_all(name).iter().take(8) {
            let value = match value.to_str() {
                // The only one that reports quote as it is.
                Ok(text) if name == "content-type" => HeaderValue::from_str(&sent.hide(text)).ok(),
                _ => Some(value.clone()),
            };
            if let Some(value) = value {
                kept.append(HeaderName::from_static(name), value);
            }
        }
    }
    kept
}
