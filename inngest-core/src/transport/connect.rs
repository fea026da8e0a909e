//! Connections: direct, or through the proxy that the environment names.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::stream::Stream;
use crate::client::{ConfigError, has_sound_port};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The way to the one server that a client talks to.
#[derive(Clone, Debug)]
pub(super) enum Route {
    Direct(HttpConnector),
    /// Through a proxy that passes the connection on (`CONNECT`).
    Tunnel(Tunnel<HttpConnector>),
    /// To a proxy that makes the request itself.
    Forward {
        proxy: Uri,
        connector: HttpConnector,
    },
}

/// A route, and what every request on it has to say to the proxy.
pub(super) struct Routed {
    pub(super) route: Route,
    pub(super) proxy_authorization: Option<HeaderValue>,
}

/// Chooses the route to a server by `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, as
/// curl does. Servers on this machine are reached directly.
pub(super) fn route(server: &Uri) -> Result<Routed, ConfigError> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(10)));

    let proxy = Some(Matcher::from_env())
        .filter(|_| !is_loopback(server))
        .and_then(|matcher| matcher.intercept(server));
    let Some(proxy) = proxy else {
        let route = Route::Direct(connector);
        return Ok(Routed {
            route,
            proxy_authorization: None,
        });
    };
    if proxy.uri().scheme_str() != Some("http") {
        return Err(ConfigError::UnsupportedProxy {
            scheme: proxy.uri().scheme_str().unwrap_or_default().to_owned(),
        });
    }
    if let Some(authority) = proxy.uri().authority()
        && !has_sound_port(authority)
    {
        return Err(ConfigError::InvalidProxy {
            proxy: authority.to_string(),
        });
    }
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

fn is_loopback(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default();
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || is_short_loopback(&host)
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// `127.1` and the like, which resolvers take as `127.0.0.1`; no name of the DNS ends in a number.
fn is_short_loopback(host: &str) -> bool {
    host.strip_prefix("127.")
        .is_some_and(|rest| rest.split('.').all(|part| part.parse::<u32>().is_ok()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_on_this_machine_are_known_however_they_are_written() {
        for (host, expected) in [
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("Inngest.LocalHost", true),
            ("127.0.0.1", true),
            ("127.8.8.8:1", true),
            ("127.1", true),
            ("127.0.1:8288", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("[::FFFF:7F00:1]", true),
            ("notlocalhost", false),
            ("localhost.example", false),
            ("127.1.example", false),
            ("127.", false),
            ("128.0.0.1", false),
            ("[::ffff:10.0.0.1]", false),
            ("[::2]", false),
        ] {
            let server = format!("http://{host}/").parse().unwrap();
            assert_eq!(is_loopback(&server), expected, "{host}");
        }
    }
}
