//! Every way of sending, in every kind of runtime and without one: an error that says what to do,
//! or success, and never a panic or a hang.

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

/// No cell takes as long, so one that does hangs.
const HANG: Duration = Duration::from_secs(10);

type Task = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send>>;

// Where futures are polled.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    NoTokio,
    Whole,
    WholeMulti,
    /// A plain thread in which a runtime is entered.
    Entered,
    NoTimers,
    NoTimersMulti,
    NoIo,
    NoIoMulti,
    Bare,
    Paused,
    /// A runtime has ended, and is entered all the same.
    Ended,
    EndedMulti,
    /// The same with its own `block_on`.
    EndedBlockOn,
    /// A blocking thread of a runtime that ends.
    ShuttingDown,
}

const PLACES: [Place; 14] = [
    Place::NoTokio,
    Place::Whole,
    Place::WholeMulti,
    Place::Entered,
    Place::NoTimers,
    Place::NoTimersMulti,
    Place::NoIo,
    Place::NoIoMulti,
    Place::Bare,
    Place::Paused,
    Place::Ended,
    Place::EndedMulti,
    Place::EndedBlockOn,
    Place::ShuttingDown,
];

impl Place {
    fn has_runtime(self) -> bool {
        !matches!(
            self,
            Self::NoTokio | Self::Ended | Self::EndedMulti | Self::EndedBlockOn
        )
    }

    fn has_io(self) -> bool {
        self.has_runtime() && !matches!(self, Self::NoIo | Self::NoIoMulti | Self::Bare)
    }

    fn run(self, task: impl FnOnce() -> Task + Send + 'static) -> Result<(), SendError> {
        match self {
            Self::NoTokio => block_on(async { task().await }),
            Self::Whole => current().block_on(async { task().await }),
            Self::WholeMulti => multi().block_on(async { tokio::spawn(task()).await.unwrap() }),
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
            Self::Bare => build(&mut Builder::new_current_thread()).block_on(task()),
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
                let (begun, begins) = mpsc::channel();
                let (ending, ends) = mpsc::channel();
                let (done, result) = mpsc::channel();
                runtime.spawn_blocking(move || {
                    begun.send(()).unwrap();
                    ends.recv().unwrap();
                    done.send(Handle::current().block_on(task())).unwrap();
                });
                begins.recv().unwrap();
                runtime.shutdown_background();
                ending.send(()).unwrap();
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

/// An executor that knows nothing of tokio.
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

/// Fails when something takes for ever or panics, and says what.
fn watched<T: Send + 'static>(what: &str, cell: impl FnOnce() -> T + Send + 'static) -> T {
    count_panics();
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        let result = std::panic::catch_unwind(AssertUnwindSafe(cell));
        // After a hang nobody waits for it.
        let _ = done.send(result);
    });
    match result.recv_timeout(HANG) {
        Ok(Ok(output)) => output,
        Ok(Err(_)) => panic!("{what}: it panicked"),
        Err(late) => panic!("{what}: it hangs ({late})"),
    }
}

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Takes note of panics on all threads: tokio catches those of its tasks.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let payload = panic.payload();
            let text = match payload.downcast_ref::<String>() {
                Some(text) => text,
                None => payload.downcast_ref::<&str>().copied().unwrap_or_default(),
            };
            // tokio has no other way to tell.
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
    // Not while it is locked: this panic is noted too.
    let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(panics.is_empty(), "{panics:?}");
}

// Ways of sending.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
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

const ENTRIES: [Entry; 9] = [
    Entry::Send,
    Entry::SendMany,
    Entry::SendBatch,
    Entry::SendStream,
    Entry::SendIter,
    Entry::Buffered,
    Entry::BufferedLinger,
    Entry::BufferedDrop,
    Entry::Plan,
];

fn batch() -> Batch {
    let mut batch = Batch::new();
    batch.extend(items(2)).unwrap();
    batch
}

/// Of two events that fail in the same way, one error is all there is to say.
fn first(error: &inngest_core::BatchError) -> SendError {
    error.outcomes()[0].error().unwrap().clone()
}

