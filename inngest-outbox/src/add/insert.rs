//! Builds the statements of one `add`, with their parameters, for every library.

use std::borrow::Cow;

use crate::rows::{EventRow, Rows};
use crate::settings::Settings;

/// A statement that inserts rows.
#[derive(Debug)]
pub(crate) struct Insert<'a> {
    pub(crate) sql: &'a str,
    pub(crate) parameters: Vec<Parameter<'a>>,
}

/// A parameter of a statement.
#[derive(Debug)]
pub(crate) enum Parameter<'a> {
    /// Text, or NULL.
    Text(Option<Cow<'a, str>>),
    /// An array of text, on Postgres only.
    Texts(Vec<&'a str>),
    /// An array of integers, on Postgres only.
    Integers(Vec<i32>),
    /// An array of booleans, on Postgres only.
    Booleans(Vec<bool>),
}

/// The statements for Postgres: one for all events, and one for all requests.
pub(crate) fn for_postgres<'a>(settings: &'a Settings, rows: &'a Rows) -> Vec<Insert<'a>> {
    let Rows { events, requests } = rows;
    let statements = settings.statements();
    let mut inserts = Vec::new();
    match events.as_slice() {
        [] => {}
        [event] => inserts.push(Insert::of_event(&statements.postgres_event, event)),
        events => inserts.push(Insert {
            sql: &statements.postgres_events,
            parameters: vec![
                texts(events, |event| &event.name),
                texts(events, |event| {
                    event.dedup_id.as_deref().unwrap_or_default()
                }),
                texts(events, |event| {
                    event.traceparent.as_deref().unwrap_or_default()
                }),
                texts(events, |event| &event.body),
            ],
        }),
    }
    if !requests.is_empty() {
        let events = requests.iter().map(|request| request.events);
        let uncertainties = requests.iter().map(|request| request.is_uncertain);
        inserts.push(Insert {
            sql: &statements.postgres_requests,
            parameters: vec![
                texts(requests, |request| &request.seed),
                Parameter::Integers(events.collect()),
                texts(requests, |request| {
                    request.traceparent.as_deref().unwrap_or_default()
                }),
                texts(requests, |request| &request.body),
                Parameter::Booleans(uncertainties.collect()),
            ],
        });
    }
    inserts
}

/// The statements for SQLite: one for all events, and one for all requests.
pub(crate) fn for_sqlite<'a>(settings: &'a Settings, rows: &'a Rows) -> Vec<Insert<'a>> {
    let statements = settings.statements();
    let of_json = |sql: &'a str, json: Option<String>| {
        json.map(|json| Insert {
            sql,
            parameters: vec![Parameter::Text(Some(json.into()))],
        })
    };
    let events = match rows.events.as_slice() {
        [event] => Some(Insert::of_event(&statements.sqlite_event, event)),
        _ => of_json(&statements.sqlite_events, rows.events_json()),
    };
    let requests = of_json(&statements.sqlite_requests, rows.requests_json());
    events.into_iter().chain(requests).collect()
}

impl<'a> Insert<'a> {
    /// The statement that inserts one event.
    fn of_event(sql: &'a str, event: &'a EventRow) -> Self {
        let EventRow {
            name,
            dedup_id,
            traceparent,
            body,
        } = event;
        let parameters = [
            Some(name),
            dedup_id.as_ref(),
            traceparent.as_ref(),
            Some(body),
        ];
        let text = |text: Option<&'a String>| Parameter::Text(text.map(Into::into));
        Self {
            sql,
            parameters: parameters.map(text).into(),
        }
    }

    /// The parameters of a statement for SQLite.
    pub(crate) fn into_texts(self) -> Vec<Option<Cow<'a, str>>> {
        let texts = self
            .parameters
            .into_iter()
            .map(|parameter| match parameter {
                Parameter::Text(text) => text,
                Parameter::Texts(_) | Parameter::Integers(_) | Parameter::Booleans(_) => None,
            });
        texts.collect()
    }
}

/// One column of the rows, as an array.
fn texts<'a, T>(rows: &'a [T], column: impl Fn(&'a T) -> &'a str) -> Parameter<'a> {
    Parameter::Texts(rows.iter().map(column).collect())
}
