//! Sends requests to a server, with credentials, TLS and retries. Nothing here prints a secret.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderValue, Request, Response, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

use crate::error::{Error, Problem};

/// How many times a request is sent at most, if the server fails or is busy.
const MAX_ATTEMPTS: u32 = 3;

/// The wait before the first retry. It doubles with each retry.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait that a server may ask for. A longer one ends the retries.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits before a retry.
const PAUSE: fn(Duration) = if cfg!(test) { |_| () } else { thread::sleep };

/// The longest response that is read, in bytes.
const MAX_RESPONSE: u64 = 64 << 20;

/// What is printed instead of a secret.
const REDACTED: &str = "***";

/// All bytes that must be escaped in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address of a server, without credentials: `https://registry.example.com/apis/ccompat/v7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Without a `/` at the end.
    text: String,
    is_loopback: bool,
}

/// Credentials for a request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// A user and a password.
    Basic { user: String, password: String },
    /// A bearer token.
    Bearer(String),
}

/// A client of one server.
pub(crate) struct Http {
    agent: Agent,
    address: Address,
    authorization: Option<HeaderValue>,
    /// More headers for each request.
    headers: HeaderMap,
    /// The strings to remove from responses, longest first.
    secrets: Vec<String>,
    pause: fn(Duration),
}

/// A response of any status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The body, without invalid UTF-8.
    pub(crate) text: String,
    /// The target of a redirect. Redirects are not followed.
    pub(crate) location: Option<String>,
}

impl Address {
    /// Parses a URL and removes the credentials from it. Errors call the URL `what`.
    pub(crate) fn parse(
        what: &'static str,
        url: &str,
    ) -> Result<(Self, Option<Credentials>), Error> {
        let fail = |problem| Error(Problem::Address { what, problem });
        let invalid = || {
            fail(
                "names no server; write it like `https://registry.example.com`, and special characters in a \
                 password in percent-encoding, such as `%2F`",
            )
        };
        let url = url.trim();
        // The parser would drop everything after a `#`, which may be part of a password.
        if url.contains('#') {
            return Err(invalid());
        }
        let uri: Uri = url.parse().map_err(|_| invalid())?;
        let Some(scheme @ ("http" | "https")) = uri.scheme_str() else {
            return Err(invalid());
        };
        if uri.query().is_some() || uri.path().contains('@') {
            return Err(invalid());
        }
        let authority = uri.authority().ok_or_else(invalid)?.as_str();
        let (login, server) = match authority.rsplit_once('@') {
            Some((login, server)) => (Some(login), server),
            None => (None, authority),
        };
        // The parser accepts `me:password` as a host and a port.
        let port = server
            .get(server.rfind(']').unwrap_or(0)..)
            .and_then(|rest| rest.split_once(':'));
        if port.is_some_and(|(_, port)| port.parse::<u16>().is_err()) {
            return Err(invalid());
        }
        let credentials = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let [user, password] = [user, password].map(|encoded| {
                let decoded = percent_decode_str(encoded).decode_utf8();
                decoded.map(Cow::into_owned).map_err(|_| invalid())
            });
            Ok::<_, Error>(Credentials::Basic {
                user: user?,
                password: password?,
            })
        });
        let host = uri.host().unwrap_or_default();
        let host = host.trim_matches(['[', ']']);
        let is_loopback = host == "localhost"
            || (host.parse()).is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        let path = uri.path().trim_end_matches('/');
        let address = Self {
            text: format!("{scheme}://{server}{path}"),
            is_loopback,
        };
        Ok((address, credentials.transpose()?))
    }

    /// Whether nobody else can read what is sent to the address.
    pub(crate) fn is_confidential(&self) -> bool {
        self.is_loopback || self.text.starts_with("https://")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Credentials {
    /// Checks a bearer token. Errors call it `what`.
    pub(crate) fn bearer(what: &'static str, token: &str) -> Result<Self, Error> {
        let token = token.trim();
        let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_token {
            return Err(Error(Problem::Address {
                what,
                problem: "is not a bearer token; it is empty or has characters that a header cannot \
                          have",
            }));
        }
        Ok(Self::Bearer(token.to_owned()))
    }

    fn header(&self) -> String {
        match self {
            Self::Basic { user, password } => {
                format!(
                    "Basic {}",
                    BASE64_STANDARD.encode(format!("{user}:{password}"))
                )
            }
            Self::Bearer(token) => format!("Bearer {token}"),
        }
    }

    fn secrets(&self) -> Vec<String> {
        let secret = match self {
            Self::Basic { password, .. } => password,
            Self::Bearer(token) => token,
        };
        let header = self.header();
        let sent = header.split_once(' ').map(|(_, sent)| sent.to_owned());
        let quoted = Value::from(secret.as_str()).to_string();
        let quoted = quoted.trim_matches('"').to_owned();
        let encoded = utf8_percent_encode(secret, SEGMENT).to_string();
        let mut secrets = vec![secret.clone(), quoted, encoded];
        secrets.extend(sent);
        secrets.retain(|secret| !secret.is_empty());
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(***)",
            Self::Bearer(_) => "Bearer(***)",
        })
    }
}

