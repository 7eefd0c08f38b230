//! What was asked of whom, for the report's last lines.

use std::collections::BTreeMap;
use std::time::Duration;

/// Requests and quotas of a run so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// By host (with port), sorted.
    pub hosts: BTreeMap<String, HostStatistics>,
    /// Answers that came out of the cache, without a request.
    pub from_cache: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostStatistics {
    /// Number of requests by (`manifest`, `HEAD`) and so on; retries and redirects count too.
    pub requests: BTreeMap<(&'static str, &'static str), u64>,
    /// Answers with status 429.
    pub limited: u64,
    /// Time that all requests took together.
    pub took: Duration,
    /// Pulls left and the quota's size, when the registry says so (Docker Hub).
    pub quota: Option<Quota>,
    /// Manifests whose body was not read, since that counts as a pull.
    pub unread: u64,
}

/// Docker Hub's `ratelimit-remaining: 76;w=21600`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub remaining: u64,
    pub limit: Option<u64>,
    /// Length of the window in seconds.
    pub window: Option<u64>,
}

impl Statistics {
    /// Takes in what another client of the same run asked later.
    pub fn add(&mut self, later: &Statistics) {
        self.from_cache += later.from_cache;
        for (name, host) in &later.hosts {
            let own = self.hosts.entry(name.clone()).or_default();
            for (kind, count) in &host.requests {
                *own.requests.entry(*kind).or_default() += count;
            }
            own.limited += host.limited;
            own.took += host.took;
            own.unread += host.unread;
            own.quota = host.quota.or(own.quota);
        }
    }

    /// Requests in all.
    pub fn requests(&self) -> u64 {
        self.hosts
            .values()
            .flat_map(|host| host.requests.values())
            .sum()
    }

    /// One line for each host: `quay.io: 31 requests (manifest HEAD 30, token GET 1), 52 ms each`.
    pub fn host_lines(&self) -> Vec<String> {
        let lines = self.hosts.iter().map(|(name, host)| {
            let all: u64 = host.requests.values().sum();
            let kinds: Vec<String> = host
                .requests
                .iter()
                .map(|((what, method), count)| format!("{what} {method} {count}"))
                .collect();
            let each = host.took.as_millis() / u128::from(all.max(1));
            let limited = match host.limited {
                0 => String::new(),
                count => format!(", {count} answered 429"),
            };
            let noun = if all == 1 { "request" } else { "requests" };
            format!(
                "{name}: {all} {noun} ({}), {each} ms each{limited}",
                kinds.join(", ")
            )
        });
        lines.collect()
    }

    /// What each registry that told its quota has left, and what of this run counts.
    pub fn quotas(&self) -> Vec<QuotaLine> {
        let lines = self.hosts.iter().filter_map(|(host, statistics)| {
            let quota = statistics.quota?;
            Some(QuotaLine {
                text: format!("{host}: {}", statistics.quota_text(&quota)),
                host: host.clone(),
                low: quota.is_low(),
            })
        });
        lines.collect()
    }

    /// What a plain run left unread, a line for each host.
    pub fn unread_lines(&self) -> impl Iterator<Item = String> {
        let unread = self.hosts.iter().filter(|(_, of)| of.unread > 0);
        unread.map(|(host, of)| {
            format!(
                "{host}: {} more manifests were judged by their type alone, since reading one counts as a pull; --deep \
                 reads them",
                of.unread
            )
        })
    }
}

/// What a registry has left of its quota, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaLine {
    /// `registry-1.docker.io: 76 of 100 pulls left in 6 h; …`
    pub text: String,
    /// The registry, with port.
    pub host: String,
    /// So little is left that the next runs may be refused.
    pub low: bool,
}

