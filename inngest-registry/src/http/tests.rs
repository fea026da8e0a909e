//! Tests the HTTP client against servers with prepared answers.

use std::sync::Mutex;

use super::*;

fn server(answers: &[&str]) -> (String, thread::JoinHandle<Vec<String>>) {
    test_server::start(answers.iter().map(|&answer| answer.to_owned()).collect())
}

fn client(url: &str) -> Http {
    let (address, credentials) = Address::parse("`--registry`", url).unwrap();
    Http::new(address, credentials.as_ref(), None).unwrap()
}

#[test]
fn addresses_lose_their_credentials() {
    let parse = |url: &str| Address::parse("`--registry`", url);
    for (url, address, credentials) in [
        ("http://localhost:8081", "http://localhost:8081", None),
        (" https://a.example/x/ ", "https://a.example/x", None),
        (
            "https://user:p%40ss%3A%2F@a.example:1/x//",
            "https://a.example:1/x",
            Some(("user", "p@ss:/")),
        ),
        ("http://me@[::1]:80/", "http://[::1]:80", Some(("me", ""))),
    ] {
        let (parsed, found) = parse(url).unwrap();
        assert_eq!(parsed.to_string(), address);
        let expected = credentials.map(|(user, password)| Credentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        });
        assert_eq!(found, expected, "{url}");
    }
    for url in [
        "",
        "secret",
        "secret.example:8081",
        "ftp://secret.example",
        "https://secret.example?key=secret",
        "https://user:sec#ret@a.example",
        "https://user:1/secret@a.example",
        "https://user:1?secret@a.example",
        "https://user:sec ret@a.example",
        "https://user:secret",
        "https://user:secret/registry",
        "https://[::1]:secret",
        "https://user:%ffsecret@a.example",
        "/secret",
    ] {
        let error = parse(url).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}

#[test]
fn loopback_addresses_need_no_proxy() {
    for (url, expected) in [
        ("http://localhost:1", true),
        ("http://127.0.0.7", true),
        ("http://[::1]:1/x", true),
        ("http://10.0.0.1", false),
        ("http://localhost.example", false),
    ] {
        let (address, _) = Address::parse("`--registry`", url).unwrap();
        assert_eq!(address.is_loopback, expected, "{url}");
    }
}

#[test]
fn confidential_addresses_are_recognized() {
    for (url, expected) in [
        ("https://a.example", true),
        ("http://localhost:1", true),
        ("http://[::1]", true),
        ("http://a.example", false),
        ("http://https.example", false),
    ] {
        let (address, _) = Address::parse("`--registry`", url).unwrap();
        assert_eq!(address.is_confidential(), expected, "{url}");
    }
}

#[test]
fn blank_variables_count_as_unset() {
    let read = |value: &'static str| variable("KEY", &|_| Some(value.into())).unwrap();
    assert_eq!((read(""), read(" \n")), (None, None));
    assert_eq!(read(" k"), Some(" k".to_owned()));
    assert_eq!(variable("KEY", &|_| None).unwrap(), None);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        let secret = |_: &str| Some(OsString::from_vec(b"secret\xff".to_vec()));
        let error = variable("KEY", &secret).unwrap_err().to_string();
        assert_eq!(
            error,
            "KEY is not UTF-8 text; set it to valid UTF-8 or unset it"
        );
    }
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let answers = &["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"];
    let basic = Credentials::Basic {
        user: "me".to_owned(),
        password: "s3cr\"t".to_owned(),
    };
    let bearer = Credentials::bearer("`--token`", " t0k3n\n").unwrap();
    for (credentials, header, secrets) in [
        (basic, "Basic bWU6czNjciJ0", ["s3cr\"t", "bWU6czNjciJ0"]),
        (bearer, "Bearer t0k3n", ["t0k3n", "t0k3n"]),
    ] {
        let (url, requests) = server(answers);
        let (address, _) = Address::parse("`--registry`", &url).unwrap();
        let http = Http::new(address, Some(&credentials), None).unwrap();
        let answer = http.get("/a%2Fb").unwrap();
        let request = requests.join().unwrap().remove(0);
        assert!(request.starts_with("GET /a%2Fb HTTP/1.1\r\n"), "{request}");
        let line = format!("authorization: {header}\r\n");
        assert!(
            request.to_lowercase().contains(&line.to_lowercase()),
            "{request}"
        );
        let shown = format!(
            "{http:?} {credentials:?} {answer:?} {:?}",
            http.authorization
        );
        for secret in secrets {
            assert!(!shown.contains(secret), "{shown}");
            let echoed = http.redact(&format!("no {secret} here"));
            assert_eq!(echoed, "no *** here");
        }
        let json = http.redact(&Value::from(secrets[0]).to_string());
        assert_eq!(json, "\"***\"");
    }
    for text in ["", "secret\u{e9}", "sec\nret"] {
        let error = Credentials::bearer("`--token`", text).unwrap_err();
        assert!(!error.to_string().contains("sec"), "{error}");
    }
}

