//! TCP connections to a name or an address.
//!
//! hyper-util's connector does the same with tokio's timers, which not every runtime has, and which
//! jump ahead where a test has paused them.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::timer::{Clock, Timer, Timers};

/// For all addresses of one kind together.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long the addresses of the first kind, IPv4 or IPv6, are tried alone, as RFC 6555 has it.
const HEAD_START: Duration = Duration::from_millis(300);

/// Makes TCP connections.
#[derive(Clone, Debug)]
pub(super) struct Dial(Timers);

impl Dial {
    pub(super) fn new() -> Self {
        Self(Timers::of_this_process())
    }
}

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<TcpStream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let timers = self.0.clone();
        Box::pin(async move {
            let stream = dial(timers.get()?, &server).await?;
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection may be slow");
            }
            Ok(TokioIo::new(stream))
        })
    }
}

async fn dial(timer: &Timer, server: &Uri) -> io::Result<TcpStream> {
    let host = server.host().unwrap_or_default();
    let port = server.port_u16().unwrap_or(match server.scheme_str() {
        Some("https") => 443,
        _ => 80,
    });
    let addresses = resolve(host.trim_matches(['[', ']']), port).await?;
    let first = addresses.first().map(SocketAddr::is_ipv4);
    let is_preferred = |address: &SocketAddr| Some(address.is_ipv4()) == first;
    let (preferred, others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(is_preferred);

    let mut connecting = pin!(connect_any(timer, &preferred));
    if others.is_empty() {
        return connecting.await;
    }
    let head_start = timer.sleep(HEAD_START);
    match select(connecting.as_mut(), pin!(head_start)).await {
        Either::Left((Ok(stream), _)) => return Ok(stream),
        Either::Left((Err(_), _)) => return connect_any(timer, &others).await,
        Either::Right(_) => {}
    }
    match select(connecting, pin!(connect_any(timer, &others))).await {
        Either::Left((Err(_), other)) | Either::Right((Err(_), other)) => other.await,
        Either::Left((connected, _)) | Either::Right((connected, _)) => connected,
    }
}

async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let host = host.to_owned();
    let resolving = move || Ok((host.as_str(), port).to_socket_addrs()?.collect());
    match tokio::task::spawn_blocking(resolving).await {
        Ok(addresses) => addresses,
        Err(ended) => Err(io::Error::other(ended)),
    }
}

/// Tries one address after the other; the error is the first one's.
async fn connect_any(timer: &Timer, addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut first = None;
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    for address in addresses {
        let connecting = TcpStream::connect(*address);
        let connected = timer.within(TIMEOUT / count, Clock::Real, connecting).await;
        let timed_out = || Err(io::Error::from(io::ErrorKind::TimedOut));
        match connected.unwrap_or_else(timed_out) {
            Ok(stream) => return Ok(stream),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| io::Error::other("the name has no address")))
}
