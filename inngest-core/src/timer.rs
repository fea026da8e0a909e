//! Timers that run in real time, whichever runtime polls them.
//!
//! tokio's timers panic outside a runtime, in a runtime without timers, and in one that has shut
//! down; no check can tell in advance. A paused test clock jumps ahead whenever all tasks wait,
//! even if one waits for a socket. So these timers belong to a separate runtime, on a thread that
//! does nothing else.

use std::future::{pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinSet;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use crate::runtime;

/// How long, in real time, to keep waiting for a socket after a paused clock reached the deadline.
/// That clock may have jumped while a response was on its way.
const GRACE: Duration = Duration::from_millis(250);

/// The timer of a process. Its thread starts on first use. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers(Arc<LazyTimer>);

#[derive(Debug, Default)]
struct LazyTimer {
    timer: OnceLock<Timer>,
    starting: Mutex<()>,
}

/// A running timer.
#[derive(Clone, Debug)]
pub(crate) struct Timer(Handle);

/// A sleep in real time. It is exempt from tokio's coop budget, so earlier work of the same task does
/// not delay it.
type RealSleep = Unconstrained<Sleep>;

/// The clock of a deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The real clock.
    Real,
    /// tokio's clock if a test has paused it, otherwise the real clock.
    Paused,
}

impl Timers {
    /// The timers of the current process. A forked process does not inherit its parent's threads,
    /// so it gets new ones.
    pub(crate) fn of_this_process() -> Self {
        static LAST: Mutex<Option<(u32, Timers)>> = Mutex::new(None);
        let this = std::process::id();
        // The pair is always consistent.
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((process, timers)) if *process == this => timers.clone(),
            _ => last.insert((this, Self::default())).1.clone(),
        }
    }

    /// Returns the timer and starts it if necessary.
    ///
    /// # Errors
    ///
    /// The system cannot start a thread.
    pub(crate) fn get(&self) -> io::Result<&Timer> {
        let LazyTimer { timer, starting } = &*self.0;
        if let Some(timer) = timer.get() {
            return Ok(timer);
        }
        // The mutex guards no data.
        let _starting = starting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(timer) = timer.get() {
            return Ok(timer);
        }
        let started = Timer::start()?;
        Ok(timer.get_or_init(|| started))
    }
}

impl Timer {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let timer = Self(runtime.handle().clone());
        thread::Builder::new()
            .name("inngest timer".into())
            .spawn(move || runtime.block_on(pending::<()>()))?;
        Ok(timer)
    }

    /// Sleeps in real time.
    pub(crate) fn sleep(&self, time: Duration) -> RealSleep {
        let _inside = self.0.enter();
        unconstrained(tokio::time::sleep(time))
    }

    /// Sleeps in real time. If a test has paused tokio's clock, ends when either clock reaches the time.
    pub(crate) async fn pause(&self, time: Duration) {
        if time.is_zero() {
            // Other tasks still get a turn.
            return tokio::task::yield_now().await;
        }
        let real = self.sleep(time);
        if runtime::clock_is_paused() {
            select(pin!(real), pin!(paused_sleep(time))).await;
        } else {
            real.await;
        }
    }

    /// Waits for a future. Returns `None` if the deadline passes first.
    pub(crate) fn within<F: Future>(
        &self,
        time: Duration,
        clock: Clock,
        future: F,
    ) -> impl Future<Output = Option<F::Output>> {
        let start = move || self.deadline(time, clock);
        // The future of an async function would store the arguments twice, so this is a block.
        async move {
            let mut future = pin!(future);
            // Most test transports respond at once and need no deadline, so it starts after the first poll.
            let mut deadline = pin!(None);
            poll_fn(|cx| {
                if let Poll::Ready(output) = future.as_mut().poll(cx) {
                    return Poll::Ready(Some(output));
                }
                if deadline.is_none() {
                    deadline.set(Some(start()));
                }
                match deadline.as_mut().as_pin_mut() {
                    Some(deadline) => deadline.poll(cx).map(|()| None),
                    None => Poll::Pending,
                }
            })
            .await
        }
    }

    fn deadline(&self, time: Duration, clock: Clock) -> Either<RealSleep, PausedSleep> {
        let real = self.sleep(time);
        if matches!(clock, Clock::Real) || !runtime::clock_is_paused() {
            return Either::Left(real);
        }
        let timer = self.clone();
        Either::Right(Box::pin(async move {
            let paused = async {
                paused_sleep(time).await;
                timer.sleep(GRACE).await;
            };
            select(pin!(real), pin!(paused)).await;
        }))
    }
}

type PausedSleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Sleeps by the current runtime's paused clock. tokio's timers panic in a runtime without timers, and
/// after its shutdown. So the sleep runs in its own task; if that fails, this never ends.
async fn paused_sleep(time: Duration) {
    // Dropping the set aborts the task, so it no longer makes the clock jump.
    let mut sleeping = JoinSet::new();
    sleeping.spawn(async move { tokio::time::sleep(time).await });
    if !matches!(sleeping.join_next().await, Some(Ok(()))) {
        pending::<()>().await;
    }
}
