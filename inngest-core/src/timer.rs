//! Waits that end in real time, whatever polls them.
//!
//! tokio's timers panic outside a runtime, in one without timers and in one that has ended, and
//! nothing tells so beforehand. A clock that a test has paused jumps ahead as soon as all tasks
//! wait, if only for a socket. So the waits here are kept by a runtime of their own, on a thread
//! that does nothing else.

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

/// How long what may come from a socket is waited for in real time, when the time of a paused clock
/// is over: that clock may have jumped while an answer was under way.
const GRACE: Duration = Duration::from_millis(250);

/// The timer of a process, whose thread is started when it is first needed. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers(Arc<Lazy>);

#[derive(Debug, Default)]
struct Lazy {
    timer: OnceLock<Timer>,
    starting: Mutex<()>,
}

/// A timer that runs.
#[derive(Clone, Debug)]
pub(crate) struct Timer(Handle);

/// A wait by real time. Whether it is over is not a matter of what a task has done before.
type RealSleep = Unconstrained<Sleep>;

/// By which clock a deadline passes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The real one.
    Real,
    /// The real one, or tokio's where a test has paused it.
    Paused,
}

impl Timers {
    /// Those of this process. A fork has none of its parent's threads, and gets others.
    pub(crate) fn of_this_process() -> Self {
        static LAST: Mutex<Option<(u32, Timers)>> = Mutex::new(None);
        let this = std::process::id();
        // A pair is whole at any time.
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((process, timers)) if *process == this => timers.clone(),
            _ => last.insert((this, Self::default())).1.clone(),
        }
    }

    /// The timer, which runs then.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub(crate) fn get(&self) -> io::Result<&Timer> {
        let Lazy { timer, starting } = &*self.0;
        if let Some(timer) = timer.get() {
            return Ok(timer);
        }
        // It guards no data.
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

    /// A wait by real time.
    pub(crate) fn sleep(&self, time: Duration) -> RealSleep {
        let _inside = self.0.enter();
        unconstrained(tokio::time::sleep(time))
    }

    /// A pause, which is over sooner when a test has paused tokio's clock and that comes to its end
    /// first.
    pub(crate) async fn pause(&self, time: Duration) {
        if time.is_zero() {
            // Others have their turn all the same.
            return tokio::task::yield_now().await;
        }
        let real = self.sleep(time);
        if runtime::clock_is_paused() {
            select(pin!(real), pin!(paused_sleep(time))).await;
        } else {
            real.await;
        }
    }

    /// What a future gives, if it does so in time.
    pub(crate) async fn within<F: Future>(
        &self,
        time: Duration,
        clock: Clock,
        future: F,
    ) -> Option<F::Output> {
        let mut future = pin!(future);
        // Most transports of tests give their answer at once.
        let mut deadline = pin!(None);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            if deadline.is_none() {
                deadline.set(Some(self.deadline(time, clock)));
            }
            match deadline.as_mut().as_pin_mut() {
                Some(deadline) => deadline.poll(cx).map(|()| None),
                None => Poll::Pending,
            }
        })
        .await
    }

    fn deadline(&self, time: Duration, clock: Clock) -> Either<RealSleep, Paused> {
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

type Paused = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A wait by a clock that is paused here. It is a task of the runtime here, because outside of it, or
/// once that has ended, tokio's timers panic; then it is not over.
async fn paused_sleep(time: Duration) {
    // It ends its task when it is dropped, so that nothing makes the clock jump any more.
    let mut sleeping = JoinSet::new();
    sleeping.spawn(async move { tokio::time::sleep(time).await });
    if !matches!(sleeping.join_next().await, Some(Ok(()))) {
        pending::<()>().await;
    }
}
