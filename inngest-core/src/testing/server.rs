//! The event API over real HTTP.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Deref;
use std::thread::JoinHandle;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use super::Received;
use crate::client::{Client, ConfigError};

/// Larger than any request that a client sends.
const MAX_BODY_BYTES: usize = 64 << 20;

/// An event API in the process: real HTTP on 127.0.0.1, events taken as the real server does.
///
/// It runs on a thread of its own until it is dropped, so it serves async and blocking programs
/// alike. What it has received is read through [`Received`]'s methods.
///
/// ```
/// use inngest_core::testing::EventServer;
///
/// let server = EventServer::start()?;
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// assert!(server.events().is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct EventServer {
    address: SocketAddr,
    received: Received,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Settings of an [`EventServer`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `start`"]
pub struct EventServerBuilder {
    port: u16,
    keys: Vec<String>,
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

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// The port is taken, or the system gives no socket or thread.
    pub fn start(self) -> io::Result<EventServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let received = Received::with_keys(self.keys);
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

impl std::fmt::Debug for EventServerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventServerBuilder")
            .field("port", &self.port)
            .field("keys", &self.keys.len())
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
        EventServerBuilder::default()
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

async fn answer(
    request: Request<Incoming>,
    received: Received,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let key = match head.uri.path().strip_prefix("/e/") {
        Some(key) if !key.is_empty() && !key.contains('/') => key,
        // No key, or a trailing slash.
        Some(_) => return Ok(see_other()),
        None => return Ok(status(StatusCode::NOT_FOUND)),
    };
    if head.method != Method::POST {
        return Ok(status(StatusCode::METHOD_NOT_ALLOWED));
    }
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        return Ok(status(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let answer = received.ingest(key, &head.headers, &body.to_bytes());
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn see_other() -> Response<Full<Bytes>> {
    let mut response = status(StatusCode::SEE_OTHER);
    response
        .headers_mut()
        .insert(header::LOCATION, HeaderValue::from_static("/"));
    response
}
