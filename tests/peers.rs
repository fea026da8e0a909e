//! Peers that break in ways that no HTTP server does: each speaks raw TCP.

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inngest_core::{BatchError, Client, ConfigError, RetryPolicy, SendError};
use support::{CartCleared, KEY, item, items};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

mod support;

/// What a peer does with a request.
#[derive(Clone)]
enum Act {
    /// Resets the connection as soon as there is one.
    ResetAtOnce,
    /// Resets it after this many bytes of the body.
    ResetInBody(usize),
    /// Reads all and resets it.
    ResetAfterBody,
    /// Reads all, writes this and closes the connection.
    WriteAndClose(String),
    /// Reads all and writes this; the connection stays open.
    Write(String),
    /// As `Write`, one byte at a time.
    Trickle(String),
    /// Reads all, writes this and nothing more.
    WriteAndHang(String),
}

/// A request as the peer read it.
#[derive(Clone, Debug, PartialEq)]
struct Heard {
    seed: String,
    body: Vec<u8>,
}

struct Peer {
    url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

fn answer(status: &str, body: &str) -> String {
    let bytes = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\n\r\n{body}"
    )
}

/// An answer that takes so many events.
fn taken(events: usize) -> String {
    let ids: Vec<String> = (0..events).map(|n| format!("id-{n}")).collect();
    let body = serde_json::json!({ "ids": ids, "status": 200 });
    answer("200 OK", &body.to_string())
}

