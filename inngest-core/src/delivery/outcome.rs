//! The outcome of each event, in the order of the events.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::delivery::dedup_id::{DedupId, DedupIds};
use crate::delivery::error::SendError;
use crate::delivery::event_id::EventId;
use crate::delivery::receipt::Receipt;
use crate::delivery::request::EventRequest;
use crate::delivery::response::AcceptedIds;
use crate::error::PayloadError;

/// The outcome of one event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The server accepted the event.
    Accepted(Receipt),
    /// The server does not have the event.
    Rejected(Rejection),
    /// The server may have the event.
    Unknown {
        /// The event name.
        event_name: Cow<'static, str>,
        /// The event id that the server uses if it has the event.
        event_id: EventId,
        /// The deduplication id, if the event has one.
        dedup_id: Option<DedupId>,
        /// Why the outcome is unknown.
        error: Arc<SendError>,
    },
}

impl Outcome {
    /// The error, unless the server accepted the event.
    #[must_use]
    pub fn error(&self) -> Option<&SendError> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(Rejection { error, .. }) | Self::Unknown { error, .. } => Some(error),
        }
    }

    /// The event name, unless the server accepted the event.
    pub(crate) fn failed_name(&self) -> Option<&str> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(Rejection { event_name, .. }) | Self::Unknown { event_name, .. } => {
                Some(event_name)
            }
        }
    }
}

/// An event that the server does not have, and why. Dereferences to the error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rejection {
    /// The event name.
    pub event_name: Cow<'static, str>,
    /// The deduplication id. Absent if the event has none, or if this library refused the event.
    pub dedup_id: Option<DedupId>,
    /// Why the server does not have the event.
    pub error: Arc<SendError>,
}

impl Rejection {
    /// An event that this library refused.
    pub(crate) fn of_payload(error: PayloadError) -> Self {
        Self {
            event_name: error.event_name().to_owned().into(),
            dedup_id: None,
            error: Arc::new(error.into()),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Deref for Rejection {
    type Target = SendError;

    fn deref(&self) -> &SendError {
        &self.error
    }
}

/// The outcomes of events. Stored as receipts while all events are accepted, which is the usual
/// case.
#[derive(Debug)]
pub(crate) enum Outcomes {
    Receipts(Vec<Receipt>),
    Each(Vec<Outcome>),
}

impl Default for Outcomes {
    fn default() -> Self {
        Self::Receipts(Vec::new())
    }
}

impl Outcomes {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Receipts(receipts) => receipts.len(),
            Self::Each(outcomes) => outcomes.len(),
        }
    }

    pub(crate) fn reserve(&mut self, events: usize) {
        match self {
            Self::Receipts(receipts) => receipts.reserve(events),
            Self::Each(outcomes) => outcomes.reserve(events),
        }
    }

    /// Adds accepted events.
    pub(crate) fn accept(&mut self, events: impl Iterator<Item = Receipt>) {
        match self {
            Self::Receipts(receipts) => receipts.extend(events),
            Self::Each(outcomes) => outcomes.extend(events.map(Outcome::Accepted)),
        }
    }

    /// Adds events that were not all accepted.
    pub(crate) fn extend(&mut self, events: impl IntoIterator<Item = Outcome>) {
        let mut outcomes = std::mem::take(self).into_each();
        outcomes.extend(events);
        *self = Self::Each(outcomes);
    }

    /// Appends the outcomes of later events, and adjusts the event indices in their errors.
    pub(crate) fn append(&mut self, next: Self) {
        match (&mut *self, next) {
            (Self::Receipts(receipts), Self::Receipts(next)) if receipts.capacity() == 0 => {
                *receipts = next;
            }
            (_, Self::Receipts(next)) => self.accept(next.into_iter()),
            (_, Self::Each(next)) => {
                let before = self.len();
                let next = next.into_iter().enumerate();
                self.extend(next.map(|(index, outcome)| with_index(outcome, before + index)));
            }
        }
    }

    /// The outcome of each event.
    pub(crate) fn each(&mut self) -> &[Outcome] {
        if let Self::Receipts(_) = self {
            *self = Self::Each(std::mem::take(self).into_each());
        }
        match self {
            Self::Each(outcomes) => outcomes,
            Self::Receipts(_) => &[],
        }
    }

    /// The outcome of each event.
    pub(crate) fn into_each(self) -> Vec<Outcome> {
        match self {
            Self::Receipts(receipts) => receipts.into_iter().map(Outcome::Accepted).collect(),
            Self::Each(outcomes) => outcomes,
        }
    }

    /// The receipts of all events.
    ///
    /// # Errors
    ///
    /// The outcome of each event, if not all were accepted.
    pub(crate) fn into_receipts(self) -> Result<Vec<Receipt>, Vec<Outcome>> {
        let outcomes = match self {
            Self::Receipts(receipts) => return Ok(receipts),
            Self::Each(outcomes) => outcomes,
        };
        if outcomes.iter().any(|outcome| outcome.error().is_some()) {
            return Err(outcomes);
        }
        let receipts = outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::Accepted(receipt) => Some(receipt),
            _ => None,
        });
        Ok(receipts.collect())
    }

    /// Inserts events that were not sent, in order, at their indices. Adjusts the event indices in
    /// the other errors.
    pub(crate) fn merge(self, not_sent: Vec<PayloadError>) -> Self {
        if not_sent.is_empty() {
            return self;
        }
        let mut merged = Vec::with_capacity(not_sent.len() + self.len());
        let mut others = self.into_each().into_iter();
        let mut not_sent = not_sent.into_iter().peekable();
        loop {
            if let Some(error) = not_sent.next_if(|error| error.index() <= merged.len()) {
                merged.push(Outcome::Rejected(Rejection::of_payload(error)));
                continue;
            }
            let Some(outcome) = others.next() else { break };
            merged.push(with_index(outcome, merged.len()));
        }
        let not_sent = not_sent.map(Rejection::of_payload);
        merged.extend(not_sent.map(Outcome::Rejected));
        Self::Each(merged)
    }
}

