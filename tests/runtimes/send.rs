//! Sends in every kind of runtime, and after a runtime has ended.

use super::*;

#[test]
fn every_method_in_every_runtime_returns() {
    let server = Arc::new(EventServer::start().unwrap());
    let mut failures = Vec::new();
    for runtime_kind in RUNTIME_KINDS {
        for method in SEND_METHODS {
            for transport in TRANSPORT_KINDS {
                let what = format!("{method:?} over {transport:?} in {runtime_kind:?}");
                let client = transport.client(&server);
                let result =
                    run_watched(&what, move || runtime_kind.run(move || method.task(client)));
                if !is_expected(runtime_kind, method, transport, &result) {
                    failures.push(format!("{what}: {result:?}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert_nothing_panicked();
}

/// Polls a future once and asserts that it is pending.
fn poll_once<T>(runtime: &Runtime, future: &mut Pin<Box<dyn Future<Output = T> + Send>>) {
    let polled = runtime.block_on(poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))));
    assert!(polled.is_pending());
}

/// The runtime of a request shuts down before the response, or during a pause between attempts.
#[test]
fn future_survives_the_end_of_its_runtime() {
    let once = || RetryPolicy::default().base(Duration::from_millis(5));
    for during_pause in [false, true] {
        for start in [current, multi, paused] {
            for elsewhere in [
                RuntimeKind::NoTokio,
                RuntimeKind::CurrentThread,
                RuntimeKind::NoTimers,
                RuntimeKind::NoIo,
            ] {
                let what = format!("during a pause: {during_pause}, then {elsewhere:?}");
                let (result, runtime_kind) = run_watched(&what, move || {
                    let server = EventServer::start().unwrap();
                    let builder = Client::builder().dev(true).base_url(server.url());
                    let builder = builder.retry(once());
                    let client = if during_pause {
                        let failing = Script::new([Ok(Answer::new(503, ""))]);
                        builder
                            .retry(once().base(Duration::from_millis(50)))
                            .transport(failing)
                    } else {
                        server.inject(Fault::late(HOUR).after_taking());
                        builder
                    };
                    let client = client.build().unwrap();
                    let runtime = start();
                    let mut sending = SendMethod::Send.task(client);
                    poll_once(&runtime, &mut sending);
                    if !during_pause {
                        while server.events().is_empty() {
                            runtime.block_on(tokio::task::yield_now());
                            poll_once(&runtime, &mut sending);
                        }
                    }
                    runtime.shutdown_timeout(HANG);
                    (elsewhere.run(move || sending), elsewhere)
                });
                if during_pause || runtime_kind.has_io() {
                    assert!(result.is_ok(), "{what}: {result:?}");
                    continue;
                }
                // The first attempt may have reached the server.
                let Err(SendError::InDoubt { last, .. }) = &result else {
                    panic!("{what}: {result:?}");
                };
                assert!(matches!(**last, SendError::NoRuntime), "{what}");
            }
        }
    }
    assert_nothing_panicked();
}

/// The runtime shuts down before the first poll of the sender's task, or while the task waits.
#[test]
fn sender_is_closed_after_its_runtime_ends() {
    for turns in [0, 3] {
        for start in [current, paused] {
            run_watched("a sender whose runtime has ended", move || {
                let client = TransportKind::Recorder.client(&EventServer::start().unwrap());
                let runtime = start();
                let sender = {
                    let _inside = runtime.enter();
                    client.buffered().linger(HOUR).capacity(1).start().unwrap()
                };
                let pending = sender.try_send(item(1)).unwrap();
                if turns > 0 {
                    runtime.block_on(poll_fn(|_| Poll::Ready(())));
                }
                let waiting = sender.clone();
                let waiting = thread::spawn(move || block_on(waiting.send(item(2))).map(drop));
                drop(runtime);
                let closed = |result: Result<(), SendError>| {
                    assert!(matches!(result, Err(SendError::SenderClosed)), "{result:?}");
                };
                closed(waiting.join().unwrap());
                closed(block_on(pending).map(drop));
                closed(sender.try_send(item(3)).map(drop));
                block_on(sender.flush());
                let report = block_on(sender.shutdown(Duration::MAX));
                assert_eq!((report.delivered, report.unsent.len()), (0, 1));
            });
        }
    }
    assert_nothing_panicked();
}

#[test]
fn missing_runtime_error_keeps_the_events() {
    let client = Client::builder().dev(true).build().unwrap();
    let error = block_on(client.send(item(1))).unwrap_err();
    assert!(error.to_string().contains("`enable_all`"), "{error}");
    assert!(!error.may_have_been_accepted());
    let error = block_on(client.send_many(items(3))).unwrap_err();
    assert_eq!(error.rejected().count(), 3);
    assert_eq!(error.into_unsent().len(), 3);
}

/// A panic in user code must not be mistaken for a missing runtime.
#[test]
fn panic_in_a_transport_propagates() {
    struct Panics;
    impl Transport for Panics {
        fn post(&self, _: Request) -> TransportFuture<'_> {
            Box::pin(async { std::panic::resume_unwind(Box::new("a bug in the transport")) })
        }
    }
    let client = Client::builder().dev(true).transport(Panics);
    let client = client.build().unwrap();
    let sending = AssertUnwindSafe(|| block_on(client.send(item(1))));
    assert!(std::panic::catch_unwind(sending).is_err());
}