impl HostStatistics {
    /// Docker Hub counts a GET of a manifest as a pull and a HEAD not (docker docs, "Pull rate limit").
    fn quota_text(&self, quota: &Quota) -> String {
        let of = quota.limit.map_or(String::new(), |n| format!(" of {n}"));
        let window = quota.window.map_or(String::new(), |seconds| {
            format!(" in {}", hours_or_minutes(seconds))
        });
        let all: u64 = self.requests.values().sum();
        let pulls = self.requests.get(&("manifest", "GET")).unwrap_or(&0);
        let counted = match (pulls, all) {
            (0, _) => "nothing that this run asked counts as a pull".to_owned(),
            (1, _) => format!("1 of the {all} requests of this run counts as a pull"),
            _ => format!("{pulls} of the {all} requests of this run count as pulls"),
        };
        format!(
            "{}{of} pulls left{window}; {counted} (GET of a manifest; HEAD does not count)",
            quota.remaining
        )
    }
}

fn hours_or_minutes(seconds: u64) -> String {
    match seconds {
        s if s >= 3600 && s % 3600 == 0 => format!("{} h", s / 3600),
        s => format!("{} min", s.div_ceil(60)),
    }
}

impl Quota {
    /// At most a tenth is left, or ten.
    fn is_low(&self) -> bool {
        self.remaining <= self.limit.map_or(10, |limit| limit / 10)
    }

    /// Reads the two headers' values.
    pub fn parse(remaining: &str, limit: Option<&str>) -> Option<Quota> {
        let number = |text: &str| text.split(';').next().and_then(|n| n.trim().parse().ok());
        let window = remaining
            .split(';')
            .find_map(|part| part.trim().strip_prefix("w=")?.parse().ok());
        Some(Quota {
            remaining: number(remaining)?,
            limit: limit.and_then(number),
            window,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_line() {
        let host = HostStatistics {
            requests: [(("manifest", "HEAD"), 30), (("token", "GET"), 1)].into(),
            limited: 2,
            took: Duration::from_millis(1_612),
            quota: None,
            unread: 0,
        };
        let statistics = Statistics {
            hosts: [("quay.io".to_owned(), host)].into(),
            from_cache: 0,
        };
        assert_eq!(
            statistics.host_lines(),
            ["quay.io: 31 requests (manifest HEAD 30, token GET 1), 52 ms each, 2 answered 429"]
        );
    }

    #[test]
    fn a_quota_says_what_counts_and_whether_it_is_low() {
        for (remaining, limit, window, gets, low, expected) in [
            (
                76,
                Some(100),
                Some(21_600),
                0,
                false,
                "hub: 76 of 100 pulls left in 6 h; nothing that this run asked counts as a pull",
            ),
            (
                10,
                Some(100),
                Some(21_600),
                1,
                true,
                "hub: 10 of 100 pulls left in 6 h; 1 of the 31 requests of this run counts as a pull",
            ),
            (
                11,
                Some(100),
                Some(5_400),
                2,
                false,
                "hub: 11 of 100 pulls left in 90 min; 2 of the 32 requests of this run count as pulls",
            ),
            (
                7,
                None,
                None,
                0,
                true,
                "hub: 7 pulls left; nothing that this run asked counts as a pull",
            ),
        ] {
            let mut requests: BTreeMap<_, _> = [(("manifest", "HEAD"), 30)].into();
            if gets > 0 {
                requests.insert(("manifest", "GET"), gets);
            }
            let quota = Some(Quota {
                remaining,
                limit,
                window,
            });
            let host = HostStatistics {
                requests,
                quota,
                ..HostStatistics::default()
            };
            let statistics = Statistics {
                hosts: [("hub".to_owned(), host)].into(),
                from_cache: 0,
            };
            let [line] = &statistics.quotas()[..] else {
                panic!("one host, one line");
            };
            assert!(line.text.starts_with(expected), "{}", line.text);
            assert_eq!(line.low, low, "{}", line.text);
        }
    }

    #[test]
    fn docker_hubs_quota_is_read() {
        let quota = Quota::parse("76;w=21600", Some("100;w=21600")).unwrap();
        assert_eq!(
            quota,
            Quota {
                remaining: 76,
                limit: Some(100),
                window: Some(21600)
            }
        );
        assert_eq!(Quota::parse("0", None).unwrap().remaining, 0);
        assert_eq!(Quota::parse("many", None), None);
    }
}
