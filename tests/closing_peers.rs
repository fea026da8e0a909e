//! Servers that close connections after a response, without a `connection: close` header.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use inngest_core::{Client, RetryPolicy};
use support::http::{accepting_response, read_body, read_head, serve, write_response};
use support::item;

mod support;

/// How a server closes a connection.
#[derive(Clone, Copy, Debug)]
enum Closing {
    AtOnce,
    /// After busy-waiting this long.
    Later(Duration),
    Reset,
}

fn server_that_closes(
    closing: Closing,
    answers: usize,
) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    serve(move |_, mut stream| {
        for _ in 0..answers {
            let Some(length) = read_head(&mut stream) else {
                return;
            };
            let response = accepting_response(&read_body(&mut stream, length));
            write_response(&mut stream, &format!("HTTP/1.1 200 OK\r\n{response}"));
        }
        match closing {
            Closing::AtOnce => {}
            Closing::Later(time) => {
                let started = Instant::now();
                while started.elapsed() < time {
                    std::hint::spin_loop();
                }
            }
            Closing::Reset => {
                let socket = socket2::Socket::from(stream.into_inner());
                socket.set_linger(Some(Duration::ZERO)).unwrap();
            }
        }
    })
}

fn client(url: &str) -> Client {
    let builder = Client::builder().event_key("k").base_url(url);
    builder.retry(RetryPolicy::none()).build().unwrap()
}

impl Closing {
    /// The maximum number of failed requests. If the server loses the CPU between response and close,
    /// it closes later than the client waits, and the first request of each sender may fail.
    fn max_failures(self, senders: usize) -> usize {
        match self {
            Self::AtOnce | Self::Reset => 0,
            Self::Later(_) => senders,
        }
    }
}

/// Asserts that every event is delivered without retries, because the client never writes to a
/// connection that the server has closed.
async fn assert_no_failures(case: &str, closing: Closing) {
    let (url, connections) = server_that_closes(closing, 1);
    let client = client(&url);
    let mut failed = 0;
    for n in 0..300 {
        if let Err(error) = client.send(item(n)).await {
            eprintln!("{case} {closing:?} {n}: {error}");
            failed += 1;
        }
    }
    assert!(failed <= closing.max_failures(1), "{case} {closing:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 300 - failed);
}

const CLOSINGS: [Closing; 5] = [
    Closing::AtOnce,
    Closing::Later(Duration::from_micros(20)),
    Closing::Later(Duration::from_micros(200)),
    Closing::Later(Duration::from_millis(1)),
    Closing::Reset,
];

#[tokio::test]
async fn no_request_fails_on_one_thread() {
    for closing in CLOSINGS {
        assert_no_failures("one thread", closing).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_on_two_threads() {
    for closing in CLOSINGS {
        let sending = assert_no_failures("two threads", closing);
        sending.await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_with_many_senders() {
    for closing in CLOSINGS {
        let (url, _) = server_that_closes(closing, 1);
        let client = client(&url);
        let senders = (0..10).map(|_| async {
            let mut failed = 0;
            for n in 0..30 {
                failed += usize::from(client.send(item(n)).await.is_err());
            }
            failed
        });
        let failed: usize = join_all(senders).await.into_iter().sum();
        assert!(failed <= closing.max_failures(10), "{closing:?}: {failed}");
    }
}

/// The client learns from the first close, and then uses each connection for as many requests as
/// possible.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_learns_when_the_server_closes() {
    for answers in [2, 3, 10] {
        let (url, connections) = server_that_closes(Closing::AtOnce, answers);
        let client = client(&url);
        let mut failed = 0;
        for n in 0..300 {
            failed += usize::from(client.send(item(n)).await.is_err());
        }
        let connections = connections.load(Ordering::Relaxed);
        assert!(failed <= 2, "{answers} answers: {failed} failed");
        let expected = 300 / answers..=300 / answers + 5;
        assert!(
            expected.contains(&connections),
            "{answers} answers: {connections}"
        );
    }
}

/// The runtime has not polled the socket yet, so it does not know that the connection is closed.
#[tokio::test]
async fn unnoticed_close_is_detected_before_writing() {
    let (closed, closings) = std::sync::mpsc::channel();
    let (url, connections) = serve(move |_, mut stream| {
        for _ in 0..3 {
            let Some(length) = read_head(&mut stream) else {
                return;
            };
            let response = accepting_response(&read_body(&mut stream, length));
            write_response(&mut stream, &format!("HTTP/1.1 200 OK\r\n{response}"));
        }
        drop(stream);
        closed.send(()).unwrap();
    });
    for round in 1..=30 {
        // Each new client must learn the server's behavior again.
        let client = client(&url);
        for n in 0..3 {
            client.send(item(n)).await.unwrap();
        }
        closings.recv().unwrap();
        client.send(item(3)).await.unwrap();
        assert_eq!(connections.load(Ordering::Relaxed), 2 * round);
    }
}
