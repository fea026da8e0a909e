//! Connections to the one server that a client talks to, kept between requests.
//!
//! With one server there is nothing to look up: a request takes the connection that was used last,
//! which is the least likely to have been closed.
//!
//! A request that gets no whole answer says something about all connections that are open at that
//! time, because what broke its connection (a network that forgot it, a server that restarted) most
//! often broke the others too. So none of them carries another request.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Uri;
use http::header::CONNECTION;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Body as _;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_rustls::HttpsConnector;
use tokio::runtime::{self, Handle};
use tokio::task::JoinHandle;
use tower_service::Service as _;

use super::age::Moment;
use super::connect::Route;
use super::contract::Answer;
use super::error::TransportError;
use super::keeping::{Keeping, Use};
use super::stream::Written;
use crate::runtime::{NoRuntime, Unfit};
use crate::timer::{Clock, Timers};

/// A connection whose last request began longer ago is not used: what is between here and the
/// server may have forgotten it.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// A request of at most this many bytes is in the hands of the system as soon as it is sent.
const MAX_UNREAD: u64 = 16 << 10;

/// How long the error of a connection is waited for, which ends in the same moment as its request.
const UNTIL_ITS_END: Duration = Duration::from_millis(100);

/// A connection, as it is given requests.
struct Connection {
    requests: SendRequest<Full<Bytes>>,
    task: JoinHandle<Result<(), hyper::Error>>,
    written: Written,
    /// Where its task runs: when that runtime stands still, so does the connection. A request need
    /// not end in the runtime in which it began.
    runtime: Option<runtime::Id>,
    /// How many failures came before it was opened.
    failures: u64,
    answers: u32,
    /// When the last answer came; before the first, when it was opened.
    answered: Instant,
}

pub(super) struct Pool {
    connector: HttpsConnector<Route>,
    server: Uri,
    /// How many requests got no whole answer. It changes only while the state is locked.
    failures: AtomicU64,
    /// Held while a request waits to see whether its connection stays open. Others that come
    /// meanwhile wait too, and so do not go out before it.
    pause: tokio::sync::Mutex<()>,
    /// Whether that may be held.
    is_pausing: AtomicBool,
    state: Mutex<State>,
    unfit: Unfit,
    timers: Timers,
}

#[derive(Default)]
struct State {
    /// Those that were used last at the end; all were opened after the last failure.
    idle: Vec<Idle>,
    keeping: Keeping,
}

struct Idle {
    connection: Connection,
    /// When the last request on it began.
    since: Moment,
}

/// A request that is under way. Unless it ends well, connections that are open now carry no other
/// request: also when the request is dropped, which is how its time ends.
struct UnderWay<'a>(&'a Pool);

