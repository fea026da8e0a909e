//! Making a client.

use std::sync::Arc;
use std::time::Duration;

use inngest_grammar::limits::{MAX_EVENT_BYTES, MAX_REQUEST_EVENTS};

use crate::client::config::{self, Settings};
use crate::client::inner::Inner;
use crate::client::send::Client;
use crate::delivery::http::{RequestSender, Time};
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

/// What the server documents for a request by default; accounts can have more.
const MAX_REQUEST_BYTES: usize = 512_000;

/// Settings of a [`Client`]; made with [`Client::builder`].
///
/// What is not set here is taken from the environment, see [`Client::from_env`].
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
    /// By which clock its requests may take no longer than their time.
    clock: Clock,
    middleware: Chain,
}

impl Client {
    /// A client as the environment describes it.
    ///
    /// | variable | what it says |
    /// |---|---|
    /// | `INNGEST_EVENT_KEY` | the event key; needed unless in dev mode |
    /// | `INNGEST_DEV` | `0`, `false`, `no` or `off`: no dev mode; `1`, `true`, `yes` or `on`: the dev server at `http://localhost:8288`; a URL, or `host:port` for one that begins with `http://`: the dev server there |
    /// | `INNGEST_EVENT_API_BASE_URL` | where the event API is; wins over the next |
    /// | `INNGEST_BASE_URL` | where Inngest is; wins over the URL in `INNGEST_DEV` |
    /// | `INNGEST_ENV` | the Inngest environment |
    ///
    /// White space around a value is taken off, and an empty variable is as good as none; `0` and `off`
    /// may be written in any case. A value that is not understood is an error, and so is a base URL
    /// without `http://` or `https://`: no event goes elsewhere, or without a key, because of a
    /// mistake in a variable.
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Settings for a client; what is not set is taken from the environment.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
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

    /// The event key; an empty one is none, which dev mode allows. Without this:
    /// `INNGEST_EVENT_KEY`.
    pub fn event_key(mut self, key: impl Into<String>) -> Self {
        self.settings.event_key = Some(key.into());
        self
    }

    /// Where the event API is, such as `http://localhost:8288`. Without this:
    /// `INNGEST_EVENT_API_BASE_URL`, then `INNGEST_BASE_URL`, then the URL in `INNGEST_DEV`, then
    /// `http://localhost:8288` in dev mode and `https://inn.gs` otherwise.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = Some(url.into());
        self
    }

    /// The Inngest environment, such as the name of a branch; sent as `X-Inngest-Env`, which an
    /// empty name is not. Without this: `INNGEST_ENV`.
    pub fn env(mut self, name: impl Into<String>) -> Self {
        self.settings.env = Some(name.into());
        self
    }

    /// Whether to talk to a dev server, which needs no event key. Without this: `INNGEST_DEV`.
    pub fn dev(mut self, dev: bool) -> Self {
        self.settings.dev = Some(dev);
        self
    }

    /// The size in bytes at which a batch is split; 512,000 by default, as the server documents
    /// for accounts without a higher limit. A single event that is larger goes alone.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.limits.request_bytes = bytes;
        self
    }

    /// The most events a request holds; 5,000 by default, and no more, because the server refuses
    /// more (measured).
    pub fn max_request_events(mut self, events: usize) -> Self {
        self.limits.request_events = events.min(MAX_REQUEST_EVENTS);
        self
    }

    /// The largest event in bytes of JSON; 3 MiB by default, and no more, because the server
    /// refuses more (measured). Inngest's free plan allows 256 KiB.
    pub fn max_event_bytes(mut self, bytes: usize) -> Self {
        self.limits.event_bytes = bytes.min(MAX_EVENT_BYTES);
        self
    }

    /// How many requests of one batch are under way at once; 4 by default.
    ///
    /// Each holds its events until it is answered. Four keep a link busy; more of them bring more
    /// events a second only to a server that takes long to answer, and take more CPU time for each,
    /// because their events do not stay in the processor's cache.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests;
        self
    }

    /// The time allowed for each try of a request, from its first byte to the last byte of its
    /// answer; 30 seconds by default.
    ///
    /// It is real time, also in a test that has paused tokio's clock, which jumps ahead while a
    /// request is on a socket. Only with a [`transport`](Self::transport) of your own is that clock
    /// followed.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often and how soon a failed request is made again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The certificates that are trusted to sign that of the server, in PEM form, such as the one of
    /// a company's own authority. No others are trusted then. Without this: the ones in
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR`, then the ones that the machine trusts, then Mozilla's.
    ///
    /// A transport of your own has certificates of its own.
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.certificates.set_roots(pem.as_ref());
        self
    }

    /// The certificate that the client shows to a server or a proxy before it that asks for one
    /// (mTLS), in PEM form: the client's own first, then the ones that lead to the authority. The
    /// private key is in PEM form too, in PKCS#8, PKCS#1 or SEC1, and not encrypted.
    ///
    /// A transport of your own has certificates of its own.
    pub fn client_certificate(
        mut self,
        certificates: impl AsRef<[u8]>,
        private_key: impl AsRef<[u8]>,
    ) -> Self {
        self.certificates
            .set_client(certificates.as_ref(), private_key.as_ref());
        self
    }

    /// Sends through this `reqwest::Client`, with its proxies, certificates and pool of connections.
    /// It should follow no redirects (`redirect::Policy::none()`): by default it does, and they may
    /// drop the events.
    ///
    /// Its pool does not learn from failures: after a timeout, another try may use a connection that
    /// is just as dead. A `pool_max_idle_per_host` of 0 keeps none.
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
    /// Where a test has paused tokio's clock, [`timeout`](Self::timeout) is over as soon as that
    /// clock says so; an answer that may be on a socket then has a quarter of a second to come.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        // Most of those that meet a paused clock have no sockets.
        self.clock = Clock::Paused;
        self
    }

    /// Adds a middleware after those that are there.
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.middleware.push(middleware);
        self
    }

    /// Makes the client. It opens no connection before the first event is sent.
    ///
    /// # Errors
    ///
    /// A setting that cannot work, from code or environment; foremost no event key where one is
    /// needed.
    pub fn build(self) -> Result<Client, ConfigError> {
        let Self {
            settings,
            limits,
            concurrency,
            timeout,
            retry,
            certificates,
            transport,
            clock,
            middleware,
        } = self;
        for (setting, value) in [
            ("max_request_bytes", limits.request_bytes),
            ("max_request_events", limits.request_events),
            ("max_event_bytes", limits.event_bytes),
            ("concurrency", concurrency),
        ] {
            if value == 0 {
                return Err(ConfigError::Zero { setting });
            }
        }
        if timeout.is_zero() {
            return Err(ConfigError::Zero { setting: "timeout" });
        }
        let endpoint = config::resolve(&settings, |name| std::env::var_os(name))?;
        let transport = match transport {
            Some(transport) => transport,
            None => Arc::new(HyperTransport::new(
                endpoint.uri(),
                &certificates,
                |name| std::env::var_os(name),
            )?),
        };
        let time = Time { timeout, clock };
        Ok(Client::of(Inner {
            sender: RequestSender::new(endpoint, time, retry, transport),
            limits,
            concurrency,
            middleware,
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
        let base_url = base_url.as_deref().map(|url| url::shown(url, key));
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
