//! Keeps connections to the client's one server open between requests.
//!
//! A request takes the connection that was used last, because it is the least likely to have been
//! closed.
//!
//! After a request without a complete response, no open connection is reused. Whatever broke its
//! connection (a network that dropped it, a server that restarted) usually broke the other
//! connections too.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::CONNECTION;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Body as _;
use hyper::client::conn::http1::{SendRequest, handshake};
use tokio::runtime::{self, Handle};
use tokio::task::JoinHandle;

use super::age::Moment;
use super::connect::Connector;
use super::contract::Answer;
use super::error::TransportError;
use super::keeping::{KeepAlive, Reuse};
use super::stream::Written;
use crate::runtime::{NoRuntime, UnsuitableRuntimes};
use crate::timer::{Clock, Timers};

/// A connection is not reused if its last request began longer ago than this. A network device in
/// between may have dropped it.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// The system accepts a request of up to this many bytes at once.
const MAX_UNREAD: u64 = 16 << 10;

/// How long to wait for the error of a connection, which normally ends together with its request.
const CONNECTION_ERROR_WAIT: Duration = Duration::from_millis(100);

/// An open connection.
struct Connection {
    requests: SendRequest<Full<Bytes>>,
    task: JoinHandle<Result<(), hyper::Error>>,
    written: Written,
    /// The runtime of the connection's task. The connection makes progress only while that runtime
    /// runs, and a request may move to another runtime.
    runtime: Option<runtime::Id>,
    /// The pool's failure count when the connection was opened.
    failures: u64,
    answers: u32,
    /// When the last response arrived, or when the connection was opened.
    answered: Instant,
}

pub(super) struct Pool {
    connector: Connector,
    /// How many requests got no complete response. It changes only while `state` is locked.
    failures: AtomicU64,
    /// Held while a request waits to see whether its connection stays open. Other requests wait
    /// too, so they are not sent first.
    pause: tokio::sync::Mutex<()>,
    /// Whether `pause` may be held.
    is_pausing: AtomicBool,
    state: Mutex<State>,
    unsuitable_runtimes: UnsuitableRuntimes,
    timers: Timers,
}

#[derive(Default)]
struct State {
    /// Idle connections, the last used at the end. All were opened after the last failure.
    idle: Vec<Idle>,
    keeping: KeepAlive,
}

struct Idle {
    connection: Connection,
    /// When its last request began.
    since: Moment,
}

/// A request in progress. Unless it succeeds, no connection open now is reused. Dropping the
/// request, as a timeout does, counts as a failure.
struct InFlight<'a>(&'a Pool);

impl InFlight<'_> {
    fn succeed(self) {
        std::mem::forget(self);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        self.0.failures.fetch_add(1, Ordering::Relaxed);
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        drop(idle);
    }
}

/// The current runtime.
fn current_runtime() -> Option<runtime::Id> {
    Some(Handle::try_current().ok()?.id())
}

