//! Sends one request, and sorts its events by outcome.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use inngest_core::{Batch, Client, Outcome, SendError, StoredRequest};

use tokio::time::Instant;

use crate::error::OutboxError;
use crate::rows::{RequestRow, Text, storable};
use crate::store::model::{KeptEvent, Leased, SetAside, Settlement};

/// The result of sending a request.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) request: Leased,
    pub(crate) result: SendResult,
}

/// What to do after sending a request.
#[derive(Debug)]
pub(crate) enum SendResult {
    /// Store the outcomes. `again` says why parts of the request are sent again.
    Settle {
        settlement: Settlement,
        again: Option<String>,
    },
    /// No event has an outcome, so send the request again later.
    Hold {
        reason: String,
        /// Whether the server may have any of the events.
        is_uncertain: bool,
    },
}

/// The settings of a relay that apply to each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// How long a request that may have arrived can be sent again.
    pub(crate) window: Duration,
    /// Whether delivered events are kept.
    pub(crate) keeps: bool,
}

impl Rules {
    /// How much longer a request may be sent that was first sent `sent_for` ago. Ends before the window
    /// does, because the network can delay the last bytes.
    pub(crate) fn time_left(&self, sent_for: Duration) -> Duration {
        let margin = (self.window / 10).min(Duration::from_mins(1));
        self.window.saturating_sub(margin).saturating_sub(sent_for)
    }
}

/// Sends the batch of a request.
pub(crate) async fn send(client: Client, request: Leased, batch: Batch, rules: Rules) -> Sent {
    let result = match deliver(&client, &request, batch, rules).await {
        Ok(result) => result,
        Err(error) => SendResult::Hold {
            reason: error.to_string(),
            is_uncertain: request.row.is_uncertain,
        },
    };
    Sent { request, result }
}

async fn deliver(
    client: &Client,
    request: &Leased,
    batch: Batch,
    rules: Rules,
) -> Result<SendResult, OutboxError> {
    let left = rules.time_left(request.sent_for);
    let outcomes = match within(left, client.send_batch(batch)).await {
        Ok(Ok(receipts)) if !rules.keeps => {
            let accepted = receipts.len();
            return Ok(settled(Settlement {
                accepted,
                ..settlement(request)
            }));
        }
        Ok(Ok(receipts)) => receipts.into_iter().map(Outcome::Accepted).collect(),
        Ok(Err(error)) => error.outcomes().to_vec(),
        Err(Late::Timeout) => return Ok(settled(give_up(request, "no answer came in time")?)),
        // The clock of the database then decides whether the request can be sent again.
        Err(Late::ClockJumped) => {
            let reason = "the clock jumped while a request was sent".to_owned();
            let is_uncertain = true;
            return Ok(SendResult::Hold {
                reason,
                is_uncertain,
            });
        }
    };
    sort(request, &outcomes, rules)
}

/// Why the relay stopped waiting for a request.
enum Late {
    Timeout,
    ClockJumped,
}

/// Waits for a future until the time is up. Unlike tokio's timeout, it never polls the future after that: a
/// process that was stopped, or a computer that was suspended, must not send requests that are now too old.
/// While a computer is suspended, only the time of day advances.
async fn within<T>(left: Duration, future: impl Future<Output = T>) -> Result<T, Late> {
    let deadline = Instant::now() + left;
    let time_of_day = SystemTime::now() + left;
    let mut end = pin!(tokio::time::sleep_until(deadline));
    let mut future = pin!(future);
    poll_fn(|context| {
        if Instant::now() >= deadline || end.as_mut().poll(context).is_ready() {
            Poll::Ready(Err(Late::Timeout))
        } else if SystemTime::now() >= time_of_day {
            Poll::Ready(Err(Late::ClockJumped))
        } else {
            future.as_mut().poll(context).map(Ok)
        }
    })
    .await
}

fn settled(settlement: Settlement) -> SendResult {
    SendResult::Settle {
        settlement,
        again: None,
    }
}

fn settlement(request: &Leased) -> Settlement {
    Settlement {
        id: request.id,
        accepted: 0,
        delivered: Vec::new(),
        failed: Vec::new(),
        uncertain: Vec::new(),
        remaining: Vec::new(),
    }
}

/// Sets all events of a request aside as uncertain, because it is too old to be sent again.
pub(crate) fn give_up(request: &Leased, reason: &str) -> Result<Settlement, OutboxError> {
    let stored = request.row.read()?;
    let all = 0..stored.events.len();
    let uncertain = all.map(|index| set_aside(request, &stored, index, reason));
    Ok(Settlement {
        uncertain: uncertain.collect(),
        ..settlement(request)
    })
}

