//! Times as people, JSON and SQL write them.

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// A time with any precision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instant {
    /// Since the Unix epoch.
    seconds: i64,
    /// The digits after the decimal point, without zeros at the end.
    fraction: String,
}

impl Instant {
    /// Parses a time of RFC 3339, such as `2026-11-21T00:00:00Z`. A space may take the place of the `T`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', 't', ' '])?;
        let zone_at = time.find(['Z', 'z', '+', '-'])?;
        let (time, zone) = time.split_at_checked(zone_at)?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let [hours, minutes, seconds] = numbers(time, ':', [2, 2, 2])?;
        let days = days(year, month, day)?;
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        let in_day = (hours * 60 + minutes) * 60 + seconds;
        Some(Self {
            seconds: days * 86_400 + in_day - offset(zone)?,
            fraction: fraction.trim_end_matches('0').to_owned(),
        })
    }

    /// The whole milliseconds since the Unix epoch.
    pub(super) fn millis(&self) -> i64 {
        let digits: String = self.fraction.chars().chain("000".chars()).take(3).collect();
        // Three digits are a number.
        self.seconds * 1000 + digits.parse::<i64>().unwrap_or_default()
    }

    /// The time in UTC, as `ClickHouse` and `DuckDB` read it: `2026-11-21 00:00:00`.
    pub(super) fn to_sql(&self) -> String {
        let in_day = self.seconds.rem_euclid(86_400);
        let (year, month, day) = date(self.seconds.div_euclid(86_400));
        let (hours, minutes, seconds) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
        let dot = if self.fraction.is_empty() { "" } else { "." };
        let fraction = &self.fraction;
        format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}{dot}{fraction}")
    }
}

/// Three numbers with these lengths.
fn numbers(text: &str, separator: char, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length)?;
        if !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The seconds between UTC and a zone, such as `Z` or `+01:00`.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, zone) = match zone.strip_prefix('-') {
        Some(zone) => (-1, zone),
        None => (1, zone.strip_prefix('+')?),
    };
    let [hours, minutes, _] = numbers(&format!("{zone}:00"), ':', [2, 2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
}

/// The days from 1970-01-01 to a date, after Howard Hinnant's `days_from_civil`. `None` if there is no such
/// date.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let year_from_march = year - i64::from(month <= 2);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let (era, year_of_era) = (
        year_from_march.div_euclid(400),
        year_from_march.rem_euclid(400),
    );
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - EPOCH;
    // February 30 becomes a day in March.
    (date(days) == (year, month, day)).then_some(days)
}

/// The year, month and day that are this many days after 1970-01-01, after Howard Hinnant's
/// `civil_from_days`.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_utc() {
        for (text, sql, millis) in [
            ("1970-01-01T00:00:00Z", "1970-01-01 00:00:00", 0),
            (
                "2025-03-28t02:48:57.367000z",
                "2025-03-28 02:48:57.367",
                1_743_130_137_367,
            ),
            (
                "2026-11-21 00:30:00.1234+01:00",
                "2026-11-20 23:30:00.1234",
                1_795_217_400_123,
            ),
            (
                "2000-02-28T23:30:00-00:30",
                "2000-02-29 00:00:00",
                951_782_400_000,
            ),
            ("1969-12-31T23:59:59.9Z", "1969-12-31 23:59:59.9", -100),
        ] {
            let instant = Instant::parse(text).unwrap();
            assert_eq!(
                (instant.to_sql(), instant.millis()),
                (sql.to_owned(), millis)
            );
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T00:00:00",
            "2026-11-21T00:00Z",
            "2026-11-21T00:00:00.Z",
            "2026-11-21T00:00:00.5xZ",
            "2026-11-21T24:00:00Z",
            "2026-11-21T00:60:00Z",
            "2026-11-21T00:00:00Zx",
            "2026-11-21T00:00:00+1:00",
            "2026-11-21T00:00:00+01:00:00",
            "2026-11-21T00:00:00+24:00",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "26-01-01T00:00:00Z",
            "2026-01-01-01T00:00:00Z",
            "+026-01-01T00:00:00Z",
            "now",
            "1 day ago",
            "'; DROP",
            "2026-01-01T00:00:00Z' OR 1=1",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
