//! Reads events from Insights, which answers SQL queries: `POST /v2/insights/query` of Inngest's REST API v2.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;

use serde_json::{Value, json};
use ureq::http::HeaderValue;

use super::insights_url::{CLOUD, base, is_cloud, parts};
use super::instant::Instant;
use super::paged::{Paged, Pages};
use super::sample::{Origin, Sample};
use super::source::Query;
use crate::error::{Error, Problem};
use crate::http::{Address, Answer, Credentials, Http, variable};
use crate::message;

/// The variable with a signing key or an API key.
const KEY: &str = "INNGEST_SIGNING_KEY";

/// The variable with the name of an Inngest environment.
const ENVIRONMENT: &str = "INNGEST_ENV";

/// The maximum number of rows in an answer.
const PAGE: usize = 1000;

/// After a query failed, pages are not made smaller than this.
const SMALLEST_PAGE: usize = 10;

const COLUMNS: [&str; 5] = ["id", "name", "v", "data", "received_at"];

/// The events in Insights, newest first.
pub(super) struct Insights {
    http: Http,
    has_key: bool,
    /// The SQL conditions of all pages.
    conditions: Vec<String>,
    /// The time of `received_after`, until it is among the conditions.
    received_after: Option<Instant>,
    /// The maximum number of rows on the next pages.
    page: usize,
    /// Which events are wanted.
    wants: Query,
    /// How many more rows are wanted, apart from those that do not count.
    wanted: usize,
    /// The SQL condition for the events after the last page.
    cursor: Option<String>,
    /// How many events were returned.
    count: usize,
}

/// The columns of an event.
pub(super) struct Row {
    id: String,
    name: Value,
    version: Value,
    data: Value,
    received_at: Value,
}

/// The answer to a query.
struct Table {
    columns: Vec<Value>,
    rows: Vec<Value>,
    /// Whether the server answered fewer rows than the query asked for.
    is_capped: bool,
}

/// Why the server did not run a query.
struct Refusal {
    code: String,
    message: String,
}

