//! The byte format of stored batches.
//!
//! The first line contains the format's name, its version, and a checksum of the rest. The second
//! line describes the requests and event lengths as JSON. Each further line is the JSON of an event.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::delivery::error::SendError;
use crate::delivery::request::{EventRequest, bracket};
use crate::delivery::seed::Seed;
use crate::delivery::uncertainty::Uncertainty;
use crate::encode::buffer::{EventBuffer, EventMeta, UntypedMeta};

/// The name of the format, at the start of the first line.
const NAME: &str = "inngest-batch";

/// The version of the format that this library writes and reads.
const VERSION: u32 = 1;

/// Why a [`Batch`](crate::Batch) could not read bytes, a stored request or a JSON event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchBytesError {
    /// The bytes do not start with the name of the format.
    #[error("the bytes are not a batch; give the bytes that `Batch::to_bytes` returned")]
    NotABatch,

    /// Another version of this library wrote the bytes.
    #[error(
        "the batch has format version {version}, and this version of inngest-core reads version \
         1; read it with the version that wrote it"
    )]
    UnknownVersion {
        /// The version of the format.
        version: u32,
    },

    /// The bytes are truncated or changed.
    #[error(
        "the bytes of the batch are damaged: {problem}; restore them from where they were written"
    )]
    Damaged {
        /// What is wrong with the bytes.
        problem: String,
    },

    /// The stored request is incomplete or changed.
    #[error(
        "the stored request is damaged: {problem}; restore its seed and its events as \
         `Batch::requests` returned them"
    )]
    DamagedRequest {
        /// What is wrong with the request.
        problem: String,
    },

    /// The JSON is not an event.
    #[error(
        "the JSON is not an event: {problem}; write an object with a `name` and, if the event has an \
         `id`, with a text that is not empty"
    )]
    NotAnEvent {
        /// What is wrong with the JSON.
        problem: String,
    },
}

fn damaged(problem: &(impl ToString + ?Sized)) -> BatchBytesError {
    let problem = problem.to_string();
    BatchBytesError::Damaged { problem }
}

/// What is wrong with an event or a request that is read back.
#[derive(Debug)]
pub(crate) struct Unreadable(String);

impl Unreadable {
    fn new(problem: &(impl ToString + ?Sized)) -> Self {
        Self(problem.to_string())
    }

    /// The error for an event that the caller gave as JSON.
    pub(crate) fn event(self) -> BatchBytesError {
        BatchBytesError::NotAnEvent { problem: self.0 }
    }

    /// The error for a request that the caller stored.
    pub(crate) fn request(self) -> BatchBytesError {
        BatchBytesError::DamagedRequest { problem: self.0 }
    }
}

impl From<Unreadable> for BatchBytesError {
    fn from(Unreadable(problem): Unreadable) -> Self {
        Self::Damaged { problem }
    }
}

/// The second line: the requests of a batch, and the lengths of its events in bytes.
#[derive(Serialize, Deserialize)]
struct Header {
    requests: Vec<RequestHeader>,
    /// The length of each new event, and whether all middleware has seen it.
    fresh: Vec<(usize, bool)>,
}

#[derive(Serialize, Deserialize)]
struct RequestHeader {
    /// The value of the seed header.
    seed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    uncertainty: StoredUncertainty,
    events: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredUncertainty {
    None,
    NearRefusal(StoredError),
    Unanswered(Option<StoredError>),
}

/// What a restored batch must know about an error: its message, and whether it is a refusal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredError {
    Refused(String),
    NotAllowed(String),
    Other(String),
}

impl StoredError {
    fn of(error: &Arc<SendError>) -> Self {
        match &**error {
            SendError::Refused { message } => Self::Refused(message.clone()),
            SendError::NotAllowed { message } => Self::NotAllowed(message.clone()),
            other => Self::Other(other.to_string()),
        }
    }

    fn restore(self) -> Arc<SendError> {
        Arc::new(match self {
            Self::Refused(message) => SendError::Refused { message },
            Self::NotAllowed(message) => SendError::NotAllowed { message },
            Self::Other(message) => SendError::Stored { message },
        })
    }
}

