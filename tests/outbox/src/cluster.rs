//! A Postgres server that belongs to a test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::postgres_program;

/// A Postgres server with its data in a temporary folder. Both are removed when the value is dropped, or when
/// the process is killed.
#[derive(Debug)]
pub struct Cluster {
    port: u16,
    shell: Child,
    output: BufReader<ChildStdout>,
}

/// Creates a cluster, and runs the commands from its standard input until the input ends.
///
/// Answers each command with one line. Arguments: the folder with the Postgres programs, and the port.
const SCRIPT: &str = r#"
    folder=$(mktemp -d "${TMPDIR:-/tmp}/inngest-postgres.XXXXXX") && chmod 700 "$folder" || exit
    initdb() { "$1/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --no-locale -N; }
    start() {
        "$1/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 \
            -o "-c listen_addresses=127.0.0.1 -c port=$2 -c unix_socket_directories=$folder" start
    }
    stop() { "$1/pg_ctl" -D "$folder/data" -w -m "$2" stop; }
    if initdb "$1" >"$folder/initdb" 2>&1 && start "$1" "$2" >/dev/null; then
        echo ok
    else
        cat "$folder/initdb" "$folder/log" >&2
    fi
    while read -r command; do
        case $command in
            start)
                # A killed server's children hold its shared memory for a moment.
                tries=0
                until start "$1" "$2" >/dev/null 2>&1 || [ $((tries += 1)) = 20 ]; do :; done ;;
            kill) kill -9 "$(head -n 1 "$folder/data/postmaster.pid")" ;;
            stop) stop "$1" fast >/dev/null ;;
        esac
        echo ok
    done
    stop "$1" immediate >/dev/null 2>&1
    rm -rf "$folder"
"#;

impl Cluster {
    /// Starts a server. Returns `None` if Postgres is not installed or does not start, and prints why.
    #[must_use]
    pub fn start() -> Option<Self> {
        let programs = postgres_program("initdb")?;
        let port = free_port().ok()?;
        let mut command = as_postgres();
        command
            .args(["sh", "-c", SCRIPT, "sh"])
            .arg(programs.parent()?)
            .arg(port.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut shell = command.spawn().ok()?;
        let output = BufReader::new(shell.stdout.take()?);
        let mut cluster = Self {
            port,
            shell,
            output,
        };
        cluster.read_answer().then_some(cluster)
    }

    /// The URL of the database `postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Kills the server with SIGKILL. Its connections end within a moment.
    ///
    /// # Panics
    ///
    /// The shell that watches the server has ended.
    pub fn kill(&mut self) {
        self.send_command("kill");
    }

    /// Stops the server, which ends its connections.
    ///
    /// # Panics
    ///
    /// The shell that watches the server has ended.
    pub fn stop(&mut self) {
        self.send_command("stop");
    }

    /// Starts the server again after [`kill`](Self::kill) or [`stop`](Self::stop), on the same port. Returns
    /// when it answers.
    ///
    /// # Panics
    ///
    /// The shell that watches the server has ended.
    pub fn restart(&mut self) {
        self.send_command("start");
    }

    fn send_command(&mut self, command: &str) {
        let stdin = self.shell.stdin.as_mut().expect("it is piped");
        writeln!(stdin, "{command}").expect("the shell runs");
        assert!(self.read_answer(), "the shell of the server ended");
    }

    fn read_answer(&mut self) -> bool {
        let mut line = String::new();
        self.output.read_line(&mut line).is_ok() && line == "ok\n"
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The end of its input stops the shell, which stops the server and removes the folder.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// A port that is currently free.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The start of a command that does not run as root, which Postgres requires.
pub(crate) fn as_postgres() -> Command {
    let id = Command::new("id").arg("-u").output();
    if id.is_ok_and(|id| id.stdout.trim_ascii() == b"0") {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]);
        command
    } else {
        Command::new("env")
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, Executor as _, PgConnection};

    use super::*;

    #[tokio::test]
    #[cfg_attr(not(cluster), ignore = "initdb is not available")]
    async fn a_killed_server_keeps_committed_data() {
        let mut cluster = Cluster::start().unwrap();
        let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
        connection.execute("CREATE TABLE t ()").await.unwrap();
        for end in [Cluster::kill, Cluster::stop] {
            end(&mut cluster);
            // A connection ends only when its process notices that the server is gone.
            while connection.ping().await.is_ok() {}
            cluster.restart();
            connection = PgConnection::connect(&cluster.url()).await.unwrap();
            connection.execute("SELECT FROM t").await.unwrap();
        }
        let url = cluster.url();
        drop(cluster);
        assert!(PgConnection::connect(&url).await.is_err());
    }
}
