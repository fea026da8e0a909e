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

/// The result of splitting events: the requests, or the range of events in each.
#[derive(Debug)]
pub(crate) struct Split<R> {
    /// In event order.
    pub(crate) requests: Vec<R>,
    /// Events over the limit, in order.
    pub(crate) too_large: Vec<PayloadError>,
}

/// Returns an error if the event is too large to send.
pub(crate) fn too_large(event: &EncodedEvent, limits: &Limits) -> Option<PayloadError> {
    let (bytes, limit) = (event.json().len(), limits.event_bytes);
    let kind = PayloadErrorKind::TooLarge { bytes, limit };
    (bytes > limit).then(|| PayloadError::new(event.name(), "", kind))
}

/// Splits events by count and bytes. `first` is the index of the first event in the batch.
///
/// An event over the limit of a request is sent alone, because only the server knows the account's
/// limit.
pub(crate) fn split(events: &[EncodedEvent], first: usize, limits: &Limits) -> Split<Range<usize>> {
    let mut requests: Vec<Range<usize>> = Vec::new();
    let mut too_large = Vec::new();
    // The last range so far, and the offset of its first byte.
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

/// Groups events into requests, each with its own seed. `first` is the index of the first event in
/// the batch.
///
/// # Errors
///
/// The operating system returned no random numbers. Returns the events unchanged.
pub(crate) fn into_requests(
    events: EventBuffer,
    first: usize,
    limits: &Limits,
) -> Result<Split<EventRequest>, (EventBuffer, getrandom::Error)> {
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
    Ok(Split {
        requests: requests.collect(),
        too_large,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::buffer::{EventMeta, UntypedMeta};

    /// Returns events of these sizes.
    fn events(sizes: &[usize]) -> EventBuffer {
        let meta = EventMeta::Untyped(Arc::new(UntypedMeta {
            name: "shop/order.placed".into(),
            version: None,
        }));
        let mut events = EventBuffer::default();
        for size in sizes {
            events.push_json(meta.clone(), &vec![b'1'; *size], None, true);
        }
        events
    }

    fn limits(request_bytes: usize, request_events: usize) -> Limits {
        Limits {
            request_bytes,
            request_events,
            event_bytes: 50,
        }
    }

    #[test]
    fn requests_are_full_but_within_both_limits() {
        // Two bytes separate events, and two are brackets. The digits of an event are a valid number.
        for (sizes, request_bytes, request_events, expected) in [
            (&[10, 10, 10][..], 36, 9, &[3][..]),
            (&[10, 10, 10], 35, 9, &[2, 1]),
            (&[10, 10, 10], 24, 9, &[2, 1]),
            (&[10, 10, 10], 23, 9, &[1, 1, 1]),
            (&[10, 10, 10], 99, 3, &[3]),
            (&[10, 10, 10], 99, 2, &[2, 1]),
            (&[40, 10, 10], 24, 9, &[1, 2]),
            (&[10, 40, 10], 24, 9, &[1, 1, 1]),
        ] {
            let limits = limits(request_bytes, request_events);
            let Ok(Split { requests, .. }) = into_requests(events(sizes), 0, &limits) else {
                panic!("no random numbers");
            };
            let found: Vec<_> = requests.iter().map(EventRequest::len).collect();
            assert_eq!(found, expected, "{sizes:?} {limits:?}");
            for request in requests {
                let body = request.body();
                assert_eq!(request.body_bytes(), body.len());
                let events = serde_json::from_slice::<Vec<serde_json::Number>>(&body);
                assert_eq!(events.unwrap().len(), request.len());
            }
        }
    }

    #[test]
    fn only_events_over_the_limit_are_left_out_and_keep_their_index() {
        let events = events(&[10, 51, 50, 60, 10]).events;
        let split = split(&events, 5, &limits(99, 9));
        assert_eq!(split.requests, [0..1, 2..3, 4..5]);
        let indices: Vec<_> = split.too_large.iter().map(PayloadError::index).collect();
        assert_eq!(indices, [6, 8]);
    }
}
