//! Hand-written HTTP servers that run each connection on its own thread.
#![allow(dead_code, reason = "each test file uses a subset")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `handle` for each connection on its own thread. Returns the URL and the number of connections.
pub(crate) fn serve(
    handle: impl Fn(usize, BufReader<TcpStream>) + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), handle) = (stream, Arc::clone(&handle)) else {
                continue;
            };
            let number = counted.fetch_add(1, Ordering::Relaxed);
            std::thread::spawn(move || handle(number, BufReader::new(stream)));
        }
    });
    (url, count)
}

/// Reads a request head. Returns the length of the body, or `None` at the end of the connection.
pub(crate) fn read_head(stream: &mut impl BufRead) -> Option<usize> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return Some(length);
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
}

pub(crate) fn read_body(stream: &mut impl Read, length: usize) -> Vec<u8> {
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    body
}

pub(crate) fn write_response(stream: &mut BufReader<TcpStream>, text: &str) {
    stream.get_mut().write_all(text.as_bytes()).unwrap();
}

/// The last header and the body of a response that accepts the events of a request body.
pub(crate) fn accepting_response(body: &[u8]) -> String {
    let events: Vec<serde_json::Value> = serde_json::from_slice(body).unwrap();
    let ids: Vec<_> = (0..events.len()).map(|n| format!("id-{n}")).collect();
    let body = serde_json::json!({ "ids": ids, "status": 200 }).to_string();
    format!("content-length: {}\r\n\r\n{body}", body.len())
}