/// Sets a request aside as one failed row, because another program changed it and it cannot be read.
pub(crate) fn set_all_aside(request: &Leased, error: &OutboxError) -> Settlement {
    let uncertain = if request.row.is_uncertain {
        "; the server may have its events"
    } else {
        ""
    };
    let failed = SetAside {
        added_at: request.added_at,
        name: String::new(),
        dedup_id: None,
        event_id: None,
        seed: Some(request.row.seed.clone()),
        traceparent: request.row.traceparent.clone(),
        body: match &request.row.invalid_body {
            Some(bytes) => Text::Invalid(bytes.clone()),
            None => Text::Valid(request.row.body.clone()),
        },
        error: format!("{error}{uncertain}"),
    };
    Settlement {
        failed: vec![failed],
        ..settlement(request)
    }
}

/// Sorts the events of a request by outcome.
fn sort(request: &Leased, outcomes: &[Outcome], rules: Rules) -> Result<SendResult, OutboxError> {
    let stored = request.row.read()?;
    let mut sorted = settlement(request);
    // The current part to send again: its first event, and whether the server may have its events.
    let mut part: Option<(usize, bool)> = None;
    let mut reason = None;
    let mut is_uncertain = false;
    let mut is_known = false;
    for index in 0..=stored.events.len() {
        let outcome = outcomes.get(index);
        let again = match outcome {
            _ if index == stored.events.len() => None,
            Some(Outcome::Accepted(receipt)) => {
                is_known = true;
                sorted.accepted += 1;
                if rules.keeps {
                    sorted.delivered.push(KeptEvent {
                        event_id: receipt.event_id.to_string(),
                        ..kept(&stored, index)
                    });
                }
                None
            }
            outcome => {
                let error = outcome.and_then(Outcome::error);
                if let Some(error) = error
                    && is_refusal(error)
                {
                    is_known = true;
                    sorted
                        .failed
                        .push(set_aside(request, &stored, index, &error.to_string()));
                    None
                } else {
                    // An event without an outcome may have been delivered.
                    let uncertain = !matches!(outcome, Some(Outcome::Rejected(_)));
                    is_uncertain |= uncertain;
                    reason = error.map(with_causes).or(reason);
                    Some(uncertain)
                }
            }
        };
        if let Some((first, uncertain)) = part
            && again != Some(uncertain)
        {
            sorted
                .remaining
                .push(part_of(&stored, first..index, uncertain));
            part = None;
        }
        if let (None, Some(uncertain)) = (part, again) {
            part = Some((index, uncertain));
        }
    }
    if is_known {
        return Ok(SendResult::Settle {
            settlement: sorted,
            again: reason,
        });
    }
    let reason = reason.unwrap_or_default();
    Ok(SendResult::Hold {
        reason,
        is_uncertain,
    })
}

/// Whether the server, the client or a middleware refused this event, and would refuse it again.
fn is_refusal(error: &SendError) -> bool {
    match error {
        SendError::Refused { .. }
        | SendError::NotAllowed { .. }
        | SendError::RequestTooLarge { .. }
        | SendError::Payload(_)
        | SendError::Discarded { .. } => true,
        SendError::InDoubt { last, .. } => is_refusal(last),
        _ => false,
    }
}

/// An error and its causes in one line.
fn with_causes(error: &SendError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

fn part_of(
    request: &StoredRequest<'_>,
    events: std::ops::Range<usize>,
    uncertain: bool,
) -> RequestRow {
    let part = StoredRequest::new(
        seed_after(request, events.start),
        request.events.get(events).unwrap_or_default().to_vec(),
    )
    .with_traceparent(request.traceparent.clone())
    .with_uncertainty(uncertain);
    RequestRow::of(&part)
}

/// The seed of a request that starts with the event at `index`, so that the event keeps its id.
fn seed_after(request: &StoredRequest<'_>, index: usize) -> String {
    // Reading the request has checked the seed.
    request.seed_after(index).unwrap_or_default()
}

fn set_aside(request: &Leased, stored: &StoredRequest<'_>, index: usize, error: &str) -> SetAside {
    let KeptEvent {
        name,
        dedup_id,
        event_id,
        body,
    } = kept(stored, index);
    SetAside {
        added_at: request.added_at,
        name,
        dedup_id,
        event_id: Some(event_id),
        seed: Some(seed_after(stored, index)),
        traceparent: stored.traceparent.as_deref().map(str::to_owned),
        body: Text::Valid(body),
        error: storable(error),
    }
}

/// The name, the ids and the body of an event.
fn kept(request: &StoredRequest<'_>, index: usize) -> KeptEvent {
    #[derive(Default, serde::Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
        #[serde(borrow, default)]
        id: Option<Cow<'a, str>>,
    }
    let body = request.events.get(index).map_or("", |event| event);
    // The event was parsed when it was put into the request.
    let head: Head<'_> = serde_json::from_str(body).unwrap_or_default();
    KeptEvent {
        name: storable(&head.name),
        dedup_id: head.id.map(|id| storable(&id)),
        event_id: request
            .event_id(index)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        body: body.to_owned(),
    }
}
