//! A server with prepared answers, for tests.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

/// Starts a server that gives each connection the next answer, byte for byte. Returns its URL, and a thread that
/// returns the requests.
pub(crate) fn start(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = thread::spawn(move || {
        let answers = answers.into_iter().zip(listener.incoming());
        let requests = answers.map(|(answer, stream)| {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                let start = head.len();
                assert_ne!(stream.read_line(&mut head).unwrap(), 0);
                let line = head[start..].to_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            head + str::from_utf8(&body).unwrap()
        });
        requests.collect()
    });
    (url, requests)
}
