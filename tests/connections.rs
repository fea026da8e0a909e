//! Tests which connections are reused, and which are not.

use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use inngest_core::testing::EventServer;
use inngest_core::{Client, RetryPolicy, SendError};
use support::http::{accepting_response, read_body, read_head, serve, write_response};
use support::{CartCleared, item};

mod support;

fn client(url: &str) -> Client {
    let builder = Client::builder().event_key("k").base_url(url);
    builder.timeout(Duration::from_secs(5)).build().unwrap()
}

fn large() -> Vec<CartCleared> {
    let note = "x".repeat(3 << 20 >> 1);
    vec![CartCleared { note: note.clone() }, CartCleared { note }]
}

/// The connection cannot carry another request while the body of the first is still unwritten.
#[tokio::test]
async fn early_response_does_not_block_the_next_request() {
    let (url, connections) = serve(|number, mut stream| {
        let length = read_head(&mut stream).unwrap();
        if number == 0 {
            write_response(&mut stream, "HTTP/1.1 413 X\r\ncontent-length: 0\r\n\r\n");
            std::thread::sleep(Duration::from_secs(60));
        }
        let events = accepting_response(&read_body(&mut stream, length));
        write_response(
            &mut stream,
            &format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{events}"),
        );
    });
    let builder = Client::builder().event_key("k").base_url(&url);
    let builder = builder
        .max_request_bytes(10 << 20)
        .retry(RetryPolicy::none());
    let client = builder.timeout(Duration::from_secs(20)).build().unwrap();
    let started = Instant::now();
    let receipts = client.send_many(large()).await.unwrap();
    assert_eq!(receipts.len(), 2);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(connections.load(Ordering::Relaxed) >= 2);
}

/// The server responds and closes the connection while the client is still writing the body.
#[tokio::test]
async fn early_response_counts_if_it_arrives() {
    let (url, _) = serve(|_, mut stream| {
        let length = read_head(&mut stream).unwrap();
        if length > 2 << 20 {
            write_response(
                &mut stream,
                "HTTP/1.1 413 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            );
            return;
        }
        let events = accepting_response(&read_body(&mut stream, length));
        write_response(
            &mut stream,
            &format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{events}"),
        );
    });
    let builder = Client::builder().event_key("k").base_url(&url);
    let builder = builder
        .max_request_bytes(10 << 20)
        .retry(RetryPolicy::none());
    let result = builder.build().unwrap().send_many(large()).await;
    // The operating system decides whether the response or the write error arrives first. The
    // outcomes must be correct in both cases.
    match result {
        Ok(receipts) => assert_eq!(receipts.len(), 2),
        Err(error) => assert_eq!(error.unknown().count(), 2),
    }
}

#[tokio::test]
async fn connections_are_reused_unless_the_server_closes_them() {
    for (head_line, kept) in [
        ("HTTP/1.1 200 OK\r\n", true),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", true),
        (
            "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n",
            true,
        ),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n", false),
        ("HTTP/1.0 200 OK\r\n", false),
        ("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n", true),
    ] {
        let (url, connections) = serve(move |_, mut stream| {
            while let Some(length) = read_head(&mut stream) {
                let events = accepting_response(&read_body(&mut stream, length));
                write_response(&mut stream, &format!("{head_line}{events}"));
                if !kept {
                    return;
                }
            }
        });
        let client = client(&url);
        for n in 0..4 {
            client.send(item(n)).await.unwrap();
        }
        let expected = if kept { 1 } else { 4 };
        assert_eq!(connections.load(Ordering::Relaxed), expected, "{head_line}");
    }
}

#[test]
fn client_works_in_successive_runtimes() {
    let server = EventServer::start().unwrap();
    let client = client(&server.url());
    for n in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(client.send(item(n))).unwrap();
    }
    assert_eq!(server.requests().len(), 3);
}

/// A runtime must not use the connections of another runtime that is idle.
#[test]
fn connections_of_an_idle_runtime_are_not_reused() {
    let server = EventServer::start().unwrap();
    let builder = Client::builder().event_key("k").base_url(server.url());
    let client = builder
        .timeout(Duration::from_secs(5))
        .retry(RetryPolicy::none());
    let client = client.build().unwrap();
    let mut idle = Vec::new();
    for n in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(client.send(item(n))).unwrap();
        idle.push(runtime);
    }
    assert_eq!(server.requests().len(), 3);
}

