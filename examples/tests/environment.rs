//! Checks how environment variables select the server of an example.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use inngest_core::testing::EventServer;

mod support;

fn quickstart(variables: &[(&str, &str)]) -> (bool, String) {
    let variables = variables
        .iter()
        .map(|(name, value)| (*name, (*value).as_ref()));
    quickstart_with_bytes(&variables.collect::<Vec<_>>())
}

fn quickstart_with_bytes(variables: &[(&str, &OsStr)]) -> (bool, String) {
    let output = support::run("quickstart", &[], variables, b"");
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(std::str::from_utf8(&output.stderr).unwrap());
    (output.status.success(), text)
}

#[test]
fn inngest_dev_selects_the_server() {
    let server = EventServer::start().unwrap();
    let (success, text) = quickstart(&[("INNGEST_DEV", &server.url())]);
    assert!(success, "{text}");
    assert!(
        text.contains(&format!("sending to {}/e/", server.url())),
        "{text}"
    );
    assert_eq!((server.events().len(), server.runs().len()), (2, 1));
}

#[test]
fn the_most_specific_url_wins() {
    let server = EventServer::builder().event_key("k1").start().unwrap();
    let (success, text) = quickstart(&[
        ("INNGEST_EVENT_KEY", "k1"),
        ("INNGEST_DEV", "http://127.0.0.1:1"),
        ("INNGEST_BASE_URL", "http://127.0.0.1:2"),
        ("INNGEST_EVENT_API_BASE_URL", &server.url()),
        ("INNGEST_ENV", "branch"),
    ]);
    assert!(success, "{text}");
    assert_eq!(server.requests()[0].headers["x-inngest-env"], "branch");
}

#[test]
fn errors_do_not_show_the_key() {
    let (success, text) = quickstart(&[("INNGEST_EVENT_KEY", "secret key")]);
    assert!(
        !success && text.contains("the event key from INNGEST_EVENT_KEY has a character"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
    let (success, text) = quickstart(&[("INNGEST_EVENT_KEY", "k"), ("INNGEST_BASE_URL", "inn.gs")]);
    assert!(
        !success && text.contains("the base URL `inn.gs` from INNGEST_BASE_URL"),
        "{text}"
    );
    let (success, text) = quickstart(&[("INNGEST_DEV", "disabled"), ("INNGEST_EVENT_KEY", "k")]);
    assert!(
        !success
            && text
                .contains("INNGEST_DEV is `disabled`, which is neither a boolean nor an address"),
        "{text}"
    );
}

#[cfg(unix)]
#[test]
fn variables_must_be_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;

    let server = EventServer::start().unwrap();
    let (success, text) = quickstart_with_bytes(&[
        ("INNGEST_DEV", server.url().as_ref()),
        ("INNGEST_ENV", OsStr::from_bytes(b"br\xe4nch")),
    ]);
    assert!(
        !success
            && text.contains(
                "the environment variable INNGEST_ENV is not UTF-8; set it to valid UTF-8"
            ),
        "{text}"
    );
    assert!(!text.contains("nch"), "{text}");
    assert!(server.events().is_empty());
}

/// A proxy that responds to every request itself. The receiver gets the head of each request, in lower
/// case.
fn proxy(answer: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://user:word@{}", listener.local_addr().unwrap());
    let (sender, heads) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            while let Some(head) = head(&mut stream) {
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "));
                let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
                stream.read_exact(&mut body).unwrap();
                if sender.send(head).is_err() {
                    return;
                }
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    (url, heads)
}

fn head(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        match stream.read_line(&mut head) {
            Ok(1..) => {}
            _ => return None,
        }
    }
    Some(head.to_lowercase())
}

#[test]
fn http_proxies_get_the_whole_url() {
    let answer = concat!(
        "HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n",
        r#"{"ids":["made"],"status":200}"#
    );
    let (proxy, heads) = proxy(answer);
    let (success, text) = quickstart(&[
        ("INNGEST_DEV", "http://inngest.invalid:8288"),
        ("HTTP_PROXY", &proxy),
    ]);
    assert!(success && text.contains("event id          made"), "{text}");
    let head = heads.recv().unwrap();
    assert!(
        head.starts_with("post http://inngest.invalid:8288/e/no_event_key_set http/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("proxy-authorization: basic dxnlcjp3b3jk"),
        "{head}"
    );
}

#[test]
fn https_proxies_get_a_connect_request() {
    let (proxy, heads) = proxy("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    let (success, text) = quickstart(&[
        ("INNGEST_DEV", "https://inngest.invalid"),
        ("HTTPS_PROXY", &proxy),
    ]);
    assert!(
        !success && text.contains("no connection to the dev server"),
        "{text}"
    );
    let head = heads.recv().unwrap();
    assert!(
        head.starts_with("connect inngest.invalid:443 http/1.1\r\n"),
        "{head}"
    );
}

#[test]
fn loopback_servers_bypass_the_proxy() {
    let server = EventServer::start().unwrap();
    let (success, text) = quickstart(&[
        ("INNGEST_DEV", &server.url()),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ]);
    assert!(success, "{text}");
    assert_eq!(server.events().len(), 2);
}

#[test]
fn unsupported_proxies_are_errors() {
    let (success, text) = quickstart(&[
        ("INNGEST_DEV", "http://inngest.invalid"),
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
    ]);
    assert!(
        !success && text.contains("scheme `socks5`, which is not supported; use"),
        "{text}"
    );
}

#[test]
fn invalid_proxy_ports_are_errors() {
    // Text that is not a port may be a password, so it is not shown.
    for (port, shown) in [("82888", "…"), ("0", "…"), ("x1", "…"), ("", "")] {
        let proxy = format!("http://user:secret@proxy.invalid:{port}");
        let (success, text) = quickstart(&[
            ("INNGEST_DEV", "http://inngest.invalid"),
            ("HTTP_PROXY", &proxy),
        ]);
        let expected = format!(
            "the proxy `http://…@proxy.invalid:{shown}` from HTTP_PROXY has a port that is not a number \
             from 1 to 65535; give one such as"
        );
        assert!(!success && text.contains(&expected), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
