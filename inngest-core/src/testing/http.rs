//! Routes HTTP requests and applies faults.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};

use super::event::ReceivedRequest;
use super::fault::{Fault, FaultKind};
use super::received::{Handled, Received};
use super::{cors, listing, page};
use crate::transport::contract::Answer;

/// Larger than any request that a client sends.
const MAX_BODY_BYTES: usize = 64 << 20;

type Body = BoxBody<Bytes, io::Error>;

/// Answers a request; an error closes the connection without an answer.
pub(super) async fn answer(
    request: Request<Incoming>,
    received: Received,
) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    if cors::is_preflight(&head.method, &head.headers) {
        let mut response = status(StatusCode::OK);
        cors::allow(&head.headers, &mut response);
        let path = recorded_path(head.uri.path());
        return Ok(recorded(&received, &head, path, response));
    }
    let mut response = match event_key(head.uri.path()) {
        Some(_) if head.method != Method::POST => {
            let response = not_allowed("POST");
            recorded(&received, &head, EVENTS, response)
        }
        Some(key) => {
            let key = listing::decoded_path(key);
            match Limited::new(body, MAX_BODY_BYTES).collect().await {
                Ok(body) => match received.ingest(&key, &head.headers, &body.to_bytes()) {
                    Handled::Answer(answer) => full_response(answer),
                    Handled::Fault(fault, answer) => faulty_response(fault, answer).await?,
                },
                Err(_) => {
                    let response = status(StatusCode::PAYLOAD_TOO_LARGE);
                    recorded(&received, &head, EVENTS, response)
                }
            }
        }
        None if head.uri.path().starts_with(page::PREFIX) => {
            page::data(&received, &head.uri).map_or_else(|| status(StatusCode::NOT_FOUND), json)
        }
        None => {
            let response = route(&head, &received);
            recorded(&received, &head, recorded_path(head.uri.path()), response)
        }
    };
    cors::complete(&head.method, &head.headers, &mut response);
    Ok(response)
}

/// The path that accepts events, without the event key.
const EVENTS: &str = "/e/";

/// Extracts the event key from a path: one non-empty segment.
fn event_key(path: &str) -> Option<&str> {
    let key = path.strip_prefix(EVENTS)?;
    (!key.is_empty() && !key.contains('/')).then_some(key)
}

/// The path as recorded, without an event key.
fn recorded_path(path: &str) -> &str {
    if path.starts_with(EVENTS) {
        EVENTS
    } else {
        path
    }
}

/// Answers a request that carries no events.
fn route(head: &Parts, received: &Received) -> Response<Body> {
    let path = head.uri.path();
    let query = head.uri.query().unwrap_or_default();
    let is_get = head.method == Method::GET;
    if let Some(rest) = path.strip_prefix("/v1/events") {
        let segments: Vec<&str> = rest.split('/').collect();
        let answer = match segments.as_slice() {
            [""] => Some(listing::events(received, query)),
            ["", id] if !id.is_empty() => Some(listing::event(received, id)),
            ["", id, "runs"] if !id.is_empty() => Some(listing::runs(id)),
            _ => None,
        };
        match answer {
            Some(answer) if is_get => return json(answer),
            Some(_) => return not_allowed("GET"),
            None => {}
        }
    }
    match path {
        "/health" if is_get => json(r#"{"status":200,"message":"OK"}"#.into()),
        "/dev" if is_get => typed(listing::server(), "application/json; charset=utf-8"),
        "/health" | "/dev" => not_allowed("GET"),
        _ if path.len() > 1 && path.ends_with('/') => {
            redirect_without_slash(path, head.uri.query())
        }
        // Like the real server, shows the page for every unknown path (measured).
        _ => html(page::html()),
    }
}

/// Redirects to the path without its trailing slash.
fn redirect_without_slash(path: &str, query: Option<&str>) -> Response<Body> {
    let mut target = path.strip_suffix('/').unwrap_or(path).to_owned();
    // A target with two leading slashes would name another host.
    let slashes = target.len() - target.trim_start_matches('/').len();
    target.replace_range(..slashes, "/");
    if let Some(query) = query {
        target.push('?');
        target.push_str(query);
    }
    let mut response = status(StatusCode::SEE_OTHER);
    // Part of a valid URL is a valid header value.
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

fn not_allowed(method: &'static str) -> Response<Body> {
    let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
    let method = HeaderValue::from_static(method);
    response.headers_mut().insert(header::ALLOW, method);
    response
}

/// Records a request without events.
fn recorded(
    received: &Received,
    head: &Parts,
    path: &str,
    response: Response<Body>,
) -> Response<Body> {
    let status = response.status();
    let fails = status.as_u16() >= 400 || (status.is_redirection() && head.method != Method::GET);
    let error = status.canonical_reason().filter(|_| fails);
    received.record_request(ReceivedRequest {
        method: head.method.clone(),
        path: path.to_owned(),
        headers: head.headers.clone(),
        bytes: 0,
        events: 0,
        status: Some(status.as_u16()),
        error: error.map(str::to_owned),
    });
    response
}

async fn faulty_response(fault: Fault, answer: Answer) -> io::Result<Response<Body>> {
    if fault.delay > Duration::ZERO {
        tokio::time::sleep(fault.delay).await;
    }
    let closed = || io::Error::other("a fault closes the connection");
    match fault.kind {
        FaultKind::Late => Ok(full_response(answer)),
        FaultKind::Close => Err(closed()),
        FaultKind::Cut(bytes) => {
            let length = HeaderValue::from(answer.body.len());
            let begun = answer.body.slice(..bytes.min(answer.body.len()));
            let frames = [Ok(Frame::data(begun)), Err(closed())];
            let body = StreamBody::new(futures_util::stream::iter(frames));
            let mut response = full_response(answer).map(|_| body.boxed());
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length);
            Ok(response)
        }
        FaultKind::Answer {
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

fn full_response(answer: Answer) -> Response<Body> {
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
