//! Answers like the event API and keeps nothing but how many events came. Prints its URL; a GET
//! tells the count of the run in its path.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpListener;

/// The ids of the events of all runs: whether each came once.
#[derive(Default)]
struct Books {
    ids: HashSet<Box<str>>,
    events: usize,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        let books = Arc::new(Mutex::new(Books::default()));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let books = Arc::clone(&books);
            let service = service_fn(move |request| answer(Arc::clone(&books), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    })
}

async fn answer(
    books: Arc<Mutex<Books>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = |text: String| Ok(Response::new(Full::new(Bytes::from(text))));
    if request.method() == Method::GET {
        let mut books = books
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let counts = format!("{} {}", books.events, books.ids.len());
        *books = Books::default();
        return text(counts);
    }
    let Ok(body) = request.into_body().collect().await else {
        return text(String::new());
    };
    let body = body.to_bytes();
    let events: Vec<Event<'_>> = if body.starts_with(b"[") {
        serde_json::from_slice(&body).unwrap_or_default()
    } else {
        serde_json::from_slice(&body).map_or_else(|_| Vec::new(), |event| vec![event])
    };
    let mut answer = String::from("{\"ids\":[");
    for n in 0..events.len() {
        use std::fmt::Write as _;
        let comma = if n > 0 { "," } else { "" };
        // A text takes all.
        let _ = write!(answer, "{comma}\"01KAAAAAAAAAAAAAAAAA{n:06}\"");
    }
    answer.push_str("],\"status\":200}");
    let mut books = books
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    books.events += events.len();
    books
        .ids
        .extend(events.iter().map(|event| Box::from(&*event.id)));
    text(answer)
}
