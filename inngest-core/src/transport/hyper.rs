//! The default transport: hyper with HTTP/1.1 and rustls.

use std::ffi::OsString;

use http::header::{HeaderValue, PROXY_AUTHORIZATION};
use http::uri::{PathAndQuery, Uri};
use http_body_util::Full;

use super::connect::{Connector, Route, Routed, route};
use super::contract::{MAX_ANSWER_BYTES, Request, Transport, TransportFuture};
use super::pool::Pool;
use super::tls::Certificates;
use crate::error::config::ConfigError;

pub(crate) struct HyperTransport {
    pool: Pool,
    /// Whether requests have the whole URL, for a forwarding proxy, or only the path.
    whole_url: bool,
    proxy_authorization: Option<HeaderValue>,
}

impl HyperTransport {
    /// `variable` reads the environment.
    pub(crate) fn new(
        server: &Uri,
        certificates: &Certificates,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let Routed {
            route,
            proxy_authorization,
        } = route(server, &variable)?;
        let whole_url = matches!(route, Route::Forward { .. });
        let is_https = server.scheme_str() == Some("https");
        let tls = certificates.config(is_https, variable)?;
        Ok(Self {
            pool: Pool::new(Connector::new(server.clone(), route, tls)),
            whole_url,
            proxy_authorization,
        })
    }
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
