//! Writes the parts of a deduplication id and checks them.

use std::fmt;

use inngest_grammar::proof::Language;

use crate::encode::json;
use crate::error::{PayloadError, PayloadErrorKind};

/// Builds a deduplication id, part by part.
#[derive(Debug)]
pub struct IdWriter<'a> {
    sink: Sink<'a>,
    /// Why a part could not be printed. Its partial output is still in the id.
    unprintable: Option<PartError>,
    /// The first field that printed invalid text.
    error: Option<(&'static str, PartError)>,
}

/// Why the text of a part is invalid. It is not a `PayloadErrorKind`, because that can own memory, and
/// every event would pay for the check whether to free it.
#[derive(Clone, Copy, Debug)]
enum PartError {
    Empty,
    DisplayFailed,
    YearOutOfRange,
    NotOfLanguage(Language),
}

impl PartError {
    #[cold]
    fn into_payload_error(self, event: &str, field: &'static str) -> PayloadError {
        let kind = match self {
            Self::Empty => PayloadErrorKind::EmptyIdPart,
            Self::DisplayFailed => PayloadErrorKind::IdPartDisplayFailed,
            Self::YearOutOfRange => PayloadErrorKind::IdPartYearOutOfRange,
            Self::NotOfLanguage(language) => PayloadErrorKind::IdPartNotOfLanguage { language },
        };
        PayloadError::new(event, field, kind)
    }
}

#[derive(Debug)]
enum Sink<'a> {
    Plain(&'a mut String),
    /// The content of a JSON string.
    Json(&'a mut Vec<u8>),
}

impl<'a> IdWriter<'a> {
    pub(crate) fn plain(out: &'a mut String) -> Self {
        Self::new(Sink::Plain(out))
    }

    #[inline]
    pub(crate) fn json(out: &'a mut Vec<u8>) -> Self {
        Self::new(Sink::Json(out))
    }

    #[inline]
    fn new(sink: Sink<'a>) -> Self {
        Self {
            sink,
            unprintable: None,
            error: None,
        }
    }

    /// Returns the first error of a part.
    #[inline]
    pub(crate) fn finish(&self, event: &str) -> Result<(), PayloadError> {
        match self.error {
            None => Ok(()),
            Some((field, error)) => Err(error.into_payload_error(event, field)),
        }
    }

    fn len(&self) -> usize {
        match &self.sink {
            Sink::Plain(out) => out.len(),
            Sink::Json(out) => out.len(),
        }
    }

    /// Appends text.
    pub fn push_str(&mut self, text: &str) {
        match &mut self.sink {
            Sink::Plain(out) => out.push_str(text),
            Sink::Json(out) => json::string_content(out, text),
        }
    }

    /// Appends a value's `Display` output. If its `Display` fails, sending the event fails.
    pub fn push_display(&mut self, value: impl fmt::Display) {
        // `write_fmt` records the failure.
        let _ = fmt::Write::write_fmt(self, format_args!("{value}"));
    }

    /// Appends a calendar date as `YYYY-MM-DD`.
    #[cfg_attr(
        not(any(feature = "chrono", feature = "jiff", feature = "time")),
        allow(dead_code)
    )]
    pub(crate) fn push_date(
        &mut self,
        year: i32,
        month: impl fmt::Display,
        day: impl fmt::Display,
    ) {
        if (0..=9999).contains(&year) {
            self.push_display(format_args!("{year:04}-{month:02}-{day:02}"));
        } else {
            self.unprintable = Some(PartError::YearOutOfRange);
        }
    }

    /// Prints one part of the id with `print`. `claimed` is the language that its text must belong
    /// to.
    pub(crate) fn part(
        &mut self,
        field: &'static str,
        claimed: Option<Language>,
        print: impl FnOnce(&mut Self),
    ) {
        let before = self.len();
        print(self);
        if let Some(error) = self.unprintable {
            self.error.get_or_insert((field, error));
        } else if self.len() == before {
            self.error.get_or_insert((field, PartError::Empty));
        } else if let Some(language) = claimed {
            self.check(field, language, before);
        }
    }

    /// Checks that the part that begins at `start` belongs to the language.
    fn check(&mut self, field: &'static str, language: Language, start: usize) {
        let all = match &self.sink {
            Sink::Plain(out) => out.as_bytes(),
            // Escaped as in JSON. No checked language contains `\` or an escaped character.
            Sink::Json(out) => out.as_slice(),
        };
        if !language.has(all.get(start..).unwrap_or_default()) {
            self.error
                .get_or_insert((field, PartError::NotOfLanguage(language)));
        }
    }
}

impl fmt::Write for IdWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }

    /// Both sinks are in memory, so only a failing `Display` fails here. It is recorded, because an
    /// implementation of `write_id` cannot return an error.
    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        let result = fmt::write(self, text);
        if result.is_err() {
            self.unprintable = Some(PartError::DisplayFailed);
        }
        result
    }
}
