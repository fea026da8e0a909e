//! Cuts a batch into requests without sending them.

use crate::batch::Batch;
use crate::client::pipeline::{Pipeline, not_sent};
use crate::delivery::batch_error::BatchError;
use crate::delivery::error::SendError;
use crate::delivery::outcome::Rejection;
use crate::delivery::split;
use crate::middleware::chain::Mapping;

/// The requests of a batch; see [`Client::cut`](crate::Client::cut).
#[derive(Debug)]
#[non_exhaustive]
pub struct Cut {
    /// A batch of requests, which [`Batch::requests`] returns and the client sends unchanged.
    pub batch: Batch,
    /// The events that are in no request, because middleware discarded them or because they are over
    /// `max_event_bytes`, with their indices in the original batch.
    pub rejected: Vec<(usize, Rejection)>,
}

/// Runs middleware on the new events of a batch and groups them into requests, each with its own seed.
///
/// # Errors
///
/// A middleware failed, or the operating system returned no random numbers. The error has the events.
pub(crate) fn cut(pipeline: &Pipeline, batch: Batch) -> Result<Cut, BatchError> {
    if batch.is_empty() {
        // An error could name no event that failed.
        return Ok(Cut {
            batch,
            rejected: Vec::new(),
        });
    }
    let (batch, mapping) = match pipeline.prepare(batch) {
        Ok(prepared) => prepared,
        Err(stopped) => return Err(not_cut(*stopped, None)),
    };
    let first = batch.resent_len();
    let Batch { fresh, requests } = batch;
    let split = match split::into_requests(fresh, first, &pipeline.limits) {
        Ok(split) => split,
        Err((fresh, error)) => {
            return Err(not_cut((Batch { fresh, requests }, error.into()), mapping));
        }
    };
    let origins = mapping.as_ref().map(|mapping| &mapping.origins);
    let mut rejected: Vec<_> = split
        .too_large
        .into_iter()
        .filter_map(|error| {
            let index = match origins {
                None => error.index(),
                // The caller does not know about an event that middleware added.
                Some(origins) => origins.get(error.index()).copied().flatten()?,
            };
            Some((index, Rejection::of_payload(error.at(index))))
        })
        .collect();
    let discarded = mapping.map(|mapping| mapping.discarded).unwrap_or_default();
    rejected.extend(
        discarded
            .into_iter()
            .map(|event| (event.index, event.rejection)),
    );
    rejected.sort_by_key(|(index, _)| *index);
    let requests = requests.into_iter().chain(split.requests);
    Ok(Cut {
        batch: Batch::of_requests(requests.collect()),
        rejected,
    })
}

/// The error of a batch that was not cut.
pub(crate) fn not_cut((batch, error): (Batch, SendError), mapping: Option<Mapping>) -> BatchError {
    let outcomes = not_sent(error, &batch);
    let outcomes = match mapping {
        Some(mapping) => mapping.restore(outcomes),
        None => outcomes,
    };
    BatchError::new(outcomes, batch)
}