impl Peer {
    async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let acts: VecDeque<Act> = acts.into_iter().collect();
        let acts = Arc::new(Mutex::new(acts));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let peer = Self {
            url,
            heard: Arc::clone(&heard),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&acts), Arc::clone(&heard)));
            }
        });
        peer
    }

    fn client(&self) -> Client {
        self.client_with(RetryPolicy::default().max_delay(Duration::ZERO))
    }

    fn client_with(&self, retry: RetryPolicy) -> Client {
        let builder = Client::builder().event_key(KEY).base_url(&self.url);
        let builder = builder.timeout(Duration::from_millis(500));
        builder.retry(retry).build().unwrap()
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    acts: Arc<Mutex<VecDeque<Act>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
) {
    loop {
        let at_once = matches!(acts.lock().unwrap().front(), Some(Act::ResetAtOnce));
        if at_once {
            acts.lock().unwrap().pop_front();
            stream.set_zero_linger().unwrap();
            return;
        }
        let Some(request) = read_head(&mut stream).await else {
            return;
        };
        let act = acts
            .lock()
            .unwrap()
            .pop_front()
            .expect("a request too many");
        let length: usize = header(&request, "content-length").parse().unwrap();
        let wanted = match act {
            Act::ResetInBody(bytes) => bytes,
            _ => length,
        };
        let mut body = vec![0; wanted];
        stream.read_exact(&mut body).await.unwrap();
        heard.lock().unwrap().push(Heard {
            seed: header(&request, "x-inngest-event-id-seed"),
            body,
        });
        match act {
            Act::ResetAtOnce | Act::ResetInBody(_) | Act::ResetAfterBody => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Act::WriteAndClose(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                return;
            }
            Act::Write(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Act::Trickle(text) => {
                for byte in text.as_bytes() {
                    stream.write_all(&[*byte]).await.unwrap();
                    stream.flush().await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
            Act::WriteAndHang(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                // Until the client has enough of it.
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

/// The first act goes wrong in a way that may pass; the request is made again just as it was.
async fn is_made_again(first: Act) {
    let peer = Peer::start([first, Act::Write(taken(3))]).await;
    let receipts = peer.client().send_many(items(3)).await.unwrap();
    let ids: Vec<_> = receipts.iter().map(|r| r.event_id.to_string()).collect();
    assert_eq!(ids, ["id-0", "id-1", "id-2"], "those of the second answer");
    let heard = peer.heard();
    let last = heard.last().unwrap();
    for earlier in &heard {
        assert_eq!(earlier.seed, last.seed);
        assert!(last.body.starts_with(&earlier.body));
    }
}

/// Without another try nothing is known of the events, but when nothing of them left.
async fn is_unknown(first: Act) -> BatchError {
    let peer = Peer::start([first, Act::Write(taken(2))]).await;
    let client = peer.client_with(RetryPolicy::none());
    let error = client.send_many(items(2)).await.unwrap_err();
    assert_eq!((error.unknown().count(), error.accepted().count()), (2, 0));
    error
}

#[tokio::test]
async fn a_reset_before_the_body() {
    is_made_again(Act::ResetAtOnce).await;
    let error = is_unknown(Act::ResetAtOnce).await;
    let error = error.outcomes()[0].error().unwrap();
    assert!(
        matches!(error, SendError::ConnectionBroke { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_reset_in_the_body() {
    let note = "x".repeat(400_000);
    let peer = Peer::start([Act::ResetInBody(1_000), Act::Write(taken(1))]).await;
    let receipt = peer.client().send(CartCleared { note: note.clone() }).await;
    assert_eq!(receipt.unwrap().event_id, "id-0");
    let heard = peer.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].seed, heard[1].seed);
    assert!(heard[1].body.starts_with(&heard[0].body));

    let peer = Peer::start([Act::ResetInBody(1_000)]).await;
    let client = peer.client_with(RetryPolicy::none());
    let error = client.send(CartCleared { note }).await.unwrap_err();
    assert!(
        matches!(error, SendError::ConnectionBroke { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_reset_after_the_body() {
    is_made_again(Act::ResetAfterBody).await;
    is_unknown(Act::ResetAfterBody).await;
}

#[tokio::test]
async fn half_an_answer() {
    let whole = taken(3);
    for bytes in [1, 20, whole.len() / 2, whole.len() - 1] {
        let half = whole[..bytes].to_owned();
        is_made_again(Act::WriteAndClose(half.clone())).await;
        is_unknown(Act::WriteAndClose(half)).await;
    }
}

#[tokio::test]
async fn an_answer_too_late_though_the_events_were_taken() {
    is_made_again(Act::WriteAndHang(String::new())).await;
    let error = is_unknown(Act::WriteAndHang(String::new())).await;
    let error = error.outcomes()[0].error().unwrap();
    assert!(matches!(error, SendError::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_that_trickles() {
    is_made_again(Act::Trickle(answer("503 Service Unavailable", "{}"))).await;
    let peer = Peer::start([Act::Trickle(taken(2))]).await;
    let receipts = peer.client().send_many(items(2)).await.unwrap();
    assert_eq!(receipts[1].event_id, "id-1");
    // The time allowed is that of the whole answer.
    let whole = taken(3);
    is_made_again(Act::WriteAndHang(whole[..whole.len() - 1].to_owned())).await;
}

#[tokio::test]
async fn a_kept_connection_that_the_peer_closes() {
    let peer = Peer::start([
        Act::WriteAndClose(taken(1)),
        Act::WriteAndClose(taken(1)),
        Act::Write(taken(1)),
    ])
    .await;
    let client = peer.client();
    for n in 0..3 {
        client.send(item(n)).await.unwrap();
    }
    assert_eq!(peer.heard().len(), 3);
}

#[tokio::test]
async fn an_answer_of_200_that_is_not_the_event_apis() {
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
        is_made_again(Act::Write(answer("200 OK", body))).await;
    }
    let error = is_unknown(Act::Write(answer("200 OK", "{}"))).await;
    let error = error.outcomes()[0].error().unwrap();
    assert!(matches!(error, SendError::InvalidAnswer { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_is_busy_once() {
    let busy = Act::Write(answer("503 Service Unavailable", "busy"));
    let peer = Peer::start([busy, Act::Write(taken(3))]).await;
    peer.client().send_many(items(3)).await.unwrap();
    let heard = peer.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0], heard[1]);
}

/// Each mistake of the setup is an error of its own, which says what to do and keeps its cause.
#[tokio::test]
async fn mistakes_of_the_setup_have_errors_of_their_own() {
    let once = RetryPolicy::none;
    let send = async |client: Client| client.send(item(1)).await.unwrap_err();

    for (status, word) in [
        ("404 Not Found", "check that the base URL"),
        ("405 Method Not Allowed", "check that the base URL"),
        ("308 Permanent Redirect", "redirects are not followed"),
    ] {
        let peer = Peer::start([Act::Write(answer(status, "?"))]).await;
        let error = send(peer.client_with(once())).await;
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
async fn a_tls_failure_is_an_error_of_its_own_and_not_tried_again() {
    // A server without TLS.
    let peer = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = peer.local_addr().unwrap();
    let connections = Arc::new(Mutex::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = peer.accept().await {
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
