//! Selects where events are read from, and which ones.

use std::path::PathBuf;

/// Where events are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A file with one event per line, or with other JSON documents: an event, an array of events, or
    /// the answer of a server's `/v1/events`.
    File(PathBuf),
    /// The same from standard input.
    StandardInput,
    /// The URL of a server, such as `http://127.0.0.1:8288` for a dev server. Reads all events that its
    /// `/v1/events` lists, newest first.
    #[cfg(feature = "http")]
    Server(String),
}

impl From<&str> for Source {
    /// `-` is standard input, an `http` or `https` URL is a server, and any other text is a file.
    fn from(text: &str) -> Self {
        match text {
            "-" => Self::StandardInput,
            #[cfg(feature = "http")]
            url if url.starts_with("http://") || url.starts_with("https://") => {
                Self::Server(url.to_owned())
            }
            path => Self::File(path.into()),
        }
    }
}

/// Which events are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only the events of this name.
    pub name: Option<String>,
    /// The maximum number of events.
    pub limit: Option<usize>,
    /// Only the events that a server received after this time, such as `2026-11-21T00:00:00Z`. Other
    /// sources ignore it, because they do not record when an event was received.
    pub received_after: Option<String>,
}
