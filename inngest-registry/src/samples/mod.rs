//! Reads sent events from JSON Lines, other JSON documents, the list of a server or Inngest Insights.
//!
//! ```no_run
//! use inngest_registry::samples::{Query, Source, read};
//!
//! # fn main() -> Result<(), inngest_registry::Error> {
//! for sample in read(&Source::from("events.jsonl"), &Query::default())? {
//!     let sample = sample?;
//!     println!("{} {:?}", sample.name(), sample.version());
//! }
//! # Ok(())
//! # }
//! ```

mod document;
#[cfg(feature = "http")]
mod insights;
#[cfg(feature = "http")]
mod insights_url;
#[cfg(feature = "http")]
mod instant;
mod paged;
mod sample;
#[cfg(feature = "http")]
mod server;
mod source;

use std::fs::File;
use std::io::{BufReader, stdin};

use self::document::Documents;
pub use self::sample::{Origin, Sample};
#[cfg(feature = "drift")]
pub(crate) use self::source::INTERNAL;
pub use self::source::{Query, Source};
use crate::error::Error;

/// The events of a source, in its order.
pub type Samples = Box<dyn Iterator<Item = Result<Sample, Error>>>;

/// Reads the events of a source. A file or a list is read as the iterator advances. After an error, the iterator
/// ends.
///
/// # Errors
///
/// The source cannot be read. The iterator returns an error for anything that is not an event, and for JSON
/// that is nested deeper than 127 levels.
pub fn read(source: &Source, query: &Query) -> Result<Samples, Error> {
    let mut samples: Samples = match source {
        Source::File(path) => {
            let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
            Box::new(Documents::new(
                BufReader::new(file),
                path.display().to_string(),
            ))
        }
        Source::StandardInput => Box::new(Documents::new(
            BufReader::new(stdin()),
            "standard input".to_owned(),
        )),
        #[cfg(feature = "http")]
        Source::Server(url) => Box::new(server::Listing::new(url, query)?),
        #[cfg(feature = "http")]
        Source::Insights(url) => Box::new(insights::Insights::new(url, query, &|name| {
            std::env::var_os(name)
        })?),
    };
    let query = query.clone();
    let mut left = query.limit.unwrap_or(usize::MAX);
    Ok(Box::new(std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let selected = |sample: &Result<Sample, Error>| match (sample, &query.name) {
            (Ok(sample), Some(name)) => sample.name() == name,
            _ => true,
        };
        let sample = samples.find(selected)?;
        if sample
            .as_ref()
            .is_ok_and(|sample| query.counts(sample.name()))
        {
            left -= 1;
        }
        Some(sample)
    })))
}

#[cfg(test)]
mod tests;
