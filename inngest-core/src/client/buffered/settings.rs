//! The settings of a buffered sender.

use std::sync::Arc;
use std::time::Duration;

use crate::client::buffered::report::Failure;
use crate::client::inner::Inner;

pub(crate) type OnFailure = dyn Fn(Failure) + Send + Sync;

pub(crate) struct Settings {
    pub(crate) inner: Arc<Inner>,
    pub(crate) max_events: usize,
    pub(crate) max_bytes: usize,
    pub(crate) linger: Duration,
    pub(crate) capacity: usize,
    pub(crate) on_failure: Option<Arc<OnFailure>>,
}
