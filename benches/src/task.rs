//! Parses the arguments of a measured program.

use std::str::FromStr;

/// How events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One after another.
    One,
    /// 64 at a time.
    Many,
    /// All in one call, a thousand per request.
    Batch,
    /// All from an iterator that is read while sending, a thousand per request.
    Stream,
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "one" => Ok(Self::One),
            "many" => Ok(Self::Many),
            "batch" => Ok(Self::Batch),
            "stream" => Ok(Self::Stream),
            _ => Err(format!(
                "there is no mode `{text}`; write `one`, `many`, `batch` or `stream`"
            )),
        }
    }
}

/// How many events are in flight in [`Mode::Many`].
pub const IN_FLIGHT: usize = 64;

/// How many events a request has in [`Mode::Batch`].
pub const IN_REQUEST: usize = 1_000;

/// The command line: `URL MODE EVENTS RUN [WORD…]`.
#[derive(Clone, Debug)]
pub struct Task {
    /// The sink's URL, such as `http://127.0.0.1:4000`.
    pub url: String,
    /// How events are sent.
    pub mode: Mode,
    /// How many events to send.
    pub events: usize,
    /// The number of this run, which is part of every event.
    pub run: u32,
    /// `multi` selects the multi-thread runtime, `reqwest` the reqwest transport.
    pub words: Vec<String>,
}

impl Task {
    /// Parses the command line.
    ///
    /// # Errors
    ///
    /// An argument is missing or invalid.
    pub fn from_args() -> Result<Self, String> {
        let usage = "arguments are missing; write URL MODE EVENTS RUN [WORD…]";
        let mut args = std::env::args().skip(1);
        let mut next = || args.next().ok_or(usage);
        let number = |text: String| text.parse().map_err(|error| format!("{text}: {error}"));
        Ok(Self {
            url: next()?,
            mode: next()?.parse()?,
            events: number(next()?)?,
            run: u32::try_from(number(next()?)?).map_err(|error| error.to_string())?,
            words: args.collect(),
        })
    }

    /// Whether the command line has this word.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    /// Runs a future on the selected runtime.
    ///
    /// # Errors
    ///
    /// The system cannot provide a runtime.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> std::io::Result<T> {
        let mut builder = if self.has("multi") {
            tokio::runtime::Builder::new_multi_thread()
        } else {
            tokio::runtime::Builder::new_current_thread()
        };
        Ok(builder.enable_all().build()?.block_on(future))
    }
}
