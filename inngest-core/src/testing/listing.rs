//! `GET /v1/events`: what came, in the shape of the real server's answer.

use serde_json::{Value, json};

use super::received::{Received, ReceivedEvent};

/// How many events are listed unless the query says otherwise.
const LIMIT: usize = 20;

/// The answer to a query such as `name=storefront/item.imported&limit=5`, newest first.
pub(super) fn events(received: &Received, query: &str) -> String {
    let mut name = None;
    let mut limit = LIMIT;
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match key {
            "name" => name = Some(decoded(value)),
            "limit" => limit = value.parse().unwrap_or(LIMIT),
            _ => {}
        }
    }
    let events = received.events();
    let wanted = events
        .iter()
        .rev()
        .filter(|event| name.as_ref().is_none_or(|n| *n == event.name));
    let data: Vec<Value> = wanted.take(limit).map(row).collect();
    json!({ "data": data }).to_string()
}

fn row(event: &ReceivedEvent) -> Value {
    let internal_id = event.event_id.to_string();
    json!({
        "internal_id": internal_id,
        "id": event.id.as_ref().unwrap_or(&internal_id),
        "name": event.name,
        "data": event.data,
        "ts": event.ts,
        "v": event.v,
        "received_at": rfc3339(event.received_at),
    })
}

/// The text that a part of a query stands for; what is no `%` escape stands for itself.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        let escape = match (byte, after) {
            (b'%', [high, low, others @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let value = digit(*high)
                    .zip(digit(*low))
                    .map(|(high, low)| high * 16 + low);
                value
                    .and_then(|value| u8::try_from(value).ok())
                    .map(|value| (value, others))
            }
            _ => None,
        };
        match escape {
            Some((value, others)) => {
                bytes.push(value);
                rest = others;
            }
            None if *byte == b'+' => bytes.push(b' '),
            None => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
    fn times() {
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
    fn escapes() {
        assert_eq!(decoded("a%2Fb.c+d"), "a/b.c d");
        assert_eq!(decoded("%c3%A9%"), "é%");
        assert_eq!(decoded("%zz"), "%zz");
    }
}
