//! Where the parts of an id are written.

use std::fmt;

use inngest_grammar::proof::Language;

use crate::encode::json;
use crate::error::{PayloadError, PayloadErrorKind};

/// Takes the text of a deduplication id, part by part.
#[derive(Debug)]
pub struct IdWriter<'a> {
    sink: Sink<'a>,
    /// Whether a `Display` failed, of which what it wrote before stands in the id.
    display_failed: bool,
    /// The first field that printed no good text.
    fault: Option<(&'static str, Fault)>,
}

/// What is wrong with the text of a part. Not the kind of an error, because that takes memory, of
/// which every event would have to see that there is none to free.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Empty,
    DisplayFailed,
    Not(Language),
}

impl Fault {
    #[cold]
    fn error(self, event: &str, field: &'static str) -> PayloadError {
        let kind = match self {
            Self::Empty => PayloadErrorKind::EmptyIdPart,
            Self::DisplayFailed => PayloadErrorKind::IdPartDisplayFailed,
            Self::Not(language) => PayloadErrorKind::IdPartNotOfLanguage { language },
        };
        PayloadError::new(event, field, kind)
    }
}

#[derive(Debug)]
enum Sink<'a> {
    Plain(&'a mut String),
    /// The inside of a JSON string.
    Json(&'a mut Vec<u8>),
}

impl<'a> IdWriter<'a> {
    pub(crate) fn plain(out: &'a mut String) -> Self {
        Self::new(Sink::Plain(out))
    }

    pub(crate) fn json(out: &'a mut Vec<u8>) -> Self {
        Self::new(Sink::Json(out))
    }

    fn new(sink: Sink<'a>) -> Self {
        Self {
            sink,
            display_failed: false,
            fault: None,
        }
    }

    /// Whether all parts printed what makes an id of this event.
    #[inline]
    pub(crate) fn finish(&self, event: &str) -> Result<(), PayloadError> {
        match self.fault {
            None => Ok(()),
            Some((field, fault)) => Err(fault.error(event, field)),
        }
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

    /// Adds what a value displays. Where its `Display` fails, the event is refused.
    pub fn push_display(&mut self, value: impl fmt::Display) {
        // That it failed is noted there.
        let _ = fmt::Write::write_fmt(self, format_args!("{value}"));
    }

    /// A part of the id, printed by `print`, which claims to print a text of a language.
    pub(crate) fn part(
        &mut self,
        field: &'static str,
        claimed: Option<Language>,
        print: impl FnOnce(&mut Self),
    ) {
        let before = self.len();
        print(self);
        if self.display_failed {
            self.fault.get_or_insert((field, Fault::DisplayFailed));
        } else if self.len() == before {
            self.fault.get_or_insert((field, Fault::Empty));
        } else if let Some(language) = claimed {
            self.check(field, language, before);
        }
    }

    /// Whether the part that begins at `start` is a text of the language.
    fn check(&mut self, field: &'static str, language: Language, start: usize) {
        let all = match &self.sink {
            Sink::Plain(out) => out.as_bytes(),
            // As JSON has it, with a `\` where there is an escape. No language that is checked has
            // a `\` or a character that is escaped.
            Sink::Json(out) => out.as_slice(),
        };
        if !language.has(all.get(start..).unwrap_or_default()) {
            self.fault.get_or_insert((field, Fault::Not(language)));
        }
    }
}

impl fmt::Write for IdWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }

    /// Both sinks are in memory, so only a `Display` that fails by itself fails here. It is noted,
    /// because who prints a value in `write_id` has nobody to give the error to.
    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        let result = fmt::write(self, text);
        self.display_failed |= result.is_err();
        result
    }
}
