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

#[test]
fn every_method_in_every_runtime_returns() {
    let server = Arc::new(EventServer::start().unwrap());
    let mut failures = Vec::new();
    for runtime_kind in RUNTIME_KINDS {
        for method in SEND_METHODS {
            for transport in TRANSPORT_KINDS {
                let what = format!("{method:?} over {transport:?} in {runtime_kind:?}");
                let client = transport.client(&server);
                let result =
                    run_watched(&what, move || runtime_kind.run(move || method.task(client)));
                if !is_expected(runtime_kind, method, transport, &result) {
                    failures.push(format!("{what}: {result:?}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert_nothing_panicked();
}

/// Polls a future once and asserts that it is pending.
fn poll_once<T>(runtime: &Runtime, future: &mut Pin<Box<dyn Future<Output = T> + Send>>) {
    let polled = runtime.block_on(poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))));
    assert!(polled.is_pending());
}

/// The runtime of a request shuts down before the response, or during a pause between attempts.
#[test]
fn future_survives_the_end_of_its_runtime() {
    let once = || RetryPolicy::default().base(Duration::from_millis(5));
    for during_pause in [false, true] {
        for start in [current, multi, paused] {
            for elsewhere in [
                RuntimeKind::NoTokio,
                RuntimeKind::CurrentThread,
                RuntimeKind::NoTimers,
                RuntimeKind::NoIo,
            ] {
                let what = format!("during a pause: {during_pause}, then {elsewhere:?}");
                let (result, runtime_kind) = run_watched(&what, move || {
                    let server = EventServer::start().unwrap();
                    let builder = Client::builder().dev(true).base_url(server.url());
                    let builder = builder.retry(once());
                    let client = if during_pause {
                        let failing = Script::new([Ok(Answer::new(503, ""))]);
                        builder
                            .retry(once().base(Duration::from_millis(50)))
                            .transport(failing)
                    } else {
                        server.inject(Fault::late(HOUR).after_taking());
                        builder
                    };
                    let client = client.build().unwrap();
                    let runtime = start();
                    let mut sending = SendMethod::Send.task(client);
                    poll_once(&runtime, &mut sending);
                    if !during_pause {
                        while server.events().is_empty() {
                            runtime.block_on(tokio::task::yield_now());
                            poll_once(&runtime, &mut sending);
                        }
                    }
                    runtime.shutdown_timeout(HANG);
                    (elsewhere.run(move || sending), elsewhere)
                });
                if during_pause || runtime_kind.has_io() {
                    assert!(result.is_ok(), "{what}: {result:?}");
                    continue;
                }
                // The first attempt may have reached the server.
                let Err(SendError::InDoubt { last, .. }) = &result else {
                    panic!("{what}: {result:?}");
                };
                assert!(matches!(**last, SendError::NoRuntime), "{what}");
            }
        }
    }
    assert_nothing_panicked();
}

/// The runtime shuts down before the first poll of the sender's task, or while the task waits.
#[test]
fn sender_is_closed_after_its_runtime_ends() {
    for turns in [0, 3] {
        for start in [current, paused] {
            run_watched("a sender whose runtime has ended", move || {
                let client = TransportKind::Recorder.client(&EventServer::start().unwrap());
                let runtime = start();
                let sender = {
                    let _inside = runtime.enter();
                    client.buffered().linger(HOUR).capacity(1).start().unwrap()
                };
                let pending = sender.try_send(item(1)).unwrap();
                if turns > 0 {
                    runtime.block_on(poll_fn(|_| Poll::Ready(())));
                }
                let waiting = sender.clone();
                let waiting = thread::spawn(move || block_on(waiting.send(item(2))).map(drop));
                drop(runtime);
                let closed = |result: Result<(), SendError>| {
                    assert!(matches!(result, Err(SendError::SenderClosed)), "{result:?}");
                };
                closed(waiting.join().unwrap());
                closed(block_on(pending).map(drop));
                closed(sender.try_send(item(3)).map(drop));
                block_on(sender.flush());
                let report = block_on(sender.shutdown(Duration::MAX));
                assert_eq!((report.delivered, report.unsent.len()), (0, 1));
            });
        }
    }
    assert_nothing_panicked();
}

#[test]
fn missing_runtime_error_keeps_the_events() {
    let client = Client::builder().dev(true).build().unwrap();
    let error = block_on(client.send(item(1))).unwrap_err();
    assert!(error.to_string().contains("`enable_all`"), "{error}");
    assert!(!error.may_have_been_accepted());
    let error = block_on(client.send_many(items(3))).unwrap_err();
    assert_eq!(error.rejected().count(), 3);
    assert_eq!(error.into_unsent().len(), 3);
}

/// A panic in user code must not be mistaken for a missing runtime.
#[test]
fn panic_in_a_transport_propagates() {
    struct Panics;
    impl Transport for Panics {
        fn post(&self, _: Request) -> TransportFuture<'_> {
            Box::pin(async { std::panic::resume_unwind(Box::new("a bug in the transport")) })
        }
    }
    let client = Client::builder().dev(true).transport(Panics);
    let client = client.build().unwrap();
    let sending = AssertUnwindSafe(|| block_on(client.send(item(1))));
    assert!(std::panic::catch_unwind(sending).is_err());
}

/// The context in which a blocking client is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallContext {
    Thread,
    Entered,
    EnteredEnded,
    OtherExecutor,
    SpawnBlocking,
    SpawnBlockingCurrent,
    SpawnBlockingPaused,
    SpawnBlockingNoDrivers,
    SpawnBlockingAsRuntimeEnds,
    BlockInPlace,
    BlockInPlaceOfRoot,
    ThreadInTask,

    Task,
    TaskCurrent,
    Root,
    RootCurrent,
    RootNoDrivers,
    LocalTask,
    LocalTaskOfMulti,
    Unconstrained,
    UnconstrainedCurrent,
    UnconstrainedRootCurrent,
    BudgetSpent,
    Selected,
    OtherExecutorInTask,
    BlockOnInSpawnBlocking,
    BlockOnInBlockInPlace,
}

const BLOCKING_ALLOWED: [CallContext; 12] = [
    CallContext::Thread,
    CallContext::Entered,
    CallContext::EnteredEnded,
    CallContext::OtherExecutor,
    CallContext::SpawnBlocking,
    CallContext::SpawnBlockingCurrent,
    CallContext::SpawnBlockingPaused,
    CallContext::SpawnBlockingNoDrivers,
    CallContext::SpawnBlockingAsRuntimeEnds,
    CallContext::BlockInPlace,
    CallContext::BlockInPlaceOfRoot,
    CallContext::ThreadInTask,
];

const BLOCKING_FORBIDDEN: [CallContext; 15] = [
    CallContext::Task,
    CallContext::TaskCurrent,
    CallContext::Root,
    CallContext::RootCurrent,
    CallContext::RootNoDrivers,
    CallContext::LocalTask,
    CallContext::LocalTaskOfMulti,
    CallContext::Unconstrained,
    CallContext::UnconstrainedCurrent,
    CallContext::UnconstrainedRootCurrent,
    CallContext::BudgetSpent,
    CallContext::Selected,
    CallContext::OtherExecutorInTask,
    CallContext::BlockOnInSpawnBlocking,
    CallContext::BlockOnInBlockInPlace,
];

fn on_blocking_thread<T: Send + 'static>(
    runtime: &Runtime,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    runtime.block_on(async { tokio::task::spawn_blocking(work).await.unwrap() })
}

