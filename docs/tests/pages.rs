//! Runs the programs of the guide and the README against the embedded server, and checks the links and code
//! of their pages.

use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use inngest_core::testing::{EventServer, Fault};
use inngest_core::{Client, RetryPolicy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[expect(unreachable_pub, reason = "the pages show code for a library")]
mod shown {
    #[expect(
        dead_code,
        reason = "the tests call `serve` without the `main` around it"
    )]
    pub(crate) mod axum_service;
    pub(crate) mod nightly_import;
    pub(crate) mod readme;
    pub(crate) mod receiving;
    #[expect(dead_code, reason = "the tests send to the embedded server")]
    pub(crate) mod serverless;
}

use shown::nightly_import::{PriceListed, import, resend};

/// The names and contents of the guide's pages and the README.
fn pages() -> Vec<(String, String)> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(docs)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let pages = files.filter(|file| file.extension().is_some_and(|it| it == "md"));
    let pages = pages.chain([docs.join("../README.md")]);
    let text = |file: &Path| fs::read_to_string(file).unwrap().replace('\r', "");
    pages
        .map(|file| (file.display().to_string(), text(&file)))
        .collect()
}

#[test]
fn every_tested_program_is_shown() {
    let shown = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shown");
    for entry in fs::read_dir(shown).unwrap() {
        let file = entry.unwrap().path();
        let program = fs::read_to_string(&file).unwrap().replace('\r', "");
        let is_shown = pages().iter().any(|(_, text)| text.contains(&program));
        assert!(is_shown, "no page shows {}", file.display());
    }
}

/// The package has its own README, because crates.io resolves relative links from the package's folder.
#[test]
fn the_package_readme_begins_like_the_project_readme() {
    let readme = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        fs::read_to_string(path).unwrap().replace('\r', "")
    };
    let (project, package) = (readme("../README.md"), readme("../inngest-core/README.md"));
    let first_screen = project.split("A Rust struct").nth(1).unwrap();
    let first_screen = first_screen.split("## Try it").next().unwrap();
    assert!(package.contains(first_screen.trim_end()), "{first_screen}");
    let links = package.split("](").skip(1);
    assert!(links.clone().count() > 0);
    for link in links {
        assert!(link.starts_with("https://"), "{link}");
    }
}

/// GitHub shows lines that rustdoc hides.
#[test]
fn code_has_no_hidden_lines() {
    for (page, text) in pages() {
        let code = text.split("```").skip(1).step_by(2);
        for line in code
            .filter(|code| code.starts_with("rust"))
            .flat_map(str::lines)
        {
            assert!(!line.starts_with("# ") && line != "#", "{page}: {line}");
        }
    }
}

#[test]
fn links_lead_to_files() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, text) in pages() {
        let folder = Path::new(&page).parent().unwrap();
        let inline = text
            .split("](")
            .skip(1)
            .filter_map(|link| link.split(')').next());
        let definitions = text.lines().filter(|line| line.starts_with('['));
        let definitions = definitions
            .filter_map(|line| line.split_once("]: "))
            .map(|(_, to)| to);
        for to in inline.chain(definitions) {
            let is_elsewhere = ["https://", "#", "crate::"]
                .iter()
                .any(|it| to.starts_with(it));
            assert!(is_elsewhere || folder.join(to).exists(), "{page}: {to}");
        }
        // Every page defines the references that it uses.
        for (reference, _) in REFERENCES {
            let is_used = text.contains(&format!("][{reference}]"));
            let is_defined = text.contains(&format!("\n[{reference}]: "));
            assert!(!is_used || is_defined, "{page}: [{reference}]");
        }
    }
    let redirected = fs::read_to_string(docs.join("links.md")).unwrap();
    for (reference, module) in REFERENCES {
        assert!(redirected.contains(&format!("[{reference}]: crate::{module}\n")));
    }
    assert_eq!(redirected.lines().count(), REFERENCES.len());
}

/// The references that pages may use, and the modules of their pages.
const REFERENCES: &[(&str, &str)] = &[
    ("axum", "axum_service"),
    ("import", "nightly_import"),
    ("serverless", "serverless"),
    ("ids", "ids"),
    ("delivery", "delivery"),
    ("outbox", "outbox"),
    ("receiving", "receiving"),
    ("testing", "testing"),
    ("schemas", "schemas"),
    ("pydantic", "pydantic"),
    ("migrating", "migrating"),
    ("questions", "questions"),
];

