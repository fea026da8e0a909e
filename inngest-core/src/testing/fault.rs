//! Defines the faults that a test injects into a server.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;

use crate::transport::contract::Answer;

/// A fault to inject into a request, with [`EventServer::inject`](super::EventServer::inject) or
/// [`EventServer::script`](super::EventServer::script).
///
/// Accepted events are recorded whatever the response, so a test can compare what the server accepted
/// with what the client reported.
///
/// ```
/// use inngest_core::testing::{EventServer, Fault};
///
/// let server = EventServer::start()?;
/// // The next two requests get status 503; their events are not accepted.
/// server.inject(Fault::status(503).times(2));
/// // Then the events are accepted and the connection breaks.
/// server.inject(Fault::close().after_taking());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    pub(super) kind: FaultKind,
    pub(super) accepts_events: bool,
    pub(super) delay: Duration,
    times: Option<usize>,
    matches: Option<Arc<Matches>>,
}

type Matches = dyn Fn(&FaultRequest<'_>) -> bool + Send + Sync;

/// The request that a fault's condition sees.
#[derive(Debug)]
#[non_exhaustive]
pub struct FaultRequest<'a> {
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
    /// How many requests came before this one.
    pub index: usize,
}

#[derive(Clone, Debug)]
pub(super) enum FaultKind {
    /// A different response.
    Answer {
        status: u16,
        body: String,
        retry_after: Option<String>,
    },
    /// No response; the connection is closed.
    Close,
    /// The correct response, but the connection closes after this many bytes of the body.
    Cut(usize),
    /// The correct response, delayed.
    Late,
}

impl Fault {
    fn new(kind: FaultKind, accepts_events: bool) -> Self {
        Self {
            kind,
            accepts_events,
            delay: Duration::ZERO,
            times: Some(1),
            matches: None,
        }
    }

    /// Responds with this status and no body. Events are not accepted.
    ///
    /// A status outside of 200 to 999 cannot end a request in HTTP, and becomes 500.
    pub fn status(status: u16) -> Self {
        let status = match status {
            200..=999 => status,
            _ => 500,
        };
        let kind = FaultKind::Answer {
            status,
            body: String::new(),
            retry_after: None,
        };
        Self::new(kind, false)
    }

    /// Closes the connection without a response. Events are not accepted.
    pub fn close() -> Self {
        Self::new(FaultKind::Close, false)
    }

    /// Accepts the events and sends only the first bytes of the response's body.
    pub fn cut(bytes: usize) -> Self {
        Self::new(FaultKind::Cut(bytes), true)
    }

    /// Accepts the events and delays the response.
    pub fn late(delay: Duration) -> Self {
        Self::new(FaultKind::Late, true).delay(delay)
    }

    /// Responds with status 413 to every body larger than this, in bytes. Their events are not
    /// accepted. A [script](super::EventServer::script) ignores the size.
    pub fn too_large(bytes: usize) -> Self {
        let over = move |request: &FaultRequest<'_>| request.body.len() > bytes;
        Self::status(413).always().when(over)
    }

