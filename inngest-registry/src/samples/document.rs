//! Reads events from text: JSON Lines, or other JSON documents.

use std::collections::VecDeque;
use std::fmt;
use std::io::BufRead;

use serde_json::{Deserializer, Value};

use super::paged::{Paged, Pages};
use super::sample::{Origin, Sample};
use crate::error::{Error, Problem};

/// The bytes of a byte order mark, which some Windows editors write and JSON does not allow.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Iterates over the events in text, and reads each one when it is needed.
pub(super) struct Documents<R> {
    reader: R,
    /// What errors call the source, such as a path.
    name: String,
    /// The number of the last line that was read.
    line: usize,
    /// Whether a line of JSON was read.
    has_started: bool,
}

/// An event and where it is.
type Row = (Origin, Value);

impl<R: BufRead> Documents<R> {
    pub(super) fn new(reader: R, name: String) -> Paged<Self> {
        Paged::new(Self {
            reader,
            name,
            line: 0,
            has_started: false,
        })
    }

    /// Reads documents that span lines. `text` is the first line, which failed to parse with `error`.
    fn read_rest(
        &mut self,
        mut text: Vec<u8>,
        error: &serde_json::Error,
        ready: &mut VecDeque<Row>,
    ) -> Result<(), Error> {
        let first_line = self.line;
        let end = text.len();
        let read = self.reader.read_to_end(&mut text);
        read.map_err(|error| self.unreadable(error))?;
        let documents: Result<Vec<Value>, _> =
            Deserializer::from_slice(&text).into_iter().collect();
        match documents {
            Ok(documents) => {
                for document in documents {
                    add(ready, document, Origin::Item);
                }
                Ok(())
            }
            Err(inner) => {
                let rest = text.get(end..).unwrap_or_default();
                let mut lines = rest.split(|byte| *byte == b'\n');
                let second = lines.find(|line| !line.trim_ascii().is_empty());
                let is_lines = second.is_none_or(|line| {
                    serde_json::from_slice::<Value>(line).is_ok_and(|value| value.is_object())
                });
                // In JSON Lines, only the first line is wrong.
                Err(if is_lines {
                    self.not_json(first_line, error)
                } else {
                    self.not_json(first_line + inner.line().max(1) - 1, &inner)
                })
            }
        }
    }

    /// Describes a parser error. The parser counts lines from the start of its input, so `line` replaces
    /// its line number.
    fn not_json(&self, line: usize, error: &serde_json::Error) -> Error {
        let text = error.to_string();
        let what = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(what, _)| what);
        let what = what.replace("EOF", "end of text");
        let column = error.column();
        self.invalid(
            &Origin::Line(line),
            format!("JSON: {what} at column {column}"),
        )
    }

    fn invalid(&self, origin: &Origin, problem: String) -> Error {
        Error(Problem::Sample {
            origin: format!("{origin} of `{}`", self.name),
            problem,
        })
    }

    fn unreadable(&self, error: std::io::Error) -> Error {
        Error::io("read", self.name.as_ref(), error)
    }
}

impl<R: BufRead> Pages for Documents<R> {
    type Row = Row;

    /// Reads the next line that is not blank, or the whole rest if the text is not JSON Lines.
    fn read(&mut self, ready: &mut VecDeque<Row>) -> Result<bool, Error> {
        let mut text = Vec::new();
        loop {
            text.clear();
            let read = self.reader.read_until(b'\n', &mut text);
            if read.map_err(|error| self.unreadable(error))? == 0 {
                return Ok(true);
            }
            self.line += 1;
            if self.line == 1 && text.starts_with(BOM) {
                text.drain(..BOM.len());
            }
            if !text.trim_ascii().is_empty() {
                break;
            }
        }
        let is_first = !self.has_started;
        self.has_started = true;
        match serde_json::from_slice(text.trim_ascii_end()) {
            Ok(document) => {
                let line = self.line;
                add(ready, document, |_| Origin::Line(line));
                Ok(false)
            }
            Err(error) if is_first && error.is_eof() => {
                self.read_rest(text, &error, ready)?;
                Ok(true)
            }
            Err(error) => Err(self.not_json(self.line, &error)),
        }
    }

    fn sample(&mut self, (origin, event): Row) -> (Origin, Result<Sample, String>) {
        (origin.clone(), Sample::new(event, origin))
    }

    fn name(&self) -> impl fmt::Display {
        &self.name
    }
}

/// Adds the events of a document: one event, an array, or the answer of a server.
fn add(ready: &mut VecDeque<Row>, document: Value, origin: impl Fn(usize) -> Origin) {
    let events = match document {
        Value::Array(events) => events,
        Value::Object(mut answer) if !answer.contains_key("name") => match answer.remove("data") {
            Some(Value::Array(events)) => events,
            data => {
                answer.extend(data.map(|data| ("data".to_owned(), data)));
                vec![answer.into()]
            }
        },
        event => vec![event],
    };
    let before = ready.len();
    let events = events.into_iter().enumerate();
    ready.extend(events.map(|(i, event)| (origin(before + i + 1), event)));
}
