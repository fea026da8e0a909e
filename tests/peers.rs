//! Servers that misbehave below HTTP, written with raw TCP.

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inngest_core::{BatchError, Client, ConfigError, RetryPolicy, SendError};
use support::{CartCleared, KEY, item, items};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

mod support;

/// The server's reaction to a request.
#[derive(Clone)]
enum Behavior {
    /// Resets the connection as soon as it is open.
    ResetAtOnce,
    /// Resets the connection after reading this many bytes of the body.
    ResetInBody(usize),
    /// Reads the request and resets the connection.
    ResetAfterBody,
    /// Reads the request, writes this text and closes the connection.
    WriteAndClose(String),
    /// Reads the request, writes this text and keeps the connection open for more requests.
    Write(String),
    /// Like `Write`, but one byte at a time.
    Trickle(String),
    /// Reads the request, writes this text and then hangs.
    WriteAndHang(String),
}

/// A request as the server read it.
#[derive(Clone, Debug, PartialEq)]
struct ReceivedRequest {
    seed: String,
    body: Vec<u8>,
}

struct Server {
    url: String,
    received: Arc<Mutex<Vec<ReceivedRequest>>>,
}

fn answer(status: &str, body: &str) -> String {
    let bytes = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\n\r\n{body}"
    )
}

/// A response that accepts this many events.
fn accepted(events: usize) -> String {
    let ids: Vec<String> = (0..events).map(|n| format!("id-{n}")).collect();
    let body = serde_json::json!({ "ids": ids, "status": 200 });
    answer("200 OK", &body.to_string())
}