/// Posts JSON on a new connection and returns the status.
async fn post(address: std::net::SocketAddr, json: &str) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{json}",
        json.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_axum_service_delivers_accepted_events_before_it_stops() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let service = tokio::spawn(async move {
        let stop = async { stopped.await.unwrap() };
        let report = shown::axum_service::serve(listener, &client, stop).await;
        report.map_err(|error| error.to_string())
    });
    let accepted = StatusCode::ACCEPTED.as_u16();
    for order in 0..20 {
        let json = format!(r#"{{"order_id":"o{order}","cents":990}}"#);
        assert_eq!(post(address, &json).await, accepted);
    }
    // The client refuses an id with an empty part.
    let status = post(address, r#"{"order_id":"","cents":990}"#).await;
    assert_eq!(status, StatusCode::BAD_REQUEST.as_u16());
    stop.send(()).unwrap();
    let report = service.await.unwrap().unwrap();
    assert_eq!((report.delivered, report.failed), (20, 0));
    assert!(report.unsent.is_empty());
    assert_eq!(server.runs().len(), 20);
}

fn rows(
    items: impl Iterator<Item = u32> + Send + 'static,
) -> impl Iterator<Item = PriceListed> + Send + 'static {
    items.map(|item| PriceListed {
        day: 20_261_121,
        item_id: if item == 7 {
            String::new()
        } else {
            format!("i{item}")
        },
        cents: 990,
    })
}

#[tokio::test]
async fn an_import_resends_stored_events_without_duplicates() {
    let server = EventServer::start().unwrap();
    let client = Client::builder().dev(true).base_url(server.url());
    let client = client
        .max_request_events(100)
        .concurrency(1)
        .retry(RetryPolicy::none());
    let client = client.build().unwrap();
    let unsent = tempfile::tempdir().unwrap();

    // The server accepts the events of the second request, but its response is lost.
    server.script([
        None,
        Some(Fault::close().after_taking()),
        Some(Fault::status(503)),
    ]);
    let accepted = import(&client, rows(0..1_000), unsent.path())
        .await
        .unwrap();
    // One row is refused, and two requests of 100 are stored.
    assert_eq!(accepted, 1_000 - 1 - 200);
    assert_eq!(fs::read_dir(unsent.path()).unwrap().count(), 2);

    resend(&client, unsent.path()).await.unwrap();
    assert_eq!(fs::read_dir(unsent.path()).unwrap().count(), 0);
    assert_eq!(server.runs().len(), 999);
    assert_eq!(server.batched_runs().len(), 999);

    // Import the whole list again: plain functions do not run again, batched functions do.
    import(&client, rows(0..1_000), unsent.path())
        .await
        .unwrap();
    assert_eq!(server.runs().len(), 999);
    assert_eq!(server.batched_runs().len(), 2 * 999);
}

#[tokio::test]
async fn the_receiver_answers_only_signed_calls() {
    use std::time::SystemTime;

    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use inngest_receive::SigningKeys;
    use tower_service::Service as _;

    let keys = SigningKeys::new("signkey-test-8ee2262a15e8d3c4").unwrap();
    let paid = |id: &str| {
        format!(r#"{{"data":{{"order_id":{id}}},"id":"i","name":"shop/order.paid","ts":1}}"#)
    };
    let other = r#"{"data":{},"id":"i","name":"shop/order.lost","ts":1}"#;
    let failed = format!(
        r#"{{"data":{{"event":{0},"events":[{0}],"function_id":"f","run_id":"r"}},"name":"inngest/function.failed"}}"#,
        paid("3")
    );
    let events = [&paid("1"), &paid("\"x\""), other, &failed, &paid("2")].join(",");
    let call = |more: &str| {
        format!(
            r#"{{"ctx":{{"run_id":"r"}},"event":{},"events":[{events}]{more}}}"#,
            paid("1")
        )
    };
    let unauthorized = Err(StatusCode::UNAUTHORIZED);
    for (body, signed, expected) in [
        (call(""), call(""), Ok(r#"{"paid":[1, 2]}"#)),
        (call(""), call(" "), unauthorized),
        (
            call(r#","use_api":true"#),
            call(r#","use_api":true"#),
            Err(StatusCode::BAD_REQUEST),
        ),
        (
            "{}".to_owned(),
            "{}".to_owned(),
            Err(StatusCode::BAD_REQUEST),
        ),
    ] {
        let request = Request::post("/api/inngest")
            .header("x-inngest-signature", keys.sign(signed, SystemTime::now()))
            .body(Body::from(body))
            .unwrap();
        let response = shown::receiving::app(keys.clone())
            .call(request)
            .await
            .unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        match expected {
            Ok(expected) => assert_eq!((status, &*body), (StatusCode::OK, expected.as_bytes())),
            Err(expected) => assert_eq!(status, expected),
        }
    }
}

#[tokio::test]
async fn the_serverless_handler_has_receipts_before_it_returns() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let keys = ["a".to_owned(), "b".to_owned()];
    assert_eq!(shown::serverless::handle(&client, &keys).await.unwrap(), 2);
    assert_eq!(server.events().len(), 2);
}
