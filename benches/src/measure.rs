//! CPU time, memory and allocations of this process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// The system's allocator, counted.
#[derive(Debug)]
pub struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// How many allocations there were so far.
#[must_use]
pub fn allocations() -> u64 {
    ALLOCATIONS.load(Relaxed)
}

/// The CPU time of all threads of this process so far.
#[must_use]
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// The most memory that this process had in RAM, in kilobytes; 0 where the system does not say.
#[must_use]
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// What a program measured of itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// CPU time until the first event was sent and answered, in microseconds.
    pub startup_us: f64,
    /// CPU time for each further event, in microseconds.
    pub cpu_us: f64,
    /// Wall time for each further event, in microseconds.
    pub wall_us: f64,
    /// Allocations for each further event; absent where nobody counts them.
    pub allocations: Option<f64>,
    /// The most memory that the process had, in kilobytes.
    pub peak_kb: u64,
}

/// A measurement that has begun.
#[derive(Debug)]
pub struct Begun {
    startup: Duration,
    cpu: Duration,
    wall: Instant,
    allocations: u64,
}

impl Begun {
    /// Begins when the first event was sent and answered.
    #[must_use]
    pub fn now() -> Self {
        let cpu = cpu();
        Self {
            startup: cpu,
            cpu,
            wall: Instant::now(),
            allocations: allocations(),
        }
    }

    /// Ends after so many events, and prints what was measured.
    pub fn end(self, events: usize) {
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let each = |total: f64| total / events as f64;
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let count = (allocations() - self.allocations) as f64;
        let measured = Measured {
            startup_us: us(self.startup),
            cpu_us: each(us(cpu().saturating_sub(self.cpu))),
            wall_us: each(us(self.wall.elapsed())),
            allocations: Some(each(count)),
            peak_kb: peak_memory(),
        };
        println!("{}", serde_json::to_string(&measured).unwrap_or_default());
    }
}
