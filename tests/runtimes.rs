//! Every send method in every kind of runtime: it succeeds or returns a helpful error, and never panics
//! or hangs.

use std::future::{pending, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, Once, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use inngest_core::testing::{EventServer, Fault, Recorder};
use inngest_core::transport::{Answer, Request, Transport, TransportFuture};
use inngest_core::{Batch, Client, RetryPolicy, SendError, blocking};
use support::{Script, item, items};
use tokio::runtime::{Builder, Handle, Runtime};

#[path = "runtimes/blocking_client.rs"]
mod blocking_client;
#[path = "runtimes/paused_clock.rs"]
mod paused_clock;
#[path = "runtimes/send.rs"]
mod send;
mod support;

const HOUR: Duration = Duration::from_secs(3_600);

/// No combination takes this long unless it hangs.
const HANG: Duration = Duration::from_secs(10);

type Task = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send>>;

/// The runtime in which futures are polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RuntimeKind {
    NoTokio,
    CurrentThread,
    MultiThread,
    /// A thread outside of a runtime that has entered one.
    Entered,
    NoTimers,
    NoTimersMulti,
    NoIo,
    NoIoMulti,
    NoDrivers,
    Paused,
    /// A thread that has entered a runtime that is already shut down.
    Ended,
    EndedMulti,
    /// `block_on` of a runtime that is already shut down.
    EndedBlockOn,
    /// A blocking thread of a runtime that is shutting down.
    ShuttingDown,
}

const RUNTIME_KINDS: [RuntimeKind; 14] = [
    RuntimeKind::NoTokio,
    RuntimeKind::CurrentThread,
    RuntimeKind::MultiThread,
    RuntimeKind::Entered,
    RuntimeKind::NoTimers,
    RuntimeKind::NoTimersMulti,
    RuntimeKind::NoIo,
    RuntimeKind::NoIoMulti,
    RuntimeKind::NoDrivers,
    RuntimeKind::Paused,
    RuntimeKind::Ended,
    RuntimeKind::EndedMulti,
    RuntimeKind::EndedBlockOn,
    RuntimeKind::ShuttingDown,
];

impl RuntimeKind {
    fn has_runtime(self) -> bool {
        !matches!(
            self,
            Self::NoTokio | Self::Ended | Self::EndedMulti | Self::EndedBlockOn
        )
    }

    fn has_io(self) -> bool {
        self.has_runtime() && !matches!(self, Self::NoIo | Self::NoIoMulti | Self::NoDrivers)
    }

    fn run(self, task: impl FnOnce() -> Task + Send + 'static) -> Result<(), SendError> {
        match self {
            Self::NoTokio => block_on(async { task().await }),
            Self::CurrentThread => current().block_on(async { task().await }),
            Self::MultiThread => multi().block_on(async { tokio::spawn(task()).await.unwrap() }),
            Self::Entered => {
                let runtime = multi();
                let _inside = runtime.enter();
                block_on(async { task().await })
            }
            Self::NoTimers => build(Builder::new_current_thread().enable_io()).block_on(task()),
            Self::NoTimersMulti => {
                let runtime = build(Builder::new_multi_thread().worker_threads(1).enable_io());
                runtime.block_on(async { tokio::spawn(task()).await.unwrap() })
            }
            Self::NoIo => build(Builder::new_current_thread().enable_time()).block_on(task()),
            Self::NoIoMulti => {
                let runtime = build(Builder::new_multi_thread().worker_threads(1).enable_time());
                runtime.block_on(async { tokio::spawn(task()).await.unwrap() })
            }
            Self::NoDrivers => build(&mut Builder::new_current_thread()).block_on(task()),
            Self::Paused => paused().block_on(task()),
            Self::Ended => {
                let ended = handle_of_ended(current());
                let _inside = ended.enter();
                block_on(async { task().await })
            }
            Self::EndedMulti => {
                let ended = handle_of_ended(multi());
                let _inside = ended.enter();
                block_on(async { task().await })
            }
            Self::EndedBlockOn => handle_of_ended(multi()).block_on(task()),
            Self::ShuttingDown => {
                let runtime = multi();
                let (started, starts) = mpsc::channel();
                let (shut_down, shutdowns) = mpsc::channel();
                let (done, result) = mpsc::channel();
                runtime.spawn_blocking(move || {
                    started.send(()).unwrap();
                    shutdowns.recv().unwrap();
                    done.send(Handle::current().block_on(task())).unwrap();
                });
                starts.recv().unwrap();
                runtime.shutdown_background();
                shut_down.send(()).unwrap();
                result.recv().unwrap()
            }
        }
    }
}

fn build(builder: &mut Builder) -> Runtime {
    builder.build().unwrap()
}

