//! Splits events into requests. A request never changes after that.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::delivery::request::{EventRequest, bracket};
use crate::delivery::seed::Seed;
use crate::encode::buffer::{EncodedEvent, EventBuffer};
use crate::error::{PayloadError, PayloadErrorKind};

/// The limits of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) request_bytes: usize,
    pub(crate) request_events: usize,
    pub(crate) event_bytes: usize,
}

/// The event ranges of requests.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) requests: Vec<Range<usize>>,
    /// Events over the limit, in order.
    pub(crate) too_large: Vec<PayloadError>,
}

/// Requests that are ready to send.
#[derive(Debug)]
pub(crate) struct Requests {
    /// The requests in event order.
    pub(crate) requests: Vec<EventRequest>,
    /// Events over the limit, in order.
    pub(crate) too_large: Vec<PayloadError>,
}

/// Checks whether an event is too large to send.
pub(crate) fn too_large(event: &EncodedEvent, limits: &Limits) -> Option<PayloadError> {
    let (bytes, limit) = (event.json().len(), limits.event_bytes);
    let kind = PayloadErrorKind::TooLarge { bytes, limit };
    (bytes > limit).then(|| PayloadError::new(event.name(), "", kind))
}

/// Splits events by count and bytes. `first` is the index of the first event in the batch.
///
/// An event that is larger than a request may be is sent alone, because only the server knows the
/// account's limit.
pub(crate) fn split(events: &[EncodedEvent], first: usize, limits: &Limits) -> Split {
    let mut requests: Vec<Range<usize>> = Vec::new();
    let mut too_large = Vec::new();
    let mut open: Option<(Range<usize>, usize)> = None;
    for (index, event) in events.iter().enumerate() {
        if let Some(error) = self::too_large(event, limits) {
            requests.extend(open.take().map(|(range, _)| range));
            too_large.push(error.at(first + index));
            continue;
        }
        open = match open {
            Some((range, start))
                if range.len() < limits.request_events
                    && event.json().end - start + 2 <= limits.request_bytes =>
            {
                Some((range.start..index + 1, start))
            }
            full => {
                requests.extend(full.map(|(range, _)| range));
                Some((index..index + 1, event.json().start))
            }
        };
    }
    requests.extend(open.map(|(range, _)| range));
    Split {
        requests,
        too_large,
    }
}

/// Groups events into requests with a seed each. `first` is the index of the first event in the
/// batch.
///
/// # Errors
///
/// The operating system returned no random numbers. The events come back unchanged.
pub(crate) fn cut(
    events: EventBuffer,
    first: usize,
    limits: &Limits,
) -> Result<Requests, (EventBuffer, getrandom::Error)> {
    let Split {
        requests,
        too_large,
    } = split(&events.events, first, limits);
    let seeds: Vec<Seed> = match requests.iter().map(|_| Seed::new()).collect() {
        Ok(seeds) => seeds,
        Err(error) => return Err((events, error)),
    };
    let EventBuffer { mut bytes, events } = events;
    for request in &requests {
        let (Some(first), Some(last)) = (events.get(request.start), events.get(request.end - 1))
        else {
            continue;
        };
        if let Some(body) = bytes.get_mut(first.json().start - 1..last.json().end + 1) {
            bracket(body);
        }
    }
    let buffer = Bytes::from(bytes);
    let events = Arc::new(events);
    let requests = requests.into_iter().zip(seeds);
    let requests = requests.map(|(range, seed)| {
        EventRequest::of_range(buffer.clone(), Arc::clone(&events), range, seed)
    });
    Ok(Requests {
        requests: requests.collect(),
        too_large,
    })
}
