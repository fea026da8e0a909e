//! Rows and databases that the outbox cannot read.

use super::*;

/// Any program may insert a row.
#[tokio::test(flavor = "multi_thread")]
async fn impossible_times_do_not_stop_the_administration() {
    for fresh in databases().await {
        let times = match &fresh.database {
            Database::Postgres(_) => ["'infinity'", "'-infinity'", "'290000-01-01'"],
            _ => ["9223372036854775807", "-9223372036854775808", "1.5"],
        };
        let outbox = Outbox::new();
        for time in times {
            let insert = format!(
                "INSERT INTO inngest_outbox (added_at, name, body) VALUES ({time}, 'a', '')"
            );
            fresh.execute(&insert).await;
            let status = outbox.status(fresh.database.clone()).await;
            assert!(status.is_ok(), "{time}: {status:?}");
            fresh.execute("DELETE FROM inngest_outbox").await;
        }
        let late = match &fresh.database {
            Database::Postgres(_) => "'290000-01-01'",
            _ => "9223372036854775807",
        };
        let columns = "added_at, name, body, error";
        let insert =
            format!("INSERT INTO inngest_outbox_failed ({columns}) VALUES ({late}, 'a', '', '')");
        fresh.execute(&insert).await;
        let failed = outbox.failed(fresh.database.clone()).list().await.unwrap();
        let last = std::time::UNIX_EPOCH + Duration::from_millis(253_402_300_799_999);
        assert_eq!(failed[0].added_at, last);
    }
}

/// The columns and values of damaged rows in a table of failed or uncertain events.
fn damages(database: &Database, is_failed: bool) -> Vec<(&'static str, &'static str)> {
    const TIMES: [&str; 3] = ["failed_at", "added_at", "sent_at"];
    const TEXTS: [&str; 7] = [
        "name",
        "dedup_id",
        "event_id",
        "seed",
        "traceparent",
        "body",
        "error",
    ];
    let (times, texts): (&[_], &[_]) = match database {
        Database::Postgres(_) => (&["'infinity'", "'-infinity'"], &[]),
        _ => (&["x'ff'", "'later'"], &["x'ff'", "CAST(x'ff' AS TEXT)"]),
    };
    let times = TIMES
        .iter()
        .filter(|column| !is_failed || **column != "sent_at")
        .flat_map(|column| times.iter().map(|value| (*column, *value)));
    let texts = TEXTS
        .iter()
        .flat_map(|column| texts.iter().map(|value| (*column, *value)));
    times.chain(texts).collect()
}

/// One damaged row hides no other event, and stays until a person has corrected or discarded it.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_rows_are_listed_and_not_retried() {
    for fresh in databases().await {
        for is_failed in [true, false] {
            damaged_rows_are_listed(&fresh, is_failed).await;
        }
    }
}

async fn damaged_rows_are_listed(fresh: &Fresh, is_failed: bool) {
    let outbox = Outbox::new();
    let now = match &fresh.database {
        Database::Postgres(_) => "now()",
        _ => "1",
    };
    let (table, columns, times, selection) = if is_failed {
        let failed = outbox.failed(fresh.database.clone());
        ("failed", "added_at", now.to_owned(), failed)
    } else {
        let uncertain = outbox.uncertain(fresh.database.clone());
        let times = format!("{now}, {now}");
        ("uncertain", "added_at, sent_at", times, uncertain)
    };
    let insert = format!(
        "INSERT INTO inngest_outbox_{table} ({columns}, name, body, error) \
         VALUES ({times}, 'shop/order.placed', '{{}}', 'why')"
    );
    let damages = damages(&fresh.database, is_failed);
    for (column, value) in &damages {
        fresh.execute(&insert).await;
        let last = format!("SELECT max(id) FROM inngest_outbox_{table}");
        let damage =
            format!("UPDATE inngest_outbox_{table} SET {column} = {value} WHERE id = ({last})");
        fresh.execute(&damage).await;
    }
    fresh.execute(&insert).await;
    let mut listed = selection.list().await.unwrap();
    assert_eq!(listed.len(), damages.len() + 1);
    let good = listed.remove(0);
    assert_eq!((&*good.name, &*good.error), ("shop/order.placed", "why"));
    for (event, (column, _)) in listed.iter().rev().zip(&damages) {
        let start = format!("the row is damaged: its {column} is not ");
        assert!(event.error.starts_with(&start), "{column}: {event:?}");
        let has_name = event.name == "shop/order.placed";
        assert_eq!(has_name, *column != "name", "{event:?}");
        let has_error = event.error.ends_with("; why");
        assert_eq!(has_error, *column != "error", "{event:?}");
    }

    let numbers: Vec<_> = listed.iter().map(|event| event.id).collect();
    let retried = selection.retry(RetryIds::Same).await.unwrap();
    assert_eq!((retried.events, &retried.damaged), (1, &numbers));
    let one = selection.clone().limit(1);
    let one = one.retry(RetryIds::New).await.unwrap();
    assert_eq!((one.events, one.damaged), (0, vec![numbers[0]]));
    let unknown = selection.clone().ids([numbers[0], 999]);
    let unknown = unknown.retry(RetryIds::Same).await.unwrap();
    assert_eq!(
        (unknown.damaged, unknown.unknown),
        (vec![numbers[0]], vec![999])
    );
    let discarded = selection.discard().await.unwrap();
    assert_eq!(discarded.events, u64::try_from(damages.len()).unwrap());
}

/// The outbox could not store every event.
#[tokio::test(flavor = "multi_thread")]
async fn databases_with_another_encoding_are_refused() {
    let file = outbox_tests::sqlite();
    let pool = SqlitePool::connect(&file.url()).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    sqlx::raw_sql("PRAGMA encoding = 'UTF-16le'; CREATE TABLE x (y TEXT)")
        .execute(&mut *connection)
        .await
        .unwrap();
    drop(connection);
    let mut all = vec![(
        Fresh {
            database: pool.into(),
            _keeper: Box::new(file),
        },
        "UTF-16",
        Outbox::new().sqlite_migrations().unwrap(),
    )];
    if let Some(server) = outbox_tests::postgres_with_encoding("WIN1252").await {
        let pool = PgPool::connect(&server.url()).await.unwrap();
        let fresh = Fresh {
            database: pool.into(),
            _keeper: Box::new(server),
        };
        all.push((
            fresh,
            "WIN1252",
            Outbox::new().postgres_migrations().unwrap(),
        ));
    }
    for (fresh, encoding, migrations) in all {
        let outbox = Outbox::new();
        let expect = |result: Result<(), OutboxError>| {
            let error = result.unwrap_err();
            assert!(
                matches!(&error, OutboxError::Encoding { found } if found == encoding),
                "{error}"
            );
        };
        expect(outbox.migrate(fresh.database.clone()).await);
        for sql in migrations {
            fresh.execute(&sql).await;
        }
        let server = EventServer::start().unwrap();
        let client = single_attempt_client(&server);
        let relay = Relay::new(outbox.clone(), fresh.database.clone(), client);
        expect(relay.run_until(std::future::pending()).await);
        expect(outbox.status(fresh.database.clone()).await.map(|_| ()));
    }
}