impl Insights {
    /// Reads the key and the Inngest environment from `environment`.
    pub(super) fn new(
        url: &str,
        query: &Query,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Paged<Self>, Error> {
        const URL: &str = "the URL of the events";
        let fail = |what, problem| Err(Error(Problem::Address { what, problem }));
        let (server, host, path) = parts(url.trim());
        let path = base(path).unwrap_or(if is_cloud(host) { "/v2/insights" } else { path });
        let (address, credentials) = Address::parse(URL, &format!("{server}{path}"))?;
        let key = variable(KEY, environment)?;
        let credentials = match (credentials, key) {
            (None, Some(key)) => Some(Credentials::bearer(KEY, &key)?),
            (credentials, _) => credentials,
        };
        if credentials.is_none() && is_cloud(host) {
            return fail(
                KEY,
                "is not set, and Inngest Cloud asks for a key; set it to the signing key of the Inngest \
                 environment or to an API key",
            );
        }
        if credentials.is_some() && !address.is_confidential() {
            return fail(
                URL,
                "starts with `http://`, so others could read the key; write `https://`",
            );
        }
        let mut http = Http::new(address, credentials.as_ref(), None)?;
        if let Some(name) = variable(ENVIRONMENT, environment)? {
            let name = name.trim();
            // `HeaderValue` accepts tabs and non-ASCII bytes, too.
            let is_plain = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            let Some(value) = HeaderValue::from_str(name).ok().filter(|_| is_plain) else {
                return fail(
                    ENVIRONMENT,
                    "has characters that a header cannot have; set it to the name of an Inngest \
                     environment or unset it",
                );
            };
            http = http.header("x-inngest-env", value);
        }
        let received_after = match &query.received_after {
            None => None,
            Some(text) => match Instant::parse(text.trim()) {
                Some(instant) => Some(instant),
                None => {
                    return fail(
                        "`--received-after`",
                        "is not a time; write it like `2026-11-21T00:00:00Z`",
                    );
                }
            },
        };
        let name = query.name.as_deref().map(quoted);
        // Without the name in the query, the limit applies to some of the rows.
        let selects_rows = !matches!(name, Some(None));
        Ok(Paged::new(Self {
            http,
            has_key: credentials.is_some(),
            conditions: name
                .flatten()
                .map(|name| format!("name = {name}"))
                .into_iter()
                .collect(),
            received_after,
            page: PAGE,
            wants: query.clone(),
            wanted: query.limit.filter(|_| selects_rows).unwrap_or(usize::MAX),
            cursor: None,
            count: 0,
        }))
    }

    /// The next page, and how many rows were asked for. Asks for fewer rows if the server could not run the
    /// query, because the size of a result is limited.
    fn next_page(&mut self) -> Result<(usize, Table), Error> {
        loop {
            let asked = self.page.min(self.wanted);
            let refusal = match self.ask(&self.query(asked))? {
                Ok(table) => return Ok((asked, table)),
                Err(refusal) => refusal,
            };
            if refusal.code != "execution-error" || self.page / 4 < SMALLEST_PAGE {
                return Err(self.refused(&refusal));
            }
            self.page /= 4;
        }
    }

    fn query(&self, limit: usize) -> String {
        let columns = COLUMNS.join(", ");
        let conditions: Vec<_> = self.conditions.iter().chain(&self.cursor).collect();
        let mut filter = String::new();
        for (index, condition) in conditions.into_iter().enumerate() {
            filter += if index == 0 { " WHERE " } else { " AND " };
            filter += condition;
        }
        format!(
            "SELECT {columns} FROM events{filter} ORDER BY received_at DESC, id DESC LIMIT {limit}"
        )
    }

    /// The condition for the events after this one. The events of one request were received at the same time, so
    /// the id decides between them.
    fn cursor_after(&self, row: &Row) -> Result<String, Error> {
        let time = sql_time(&row.received_at);
        let Some(time) = time else {
            return Err(self.no_list("the column `received_at` has an unknown form"));
        };
        let Some(id) = quoted(&row.id) else {
            return Err(self.no_list(
                "it cannot be asked for the events after one whose id has a backslash or a control \
                 character; read fewer events with `--limit` or `--received-after`",
            ));
        };
        Ok(format!(
            "(received_at < {time} OR (received_at = {time} AND id < {id}))"
        ))
    }

    /// A time as the column `received_at` has it: a number of milliseconds or a datetime.
    fn literal(&self, instant: &Instant) -> Result<String, Error> {
        let table = self.ask("SELECT received_at FROM events LIMIT 1")?;
        let table = table.map_err(|refusal| self.refused(&refusal))?;
        let column = table.columns.first().and_then(|column| column.get("type"));
        Ok(match column.and_then(Value::as_str) {
            Some("NUMBER") => instant.millis().to_string(),
            _ => format!("'{}'", instant.to_sql()),
        })
    }

    fn ask(&self, sql: &str) -> Result<Result<Table, Refusal>, Error> {
        let body = json!({ "query": sql }).to_string();
        let answer = self
            .http
            .send("POST", "/query", "application/json", &body)?;
        if !answer.is_success() {
            return Err(self.no_list(&self.problem(&answer)));
        }
        let mut body: Value = serde_json::from_str(&answer.text)
            .map_err(|error| self.no_list(&format!("its answer is not JSON: {error}")))?;
        let mut take = |key: &str| match body.pointer_mut(&format!("/data/{key}")).map(Value::take)
        {
            Some(Value::Array(items)) => Some(items),
            _ => None,
        };
        let diagnostics = take("diagnostics").unwrap_or_default();
        let text = |diagnostic: &Value, key: &str| {
            let text = diagnostic.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let is_error = |diagnostic: &&Value| text(diagnostic, "severity") == "ERROR";
        if let Some(error) = diagnostics.iter().find(is_error) {
            return Ok(Err(Refusal {
                code: text(error, "code"),
                message: text(error, "message"),
            }));
        }
        match (take("columns"), take("rows")) {
            (Some(columns), Some(rows)) => Ok(Ok(Table {
                columns,
                rows,
                is_capped: diagnostics
                    .iter()
                    .any(|diagnostic| text(diagnostic, "code") == "limit-capped"),
            })),
            _ => Err(self.no_list("its answer has no `data` with `columns` and `rows`")),
        }
    }

    /// What an answer with an error says.
    fn problem(&self, answer: &Answer) -> String {
        let json: Option<Value> = serde_json::from_str(&self.http.redact(&answer.text)).ok();
        let said = json.map_or_else(String::new, |json| {
            let message = message::of_json(json.get("errors").unwrap_or(&json));
            format!(" (`{message}`)")
        });
        match answer.status {
            401 if !self.has_key => format!(
                "it asks for a key{said}; set {KEY} to the signing key of the Inngest environment or to an \
                 API key"
            ),
            401 | 403 => format!(
                "it refuses the key{said}; set {KEY} to the signing key of the Inngest environment or to an \
                 API key, and {ENVIRONMENT} to the name of a branch environment"
            ),
            501 => format!(
                "the server has no Insights{said}; name the URL of the server itself, such as \
                 `http://127.0.0.1:8288`"
            ),
            404 | 405 => format!(
                "there is no Insights at this URL{said}; name `https://{CLOUD}/v2/insights`, or a local \
                 server such as `http://127.0.0.1:8288/api/v2/insights`"
            ),
            status => format!("it answered with status {status}{said}"),
        }
    }

    fn rows(&self, table: &Table) -> Result<Vec<Row>, Error> {
        let position = |name: &str| {
            let is_it = |column: &Value| column.get("name").and_then(Value::as_str) == Some(name);
            let position = table.columns.iter().position(is_it);
            position.ok_or_else(|| self.no_list(&format!("its answer has no column `{name}`")))
        };
        if table.rows.is_empty() {
            return Ok(Vec::new());
        }
        let [id, name, version, data, received_at] = COLUMNS;
        let [id, name, version, data, received_at] = [
            position(id)?,
            position(name)?,
            position(version)?,
            position(data)?,
            position(received_at)?,
        ];
        let row = |row: &Value| {
            let value = |at: usize| row.get("values")?.get(at).cloned();
            Some(Row {
                id: value(id)?.as_str()?.to_owned(),
                name: value(name)?,
                version: value(version)?,
                data: value(data)?,
                received_at: value(received_at)?,
            })
        };
        let rows: Option<Vec<Row>> = table.rows.iter().map(row).collect();
        rows.ok_or_else(|| self.no_list("a row of its answer lacks a value or has no `id`"))
    }

    fn refused(&self, refusal: &Refusal) -> Error {
        let message = message::plain(&self.http.redact(&refusal.message));
        self.no_list(&format!("it refuses the query: {message}"))
    }

    fn no_list(&self, problem: &str) -> Error {
        Error(Problem::NoList {
            address: self.http.address().to_string(),
            problem: problem.to_owned(),
        })
    }
}

impl Pages for Insights {
    type Row = Row;

    /// Requests the next page.
    fn read(&mut self, ready: &mut VecDeque<Row>) -> Result<bool, Error> {
        if let Some(instant) = self.received_after.take() {
            let literal = self.literal(&instant)?;
            self.conditions.push(format!("received_at > {literal}"));
        }
        let (asked, table) = self.next_page()?;
        let rows: Vec<Row> = self.rows(&table)?;
        let counts = |row: &&Row| row.name.as_str().is_none_or(|name| self.wants.counts(name));
        self.wanted = self
            .wanted
            .saturating_sub(rows.iter().filter(counts).count());
        let is_over =
            self.wanted == 0 || rows.is_empty() || (rows.len() < asked && !table.is_capped);
        if let Some(last) = rows.last().filter(|_| !is_over) {
            let cursor = self.cursor_after(last)?;
            if self.cursor.replace(cursor.clone()) == Some(cursor) {
                return Err(self.no_list("it answers with the same events again"));
            }
        }
        ready.extend(rows);
        Ok(is_over)
    }

    fn sample(&mut self, row: Row) -> (Origin, Result<Sample, String>) {
        self.count += 1;
        let origin = if is_ulid(&row.id) {
            Origin::EventId(row.id)
        } else {
            // It is the deduplication id, which may contain personal data.
            Origin::Item(self.count)
        };
        let sample = sample(row.name, row.version, row.data, origin.clone());
        (origin, sample)
    }

    fn name(&self) -> impl fmt::Display {
        self.http.address()
    }
}

/// An event from its columns. Data in a string is JSON.
fn sample(name: Value, version: Value, data: Value, origin: Origin) -> Result<Sample, String> {
    let data = match data {
        Value::String(text) => {
            serde_json::from_str(&text).map_err(|_| "its `data` is not JSON".to_owned())?
        }
        data => data,
    };
    // Insights has an empty version for an event without one.
    let version = if version == "" { Value::Null } else { version };
    let members = [("name", name), ("v", version), ("data", data)];
    let event = members.map(|(key, value)| (key.to_owned(), value));
    Sample::of_insights(Value::Object(event.into_iter().collect()), origin)
}

/// Text as an SQL literal. `None` for text that databases read differently: a backslash is an escape for
/// `ClickHouse`, and itself for `DuckDB`.
fn quoted(text: &str) -> Option<String> {
    let is_plain = !text.contains(|c: char| c == '\\' || c.is_control());
    is_plain.then(|| format!("'{}'", text.replace('\'', "''")))
}

/// A value of `received_at` as an SQL literal.
fn sql_time(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(match number.as_f64() {
            Some(float) if number.is_f64() => format!("{float:.0}"),
            _ => number.to_string(),
        }),
        Value::String(text) => {
            let instant = Instant::parse(text);
            // A time without a zone is in UTC.
            let instant = instant.or_else(|| Instant::parse(&format!("{text}Z")))?;
            Some(format!("'{}'", instant.to_sql()))
        }
        _ => None,
    }
}

fn is_ulid(id: &str) -> bool {
    let is_digit =
        |byte: u8| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(&byte));
    id.len() == 26 && id.bytes().all(is_digit)
}

#[cfg(test)]
mod tests;
