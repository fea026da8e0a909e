//! Finds out what the current tokio runtime supports, without a panic where possible.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tokio::time::Instant;

/// The current thread has no suitable runtime: none at all, one without IO or timers, or one that
/// has shut down.
#[derive(Debug)]
pub(crate) struct NoRuntime;

/// The runtimes that lack what a transport needs.
#[derive(Debug, Default)]
pub(crate) struct UnsuitableRuntimes(Mutex<Vec<Id>>);

impl UnsuitableRuntimes {
    /// Runs a future that needs a runtime with IO.
    ///
    /// tokio cannot tell whether a runtime has IO, and panics if a socket is opened without it. This
    /// method catches the panic, and later calls on that runtime fail at once.
    ///
    /// # Errors
    ///
    /// No suitable runtime is running here.
    pub(crate) async fn run<F: Future>(&self, future: F) -> Result<F::Output, NoRuntime> {
        let runtime = Handle::try_current().map_err(|_| NoRuntime)?.id();
        if self.ids().contains(&runtime) {
            return Err(NoRuntime);
        }
        let mut future = pin!(future);
        poll_fn(|cx| {
            match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                Ok(polled) => polled.map(Ok),
                // A future is not polled again after a panic, so its broken state is never seen.
                Err(panic) if is_tokio_panic(&*panic) => {
                    self.ids().push(runtime);
                    Poll::Ready(Err(NoRuntime))
                }
                Err(panic) => resume_unwind(panic),
            }
        })
        .await
    }

    fn ids(&self) -> MutexGuard<'_, Vec<Id>> {
        // The list is consistent after each statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether tokio caused the panic because the runtime is unsuitable.
fn is_tokio_panic(panic: &(dyn Any + Send)) -> bool {
    let text = match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().copied().unwrap_or_default(),
    };
    // "there is no reactor running, must be called from the context of a Tokio 1.x runtime", "A
    // Tokio 1.x context was found, but IO is disabled …" and "…, but it is being shutdown."
    text.contains("Tokio 1.x")
}

/// Whether a test has paused tokio's clock. tokio cannot tell, so this checks whether tokio's clock
/// stands still while real time passes.
pub(crate) fn clock_is_paused() -> bool {
    // Only a current-thread runtime can be paused.
    let is_pausable = |runtime: Handle| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread;
    if !Handle::try_current().is_ok_and(is_pausable) {
        return false;
    }
    let real = std::time::Instant::now();
    let before = Instant::now();
    while real.elapsed() < Duration::from_micros(1) {
        std::hint::spin_loop();
    }
    Instant::now() == before
}

/// Whether the caller runs in an async task or in the future of a `block_on`, where blocking would
/// stall other tasks. False in `spawn_blocking`, in `block_in_place`, and on other threads that
/// entered a runtime.
///
/// A wrong result is mostly harmless: a blocking wait in an async task still ends, because it never
/// waits for the current runtime.
#[cfg(feature = "blocking")]
pub(crate) fn is_async_task() -> bool {
    Handle::try_current().is_ok() && (is_scheduled() || has_budget())
}

/// Whether a tokio scheduler is polling the caller. A scheduler defers the wakers of tasks that
/// yield until it has polled the other tasks; anywhere else they wake at once.
#[cfg(feature = "blocking")]
fn is_scheduled() -> bool {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Wake, Waker};

    #[derive(Default)]
    struct Woken(AtomicBool);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let polled = pin!(tokio::task::yield_now()).poll(&mut Context::from_waker(&waker));
    polled.is_pending() && !woken.0.load(Ordering::Relaxed)
}

/// Whether the caller has a coop budget, after which it must yield. The future of a multi-threaded
/// runtime's `block_on` has one although no scheduler polls it.
#[cfg(feature = "blocking")]
fn has_budget() -> bool {
    use std::task::{Context, Waker};
    use tokio::task::coop::poll_proceed;

    let mut cx = Context::from_waker(Waker::noop());
    // Restores the budget when dropped.
    let Poll::Ready(_restore) = poll_proceed(&mut cx) else {
        return true;
    };
    // tokio counts budgets as `u8`.
    (0..=u8::MAX).any(|_| match poll_proceed(&mut cx) {
        Poll::Ready(spent) => {
            spent.made_progress();
            false
        }
        Poll::Pending => true,
    })
}
