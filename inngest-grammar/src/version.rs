//! Event versions, by convention `YYYY-MM-DD.N`.

use std::fmt;

/// Why text is not a valid or conventional event version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VersionError {
    /// The version is empty. The server treats that as no version, so no setting disables this rule.
    Empty,
    /// The text does not have the form `YYYY-MM-DD.N`.
    Form,
    /// The month does not exist.
    Month,
    /// The month has no such day.
    Day,
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the version is empty",
            Self::Form => "the version does not have the form `YYYY-MM-DD.N`",
            Self::Month => "the version names a month that does not exist",
            Self::Day => "the version names a day that does not exist",
        })
    }
}

impl std::error::Error for VersionError {}

/// Checks that a version is an existing date with two-digit month and day, a `.` and a counter.
///
/// # Errors
///
/// Returns the first mistake from the left.
pub fn check(version: &str) -> Result<(), VersionError> {
    if version.is_empty() {
        return Err(VersionError::Empty);
    }
    let form = b"dddd-dd-dd.d";
    // The counter may have any number of digits.
    let forms = form.iter().chain(std::iter::repeat(&b'd'));
    let fits = |(byte, form): (u8, &u8)| match form {
        b'd' => byte.is_ascii_digit(),
        form => byte == *form,
    };
    if version.len() < form.len() || !version.bytes().zip(forms).all(fits) {
        return Err(VersionError::Form);
    }
    // These slices consist of digits, as checked above.
    let number = |range| {
        version
            .get(range)
            .and_then(|digits: &str| digits.parse::<u32>().ok())
    };
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let days = match month {
        Some(4 | 6 | 9 | 11) => 30,
        Some(2) if year.is_some_and(is_leap) => 29,
        Some(2) => 28,
        Some(1..=12) => 31,
        _ => return Err(VersionError::Month),
    };
    match day {
        Some(day) if (1..=days).contains(&day) => Ok(()),
        _ => Err(VersionError::Day),
    }
}

fn is_leap(year: u32) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_with_a_counter_are_valid() {
        for version in [
            "2026-11-21.1",
            "2024-02-29.10",
            "2000-02-29.0",
            "1999-12-31.007",
        ] {
            assert_eq!(check(version), Ok(()), "{version}");
        }
    }

    #[test]
    fn the_first_mistake_is_reported() {
        for (version, expected) in [
            ("", VersionError::Empty),
            ("1", VersionError::Form),
            ("v1", VersionError::Form),
            ("1.2.3", VersionError::Form),
            ("2026-11-21", VersionError::Form),
            ("2026-11-21.", VersionError::Form),
            ("2026-11-21.1a", VersionError::Form),
            ("2026-11-21.1.2", VersionError::Form),
            ("2026-1-21.1", VersionError::Form),
            ("2026-11-21-1", VersionError::Form),
            ("é", VersionError::Form),
            ("2026-é", VersionError::Form),
            ("2026-11-21.é", VersionError::Form),
            ("20261-1-21.1", VersionError::Form),
            ("2026-00-21.1", VersionError::Month),
            ("2026-13-21.1", VersionError::Month),
            ("2026-11-00.1", VersionError::Day),
            ("2026-11-31.1", VersionError::Day),
            ("2026-02-29.1", VersionError::Day),
            ("1900-02-29.1", VersionError::Day),
        ] {
            assert_eq!(check(version), Err(expected), "{version}");
        }
    }

    #[test]
    fn every_day_of_each_month_is_valid() {
        let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for year in [1900, 2000, 2023, 2024, 2100] {
            let is_leap = matches!(year, 2000 | 2024);
            for (month, days) in (1..).zip(days) {
                let days = days + u32::from(month == 2 && is_leap);
                for day in 1..=31 {
                    let version = format!("{year}-{month:02}-{day:02}.1");
                    assert_eq!(check(&version).is_ok(), day <= days, "{version}");
                }
            }
        }
    }

    #[test]
    fn errors_describe_the_problem() {
        for (version, text) in [
            ("", "the version is empty"),
            ("2026", "the version does not have the form `YYYY-MM-DD.N`"),
            (
                "2026-13-01.1",
                "the version names a month that does not exist",
            ),
            (
                "2026-02-30.1",
                "the version names a day that does not exist",
            ),
        ] {
            assert_eq!(check(version).unwrap_err().to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_checked(version in "[0-9é.-]{0,14}|\\PC*") {
            let is_valid = check(&version).is_ok();
            prop_assert!(!is_valid || version.len() >= 12, "{version}");
        }
    }
}
