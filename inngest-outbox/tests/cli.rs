//! Runs the program on real databases.
#![cfg(feature = "cli")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::Duration;

use inngest_core::RawEvent;
use inngest_core::testing::{EventServer, Fault};
use inngest_outbox::{Database, Outbox};
use outbox_tests::eventually;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

/// A fresh database, and the value that keeps it alive.
struct Fresh {
    url: String,
    database: Database,
    _keeper: Box<dyn std::any::Any>,
}

/// A fresh database of each kind that is available.
async fn databases() -> Vec<Fresh> {
    let mut all = vec![sqlite().await];
    all.extend(postgres().await);
    all
}

async fn sqlite() -> Fresh {
    let file = outbox_tests::sqlite();
    let pool = sqlx::SqlitePool::connect(&file.url()).await.unwrap();
    Fresh {
        url: file.url(),
        database: pool.into(),
        _keeper: Box::new(file),
    }
}

async fn postgres() -> Option<Fresh> {
    let server = outbox_tests::postgres().await?;
    let pool = sqlx::PgPool::connect(&server.url()).await.unwrap();
    Some(Fresh {
        url: server.url(),
        database: pool.into(),
        _keeper: Box::new(server),
    })
}

impl Fresh {
    async fn migrated(self) -> Self {
        Outbox::new().migrate(self.database.clone()).await.unwrap();
        self
    }

    async fn add(&self, events: &[RawEvent]) {
        for event in events {
            let event = event.clone();
            match &self.database {
                Database::Postgres(pool) => {
                    let mut connection = pool.acquire().await.unwrap();
                    Outbox::new().add(&mut *connection, event).await.unwrap();
                }
                Database::Sqlite(pool) => {
                    let mut connection = pool.acquire().await.unwrap();
                    Outbox::new().add(&mut *connection, event).await.unwrap();
                }
                _ => unreachable!("another database"),
            }
        }
    }

    async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.database {
            Database::Postgres(pool) => {
                sqlx::raw_sql(sql).execute(pool).await.unwrap();
            }
            Database::Sqlite(pool) => {
                sqlx::raw_sql(sql).execute(pool).await.unwrap();
            }
            _ => unreachable!("another database"),
        }
    }

    fn run(&self, arguments: &str) -> Ran {
        Ran::of(command(arguments).env("DATABASE_URL", &self.url))
    }

    fn command(&self, server: &EventServer, arguments: &str) -> Command {
        let mut command = command(arguments);
        command
            .env("DATABASE_URL", &self.url)
            .env("INNGEST_DEV", server.url());
        command
    }

    fn relay(&self, server: &EventServer, arguments: &str) -> Command {
        self.command(server, &format!("relay {arguments}"))
    }
}

/// What a program printed, and its exit code.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        Self {
            code: status.code(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    #[track_caller]
    fn fails(self, code: i32, error: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.err.contains(error), "{self:?}");
    }
}

