//! Sends requests: the [`Transport`] trait and the default transport.

mod age;
mod connect;
pub(crate) mod contract;
mod dial;
pub(crate) mod error;
pub(crate) mod hyper;
mod keeping;
mod pool;
mod proxy;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
mod stream;
pub(crate) mod tls;

pub use ::{bytes, http};
pub use contract::{Answer, Request, Transport, TransportFuture};
pub use error::TransportError;