impl StoredUncertainty {
    fn of(uncertainty: &Uncertainty) -> Self {
        match uncertainty {
            Uncertainty::None => Self::None,
            Uncertainty::NearRefusal(error) => Self::NearRefusal(StoredError::of(error)),
            Uncertainty::Unanswered(error) => Self::Unanswered(error.as_ref().map(StoredError::of)),
        }
    }

    fn restore(self) -> Uncertainty {
        match self {
            Self::None => Uncertainty::None,
            Self::NearRefusal(error) => Uncertainty::NearRefusal(error.restore()),
            Self::Unanswered(error) => Uncertainty::Unanswered(error.map(StoredError::restore)),
        }
    }
}

/// Encodes a batch.
pub(crate) fn write(requests: &[EventRequest], fresh: &EventBuffer) -> Vec<u8> {
    let stored = requests.iter().map(|request| RequestHeader {
        seed: request.seed().to_text(),
        traceparent: request.traceparent().map(str::to_owned),
        uncertainty: StoredUncertainty::of(request.uncertainty()),
        events: request.json().map(<[u8]>::len).collect(),
    });
    let events = fresh.events.iter();
    let header = Header {
        requests: stored.collect(),
        fresh: events
            .map(|event| (event.json().len(), event.prepared))
            .collect(),
    };
    // Unreachable: numbers, strings and lists always serialize.
    let mut rest = serde_json::to_vec(&header).unwrap_or_default();
    rest.push(b'\n');
    let resent = requests.iter().flat_map(EventRequest::json);
    for json in resent.chain(fresh.json()) {
        rest.extend_from_slice(json);
        rest.push(b'\n');
    }
    let mut bytes = format!("{NAME} {VERSION} {:08x}\n", checksum(&rest)).into_bytes();
    bytes.append(&mut rest);
    bytes
}

/// Decodes a batch.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<EventRequest>, EventBuffer), BatchBytesError> {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let (first, second) = (lines.next().unwrap_or_default(), lines.next());
    let mut words = str::from_utf8(first).unwrap_or_default().split(' ');
    if words.next() != Some(NAME) {
        return Err(BatchBytesError::NotABatch);
    }
    let version = words.next().and_then(|word| word.parse().ok());
    match version.ok_or(BatchBytesError::NotABatch)? {
        VERSION => {}
        version => return Err(BatchBytesError::UnknownVersion { version }),
    }
    let rest = bytes.get(first.len() + 1..).unwrap_or_default();
    let expected = format!("{:08x}", checksum(rest));
    if words.next() != Some(&*expected) || words.next().is_some() {
        return Err(damaged("the checksum does not match"));
    }

    let header: Header =
        serde_json::from_slice(second.unwrap_or_default()).map_err(|error| damaged(&error))?;
    let mut events = StoredEvents {
        rest: lines.next().unwrap_or_default(),
        reader: EventReader::default(),
    };
    let mut requests = Vec::new();
    let mut fresh = EventBuffer::default();
    for stored in header.requests {
        let mut buffer = EventBuffer::default();
        for bytes in stored.events {
            events.read_into(&mut buffer, bytes, true)?;
        }
        let request = request(buffer, &stored.seed, stored.traceparent.as_deref())?;
        requests.push(request.with_uncertainty(stored.uncertainty.restore()));
    }
    for (bytes, prepared) in header.fresh {
        events.read_into(&mut fresh, bytes, prepared)?;
    }
    if !events.rest.is_empty() {
        return Err(damaged("there is data after the last event"));
    }
    Ok((requests, fresh))
}

/// Creates a request from its events and seed.
pub(crate) fn request(
    events: EventBuffer,
    seed: &str,
    traceparent: Option<&str>,
) -> Result<EventRequest, Unreadable> {
    let seed = Seed::parse(seed).ok_or_else(|| Unreadable::new("its seed is invalid"))?;
    let EventBuffer { mut bytes, events } = events;
    if events.is_empty() {
        return Err(Unreadable::new("it has no events"));
    }
    bracket(&mut bytes);
    let range = 0..events.len();
    let request = EventRequest::of_range(bytes.into(), Arc::new(events), range, seed);
    Ok(request.with_traceparent(traceparent.map(Into::into)))
}

/// Events that are not yet decoded.
struct StoredEvents<'a> {
    rest: &'a [u8],
    reader: EventReader,
}

/// The members of an event that the client needs to send it.
#[derive(Deserialize)]
struct StoredEvent<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    v: Option<Cow<'a, str>>,
}

