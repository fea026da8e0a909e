//! The commands that show and change events.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn status_counts_events_and_works_as_a_probe() {
    for fresh in databases().await {
        fresh
            .run("status")
            .fails(3, "no outbox table `inngest_outbox` in this database; run");
        fresh.run("migrate").ok();
        let empty = fresh.run("status --max-age 0s --format json").json();
        assert_eq!(
            empty,
            json!({"pending": 0, "in_flight": 0, "held_back": 0, "last_error": null, "oldest_seconds": null, "failed": 0, "uncertain": 0,
                "delivered": 0, "events_per_second": null, "healthy": true})
        );
        fresh.add(&[order(1), order(2)]).await;
        let status = fresh.run("status --interval 10ms --format json").json();
        assert_eq!(status["pending"], 2);
        assert!(status["oldest_seconds"].is_number(), "{status}");
        assert_eq!(status["events_per_second"], 0.0);
        assert_eq!(status["healthy"], Value::Null);
        assert!(fresh.run("status --max-age 1h").ok().contains("pending"));
        fresh
            .run("status --max-age 0s")
            .fails(1, "the oldest event has waited");
        // Another outbox in the same database.
        fresh
            .run("status --table other")
            .fails(3, "no outbox table `other`");
        fresh.run("migrate --table other").ok();
        let other = fresh.run("status --table other --interval 0s").ok();
        assert!(other.starts_with("pending            0\n"), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_events_are_listed_retried_and_discarded() {
    for fresh in databases().await {
        let fresh = fresh.migrated().await;
        let server = EventServer::start().unwrap();
        server.refuse(|event| (event.data["number"] == 2).then(|| "sold \u{1b}[31mout".into()));
        fresh.add(&[order(1), order(2), order(3)]).await;
        let not_an_event =
            "insert into inngest_outbox (name, body) values ('x', '[\"secret data\"]')";
        fresh.execute(not_an_event).await;
        let drained = Ran::of(&mut fresh.relay(&server, "--until-empty --format json")).json();
        assert_eq!(
            (&drained["delivered"], &drained["failed"]),
            (&json!(2), &json!(2))
        );

        let listed = fresh.run("failed list --format json").json();
        let events = listed["events"].as_array().unwrap();
        assert_eq!((events.len(), &listed["has_more"]), (2, &json!(false)));
        let refused = events
            .iter()
            .find(|event| event["name"] == "shop/order.placed")
            .unwrap();
        assert_eq!(refused["id"], "order-2");
        assert!(refused["error"].as_str().unwrap().contains("sold"));
        let text = fresh.run("failed list").ok();
        assert!(
            text.contains("  x\n") && text.contains("id order-2, event id "),
            "{text}"
        );
        assert!(
            !text.contains('\u{1b}') && !text.contains("secret"),
            "{text}"
        );
        let one = fresh.run("failed list --limit 1").ok();
        assert!(one.contains("raise `--limit`"), "{one}");
        assert_eq!(
            fresh.run("failed list --name nope").ok(),
            "no failed events\n"
        );
        assert_eq!(fresh.run("uncertain list").ok(), "no uncertain events\n");

        // After the server is changed, a retried event keeps its event id.
        server.refuse(|_| None);
        let number = refused["number"].as_i64().unwrap();
        let retry = format!("failed retry {number}");
        assert_eq!(fresh.run(&retry).ok(), "1 failed event retried\n");
        fresh
            .run(&retry)
            .fails(1, &format!("no failed event has the number {number}"));
        Ran::of(&mut fresh.relay(&server, "--until-empty")).ok();
        let mut runs = server.runs().into_iter();
        let run = runs.find(|run| run.data["number"] == 2).unwrap();
        assert_eq!(refused["event_id"], run.event_id.to_string());

        let discarded = fresh.run("failed discard --all --format json").json();
        assert_eq!(discarded, json!({"discarded": 1, "unknown": []}));
        assert_eq!(
            fresh.run("failed discard --all").ok(),
            "0 failed events discarded\n"
        );
        for missing in [
            "failed retry",
            "failed discard",
            "uncertain retry --name a --all",
        ] {
            assert_eq!(fresh.run(missing).code, Some(3), "{missing}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn status_says_why_events_are_held_back() {
    for fresh in databases().await {
        let fresh = fresh.migrated().await;
        fresh.add(&[order(1), order(2)]).await;
        let server = EventServer::start().unwrap();
        server.inject(Fault::status(503).always());
        let mut relay = Running::start(&mut fresh.relay(&server, ""));
        relay.line("the server accepts no events");
        // A default client would have made 12 attempts, which take a minute.
        let attempts = server.requests().len();
        assert!(attempts < 12, "{attempts}");
        let mut text = String::new();
        eventually("the database knows", async || {
            text = fresh.run("status --interval 0s").ok();
            text.contains("held back")
        })
        .await;
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "pending            0");
        assert_eq!(
            lines[1],
            "in flight          2  2 held back after an error, and sent again"
        );
        assert!(lines[2].starts_with("oldest "), "{text}");
        let error = lines.last().unwrap();
        assert!(
            error.starts_with("last error: ") && error.contains("503"),
            "{text}"
        );
        let json = fresh.run("status --interval 0s --format json").json();
        assert_eq!(json["held_back"], 2);
        assert!(json["last_error"].is_string(), "{json}");
        relay.signal("TERM");
        assert_eq!(relay.code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_is_named_when_events_are_retried() {
    let fresh = sqlite().await.migrated().await;
    fresh
        .execute(
            "INSERT INTO inngest_outbox_failed (added_at, name, body, error) \
             VALUES (1, 'a', '{}', 'why'), (1, '', x'ff', 'why'), (1, 'b', x'ff', 'why')",
        )
        .await;
    let listed = fresh.run("failed list").ok();
    assert!(
        listed.contains("(no name)\n  the row is damaged: its body is not UTF-8; why"),
        "{listed}"
    );
    let retried = fresh.run("failed retry --all");
    assert_eq!(retried.out, "1 failed event retried\n");
    retried.fails(1, "the rows of the failed events 3, 2 are damaged; correct");
    let retried = fresh.run("failed retry 2 99 --format json");
    assert!(retried.err.contains("no failed event has the number 99"));
    let json: Value = serde_json::from_str(&retried.out).unwrap();
    assert_eq!(json, json!({"retried": 0, "unknown": [99], "damaged": [2]}));
    retried.fails(1, "the row of the failed event 2 is damaged; correct");
    fresh.run("failed discard --all").ok();
}
