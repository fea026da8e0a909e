//! Decodes what the embedded server of `inngest-core` received, as functions would get it.

use inngest_core::testing::{Received, ReceivedEvent};

use crate::error::DecodeError;
use crate::events::{self, Events};

/// Decodes the events that an
/// [`EventServer`](inngest_core::testing::EventServer) or a
/// [`Recorder`](inngest_core::testing::Recorder) received.
pub trait EventsAs {
    /// All events in order of receipt, decoded as a function would get them: with the event id if the
    /// sender gave no id, and with numbers as the server stores them.
    ///
    /// # Errors
    ///
    /// An event cannot be decoded. The path begins with its index.
    fn events_as<E: Events>(&self) -> Result<Vec<E>, DecodeError>;
}

impl EventsAs for Received {
    fn events_as<E: Events>(&self) -> Result<Vec<E>, DecodeError> {
        let decoded = self.events().into_iter().enumerate().map(|(index, event)| {
            events::decode(json(&event)).map_err(|error| error.within(&format!("[{index}]")))
        });
        decoded.collect()
    }
}

/// The event as the server passes it to functions.
fn json(event: &ReceivedEvent) -> String {
    let mut members = event.to_json();
    if let Some(members) = members.as_object_mut() {
        // `data_json` has all levels of the data, however deep.
        members.remove("data");
        members
            .entry("id")
            .or_insert_with(|| event.event_id.to_string().into());
    }
    let members = members.to_string();
    let rest = members.strip_prefix('{').unwrap_or_default();
    format!(r#"{{"data":{},{rest}"#, event.data_json())
}
