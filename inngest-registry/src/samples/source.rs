//! Selects where events are read from, and which ones.

use std::fmt;
use std::path::PathBuf;

#[cfg(feature = "http")]
use super::insights_url::is_insights;

/// The prefix of the server's own events, such as `inngest/function.failed`.
pub(crate) const INTERNAL: &str = "inngest/";

/// Where events are read from.
///
/// `Debug` does not print the credentials that a URL may contain.
#[derive(Clone, PartialEq, Eq)]
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
    /// The URL of Insights in the Inngest REST API v2, such as `https://api.inngest.com/v2/insights` for
    /// Inngest Cloud. Reads the name, version and data of all events that Insights keeps, newest first.
    ///
    /// The key is in the environment variable `INNGEST_SIGNING_KEY`: a signing key or an API key. It is sent
    /// only over HTTPS or to this machine. `INNGEST_ENV` names the Inngest environment.
    #[cfg(feature = "http")]
    Insights(String),
}

impl From<&str> for Source {
    /// `-` is standard input, an `http` or `https` URL is a server, and any other text is a file. A URL whose
    /// path ends in `/insights` or whose host is `api.inngest.com` is Insights.
    fn from(text: &str) -> Self {
        match text {
            "-" => Self::StandardInput,
            #[cfg(feature = "http")]
            url if is_http(url) => {
                if is_insights(url) {
                    Self::Insights(url.to_owned())
                } else {
                    Self::Server(url.to_owned())
                }
            }
            path => Self::File(path.into()),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "http")]
        let without_login = |url: &str| match (url.find("://"), url.rfind('@')) {
            (Some(start), Some(end)) if start < end => {
                let (scheme, rest) = (url.get(..start), url.get(end..));
                format!(
                    "{}://***{}",
                    scheme.unwrap_or_default(),
                    rest.unwrap_or_default()
                )
            }
            _ => url.to_owned(),
        };
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::StandardInput => f.write_str("StandardInput"),
            #[cfg(feature = "http")]
            Self::Server(url) => f.debug_tuple("Server").field(&without_login(url)).finish(),
            #[cfg(feature = "http")]
            Self::Insights(url) => f
                .debug_tuple("Insights")
                .field(&without_login(url))
                .finish(),
        }
    }
}

/// Whether text begins with `http://` or `https://`. The case of a scheme does not matter (RFC 3986).
#[cfg(feature = "http")]
fn is_http(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

/// Which events are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only the events of this name.
    pub name: Option<String>,
    /// The maximum number of events. The server's own events, `inngest/…`, do not count, unless `name` asks
    /// for one of them.
    pub limit: Option<usize>,
    /// Only the events that a server received after this time, such as `2026-11-21T00:00:00Z`. Other
    /// sources ignore it, because they do not record when an event was received.
    pub received_after: Option<String>,
}

impl Query {
    /// Whether an event of this name counts towards the limit.
    pub(super) fn counts(&self, name: &str) -> bool {
        self.name.is_some() || !name.starts_with(INTERNAL)
    }
}
