//! What a run shows on stderr while it asks: a bar with the host that it waits for, and with `-vv` each request.
//!
//! In: what the registry client and the asking thread report. Out: lines on stderr; nothing of it is part of a report.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ask::Progress;
use crate::cli::{ReportArgs, When};
use crate::report::Style;
use image_lint_model::sanitize;
use image_lint_registry::{Watch, Watched};

/// A host is named when it has not answered for so long.
const LONG: Duration = Duration::from_secs(1);
/// Characters of a path that `-vv` shows.
const LONGEST: usize = 300;

/// What is shown.
pub struct Show {
    /// None where no bar is wanted.
    bar: Option<ProgressBar>,
    /// `-vv`
    requests: bool,
    /// Requests without an answer, the oldest first.
    flying: Mutex<Vec<(String, Instant)>>,
}

impl Show {
    pub fn new(args: &ReportArgs, env: &BTreeMap<String, String>) -> Arc<Show> {
        let wanted = match args.progress {
            When::Always => true,
            When::Never => false,
            When::Auto => io::stderr().is_terminal() && !args.quiet,
        };
        let unicode = Style::detect(env, true, None).unicode;
        Arc::new(Show {
            bar: wanted.then(|| bar(unicode)),
            requests: args.verbose > 1,
            flying: Mutex::default(),
        })
    }

    /// For the client; None where nobody looks.
    pub fn watch(self: &Arc<Self>) -> Option<Arc<dyn Watch>> {
        let wanted = self.requests || self.bar.is_some();
        wanted.then(|| self.clone() as Arc<dyn Watch>)
    }

    /// For the asking thread.
    pub fn progress(self: &Arc<Self>) -> Box<dyn Progress> {
        Box::new(Shown(self.clone()))
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    /// The host that is waited for longest, and for how long.
    fn waiting(&self) -> String {
        let flying = self.flying.lock().unwrap_or_else(PoisonError::into_inner);
        match flying.first() {
            Some((host, since)) if since.elapsed() > LONG => {
                format!(", waiting for {host} ({} s)", since.elapsed().as_secs())
            }
            _ => String::new(),
        }
    }
}

fn bar(unicode: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("reading, {elapsed}") {
        bar.set_style(style);
    }
    let chars = if unicode { "██░" } else { "##-" };
    // Kept for the first question: nothing is known before it.
    bar.set_prefix(chars);
    bar
}

impl Watch for Show {
    fn sent(&self, host: &str) {
        let mut flying = self.flying.lock().unwrap_or_else(PoisonError::into_inner);
        flying.push((host.to_owned(), Instant::now()));
    }

    fn over(&self, request: &Watched<'_>) {
        {
            let mut flying = self.flying.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = flying.iter().position(|(host, _)| host == request.host) {
                flying.remove(at);
            }
        }
        if self.requests {
            self.line(&words(request));
        }
    }

    fn cached(&self, host: &str, path: &str) {
        if self.requests {
            self.line(&format!(
                "  {host} {} from the cache",
                sanitize::short(path, LONGEST)
            ));
        }
    }
}

/// `  HEAD quay.io /v2/team/app/manifests/1.0 200, 52 ms, content-type docker-content-digest`
fn words(request: &Watched<'_>) -> String {
    let end = match (request.status, request.error) {
        (Some(status), _) => status.to_string(),
        (None, error) => sanitize::short(error.unwrap_or("no answer"), LONGEST),
    };
    let headers = match request.headers {
        [] => String::new(),
        names => format!(", {}", names.join(" ")),
    };
    format!(
        "  {} {} {} {end}, {} ms{headers}",
        request.method,
        request.host,
        sanitize::short(request.path, LONGEST),
        request.took.as_millis()
    )
}

struct Shown(Arc<Show>);

impl Progress for Shown {
    fn at(&mut self, done: usize, known: usize) {
        let Some(bar) = self.0.bar.as_ref().filter(|_| known > 0) else {
            return;
        };
        if bar.length().is_none() {
            let template = "{bar:24} {pos}/{len} images asked, {elapsed}{msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars(&bar.prefix()));
            }
        }
        bar.set_length(known as u64);
        bar.set_position(done as u64);
    }

    fn tick(&mut self) {
        if let Some(bar) = &self.0.bar {
            bar.set_message(self.0.waiting());
            bar.tick();
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.0.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched<'a>(status: Option<u16>, error: Option<&'a str>) -> Watched<'a> {
        Watched {
            method: "HEAD",
            host: "quay.io",
            path: "/v2/a\u{1b}[31m/manifests/1",
            status,
            took: Duration::from_millis(52),
            headers: &["content-type"],
            error,
        }
    }

    #[test]
    fn a_request_is_a_line_without_what_terminals_obey() {
        let line = words(&watched(Some(200), None));
        assert!(line.starts_with("  HEAD quay.io /v2/a"), "{line}");
        assert!(
            line.ends_with("/manifests/1 200, 52 ms, content-type"),
            "{line}"
        );
        assert!(!line.contains('\u{1b}'), "{line:?}");
        let failed = words(&watched(None, Some("no answer in time")));
        assert!(failed.contains("no answer in time, 52 ms"), "{failed}");
    }

    #[test]
    fn the_host_that_is_waited_for_longest_is_named() {
        let show = Show {
            bar: None,
            requests: false,
            flying: Mutex::default(),
        };
        let before = Instant::now().checked_sub(Duration::from_secs(5));
        let flying = ["slow.example", "other.example"].map(|host| (host.to_owned(), before));
        for (host, since) in flying {
            // A machine that runs for less than five seconds has no such moment.
            let Some(since) = since else { return };
            show.flying.lock().unwrap().push((host, since));
        }
        assert!(show.waiting().starts_with(", waiting for slow.example ("));
        let over = Watched {
            host: "slow.example",
            ..watched(Some(200), None)
        };
        show.over(&over);
        assert!(show.waiting().contains("other.example"));
    }
}
