//! Deduplication ids: what a placeholder may print, and how the parts become one id.

mod part;
mod writer;

pub use part::IdPart;
pub use writer::IdWriter;

use crate::error::PayloadError;
use crate::event::Event;

/// The id of an event as text.
pub(crate) fn render<E: Event>(event: &E) -> Result<Option<String>, PayloadError> {
    if E::ID_TEMPLATE.is_none() {
        return Ok(None);
    }
    // Most ids are shorter, and take no more memory than this.
    let mut text = String::with_capacity(64);
    let mut writer = IdWriter::plain(&mut text);
    event.__write_id(&mut writer);
    writer.finish(E::NAME)?;
    Ok(Some(text))
}
