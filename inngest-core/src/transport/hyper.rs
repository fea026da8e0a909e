//! The default transport: hyper's pooled client over HTTP/1.1, with rustls.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderValue, PROXY_AUTHORIZATION};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::{Route, Routed, route};
use super::{Answer, Request, Transport, TransportError, TransportFuture};
use crate::client::ConfigError;

/// More than any answer of the event API: 5,000 ids take 145 kB.
const MAX_ANSWER_BYTES: usize = 4 << 20;

#[derive(Clone, Debug)]
pub(crate) struct HyperTransport {
    client: Client<HttpsConnector<Route>, Full<Bytes>>,
    proxy_authorization: Option<HeaderValue>,
}

impl HyperTransport {
    pub(crate) fn new(server: &http::Uri) -> Result<Self, ConfigError> {
        let Routed {
            route,
            proxy_authorization,
        } = route(server)?;
        let connector = if server.scheme_str() == Some("https") {
            HttpsConnector::from((route, tls_config()?))
        } else {
            HttpsConnector::from((route, no_tls_config()?))
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .build(connector);
        Ok(Self {
            client,
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
        if let Some(authorization) = &self.proxy_authorization {
            request
                .headers_mut()
                .insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        Box::pin(async move {
            let response = self.client.request(request).await.map_err(|error| {
                if error.is_connect() {
                    TransportError::no_connection(error)
                } else {
                    TransportError::other(error)
                }
            })?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.map_err(TransportError::other)?.to_bytes(),
            })
        })
    }
}
