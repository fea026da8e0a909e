//! What the tokio runtime that code is called in allows, asked without a panic where that is
//! possible.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tokio::time::Instant;

/// There is no runtime here that can do what is asked: none at all, one without IO or timers, or
/// one that has ended.
#[derive(Debug)]
pub(crate) struct NoRuntime;

/// The runtimes that could not do what one transport needs of them.
#[derive(Debug, Default)]
pub(crate) struct Unfit(Mutex<Vec<Id>>);

impl Unfit {
    /// Runs a future that makes things of tokio's, which need a runtime.
    ///
    /// tokio has no way to ask whether a runtime has IO: without it, making a socket panics. So the
    /// panic is caught, and that runtime is not tried again.
    ///
    /// # Errors
    ///
    /// There is no runtime for it.
    pub(crate) async fn run<F: Future>(&self, future: F) -> Result<F::Output, NoRuntime> {
        let runtime = Handle::try_current().map_err(|_| NoRuntime)?.id();
        if self.ids().contains(&runtime) {
            return Err(NoRuntime);
        }
        let mut future = pin!(future);
        poll_fn(|cx| {
            match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                Ok(polled) => polled.map(Ok),
                // After a panic a future is not polled again, so nothing sees it half done.
                Err(panic) if is_of_tokio(&*panic) => {
                    self.ids().push(runtime);
                    Poll::Ready(Err(NoRuntime))
                }
                Err(panic) => resume_unwind(panic),
            }
        })
        .await
    }

    fn ids(&self) -> MutexGuard<'_, Vec<Id>> {
        // The list is whole between any two statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether tokio panicked because of the runtime that it found.
fn is_of_tokio(panic: &(dyn Any + Send)) -> bool {
    let text = match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().copied().unwrap_or_default(),
    };
    // "there is no reactor running, must be called from the context of a Tokio 1.x runtime", "A
    // Tokio 1.x context was found, but IO is disabled …" and "…, but it is being shutdown."
    text.contains("Tokio 1.x")
}

/// Whether a test has paused tokio's clock here. tokio has no way to ask, so this looks whether the
/// clock stands still while real time goes on.
pub(crate) fn clock_is_paused() -> bool {
    // No other can be paused.
    let can_be = |runtime: Handle| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread;
    if !Handle::try_current().is_ok_and(can_be) {
        return false;
    }
    let real = std::time::Instant::now();
    let before = Instant::now();
    while real.elapsed() < Duration::from_micros(1) {
        std::hint::spin_loop();
    }
    Instant::now() == before
}

/// Whether this is called in an async task, or in the future of a `block_on`, where waiting would
/// keep a runtime from its other tasks. It is not in `spawn_blocking` and `block_in_place`, nor on
/// another thread that has entered a runtime.
///
/// A wrong answer does no harm but that: a wait that is allowed by mistake ends too, because it is
/// never the runtime here that it waits for.
#[cfg(feature = "blocking")]
pub(crate) fn is_async_task() -> bool {
    Handle::try_current().is_ok() && (is_scheduled() || has_budget())
}

/// Whether a scheduler of tokio's polls what is called here: then it keeps the wakers of those that
/// yield until it has polled the others, and anywhere else they are woken at once.
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

/// Whether what is called here has a budget of tokio's, after which it must yield. The future of a
/// multi-threaded runtime's `block_on` has one although no scheduler polls it.
#[cfg(feature = "blocking")]
fn has_budget() -> bool {
    use std::task::{Context, Waker};
    use tokio::task::coop::poll_proceed;

    let mut cx = Context::from_waker(Waker::noop());
    // It gives back at its end what is spent here.
    let Poll::Ready(_restore) = poll_proceed(&mut cx) else {
        return true;
    };
    // No budget is larger than what it is counted in.
    (0..=u8::MAX).any(|_| match poll_proceed(&mut cx) {
        Poll::Ready(spent) => {
            spent.made_progress();
            false
        }
        Poll::Pending => true,
    })
}