    /// Responds with status 429 to requests beyond this many in the given time. `Retry-After` is
    /// that time in whole seconds, rounded up. A [script](super::EventServer::script) ignores the rate.
    pub fn rate(requests: usize, per: Duration) -> Self {
        let recent: Mutex<VecDeque<Instant>> = Mutex::default();
        let is_over = move |_: &FaultRequest<'_>| {
            let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            while recent
                .front()
                .is_some_and(|first| now.duration_since(*first) >= per)
            {
                recent.pop_front();
            }
            let is_over = recent.len() >= requests;
            if !is_over {
                recent.push_back(now);
            }
            is_over
        };
        let seconds = per.as_secs() + u64::from(per.subsec_nanos() > 0);
        Self::status(429)
            .retry_after(seconds.to_string())
            .always()
            .when(is_over)
    }

    /// The status that the client receives. `answer` is the response without the fault.
    pub(super) fn status_of(&self, answer: &Answer) -> Option<u16> {
        match self.kind {
            FaultKind::Answer { status, .. } => Some(status),
            FaultKind::Close => None,
            FaultKind::Cut(_) | FaultKind::Late => Some(answer.status),
        }
    }

    /// What fails for the client; `None` if the fault only delays the response.
    pub(super) fn error(&self) -> Option<&'static str> {
        match self.kind {
            FaultKind::Answer { .. } => Some("an injected fault replaced the response"),
            FaultKind::Close => Some("an injected fault closed the connection"),
            FaultKind::Cut(_) => Some("an injected fault cut off the response"),
            FaultKind::Late => None,
        }
    }

    /// Sets the body of a [`status`](Self::status) fault's response.
    pub fn body(mut self, text: impl Into<String>) -> Self {
        if let FaultKind::Answer { body, .. } = &mut self.kind {
            *body = text.into();
        }
        self
    }

    /// Sets `Retry-After` of a [`status`](Self::status) fault: seconds, or a date. A value that no header can
    /// have is not sent.
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        if let FaultKind::Answer { retry_after, .. } = &mut self.kind {
            *retry_after = Some(value.into());
        }
        self
    }

    /// Accepts the events in spite of the fault.
    pub fn after_taking(mut self) -> Self {
        self.accepts_events = true;
        self
    }

    /// Delays the fault.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sets how many requests the fault affects. The default is one. A
    /// [script](super::EventServer::script) ignores this and applies the fault to one request.
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Applies the fault to all requests while the server runs. A [script](super::EventServer::script)
    /// ignores this and applies the fault to one request.
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Applies the fault only to requests that satisfy the condition. A
    /// [script](super::EventServer::script) ignores this.
    ///
    /// The condition may call methods of the server. It must not wait for another request: the server
    /// processes one at a time.
    pub fn when(
        mut self,
        matches: impl Fn(&FaultRequest<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.matches = Some(Arc::new(matches));
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("kind", &self.kind)
            .field("accepts_events", &self.accepts_events)
            .field("delay", &self.delay)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

/// The pending faults.
#[derive(Debug, Default)]
pub(super) struct Faults {
    injected: Vec<(Number, Fault)>,
    /// The number of the last injected fault.
    last: Number,
    script: VecDeque<Option<Fault>>,
    random: Option<Random>,
    seen: usize,
}

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) {
        self.last += 1;
        self.injected.push((self.last, fault));
    }

    pub(super) fn script(&mut self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.script.extend(faults);
    }

    pub(super) fn random(&mut self, seed: u64, percent: u8) {
        self.random = Some(Random {
            state: seed,
            percent,
        });
    }

    /// The faults that may apply to the next request.
    pub(super) fn begin(&mut self) -> Candidates {
        let index = self.seen;
        self.seen += 1;
        match self.script.pop_front() {
            Some(scripted) => Candidates::Scripted(scripted),
            None => Candidates::Injected(index, self.injected.clone()),
        }
    }

    /// The fault for this request: the scripted one, else the first injected one that matches, else a random
    /// one.
    pub(super) fn take(&mut self, choice: Choice) -> Option<Fault> {
        let number = match choice {
            Choice::Scripted(scripted) => return scripted,
            Choice::Injected(number) => number,
            Choice::None => return self.random.as_mut().and_then(Random::next),
        };
        // A condition may have cleared the faults.
        let (_, fault) = self
            .injected
            .iter_mut()
            .find(|(other, _)| *other == number)?;
        if let Some(times) = &mut fault.times {
            *times = times.saturating_sub(1);
        }
        let applied = fault.clone();
        self.injected.retain(|(_, fault)| fault.times != Some(0));
        Some(applied)
    }
}

/// Identifies an injected fault.
type Number = u64;

/// The faults that may apply to a request.
pub(super) enum Candidates {
    Scripted(Option<Fault>),
    /// How many requests came before, and the injected faults.
    Injected(usize, Vec<(Number, Fault)>),
}

/// Which fault applies to a request.
pub(super) enum Choice {
    Scripted(Option<Fault>),
    Injected(Number),
    None,
}

