//! Adds CORS headers that allow every origin, as the real server does.

use http::{HeaderMap, HeaderValue, Method, Response, header};

/// The allowed methods. Responses to other methods get no `Access-Control` headers.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "OPTIONS"];

/// How long browsers may cache a preflight response, in seconds.
const MAX_AGE: &str = "3600";

/// Returns whether the request is a preflight.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    let requested = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    *method == Method::OPTIONS && requested.is_some_and(|requested| !requested.is_empty())
}

/// Adds the headers of a preflight response.
pub(super) fn allow<B>(request: &HeaderMap, response: &mut Response<B>) {
    let headers = response.headers_mut();
    for name in [
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
    ] {
        headers.append(header::VARY, HeaderValue::from_static(name));
    }
    let method = request.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    let method = method.and_then(|method| method.to_str().ok());
    let method = method.unwrap_or_default().to_ascii_uppercase();
    let (Some(origin), true) = (origin(request), METHODS.contains(&method.as_str())) else {
        return;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    insert(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &method);
    let wanted = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let wanted = wanted.and_then(|wanted| wanted.to_str().ok());
    let names = wanted.unwrap_or_default().split([',', ' ']);
    let names: Vec<_> = names.filter(|n| !n.is_empty()).map(canonical).collect();
    if !names.is_empty() {
        insert(
            headers,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            &names.join(", "),
        );
    }
    insert(headers, header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
}

/// Adds the headers of any other response.
pub(super) fn complete<B>(method: &Method, request: &HeaderMap, response: &mut Response<B>) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert("x-inngest-server-kind", HeaderValue::from_static("dev"));
    if let (Some(origin), true) = (origin(request), METHODS.contains(&method.as_str())) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        let exposed = HeaderValue::from_static("Link, Mcp-Session-Id");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}

fn origin(request: &HeaderMap) -> Option<&HeaderValue> {
    let origin = request.get(header::ORIGIN)?;
    (!origin.is_empty()).then_some(origin)
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    // Parts of a valid header value are valid.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Capitalizes a header name at its start and after each hyphen.
fn canonical(name: &str) -> String {
    let mut is_word_start = true;
    let canonical_letter = |letter: char| {
        let canonical = if is_word_start {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        };
        is_word_start = letter == '-';
        canonical
    };
    name.chars().map(canonical_letter).collect()
}
