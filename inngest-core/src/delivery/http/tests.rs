use std::collections::{HashSet, VecDeque};
use std::net::TcpListener;
use std::sync::Mutex;
use std::{future, io};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::*;
use crate::transport::contract::TransportFuture;

const BASE: &str = "http://a.example/e/";

type Scripted = Result<Answer, TransportError>;

/// Returns scripted answers, then never responds.
struct Script {
    answers: Mutex<VecDeque<Scripted>>,
    requests: Mutex<Vec<Request>>,
}

impl Transport for Script {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        self.requests.lock().unwrap().push(request);
        match self.answers.lock().unwrap().pop_front() {
            Some(answer) => Box::pin(future::ready(answer)),
            None => Box::pin(future::pending()),
        }
    }
}

fn endpoint(url: &str, is_dev: bool) -> Endpoint {
    Endpoint {
        base: BASE.into(),
        uri: url.parse().unwrap(),
        env: None,
        is_dev,
    }
}

/// A sender that waits only if the server asks it to.
fn sender(
    answers: impl IntoIterator<Item = Scripted>,
    attempts: u32,
    is_dev: bool,
) -> (Arc<Script>, RequestSender) {
    let script = Arc::new(Script {
        answers: Mutex::new(answers.into_iter().collect()),
        requests: Mutex::default(),
    });
    let endpoint = endpoint("http://a.example/e/secret-key", is_dev);
    let retry = RetryPolicy::default()
        .attempts(attempts)
        .base(Duration::ZERO);
    let timeout = Duration::from_millis(1);
    let transport = Arc::clone(&script);
    let sender = RequestSender::new(endpoint, timeout, Clock::Real, retry, transport);
    (script, sender)
}

/// Sends one event. Returns the number of attempts and, after a failure, the error and the request.
async fn send(
    answers: impl IntoIterator<Item = Scripted>,
    attempts: u32,
    is_dev: bool,
) -> (usize, Option<(Arc<SendError>, EventRequest)>) {
    let (script, sender) = sender(answers, attempts, is_dev);
    let failure = match sender.send(&EventRequest::of_equal_events(1)).await {
        RequestResult::Accepted(_) => None,
        RequestResult::Failed {
            accepted,
            error,
            request,
        } => {
            assert!(matches!(accepted, AcceptedIds::OfSeed(0)), "{accepted:?}");
            Some((error, request))
        }
    };
    let tried = script.requests.lock().unwrap().len();
    (tried, failure)
}

