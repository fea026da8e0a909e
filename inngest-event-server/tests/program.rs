//! Runs the program and checks its output and exit codes.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use inngest_core::{Event, blocking};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.noted")]
struct CartNoted {
    note: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

/// A running server, and what it prints.
struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    url: String,
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_inngest-event-server"));
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut process = program()
            .args(["--port", "0"])
            .args(arguments)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap();
        let url = url.to_owned();
        Self {
            process,
            output,
            url,
        }
    }

    fn client(&self, key: &str) -> blocking::Client {
        let builder = blocking::Client::builder().base_url(&self.url);
        builder.event_key(key).build().unwrap()
    }

    /// Sends a request such as `POST /e/key` and returns the response.
    fn request(&self, request: &str, body: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Stops the server with a signal. Returns the rest of its standard output, and its standard error.
    fn stop(mut self, signal: &str) -> (String, String) {
        let id = self.process.id().to_string();
        let kill = Command::new("kill").args([signal, &id]).status();
        assert!(kill.unwrap().success());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        let mut log = String::new();
        let mut errors = self.process.stderr.take().unwrap();
        errors.read_to_string(&mut log).unwrap();
        assert!(self.process.wait().unwrap().success());
        (rest, log)
    }
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

#[test]
fn stops_on_sigterm_and_ctrl_c() {
    for signal in ["-TERM", "-INT"] {
        let server = Server::start(&["--event-key", "k1", "--event-key", "k2", "--quiet"]);
        assert!(server.url.starts_with("http://127.0.0.1:"));
        server.client("k2").send(CartCleared {}).unwrap();
        server.client("k3").send(CartCleared {}).unwrap_err();
        let url = server.url.clone();
        let (rest, log) = server.stop(signal);
        assert_eq!(
            rest,
            format!(
                "to send events here, set INNGEST_DEV={url}; to see them, open {url}\n\
                 events received: 1, functions run for: 1\n"
            )
        );
        assert_eq!(log, "");
    }
}

/// A parent process may stop the server as soon as it has read the first line.
#[test]
fn a_signal_after_the_first_line_stops_the_server() {
    for _ in 0..20 {
        let server = Server::start(&["--quiet"]);
        let (rest, _) = server.stop("-TERM");
        assert!(
            rest.ends_with("events received: 0, functions run for: 0\n"),
            "{rest}"
        );
    }
}

#[test]
fn a_server_on_all_addresses_names_one_that_works() {
    let server = Server::start(&["--host", "0.0.0.0", "--quiet"]);
    assert!(
        server.url.starts_with("http://127.0.0.1:"),
        "{}",
        server.url
    );
    server.client("key").send(CartCleared {}).unwrap();
    let (rest, _) = server.stop("-TERM");
    assert!(
        rest.contains("other machines can send and read events too"),
        "{rest}"
    );
    assert!(
        rest.ends_with("events received: 1, functions run for: 1\n"),
        "{rest}"
    );
}

/// Each request prints a line. Names with control characters cannot control the terminal.
#[test]
fn requests_are_logged() {
    let server = Server::start(&[]);
    let client = server.client("key");
    let noted = CartNoted {
        note: "x".repeat(10),
    };
    client.send_many([&noted, &noted]).unwrap();
    let post = |body: &str| server.request("POST /e/secret", body);
    post(r#"[{"name":"a\u001b[2Jb"},{"name":""}]"#);
    post(r#"[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]"#);
    post("7");
    let (_, log) = server.stop("-TERM");
    let expected = "POST /e/ 200: 2 × storefront/cart.noted\n\
        POST /e/ 400: event name is empty; accepted before: a\\u{1b}[2Jb\n\
        POST /e/ 200: a, b, c and 1 more\n\
        POST /e/ 400: Request body must contain an event object or an array of event objects\n";
    assert_eq!(log, expected);
}

/// With `--schemas`, the page's data tells which events violate the schema of their type.
#[test]
fn exported_schemas_are_checked() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/shop/schemas");
    let server = Server::start(&["--schemas", folder, "--quiet"]);
    let event = |version: &str, order_id: &str| {
        let data = format!(
            r#"{{"order_id":{order_id},"cents":5,"method":{{"kind":"card","last_four":"4242"}}}}"#
        );
        format!(
            r#"{{"name":"storefront/order.paid","id":"order-paid-7","v":"{version}","data":{data}}}"#
        )
    };
    let events = [
        event("2026-11-21.1", "7"),
        event("2026-11-21.1", "-7"),
        event("2026-11-22.1", "7"),
        r#"{"name":"other/event"}"#.into(),
    ];
    server.request("POST /e/key", &format!("[{}]", events.join(",")));
    let page = server.request("GET /_page/entries?after=0", "");
    let violations: Vec<_> = page
        .split("\"violations\":")
        .skip(1)
        .map(|rest| &rest[..rest.find(['}', '\n']).unwrap()])
        .collect();
    assert_eq!(
        violations,
        [
            "[]",
            r#"[["/data/order_id","-7 is less than the minimum of 0"]]"#,
            r#"[["/v","\"2026-11-21.1\" was expected"]]"#,
            "null"
        ]
    );
    let output = run(&["--schemas", "no such folder"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("no such folder"), "{error}");
    assert!(error.contains("`export`"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.json"), r#"{"format":1}"#).unwrap();
    let output = run(&["--port", "0", "--schemas", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("index.json lists no event types under `events`; `--schemas` takes"),
        "{error}"
    );
}

#[test]
fn default_port_is_where_clients_look() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("[default: 8288]"), "{help}");
}

#[test]
fn a_port_in_use_is_explained() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let output = run(&["--port", &port.to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        format!(
            "error: port {port} of 127.0.0.1 is in use, perhaps by another dev server; stop that one, \
             or choose another port with `--port`\n"
        )
    );
}

#[test]
fn bad_arguments_are_rejected() {
    for arguments in [&["--port", "x"][..], &["--port"], &["--colour", "blue"]] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(run(&["--host", "no such host"]).status.code(), Some(1));
}

/// The server keeps a limited number of events, and no request bodies.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_requests() {
    let server = Server::start(&["--keep", "5", "--quiet"]);
    let resident = || {
        let path = format!("/proc/{}/status", server.process.id());
        let status = std::fs::read_to_string(path).unwrap();
        let mut lines = status.lines();
        let line = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kilobytes: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        kilobytes / 1_024
    };
    let client = server.client("key");
    let noted = CartNoted {
        note: "x".repeat(200_000),
    };
    let send = |times| (0..times).for_each(|_| drop(client.send(&noted).unwrap()));
    send(50);
    let before = resident();
    send(400);
    let after = resident();
    server.stop("-TERM");
    // The bodies of the later requests add up to 80 MB.
    assert!(after < before + 20, "{before} MB, then {after} MB");
}
