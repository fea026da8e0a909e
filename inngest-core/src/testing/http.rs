//! What the server answers to which request.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};

use super::fault::{Fault, Kind};
use super::received::{Outcome, Received, ReceivedRequest};
use super::{listing, page};
use crate::transport::Answer;

/// Larger than any request that a client sends.
const MAX_BODY_BYTES: usize = 64 << 20;

type Body = BoxBody<Bytes, io::Error>;

/// Answers a request; an error closes the connection without an answer.
pub(super) async fn answer(
    request: Request<Incoming>,
    received: Received,
) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    if let Some(key) = path.strip_prefix("/e/") {
        if key.is_empty() || key.contains('/') {
            // No key, or a trailing slash.
            let mut response = status(StatusCode::SEE_OTHER);
            let there = HeaderValue::from_static("/");
            response.headers_mut().insert(header::LOCATION, there);
            return Ok(noted(&received, &head, "/e/", response));
        }
        if head.method != Method::POST {
            let response = status(StatusCode::METHOD_NOT_ALLOWED);
            return Ok(noted(&received, &head, "/e/", response));
        }
        let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
            let response = status(StatusCode::PAYLOAD_TOO_LARGE);
            return Ok(noted(&received, &head, "/e/", response));
        };
        return match received.ingest(key, &head.headers, &body.to_bytes()) {
            Outcome::Answer(answer) => Ok(whole(answer)),
            Outcome::Fault(fault, answer) => faulty(fault, answer).await,
        };
    }
    let response = match (&head.method, path.as_str()) {
        (&Method::GET, "/") => html(page::whole(&received)),
        (&Method::GET, "/events") => html(page::events(&received)),
        (&Method::GET, "/v1/events") => {
            let query = head.uri.query().unwrap_or_default();
            json(listing::events(&received, query))
        }
        (_, "/" | "/events" | "/v1/events") => status(StatusCode::METHOD_NOT_ALLOWED),
        _ => status(StatusCode::NOT_FOUND),
    };
    Ok(noted(&received, &head, &path, response))
}

/// Notes a request that brought no events.
fn noted(
    received: &Received,
    head: &Parts,
    path: &str,
    response: Response<Body>,
) -> Response<Body> {
    received.note(ReceivedRequest {
        method: head.method.clone(),
        path: path.to_owned(),
        headers: head.headers.clone(),
        bytes: 0,
        events: 0,
        status: Some(response.status().as_u16()),
    });
    response
}

async fn faulty(fault: Fault, answer: Answer) -> io::Result<Response<Body>> {
    if fault.delay > Duration::ZERO {
        tokio::time::sleep(fault.delay).await;
    }
    let closed = || io::Error::other("a fault closes the connection");
    match fault.kind {
        Kind::Late => Ok(whole(answer)),
        Kind::Close => Err(closed()),
        Kind::Cut(bytes) => {
            let length = HeaderValue::from(answer.body.len());
            let begun = answer.body.slice(..bytes.min(answer.body.len()));
            let frames = [Ok(Frame::data(begun)), Err(closed())];
            let body = StreamBody::new(futures_util::stream::iter(frames));
            let mut response = whole(answer).map(|_| body.boxed());
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length);
            Ok(response)
        }
        Kind::Answer {
            status: code,
            body,
            retry_after,
        } => {
            let mut response = text(body);
            *response.status_mut() = StatusCode::from_u16(code).unwrap_or_default();
            if let Some(value) = retry_after.and_then(|value| value.parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            Ok(response)
        }
    }
}

fn whole(answer: Answer) -> Response<Body> {
    let mut response = text(answer.body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    *response.headers_mut() = answer.headers;
    response
}

fn text(body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never: Infallible| match never {});
    Response::new(body.boxed())
}

fn typed(body: String, content_type: &'static str) -> Response<Body> {
    let mut response = text(body);
    let content_type = HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

fn html(body: String) -> Response<Body> {
    typed(body, "text/html; charset=utf-8")
}

fn json(body: String) -> Response<Body> {
    typed(body, "application/json")
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = text("");
    *response.status_mut() = status;
    response
}
