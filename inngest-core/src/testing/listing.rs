//! Serves the JSON endpoints other than `/e/`, in the format of the real server.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use serde_json::json;

use super::event::ReceivedEvent;
use super::received::Received;
use crate::delivery::event_id::EventId;
use crate::event::timestamp::now;

/// The default number of listed events.
const LIMIT: i64 = 20;

/// The maximum number of listed events.
const MAX_LIMIT: i64 = 51;

/// How long the real server caches a response, in milliseconds.
const CACHE_MILLIS: i64 = 5_000;

/// Answers `GET /v1/events` with a query such as `name=storefront/item.imported&limit=5`.
pub(super) fn events(received: &Received, query: &str) -> String {
    let limit = parameter(query, "limit");
    let limit = match limit.as_deref().map_or(0, integer) {
        0 => LIMIT,
        limit => limit.clamp(1, MAX_LIMIT),
    };
    let cursor = match parameter(query, "cursor").filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(text) => match ulid(&text) {
            Some(id) => Some(id),
            None => return refused("Invalid cursor query parameter", 400),
        },
    };
    let name = parameter(query, "name").filter(|name| !name.is_empty());
    let most = usize::try_from(limit).unwrap_or_default();
    let wanted = received.list(most, |event| {
        name.as_ref().is_none_or(|name| *name == event.name)
            && cursor
                .as_ref()
                .is_none_or(|cursor| event.event_id < *cursor)
    });
    let rows: Vec<String> = wanted.iter().map(row).collect();
    answer(&format!("[{}]", rows.join(",")), None)
}

/// Answers `GET /v1/events/{id}`. The HTTP status is 200 even if there is no such event (measured).
pub(super) fn event(received: &Received, id: &str) -> String {
    let id = decoded_path(id);
    let Some(event_id) = ulid(&id) else {
        return refused(&format!("Invalid event ID: {id}"), 400);
    };
    match received.stored(&event_id) {
        Some(event) => answer(&row(&event), Some(now() + CACHE_MILLIS)),
        None => refused("Event not found", 404),
    }
}

/// Answers `GET /v1/events/{id}/runs`. This server runs nothing.
pub(super) fn runs(id: &str) -> String {
    let id = decoded_path(id);
    match ulid(&id) {
        Some(_) => answer("[]", Some(now() + CACHE_MILLIS)),
        None => refused(&format!("Invalid event ID: {id}"), 400),
    }
}

/// Answers `GET /dev`, which SDKs use to detect a dev server.
pub(super) fn server() -> String {
    let server = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "startOpts": {},
        "functions": [],
        "handlers": [],
        "isSingleNodeService": false,
        "isMissingSigningKey": false,
        "isMissingEventKeys": false,
        "features": {},
    });
    server.to_string()
}

fn answer(data: &str, cached_until: Option<i64>) -> String {
    let metadata = json!({
        "fetched_at": rfc3339(now()),
        "cached_until": cached_until.map(rfc3339),
    });
    format!(r#"{{"data":{data},"metadata":{metadata}}}"#)
}

fn refused(error: &str, status: u16) -> String {
    json!({ "error": error, "data": null, "status": status }).to_string()
}

/// Formats an event. Builds text because its data may be nested too deep to print a `Value`.
fn row(event: &ReceivedEvent) -> String {
    let internal_id = event.event_id.to_string();
    let row = json!({
        "internal_id": internal_id,
        "account_id": NIL,
        "environment_id": NIL,
        "source": "",
        "source_id": null,
        "received_at": rfc3339(event.received_at),
        "id": event.id.as_ref().unwrap_or(&internal_id),
        "name": event.name,
        "ts": event.ts,
    });
    let mut row = row.to_string();
    // Reopens the object to append the remaining members.
    row.pop();
    // Writing to a `String` cannot fail.
    if let Some(v) = &event.v {
        let _ = write!(row, r#","v":{}"#, json!(v));
    }
    let data = event.data_json();
    let data = if event.has_data { &*data } else { "null" };
    let _ = write!(row, r#","data":{data}"#);
    if let Some(user) = event.user_json() {
        let _ = write!(row, r#","user":{user}"#);
    }
    row.push('}');
    row
}

/// The account and environment of a server without accounts.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// Parses an event id in any case. Like the real server, accepts any text of a ULID's length up to its
/// maximum first digit; ids that are not ULIDs match no event.
fn ulid(text: &str) -> Option<EventId> {
    let fits = text.len() == ulid::ULID_LEN && text.as_bytes().first() <= Some(&b'7');
    fits.then(|| EventId::from_text(&text.to_ascii_uppercase()))
}

/// Parses a number like Go's `Atoi` with its error ignored: saturates on overflow, 0 if malformed.
fn integer(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    let too_large = if text.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    text.parse().unwrap_or(too_large)
}

/// Returns the first parameter of a query that has this name.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&');
    let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(key, _)| decoded(key) == name)?;
    Some(decoded(value))
}

/// Decodes the percent escapes of a path segment.
pub(super) fn decoded_path(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Decodes a part of a query string. An invalid `%` escape stays as it is.
fn decoded(text: &str) -> String {
    decoded_path(&text.replace('+', " "))
}

/// A time in milliseconds since the Unix epoch as `2026-11-21T18:32:00.000Z`.
pub(super) fn rfc3339(millis: i64) -> String {
    let (days, in_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    // Days since 0000-03-01 in eras of 400 years (Howard Hinnant's civil_from_days).
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hours, minutes) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (seconds, millis) = (in_day / 1_000 % 60, in_day % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::{decoded, rfc3339};

    #[test]
    fn millis_are_formatted_as_rfc_3339() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_743_130_137_367, "2025-03-28T02:48:57.367Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(millis), expected);
        }
    }

    #[test]
    fn percent_escapes_are_decoded() {
        assert_eq!(decoded("a%2Fb.c+d"), "a/b.c d");
        assert_eq!(decoded("%c3%A9%"), "é%");
        assert_eq!(decoded("%zz"), "%zz");
    }
}
