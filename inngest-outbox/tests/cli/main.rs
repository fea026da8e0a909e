//! Runs the program on real databases.
#![cfg(feature = "cli")]

mod events;
mod relay;
mod tables;

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
