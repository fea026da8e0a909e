//! Serves the event API over real HTTP.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::ops::Deref;
use std::sync::Arc;
use std::thread::JoinHandle;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use super::event::{ReceivedEvent, ReceivedRequest};
use super::fault::{Fault, Faults};
use super::http::answer;
use super::received::{Observer, Received};
use super::schemas::FindSchema;
use crate::client::Client;
use crate::error::config::ConfigError;

/// An event API inside your process: real HTTP on 127.0.0.1, with the real server's rules for
/// events.
///
/// It parses JSON like the real server, serves `/health`, `/dev`, `/v1/events` and `/v1/events/{id}`,
/// and allows requests from all origins. `/` is a page for browsers with the received events, the
/// refused ones and the failed requests.
///
/// The server runs on its own thread until it is dropped. It works for async and blocking programs,
/// even while tokio's clock is paused (`#[tokio::test(start_paused = true)]`). Read the received
/// events through [`Received`]'s methods.
///
/// ```
/// use inngest_core::testing::EventServer;
///
/// let server = EventServer::start()?;
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// assert!(server.events().is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct EventServer {
    address: SocketAddr,
    /// The first of the accepted keys, for clients; `None` if all are accepted.
    key: Option<String>,
    received: Received,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for EventServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventServer")
            .field("url", &self.url())
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

/// Settings of an [`EventServer`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct EventServerBuilder {
    address: IpAddr,
    port: u16,
    keys: Vec<String>,
    keep: Option<usize>,
    schemas: Option<FindSchema>,
    observer: Option<Observer>,
}

impl EventServerBuilder {
    /// Sets the port. The default is a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Accepts only events with this event key. Call it several times to accept several keys. By
    /// default, the server accepts all keys, like the dev server.
    pub fn event_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Sets the address to listen on. The default is 127.0.0.1. On any other address, everyone who
    /// can reach it can send events and read the received ones.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Sets how many events are kept; older ones are dropped. The default is 100,000.
    pub fn keep_events(mut self, events: usize) -> Self {
        self.keep = Some(events);
        self
    }

    /// Sets the known schemas: a function from an event's name and version to the schema of the whole
    /// event. The page and [`assert_valid`](Received::assert_valid) use them. By default, all event
    /// types linked into the program are known.
    ///
    /// ```
    /// use inngest_core::registry::Registry;
    /// use inngest_core::testing::EventServer;
    ///
    /// let registry = Registry::collect(); // add generic types with `with`
    /// let server = EventServer::builder()
    ///     .schemas(move |name, version| {
    ///         let mut types = registry.iter();
    ///         let found = types.find(|it| it.name() == name && it.version() == version)?;
    ///         Some(found.schema().to_value())
    ///     })
    ///     .start()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn schemas(
        mut self,
        find: impl Fn(&str, Option<&str>) -> Option<serde_json::Value> + Send + Sync + 'static,
    ) -> Self {
        self.schemas = Some(Arc::new(find));
        self
    }

    /// Calls this after each request, with all events accepted from it, even if the server keeps fewer. The
    /// page's own requests are not reported.
    pub fn on_request(
        mut self,
        observer: impl Fn(&ReceivedRequest, &[ReceivedEvent]) + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// Fails if the port is in use, or if the system cannot provide a socket or thread.
    pub fn start(self) -> io::Result<EventServer> {
        let listener = TcpListener::bind((self.address, self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let key = self.keys.first().cloned();
        let received = Received::new(self.keys, self.keep, self.schemas, self.observer);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let served = received.clone();
        let thread = std::thread::Builder::new()
            .name("inngest event server".into())
            // Checking deep events against recursive schemas takes much stack.
            .stack_size(8 << 20)
            .spawn(move || {
                runtime.block_on(async {
                    tokio::spawn(serve(listener, served));
                    // A message and a dropped sender both end the thread.
                    let _ = stopped.await;
                });
            })?;
        Ok(EventServer {
            address,
            key,
            received,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl fmt::Debug for EventServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventServerBuilder")
            .field("address", &self.address)
            .field("port", &self.port)
            .field("keys", &self.keys.len())
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

impl EventServer {
    /// Starts a server on a free port that accepts all keys.
    ///
    /// # Errors
    ///
    /// Fails if the system cannot provide a socket or thread.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Creates a builder.
    pub fn builder() -> EventServerBuilder {
        EventServerBuilder {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            keys: Vec::new(),
            keep: None,
            schemas: None,
            observer: None,
        }
    }

    /// Applies a fault to the next requests, after all faults that were injected earlier.
    pub fn inject(&self, fault: Fault) {
        self.received.faults(|faults| faults.inject(fault));
    }

    /// Sets the outcomes of the next requests, in order; `None` is a normal response. The script takes
    /// precedence over injected faults. Each fault applies to exactly one request: a script ignores
    /// [`times`](Fault::times), [`always`](Fault::always) and [`when`](Fault::when).
    pub fn script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.received.faults(|all| all.script(faults));
    }

    /// Removes all pending faults.
    pub fn clear_faults(&self) {
        self.received.faults(|faults| *faults = Faults::default());
    }

    /// Makes this percentage of requests fail, each with a random fault. The same seed gives the same
    /// faults; `None` chooses a random seed. The seed is printed to standard error, so that a failed
    /// test can be repeated.
    #[expect(clippy::print_stderr, reason = "a failing test must show its seed")]
    pub fn inject_at_random(&self, percent: u8, seed: Option<u64>) {
        let seed = seed.unwrap_or_else(|| getrandom::u64().unwrap_or_default());
        eprintln!("faults in {percent}% of requests, seed {seed}");
        self.received.faults(|faults| faults.random(seed, percent));
    }

    /// The server's URL: `http://127.0.0.1:PORT`, or with the IP address of
    /// [`address`](EventServerBuilder::address). If that is all addresses, such as `0.0.0.0`, the URL names
    /// this machine.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        address.set_ip(match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        });
        format!("http://{address}")
    }

    /// Creates a client that sends to this server, with the first of its event keys.
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`](crate::ClientBuilder::build).
    pub fn client(&self) -> Result<Client, ConfigError> {
        let builder = Client::builder().dev(true).base_url(self.url());
        match &self.key {
            Some(key) => builder.event_key(key).build(),
            None => builder.build(),
        }
    }
}

impl Deref for EventServer {
    type Target = Received;

    fn deref(&self) -> &Received {
        &self.received
    }
}

impl Drop for EventServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, received: Received) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Probably out of file descriptors; let other tasks finish first.
            tokio::task::yield_now().await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let received = received.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, received.clone()));
            // A client that disconnects is not an error.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
