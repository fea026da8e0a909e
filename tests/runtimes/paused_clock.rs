//! Sends while tokio's clock is paused.

use super::*;

/// The paused clock jumps whenever all tasks wait, even for a socket.
#[test]
fn every_method_works_while_time_is_paused() {
    const TIMES: usize = 50;
    run_watched("sending while time is paused", || {
        paused().block_on(async {
            let server = EventServer::start().unwrap();
            let builder = Client::builder().dev(true).base_url(server.url());
            let reqwest = builder.http_client(reqwest::Client::new()).build();
            for client in [server.client().unwrap(), reqwest.unwrap()] {
                for _ in 0..TIMES {
                    for method in SEND_METHODS {
                        method.task(client.clone()).await.unwrap();
                    }
                    // Open a new connection each time.
                    server.client().unwrap().send(item(1)).await.unwrap();
                    let blocking = blocking_client(&server);
                    let sending = tokio::task::spawn_blocking(|| call_each_method(blocking));
                    for (call, result) in sending.await.unwrap() {
                        assert!(result.is_ok(), "{call}: {result:?}");
                    }
                }
            }
        });
    });
    assert_nothing_panicked();
}

/// Jumps of the paused clock must not time out a request in flight.
#[tokio::test(start_paused = true)]
async fn clock_jump_does_not_end_a_request() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::late(Duration::from_millis(400)));
    let client = server.client().unwrap();
    let sending = tokio::spawn(client.send(item(1)));
    for _ in 0..10 {
        tokio::time::sleep(HOUR).await;
    }
    sending.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 1);
}

/// A response over a custom transport's socket needs real time to arrive.
#[tokio::test(start_paused = true)]
async fn custom_transport_with_sockets_works_while_paused() {
    struct Forwards(Client, Recorder);
    impl Transport for Forwards {
        fn post(&self, request: Request) -> TransportFuture<'_> {
            Box::pin(async move {
                // Send over a socket first, then answer with the recorder.
                self.0.send(item(1)).await.unwrap();
                self.1.post(request).await
            })
        }
    }
    let server = EventServer::start().unwrap();
    let forwards = Forwards(server.client().unwrap(), Recorder::new());
    let client = Client::builder().dev(true).transport(forwards);
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    for _ in 0..50 {
        client.send(item(2)).await.unwrap();
    }
    assert_eq!(server.events().len(), 50);
}

/// A blocking thread stops the paused clock, so a pause on that clock alone would never end.
#[test]
fn pause_ends_while_the_clock_is_stopped() {
    run_watched("a pause in a blocking thread", || {
        let client = TransportKind::Retry.client(&EventServer::start().unwrap());
        let sending = move || Handle::current().block_on(client.send(item(1)));
        let sent = paused().block_on(async { tokio::task::spawn_blocking(sending).await.unwrap() });
        sent.unwrap();
        let sender = TransportKind::Recorder.client(&EventServer::start().unwrap());
        let sending = move || {
            Handle::current().block_on(async {
                let linger = Duration::from_millis(5);
                let sender = sender.buffered().linger(linger).start()?;
                sender.send(item(1)).await?.await
            })
        };
        let sent = paused().block_on(async { tokio::task::spawn_blocking(sending).await.unwrap() });
        sent.unwrap();
    });
    assert_nothing_panicked();
}