impl StoredEvents<'_> {
    fn read_into(
        &mut self,
        buffer: &mut EventBuffer,
        bytes: usize,
        prepared: bool,
    ) -> Result<(), BatchBytesError> {
        let (json, rest) = self
            .rest
            .split_at_checked(bytes)
            .and_then(|(json, rest)| Some((json, rest.strip_prefix(b"\n")?)))
            .ok_or_else(|| damaged("the data ends inside an event"))?;
        self.rest = rest;
        Ok(self.reader.read_into(buffer, json, prepared)?)
    }
}

/// Reads events that are already JSON.
#[derive(Default)]
pub(crate) struct EventReader {
    /// The name and version of the last event. The next event usually shares them.
    last: Option<Arc<UntypedMeta>>,
}

impl EventReader {
    pub(crate) fn read_into(
        &mut self,
        buffer: &mut EventBuffer,
        json: &[u8],
        prepared: bool,
    ) -> Result<(), Unreadable> {
        // serde reads the members of a struct from an array too.
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(Unreadable::new("it is not a JSON object"));
        }
        let event: StoredEvent<'_> =
            serde_json::from_slice(json).map_err(|error| Unreadable::new(&error))?;
        let id = event.id.map(|id| range_of_text(json, id)).transpose()?;
        let meta = match &self.last {
            Some(last)
                if *last.name == *event.name && last.version.as_deref() == event.v.as_deref() =>
            {
                Arc::clone(last)
            }
            _ => Arc::new(UntypedMeta {
                name: event.name.into(),
                version: event.v.map(Into::into),
            }),
        };
        self.last = Some(Arc::clone(&meta));
        buffer.push_json(EventMeta::Untyped(meta), json, id, prepared);
        Ok(())
    }
}

/// The position of the id's text in the JSON of an event, without the quotes.
fn range_of_text(json: &[u8], id: &RawValue) -> Result<Range<usize>, Unreadable> {
    let id = id.get();
    // The id borrows from the JSON.
    let start = (id.as_ptr() as usize).wrapping_sub(json.as_ptr() as usize);
    let end = start.wrapping_add(id.len());
    let is_text = id.len() > 2 && id.starts_with('"') && end <= json.len();
    let inside = start.wrapping_add(1)..end.wrapping_sub(1);
    is_text
        .then_some(inside)
        .ok_or_else(|| Unreadable::new("its id is not a non-empty string"))
}

/// The CRC-32 of IEEE 802.3. It detects every change of up to 32 consecutive bits.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        // Every byte is a valid index.
        let of_byte = CHECKSUMS.get(usize::from(low ^ byte));
        (crc >> 8) ^ of_byte.copied().unwrap_or_default()
    })
}

/// The checksum of each byte, without the inversions.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
static CHECKSUMS: [u32; 256] = {
    let mut table = [0_u32; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc: u32 = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_matches_the_standard() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn every_uncertainty_is_restored() {
        let message = || "no \"é\"\n".to_owned();
        let refused = || Arc::new(SendError::Refused { message: message() });
        let denied = || Arc::new(SendError::NotAllowed { message: message() });
        let full = || Arc::new(SendError::BufferFull);
        for uncertainty in [
            Uncertainty::None,
            Uncertainty::NearRefusal(refused()),
            Uncertainty::NearRefusal(denied()),
            Uncertainty::Unanswered(None),
            Uncertainty::Unanswered(Some(refused())),
            Uncertainty::Unanswered(Some(full())),
        ] {
            let json = serde_json::to_string(&StoredUncertainty::of(&uncertainty)).unwrap();
            let stored: StoredUncertainty = serde_json::from_str(&json).unwrap();
            let restored = stored.restore();
            assert_eq!(restored.is_some(), uncertainty.is_some(), "{json}");
            match (uncertainty.earlier(), restored.earlier()) {
                (None, None) => {}
                (Some(before), Some(after)) => {
                    let is_refusal = !matches!(**before, SendError::BufferFull);
                    assert_eq!(before.has_same_message_as(after), is_refusal, "{json}");
                    assert!(after.to_string().contains(&before.to_string()), "{after}");
                }
                (before, after) => panic!("{before:?} became {after:?}"),
            }
        }
    }
}
