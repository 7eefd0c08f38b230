//! Dates of a given time in UTC, and durations. What the clock says, and the zone of the machine or its table of zones,
//! is not known: `now`, `date` and `toDate` depend on them.

use super::Call;
use crate::exec::Given;
use crate::value::Value;

/// None where only a clock or a zone of the machine tells.
pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    match call.name {
        "duration" => duration(call),
        "durationRound" => Some(rounded(call)),
        "dateInZone" | "date_in_zone" => {
            let date = in_utc(call, 1, 2)?;
            Some(call.str(0).and_then(|layout| {
                call.engine.meter.charge(4 * layout.len() as u64)?;
                call.computed(date.format(layout.as_str()))
            }))
        }
        "htmlDateInZone" => {
            let date = in_utc(call, 0, 1)?;
            Some(call.computed(date.format("2006-01-02")))
        }
        _ => None,
    }
}

/// Longest duration of Go, in seconds: 292 years.
const MAX_SECONDS: i64 = i64::MAX / 1_000_000_000;

/// Seconds as Go prints a duration: a text of digits, or what arithmetic gave; all else is nothing.
fn duration(call: &Call<'_, '_>) -> Option<Given<Value>> {
    let seconds = match call.arguments.first()? {
        Value::Str(text) => text.as_str().parse().unwrap_or(0),
        Value::Int64(seconds, _) => *seconds,
        _ => 0,
    };
    let fits = (-MAX_SECONDS..=MAX_SECONDS).contains(&seconds);
    fits.then(|| call.computed(written(seconds)))
}

/// `1h0m5s`
fn written(seconds: i64) -> String {
    let (sign, all) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
    let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, _) => format!("{sign}{minutes}m{seconds}s"),
        _ => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

/// Nanoseconds of what sprig's `durationRound` counts in, the largest first.
const UNITS: [(u64, &str); 6] = [
    (365 * 24 * 3600 * 1_000_000_000, "y"),
    (30 * 24 * 3600 * 1_000_000_000, "mo"),
    (24 * 3600 * 1_000_000_000, "d"),
    (3600 * 1_000_000_000, "h"),
    (60 * 1_000_000_000, "m"),
    (1_000_000_000, "s"),
];

/// A duration in its largest unit: of a text as Go writes them, or of nanoseconds.
fn rounded(call: &Call<'_, '_>) -> Given<Value> {
    let nanos = match call.get(0)? {
        Value::Str(text) => parsed(text.as_str()).unwrap_or(0),
        Value::Int64(nanos, _) => nanos.unsigned_abs(),
        _ => 0,
    };
    let unit = UNITS.iter().find(|(unit, _)| nanos > *unit);
    call.computed(match unit {
        Some((unit, name)) => format!("{}{name}", nanos / unit),
        None => "0s".to_owned(),
    })
}

/// Go's `ParseDuration`, without its sign: `2h10m5.5s`. None for what is no duration.
fn parsed(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(0);
    }
    let mut nanos = 0u64;
    while !rest.is_empty() || nanos == 0 && text.len() == rest.len() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let size = match unit {
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60 * 1_000_000_000,
            "h" => 3600 * 1_000_000_000,
            _ => return None,
        };
        nanos = nanos.checked_add(scaled(number, size)?)?;
        rest = after;
    }
    (nanos <= i64::MAX as u64).then_some(nanos)
}

/// `1.5` of a unit.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut part = unit;
    let mut all = whole.checked_mul(unit)?;
    for digit in fraction.bytes() {
        part /= 10;
        all = all.checked_add(u64::from(digit - b'0') * part)?;
    }
    Some(all)
}

/// A second of the calendar in UTC.
struct Date {
    year: i64,
    month: usize,
    day: i64,
    day_of_year: i64,
    /// From Sunday on.
    weekday: usize,
    /// Of the day.
    seconds: i64,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The years 1 to 9999, in seconds from 1970 on.
const CALENDAR: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// The date that an argument gives, where the zone is UTC. A float is no time to sprig, which then takes the clock's.
fn in_utc(call: &Call<'_, '_>, date: usize, zone: usize) -> Option<Date> {
    let seconds = match call.arguments.get(date)? {
        Value::Int(seconds, _) | Value::Int64(seconds, _) => *seconds,
        _ => return None,
    };
    let is_utc = matches!(call.arguments.get(zone)?.as_str()?, "UTC" | "");
    (is_utc && CALENDAR.contains(&seconds)).then(|| Date::of(seconds))
}

impl Date {
    /// Days are counted from the first of March, so that a leap day ends a year (H. Hinnant, `civil_from_days`).
    fn of(seconds: i64) -> Date {
        let days = seconds.div_euclid(86_400);
        let from_march = days + 719_468;
        let era = from_march.div_euclid(146_097);
        let of_era = from_march.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let day_of_year = match month {
            1 | 2 => of_year - 305,
            _ => of_year + 60 + i64::from(is_leap),
        };
        Date {
            year,
            month: month as usize,
            day,
            day_of_year,
            weekday: (days + 4).rem_euclid(7) as usize,
            seconds: seconds.rem_euclid(86_400),
        }
    }

