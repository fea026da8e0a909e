//! Errors of client settings.

/// The default address of the dev server.
pub(crate) const DEV_ORIGIN: &str = "http://localhost:8288";

/// Why a client could not be built. It sent nothing.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No event key is set, and dev mode is off.
    #[error(
        "no event key is set; set the environment variable INNGEST_EVENT_KEY or call \
         `event_key`, or set INNGEST_DEV=1 to send to a dev server on this machine"
    )]
    MissingEventKey,
    /// The event key contains an invalid character. The message does not show the key.
    #[error(
        "the event key from {origin} has a character other than letters, digits, `-`, `_`, `.` \
         and `~` at byte {offset}; copy it again from the Inngest dashboard, without quotes or \
         line breaks"
    )]
    InvalidEventKey {
        /// Where the key came from.
        origin: &'static str,
        /// The byte offset of the invalid character in the key.
        offset: usize,
    },
    /// The event key is a signing key, which must stay secret. The message does not show it.
    #[error(
        "the event key from {origin} is a signing key, which never sends events; copy the event key from \
         the Inngest dashboard"
    )]
    SigningKey {
        /// Where the key came from.
        origin: &'static str,
    },
    /// The client cannot send events to the base URL.
    #[error("the base URL `{url}` from {origin} {problem}; give one such as `{DEV_ORIGIN}`")]
    InvalidBaseUrl {
        /// The URL, with `…` in place of possible secrets: a user name, a password, a query, an
        /// event key.
        url: String,
        /// Where the URL came from.
        origin: &'static str,
        /// What is wrong with the URL.
        problem: &'static str,
    },
    /// `INNGEST_DEV` is neither a boolean nor the address of a dev server.
    #[error(
        "INNGEST_DEV is `{value}`, which is neither a boolean nor an address; write \
         `1` or `0`, or an address such as `{DEV_ORIGIN}` or `localhost:8288`"
    )]
    InvalidDev {
        /// The value, with `…` in place of possible secrets.
        value: String,
    },
    /// The base URL is the full URL from the dashboard and contains an event key. The message does
    /// not show the key.
    #[error(
        "the base URL `{url}` from {origin} contains an event key; give the URL without `/e/…` \
         and the key as INNGEST_EVENT_KEY or `event_key`"
    )]
    KeyInBaseUrl {
        /// The URL, with `…` in place of its path.
        url: String,
        /// Where the URL came from.
        origin: &'static str,
    },
    /// An environment variable is not valid UTF-8. The message does not show its value.
    #[error("the environment variable {variable} is not UTF-8; set it to valid UTF-8 or unset it")]
    NotUtf8 {
        /// The name of the variable.
        variable: &'static str,
    },
    /// The name of the Inngest environment is not a valid header value.
    #[error(
        "the Inngest environment's name from {origin} has a character that cannot be sent in a \
         header; use visible ASCII characters"
    )]
    InvalidEnv {
        /// Where the name came from.
        origin: &'static str,
    },
    /// A limit is 0, so the client could send nothing.
    #[error("`{setting}` is 0, so the client could send nothing; set it to at least 1")]
    Zero {
        /// The method of the builder.
        setting: &'static str,
    },
    /// The proxy's URL has a scheme other than `http`.
    #[error(
        "{variable} names a proxy with the scheme `{scheme}`, which is not supported; use an \
         `http://` proxy, name the host in NO_PROXY, or set your own transport"
    )]
    UnsupportedProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The scheme of the proxy's URL.
        scheme: String,
    },
    /// The URL of a proxy is invalid.
    #[error(
        "the proxy `{proxy}` from {variable} {problem}; give one such as \
         `http://proxy.example:3128`, unset {variable}, or name the host in NO_PROXY"
    )]
    InvalidProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The proxy's URL, with `…` in place of possible secrets.
        proxy: String,
        /// What is wrong with the URL.
        problem: &'static str,
    },
    /// An entry of `NO_PROXY` names the server's host with an invalid port.
    #[error(
        "the entry `{entry}` of {variable} has a port that is not a number from 1 to 65535; correct it \
         or leave the port out"
    )]
    InvalidNoProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The entry.
        entry: String,
    },
    /// The operating system could not start the thread of a blocking client.
    #[error("the client could not start its thread: {reason}")]
    Runtime {
        /// The error of the operating system.
        reason: String,
    },
    /// `https` cannot be used because the client cannot verify the server's certificate.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// The cause.
        reason: String,
    },
    /// A variable names a source of trusted certificates that contains none.
    #[error(
        "{variable} names `{path}`, which {problem}; set it to certificates in PEM form, or unset it"
    )]
    NoTrustedCertificates {
        /// The name of the variable.
        variable: &'static str,
        /// The value of the variable.
        path: String,
        /// What is wrong with the path.
        problem: String,
    },
    /// A certificate or private key is unusable. The message does not show it.
    #[error("{what} of `{setting}` {problem}; give it in PEM form")]
    InvalidCertificate {
        /// The method of the builder.
        setting: &'static str,
        /// The argument of the method.
        what: &'static str,
        /// What is wrong with the argument.
        problem: String,
    },
}

crate::error::debug_as_display!(ConfigError);
