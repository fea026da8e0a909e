//! Peers that close connections after answers, without saying so.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use inngest_core::{Client, RetryPolicy};
use support::http::{answer, body, head, serve, taken};
use support::item;

mod support;

/// When a peer closes a connection.
#[derive(Clone, Copy, Debug)]
enum Closing {
    AtOnce,
    /// After it has worked on something else for this time.
    Later(Duration),
    Reset,
}

fn peer(
    closing: Closing,
    answers: usize,
) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    serve(move |_, mut stream| {
        for _ in 0..answers {
            let Some(length) = head(&mut stream) else {
                return;
            };
            let events = taken(&body(&mut stream, length));
            answer(&mut stream, &format!("HTTP/1.1 200 OK\r\n{events}"));
        }
        match closing {
            Closing::AtOnce => {}
            Closing::Later(time) => {
                let begun = Instant::now();
                while begun.elapsed() < time {
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
    /// A peer that has lost the processor between its answer and its closing closes later than any
    /// client waits for, and then one request of each of the first senders is lost to it.
    fn may_fail(self, senders: usize) -> usize {
        match self {
            Self::AtOnce | Self::Reset => 0,
            Self::Later(_) => senders,
        }
    }
}

/// Every event is delivered without retries, because nothing of a request is written to a
/// connection that the peer has closed.
async fn none_fails(case: &str, closing: Closing) {
    let (url, connections) = peer(closing, 1);
    let client = client(&url);
    let mut failed = 0;
    for n in 0..300 {
        if let Err(error) = client.send(item(n)).await {
            eprintln!("{case} {closing:?} {n}: {error}");
            failed += 1;
        }
    }
    assert!(failed <= closing.may_fail(1), "{case} {closing:?}");
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
async fn none_of_300_fails_on_one_thread() {
    for closing in CLOSINGS {
        none_fails("one thread", closing).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_of_300_fails_on_two_threads() {
    for closing in CLOSINGS {
        let sending = none_fails("two threads", closing);
        sending.await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_fails_of_many_senders() {
    for closing in CLOSINGS {
        let (url, _) = peer(closing, 1);
        let client = client(&url);
        let senders = (0..10).map(|_| async {
            let mut failed = 0;
            for n in 0..30 {
                failed += usize::from(client.send(item(n)).await.is_err());
            }
            failed
        });
        let failed: usize = join_all(senders).await.into_iter().sum();
        assert!(failed <= closing.may_fail(10), "{closing:?}: {failed}");
    }
}

/// What the first closing shows is enough for the ones after it, and the connections carry as many
/// requests as they can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_closes_after_some_answers_loses_at_most_the_first() {
    for answers in [2, 3, 10] {
        let (url, connections) = peer(Closing::AtOnce, answers);
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

/// The runtime does not know yet that the connection is closed, because it had no time to ask.
#[tokio::test]
async fn a_connection_that_was_closed_unseen_is_not_written_to() {
    let (closed, closings) = std::sync::mpsc::channel();
    let (url, connections) = serve(move |_, mut stream| {
        for _ in 0..3 {
            let Some(length) = head(&mut stream) else {
                return;
            };
            let events = taken(&body(&mut stream, length));
            answer(&mut stream, &format!("HTTP/1.1 200 OK\r\n{events}"));
        }
        drop(stream);
        closed.send(()).unwrap();
    });
    for round in 1..=30 {
        // Each has to learn anew how the peer is.
        let client = client(&url);
        for n in 0..3 {
            client.send(item(n)).await.unwrap();
        }
        closings.recv().unwrap();
        client.send(item(3)).await.unwrap();
        assert_eq!(connections.load(Ordering::Relaxed), 2 * round);
    }
}