#[expect(clippy::unnecessary_wraps, reason = "an entry of a script")]
fn accepted() -> Scripted {
    Ok(Answer::new(200, r#"{"ids":["a"],"status":200}"#))
}

#[expect(clippy::unnecessary_wraps, reason = "an entry of a script")]
fn status(status: u16) -> Scripted {
    Ok(Answer::new(
        status,
        r#"{"error":"secret-key has problems"}"#,
    ))
}

fn unreachable() -> TransportError {
    TransportError::connect("refused")
}

#[test]
fn the_host_has_no_default_port() {
    for (url, expected) in [
        ("http://a.example/e/k", "a.example"),
        ("http://a.example:80/e/k", "a.example"),
        ("http://a.example:443/e/k", "a.example:443"),
        ("https://a.example/e/k", "a.example"),
        ("https://a.example:443/e/k", "a.example"),
        ("https://a.example:80/e/k", "a.example:80"),
        ("http://[::1]:8288/e/k", "[::1]:8288"),
    ] {
        assert_eq!(headers(&endpoint(url, true))[HOST], expected, "{url}");
    }
}

#[test]
fn requests_have_only_the_documented_headers() {
    let (_, mut sender) = sender([], 1, true);
    let request = EventRequest::of_equal_events(2);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (env, trace) in [(None, None), (Some("branch"), Some(trace))] {
        sender.endpoint.env = env.map(HeaderValue::from_static);
        sender.headers = headers(&sender.endpoint);
        let request = request.clone().with_traceparent(trace.map(Arc::from));
        let sent = sender.http_request(&request);
        let seed = request.seed().to_text();
        let mut expected = vec![
            ("content-type", "application/json"),
            ("host", "a.example"),
            ("user-agent", SDK),
            ("x-inngest-event-id-seed", &*seed),
            ("x-inngest-sdk", SDK),
        ];
        expected.extend(env.map(|env| ("x-inngest-env", env)));
        expected.extend(trace.map(|trace| ("traceparent", trace)));
        expected.sort_unstable();
        let values = sent.headers.iter();
        let mut found: Vec<_> = values
            .map(|(k, v)| (k.as_str(), v.to_str().unwrap()))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(sent.uri.path(), "/e/secret-key");
        assert_eq!((&*sent.base, sent.body), (BASE, request.body()));
    }
}

#[tokio::test]
async fn only_temporary_failures_are_retried_and_only_as_often_as_allowed() {
    let offline = || Err(unreachable());
    for (answers, is_dev, tried, error) in [
        (vec![accepted()], false, 1, None),
        (vec![status(503), offline(), accepted()], false, 3, None),
        (
            vec![status(401), accepted()],
            false,
            1,
            Some("know the event key"),
        ),
        (
            vec![offline(), offline(), offline(), offline(), offline()],
            false,
            5,
            Some("no connection"),
        ),
        (
            vec![offline(), offline(), offline(), accepted()],
            true,
            3,
            Some("the dev server"),
        ),
        (
            vec![offline(), status(429), offline(), accepted()],
            true,
            4,
            None,
        ),
        (
            vec![status(429), offline(), offline(), accepted()],
            true,
            4,
            None,
        ),
    ] {
        let (found, failure) = send(answers, 5, is_dev).await;
        let text = failure.map(|(failure, _)| failure.to_string());
        let contains = |part: &str| text.as_ref().is_some_and(|text| text.contains(part));
        assert_eq!(
            (found, text.is_some()),
            (tried, error.is_some()),
            "{text:?}"
        );
        assert!(
            error.is_none_or(contains) && !contains("secret-key"),
            "{text:?}"
        );
    }
}

#[tokio::test]
async fn events_stay_uncertain_after_an_attempt_without_response() {
    let reset = || Err(TransportError::other("reset"));
    for (answers, earlier) in [
        (vec![status(401)], None),
        (vec![Err(unreachable()), status(429), status(401)], None),
        (vec![reset(), status(401)], Some("broke")),
        (
            vec![reset(), status(503), status(429), status(401)],
            Some("503"),
        ),
        (vec![], Some("did not respond within 1ms")),
    ] {
        let attempts = answers.len().try_into().unwrap();
        let (_, failure) = send(answers, attempts, false).await;
        let (_, request) = failure.unwrap();
        let found = request.uncertainty().earlier().map(ToString::to_string);
        assert_eq!(found.is_some(), earlier.is_some(), "{found:?}");
        assert!(
            found
                .unwrap_or_default()
                .contains(earlier.unwrap_or_default())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_decides_how_long_to_wait() {
    let wait = |seconds| {
        let headers =
            HeaderMap::from_iter([(http::header::RETRY_AFTER, HeaderValue::from(seconds))]);
        Ok(Answer::new(429, "").with_headers(headers))
    };
    let started = Instant::now();
    let (tried, failure) = send([wait(7), status(429), wait(20), accepted()], 9, false).await;
    assert_eq!((tried, failure.is_none()), (4, true));
    assert_eq!(started.elapsed().as_secs(), 27);
}

#[tokio::test]
async fn a_request_that_was_not_written_is_sent_again_in_the_same_attempt() {
    // A connection that ends before it gets a request.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut connection, driver) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    drop(driver);
    let request = http::Request::new(Empty::<Bytes>::new());
    let unsent = TransportError::unsent(connection.send_request(request).await.unwrap_err());

    let (tried, failure) = send([Err(unsent.clone()), Err(unsent), accepted()], 1, false).await;
    assert_eq!((tried, failure.is_none()), (3, true));
    let (tried, failure) = send([Err(unreachable()), accepted()], 1, false).await;
    assert_eq!((tried, failure.is_none()), (1, false));
}

#[tokio::test]
async fn a_client_of_another_process_sends_nothing() {
    let (script, mut sender) = sender([accepted()], 1, false);
    sender.process = Process::other();
    let result = sender.send(&EventRequest::of_equal_events(1)).await;
    assert!(matches!(
        result,
        RequestResult::Failed { accepted: AcceptedIds::OfSeed(0), error, .. }
            if matches!(*error, SendError::AfterFork)
    ));
    assert!(script.requests.lock().unwrap().is_empty());
}

#[test]
fn each_missing_response_has_its_own_error() {
    let no_files = || {
        let code = if cfg!(windows) { 10024 } else { 24 };
        TransportError::connect(io::Error::from_raw_os_error(code))
    };
    for (error, local, remote) in [
        (
            TransportError::no_runtime("x"),
            "no tokio runtime",
            "no tokio runtime",
        ),
        (
            TransportError::tls("x"),
            "no TLS connection",
            "no TLS connection",
        ),
        (TransportError::other("x"), "broke before", "broke before"),
        (
            unreachable(),
            "no connection to the dev server",
            "check the base URL",
        ),
        (no_files(), "check the base URL", "check the base URL"),
    ] {
        for (is_dev, expected) in [(true, local), (false, remote)] {
            let (_, sender) = sender([], 1, is_dev);
            let found = sender.no_answer(error.clone());
            let text = found.to_string();
            assert!(text.contains(expected), "{text}");
            let names_url = !matches!(found, SendError::NoRuntime);
            assert_eq!(text.contains(BASE), names_url, "{text}");
        }
    }
}

#[test]
fn the_logged_cause_is_the_deepest() {
    let message = "no".to_owned();
    assert_eq!(cause(&SendError::Refused { message }), None);
    let source = TransportError::connect(io::Error::other(unreachable()));
    let (_, sender) = sender([], 1, false);
    assert_eq!(cause(&sender.no_answer(source)).as_deref(), Some("refused"));
}

#[test]
fn delays_are_random() {
    let drawn: HashSet<_> = (0..16).map(|_| random()).collect();
    assert!(drawn.len() > 1);
}

#[test]
fn the_far_future_is_decades_away_and_fits_the_clock() {
    assert!(Instant::now().checked_add(FAR_FUTURE).is_some());
    assert!((29..=30).contains(&(FAR_FUTURE.as_secs() / 31_557_600)));
}
