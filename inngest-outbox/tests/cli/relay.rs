//! The command `relay`.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_reads_its_settings_from_the_environment() {
    for fresh in databases().await {
        let fresh = fresh.migrated().await;
        let server = EventServer::start().unwrap();
        let orders: Vec<_> = (0..25).map(order).collect();
        fresh.add(&orders).await;
        let arguments = "--until-empty --keep-delivered 1h --format json";
        let drained = Ran::of(&mut fresh.relay(&server, arguments)).json();
        assert_eq!(drained["delivered"], 25);
        assert_eq!(drained["empty"], true);
        assert_eq!((server.runs().len(), server.duplicates().len()), (25, 0));
        let status = fresh.run("status --interval 0s --format json").json();
        assert_eq!(
            (
                &status["pending"],
                &status["in_flight"],
                &status["delivered"]
            ),
            (&json!(0), &json!(0), &json!(25))
        );
        assert_eq!(
            fresh.run("prune --older-than 1h").ok(),
            "0 delivered events deleted\n"
        );
        let pruned = fresh.run("prune --older-than 0s --format json").json();
        assert_eq!(
            fresh.run("prune --older-than 500000000000y").ok(),
            "0 delivered events deleted\n"
        );
        // The clock of the database may not have advanced since.
        assert!(pruned["deleted"].as_u64().unwrap() <= 25);

        let empty = Ran::of(&mut fresh.relay(&server, "--until-empty")).ok();
        assert!(
            empty.starts_with("0 events delivered, 0 failed, 0 uncertain in "),
            "{empty}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn signals_end_a_relay() {
    for fresh in databases().await {
        let fresh = fresh.migrated().await;
        let server = EventServer::start().unwrap();
        for signal in ["TERM", "INT"] {
            let mut relay = Running::start(&mut fresh.relay(&server, ""));
            relay.line("relay started");
            relay.signal(signal);
            relay.line("a second signal ends at once");
            assert_eq!(relay.code(), Some(0));
        }

        // The request in flight does not end, so a second signal ends the relay.
        server.inject(Fault::late(Duration::from_mins(5)));
        fresh.add(&[order(1)]).await;
        let mut relay = Running::start(&mut fresh.relay(&server, "--lease 1s"));
        let received = tokio::task::spawn_blocking(move || {
            assert!(server.wait_until(Duration::from_mins(1), |server| server.events().len() == 1));
            server
        });
        let server = received.await.unwrap();
        relay.signal("TERM");
        relay.line("a second signal ends at once");
        relay.signal("TERM");
        relay.line("ended at once");
        assert_eq!(relay.code(), Some(130));

        // Another relay sends the request again, and nothing runs twice.
        Ran::of(&mut fresh.relay(&server, "--until-empty")).ok();
        assert_eq!((server.runs().len(), server.events().len()), (1, 2));
        assert!(server.batched_duplicates().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn a_relay_waits_for_its_database() {
    let Some(fresh) = postgres().await else {
        return;
    };
    let fresh = fresh.migrated().await;
    fresh.add(&[order(1)]).await;
    let server = EventServer::start().unwrap();
    // A port that nobody listens on.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap();
    drop(listener);
    let Database::Postgres(pool) = &fresh.database else {
        unreachable!("it is Postgres");
    };
    let options = pool.connect_options();
    let address = format!("{}:{}", options.get_host(), options.get_port());
    let url = fresh.url.replace(&address, &port.to_string());

    let fails = Ran::of(command("status").env("DATABASE_URL", &url));
    fails.fails(3, &format!("cannot reach the database at `{port}`"));
    let mut relay = fresh.relay(&server, "--until-empty");
    let mut relay = Running::start(relay.env("DATABASE_URL", &url).env("NO_COLOR", "1"));
    relay.line("the relay waits for it");
    // From now on, forward connections to the database.
    let listener = tokio::net::TcpListener::bind(port).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut database = tokio::net::TcpStream::connect(&address).await.unwrap();
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut database).await;
            });
        }
    });
    relay.line("relay started");
    assert_eq!(
        tokio::task::spawn_blocking(|| relay.code()).await.unwrap(),
        Some(0)
    );
    assert_eq!(server.runs().len(), 1);

    let mut relay = fresh.relay(&server, "");
    let nowhere = fresh.url.replace(&format!("{}/", options.get_port()), "1/");
    let mut relay = Running::start(relay.env("DATABASE_URL", &nowhere));
    relay.line("the relay waits for it");
    relay.signal("TERM");
    assert_eq!(relay.code(), Some(0));

    let mut relay = fresh.relay(&server, "--until-empty --format json");
    relay.env("DATABASE_URL", nowhere).stdout(Stdio::piped());
    let mut relay = Running::start(&mut relay);
    relay.line("the relay waits for it");
    relay.signal("TERM");
    relay.line("stopped before the outbox was empty");
    let output: Value = serde_json::from_reader(relay.child.stdout.take().unwrap()).unwrap();
    assert_eq!(
        (&output["delivered"], &output["empty"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(relay.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn a_relay_that_finishes_the_last_request_after_a_signal_succeeds() {
    for fresh in databases().await {
        let fresh = fresh.migrated().await;
        let server = EventServer::start().unwrap();
        // The server answers after the signal came.
        let (in_flight, arrived) = std::sync::mpsc::channel();
        let (answer, until) = std::sync::mpsc::channel::<()>();
        let until = std::sync::Mutex::new(until);
        server.inject(Fault::status(503).when(move |_| {
            in_flight.send(()).unwrap();
            let _ = until.lock().unwrap().recv();
            false
        }));
        fresh.add(&[order(1)]).await;
        let mut relay = Running::start(&mut fresh.relay(&server, "--until-empty"));
        arrived.recv().unwrap();
        relay.signal("TERM");
        relay.line("a second signal ends at once");
        drop(answer);
        assert_eq!(relay.code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn until_empty_says_which_lease_it_waits_for() {
    for fresh in databases().await {
        let fresh = fresh.migrated().await;
        let server = EventServer::start().unwrap();
        let (later, now, never) = match &fresh.database {
            Database::Postgres(_) => ("now() + interval '1 minute'", "now()", "'290000-01-01'"),
            _ => ("unixepoch() * 1000 + 60000", "0", "9223372036854775807"),
        };
        let lease = async |until| {
            let columns = "seed, events, body, relay, lease_until";
            let event = r#"{"name":"a","data":{}}"#;
            let sql = format!(
                "INSERT INTO inngest_outbox_requests ({columns}) \
                 VALUES ('1743130137367,eii2YKXRVTJPuA==', 1, '[{event}]', 'dead', {until})"
            );
            fresh.execute(&sql).await;
        };
        lease(later).await;
        fresh.add(&[order(1)]).await;
        let mut relay = fresh.relay(&server, "--until-empty");
        let mut relay = Running::start(relay.env("NO_COLOR", "1"));
        let line = relay.line("waiting for 1 event of another relay; if it died");
        let (_, until) = line.trim_end().rsplit_once(' ').unwrap();
        let until = humantime::parse_rfc3339(until).unwrap();
        let wait = until.duration_since(std::time::SystemTime::now()).unwrap();
        assert!(
            wait > Duration::from_secs(30) && wait < Duration::from_secs(90),
            "{line}"
        );
        // Its own event did not wait.
        assert_eq!(server.events().len(), 1);
        let end = format!("UPDATE inngest_outbox_requests SET lease_until = {now}");
        fresh.execute(&end).await;
        assert_eq!(relay.code(), Some(0));
        assert_eq!(server.events().len(), 2);

        // No relay has such a lease.
        lease(never).await;
        Ran::of(&mut fresh.relay(&server, "--until-empty")).ok();
        assert_eq!(server.events().len(), 3);
    }
}