impl Http {
    /// A client of the server at an address. With `ca`, it trusts only the authorities in this PEM file.
    pub(crate) fn new(
        address: Address,
        credentials: Option<&Credentials>,
        ca: Option<&Path>,
    ) -> Result<Self, Error> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = ca {
            tls = tls.root_certs(read_authorities(path)?);
        }
        let mut config = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("inngest-registry/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(TIMEOUT));
        // A proxy cannot reach this machine.
        config = config.proxy(if address.is_loopback {
            None
        } else {
            Proxy::try_from_env()
        });
        let authorization = credentials.map(|credentials| {
            let header = HeaderValue::try_from(credentials.header());
            // `basic` and `bearer` make ASCII without control characters.
            let mut header = header.unwrap_or_else(|_| HeaderValue::from_static(REDACTED));
            header.set_sensitive(true);
            header
        });
        Ok(Self {
            agent: config.build().new_agent(),
            address,
            authorization,
            headers: HeaderMap::new(),
            secrets: credentials.map(Credentials::secrets).unwrap_or_default(),
            pause: PAUSE,
        })
    }

    /// Waits by calling this function before it retries.
    #[cfg(test)]
    pub(crate) fn pause(mut self, pause: fn(Duration)) -> Self {
        self.pause = pause;
        self
    }

    /// Sends this header with each request.
    pub(crate) fn header(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Gets a path, which starts with `/`.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, Error> {
        self.retry(|| {
            let request = self.request("GET", path).body(())?;
            self.agent.run(request)
        })
    }

    /// Sends a body to a path with `POST` or `PUT`.
    pub(crate) fn send(
        &self,
        method: &'static str,
        path: &str,
        content_type: &'static str,
        body: &str,
    ) -> Result<Answer, Error> {
        self.retry(|| {
            let request = self
                .request(method, path)
                .header(CONTENT_TYPE, content_type);
            self.agent.run(request.body(body)?)
        })
    }

    fn request(&self, method: &'static str, path: &str) -> ureq::http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address));
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.clone());
        }
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    /// Sends a request until the server answers with a status other than 5xx and 429. Status 501 is final,
    /// because the server does not support the request.
    fn retry(
        &self,
        run: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Answer, Error> {
        let mut wait = FIRST_WAIT;
        let mut attempts = 1;
        loop {
            let response = run().map_err(|error| self.unreachable(&error))?;
            let status = response.status().as_u16();
            let is_transient = status == 429 || (status >= 500 && status != 501);
            let asked = retry_after(response.headers(), SystemTime::now()).unwrap_or(wait);
            if !is_transient || attempts == MAX_ATTEMPTS || asked > LONGEST_WAIT {
                return self.answer(response);
            }
            drop(response);
            (self.pause)(asked);
            wait *= 2;
            attempts += 1;
        }
    }

    fn answer(&self, mut response: Response<Body>) -> Result<Answer, Error> {
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let location = location.map(|location| self.redact(location));
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_RESPONSE);
        let body = body
            .read_to_vec()
            .map_err(|error| self.unreachable(&error))?;
        Ok(Answer {
            status,
            text: String::from_utf8_lossy(&body).into_owned(),
            location,
        })
    }

    fn unreachable(&self, error: &ureq::Error) -> Error {
        let problem = match error {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                "it closed the connection before the end of its answer".to_owned()
            }
            ureq::Error::Io(error) => error.to_string(),
            ureq::Error::HostNotFound => "there is no host of this name".to_owned(),
            ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
            ureq::Error::Rustls(error) => format!("TLS: {error}"),
            // These print the URL of a proxy, which may have a password.
            ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
                "the proxy from the environment refused the connection or has an invalid URL"
                    .to_owned()
            }
            error => error.to_string(),
        };
        Error(Problem::Unreachable {
            address: self.address.to_string(),
            problem: self.redact(&problem),
        })
    }

    /// Replaces the secrets in text from the server.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secrets = self.secrets.iter();
        secrets.fold(text.to_owned(), |text, secret| {
            text.replace(secret, REDACTED)
        })
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("address", &self.address.text)
            .finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).ok()
    }
}

/// Reads an environment variable. A blank one counts as unset.
pub(crate) fn variable(
    name: &'static str,
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Option<String>, Error> {
    let value = environment(name).map(OsString::into_string).transpose();
    let value = value.map_err(|_| {
        Error(Problem::Address {
            what: name,
            problem: "is not UTF-8 text; set it to valid UTF-8 or unset it",
        })
    })?;
    Ok(value.filter(|value| !value.trim().is_empty()))
}

/// Encodes text for one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The wait that the header `Retry-After` asks for, as seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = httpdate::parse_http_date(value).ok()?;
    Some(time.duration_since(now).unwrap_or_default())
}

fn read_authorities(path: &Path) -> Result<RootCerts, Error> {
    let pem = fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let mut authorities = Vec::new();
    for item in parse_pem(&pem) {
        if let Ok(PemItem::Certificate(certificate)) = item {
            authorities.push(certificate);
        }
    }
    if authorities.is_empty() {
        return Err(Error(Problem::NoCertificate(path.to_owned())));
    }
    Ok(authorities.into())
}

#[cfg(test)]
pub(crate) mod test_server;
#[cfg(test)]
mod tests;