impl Server {
    async fn start(behaviors: impl IntoIterator<Item = Behavior>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behaviors: VecDeque<Behavior> = behaviors.into_iter().collect();
        let behaviors = Arc::new(Mutex::new(behaviors));
        let received = Arc::new(Mutex::new(Vec::new()));
        let server = Self {
            url,
            received: Arc::clone(&received),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&behaviors), Arc::clone(&received)));
            }
        });
        server
    }

    fn client(&self) -> Client {
        self.client_with(RetryPolicy::default().max_delay(Duration::ZERO))
    }

    fn client_with(&self, retry: RetryPolicy) -> Client {
        let builder = Client::builder().event_key(KEY).base_url(&self.url);
        let builder = builder.timeout(Duration::from_millis(500));
        builder.retry(retry).build().unwrap()
    }

    fn received(&self) -> Vec<ReceivedRequest> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    behaviors: Arc<Mutex<VecDeque<Behavior>>>,
    received: Arc<Mutex<Vec<ReceivedRequest>>>,
) {
    loop {
        let at_once = matches!(
            behaviors.lock().unwrap().front(),
            Some(Behavior::ResetAtOnce)
        );
        if at_once {
            behaviors.lock().unwrap().pop_front();
            stream.set_zero_linger().unwrap();
            return;
        }
        let Some(request) = read_head(&mut stream).await else {
            return;
        };
        let behavior = behaviors
            .lock()
            .unwrap()
            .pop_front()
            .expect("unexpected request");
        let length: usize = header(&request, "content-length").parse().unwrap();
        let wanted = match behavior {
            Behavior::ResetInBody(bytes) => bytes,
            _ => length,
        };
        let mut body = vec![0; wanted];
        stream.read_exact(&mut body).await.unwrap();
        received.lock().unwrap().push(ReceivedRequest {
            seed: header(&request, "x-inngest-event-id-seed"),
            body,
        });
        match behavior {
            Behavior::ResetAtOnce | Behavior::ResetInBody(_) | Behavior::ResetAfterBody => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Behavior::WriteAndClose(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                return;
            }
            Behavior::Write(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Behavior::Trickle(text) => {
                for byte in text.as_bytes() {
                    stream.write_all(&[*byte]).await.unwrap();
                    stream.flush().await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
            Behavior::WriteAndHang(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                // Wait until the client closes the connection.
                let _ = stream.read_u8().await;
                return;
            }
        }
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

fn header(head: &str, name: &str) -> String {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.expect(name).1.to_owned()
}

/// Asserts that the client retries the same request after this failure.
async fn assert_retried(first: Behavior) {
    let server = Server::start([first, Behavior::Write(accepted(3))]).await;
    let receipts = server.client().send_many(items(3)).await.unwrap();
    let ids: Vec<_> = receipts.iter().map(|r| r.event_id.to_string()).collect();
    assert_eq!(
        ids,
        ["id-0", "id-1", "id-2"],
        "the ids of the second response"
    );
    let received = server.received();
    let last = received.last().unwrap();
    for earlier in &received {
        assert_eq!(earlier.seed, last.seed);
        assert!(last.body.starts_with(&earlier.body));
    }
}

/// Asserts that the outcome is unknown after this failure if there is no retry.
async fn assert_unknown(first: Behavior) -> BatchError {
    let server = Server::start([first, Behavior::Write(accepted(2))]).await;
    let client = server.client_with(RetryPolicy::none());
    let error = client.send_many(items(2)).await.unwrap_err();
    assert_eq!((error.unknown().count(), error.accepted().count()), (2, 0));
    error
}

#[tokio::test]
async fn reset_before_the_body_is_retried() {
    assert_retried(Behavior::ResetAtOnce).await;
    let error = assert_unknown(Behavior::ResetAtOnce).await;
    let error = error.outcomes()[0].error().unwrap();
    assert!(
        matches!(error, SendError::ConnectionBroke { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn reset_inside_the_body_is_retried() {
    let note = "x".repeat(400_000);
    let server = Server::start([Behavior::ResetInBody(1_000), Behavior::Write(accepted(1))]).await;
    let receipt = server
        .client()
        .send(CartCleared { note: note.clone() })
        .await;
    assert_eq!(receipt.unwrap().event_id, "id-0");
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].seed, received[1].seed);
    assert!(received[1].body.starts_with(&received[0].body));

    let server = Server::start([Behavior::ResetInBody(1_000)]).await;
    let client = server.client_with(RetryPolicy::none());
    let error = client.send(CartCleared { note }).await.unwrap_err();
    assert!(
        matches!(error, SendError::ConnectionBroke { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn reset_after_the_body_is_retried() {
    assert_retried(Behavior::ResetAfterBody).await;
    assert_unknown(Behavior::ResetAfterBody).await;
}

#[tokio::test]
async fn truncated_response_is_retried() {
    let whole = accepted(3);
    for bytes in [1, 20, whole.len() / 2, whole.len() - 1] {
        let half = whole[..bytes].to_owned();
        assert_retried(Behavior::WriteAndClose(half.clone())).await;
        assert_unknown(Behavior::WriteAndClose(half)).await;
    }
}

#[tokio::test]
async fn late_response_is_retried() {
    assert_retried(Behavior::WriteAndHang(String::new())).await;
    let error = assert_unknown(Behavior::WriteAndHang(String::new())).await;
    let error = error.outcomes()[0].error().unwrap();
    assert!(matches!(error, SendError::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn slow_response_is_read_until_the_timeout() {
    assert_retried(Behavior::Trickle(answer("503 Service Unavailable", "{}"))).await;
    let server = Server::start([Behavior::Trickle(accepted(2))]).await;
    let receipts = server.client().send_many(items(2)).await.unwrap();
    assert_eq!(receipts[1].event_id, "id-1");
    // The timeout covers the whole response.
    let whole = accepted(3);
    assert_retried(Behavior::WriteAndHang(whole[..whole.len() - 1].to_owned())).await;
}

#[tokio::test]
async fn closed_idle_connection_is_replaced() {
    let server = Server::start([
        Behavior::WriteAndClose(accepted(1)),
        Behavior::WriteAndClose(accepted(1)),
        Behavior::Write(accepted(1)),
    ])
    .await;
    let client = server.client();
    for n in 0..3 {
        client.send(item(n)).await.unwrap();
    }
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn foreign_200_response_is_retried() {
    for body in [
        r#"{"status":200}"#,
        r#"{"ids":["a","b"],"status":200}"#,
        r#"{"ids":["a","b","c","d"],"status":200}"#,
        r#"{"ids":["a","b",""],"status":200}"#,
        r#"{"ids":["a","b","c"],"status":500,"error":"internal error"}"#,
        r#"[["a","b","c"]]"#,
        r#"{"ids":[1,2,3],"status":200}"#,
        r#"{"ids":null,"status":200}"#,
        r#"{"ids":"abc","status":200}"#,
        "<html>a proxy's login page</html>",
        "",
    ] {
        assert_retried(Behavior::Write(answer("200 OK", body))).await;
    }
    let error = assert_unknown(Behavior::Write(answer("200 OK", "{}"))).await;
    let error = error.outcomes()[0].error().unwrap();
    assert!(matches!(error, SendError::InvalidAnswer { .. }), "{error}");
}

#[tokio::test]
async fn busy_server_gets_the_same_request_again() {
    let busy = Behavior::Write(answer("503 Service Unavailable", "busy"));
    let server = Server::start([busy, Behavior::Write(accepted(3))]).await;
    server.client().send_many(items(3)).await.unwrap();
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0], received[1]);
}

/// Each configuration mistake has its own error, which suggests a fix and keeps its source.
#[tokio::test]
async fn configuration_mistakes_have_specific_errors() {
    let once = RetryPolicy::none;
    let send = async |client: Client| client.send(item(1)).await.unwrap_err();

    for (status, word) in [
        ("404 Not Found", "check that the base URL"),
        ("405 Method Not Allowed", "check that the base URL"),
        ("308 Permanent Redirect", "redirects are not followed"),
    ] {
        let server = Server::start([Behavior::Write(answer(status, "?"))]).await;
        let error = send(server.client_with(once())).await;
        assert!(matches!(error, SendError::WrongUrl { .. }), "{error}");
        assert!(error.to_string().contains(word), "{error}");
        assert!(error.source().is_none());
    }

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let builder = Client::builder().base_url(&url).retry(once());
    let error = send(builder.clone().dev(true).build().unwrap()).await;
    assert!(matches!(error, SendError::NoDevServer { .. }), "{error}");
    assert!(error.to_string().contains("npx inngest-cli@latest dev"));
    assert!(
        causes(&error).contains("Connection refused"),
        "{}",
        causes(&error)
    );
    let error = send(builder.event_key(KEY).build().unwrap()).await;
    assert!(matches!(error, SendError::NoConnection { .. }), "{error}");
    assert!(
        causes(&error).contains("Connection refused"),
        "{}",
        causes(&error)
    );

    let missing = Client::builder().dev(false).build().unwrap_err();
    assert!(matches!(missing, ConfigError::MissingEventKey), "{missing}");
}

#[tokio::test]
async fn tls_failure_is_not_retried() {
    // A server without TLS.
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let connections = Arc::new(Mutex::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = server.accept().await {
            *count.lock().unwrap() += 1;
            let _ = stream.read_u8().await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let builder = Client::builder()
        .event_key(KEY)
        .base_url(format!("https://{address}"));
    let error = builder.build().unwrap().send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::Tls { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("write `http://` in the base URL"), "{text}");
    assert!(
        causes(&error).contains("corrupt message"),
        "{}",
        causes(&error)
    );
    assert_eq!(*connections.lock().unwrap(), 1);
}

/// The causes of an error, outermost first.
fn causes(error: &SendError) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(error) = next {
        text += &error.to_string();
        text += "\n";
        next = error.source();
    }
    text
}