fn current() -> Runtime {
    build(Builder::new_current_thread().enable_all())
}

fn multi() -> Runtime {
    build(Builder::new_multi_thread().worker_threads(1).enable_all())
}

fn paused() -> Runtime {
    build(
        Builder::new_current_thread()
            .enable_all()
            .start_paused(true),
    )
}

fn handle_of_ended(runtime: Runtime) -> Handle {
    let handle = runtime.handle().clone();
    runtime.shutdown_timeout(HANG);
    handle
}

/// An executor that is independent of tokio.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Runs a test case and fails with its name if it hangs or panics.
fn run_watched<T: Send + 'static>(name: &str, case: impl FnOnce() -> T + Send + 'static) -> T {
    record_panics();
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        let result = std::panic::catch_unwind(AssertUnwindSafe(case));
        // After a timeout, nobody receives the result.
        let _ = done.send(result);
    });
    match result.recv_timeout(HANG) {
        Ok(Ok(output)) => output,
        Ok(Err(_)) => panic!("{name}: it panicked"),
        Err(timeout) => panic!("{name}: it hangs ({timeout})"),
    }
}

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Records panics on all threads, because tokio catches the panics of its tasks.
fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let payload = panic.payload();
            let text = match payload.downcast_ref::<String>() {
                Some(text) => text,
                None => payload.downcast_ref::<&str>().copied().unwrap_or_default(),
            };
            // tokio reports missing IO only by this panic, which the client catches.
            if text.contains("IO is disabled") {
                return;
            }
            let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
            panics.push(text.to_owned());
            drop(panics);
            before(panic);
        }));
    });
}

fn assert_nothing_panicked() {
    // Release the lock before the assertion, because the panic hook locks it too.
    let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(panics.is_empty(), "{panics:?}");
}

/// A method that sends events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SendMethod {
    Send,
    SendMany,
    SendBatch,
    SendStream,
    SendIter,
    Buffered,
    BufferedLinger,
    BufferedDrop,
    Plan,
}

const SEND_METHODS: [SendMethod; 9] = [
    SendMethod::Send,
    SendMethod::SendMany,
    SendMethod::SendBatch,
    SendMethod::SendStream,
    SendMethod::SendIter,
    SendMethod::Buffered,
    SendMethod::BufferedLinger,
    SendMethod::BufferedDrop,
    SendMethod::Plan,
];

fn batch() -> Batch {
    let mut batch = Batch::new();
    batch.extend(items(2)).unwrap();
    batch
}

fn first_error(error: &inngest_core::BatchError) -> SendError {
    error.first_error().unwrap().clone()
}

impl SendMethod {
    fn is_buffered(self) -> bool {
        matches!(
            self,
            Self::Buffered | Self::BufferedLinger | Self::BufferedDrop
        )
    }

    fn task(self, client: Client) -> Task {
        Box::pin(async move {
            match self {
                Self::Send => client.send(item(1)).await.map(drop),
                Self::SendMany => client
                    .send_many(items(2))
                    .await
                    .map(drop)
                    .map_err(|error| first_error(&error)),
                Self::SendBatch => client
                    .send_batch(batch())
                    .await
                    .map(drop)
                    .map_err(|error| first_error(&error)),
                Self::SendStream | Self::SendIter => {
                    let events = items(2);
                    let mut sending = match self {
                        Self::SendStream => client.send_stream(futures_util::stream::iter(events)),
                        _ => client.send_iter(events),
                    };
                    while let Some(progress) = sending.next().await {
                        progress.result.map_err(|error| first_error(&error))?;
                    }
                    Ok(())
                }
                Self::Buffered => {
                    let sender = client.buffered().linger(HOUR).start()?;
                    let pending = sender.send(item(1)).await?;
                    drop(sender.try_send(item(2))?);
                    sender.flush().await;
                    let result = pending.await.map(drop);
                    drop(sender.shutdown(Duration::from_millis(200)).await);
                    result
                }
                Self::BufferedLinger => {
                    let linger = Duration::from_millis(5);
                    let sender = client.buffered().linger(linger).start()?;
                    let result = sender.send(item(1)).await?.await.map(drop);
                    drop(sender.clone().shutdown(Duration::MAX).await);
                    sender.flush().await;
                    drop(sender.shutdown(Duration::ZERO).await);
                    result
                }
                Self::BufferedDrop => {
                    let sender = client.buffered().linger(HOUR).start()?;
                    let pending = sender.send(item(1)).await?;
                    drop(sender);
                    match pending.await {
                        Err(SendError::SenderClosed) => Ok(()),
                        other => panic!("{other:?}"),
                    }
                }
                Self::Plan => {
                    assert_eq!(client.plan(&batch()).requests.len(), 1);
                    Ok(())
                }
            }
        })
    }
}

