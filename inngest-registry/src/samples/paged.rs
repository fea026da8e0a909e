//! Iterates over the events of a source that reads several at a time.

use std::collections::VecDeque;
use std::fmt;

use super::sample::{Origin, Sample};
use crate::error::{Error, Problem};

/// A source that reads several events at a time: the answer of a server, or a line.
pub(super) trait Pages {
    /// An event as the source has it.
    type Row;

    /// Reads more events. Returns whether there are no more after them.
    fn read(&mut self, ready: &mut VecDeque<Self::Row>) -> Result<bool, Error>;

    /// The event, or what is wrong with it.
    fn sample(&mut self, row: Self::Row) -> (Origin, Result<Sample, String>);

    /// What errors call the source.
    fn name(&self) -> impl fmt::Display;
}

/// The events of a source. They are read as the iterator advances. After an error, it ends.
pub(super) struct Paged<P: Pages> {
    pub(super) pages: P,
    /// Events that were read but not yet returned.
    ready: VecDeque<P::Row>,
    is_over: bool,
}

impl<P: Pages> Paged<P> {
    pub(super) fn new(pages: P) -> Self {
        Self {
            pages,
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    fn end(&mut self) {
        self.is_over = true;
        self.ready.clear();
    }
}

impl<P: Pages> Iterator for Paged<P> {
    type Item = Result<Sample, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.is_over {
            match self.pages.read(&mut self.ready) {
                Ok(is_over) => self.is_over = is_over,
                Err(error) => {
                    self.end();
                    return Some(Err(error));
                }
            }
        }
        let (origin, sample) = self.pages.sample(self.ready.pop_front()?);
        Some(sample.map_err(|problem| {
            self.end();
            Error(Problem::Sample {
                origin: format!("{origin} of `{}`", self.pages.name()),
                problem: format!("an event: {problem}"),
            })
        }))
    }
}
