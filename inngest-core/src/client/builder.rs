//! Builds a client from settings and the environment.

use std::sync::Arc;
use std::time::Duration;

use inngest_grammar::limits::{MAX_EVENT_BYTES, MAX_REQUEST_EVENTS};

use crate::client::config::{self, Settings};
use crate::client::pipeline::Pipeline;
use crate::client::send::Client;
use crate::delivery::http::RequestSender;
use crate::delivery::retry::RetryPolicy;
use crate::delivery::split::Limits;
use crate::error::config::ConfigError;
use crate::middleware::chain::Chain;
use crate::middleware::outgoing::Middleware;
use crate::timer::Clock;
use crate::transport::contract::Transport;
use crate::transport::hyper::HyperTransport;
use crate::transport::tls::Certificates;
use crate::url;

/// The documented default limit of a request, in bytes. An account can have a higher limit.
const MAX_REQUEST_BYTES: usize = 512_000;

/// Settings of a [`Client`], created with [`Client::builder`].
///
/// Settings that are not set here come from the environment; see [`Client::from_env`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    settings: Settings,
    limits: Limits,
    concurrency: usize,
    timeout: Duration,
    retry: RetryPolicy,
    certificates: Certificates,
    transport: Option<Arc<dyn Transport>>,
    /// The clock that measures the timeout of a request.
    clock: Clock,
    middleware: Chain,
}

impl Client {
    /// Builds a client from environment variables.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `INNGEST_EVENT_KEY` | the event key; required unless dev mode is on |
    /// | `INNGEST_DEV` | `0`, `false`, `no` or `off`: dev mode is off; `1`, `true`, `yes` or `on`: dev mode with the dev server at `http://localhost:8288`; a URL, or `host:port` for an `http` URL: dev mode with the dev server at this address |
    /// | `INNGEST_EVENT_API_BASE_URL` | the URL of the event API; overrides `INNGEST_BASE_URL` |
    /// | `INNGEST_BASE_URL` | the URL of Inngest; overrides the URL in `INNGEST_DEV` |
    /// | `INNGEST_ENV` | the Inngest environment |
    ///
    /// The client trims white space around a value and treats an empty variable as unset. Booleans
    /// are case-insensitive. An invalid value is an error, and so is a base URL without `http://`
    /// or `https://`. So a mistake in a variable cannot send events to the wrong server or without
    /// a key.
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Creates settings for a client. Missing settings come from the environment.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            settings: Settings::default(),
            limits: Limits {
                request_bytes: MAX_REQUEST_BYTES,
                request_events: MAX_REQUEST_EVENTS,
                event_bytes: MAX_EVENT_BYTES,
            },
            concurrency: 4,
            timeout: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            certificates: Certificates::default(),
            transport: None,
            clock: Clock::Real,
            middleware: Chain::default(),
        }
    }
}

impl ClientBuilder {
    /// Sets the event key. An empty key means no key, which only dev mode allows. Default:
    /// `INNGEST_EVENT_KEY`.
    pub fn event_key(mut self, key: impl Into<String>) -> Self {
        self.settings.event_key = Some(key.into());
        self
    }