/// A transport that never answers.
struct Silent;

impl Transport for Silent {
    fn post(&self, _: Request) -> TransportFuture<'_> {
        Box::pin(pending())
    }
}

/// The transport of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TransportKind {
    Http,
    /// HTTP with a host name, which the runtime's threads resolve.
    HttpByName,
    Reqwest,
    Recorder,
    /// Fails at first, so that the client pauses before a retry.
    Retry,
    Silent,
}

const TRANSPORT_KINDS: [TransportKind; 6] = [
    TransportKind::Http,
    TransportKind::HttpByName,
    TransportKind::Reqwest,
    TransportKind::Recorder,
    TransportKind::Retry,
    TransportKind::Silent,
];

impl TransportKind {
    fn client(self, server: &EventServer) -> Client {
        let builder = Client::builder().dev(true).base_url(server.url());
        let builder = builder.timeout(Duration::from_secs(20));
        match self {
            Self::Http => builder,
            Self::HttpByName => builder.base_url(server.url().replace("127.0.0.1", "localhost")),
            Self::Reqwest => {
                // The idle timeout of reqwest needs a task with tokio timers.
                let client = reqwest::Client::builder().pool_idle_timeout(None);
                builder.http_client(client.build().unwrap())
            }
            Self::Recorder => builder.transport(Recorder::new()),
            Self::Retry => builder
                .transport(Script::new((0..2).map(|_| Ok(Answer::new(503, "")))))
                .retry(RetryPolicy::default().base(Duration::from_millis(5))),
            Self::Silent => builder
                .transport(Silent)
                .timeout(Duration::from_millis(20))
                .retry(RetryPolicy::none()),
        }
        .build()
        .unwrap()
    }
}

/// Whether a result is expected.
fn is_expected(
    runtime_kind: RuntimeKind,
    method: SendMethod,
    transport: TransportKind,
    result: &Result<(), SendError>,
) -> bool {
    if method == SendMethod::Plan {
        return result.is_ok();
    }
    if runtime_kind == RuntimeKind::ShuttingDown {
        // The runtime may shut down at any point of the send.
        return match result {
            Ok(()) | Err(SendError::NoRuntime | SendError::SenderClosed) => true,
            Err(SendError::Timeout { .. }) => transport == TransportKind::Silent,
            Err(SendError::InDoubt { last, .. }) => {
                matches!(**last, SendError::NoRuntime | SendError::SenderClosed)
            }
            Err(_) => false,
        };
    }
    if method.is_buffered() && !runtime_kind.has_runtime() {
        return matches!(result, Err(SendError::NoRuntime));
    }
    if method == SendMethod::BufferedDrop {
        return result.is_ok();
    }
    match transport {
        TransportKind::Http | TransportKind::HttpByName | TransportKind::Reqwest
            if !runtime_kind.has_io() =>
        {
            matches!(result, Err(SendError::NoRuntime))
        }
        TransportKind::Silent => matches!(result, Err(SendError::Timeout { .. })),
        _ => result.is_ok(),
    }
}

fn blocking_client(server: &EventServer) -> blocking::Client {
    let builder = blocking::Client::builder().dev(true);
    builder.base_url(server.url()).build().unwrap()
}

/// Calls each method of a blocking client and returns the results. The client is dropped in the same
/// context.
fn call_each_method(client: blocking::Client) -> Vec<(&'static str, Result<(), SendError>)> {
    let mut results = vec![
        ("send", client.send(item(1)).map(drop)),
        (
            "send_many",
            client
                .send_many(items(2))
                .map(drop)
                .map_err(|error| first_error(&error)),
        ),
        (
            "send_batch",
            client
                .send_batch(batch())
                .map(drop)
                .map_err(|error| first_error(&error)),
        ),
    ];
    for progress in client.send_iter(items(2)) {
        let result = progress.map(|progress| assert!(progress.result.is_ok()));
        results.push(("send_iter", result));
    }
    assert_eq!(client.plan(&batch()).requests.len(), 1);
    let sender = client.buffered().linger(HOUR).start().unwrap();
    results.push(("buffered.send", sender.send(item(1)).map(drop)));
    let pending = sender.try_send(item(2)).unwrap();
    results.push(("flush", sender.flush()));
    results.push(("wait", pending.wait().map(drop)));
    let shutdown = sender.shutdown(Duration::from_secs(5)).map(drop);
    results.push(("shutdown", shutdown));
    // Drop this sender without a shutdown.
    let sender = client.buffered().linger(HOUR).start().unwrap();
    drop(sender.try_send(item(3)).unwrap());
    drop(client.send_iter(items(2)));
    drop(client);
    drop(sender);
    results
}
