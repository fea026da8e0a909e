//! Opens connections, directly or through the proxy from the environment.

use std::ffi::OsString;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::dial::Dial;
use super::proxy::proxy;
use super::stream::Stream;
use crate::error::config::ConfigError;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How to connect to the client's one server.
#[derive(Clone, Debug)]
pub(super) enum Route {
    Direct(Dial),
    /// Through a proxy that relays the connection (`CONNECT`).
    Tunnel(Tunnel<Dial>),
    /// To a proxy that makes the requests itself.
    Forward {
        proxy: Uri,
        connector: Dial,
    },
}

/// A route and the header that every request on it sends to the proxy.
pub(super) struct Routed {
    pub(super) route: Route,
    pub(super) proxy_authorization: Option<HeaderValue>,
}

/// Chooses the route to a server, through the proxy from the environment if there is one.
pub(super) fn route(
    server: &Uri,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Routed, ConfigError> {
    let connector = Dial::new();
    let Some(proxy) = proxy(server, variable)? else {
        let route = Route::Direct(connector);
        return Ok(Routed {
            route,
            proxy_authorization: None,
        });
    };
    let authorization = proxy.basic_auth().cloned();
    if server.scheme_str() == Some("https") {
        let mut tunnel = Tunnel::new(proxy.uri().clone(), connector);
        if let Some(authorization) = authorization {
            tunnel = tunnel.with_auth(authorization);
        }
        let route = Route::Tunnel(tunnel);
        return Ok(Routed {
            route,
            proxy_authorization: None,
        });
    }
    Ok(Routed {
        route: Route::Forward {
            proxy: proxy.uri().clone(),
            connector,
        },
        proxy_authorization: authorization,
    })
}

impl Service<Uri> for Route {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Direct(connector) | Self::Forward { connector, .. } => {
                connector.poll_ready(cx).map_err(Into::into)
            }
            Self::Tunnel(tunnel) => tunnel.poll_ready(cx).map_err(Into::into),
        }
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        match self {
            Self::Direct(connector) => stream(connector.call(server), false),
            Self::Forward { proxy, connector } => stream(connector.call(proxy.clone()), true),
            Self::Tunnel(tunnel) => stream(tunnel.call(server), false),
        }
    }
}

type Connecting = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

fn stream<E: Into<BoxError>>(
    connecting: impl Future<Output = Result<TokioIo<TcpStream>, E>> + Send + 'static,
    forwarded: bool,
) -> Connecting {
    Box::pin(async move {
        let io = connecting.await.map_err(Into::into)?;
        Ok(Stream::new(io.into_inner(), forwarded))
    })
}
