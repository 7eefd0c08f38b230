//! How long to wait: back-off between tries, and what a registry asks for in its many spellings.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::error_body::ErrorBody;

/// Pause before try number `next` (2 for the second), doubling, with jitter so that clients do not march in step.
pub fn pause(first: Duration, next: u32) -> Duration {
    let full = first.saturating_mul(1 << next.saturating_sub(2).min(6));
    full.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// The wait that an answer asks for: seconds or a date in `Retry-After`, or a Go duration in the body (GHCR:
/// `retry-after: 880.092µs, allowed: 44000/minute`, dependabot/cli#380). None when there is none or it is garbage.
pub fn asked_wait(headers: &HeaderMap, body: &ErrorBody, now: SystemTime) -> Option<Duration> {
    let header = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .map(str::trim);
    header
        .and_then(|text| seconds_or_date(text, now))
        .or_else(|| {
            let message = body.message.as_deref()?.to_ascii_lowercase();
            let (_, rest) = message.split_once("retry-after:")?;
            let word = rest.trim_start().split([',', ' ', ';']).next()?;
            go_duration(word).or_else(|| seconds_or_date(word, now))
        })
}

fn seconds_or_date(text: &str, now: SystemTime) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit mean "very long".
        return Some(Duration::from_secs(
            text.parse().unwrap_or(u64::from(u32::MAX)),
        ));
    }
    let at = http_date(text)?;
    // A date in the past means "now".
    Some(at.duration_since(now).unwrap_or(Duration::ZERO))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, IMF-fixdate; the obsolete forms are not sent by any registry).
fn http_date(text: &str) -> Option<SystemTime> {
    let (_, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let day: u64 = words.next()?.parse().ok()?;
    let month = words.next()?;
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = months.iter().position(|m| *m == month)? as u64 + 1;
    let year: u64 = words.next()?.parse().ok()?;
    let mut clock = words
        .next()?
        .split(':')
        .map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next() != Some("GMT") || !(1970..=9999).contains(&year) || day == 0 || day > 31 {
        return None;
    }
    // Days from civil (Howard Hinnant's algorithm), for years from 1970 on.
    let y = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (y / 400, y % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    let seconds = days * 86_400 + hour.min(23) * 3600 + minute.min(59) * 60 + second.min(60);
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Go's `time.ParseDuration`: `1h15m30.918s`, `880.092µs`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0f64;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .filter(|at| *at > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let units = [
            ("ns", 1e-9),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("μs", 1e-6),
            ("ms", 1e-3),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ];
        let (unit, scale) = units.iter().find(|(unit, _)| rest.starts_with(unit))?;
        total += number * scale;
        rest = &rest[unit.len()..];
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(total).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_retry_after_is_understood() {
        // 2015-10-21 07:28:00 UTC
        let now = UNIX_EPOCH + Duration::from_secs(1_445_412_480);
        let cases: [(Option<&str>, &str, Option<Duration>, &str); 11] = [
            (Some("30"), "", Some(Duration::from_secs(30)), "seconds"),
            (Some("0"), "", Some(Duration::ZERO), "zero"),
            (
                Some("999999"),
                "",
                Some(Duration::from_secs(999_999)),
                "eleven days",
            ),
            (
                Some("99999999999999999999999"),
                "",
                Some(Duration::from_secs(u64::from(u32::MAX))),
                "overflow",
            ),
            (
                Some("Wed, 21 Oct 2015 07:28:10 GMT"),
                "",
                Some(Duration::from_secs(10)),
                "a date",
            ),
            (
                Some("Wed, 21 Oct 2015 07:00:00 GMT"),
                "",
                Some(Duration::ZERO),
                "a date in the past",
            ),
            (Some("soon"), "", None, "garbage"),
            (Some("-5"), "", None, "negative"),
            (
                None,
                r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 880.092µs, allowed: 44000/minute"}]}"#,
                Some(Duration::from_nanos(880_092)),
                "GHCR's Go duration",
            ),
            (
                None,
                r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 1m2.5s"}]}"#,
                Some(Duration::from_millis(62_500)),
                "a longer Go duration",
            ),
            (
                None,
                "Too Many Requests (HAP429)",
                None,
                "Docker Hub's abuse limit",
            ),
        ];
        for (header, body, expected, why) in cases {
            let mut headers = HeaderMap::new();
            if let Some(text) = header {
                headers.insert(RETRY_AFTER, text.parse().unwrap());
            }
            let found = asked_wait(&headers, &ErrorBody::parse(body.as_bytes()), now);
            assert_eq!(
                found.map(|d| d.as_nanos()),
                expected.map(|d| d.as_nanos()),
                "{why}"
            );
        }
    }

    #[test]
    fn pauses_double_and_stay_within_half_and_whole() {
        let first = Duration::from_millis(100);
        for (next, whole) in [(2, 100), (3, 200), (4, 400)] {
            let pause = pause(first, next);
            assert!(
                pause <= Duration::from_millis(whole) && pause >= Duration::from_millis(whole / 2)
            );
        }
        assert!(pause(first, 1000) <= Duration::from_millis(6400));
    }
}
