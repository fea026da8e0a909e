//! The event API over real HTTP.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Deref;
use std::thread::JoinHandle;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use super::fault::{Fault, Faults};
use super::http::answer;
use super::received::Received;
use crate::client::Client;
use crate::error::config::ConfigError;

/// An event API in the process: real HTTP on 127.0.0.1, events taken as the real server does.
///
/// It parses JSON like the real server, serves `/health`, `/dev`, `/v1/events` and `/v1/events/{id}`,
/// and allows requests from all origins. `/` shows the received events.
///
/// It runs on a thread of its own until it is dropped, so it serves async and blocking programs
/// alike, also while tokio's clock is paused (`#[tokio::test(start_paused = true)]`). What it has
/// received is read through [`Received`]'s methods.
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
}

impl EventServerBuilder {
    /// The port; a free one by default.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Takes events with this key only, or with another one so given. Without any it takes all
    /// keys, as the dev server does.
    pub fn event_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// The address to listen at; 127.0.0.1 by default. With another one than that of this machine
    /// itself, everybody who can reach it can send events and read those that came.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// How many events are kept, the newest; 100,000 by default.
    pub fn keep_events(mut self, events: usize) -> Self {
        self.keep = Some(events);
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// The port is taken, or the system gives no socket or thread.
    pub fn start(self) -> io::Result<EventServer> {
        let listener = TcpListener::bind((self.address, self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let received = Received::new(self.keys, self.keep);
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
            .spawn(move || {
                runtime.block_on(async {
                    tokio::spawn(serve(listener, served));
                    // Told to stop, or the server is gone: both end the thread.
                    let _ = stopped.await;
                });
            })?;
        Ok(EventServer {
            address,
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
            .finish()
    }
}

impl EventServer {
    /// Starts a server on a free port that takes any key.
    ///
    /// # Errors
    ///
    /// The system gives no socket or thread.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Settings for a server.
    pub fn builder() -> EventServerBuilder {
        EventServerBuilder {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            keys: Vec::new(),
            keep: None,
        }
    }

    /// Makes a fault befall requests to come, after those that were injected before.
    pub fn inject(&self, fault: Fault) {
        self.received.faults(|faults| faults.inject(fault));
    }

    /// Says request by request what goes wrong: `None` is a request that is answered as it should
    /// be. A script comes before faults that were injected.
    pub fn script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.received.faults(|all| all.script(faults));
    }

    /// Takes back all faults that are still to come.
    pub fn clear_faults(&self) {
        self.received.faults(|faults| *faults = Faults::default());
    }

    /// Makes this share of requests fail, in per cent, each in a way drawn by chance. The same
    /// seed gives the same faults; without one a seed is drawn. It is printed to standard error, so
    /// that a test that failed says it.
    #[expect(clippy::print_stderr, reason = "a test that fails must say its seed")]
    pub fn inject_at_random(&self, percent: u8, seed: Option<u64>) {
        let seed = seed.unwrap_or_else(|| getrandom::u64().unwrap_or_default());
        eprintln!("faults in {percent}% of requests, seed {seed}");
        self.received.faults(|faults| faults.random(seed, percent));
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client that sends to it.
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`](crate::ClientBuilder::build).
    pub fn client(&self) -> Result<Client, ConfigError> {
        Client::builder().dev(true).base_url(self.url()).build()
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
            // The thread may have ended by itself.
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
            // Out of file descriptors, most likely: let those that wait go first.
            tokio::task::yield_now().await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let received = received.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, received.clone()));
            // A peer that goes away is its own business.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
