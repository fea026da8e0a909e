//! The state shared by all clones of a client.

use crate::delivery::http::RequestSender;
use crate::delivery::split::Limits;
use crate::middleware::chain::Chain;

pub(crate) struct Inner {
    pub(crate) sender: RequestSender,
    pub(crate) limits: Limits,
    /// How many requests may be under way at once.
    pub(crate) concurrency: usize,
    pub(crate) middleware: Chain,
}