impl Pool {
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            failures: AtomicU64::new(0),
            pause: tokio::sync::Mutex::default(),
            is_pausing: AtomicBool::new(false),
            state: Mutex::default(),
            unsuitable_runtimes: UnsuitableRuntimes::default(),
            timers: Timers::of_this_process(),
        }
    }

    /// Sends a request and reads its response, of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// No complete response arrived. The error tells whether anything may have been sent.
    pub(super) fn request(
        &self,
        request: http::Request<Full<Bytes>>,
        limit: usize,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send {
        // Reading the clock once is precise enough.
        self.request_at(Moment::now(), request, limit)
    }

    fn request_at(
        &self,
        now: Moment,
        mut request: http::Request<Full<Bytes>>,
        limit: usize,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send {
        let bytes = request.body().size_hint().lower();
        // A block, not an async function: the future of an async function stores its arguments
        // twice, which makes it too large for fast allocation.
        async move {
            let in_flight = InFlight(self);
            let mut reuse = true;
            if self.is_pausing.load(Ordering::Relaxed) {
                Box::pin(self.wait_for_pause()).await;
            }
            // Inner blocks keep the future small, which stores everything that lives across an `await`.
            let (connection, response) = loop {
                let mut connection = {
                    let taken = if reuse { self.take(now) } else { None };
                    match taken {
                        Some((connection, None)) => connection,
                        // Boxed, because most requests do not need them.
                        Some((connection, Some(pause))) => {
                            match Box::pin(self.pause(connection, pause)).await {
                                Some(connection) => connection,
                                None => continue,
                            }
                        }
                        None => match Box::pin(self.connect()).await {
                            Ok(connection) => connection,
                            Err(error) => {
                                in_flight.succeed();
                                return Err(error);
                            }
                        },
                    }
                };
                let is_new = connection.answers == 0;
                // The connection may have closed meanwhile.
                if !is_new && connection.requests.ready().await.is_err() {
                    self.closed(&connection);
                    continue;
                }
                if !is_new && self.predates_failure(&connection) {
                    continue;
                }
                let written = connection.written.bytes();
                if !is_new {
                    connection.written.ask();
                }
                let error = {
                    let result = connection.requests.try_send_request(request).await;
                    match result {
                        Ok(response) => break (connection, response),
                        Err(mut error) => match error.take_message() {
                            // The connection closed before any of the request was written.
                            Some(unsent) if !is_new => {
                                self.closed(&connection);
                                request = unsent;
                                reuse = false;
                                continue;
                            }
                            _ => error.into_error(),
                        },
                    }
                };
                if !is_new && connection.written.bytes() == written {
                    self.closed(&connection);
                    return Err(TransportError::unsent(error));
                }
                // The connection existed, so this is not a connect error.
                return Err(Box::pin(self.explain(connection, error)).await);
            };
            let (head, body) = response.into_parts();
            let mut body = Limited::new(body, limit);
            // Most responses arrive in one piece, which needs no copy.
            let (mut first, mut all) = (Bytes::new(), BytesMut::new());
            while let Some(frame) = body.frame().await {
                match frame.map_err(TransportError::other)?.into_data() {
                    Ok(data) if first.is_empty() => first = data,
                    Ok(data) => {
                        if all.is_empty() {
                            all.extend_from_slice(&first);
                        }
                        all.extend_from_slice(&data);
                    }
                    // Trailers.
                    Err(_) => {}
                }
            }
            let body = if all.is_empty() { first } else { all.freeze() };
            in_flight.succeed();
            let closes = head.headers.get(CONNECTION);
            let closes =
                closes.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
            // The event API responds with 200 or 400 only after it has read the whole request. Any
            // other response may arrive earlier, and then the next request would wait until the
            // server has read the rest of this one.
            if !closes && (matches!(head.status.as_u16(), 200 | 400) || bytes <= MAX_UNREAD) {
                self.put_back(connection, now);
            }
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body,
            })
        }
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        self.state()
            .idle
            .retain(|idle| !idle.connection.requests.is_closed());
        // The connection stays in this runtime, whichever polls the future later.
        let runtime = Handle::try_current().map_err(|_| NoRuntime)?;
        let failures = self.failures.load(Ordering::Relaxed);
        let connecting = self.connector.connect();
        let connected = self.unsuitable_runtimes.run(connecting).await?;
        let (stream, written) = connected.map_err(TransportError::connect_failed)?;
        let (requests, task) = handshake(stream).await.map_err(TransportError::connect)?;
        let task = runtime.spawn(async move {
            let ended = task.await;
            if let Err(error) = &ended {
                tracing::debug!(%error, "a connection ended");
            }
            ended
        });
        Ok(Connection {
            requests,
            task,
            written,
            runtime: Some(runtime.id()),
            failures,
            answers: 0,
            answered: Instant::now(),
        })
    }

    /// Takes the connection that was used last, unless that is too long ago. Also returns how long
    /// to wait before using it.
    fn take(&self, now: Moment) -> Option<(Connection, Option<Duration>)> {
        let is_old = |idle: &Idle| now.since(idle.since) >= MAX_IDLE;
        let runtime = current_runtime();
        let mut state = self.state();
        let State { idle, keeping, .. } = &mut *state;
        while idle.first().is_some_and(is_old) {
            idle.remove(0);
        }
        for place in (0..idle.len()).rev() {
            let candidate = idle.get(place).filter(|idle| !is_old(idle));
            let Some(Idle { connection, .. }) = candidate else {
                continue;
            };
            if connection.runtime != runtime {
                continue;
            }
            let answers = connection.answers;
            let since_response = || connection.answered.elapsed();
            if connection.requests.is_closed() {
                keeping.closed(answers, since_response());
                idle.remove(place);
                continue;
            }
            let pause = match keeping.allows(answers, since_response) {
                Reuse::Now => None,
                Reuse::After(pause) => Some(pause),
                Reuse::No => continue,
            };
            return Some((idle.remove(place).connection, pause));
        }
        None
    }

    /// Waits, and returns the connection if it is still open.
    async fn pause(&self, mut connection: Connection, time: Duration) -> Option<Connection> {
        let pause = self.pause.lock().await;
        self.is_pausing.store(true, Ordering::Relaxed);
        let ended = match self.timers.get() {
            Ok(timer) => timer.within(time, Clock::Real, &mut connection.task).await,
            Err(_) => None,
        };
        self.is_pausing.store(false, Ordering::Relaxed);
        drop(pause);
        if ended.is_some() {
            self.closed(&connection);
            return None;
        }
        Some(connection)
    }

    async fn wait_for_pause(&self) {
        let _pause = self.pause.lock().await;
        // If this is still set, the pausing request was dropped.
        self.is_pausing.store(false, Ordering::Relaxed);
    }

    /// Records that the server closed an idle connection.
    fn closed(&self, connection: &Connection) {
        let since_response = connection.answered.elapsed();
        self.state()
            .keeping
            .closed(connection.answers, since_response);
    }

    /// Returns the error of a request without a response. If that error says only that the connection
    /// ended, waits for the connection's error and returns it instead.
    async fn explain(&self, connection: Connection, error: hyper::Error) -> TransportError {
        let is_new = connection.answers == 0;
        let mut error = ConnectionError(error);
        let knows_why = error
            .0
            .source()
            .is_some_and(<dyn Error>::is::<hyper::Error>);
        let is_unexplained = !knows_why && (error.0.is_canceled() || error.0.is_closed());
        if is_unexplained
            && let Ok(timer) = self.timers.get()
            && let Some(Ok(Err(of_connection))) = timer
                .within(CONNECTION_ERROR_WAIT, Clock::Real, connection.task)
                .await
        {
            error = ConnectionError(of_connection);
        }
        if is_new {
            TransportError::no_response_on_new(error)
        } else {
            TransportError::other(error)
        }
    }

    /// Whether the connection was opened before the last failure.
    fn predates_failure(&self, connection: &Connection) -> bool {
        connection.failures != self.failures.load(Ordering::Relaxed)
    }

    /// Keeps a connection for reuse, unless a request failed since it was opened.
    fn put_back(&self, mut connection: Connection, since: Moment) {
        let answers = connection.answers;
        connection.answers = answers.saturating_add(1);
        connection.answered = Instant::now();
        let mut state = self.state();
        state.keeping.answered(answers);
        if !self.predates_failure(&connection) {
            state.idle.push(Idle { connection, since });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent after each statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error of hyper. A "canceled" error shows its cause instead, if it has one.
#[derive(Debug)]
struct ConnectionError(hyper::Error);

impl ConnectionError {
    fn root(&self) -> &(dyn Error + 'static) {
        match self.0.source() {
            Some(cause) if self.0.is_canceled() => cause,
            _ => &self.0,
        }
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root())
    }
}

impl Error for ConnectionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.root().source()
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::super::connect::route;
    use super::super::tls::Certificates;
    use super::*;

    /// Starts a server that answers every request. Returns its URL and its connection count.
    async fn server() -> (Uri, std::sync::Arc<AtomicU64>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let connections = std::sync::Arc::new(AtomicU64::new(0));
        let count = std::sync::Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut request = [0; 1 << 10];
                    loop {
                        stream.readable().await.unwrap();
                        match stream.try_read(&mut request) {
                            Ok(0) => return,
                            Ok(_) => {
                                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                                assert_eq!(stream.try_write(answer).unwrap(), answer.len());
                            }
                            Err(_) => {}
                        }
                    }
                });
            }
        });
        (url.parse().unwrap(), connections)
    }

    #[tokio::test]
    async fn new_connections_after_machine_sleep() {
        let (url, connections) = server().await;
        let tls = Certificates::default().config(false, |_| None).unwrap();
        let route = route(&url, |_| None).unwrap().route;
        let pool = Pool::new(Connector::new(url, route, tls));
        for (slept, expected) in [(0, 1), (59, 1), (120, 2), (120, 2)] {
            let now = Moment::now().after_sleep(Duration::from_secs(slept));
            let request = http::Request::new(Full::default());
            pool.request_at(now, request, 1 << 10).await.unwrap();
            assert_eq!(connections.load(Ordering::Relaxed), expected, "{slept}");
        }
    }
}