/// The outcomes of events, and the requests to resend.
#[derive(Default)]
pub(crate) struct Delivered {
    /// The outcome of each event, in order.
    pub(crate) outcomes: Outcomes,
    /// The requests that can be resent.
    pub(crate) unsent: Vec<EventRequest>,
}

impl Delivered {
    /// Appends later events.
    pub(crate) fn append(&mut self, next: Self) {
        self.outcomes.append(next.outcomes);
        self.unsent.extend(next.unsent);
    }

    /// Records that the server accepted the first events of a request.
    pub(crate) fn accept(&mut self, request: &EventRequest, ids: AcceptedIds) {
        match ids {
            AcceptedIds::OfSeed(events) => {
                let ids = (0..events).map(|index| request.event_id(index));
                self.outcomes.accept(receipts(request, ids));
            }
            AcceptedIds::Given(ids) => self.outcomes.accept(receipts(request, ids.into_iter())),
        }
    }

    /// Records the final refusal of a request's events. The server may still have them from an earlier
    /// request.
    pub(crate) fn reject(&mut self, request: EventRequest, error: &Arc<SendError>) {
        if request.uncertainty().is_some() {
            self.give_up(request, error);
        } else {
            self.outcomes.extend(undelivered(&request, error));
        }
    }

    /// Records that the client gives up on a request, which can be resent.
    pub(crate) fn give_up(&mut self, request: EventRequest, error: &Arc<SendError>) {
        self.outcomes.extend(undelivered(&request, error));
        self.unsent.push(request);
    }
}

/// The outcomes of events that were not delivered, or may not have been.
pub(crate) fn undelivered(
    request: &EventRequest,
    error: &Arc<SendError>,
) -> impl Iterator<Item = Outcome> {
    let is_uncertain = request.uncertainty().is_some();
    let error = request.uncertainty().explain(Arc::clone(error));
    let dedup_ids = DedupIds::new(request.buffer(), request.events());
    let events = request.events().iter().zip(dedup_ids).enumerate();
    events.map(move |(index, (event, dedup_id))| {
        let error = Arc::clone(&error);
        let event_name = event.meta.shared_name();
        if !is_uncertain {
            return Outcome::Rejected(Rejection {
                event_name,
                dedup_id,
                error,
            });
        }
        Outcome::Unknown {
            event_name,
            event_id: request.event_id(index),
            dedup_id,
            error,
        }
    })
}

