//! The default transport: hyper over HTTP/1.1, with rustls.

use http::header::{HeaderValue, PROXY_AUTHORIZATION};
use http::uri::{PathAndQuery, Uri};
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector};

use super::connect::{Route, Routed, route};
use super::pool::Pool;
use super::{MAX_ANSWER_BYTES, Request, Transport, TransportFuture};
use crate::client::ConfigError;

pub(crate) struct HyperTransport {
    pool: Pool,
    /// A proxy that makes the requests itself is told the whole URL, a server its path.
    whole_url: bool,
    proxy_authorization: Option<HeaderValue>,
}

impl HyperTransport {
    pub(crate) fn new(server: &Uri) -> Result<Self, ConfigError> {
        let Routed {
            route,
            proxy_authorization,
        } = route(server)?;
        let whole_url = matches!(route, Route::Forward { .. });
        let connector = if server.scheme_str() == Some("https") {
            HttpsConnector::from((route, tls_config()?))
        } else {
            HttpsConnector::from((route, no_tls_config()?))
        };
        Ok(Self {
            pool: Pool::new(connector, server.clone()),
            whole_url,
            proxy_authorization,
        })
    }
}

fn tls_builder()
-> Result<rustls::ConfigBuilder<rustls::ClientConfig, rustls::WantsVerifier>, ConfigError> {
    let provider = rustls::crypto::ring::default_provider();
    rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::Tls {
            reason: error.to_string(),
        })
}

/// Trusts what the machine trusts; where it trusts nothing, as in many a container, what Mozilla
/// does.
fn tls_config() -> Result<rustls::ClientConfig, ConfigError> {
    let config = match tls_builder()?.with_native_roots() {
        Ok(config) => config,
        Err(_) => tls_builder()?.with_webpki_roots(),
    };
    Ok(config.with_no_client_auth())
}

/// For a server without TLS: reading the machine's certificates would cost more than the rest of
/// the start.
fn no_tls_config() -> Result<rustls::ClientConfig, ConfigError> {
    Ok(tls_builder()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}

impl Transport for HyperTransport {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        let mut request = request.into_http().map(Full::new);
        if !self.whole_url {
            let path = request.uri().path_and_query().cloned();
            *request.uri_mut() = path.unwrap_or(PathAndQuery::from_static("/")).into();
        }
        if let Some(authorization) = &self.proxy_authorization {
            request
                .headers_mut()
                .insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        Box::pin(self.pool.request(request, MAX_ANSWER_BYTES))
    }
}