    /// Sets the URL of the event API, such as `http://localhost:8288`. Default:
    /// `INNGEST_EVENT_API_BASE_URL`, then `INNGEST_BASE_URL`, then the URL in `INNGEST_DEV`, then
    /// `http://localhost:8288` in dev mode and `https://inn.gs` otherwise.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = Some(url.into());
        self
    }

    /// Sets the Inngest environment, such as the name of a branch. The client sends it as
    /// `X-Inngest-Env`, unless it is empty. Default: `INNGEST_ENV`.
    pub fn env(mut self, name: impl Into<String>) -> Self {
        self.settings.env = Some(name.into());
        self
    }

    /// Turns dev mode on or off. A dev server needs no event key. Default: `INNGEST_DEV`.
    pub fn dev(mut self, dev: bool) -> Self {
        self.settings.dev = Some(dev);
        self
    }

    /// Sets the maximum size of a request in bytes. The default is 512,000, the documented limit of
    /// accounts without a higher one. A larger event is sent alone.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.limits.request_bytes = bytes;
        self
    }

    /// Sets the maximum number of events in a request. The default is 5,000, which is also the
    /// maximum, because the server refuses more (measured).
    pub fn max_request_events(mut self, events: usize) -> Self {
        self.limits.request_events = events.min(MAX_REQUEST_EVENTS);
        self
    }

    /// Sets the maximum size of an event in bytes of JSON. The default is 3 MiB, which is also the
    /// maximum, because the server refuses more (measured). Inngest's free plan allows 256 KiB.
    pub fn max_event_bytes(mut self, bytes: usize) -> Self {
        self.limits.event_bytes = bytes.min(MAX_EVENT_BYTES);
        self
    }

    /// Sets how many requests of one batch run concurrently; 4 by default.
    ///
    /// Each request holds its events until the server responds. More than four increase the
    /// throughput only if the server responds slowly, and they cost more CPU time per event.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests;
        self
    }

    /// Sets the timeout of each attempt, from looking up the host name to the last byte of the
    /// response; 30 seconds by default. Connecting to an address takes at most 10 seconds.
    ///
    /// The timeout uses real time, even in a test that pauses tokio's clock, because that clock
    /// jumps ahead while a request waits. Your own [`transport`](Self::transport) uses tokio's clock.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how often and how soon the client retries a failed request.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the certificates that may sign the server's certificate, in PEM form, such as the
    /// certificate of your company's own authority. The client trusts no other certificates.
    /// Default: the certificates in `SSL_CERT_FILE` and `SSL_CERT_DIR`, then the machine's trust
    /// store, then Mozilla's certificates.
    ///
    /// Your own transport ignores this setting.
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.certificates.set_roots(pem.as_ref());
        self
    }

    /// Sets the certificate that the client presents to a server or proxy that requires one (mTLS),
    /// in PEM form: the client's certificate first, then the intermediate certificates. The private
    /// key is in PEM form as PKCS#8, PKCS#1 or SEC1, and not encrypted.
    ///
    /// Your own transport ignores this setting.
    pub fn client_certificate(
        mut self,
        certificates: impl AsRef<[u8]>,
        private_key: impl AsRef<[u8]>,
    ) -> Self {
        self.certificates
            .set_client(certificates.as_ref(), private_key.as_ref());
        self
    }

    /// Sends through this `reqwest::Client`, with its proxies, certificates and connection pool.
    /// Turn off redirects with `redirect::Policy::none()`: by default, `reqwest` follows them and
    /// may lose the events.
    ///
    /// The pool of `reqwest` does not learn from failures. After a timeout, a retry may use another
    /// dead connection. Set `pool_max_idle_per_host` to 0 to avoid that.
    #[cfg(feature = "reqwest")]
    pub fn http_client(self, client: ::reqwest::Client) -> Self {
        let transport = crate::transport::reqwest::ReqwestTransport::new(client);
        Self {
            clock: Clock::Real,
            ..self.transport(transport)
        }
    }

    /// Sends through this transport.
    ///
    /// If a test pauses tokio's clock, [`timeout`](Self::timeout) follows that clock. It then
    /// waits another quarter of a second of real time for a response that may be on its way.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        // Most transports that run with a paused clock have no sockets.
        self.clock = Clock::Paused;
        self
    }

    /// Adds a middleware. Middleware runs in the order in which it was added.
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.middleware.push(middleware);
        self
    }

    /// Builds the client. It opens no connection before the first send.
    ///
    /// # Errors
    ///
    /// A setting from the code or the environment is invalid, or the event key is missing.
    pub fn build(self) -> Result<Client, ConfigError> {
        let limits = self.limits;
        for (setting, is_zero) in [
            ("max_request_bytes", limits.request_bytes == 0),
            ("max_request_events", limits.request_events == 0),
            ("max_event_bytes", limits.event_bytes == 0),
            ("concurrency", self.concurrency == 0),
            ("timeout", self.timeout.is_zero()),
        ] {
            if is_zero {
                return Err(ConfigError::Zero { setting });
            }
        }
        let variable = |name: &str| std::env::var_os(name);
        let endpoint = config::resolve(&self.settings, variable)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HyperTransport::new(
                &endpoint.uri,
                &self.certificates,
                variable,
            )?),
        };
        let (timeout, clock) = (self.timeout, self.clock);
        Ok(Client::of(Pipeline {
            sender: RequestSender::new(endpoint, timeout, clock, self.retry, transport),
            limits,
            concurrency: self.concurrency,
            middleware: self.middleware,
        }))
    }
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Settings {
            base_url,
            event_key,
            ..
        } = &self.settings;
        let key = event_key.as_deref().filter(|key| !key.is_empty());
        let base_url = base_url.as_deref().map(|url| url::redacted(url, key));
        f.debug_struct("ClientBuilder")
            .field("base_url", &base_url)
            .field("env", &self.settings.env)
            .field("dev", &self.settings.dev)
            .field("limits", &self.limits)
            .field("concurrency", &self.concurrency)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