/// A future may start in one runtime and finish in another.
#[test]
fn connection_belongs_to_the_runtime_that_opened_it() {
    let (started, mut starts) = tokio::sync::mpsc::unbounded_channel();
    let (answer_now, answer_signal) = std::sync::mpsc::channel();
    let answer_signal = std::sync::Mutex::new(answer_signal);
    let (url, connections) = serve(move |number, mut stream| {
        while let Some(length) = read_head(&mut stream) {
            let events = accepting_response(&read_body(&mut stream, length));
            if number == 0 {
                started.send(()).unwrap();
                answer_signal.lock().unwrap().recv().unwrap();
            }
            write_response(&mut stream, &format!("HTTP/1.1 200 OK\r\n{events}"));
        }
    });
    let builder = Client::builder().event_key("k").base_url(url);
    let client = builder
        .timeout(Duration::from_secs(5))
        .retry(RetryPolicy::none());
    let client = client.build().unwrap();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let (first, second) = (runtime(), runtime());
    let mut sending = client.send(item(1));
    first.block_on(async {
        tokio::select! {
            _ = &mut sending => unreachable!("the server has not answered"),
            start = starts.recv() => start.unwrap(),
        }
    });
    let (done, until_done) = tokio::sync::oneshot::channel();
    let driving = std::thread::spawn(move || {
        first.block_on(until_done).unwrap();
        first
    });
    answer_now.send(()).unwrap();
    second.block_on(sending).unwrap();
    done.send(()).unwrap();
    let _first = driving.join().unwrap();
    second.block_on(client.send(item(2))).unwrap();
    assert_eq!(connections.load(Ordering::Relaxed), 2);
}

/// A proxy or firewall may have dropped an idle connection.
#[tokio::test]
async fn connection_idle_for_a_minute_is_closed() {
    let (closed, closings) = std::sync::mpsc::channel();
    let (url, connections) = serve(move |number, mut stream| {
        while let Some(length) = read_head(&mut stream) {
            let events = accepting_response(&read_body(&mut stream, length));
            write_response(&mut stream, &format!("HTTP/1.1 200 OK\r\n{events}"));
        }
        closed.send(number).unwrap();
    });
    let client = client(&url);
    let later = async |seconds| {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    };
    for (after, expected) in [(0, 1), (59, 1), (59, 1), (61, 2), (0, 2)] {
        later(after).await;
        client.send(item(1)).await.unwrap();
        assert_eq!(connections.load(Ordering::Relaxed), expected, "{after}");
    }
    // The task of the connection closes it once this task yields.
    let closed = tokio::task::spawn_blocking(move || closings.recv().unwrap());
    assert_eq!(closed.await.unwrap(), 0);
}

#[tokio::test]
async fn immediate_close_is_retried() {
    let (url, connections) = serve(|number, mut stream| {
        // A load balancer without a backend does the same.
        if number < 2 {
            return;
        }
        while let Some(length) = read_head(&mut stream) {
            let events = accepting_response(&read_body(&mut stream, length));
            write_response(&mut stream, &format!("HTTP/1.1 200 OK\r\n{events}"));
        }
    });
    let builder = Client::builder().event_key("k").base_url(&url);
    let once = builder.clone().retry(RetryPolicy::none()).build().unwrap();
    let error = once.send(item(1)).await.unwrap_err();
    assert!(
        matches!(error, SendError::ConnectionBroke { .. }),
        "{error:?}"
    );
    let policy = RetryPolicy::default().max_delay(Duration::ZERO);
    builder
        .retry(policy)
        .build()
        .unwrap()
        .send(item(1))
        .await
        .unwrap();
    assert_eq!(connections.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn endless_response_is_an_error() {
    let (url, _) = serve(|_, mut stream| {
        let length = read_head(&mut stream).unwrap();
        read_body(&mut stream, length);
        write_response(&mut stream, "HTTP/1.1 200 OK\r\n\r\n");
        let part = vec![b' '; 1 << 16];
        while stream.get_mut().write_all(&part).is_ok() {}
    });
    let builder = Client::builder().event_key("k").base_url(&url);
    let builder = builder
        .retry(RetryPolicy::none())
        .timeout(Duration::from_secs(60));
    for builder in [builder.clone(), builder.http_client(reqwest::Client::new())] {
        let error = builder.build().unwrap().send(item(1)).await.unwrap_err();
        assert!(
            matches!(error, SendError::ConnectionBroke { .. }),
            "{error:?}"
        );
    }
}
