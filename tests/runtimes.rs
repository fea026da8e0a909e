//! Every way of sending, in every kind of runtime and without one: an error that says what to do,
//! or success, and never a panic or a hang.

use std::future::{pending, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use inngest_core::testing::{EventServer, Recorder};
use inngest_core::transport::{Answer, Request, Transport, TransportFuture};
use inngest_core::{Batch, Client, ClientBuilder, RetryPolicy, SendError, blocking};
use support::{KEY, Script, item, items};
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
        Err(_) => panic!("{what}: it hangs"),
    }
}

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Takes note of panics on all threads: tokio catches those of its tasks.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.payload_as_str().unwrap_or_default();
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
    Reqwest,
    Recorder,
    /// Fails at first, so that there is a pause before the next try.
    Again,
    Silent,
}

const CARRIERS: [Carrier; 5] = [
    Carrier::Http,
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
            Self::Reqwest => builder.http_client(reqwest::Client::new()),
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
fn is_right(
    place: Place,
    entry: Entry,
    carrier: Carrier,
    result: &Result<(), SendError>,
) -> bool {
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
        Carrier::Http if !place.has_io() => matches!(result, Err(SendError::NoRuntime)),
        // Its pool has a timer of tokio's, on a task of its own.
        Carrier::Reqwest if !place.has_io() => matches!(result, Err(SendError::NoRuntime)),
        Carrier::Http | Carrier::Reqwest | Carrier::Recorder | Carrier::Again => result.is_ok(),
        Carrier::Silent => matches!(result, Err(SendError::Timeout { .. })),
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
