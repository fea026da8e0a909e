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

/// Templates with more pieces are not proved; they count as ambiguous.
const MOST_PIECES: usize = 64;

/// Pieces as the grammar wants them, in an array because constants have no `Vec`.
struct ForProof {
    pieces: [Piece<'static>; MOST_PIECES],
    count: usize,
}

impl ForProof {
    const fn of(pieces: &[IdPiece]) -> Option<Self> {
        let mut all = [Piece::Text(""); MOST_PIECES];
        let mut unused: &mut [Piece<'_>] = &mut all;
        let mut rest = pieces;
        let mut count = 0;
        while let [piece, after @ ..] = rest {
            let [slot, others @ ..] = unused else {
                return None;
            };
            *slot = piece.for_proof();
            unused = others;
            rest = after;
            count += 1;
        }
        Some(Self { pieces: all, count })
    }

    const fn pieces(&self) -> &[Piece<'static>] {
        self.pieces.split_at(self.count).0
    }
}

/// The paths of the two placeholders because of which different values could print the same id.
pub(crate) const fn clash(pieces: &[IdPiece]) -> Option<Clash> {
    let Some(proof) = ForProof::of(pieces) else {
        return Some(Clash::TooLong);
    };
    match inngest_grammar::proof::clash(proof.pieces()) {
        Some((left, right)) => match (piece_at(pieces, left), piece_at(pieces, right)) {
            (Some(left), Some(right)) => Some(Clash::Between(left, right)),
            _ => Some(Clash::TooLong),
        },
        None => None,
    }
}

/// Why a template is not proved.
pub(crate) enum Clash {
    Between(&'static str, &'static str),
    TooLong,
}

/// The path of the placeholder at a place.
const fn piece_at(pieces: &[IdPiece], at: usize) -> Option<&'static str> {
    let mut rest = pieces;
    let mut place = 0;
    while let [piece, after @ ..] = rest {
        if place == at {
            return match piece {
                IdPiece::Part { field, .. } => Some(field),
                IdPiece::Text(_) => None,
            };
        }
        rest = after;
        place += 1;
    }
    None
}

/// Whether two templates could print the same id.
pub(crate) const fn could_coincide(a: &[IdPiece], b: &[IdPiece]) -> bool {
    match (ForProof::of(a), ForProof::of(b)) {
        (Some(a), Some(b)) => inngest_grammar::overlap::could_coincide(a.pieces(), b.pieces()),
        _ => true,
    }
}

/// The id of an event as text.
pub(crate) fn render<E: Event>(event: &E) -> Result<Option<String>, PayloadError> {
    if E::ID_TEMPLATE.is_none() {
        return Ok(None);
    }
    // Most ids are shorter, and take no more memory than this.
    let mut text = String::with_capacity(64);
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
