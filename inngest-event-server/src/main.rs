//! A server that receives events during development. It validates them like Inngest and shows them in
//! a browser.

mod log;
mod schemas;

use std::io::{self, ErrorKind, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use inngest_core::testing::EventServer;

use self::schemas::Schemas;

/// Where clients send events if `INNGEST_DEV` is `1`.
const DEFAULT_PORT: u16 = 8288;

/// Receives Inngest events during development, and shows them in a browser. It runs no functions.
///
/// Exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 cannot start, 2 invalid arguments.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The port to listen on; 0 for a free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// The address to listen on. Everyone who can reach it can send events and read the received
    /// ones
    #[arg(long, visible_alias = "listen", default_value_t = Ipv4Addr::LOCALHOST.to_string())]
    host: String,
    /// Accept only events with this key; can be repeated
    #[arg(long, value_name = "KEY")]
    event_key: Vec<String>,
    /// How many of the newest events to keep
    #[arg(long, value_name = "EVENTS", default_value_t = 100_000)]
    keep: usize,
    /// A folder that `export` of `inngest-registry` wrote: events of these types are checked against
    /// their schemas
    #[arg(long, value_name = "DIR")]
    schemas: Option<PathBuf>,
    /// Do not print a line for each request
    #[arg(long, short)]
    quiet: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), String> {
    let address = address(&args.host)?;
    let server = start(&args, address)?;
    let mut signals =
        Signals::new().map_err(|error| format!("cannot wait for signals: {error}"))?;
    // The server also runs if standard output is closed.
    let _ = writeln!(io::stdout(), "{}", greeting(&server.url(), address));
    signals.next().await;
    let counts = server.counts();
    let _ = writeln!(
        io::stdout(),
        "events received: {}, functions run for: {}",
        counts.events,
        counts.runs
    );
    Ok(())
}

/// What the program prints when it can receive events and signals. Parent processes read the first line.
fn greeting(url: &str, address: IpAddr) -> String {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    let dev = match url.strip_prefix("http://") {
        Some(authority) if authority == default.to_string() => "1",
        _ => url,
    };
    let mut text = format!(
        "listening on {url}\nto send events here, set INNGEST_DEV={dev}; to see them, open {url}"
    );
    if address.is_unspecified() {
        text.push_str(
            "\nother machines can send and read events too, at every address of this machine",
        );
    }
    text
}

fn start(args: &Args, address: IpAddr) -> Result<EventServer, String> {
    let mut builder = EventServer::builder()
        .address(address)
        .port(args.port)
        .keep_events(args.keep);
    for key in &args.event_key {
        builder = builder.event_key(key);
    }
    if let Some(folder) = &args.schemas {
        let schemas = Schemas::read(folder)?;
        builder = builder.schemas(move |name, version| schemas.find(name, version));
    }
    if !args.quiet {
        builder = builder.on_request(|request, events| {
            let _ = writeln!(io::stderr(), "{}", log::line(request, events));
        });
    }
    builder.start().map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!(
            "port {} of {address} is in use, perhaps by another dev server; stop that one, or choose \
             another port with `--port`",
            args.port
        ),
        _ => format!("cannot listen on port {} of {address}: {error}", args.port),
    })
}

fn address(host: &str) -> Result<IpAddr, String> {
    let addresses = (host, 0).to_socket_addrs();
    let mut addresses =
        addresses.map_err(|error| format!("cannot resolve `--host {host}`: {error}"))?;
    let first = addresses.next();
    Ok(first
        .ok_or_else(|| format!("`--host {host}` has no address; give an IP address"))?
        .ip())
}

/// Ctrl-C and SIGTERM, from the moment it is created.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(windows)]
    fn new() -> io::Result<Self> {
        let interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(Self { interrupt })
    }

    /// Waits for the next signal.
    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_names_an_address_that_clients_reach() {
        for (url, address, dev) in [
            ("http://127.0.0.1:8288", "127.0.0.1", "1"),
            ("http://127.0.0.1:8288", "0.0.0.0", "1"),
            (
                "http://127.0.0.1:9000",
                "127.0.0.1",
                "http://127.0.0.1:9000",
            ),
            ("http://10.0.0.7:8288", "10.0.0.7", "http://10.0.0.7:8288"),
            (
                "http://127.0.0.2:8288",
                "127.0.0.2",
                "http://127.0.0.2:8288",
            ),
            ("http://[::1]:8288", "::", "http://[::1]:8288"),
        ] {
            let greeting = greeting(url, address.parse().unwrap());
            let mut lines = greeting.lines();
            assert_eq!(lines.next(), Some(&*format!("listening on {url}")));
            let hint =
                format!("to send events here, set INNGEST_DEV={dev}; to see them, open {url}");
            assert_eq!(lines.next(), Some(&*hint));
            let is_public = matches!(address, "0.0.0.0" | "::");
            assert_eq!(lines.next().is_some(), is_public, "{greeting}");
        }
    }
}
