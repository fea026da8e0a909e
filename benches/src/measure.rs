//! Measures CPU time, memory and allocations of this process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// The system allocator, which also counts allocations.
#[derive(Debug)]
pub struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is forwarded to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller upholds the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the same contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller upholds the same contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// The number of allocations so far.
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

/// The peak resident memory of this process in kilobytes; 0 if the system does not report it.
#[must_use]
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The measurements of one program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// CPU time until the response to the first event, in microseconds.
    pub startup_us: f64,
    /// CPU time for each further event, in microseconds.
    pub cpu_us: f64,
    /// Wall time for each further event, in microseconds.
    pub wall_us: f64,
    /// Allocations for each further event; `None` if not counted.
    pub allocations: Option<f64>,
    /// The peak memory of the process, in kilobytes.
    pub peak_kb: u64,
}

/// A measurement in progress.
#[derive(Debug)]
pub struct Measurement {
    startup: Duration,
    cpu: Duration,
    wall: Instant,
    allocations: u64,
}

impl Measurement {
    /// Starts the measurement. Call this after the response to the first event.
    #[must_use]
    pub fn start() -> Self {
        let cpu = cpu();
        Self {
            startup: cpu,
            cpu,
            wall: Instant::now(),
            allocations: allocations(),
        }
    }

    /// Ends the measurement after this many events and prints the result.
    pub fn end(self, events: usize) {
        #[expect(clippy::cast_precision_loss, reason = "only displayed")]
        let each = |total: f64| total / events as f64;
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        #[expect(clippy::cast_precision_loss, reason = "only displayed")]
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