fn in_task<T: Send + 'static>(
    runtime: &Runtime,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    runtime.block_on(async { tokio::spawn(work).await.unwrap() })
}

impl CallContext {
    fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> T {
        match self {
            Self::Thread => work(),
            Self::Entered => {
                let runtime = current();
                let _inside = runtime.enter();
                work()
            }
            Self::EnteredEnded => {
                let ended = handle_of_ended(multi());
                let _inside = ended.enter();
                work()
            }
            Self::OtherExecutor => block_on(async { work() }),
            Self::SpawnBlocking => on_blocking_thread(&multi(), work),
            Self::SpawnBlockingCurrent => on_blocking_thread(&current(), work),
            Self::SpawnBlockingPaused => on_blocking_thread(&paused(), work),
            Self::SpawnBlockingNoDrivers => {
                on_blocking_thread(&build(&mut Builder::new_current_thread()), work)
            }
            Self::SpawnBlockingAsRuntimeEnds => {
                let runtime = multi();
                let (started, starts) = mpsc::channel();
                let (shut_down, shutdowns) = mpsc::channel();
                let working = runtime.spawn_blocking(move || {
                    started.send(()).unwrap();
                    shutdowns.recv().unwrap();
                    work()
                });
                starts.recv().unwrap();
                runtime.shutdown_background();
                shut_down.send(()).unwrap();
                block_on(working).unwrap()
            }
            Self::BlockInPlace => in_task(&multi(), async { tokio::task::block_in_place(work) }),
            Self::BlockInPlaceOfRoot => {
                multi().block_on(async { tokio::task::block_in_place(work) })
            }
            Self::ThreadInTask => in_task(&multi(), async { thread::spawn(work).join().unwrap() }),
            _ => self.run_async(work),
        }
    }

