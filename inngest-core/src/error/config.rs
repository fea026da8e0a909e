//! Why a client cannot be made.

/// Where the dev server listens unless told otherwise.
pub(crate) const DEV_ORIGIN: &str = "http://localhost:8288";

/// A client that cannot be made. Nothing has been sent.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No event key, and no dev server to talk to instead.
    #[error(
        "no event key is set; set the environment variable INNGEST_EVENT_KEY or call \
         `event_key`, or set INNGEST_DEV=1 to send to a dev server on this machine"
    )]
    MissingEventKey,
    /// The event key has a character that no event key has. The message does not show the key.
    #[error(
        "the event key from {origin} has a character other than letters, digits, `-`, `_`, `.` \
         and `~` at byte {offset}; copy it again from the Inngest dashboard, without quotes and \
         line breaks"
    )]
    InvalidEventKey {
        /// Where the key came from.
        origin: &'static str,
        /// The byte of the key at which the character begins.
        offset: usize,
    },
    /// The base URL is no URL that events can be sent to.
    #[error("the base URL `{url}` from {origin} {problem}; give one such as `{DEV_ORIGIN}`")]
    InvalidBaseUrl {
        /// The URL, with `…` for what could be secret: a user name, a password, a query, an event
        /// key.
        url: String,
        /// Where it came from.
        origin: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// `INNGEST_DEV` says neither on nor off, and names no server.
    #[error(
        "INNGEST_DEV is `{value}`, which says neither on nor off nor where a dev server is; write \
         `1` or `0`, or a server such as `{DEV_ORIGIN}` or `localhost:8288`"
    )]
    InvalidDev {
        /// The value, with `…` for what could be secret.
        value: String,
    },
    /// The base URL is the whole URL of the dashboard, with an event key in it. The message does
    /// not show the key.
    #[error(
        "the base URL `{url}` from {origin} has an event key in it; give the URL without `/e/…` \
         and the key as INNGEST_EVENT_KEY or `event_key`"
    )]
    KeyInBaseUrl {
        /// The URL, with `…` for its path.
        url: String,
        /// Where it came from.
        origin: &'static str,
    },
    /// An environment variable is not UTF-8. The message does not show it.
    #[error("the environment variable {variable} is not UTF-8; set it anew or unset it")]
    NotUtf8 {
        /// The name of the variable.
        variable: &'static str,
    },
    /// The name of the Inngest environment cannot stand in a header.
    #[error(
        "the Inngest environment's name from {origin} has a character that cannot be sent in a \
         header; use visible ASCII characters"
    )]
    InvalidEnv {
        /// Where the name came from.
        origin: &'static str,
    },
    /// A limit of 0, with which nothing could be sent.
    #[error("`{setting}` is 0, with which nothing could be sent; give at least 1")]
    Zero {
        /// The builder's method.
        setting: &'static str,
    },
    /// A proxy that speaks another protocol than HTTP.
    #[error(
        "{variable} names a proxy with the scheme `{scheme}`, which is not supported; use an \
         `http://` proxy, name the host in NO_PROXY, or give a transport of your own"
    )]
    UnsupportedProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The scheme of the proxy's URL.
        scheme: String,
    },
    /// A proxy that cannot be reached, because its URL is none.
    #[error(
        "the proxy `{proxy}` from {variable} {problem}; give one such as \
         `http://proxy.example:3128`, unset {variable}, or name the host in NO_PROXY"
    )]
    InvalidProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The proxy's URL, with `…` for what could be secret.
        proxy: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An entry of `NO_PROXY` that names the server's host with a port that is none.
    #[error(
        "the entry `{entry}` of {variable} has a port that is no number from 1 to 65535; correct it \
         or leave the port out"
    )]
    InvalidNoProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The entry.
        entry: String,
    },
    /// The system gave no thread for a blocking client.
    #[error("a thread for the client cannot be started: {reason}")]
    Runtime {
        /// What failed.
        reason: String,
    },
    /// `https` without a way to check the server's certificate.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// What failed.
        reason: String,
    },
    /// A variable names certificates to trust, and there are none.
    #[error(
        "{variable} names `{path}`, which {problem}; set it to certificates in PEM form, or unset it"
    )]
    NoTrustedCertificates {
        /// The name of the variable.
        variable: &'static str,
        /// The value of the variable.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Certificates or a private key that cannot be used. The message does not show them.
    #[error("{what} of `{setting}` {problem}; give it in PEM form")]
    InvalidCertificate {
        /// The builder's method.
        setting: &'static str,
        /// Which of its arguments.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

crate::error::debug_as_display!(ConfigError);