impl Entry {
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
                    .map_err(|error| first(&error)),
                Self::SendBatch => client
                    .send_batch(batch())
                    .await
                    .map(drop)
                    .map_err(|error| first(&error)),
                Self::SendStream | Self::SendIter => {
                    let events = items(2);
                    let mut sending = match self {
                        Self::SendStream => client.send_stream(futures_util::stream::iter(events)),
                        _ => client.send_iter(events),
                    };
                    while let Some(progress) = sending.next().await {
                        progress.result.map_err(|error| first(&error))?;
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

// What carries the requests.

/// Takes a request and never answers it.
struct Silent;

impl Transport for Silent {
    fn post(&self, _: Request) -> TransportFuture<'_> {
        Box::pin(pending())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Http,
    /// Its address is looked up by the runtime's threads.
    HttpByName,
    Reqwest,
    Recorder,
    /// Fails at first, so that there is a pause before the next try.
    Again,
    Silent,
}

const CARRIERS: [Carrier; 6] = [
    Carrier::Http,
    Carrier::HttpByName,
    Carrier::Reqwest,
    Carrier::Recorder,
    Carrier::Again,
    Carrier::Silent,
];

impl Carrier {
    fn client(self, server: &EventServer) -> Client {
        let builder = Client::builder().dev(true).base_url(server.url());
        let builder = builder.timeout(Duration::from_secs(20));
        match self {
            Self::Http => builder,
            Self::HttpByName => builder.base_url(server.url().replace("127.0.0.1", "localhost")),
            Self::Reqwest => {
                // It minds idle connections by a task of its own with tokio's timers.
                let client = reqwest::Client::builder().pool_idle_timeout(None);
                builder.http_client(client.build().unwrap())
            }
            Self::Recorder => builder.transport(Recorder::new()),
            Self::Again => builder
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

/// Whether a result is what is to be expected.
fn is_right(place: Place, entry: Entry, carrier: Carrier, result: &Result<(), SendError>) -> bool {
    if entry == Entry::Plan {
        return result.is_ok();
    }
    if place == Place::ShuttingDown {
        // It may be sooner or later over.
        return match result {
            Ok(()) | Err(SendError::NoRuntime | SendError::SenderClosed) => true,
            Err(SendError::Timeout { .. }) => carrier == Carrier::Silent,
            Err(SendError::InDoubt { last, .. }) => {
                matches!(**last, SendError::NoRuntime | SendError::SenderClosed)
            }
            Err(_) => false,
        };
    }
    if entry.is_buffered() && !place.has_runtime() {
        return matches!(result, Err(SendError::NoRuntime));
    }
    if entry == Entry::BufferedDrop {
        return result.is_ok();
    }
    match carrier {
        Carrier::Http | Carrier::HttpByName | Carrier::Reqwest if !place.has_io() => {
            matches!(result, Err(SendError::NoRuntime))
        }
        Carrier::Silent => matches!(result, Err(SendError::Timeout { .. })),
        _ => result.is_ok(),
    }
}

#[test]
fn every_entry_in_every_place_is_an_error_or_success() {
    let server = Arc::new(EventServer::start().unwrap());
    let mut wrong = Vec::new();
    for place in PLACES {
        for entry in ENTRIES {
            for carrier in CARRIERS {
                let what = format!("{entry:?} over {carrier:?} in {place:?}");
                let client = carrier.client(&server);
                let result = watched(&what, move || place.run(move || entry.task(client)));
                if !is_right(place, entry, carrier, &result) {
                    wrong.push(format!("{what}: {result:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_nothing_panicked();
}

/// Polls a future until it waits.
fn poll_once<T>(runtime: &Runtime, future: &mut Pin<Box<dyn Future<Output = T> + Send>>) {
    let polled = runtime.block_on(poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))));
    assert!(polled.is_pending());
}

/// The runtime in which a request began ends before its answer, or amid a pause.
#[test]
fn what_began_in_a_runtime_that_ends_goes_on_elsewhere_or_says_why_not() {
    let once = || RetryPolicy::default().base(Duration::from_millis(5));
    for amid_pause in [false, true] {
        for start in [current, multi, paused] {
            for elsewhere in [Place::NoTokio, Place::Whole, Place::NoTimers, Place::NoIo] {
                let what = format!("amid a pause: {amid_pause}, then {elsewhere:?}");
                let (result, place) = watched(&what, move || {
                    let server = EventServer::start().unwrap();
                    let builder = Client::builder().dev(true).base_url(server.url());
                    let builder = builder.retry(once());
                    let client = if amid_pause {
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
                    let mut sending = Entry::Send.task(client);
                    poll_once(&runtime, &mut sending);
                    if !amid_pause {
                        while server.events().is_empty() {
                            runtime.block_on(tokio::task::yield_now());
                            poll_once(&runtime, &mut sending);
                        }
                    }
                    runtime.shutdown_timeout(HANG);
                    (elsewhere.run(move || sending), elsewhere)
                });
                if amid_pause || place.has_io() {
                    assert!(result.is_ok(), "{what}: {result:?}");
                    continue;
                }
                // The first try may have brought it.
                let Err(SendError::InDoubt { last, .. }) = &result else {
                    panic!("{what}: {result:?}");
                };
                assert!(matches!(**last, SendError::NoRuntime), "{what}");
            }
        }
    }
    assert_nothing_panicked();
}

/// A runtime that ends before the sender has had its first turn, or while it waits.
#[test]
fn a_sender_whose_runtime_has_ended_is_closed() {
    for turns in [0, 3] {
        for start in [current, paused] {
            watched("a sender whose runtime has ended", move || {
                let client = Carrier::Recorder.client(&EventServer::start().unwrap());
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
fn an_error_for_want_of_a_runtime_says_what_to_do_and_loses_nothing() {
    let client = Client::builder().dev(true).build().unwrap();
    let error = block_on(client.send(item(1))).unwrap_err();
    assert!(error.to_string().contains("`enable_all`"), "{error}");
    assert!(!error.may_have_been_accepted());
    let error = block_on(client.send_many(items(3))).unwrap_err();
    assert_eq!(error.rejected().count(), 3);
    assert_eq!(error.into_unsent().len(), 3);
}

/// A user's mistake is not taken for a runtime's.
#[test]
fn a_transport_that_panics_is_not_caught() {
    struct Panics;
    impl Transport for Panics {
        fn post(&self, _: Request) -> TransportFuture<'_> {
            Box::pin(async { std::panic::resume_unwind(Box::new("its own mistake")) })
        }
    }
    let client = Client::builder().dev(true).transport(Panics);
    let client = client.build().unwrap();
    let sending = AssertUnwindSafe(|| block_on(client.send(item(1))));
    assert!(std::panic::catch_unwind(sending).is_err());
}

// Blocking.

/// Where a thread waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Thread,
    Entered,
    EnteredEnded,
    OtherExecutor,
    SpawnBlocking,
    SpawnBlockingCurrent,
    SpawnBlockingPaused,
    SpawnBlockingBare,
    SpawnBlockingAsRuntimeEnds,
    BlockInPlace,
    BlockInPlaceOfRoot,
    ThreadInTask,

    Task,
    TaskCurrent,
    Root,
    RootCurrent,
    RootBare,
    LocalTask,
    LocalTaskOfMulti,
    Unconstrained,
    UnconstrainedCurrent,
    UnconstrainedRootCurrent,
    Spent,
    Selected,
    OtherExecutorInTask,
    BlockOnInSpawnBlocking,
    BlockOnInBlockInPlace,
}

const MAY_WAIT: [Spot; 12] = [
    Spot::Thread,
    Spot::Entered,
    Spot::EnteredEnded,
    Spot::OtherExecutor,
    Spot::SpawnBlocking,
    Spot::SpawnBlockingCurrent,
    Spot::SpawnBlockingPaused,
    Spot::SpawnBlockingBare,
    Spot::SpawnBlockingAsRuntimeEnds,
    Spot::BlockInPlace,
    Spot::BlockInPlaceOfRoot,
    Spot::ThreadInTask,
];

const MAY_NOT_WAIT: [Spot; 15] = [
    Spot::Task,
    Spot::TaskCurrent,
    Spot::Root,
    Spot::RootCurrent,
    Spot::RootBare,
    Spot::LocalTask,
    Spot::LocalTaskOfMulti,
    Spot::Unconstrained,
    Spot::UnconstrainedCurrent,
    Spot::UnconstrainedRootCurrent,
    Spot::Spent,
    Spot::Selected,
    Spot::OtherExecutorInTask,
    Spot::BlockOnInSpawnBlocking,
    Spot::BlockOnInBlockInPlace,
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

impl Spot {
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
            Self::SpawnBlockingBare => {
                on_blocking_thread(&build(&mut Builder::new_current_thread()), work)
            }
            Self::SpawnBlockingAsRuntimeEnds => {
                let runtime = multi();
                let (begun, begins) = mpsc::channel();
                let (ending, ends) = mpsc::channel();
                let working = runtime.spawn_blocking(move || {
                    begun.send(()).unwrap();
                    ends.recv().unwrap();
                    work()
                });
                begins.recv().unwrap();
                runtime.shutdown_background();
                ending.send(()).unwrap();
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
            Self::RootBare => build(&mut Builder::new_current_thread()).block_on(async { work() }),
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
            Self::Spent => in_task(&multi(), async {
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
            spot => unreachable!("a thread may wait in {spot:?}"),
        }
    }
}

fn blocking_client(server: &EventServer) -> blocking::Client {
    let builder = blocking::Client::builder().dev(true);
    builder.base_url(server.url()).build().unwrap()
}

/// What each blocking call gives; the client is dropped where it is used.
fn each_blocking_call(client: blocking::Client) -> Vec<(&'static str, Result<(), SendError>)> {
    let mut results = vec![
        ("send", client.send(item(1)).map(drop)),
        (
            "send_many",
            client
                .send_many(items(2))
                .map(drop)
                .map_err(|error| first(&error)),
        ),
        (
            "send_batch",
            client
                .send_batch(batch())
                .map(drop)
                .map_err(|error| first(&error)),
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
    // Not shut down.
    let sender = client.buffered().linger(HOUR).start().unwrap();
    drop(sender.try_send(item(3)).unwrap());
    drop(client.send_iter(items(2)));
    drop(client);
    drop(sender);
    results
}

#[test]
fn a_blocking_client_waits_where_a_thread_may_wait() {
    let server = Arc::new(EventServer::start().unwrap());
    for spot in MAY_WAIT {
        let client = blocking_client(&server);
        let results = watched(&format!("{spot:?}"), move || {
            spot.run(|| each_blocking_call(client))
        });
        assert_eq!(results.len(), 8, "{spot:?}");
        for (call, result) in results {
            assert!(result.is_ok(), "{call} in {spot:?}: {result:?}");
        }
        // It is made there too.
        let server = Arc::clone(&server);
        watched(&format!("{spot:?}"), move || {
            spot.run(move || blocking_client(&server).send(item(1)).map(drop))
        })
        .unwrap();
    }
    assert_nothing_panicked();
}

#[test]
fn a_blocking_client_stops_no_async_task() {
    let server = Arc::new(EventServer::start().unwrap());
    for spot in MAY_NOT_WAIT {
        let client = blocking_client(&server);
        let results = watched(&format!("{spot:?}"), move || {
            spot.run(|| each_blocking_call(client))
        });
        assert_eq!(results.len(), 8, "{spot:?}");
        for (call, result) in results {
            assert!(
                matches!(result, Err(SendError::InsideRuntime)),
                "{call} in {spot:?}: {result:?}"
            );
        }
    }
    assert!(server.events().is_empty());
    assert_nothing_panicked();
}

/// No scheduler polls it and no other task waits for it, so that nothing is lost if it waits.
#[test]
fn an_unconstrained_root_does_not_hang() {
    let server = EventServer::start().unwrap();
    let client = blocking_client(&server);
    let sent = watched("an unconstrained root", move || {
        multi().block_on(tokio::task::unconstrained(async move {
            client.send(item(1)).map(drop)
        }))
    });
    sent.unwrap();
    assert_nothing_panicked();
}

#[tokio::test]
async fn asking_whether_one_may_wait_costs_a_task_nothing() {
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

// Paused time.

/// The paused clock jumps whenever all tasks wait, if only for a socket.
#[test]
fn every_way_of_sending_works_while_time_is_paused() {
    const TIMES: usize = 50;
    watched("sending while time is paused", || {
        paused().block_on(async {
            let server = EventServer::start().unwrap();
            let builder = Client::builder().dev(true).base_url(server.url());
            let reqwest = builder.http_client(reqwest::Client::new()).build();
            for client in [server.client().unwrap(), reqwest.unwrap()] {
                for _ in 0..TIMES {
                    for entry in ENTRIES {
                        entry.task(client.clone()).await.unwrap();
                    }
                    // A new connection each time.
                    server.client().unwrap().send(item(1)).await.unwrap();
                    let blocking = blocking_client(&server);
                    let sending = tokio::task::spawn_blocking(|| each_blocking_call(blocking));
                    for (call, result) in sending.await.unwrap() {
                        assert!(result.is_ok(), "{call}: {result:?}");
                    }
                }
            }
        });
    });
    assert_nothing_panicked();
}

/// What others do with the clock does not end a request that is under way.
#[tokio::test(start_paused = true)]
async fn a_jump_of_the_clock_ends_no_request() {
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

/// An answer that comes over a socket of the user's own has some real time to arrive.
#[tokio::test(start_paused = true)]
async fn a_transport_of_the_users_own_may_have_sockets() {
    struct Forwards(Client, Recorder);
    impl Transport for Forwards {
        fn post(&self, request: Request) -> TransportFuture<'_> {
            Box::pin(async move {
                // It goes over a socket, and then is answered as it should be.
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

/// A blocking thread holds the paused clock, so a pause by that clock alone would never end.
#[test]
fn a_pause_ends_although_the_paused_clock_is_held() {
    watched("a pause in a blocking thread", || {
        let client = Carrier::Again.client(&EventServer::start().unwrap());
        let sending = move || Handle::current().block_on(client.send(item(1)));
        let sent = paused().block_on(async { tokio::task::spawn_blocking(sending).await.unwrap() });
        sent.unwrap();
        let sender = Carrier::Recorder.client(&EventServer::start().unwrap());
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