/// The program with arguments, separated by spaces, and without settings from the environment.
fn command(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inngest-outbox"));
    command.args(arguments.split_whitespace());
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if ["INNGEST_", "DATABASE_", "RUST_LOG", "PG"]
            .iter()
            .any(|prefix| name_text.starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
    command
}

/// A relay in the background that ends with the test.
struct Running {
    child: Child,
    lines: BufReader<ChildStderr>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        Self { child, lines }
    }

    /// Waits for a line with this text, and returns it.
    fn line(&mut self, text: &str) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            assert!(
                self.lines.read_line(&mut line).unwrap() > 0,
                "no `{text}` in: {seen}"
            );
            if line.contains(text) {
                return line;
            }
            seen += &line;
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    fn code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn order(number: u32) -> RawEvent {
    RawEvent::new("shop/order.placed", json!({"number": number})).id(format!("order-{number}"))
}

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
async fn migrate_says_what_it_did() {
    let server = EventServer::start().unwrap();
    for fresh in databases().await {
        assert_eq!(
            fresh.run("migrate").ok(),
            "created the tables of `inngest_outbox`, version 2\n"
        );
        for _ in 0..2 {
            assert_eq!(
                fresh.run("migrate").ok(),
                "up to date: the tables of `inngest_outbox` have version 2\n"
            );
        }
        let unchanged = fresh.run("migrate --format json").json();
        let table = "inngest_outbox";
        assert_eq!(
            unchanged,
            json!({"table": table, "version": 2, "version_before": 2})
        );
        let created = fresh.run("migrate --table other --format json").json();
        assert_eq!(
            created,
            json!({"table": "other", "version": 2, "version_before": null})
        );

        // Tables of an older version, with an event and a request.
        let outbox = Outbox::new().table("old");
        let sql = match &fresh.database {
            Database::Postgres(_) => outbox.postgres_migrations(),
            _ => outbox.sqlite_migrations(),
        };
        fresh.execute(&sql.unwrap()[0]).await;
        let event = r#"{"name":"shop/order.placed","data":{}}"#;
        fresh
            .execute(&format!(
                "INSERT INTO old (name, body) VALUES ('shop/order.placed', '{event}'); \
                 INSERT INTO old_requests (seed, events, body) VALUES ('1743130137367,eii2YKXRVTJPuA==', 1, '[{event}]')"
            ))
            .await;
        let relay = |arguments| Ran::of(&mut fresh.relay(&server, arguments));
        relay("--table old").fails(3, "have version 1, and this program needs version 2; run");
        assert_eq!(
            fresh.run("migrate --table old").ok(),
            "updated the tables of `old` from version 1 to 2\n"
        );
        let drained = relay("--table old --until-empty --format json").json();
        assert_eq!(drained["delivered"], 2);
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

#[tokio::test(flavor = "multi_thread")]
#[cfg(unix)]
async fn status_says_why_events_are_held_back() {
    for fresh in databases().await {
        let fresh = fresh.migrated().await;
        fresh.add(&[order(1), order(2)]).await;
        let mut relay = command("relay");
        relay
            .env("DATABASE_URL", &fresh.url)
            .env("INNGEST_DEV", "http://127.0.0.1:1");
        let mut relay = Running::start(&mut relay);
        relay.line("the server accepts no events");
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
            error.starts_with("last error: ") && error.contains("onnect"),
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

#[tokio::test(flavor = "multi_thread")]
async fn printed_sql_creates_the_tables() {
    for fresh in databases().await {
        let scheme = fresh.url.split_once(':').unwrap().0;
        let url = format!("{scheme}:");
        let sql = Ran::of(command("migrate --print").args(["--database", &url])).ok();
        assert!(sql.starts_with("-- The outbox `inngest_outbox`"), "{sql}");
        fresh.execute(&sql).await;
        assert_eq!(
            fresh.run("status --interval 0s --format json").json()["pending"],
            0
        );
        // `migrate` accepts these tables.
        fresh.run("migrate").ok();
        assert_eq!(fresh.run("failed list").ok(), "no failed events\n");
    }
    let sql = command("migrate --print --database postgresql: --table shop.outbox")
        .output()
        .unwrap();
    let sql = String::from_utf8(sql.stdout).unwrap();
    assert!(
        sql.contains("CREATE SCHEMA IF NOT EXISTS \"shop\";"),
        "{sql}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_databases_have_clear_errors() {
    let server = EventServer::start().unwrap();
    for fresh in databases().await {
        let fresh = fresh.migrated().await;
        for (version, error) in [
            (0, "have version 0, and this program needs version 2; run"),
            (
                99,
                "have version 99, and this program knows versions up to 2; update",
            ),
        ] {
            let sql = format!("UPDATE inngest_outbox_version SET version = {version}");
            fresh.execute(&sql).await;
            fresh.run("status").fails(3, error);
            fresh.run("failed list").fails(3, error);
            Ran::of(&mut fresh.relay(&server, "")).fails(3, error);
        }
        fresh.run("migrate").fails(3, "update inngest-outbox");
        fresh.execute("DELETE FROM inngest_outbox_version").await;
        let unknown = "the table `inngest_outbox_version` is empty";
        for arguments in ["migrate", "status", "relay"] {
            Ran::of(&mut fresh.command(&server, arguments)).fails(3, unknown);
        }
        fresh
            .execute("INSERT INTO inngest_outbox_version VALUES (99)")
            .await;
        fresh
            .execute("UPDATE inngest_outbox_version SET version = 2")
            .await;

        let (now, parameter) = match &fresh.database {
            Database::Postgres(_) => ("now()", "?options=-c%20default_transaction_read_only%3Don"),
            _ => ("0", "?mode=ro"),
        };
        let failed = format!(
            "INSERT INTO inngest_outbox_failed (added_at, name, body, error) VALUES ({now}, 'x', '', '')"
        );
        fresh.execute(&failed).await;
        let read_only = format!("{}{parameter}", fresh.url.replace("?mode=rwc", ""));
        let run = |arguments| Ran::of(command(arguments).env("DATABASE_URL", &read_only));
        assert!(
            run("status --interval 0s")
                .ok()
                .contains("see `inngest-outbox failed list`")
        );
        run("failed list").ok();
        for write in [
            "failed discard --all",
            "failed retry 1",
            "prune --older-than 1s",
        ] {
            run(write).fails(3, "the database is read-only");
        }
        let late = match &fresh.database {
            Database::Postgres(_) => "'290000-01-01'",
            _ => "9223372036854775807",
        };
        let late = format!("UPDATE inngest_outbox_failed SET added_at = {late}");
        fresh.execute(&late).await;
        assert!(fresh.run("failed list").ok().contains("added 9999-12-31T"));
        assert_eq!(fresh.run("failed retry 1").ok(), "1 failed event retried\n");
    }
    let outbox = command("status --table no-name --database sqlite::memory:").output();
    assert_eq!(outbox.unwrap().status.code(), Some(3));
    // The errors and the help show the form of the URL.
    let other = Ran::of(command("status").args(["--database", "mysql://h/db"]));
    other.fails(3, "write `postgres://user@host/database` or `sqlite:path`");
    let help = Ran::of(&mut command(""));
    help.fails(3, "`postgres://user@host/database`");
}

/// SQLite deletes such a database when its connection closes.
#[test]
fn databases_without_a_file_are_refused() {
    for url in [
        "sqlite:",
        "sqlite://",
        "sqlite:?mode=rwc",
        "sqlite:?immutable=true",
        "sqlite::memory:",
        "sqlite:%3Amemory%3A",
        "sqlite:?mode=memory",
        "sqlite:app.db?mode=memory",
        "sqlite:app.db?mode=%6Demory",
        "sqlite:file::memory:",
        "sqlite:file:app.db%3Fmode=memory",
    ] {
        for arguments in ["migrate", "status", "failed list", "relay"] {
            let mut command = command(arguments);
            let ran = Ran::of(command.env("DATABASE_URL", url).env("INNGEST_DEV", "1"));
            assert_eq!(ran.code, Some(3), "{url}: {ran:?}");
            assert!(
                ran.err.contains("write the path of a file"),
                "{url}: {ran:?}"
            );
        }
    }
}

#[test]
fn no_output_contains_the_password() {
    let secret = "hunter2";
    for url in [
        "postgres://me:hunter2@127.0.0.1:1/db",
        "postgres://me:hunter2@127.0.0.1:99999/db",
        "postgres://127.0.0.1:1/db?user=me&password=hunter2",
        "postgres://me:hunter2@no-such-host.invalid/db",
        "postgres://127.0.0.1:1/db?user=me&password=a@hunter2",
        "postgres://me:a?hunter2@127.0.0.1:1/db",
        "postgres://me:a hunter2\n@127.0.0.1:1/db",
        "postgres://127.0.0.1:1/db?password=a hunter2",
        "mysql://me:hunter2@h/db",
        "me:hunter2",
    ] {
        for arguments in ["status", "migrate", "failed list", "status --help"] {
            let ran = Ran::of(command(arguments).env("DATABASE_URL", url));
            assert!(!format!("{ran:?}").contains(secret), "{ran:?}");
            let ran = Ran::of(command(arguments).args(["--database", url]));
            assert!(!format!("{ran:?}").contains(secret), "{ran:?}");
        }
        if url.contains("//") {
            // A URL as a positional argument.
            let ran = Ran::of(command("status").arg(url));
            ran.fails(3, "unexpected argument");
            let ran = Ran::of(command("status").arg(url));
            assert!(!format!("{ran:?}").contains(secret), "{ran:?}");
        }
    }
    let mut relay = command("relay --database sqlite:no-such-file.db");
    relay
        .env("INNGEST_EVENT_KEY", "k\u{e9}y-hunter2")
        .env("RUST_LOG", "trace");
    let ran = Ran::of(&mut relay);
    assert!(!format!("{ran:?}").contains(secret), "{ran:?}");
    assert_eq!(ran.code, Some(3));
}
