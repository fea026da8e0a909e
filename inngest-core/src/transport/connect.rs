//! Opens connections, directly or through the proxy from the environment, with TLS if the server's
//! URL asks for it.

use std::ffi::OsString;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tower_service::Service as _;

use super::dial::Dial;
use super::proxy::proxy;
use super::stream::{Stream, Written};
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

/// An open connection, with or without TLS.
pub(super) trait Io: Read + Write + Send + Unpin {}

impl<T: Read + Write + Send + Unpin> Io for T {}

/// Opens connections to the client's one server.
pub(super) struct Connector {
    server: Uri,
    route: Route,
    tls: Arc<ClientConfig>,
}

impl Connector {
    pub(super) fn new(server: Uri, route: Route, tls: ClientConfig) -> Self {
        Self {
            server,
            route,
            tls: tls.into(),
        }
    }

    pub(super) async fn connect(&self) -> Result<(Box<dyn Io>, Written), BoxError> {
        if self.server.scheme_str() != Some("https") {
            let stream = self.open().await?;
            let written = stream.written();
            return Ok((Box::new(stream), written));
        }
        let host = self.server.host().unwrap_or_default();
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
        let stream = self.open().await?;
        let written = stream.written();
        let connecting = TlsConnector::from(Arc::clone(&self.tls));
        let tls = connecting.connect(name, TokioIo::new(stream)).await?;
        Ok((Box::new(TokioIo::new(tls)), written))
    }

    /// Opens a TCP connection.
    async fn open(&self) -> Result<Stream, BoxError> {
        // `Dial` is always ready, so these calls need not wait for it.
        let io = match self.route.clone() {
            Route::Direct(mut connector) => connector.call(self.server.clone()).await?,
            Route::Forward {
                proxy,
                mut connector,
            } => connector.call(proxy).await?,
            Route::Tunnel(mut tunnel) => tunnel.call(self.server.clone()).await?,
        };
        Ok(Stream::new(io))
    }
}
