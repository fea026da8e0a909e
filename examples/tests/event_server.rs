//! Tests the event server as a program.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use inngest_core::{Event, blocking};
use schemars::JsonSchema;
use serde::Serialize;

mod support;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.noted")]
#[cfg(target_os = "linux")]
struct CartNoted {
    note: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

#[test]
fn stops_on_sigterm() {
    accepts_events_and_stops_on("-TERM");
}

#[test]
fn stops_on_ctrl_c() {
    accepts_events_and_stops_on("-INT");
}

fn accepts_events_and_stops_on(signal: &str) {
    let mut server = Command::new(support::binary("event_server"))
        .args(["--event-key", "k1", "--event-key", "k2"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{line}");

    let client = |key| {
        let builder = blocking::Client::builder().base_url(url);
        builder.event_key(key).build().unwrap()
    };
    client("k2").send(CartCleared {}).unwrap();
    client("k3").send(CartCleared {}).unwrap_err();

    let id = server.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(server.wait().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "events received: 1, functions run for: 1\n");
}

/// The server keeps a limited number of events, and no request bodies.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_requests() {
    let mut server = Command::new(support::binary("event_server"))
        .args(["--keep", "5"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap();
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        let kilobytes: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        kilobytes / 1_024
    };
    let client = blocking::Client::builder().dev(true).base_url(url);
    let client = client.build().unwrap();
    let noted = CartNoted {
        note: "x".repeat(200_000),
    };
    let send = |times| (0..times).for_each(|_| drop(client.send(&noted).unwrap()));
    send(50);
    let before = resident();
    send(400);
    let after = resident();
    server.kill().unwrap();
    server.wait().unwrap();
    // The later requests have 80 MB of bodies.
    assert!(after < before + 20, "{before} MB, then {after} MB");
}

#[test]
fn prints_help_and_rejects_bad_arguments() {
    let help = support::run("event_server", &["--help"], &[], b"");
    assert!(help.status.success());
    for arguments in [&["--port", "x"][..], &["--port"], &["--colour", "blue"]] {
        let wrong = support::run("event_server", arguments, &[], b"");
        assert_eq!(wrong.status.code(), Some(2), "{arguments:?}");
    }
}
