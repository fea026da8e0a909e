//! Deduplication ids: what a placeholder may print, and how the parts become one id.

mod part;
mod writer;

pub use part::IdPart;
pub use writer::IdWriter;

use inngest_grammar::proof::{Language, Piece};

use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::Event;

/// A piece of an id template with all that is known of it when the program is compiled.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub enum IdPiece {
    /// Text as the id has it.
    Text(&'static str),
    /// What a field prints.
    Part {
        /// The path of the field.
        field: &'static str,
        /// The texts it can print.
        language: Language,
        /// The same as a regular expression.
        pattern: &'static str,
    },
}

impl IdPiece {
    const fn for_proof(&self) -> Piece<'static> {
        match self {
            Self::Text(text) => Piece::Text(text),
            Self::Part { language, .. } => Piece::Part(*language),
        }
    }
}

/// More pieces than any id has.
const MOST_PIECES: usize = 64;

/// Whether two different values can print the same id, as far as can be proved.
pub(crate) const fn is_unambiguous(pieces: &[IdPiece]) -> bool {
    let mut proof = [Piece::Text(""); MOST_PIECES];
    let mut unused: &mut [Piece<'_>] = &mut proof;
    let mut rest = pieces;
    let mut count = 0;
    while let [piece, after @ ..] = rest {
        let [slot, others @ ..] = unused else {
            return false;
        };
        *slot = piece.for_proof();
        unused = others;
        rest = after;
        count += 1;
    }
    let (used, _) = proof.split_at(count);
    inngest_grammar::proof::is_unambiguous(used)
}

/// The id of an event as text.
pub(crate) fn render<E: Event>(event: &E) -> Result<Option<String>, PayloadError> {
    if E::ID_TEMPLATE.is_none() {
        return Ok(None);
    }
    let mut text = String::new();
    let mut writer = IdWriter::plain(&mut text);
    event.__write_id(&mut writer);
    match writer.empty_part() {
        Some(field) => Err(PayloadError::new(
            E::NAME,
            field,
            PayloadErrorKind::EmptyIdPart,
        )),
        None => Ok(Some(text)),
    }
}