    /// Go's `Time.Format`: a layout shows how 2 January 2006, 15:04:05, would be written.
    fn format(&self, layout: &str) -> String {
        let mut out = String::new();
        let mut rest = layout;
        while let Some(first) = rest.chars().next() {
            let found = self.fraction(rest).or_else(|| self.part(rest));
            let (text, length) = found.unwrap_or_else(|| (first.to_string(), first.len_utf8()));
            out.push_str(&text);
            rest = &rest[length..];
        }
        out
    }

    /// `.000` is a fraction of a second, and so is `.999`, which leaves out zeros.
    fn fraction(&self, layout: &str) -> Option<(String, usize)> {
        let mark = layout.chars().next().filter(|c| ".,".contains(*c))?;
        let digit = layout[1..].chars().next().filter(|c| "09".contains(*c))?;
        let end = layout[1..]
            .find(|c| c != digit)
            .map_or(layout.len(), |i| 1 + i);
        if layout[end..].starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let text = match digit {
            '0' => format!("{mark}{}", "0".repeat(end - 1)),
            _ => String::new(),
        };
        Some((text, end))
    }

    /// The element that a layout begins with, and how long it is.
    fn part(&self, layout: &str) -> Option<(String, usize)> {
        let is_word = |name: &str| {
            let after = layout[name.len()..].chars().next();
            matches!(name, "Jan" | "Mon") && after.is_some_and(|c| c.is_ascii_lowercase())
        };
        let mut elements = ELEMENTS.iter();
        let name = elements.find(|name| layout.starts_with(**name) && !is_word(name))?;
        Some((self.element(name), name.len()))
    }

    fn element(&self, name: &str) -> String {
        let (hour, minute) = (self.seconds / 3600, self.seconds / 60 % 60);
        let second = self.seconds % 60;
        let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
        let month = MONTHS.get(self.month - 1).copied().unwrap_or("");
        let weekday = DAYS.get(self.weekday).copied().unwrap_or("");
        match name {
            "January" => month.to_owned(),
            "Jan" => month.chars().take(3).collect(),
            "Monday" => weekday.to_owned(),
            "Mon" => weekday.chars().take(3).collect(),
            "MST" => "UTC".to_owned(),
            "002" => format!("{:03}", self.day_of_year),
            "__2" => format!("{:3}", self.day_of_year),
            "01" => format!("{:02}", self.month),
            "1" => self.month.to_string(),
            "02" => format!("{:02}", self.day),
            "_2" => format!("{:2}", self.day),
            "2" => self.day.to_string(),
            "03" => format!("{hour12:02}"),
            "3" => hour12.to_string(),
            "15" => format!("{hour:02}"),
            "04" => format!("{minute:02}"),
            "4" => minute.to_string(),
            "05" => format!("{second:02}"),
            "5" => second.to_string(),
            "06" => format!("{:02}", self.year % 100),
            "2006" => format!("{:04}", self.year),
            "_2006" => format!("_{:04}", self.year),
            "PM" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            "pm" => if hour < 12 { "am" } else { "pm" }.to_owned(),
            // Zones, each with as many zeros as it has digits.
            zone if zone.starts_with('Z') => "Z".to_owned(),
            zone => zone.replace('-', "+").replace('7', "0"),
        }
    }
}

/// What a layout may hold (Go, `time/format.go`, `nextStdChunk`), the longer one first where two begin alike.
const ELEMENTS: [&str; 34] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "15",
    "1",
    "2006",
    "2",
    "_2006",
    "__2",
    "_2",
    "3",
    "4",
    "5",
    "PM",
    "pm",
    "-070000",
    "-07:00:00",
    "-0700",
    "-07:00",
    "-07",
    "Z070000",
    "Z07:00:00",
    "Z0700",
    "Z07:00",
    "Z07",
];
