//! The settings of a relay.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use inngest_core::Client;
use tokio::sync::Notify;

use crate::relay::counts::Counts;
use crate::relay::send::Rules;
use crate::settings::Settings;
use crate::store::Database;

/// The parts of a relay, shared by its handles.
pub(crate) struct Inner {
    pub(crate) outbox: Settings,
    pub(crate) database: Database,
    pub(crate) client: Client,
    pub(crate) settings: RelaySettings,
    pub(crate) counts: Arc<Counts>,
    pub(crate) wake: Arc<Notify>,
    /// The name of the current run in the requests; empty before the first one.
    pub(crate) run: Arc<Mutex<String>>,
}

/// The settings that the methods of `Relay` change.
#[derive(Clone, Debug)]
pub(crate) struct RelaySettings {
    pub(crate) lease: Duration,
    pub(crate) window: Duration,
    pub(crate) keep_delivered: Option<Duration>,
    pub(crate) idle_poll: Duration,
    pub(crate) concurrency: usize,
    pub(crate) shutdown_timeout: Duration,
    /// Whether notifications of Postgres wake the relay.
    pub(crate) listens: bool,
}

impl RelaySettings {
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            window: self.window,
            keeps: self.keep_delivered.is_some(),
        }
    }
}