/// The receipts of the first events of a request, with their event ids.
pub(crate) fn receipts(
    request: &EventRequest,
    ids: impl Iterator<Item = EventId>,
) -> impl Iterator<Item = Receipt> {
    let dedup_ids = DedupIds::new(request.buffer(), request.events());
    ids.zip(dedup_ids)
        .map(|(event_id, dedup_id)| Receipt { event_id, dedup_id })
}

/// The receipt of the only event of a request.
pub(crate) fn receipt(request: &EventRequest, ids: AcceptedIds) -> Receipt {
    let given = match ids {
        AcceptedIds::OfSeed(_) => None,
        AcceptedIds::Given(ids) => ids.into_iter().next(),
    };
    let dedup_id = request.dedup_ids().next().flatten();
    Receipt {
        event_id: given.unwrap_or_else(|| request.event_id(0)),
        dedup_id: dedup_id.and_then(|id| DedupId::new(&id)),
    }
}

/// Sets the event index in the error of an outcome.
pub(crate) fn with_index(outcome: Outcome, index: usize) -> Outcome {
    if let Outcome::Rejected(rejection) = &outcome
        && let SendError::Payload(error) = &**rejection
    {
        return Outcome::Rejected(Rejection::of_payload(error.clone().at(index)));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::uncertainty::Observation;
    use crate::error::PayloadErrorKind;

    fn refusal() -> Arc<SendError> {
        let message = "no".to_owned();
        Arc::new(SendError::Refused { message })
    }

    fn payload(index: usize) -> PayloadError {
        let kind = PayloadErrorKind::TooLarge { bytes: 2, limit: 1 };
        PayloadError::new("shop/order.placed", "", kind).at(index)
    }

    fn id(letter: char) -> EventId {
        EventId::of_bytes([u8::try_from(letter).unwrap(); 16])
    }

    /// Outcomes as text: a lower-case letter is an accepted event, a digit is the index of an event
    /// that was not sent, and `R` and `U` are rejected and unknown.
    fn outcomes(text: &str) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for letter in text.chars() {
            if let Some(index) = letter.to_digit(10) {
                let error = payload(index as usize);
                outcomes.extend([Outcome::Rejected(Rejection::of_payload(error))]);
            } else if letter == 'R' {
                let request = EventRequest::of_equal_events(1);
                outcomes.extend(undelivered(&request, &refusal()));
            } else {
                let (event_id, dedup_id) = (id(letter), None);
                outcomes.accept(std::iter::once(Receipt { event_id, dedup_id }));
            }
        }
        outcomes
    }

    fn letter_of(receipt: &Receipt) -> char {
        let mut letters = 'a'..='z';
        letters
            .find(|letter| id(*letter) == receipt.event_id)
            .unwrap_or('?')
    }

    fn text(outcomes: &[Outcome]) -> String {
        let letters = outcomes.iter().map(|outcome| match outcome {
            Outcome::Accepted(receipt) => letter_of(receipt).to_string(),
            Outcome::Unknown { .. } => "U".to_owned(),
            Outcome::Rejected(rejection) => match &**rejection {
                SendError::Payload(error) => error.index().to_string(),
                _ => "R".to_owned(),
            },
        });
        letters.collect()
    }

    #[test]
    fn appended_outcomes_keep_their_order_and_get_new_indices() {
        for (first, next, expected) in [
            ("", "", ""),
            ("", "ab", "ab"),
            ("a", "bc", "abc"),
            ("a", "R", "aR"),
            ("R", "ab", "Rab"),
            ("", "a0", "a1"),
            ("aR", "b0R", "aRb3R"),
        ] {
            let mut all = outcomes(first);
            all.append(outcomes(next));
            assert_eq!(all.len(), expected.len(), "{first} {next}");
            assert_eq!(text(all.each()), expected, "{first} {next}");
            assert_eq!(text(&all.into_each()), expected, "{first} {next}");
        }
    }

    #[test]
    fn unsent_events_are_merged_at_their_indices() {
        for (others, not_sent, expected) in [
            ("ab", &[][..], "ab"),
            ("", &[0, 1], "01"),
            ("ab", &[0], "0ab"),
            ("abc", &[1, 3], "a1b3c"),
            ("ab", &[2, 3], "ab23"),
            ("a", &[5], "a5"),
            ("a9R", &[1], "a12R"),
        ] {
            let not_sent = not_sent.iter().map(|index| payload(*index)).collect();
            let merged = outcomes(others).merge(not_sent).into_each();
            assert_eq!(text(&merged), expected, "{others}");
        }
    }

    #[test]
    fn receipts_exist_only_if_all_events_were_accepted() {
        let mut each = outcomes("ab");
        each.each();
        for (outcomes, expected) in [
            (outcomes(""), Ok("")),
            (outcomes("ab"), Ok("ab")),
            (each, Ok("ab")),
            (outcomes("aR"), Err("aR")),
            (outcomes("0a"), Err("0a")),
        ] {
            let found = match outcomes.into_receipts() {
                Ok(receipts) => Ok(receipts.iter().map(letter_of).collect::<String>()),
                Err(outcomes) => Err(text(&outcomes)),
            };
            assert_eq!(
                found.as_deref().map_err(String::as_str),
                expected,
                "{expected:?}"
            );
        }
    }

    #[test]
    fn refused_events_are_unknown_and_resendable_if_an_attempt_is_unanswered() {
        let certain = EventRequest::of_equal_events(2);
        let uncertain = certain.clone().after(Observation::NoAnswer(None));
        let (reject, give_up) = (Delivered::reject, Delivered::give_up);
        for (request, record, expected, unsent) in [
            (&certain, reject as fn(&mut _, _, &_), "RR", 0),
            (&certain, give_up, "RR", 1),
            (&uncertain, reject, "UU", 1),
            (&uncertain, give_up, "UU", 1),
        ] {
            let mut later = Delivered::default();
            record(&mut later, request.clone(), &refusal());
            let mut all = Delivered::default();
            give_up(&mut all, EventRequest::of_equal_events(1), &refusal());
            all.append(later);
            let outcomes = all.outcomes.into_each();
            assert_eq!(text(&outcomes), format!("R{expected}"));
            for (index, outcome) in outcomes[1..].iter().enumerate() {
                assert_eq!(outcome.failed_name(), Some("shop/order.placed"));
                if let Outcome::Unknown {
                    event_id, error, ..
                } = outcome
                {
                    assert_eq!(*event_id, request.event_id(index));
                    assert!(matches!(**error, SendError::InDoubt { .. }));
                }
            }
            let events: Vec<_> = all.unsent.iter().map(EventRequest::len).collect();
            assert_eq!(events, [1, 2][..=unsent]);
        }
    }

    #[test]
    fn receipts_have_the_ids_of_the_seed_unless_the_server_gave_others() {
        let request = EventRequest::of_equal_events(2);
        let seed_ids = [request.event_id(0), request.event_id(1)];
        let given = [id('y'), id('x')];
        for (ids, expected) in [
            (AcceptedIds::OfSeed(2), &seed_ids[..]),
            (AcceptedIds::OfSeed(1), &seed_ids[..1]),
            (AcceptedIds::Given(given.to_vec()), &given),
        ] {
            let mut delivered = Delivered::default();
            delivered.accept(&request, ids);
            let receipts = delivered.outcomes.into_receipts().unwrap();
            assert!(
                receipts
                    .iter()
                    .map(|receipt| &receipt.event_id)
                    .eq(expected)
            );
        }
        let only = |ids| receipt(&request, ids).event_id;
        assert_eq!(only(AcceptedIds::OfSeed(1)), seed_ids[0]);
        assert_eq!(only(AcceptedIds::Given(given.to_vec())), given[0]);
    }
}