    fn run_async<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> T {
        match self {
            Self::Task => in_task(&multi(), async { work() }),
            Self::TaskCurrent => in_task(&current(), async { work() }),
            Self::Root => multi().block_on(async { work() }),
            Self::RootCurrent => current().block_on(async { work() }),
            Self::RootNoDrivers => {
                build(&mut Builder::new_current_thread()).block_on(async { work() })
            }
            Self::LocalTask | Self::LocalTaskOfMulti => {
                let runtime = match self {
                    Self::LocalTask => current(),
                    _ => multi(),
                };
                let local = tokio::task::LocalSet::new();
                local.block_on(&runtime, async {
                    tokio::task::spawn_local(async { work() }).await.unwrap()
                })
            }
            Self::Unconstrained => in_task(&multi(), tokio::task::unconstrained(async { work() })),
            Self::UnconstrainedCurrent => {
                in_task(&current(), tokio::task::unconstrained(async { work() }))
            }
            Self::UnconstrainedRootCurrent => {
                current().block_on(tokio::task::unconstrained(async { work() }))
            }
            Self::BudgetSpent => in_task(&multi(), async {
                while tokio::task::coop::has_budget_remaining() {
                    let mut spending = pin!(tokio::task::consume_budget());
                    poll_fn(|cx| Poll::Ready(spending.as_mut().poll(cx).is_ready())).await;
                }
                work()
            }),
            Self::Selected => in_task(&multi(), async {
                tokio::select! {
                    biased;
                    () = pending() => unreachable!("it does not end"),
                    done = async { work() } => done,
                }
            }),
            Self::OtherExecutorInTask => in_task(&multi(), async { block_on(async { work() }) }),
            Self::BlockOnInSpawnBlocking => {
                on_blocking_thread(&multi(), || Handle::current().block_on(async { work() }))
            }
            Self::BlockOnInBlockInPlace => in_task(&multi(), async {
                tokio::task::block_in_place(|| Handle::current().block_on(async { work() }))
            }),
            context => unreachable!("a thread may wait in {context:?}"),
        }
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

#[test]
fn blocking_client_works_where_blocking_is_allowed() {
    let server = Arc::new(EventServer::start().unwrap());
    for context in BLOCKING_ALLOWED {
        let client = blocking_client(&server);
        let results = run_watched(&format!("{context:?}"), move || {
            context.run(|| call_each_method(client))
        });
        assert_eq!(results.len(), 8, "{context:?}");
        for (call, result) in results {
            assert!(result.is_ok(), "{call} in {context:?}: {result:?}");
        }
        // Building the client in the same context works too.
        let server = Arc::clone(&server);
        run_watched(&format!("{context:?}"), move || {
            context.run(move || blocking_client(&server).send(item(1)).map(drop))
        })
        .unwrap();
    }
    assert_nothing_panicked();
}

#[test]
fn blocking_client_in_async_code_is_an_error() {
    let server = Arc::new(EventServer::start().unwrap());
    for context in BLOCKING_FORBIDDEN {
        let client = blocking_client(&server);
        let results = run_watched(&format!("{context:?}"), move || {
            context.run(|| call_each_method(client))
        });
        assert_eq!(results.len(), 8, "{context:?}");
        for (call, result) in results {
            assert!(
                matches!(result, Err(SendError::InsideRuntime)),
                "{call} in {context:?}: {result:?}"
            );
        }
    }
    assert!(server.events().is_empty());
    assert_nothing_panicked();
}

/// The root future has its own thread, so blocking it stops no other task.
#[test]
fn blocking_client_in_an_unconstrained_root_works() {
    let server = EventServer::start().unwrap();
    let client = blocking_client(&server);
    let sent = run_watched("an unconstrained root", move || {
        multi().block_on(tokio::task::unconstrained(async move {
            client.send(item(1)).map(drop)
        }))
    });
    sent.unwrap();
    assert_nothing_panicked();
}

#[tokio::test]
async fn blocking_check_uses_no_task_budget() {
    let server = EventServer::start().unwrap();
    let client = blocking_client(&server);
    let left = || {
        let mut left = 0;
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(spent) = tokio::task::coop::poll_proceed(&mut cx) {
            spent.made_progress();
            left += 1;
        }
        left
    };
    tokio::task::yield_now().await;
    client.send(item(1)).unwrap_err();
    let after = left();
    tokio::task::yield_now().await;
    assert_eq!(after, left());
}

/// The paused clock jumps whenever all tasks wait, even for a socket.
#[test]
fn every_method_works_while_time_is_paused() {
    const TIMES: usize = 50;
    run_watched("sending while time is paused", || {
        paused().block_on(async {
            let server = EventServer::start().unwrap();
            let builder = Client::builder().dev(true).base_url(server.url());
            let reqwest = builder.http_client(reqwest::Client::new()).build();
            for client in [server.client().unwrap(), reqwest.unwrap()] {
                for _ in 0..TIMES {
                    for method in SEND_METHODS {
                        method.task(client.clone()).await.unwrap();
                    }
                    // Open a new connection each time.
                    server.client().unwrap().send(item(1)).await.unwrap();
                    let blocking = blocking_client(&server);
                    let sending = tokio::task::spawn_blocking(|| call_each_method(blocking));
                    for (call, result) in sending.await.unwrap() {
                        assert!(result.is_ok(), "{call}: {result:?}");
                    }
                }
            }
        });
    });
    assert_nothing_panicked();
}

/// Jumps of the paused clock must not time out a request in flight.
#[tokio::test(start_paused = true)]
async fn clock_jump_does_not_end_a_request() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::late(Duration::from_millis(400)));
    let client = server.client().unwrap();
    let sending = tokio::spawn(client.send(item(1)));
    for _ in 0..10 {
        tokio::time::sleep(HOUR).await;
    }
    sending.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 1);
}

