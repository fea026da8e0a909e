//! Where the parts of an id are written.

use std::fmt;

use crate::wire::json;

/// Takes the text of a deduplication id, part by part.
#[derive(Debug)]
pub struct IdWriter<'a> {
    sink: Sink<'a>,
    empty_part: Option<&'static str>,
}

#[derive(Debug)]
enum Sink<'a> {
    Plain(&'a mut String),
    /// The inside of a JSON string.
    Json(&'a mut Vec<u8>),
}

impl<'a> IdWriter<'a> {
    pub(crate) fn plain(out: &'a mut String) -> Self {
        Self {
            sink: Sink::Plain(out),
            empty_part: None,
        }
    }

    pub(crate) fn json(out: &'a mut Vec<u8>) -> Self {
        Self {
            sink: Sink::Json(out),
            empty_part: None,
        }
    }

    /// The first field that printed nothing.
    pub(crate) fn empty_part(&self) -> Option<&'static str> {
        self.empty_part
    }

    fn len(&self) -> usize {
        match &self.sink {
            Sink::Plain(out) => out.len(),
            Sink::Json(out) => out.len(),
        }
    }

    /// Adds text.
    pub fn push_str(&mut self, text: &str) {
        match &mut self.sink {
            Sink::Plain(out) => out.push_str(text),
            Sink::Json(out) => json::string_content(out, text),
        }
    }

    /// Adds what a value displays.
    pub fn push_display(&mut self, value: impl fmt::Display) {
        // Both sinks are in memory; only a `Display` that fails by itself could fail here, and
        // then the id has what it wrote before.
        let _ = fmt::Write::write_fmt(self, format_args!("{value}"));
    }

    /// A part of the id, printed by `print`.
    pub(crate) fn part(&mut self, field: &'static str, print: impl FnOnce(&mut Self)) {
        let before = self.len();
        print(self);
        if self.len() == before {
            self.empty_part.get_or_insert(field);
        }
    }
}

impl fmt::Write for IdWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}
