//! Types of other crates in data, ids, times and sessions: every type that the README's table lists.

use inngest_core::Event;
use inngest_core::testing::{EventServer, assert_matches_schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const UUID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";
const ULID: &str = "01D39ZY06FGSCTVN4T2V9PKHFZ";
const TIME: &str = "2026-11-28T21:30:05.250Z";

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "a/data")]
struct Data {
    uuid: uuid::Uuid,
    #[schemars(with = "String")]
    ulid: ulid::Ulid,
    url: url::Url,
    price: rust_decimal::Decimal,
    chrono_time: chrono::DateTime<chrono::Utc>,
    chrono_date: chrono::NaiveDate,
    jiff_time: jiff::Timestamp,
    jiff_date: jiff::civil::Date,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    time_time: time::OffsetDateTime,
    #[schemars(with = "String")]
    time_date: time::Date,
}

fn data() -> Data {
    let date = jiff::civil::date(2026, 11, 28);
    let time: jiff::Timestamp = TIME.parse().unwrap();
    Data {
        uuid: UUID.parse().unwrap(),
        ulid: ULID.parse().unwrap(),
        url: "HTTPS://Example.com/ä".parse().unwrap(),
        price: "12.50".parse().unwrap(),
        chrono_time: TIME.parse().unwrap(),
        chrono_date: date.to_string().parse().unwrap(),
        jiff_time: time,
        jiff_date: date,
        time_time: time::OffsetDateTime::from_unix_timestamp_nanos(time.as_nanosecond()).unwrap(),
        time_date: time::Date::from_calendar_date(2026, time::Month::November, 28).unwrap(),
    }
}

#[tokio::test]
async fn data_is_text_and_satisfies_its_schema() {
    let data = data();
    assert_eq!(
        serde_json::to_value(&data).unwrap(),
        json!({
            "uuid": UUID,
            "ulid": ULID,
            "url": "https://example.com/%C3%A4",
            "price": "12.50",
            "chrono_time": "2026-11-28T21:30:05.250Z",
            "chrono_date": "2026-11-28",
            "jiff_time": "2026-11-28T21:30:05.25Z",
            "jiff_date": "2026-11-28",
            "time_time": "2026-11-28T21:30:05.25Z",
            "time_date": "2026-11-28",
        })
    );
    assert_matches_schema(&data);

    let server = EventServer::start().unwrap();
    server.client().unwrap().send(&data).await.unwrap();
    server.assert_valid();
    server.assert_sent::<Data>(|sent| *sent == data);
}

#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "a/id",
    id = "id-{uuid}-{ulid}-{chrono_date}-{jiff_date}-{time_date}-{url}"
)]
struct Id {
    #[event(ts)]
    at: jiff::Timestamp,
    #[event(session)]
    uuid: uuid::Uuid,
    #[event(session)]
    #[schemars(with = "String")]
    ulid: ulid::Ulid,
    url: url::Url,
    chrono_date: chrono::NaiveDate,
    jiff_date: jiff::civil::Date,
    #[schemars(with = "String")]
    time_date: time::Date,
}

#[tokio::test]
async fn ids_times_and_sessions() {
    let data = data();
    let event = Id {
        at: data.jiff_time,
        uuid: data.uuid,
        ulid: data.ulid,
        url: data.url,
        chrono_date: data.chrono_date,
        jiff_date: data.jiff_date,
        time_date: data.time_date,
    };
    let server = EventServer::start().unwrap();
    server.client().unwrap().send(&event).await.unwrap();
    server.assert_valid();

    let sent = &server.events()[0];
    let day = "2026-11-28";
    let url = "https://example.com/%C3%A4";
    let id = format!("id-{UUID}-{ULID}-{day}-{day}-{day}-{url}");
    assert_eq!(sent.id.as_ref(), Some(&id));
    assert_eq!(sent.ts, 1_795_901_405_250);
    let sessions = serde_json::Value::from(sent.sessions.clone());
    assert_eq!(sessions, json!({ "uuid": UUID, "ulid": ULID }));
    assert_matches_schema(&event);
}

#[test]
fn five_digit_year_is_an_error_with_a_message() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/report", id = "report-{day}")]
    struct Report {
        day: chrono::NaiveDate,
    }
    let day = chrono::NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
    let error = Report { day }.dedup_id().unwrap_err();
    assert_eq!(
        error.to_string(),
        "event `a/report`: `day` is part of the id and its year is not between 0 and 9999, so it does not \
         print as `YYYY-MM-DD`; correct the date"
    );
}
