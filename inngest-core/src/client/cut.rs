//! Cuts a batch into requests without sending them.

use crate::batch::Batch;
use crate::client::pipeline::Pipeline;
use crate::delivery::error::SendError;
use crate::delivery::outcome::Rejection;
use crate::delivery::split;

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
/// A middleware failed, or the operating system returned no random numbers.
pub(crate) fn cut(pipeline: &Pipeline, batch: Batch) -> Result<Cut, SendError> {
    let (batch, mapping) = pipeline.prepare(batch).map_err(|stopped| stopped.1)?;
    let first = batch.resent_len();
    let Batch { fresh, requests } = batch;
    let split = split::into_requests(fresh, first, &pipeline.limits).map_err(|(_, error)| error)?;
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
