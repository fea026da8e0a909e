//! A PgBouncer in front of a database.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use url::Url;

use crate::cluster::{as_postgres, free_port};
use crate::{TestDatabase, pgbouncer_program};

/// A PgBouncer in transaction mode with two connections to a database. It ends when the value is dropped, or
/// when the process is killed.
#[derive(Debug)]
pub struct PgBouncer {
    url: String,
    keeps_prepared_statements: bool,
    shell: Child,
}

/// Runs PgBouncer until standard input ends. Arguments: the program, and its configuration.
const SCRIPT: &str = r#"
    folder=$(mktemp -d "${TMPDIR:-/tmp}/inngest-pgbouncer.XXXXXX") || exit
    printf '%s' "$2" >"$folder/pgbouncer.ini"
    "$1" -q "$folder/pgbouncer.ini" &
    read -r _
    kill $!
    wait
    rm -rf "$folder"
"#;

impl PgBouncer {
    /// Starts a PgBouncer. Returns `None` if it is not installed.
    ///
    /// # Panics
    ///
    /// PgBouncer does not start.
    pub async fn start(database: &TestDatabase) -> Option<Self> {
        let program = pgbouncer_program()?;
        let version = Command::new(&program).arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let mut numbers = version
            .split([' ', '.'])
            .filter_map(|part| part.parse::<u32>().ok());
        let keeps_prepared_statements = (numbers.next()?, numbers.next()?) >= (1, 21);
        let mut url = Url::parse(&database.url()).expect("the URL of a database");
        let port = free_port().ok()?;
        let configuration = format!(
            "[databases]\n\
             {name} = host={host} port={to} user={user}{password}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = any\n\
             pool_mode = transaction\n\
             default_pool_size = 2\n\
             ignore_startup_parameters = extra_float_digits\n\
             {prepared}",
            name = database.name(),
            host = url.host_str().unwrap_or("127.0.0.1"),
            to = url.port().unwrap_or(5432),
            user = url.username(),
            password = url
                .password()
                .map(|password| format!(" password='{password}'"))
                .unwrap_or_default(),
            prepared = if keeps_prepared_statements {
                "max_prepared_statements = 100\n"
            } else {
                ""
            },
        );
        let mut command = as_postgres();
        command
            .args(["sh", "-c", SCRIPT, "sh"])
            .arg(program)
            .arg(configuration)
            .current_dir("/")
            .stdin(Stdio::piped());
        let shell = command.spawn().ok()?;
        url.set_port(Some(port)).ok()?;
        let _ = url.set_password(None);
        url.set_host(Some("127.0.0.1")).ok()?;
        let mut bouncer = Self {
            url: url.into(),
            keeps_prepared_statements,
            shell,
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Err(error) = PgConnection::connect(&bouncer.url).await {
            // PgBouncer does not listen yet.
            assert!(matches!(error, sqlx::Error::Io(_)), "{error}");
            let ended = bouncer.shell.try_wait().expect("it is a child");
            assert_eq!(ended, None, "PgBouncer ended");
            assert!(Instant::now() < deadline, "PgBouncer does not answer");
            tokio::task::yield_now().await;
        }
        Some(bouncer)
    }

    /// The URL of the database through PgBouncer.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether named prepared statements work in transaction mode, as they do since PgBouncer 1.21.
    #[must_use]
    pub fn keeps_prepared_statements(&self) -> bool {
        self.keeps_prepared_statements
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // The end of its input stops the shell, which stops PgBouncer.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