static WAITS: Mutex<Vec<Duration>> = Mutex::new(Vec::new());

#[test]
fn temporary_failures_are_retried() {
    let (url, requests) = server(&[
        "HTTP/1.1 500 No\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 409 No\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
    ]);
    let http = client(&url).pause(|wait| WAITS.lock().unwrap().push(wait));
    let answer = http.send("POST", "/", "text/plain", "body").unwrap();
    assert_eq!((answer.status, &*answer.text), (409, "x"));
    let waits = WAITS.lock().unwrap().split_off(0);
    assert_eq!(waits, [FIRST_WAIT, Duration::from_secs(7)]);
    for request in requests.join().unwrap() {
        assert!(request.ends_with("\r\n\r\nbody"), "{request}");
    }
}

#[test]
fn retries_stop_after_three_attempts_or_at_a_long_wait() {
    const BUSY: &str = "HTTP/1.1 503 No\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy";
    let (url, requests) = server(&[BUSY, BUSY, BUSY]);
    let answer = client(&url).get("/").unwrap();
    assert_eq!((answer.status, &*answer.text), (503, "busy"));
    assert_eq!(requests.join().unwrap().len(), 3);
    // The client does not wait for an hour.
    let (url, requests) = server(&[
        "HTTP/1.1 429 No\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ]);
    let answer = client(&url).pause(|_| panic!("it waits")).get("/").unwrap();
    assert_eq!(answer.status, 429);
    assert_eq!(requests.join().unwrap().len(), 1);
}

#[test]
fn unsupported_requests_are_not_retried() {
    let (url, requests) =
        server(&["HTTP/1.1 501 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"]);
    let http = client(&url).pause(|_| panic!("it waits"));
    assert_eq!(http.get("/").unwrap().status, 501);
    assert_eq!(requests.join().unwrap().len(), 1);
}

#[test]
fn additional_headers_are_sent_with_each_request() {
    const BUSY: &str = "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (url, requests) = server(&[BUSY, BUSY, BUSY]);
    let http = client(&url).header("x-inngest-env", HeaderValue::from_static("a b"));
    http.get("/").unwrap();
    for request in requests.join().unwrap() {
        assert!(request.contains("x-inngest-env: a b\r\n"), "{request}");
    }
}

#[test]
fn retry_after_is_read_as_seconds_or_a_date() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for (value, seconds) in [
        ("7", Some(7)),
        ("Sun, 09 Sep 2001 01:46:49 GMT", Some(9)),
        ("Sun, 09 Sep 2001 01:46:39 GMT", Some(0)),
        ("soon", None),
        ("-1", None),
    ] {
        let header = (RETRY_AFTER, HeaderValue::from_static(value));
        let wait = retry_after(&HeaderMap::from_iter([header]), now);
        assert_eq!(wait, seconds.map(Duration::from_secs), "{value}");
    }
}

#[test]
fn broken_connections_are_errors() {
    let (url, _requests) = server(&["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"]);
    let http = client(&url.replace("//", "//me:secret@"));
    for _ in 0..2 {
        let error = http.get("/").unwrap_err();
        let start = format!("cannot reach {url}: ");
        assert!(error.to_string().starts_with(&start), "{error}");
    }
}

#[test]
fn redirects_are_not_followed() {
    let (url, requests) = server(&[
        "HTTP/1.1 301 No\r\nLocation: https://me:secret@a.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ]);
    let answer = client(&url.replace("//", "//me:secret@")).get("/").unwrap();
    assert_eq!(answer.status, 301);
    assert_eq!(answer.location.unwrap(), "https://me:***@a.example");
    assert_eq!(requests.join().unwrap().len(), 1);
}

#[test]
fn certificate_file_must_contain_a_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    let (address, _) = Address::parse("`--registry`", "https://a.example").unwrap();
    let open = || Http::new(address.clone(), None, Some(&path)).unwrap_err().0;
    assert!(matches!(open(), Problem::Io { .. }));
    fs::write(
        &path,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    assert!(matches!(open(), Problem::NoCertificate(_)));
}
