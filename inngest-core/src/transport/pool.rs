//! Connections to the one server that a client talks to, kept between requests.
//!
//! With one server there is nothing to look up: a request takes the connection that was used last,
//! which is the least likely to have been closed.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Body as _;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_rustls::HttpsConnector;
use tokio::runtime::{self, Handle};
use tokio::time::Instant;
use tower_service::Service as _;

use super::connect::Route;
use super::{Answer, TransportError};
use crate::runtime::{NoRuntime, Unfit};

/// A connection whose last request began longer ago is not used: what is between here and the
/// server may have forgotten it.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// A request of at most this many bytes is in the hands of the system as soon as it is sent.
const MAX_UNREAD: u64 = 16 << 10;

/// A connection, as it is given requests.
struct Connection {
    requests: SendRequest<Full<Bytes>>,
    /// Where its task runs: when that runtime stands still, so does the connection. A request need
    /// not end in the runtime in which it began.
    runtime: Option<runtime::Id>,
}

pub(super) struct Pool {
    connector: HttpsConnector<Route>,
    server: Uri,
    /// Those that were used last at the end.
    idle: Mutex<Vec<Idle>>,
    unfit: Unfit,
}

struct Idle {
    connection: Connection,
    /// When the last request on it began.
    since: Instant,
}

/// The runtime that this is called in.
fn this_runtime() -> Option<runtime::Id> {
    Some(Handle::try_current().ok()?.id())
}

impl Pool {
    pub(super) fn new(connector: HttpsConnector<Route>, server: Uri) -> Self {
        Self {
            connector,
            server,
            idle: Mutex::default(),
            unfit: Unfit::default(),
        }
    }

    /// Makes a request and reads its answer, of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// There was no answer, or not the whole of it. That nothing was sent is said where it is
    /// certain.
    pub(super) fn request(
        &self,
        mut request: http::Request<Full<Bytes>>,
        limit: usize,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send {
        let bytes = request.body().size_hint().lower();
        // The clock is read once, and its time is close enough for all that follows.
        let now = Instant::now();
        // A block and not an async function, whose future has its arguments twice: with them it is
        // larger than what an allocator has at hand.
        async move {
            let (connection, response) = loop {
                let (mut connection, is_new) = match self.take(now) {
                    Some(connection) => (connection, false),
                    // In a place of its own, because most requests have no need of it.
                    None => (Box::pin(self.connect()).await?, true),
                };
                // It may have been closed since.
                if !is_new && connection.requests.ready().await.is_err() {
                    continue;
                }
                match connection.requests.try_send_request(request).await {
                    Ok(response) => break (connection, response),
                    Err(mut error) => match error.take_message() {
                        // It was closed before any of the request was written.
                        Some(unsent) if !is_new => request = unsent,
                        // There was a server to connect to, which is more than a connect error
                        // says.
                        _ => return Err(TransportError::other(error.into_error())),
                    },
                }
            };
            let (head, body) = response.into_parts();
            let body = Limited::new(body, limit).collect().await;
            let body = body.map_err(TransportError::other)?.to_bytes();
            // An answer of the event API comes when it has read the request. Another may come
            // before, and the next request would wait for the rest of this one to be read.
            if matches!(head.status.as_u16(), 200 | 400) || bytes <= MAX_UNREAD {
                self.idle().push(Idle {
                    connection,
                    since: now,
                });
            }
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body,
            })
        }
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        self.idle()
            .retain(|idle| !idle.connection.requests.is_closed());
        // Whoever polls this later, the connection stays in this one.
        let runtime = Handle::try_current().map_err(|_| NoRuntime)?;
        let mut connector = self.connector.clone();
        let connecting = async {
            poll_fn(|cx| connector.poll_ready(cx)).await?;
            connector.call(self.server.clone()).await
        };
        let stream = self.unfit.run(connecting).await?;
        let stream = stream.map_err(TransportError::no_connection)?;
        let (requests, task) = handshake(stream).await.map_err(TransportError::connect)?;
        runtime.spawn(async move {
            if let Err(error) = task.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        Ok(Connection {
            requests,
            runtime: Some(runtime.id()),
        })
    }

    /// The connection that was used last, if that is not too long ago.
    fn take(&self, now: Instant) -> Option<Connection> {
        let is_old = |idle: &Idle| now.duration_since(idle.since) >= MAX_IDLE;
        let runtime = this_runtime();
        let mut idle = self.idle();
        while idle.first().is_some_and(is_old) {
            idle.remove(0);
        }
        let fits = |idle: &Idle| idle.connection.runtime == runtime && !is_old(idle);
        let last = idle.iter().rposition(fits)?;
        Some(idle.remove(last).connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        // The list is whole between any two statements.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
