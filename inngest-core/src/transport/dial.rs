//! Opens TCP connections to a host name or an address.
//!
//! hyper-util's connector uses tokio's timers, which not every runtime has and which jump ahead if
//! a test pauses the clock.

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

/// The timeout for all addresses of one IP version together.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The head start of the first IP version over the other (RFC 6555).
const HEAD_START: Duration = Duration::from_millis(300);

/// Opens TCP connections.
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
            let timer = timers.get()?;
            let addresses = resolve(&server).await?;
            let stream = connect(timer, addresses).await?;
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection may be slow");
            }
            Ok(TokioIo::new(stream))
        })
    }
}

/// Connects to one of the addresses. Addresses with the IP version of the first one get a head
/// start.
async fn connect(timer: &Timer, addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
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

async fn resolve(server: &Uri) -> io::Result<Vec<SocketAddr>> {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = server.port_u16().unwrap_or(match server.scheme_str() {
        Some("https") => 443,
        _ => 80,
    });
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

/// Tries the addresses in order. Returns the error of the first one if all fail.
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
    Err(first.unwrap_or_else(|| io::Error::other("the host name has no address")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    fn closed(address: impl Into<IpAddr>) -> Option<SocketAddr> {
        let listener = TcpListener::bind((address.into(), 0)).ok()?;
        listener.local_addr().ok()
    }

    #[tokio::test]
    async fn urls_resolve_to_addresses() {
        for (url, expected) in [
            ("http://127.0.0.1:8288/e/k", "127.0.0.1:8288"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("https://[::1]/", "[::1]:443"),
            ("http://[::1]:1", "[::1]:1"),
        ] {
            let addresses = resolve(&url.parse().unwrap()).await.unwrap();
            assert_eq!(addresses, [expected.parse().unwrap()], "{url}");
        }
        let named = resolve(&"http://localhost:7".parse().unwrap()).await;
        let named = named.unwrap();
        assert!(named.iter().all(|a| a.ip().is_loopback() && a.port() == 7));
    }

    #[tokio::test]
    async fn one_reachable_address_is_enough() {
        let timers = Timers::of_this_process();
        let timer = timers.get().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let open = listener.local_addr().unwrap();
        let refused = closed(Ipv4Addr::LOCALHOST).unwrap();
        // Without IPv6, this address fails too.
        let other = closed(Ipv6Addr::LOCALHOST).unwrap_or_else(|| "[::1]:9".parse().unwrap());
        for addresses in [
            vec![open],
            vec![refused, open],
            vec![other, open],
            vec![open, other],
            vec![other, refused, open],
        ] {
            let connected = connect(timer, addresses.clone()).await.unwrap();
            assert_eq!(connected.peer_addr().unwrap(), open, "{addresses:?}");
        }
        let error = connect(timer, vec![other, refused]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect(timer, Vec::new()).await.is_err());
    }
}
