//! The command `migrate`, and databases that cannot be used.

use super::*;

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
