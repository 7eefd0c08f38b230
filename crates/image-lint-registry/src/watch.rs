//! Whoever wants to see a run's requests as they happen: progress, and `-vv`.

use std::time::Duration;

/// Told of each request, from the tasks that send them: it must not wait.
pub trait Watch: Send + Sync {
    /// A request is on its way to a host (`quay.io`, `localhost:5000`).
    fn sent(&self, host: &str);

    /// It is over.
    fn over(&self, request: &Watched<'_>);

    /// An answer came out of the cache instead.
    fn cached(&self, host: &str, path: &str);
}

/// A request that is over. What was sent to prove who asks is not in it.
#[derive(Debug)]
pub struct Watched<'a> {
    pub method: &'static str,
    pub host: &'a str,
    /// Without the query; untrusted where a redirect led there.
    pub path: &'a str,
    /// None when there was no answer.
    pub status: Option<u16>,
    pub took: Duration,
    /// Names of the answer's headers that are looked at.
    pub headers: &'a [&'a str],
    /// Why there was no answer.
    pub error: Option<&'a str>,
}
