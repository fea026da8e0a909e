//! A server that responds like the event API, but only counts events. It prints its URL. A GET
//! returns the counts and resets them.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpListener;
use ulid::Ulid;

/// The ids of all received events, to check that each arrived once.
#[derive(Default)]
struct Counts {
    ids: HashSet<Box<str>>,
    events: usize,
}

/// The seed of the event ids, from a client's request.
#[derive(Default)]
struct Seed {
    millis: u64,
    random: [u8; 10],
}

impl Seed {
    fn parse(header: &str) -> Option<Self> {
        let (millis, random) = header.split_once(',')?;
        Some(Self {
            millis: millis.parse().ok()?,
            random: STANDARD.decode(random).ok()?.try_into().ok()?,
        })
    }

    /// The id of event `n`: the seed with `n` added to its last four bytes.
    fn id(&self, n: usize) -> Ulid {
        let step = u32::try_from(n).unwrap_or(u32::MAX).wrapping_add(1);
        let mut random = [0; 16];
        random[6..].copy_from_slice(&self.random);
        if let Some(counter) = random.last_chunk_mut() {
            *counter = u32::from_be_bytes(*counter)
                .wrapping_add(step)
                .to_be_bytes();
        }
        Ulid::from_parts(self.millis, u128::from_be_bytes(random))
    }
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
        let counts = Arc::new(Mutex::new(Counts::default()));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let counts = Arc::clone(&counts);
            let service = service_fn(move |request| answer(Arc::clone(&counts), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    })
}

async fn answer(
    counts: Arc<Mutex<Counts>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = |text: String| Ok(Response::new(Full::new(Bytes::from(text))));
    if request.method() == Method::GET {
        let mut counts = counts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let line = format!("{} {}", counts.events, counts.ids.len());
        *counts = Counts::default();
        return text(line);
    }
    let seed = request.headers().get("x-inngest-event-id-seed");
    let seed = seed.and_then(|seed| Seed::parse(seed.to_str().ok()?));
    let Ok(body) = request.into_body().collect().await else {
        return text(String::new());
    };
    let body = body.to_bytes();
    let events: Vec<Event<'_>> = if body.starts_with(b"[") {
        serde_json::from_slice(&body).unwrap_or_default()
    } else {
        serde_json::from_slice(&body).map_or_else(|_| Vec::new(), |event| vec![event])
    };
    let seed = seed.unwrap_or_default();
    let mut answer = String::from("{\"ids\":[");
    for n in 0..events.len() {
        use std::fmt::Write as _;
        let comma = if n > 0 { "," } else { "" };
        // Writing to a `String` cannot fail.
        let _ = write!(answer, "{comma}\"{}\"", seed.id(n));
    }
    answer.push_str("],\"status\":200}");
    let mut counts = counts
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    counts.events += events.len();
    counts
        .ids
        .extend(events.iter().map(|event| Box::from(&*event.id)));
    text(answer)
}