/// A response over a custom transport's socket needs real time to arrive.
#[tokio::test(start_paused = true)]
async fn custom_transport_with_sockets_works_while_paused() {
    struct Forwards(Client, Recorder);
    impl Transport for Forwards {
        fn post(&self, request: Request) -> TransportFuture<'_> {
            Box::pin(async move {
                // Send over a socket first, then answer with the recorder.
                self.0.send(item(1)).await.unwrap();
                self.1.post(request).await
            })
        }
    }
    let server = EventServer::start().unwrap();
    let forwards = Forwards(server.client().unwrap(), Recorder::new());
    let client = Client::builder().dev(true).transport(forwards);
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    for _ in 0..50 {
        client.send(item(2)).await.unwrap();
    }
    assert_eq!(server.events().len(), 50);
}

/// A blocking thread stops the paused clock, so a pause on that clock alone would never end.
#[test]
fn pause_ends_while_the_clock_is_stopped() {
    run_watched("a pause in a blocking thread", || {
        let client = TransportKind::Retry.client(&EventServer::start().unwrap());
        let sending = move || Handle::current().block_on(client.send(item(1)));
        let sent = paused().block_on(async { tokio::task::spawn_blocking(sending).await.unwrap() });
        sent.unwrap();
        let sender = TransportKind::Recorder.client(&EventServer::start().unwrap());
        let sending = move || {
            Handle::current().block_on(async {
                let linger = Duration::from_millis(5);
                let sender = sender.buffered().linger(linger).start()?;
                sender.send(item(1)).await?.await
            })
        };
        let sent = paused().block_on(async { tokio::task::spawn_blocking(sending).await.unwrap() });
        sent.unwrap();
    });
    assert_nothing_panicked();
}
