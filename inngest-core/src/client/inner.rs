//! The state shared by all clones of a client.

use crate::delivery::http::RequestSender;
use crate::delivery::split::Limits;
use crate::middleware::chain::Chain;

pub(crate) struct Inner {
    pub(crate) sender: RequestSender,
    pub(crate) limits: Limits,
    /// The maximum number of concurrent requests.
    pub(crate) concurrency: usize,
    pub(crate) middleware: Chain,
}