impl Candidates {
    /// Evaluates the conditions, which must not run while the faults are locked.
    pub(super) fn choose(self, headers: &HeaderMap, body: &[u8]) -> Choice {
        let (index, injected) = match self {
            Self::Scripted(scripted) => return Choice::Scripted(scripted),
            Self::Injected(index, injected) => (index, injected),
        };
        let request = FaultRequest {
            headers,
            body,
            index,
        };
        let mut injected = injected.into_iter();
        let chosen = injected.find(|(_, fault)| {
            let matches = fault.matches.as_ref();
            fault.times != Some(0) && matches.is_none_or(|matches| matches(&request))
        });
        chosen.map_or(Choice::None, |(number, _)| Choice::Injected(number))
    }
}

/// Generates random faults, the same for the same seed.
#[derive(Debug)]
struct Random {
    state: u64,
    percent: u8,
}

impl Random {
    fn next(&mut self) -> Option<Fault> {
        if self.below(100) >= u64::from(self.percent) {
            return None;
        }
        Some(match self.below(7) {
            0 => Fault::status(503),
            1 => Fault::status(429).retry_after("0"),
            2 => Fault::close(),
            3 => Fault::close().after_taking(),
            4 => Fault::status(500).after_taking(),
            5 => Fault::cut(7),
            _ => Fault::status(200).body("{\"status\":200}").after_taking(),
        })
    }

    /// Generates a number below `bound` (splitmix64).
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(faults: &mut Faults, requests: usize) -> Vec<Option<u16>> {
        let next = |_| {
            let choice = faults.begin().choose(&HeaderMap::new(), b"12345");
            match faults.take(choice)?.kind {
                FaultKind::Answer { status, .. } => Some(status),
                _ => Some(0),
            }
        };
        (0..requests).map(next).collect()
    }

    #[test]
    fn the_script_precedes_injected_faults() {
        let mut faults = Faults::default();
        faults.inject(Fault::status(500).times(2));
        faults.inject(Fault::status(501));
        faults.script([None, Some(Fault::status(502))]);
        let found = statuses(&mut faults, 6);
        assert_eq!(
            found,
            [None, Some(502), Some(500), Some(500), Some(501), None]
        );
    }

    #[test]
    fn a_script_applies_each_fault_to_one_request() {
        let mut faults = Faults::default();
        let always = Fault::status(502).always();
        let never = Fault::status(503).times(2).when(|_| false);
        faults.script([Some(always), Some(never), Some(Fault::too_large(5))]);
        let found = statuses(&mut faults, 4);
        assert_eq!(found, [Some(502), Some(503), Some(413), None]);
    }

    #[test]
    fn a_status_that_cannot_end_a_request_becomes_500() {
        for (status, expected) in [
            (0, 500),
            (100, 500),
            (199, 500),
            (200, 200),
            (999, 999),
            (1_000, 500),
            (u16::MAX, 500),
        ] {
            let mut faults = Faults::default();
            faults.inject(Fault::status(status));
            assert_eq!(statuses(&mut faults, 1), [Some(expected)], "{status}");
        }
    }

    #[test]
    fn conditions_select_requests() {
        let mut faults = Faults::default();
        faults.inject(Fault::too_large(5));
        assert_eq!(statuses(&mut faults, 1), [None]);
        faults.inject(Fault::too_large(4));
        faults.inject(Fault::status(429));
        assert_eq!(statuses(&mut faults, 2), [Some(413), Some(413)]);
        let mut faults = Faults::default();
        faults.inject(Fault::rate(2, Duration::from_secs(3_600)));
        let found = statuses(&mut faults, 4);
        assert_eq!(found, [None, None, Some(429), Some(429)]);
        let mut faults = Faults::default();
        faults.inject(Fault::rate(1, Duration::ZERO));
        assert_eq!(statuses(&mut faults, 3), [None, None, None]);
    }

    #[test]
    fn random_faults_repeat_for_the_same_seed() {
        let draw = |seed| {
            let mut faults = Faults::default();
            faults.random(seed, 30);
            statuses(&mut faults, 1_000)
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let affected = draw(7).iter().flatten().count();
        assert!((250..350).contains(&affected), "{affected}");
    }
}
