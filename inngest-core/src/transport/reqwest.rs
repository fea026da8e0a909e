//! A transport over the user's own `reqwest::Client`.

use super::contract::{Answer, MAX_ANSWER_BYTES, Request, Transport, TransportFuture};
use super::error::TransportError;
use crate::runtime::UnsuitableRuntimes;

#[derive(Debug)]
pub(crate) struct ReqwestTransport {
    client: ::reqwest::Client,
    unsuitable_runtimes: UnsuitableRuntimes,
}

impl ReqwestTransport {
    pub(crate) fn new(client: ::reqwest::Client) -> Self {
        Self {
            client,
            unsuitable_runtimes: UnsuitableRuntimes::default(),
        }
    }

    async fn answer(&self, request: Request) -> Result<Answer, TransportError> {
        let url = request.uri().to_string();
        let sent = self
            .client
            .post(url)
            .headers(request.headers)
            .body(request.body)
            .send()
            .await;
        let mut response = sent.map_err(without_key)?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(without_key)? {
            body.extend_from_slice(&part);
            if body.len() > MAX_ANSWER_BYTES {
                return Err(TransportError::other("the response is too large"));
            }
        }
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.into(),
        })
    }
}

impl Transport for ReqwestTransport {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        Box::pin(async move { self.unsuitable_runtimes.run(self.answer(request)).await? })
    }
}

/// reqwest's errors show the URL, which contains the event key.
fn without_key(error: ::reqwest::Error) -> TransportError {
    let error = error.without_url();
    if error.is_connect() {
        TransportError::connect_failed(error)
    } else {
        TransportError::other(error)
    }
}
