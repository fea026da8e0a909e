//! After a `fork`, a client of the parent returns errors in the child without blocking.

use std::time::{Duration, Instant};

use inngest_core::testing::EventServer;
use inngest_core::{BatchError, Client, Event, Outcome, RetryPolicy, SendError, blocking};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

const EVENTS: [CartCleared; 3] = [CartCleared {}, CartCleared {}, CartCleared {}];

/// A child that runs longer than this hangs.
const CHILD_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a closure in a forked child and asserts that it succeeds.
#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library has no fork")]
fn in_child(what: &str, run: impl FnOnce()) {
    // SAFETY: no other thread holds a lock here: the threads of the server and the runtimes are idle.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let run = std::panic::AssertUnwindSafe(run);
        let failed = std::panic::catch_unwind(run).is_err();
        // SAFETY: `_exit` ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(i32::from(failed)) };
    }
    assert!(child > 0, "{what}: no child");
    let started = Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: the pointer refers to a local variable.
        let ended = unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) };
        if ended == child {
            break;
        }
        if started.elapsed() > CHILD_TIMEOUT {
            // SAFETY: the child has not been reaped yet, so its process id is still valid.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("{what}: the child hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(status, 0, "{what}");
    println!("ok: {what}");
}

fn assert_fork_error<T: std::fmt::Debug>(result: Result<T, SendError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, SendError::AfterFork), "{error}");
    assert!(error.to_string().contains("in the child"), "{error}");
}

fn assert_all_fork_errors<T: std::fmt::Debug>(result: Result<T, BatchError>) {
    let error = result.unwrap_err();
    let refused = error.outcomes().iter().filter(
        |outcome| matches!(outcome, Outcome::Rejected(error) if matches!(**error, SendError::AfterFork)),
    );
    assert_eq!(refused.count(), EVENTS.len(), "{error}");
}

fn async_client(server: &EventServer, runtime: &Runtime, name: &str) {
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder.max_request_events(2).build().unwrap();
    let unused = client.clone();
    runtime.block_on(client.send(CartCleared {})).unwrap();

    in_child(&format!("{name}: send"), || {
        assert_fork_error(runtime.block_on(client.send(CartCleared {})));
    });
    in_child(&format!("{name}: send_many"), || {
        assert_all_fork_errors(runtime.block_on(client.send_many(&EVENTS)));
        let mut batch = inngest_core::Batch::new();
        for event in &EVENTS {
            batch.push(event).unwrap();
        }
        assert_all_fork_errors(runtime.block_on(client.send_batch(batch)));
    });
    in_child(&format!("{name}: streams"), || {
        let mut progress = client.send_iter(EVENTS);
        let mut refused = 0;
        while let Some(next) = runtime.block_on(progress.next()) {
            refused += next.result.unwrap_err().outcomes().len();
        }
        assert_eq!(refused, EVENTS.len());
    });
    in_child(&format!("{name}: in a runtime of the child"), || {
        let runtime = Runtime::new().unwrap();
        assert_fork_error(runtime.block_on(unused.send(CartCleared {})));
    });
    in_child(&format!("{name}: a client of the child"), || {
        let runtime = Runtime::new().unwrap();
        let builder = Client::builder().dev(true).base_url(server.url());
        let own = builder.retry(RetryPolicy::none()).build().unwrap();
        runtime.block_on(own.send(CartCleared {})).unwrap();
    });

    let (sender, waiting) = {
        let entered = runtime.enter();
        let builder = client.buffered().linger(Duration::from_secs(3_600));
        let sender = builder.capacity(1).start().unwrap();
        let waiting = sender.try_send(CartCleared {}).unwrap();
        drop(entered);
        (sender, waiting)
    };
    in_child(&format!("{name}: buffered"), || {
        assert_fork_error(sender.try_send(CartCleared {}));
        assert_fork_error(runtime.block_on(sender.send(CartCleared {})));
        assert_fork_error(runtime.block_on(waiting));
        runtime.block_on(sender.flush());
        let report = runtime.block_on(sender.clone().shutdown(Duration::from_secs(3_600)));
        assert_eq!(
            (report.delivered, report.failed, report.unsent.len()),
            (0, 0, 0)
        );
        let _entered = runtime.enter();
        assert_fork_error(client.buffered().start());
    });
    let report = runtime.block_on(sender.shutdown(CHILD_TIMEOUT));
    assert_eq!(
        report.delivered, 1,
        "the parent still sends its buffered event"
    );
    runtime.block_on(client.send(CartCleared {})).unwrap();
}

fn blocking_client(server: &EventServer) {
    let builder = blocking::Client::builder().dev(true).base_url(server.url());
    let client = builder.build().unwrap();
    client.send(CartCleared {}).unwrap();
    let buffered = client.buffered().linger(Duration::from_secs(3_600));
    let buffered = buffered.capacity(1).start().unwrap();
    let waiting = buffered.try_send(CartCleared {}).unwrap();
    in_child("blocking", || {
        assert_fork_error(client.send(CartCleared {}));
        assert_all_fork_errors(client.send_many(&EVENTS));
        for progress in client.send_iter(EVENTS) {
            assert_all_fork_errors(progress.unwrap().result);
        }
        assert_fork_error(buffered.try_send(CartCleared {}));
        assert_fork_error(buffered.send(CartCleared {}));
        assert_fork_error(waiting.wait());
        assert_fork_error(buffered.flush());
        assert_fork_error(buffered.clone().shutdown(Duration::from_secs(3_600)));
        assert_fork_error(client.buffered().start());
        let builder = blocking::Client::builder().dev(true).base_url(server.url());
        builder.build().unwrap().send(CartCleared {}).unwrap();
    });
    let builder = blocking::Client::builder().dev(true).base_url(server.url());
    let last = builder.build().unwrap();
    let sender = last.buffered().start().unwrap();
    in_child("blocking: dropped", move || drop((last, sender)));
    let report = buffered.shutdown(CHILD_TIMEOUT).unwrap();
    assert_eq!(
        report.delivered, 1,
        "the parent still sends its buffered event"
    );
    client.send(CartCleared {}).unwrap();
}

#[cfg(unix)]
fn main() {
    let server = EventServer::start().unwrap();
    let one = Builder::new_current_thread().enable_all().build().unwrap();
    async_client(&server, &one, "one thread");
    async_client(&server, &Runtime::new().unwrap(), "many threads");
    blocking_client(&server);
    // Each of the three clients sends three events in the parent and one in a child.
    assert_eq!(server.events().len(), 3 * 4);
}

#[cfg(not(unix))]
fn main() {}