impl UnderWay<'_> {
    fn end_well(self) {
        std::mem::forget(self);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        self.0.failures.fetch_add(1, Ordering::Relaxed);
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        drop(idle);
    }
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
            failures: AtomicU64::new(0),
            pause: tokio::sync::Mutex::default(),
            is_pausing: AtomicBool::new(false),
            state: Mutex::default(),
            unfit: Unfit::default(),
            timers: Timers::of_this_process(),
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
        request: http::Request<Full<Bytes>>,
        limit: usize,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send {
        // The clock is read once, and its time is close enough for all that follows.
        self.request_at(Moment::now(), request, limit)
    }

    fn request_at(
        &self,
        now: Moment,
        mut request: http::Request<Full<Bytes>>,
        limit: usize,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send {
        let bytes = request.body().size_hint().lower();
        // A block and not an async function, whose future has its arguments twice: with them it is
        // larger than what an allocator has at hand.
        async move {
            let under_way = UnderWay(self);
            let mut reuse = true;
            if self.is_pausing.load(Ordering::Relaxed) {
                Box::pin(self.pause_ends()).await;
            }
            let (connection, response) = loop {
                let taken = if reuse { self.take(now) } else { None };
                let mut connection = match taken {
                    Some((connection, None)) => connection,
                    // In places of their own, because most requests have no need of them.
                    Some((connection, Some(pause))) => {
                        match Box::pin(self.pause(connection, pause)).await {
                            Some(connection) => connection,
                            None => continue,
                        }
                    }
                    None => match Box::pin(self.connect()).await {
                        Ok(connection) => connection,
                        Err(error) => {
                            under_way.end_well();
                            return Err(error);
                        }
                    },
                };
                let is_new = connection.answers == 0;
                // It may have been closed since.
                if !is_new && connection.requests.ready().await.is_err() {
                    self.closed(&connection);
                    continue;
                }
                if !is_new && self.is_doubtful(&connection) {
                    continue;
                }
                let written = connection.written.bytes();
                match connection.requests.try_send_request(request).await {
                    Ok(response) => break (connection, response),
                    Err(mut error) => match error.take_message() {
                        // It was closed before any of the request was written.
                        Some(unsent) if !is_new => {
                            self.closed(&connection);
                            request = unsent;
                            reuse = false;
                        }
                        _ if !is_new && connection.written.bytes() == written => {
                            self.closed(&connection);
                            return Err(TransportError::unsent(error.into_error()));
                        }
                        _ => {
                            // There was a server to connect to, which is more than a connect error
                            // says.
                            return Err(Box::pin(self.broken(connection, error.into_error())).await);
                        }
                    },
                }
            };
            let (head, body) = response.into_parts();
            let body = Limited::new(body, limit).collect().await;
            let body = body.map_err(TransportError::other)?.to_bytes();
            under_way.end_well();
            let is_last = head.headers.get(CONNECTION);
            let is_last =
                is_last.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
            // An answer of the event API comes when it has read the request. Another may come
            // before, and the next request would wait for the rest of this one to be read.
            if !is_last && (matches!(head.status.as_u16(), 200 | 400) || bytes <= MAX_UNREAD) {
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
        // Whoever polls this later, the connection stays in this one.
        let runtime = Handle::try_current().map_err(|_| NoRuntime)?;
        let failures = self.failures.load(Ordering::Relaxed);
        let mut connector = self.connector.clone();
        let connecting = async {
            poll_fn(|cx| connector.poll_ready(cx)).await?;
            connector.call(self.server.clone()).await
        };
        let stream = self.unfit.run(connecting).await?;
        let stream = stream.map_err(TransportError::no_connection)?;
        let written = Written::of(&stream);
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

    /// The connection that was used last, if that is not too long ago, and how long to wait before it
    /// is used.
    fn take(&self, now: Moment) -> Option<(Connection, Option<Duration>)> {
        let is_old = |idle: &Idle| now.since(idle.since) >= MAX_IDLE;
        let runtime = this_runtime();
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
            let (answers, rested) = (connection.answers, connection.answered.elapsed());
            if connection.requests.is_closed() {
                keeping.closed(answers, rested);
                idle.remove(place);
                continue;
            }
            let pause = match keeping.allows(answers, rested) {
                Use::Now => None,
                Use::After(pause) => Some(pause),
                Use::Not => continue,
            };
            return Some((idle.remove(place).connection, pause));
        }
        None
    }

    /// The connection, if it is still open after this time.
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

    async fn pause_ends(&self) {
        let _pause = self.pause.lock().await;
        // It was dropped before its end, if this is still set.
        self.is_pausing.store(false, Ordering::Relaxed);
    }

    /// The peer closed a connection that waited for a request.
    fn closed(&self, connection: &Connection) {
        let open = connection.answered.elapsed();
        self.state().keeping.closed(connection.answers, open);
    }

    /// Why a connection brought no answer: where the request's error says only that there is no
    /// connection any more, the error of the connection.
    async fn broken(&self, connection: Connection, error: hyper::Error) -> TransportError {
        let is_new = connection.answers == 0;
        let mut error = Broken(error);
        let knows_why = error
            .0
            .source()
            .is_some_and(<dyn Error>::is::<hyper::Error>);
        let is_unexplained = !knows_why && (error.0.is_canceled() || error.0.is_closed());
        if is_unexplained
            && let Ok(timer) = self.timers.get()
            && let Some(Ok(Err(own))) = timer
                .within(UNTIL_ITS_END, Clock::Real, connection.task)
                .await
        {
            error = Broken(own);
        }
        if is_new {
            TransportError::no_answer_on_new(error)
        } else {
            TransportError::other(error)
        }
    }

    /// Whether it was opened before a request failed.
    fn is_doubtful(&self, connection: &Connection) -> bool {
        connection.failures != self.failures.load(Ordering::Relaxed)
    }

    /// Keeps a connection, unless it is older than a failure.
    fn put_back(&self, mut connection: Connection, since: Moment) {
        let answers = connection.answers;
        connection.answers = answers.saturating_add(1);
        connection.answered = Instant::now();
        let mut state = self.state();
        state.keeping.answered(answers);
        if !self.is_doubtful(&connection) {
            state.idle.push(Idle { connection, since });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // It is whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error of hyper. That an operation was canceled is left out where it is known why.
#[derive(Debug)]
struct Broken(hyper::Error);

impl Broken {
    fn shown(&self) -> &(dyn Error + 'static) {
        match self.0.source() {
            Some(cause) if self.0.is_canceled() => cause,
            _ => &self.0,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.shown())
    }
}

impl Error for Broken {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.shown().source()
    }
}

#[cfg(test)]
mod tests {
    use super::super::connect::route;
    use super::super::tls::Certificates;
    use super::*;

    /// Answers all requests on each connection; returns its URL and how many connections there were.
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
    async fn a_machine_that_slept_opens_new_connections() {
        let (url, connections) = server().await;
        let tls = Certificates::default().config(false, |_| None).unwrap();
        let connector = HttpsConnector::from((route(&url, |_| None).unwrap().route, tls));
        let pool = Pool::new(connector, url);
        for (slept, expected) in [(0, 1), (59, 1), (120, 2), (120, 2)] {
            let now = Moment::now().after_sleep(Duration::from_secs(slept));
            let request = http::Request::new(Full::default());
            pool.request_at(now, request, 1 << 10).await.unwrap();
            assert_eq!(connections.load(Ordering::Relaxed), expected, "{slept}");
        }
    }
}
