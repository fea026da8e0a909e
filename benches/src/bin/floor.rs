//! Sends events with only hyper and `serde_json`, which is the minimum that any client must do.

use benches::event::{checkout, now, write_plain};
use benches::measure::{Counting, Measurement};
use benches::task::{IN_FLIGHT, IN_REQUEST, Mode, Task};
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    let task = Task::from_args()?;
    task.block_on(run(&task))?
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    uri: Uri,
    host: String,
}

impl Connection {
    async fn open(url: &str) -> Result<Self, Error> {
        let host = url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            uri: "/e/bench".parse()?,
            host,
        })
    }

    async fn post(&mut self, body: Vec<u8>) -> Result<(), Error> {
        self.sender.ready().await?;
        let request = Request::post(self.uri.clone())
            .header("host", &self.host)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let response = self.sender.send_request(request).await?;
        response.into_body().collect().await?;
        Ok(())
    }

    async fn send(&mut self, run: u32, n: usize) -> Result<(), Error> {
        let (mut body, mut id) = (Vec::new(), String::new());
        write_plain(&mut body, &mut id, &checkout(run, n), now());
        self.post(body).await
    }
}

async fn run(task: &Task) -> Result<(), Error> {
    let mut connection = Connection::open(&task.url).await?;
    connection.send(task.run, 9_999_999).await?;

    let measurement = Measurement::start();
    let (run, events) = (task.run, task.events);
    match task.mode {
        Mode::One => {
            for n in 0..events {
                connection.send(run, n).await?;
            }
        }
        Mode::Many => {
            let senders: Vec<_> = (0..IN_FLIGHT)
                .map(|sender| {
                    let url = task.url.clone();
                    tokio::spawn(async move {
                        let mut connection = Connection::open(&url).await?;
                        for n in (sender..events).step_by(IN_FLIGHT) {
                            connection.send(run, n).await?;
                        }
                        Ok::<(), Error>(())
                    })
                })
                .collect();
            for sender in senders {
                sender.await??;
            }
        }
        Mode::Batch | Mode::Stream => {
            let mut id = String::new();
            let mut size = 0;
            for first in (0..events).step_by(IN_REQUEST) {
                let mut body = Vec::with_capacity(size);
                let ts = now();
                for n in first..(first + IN_REQUEST).min(events) {
                    body.push(if body.is_empty() { b'[' } else { b',' });
                    write_plain(&mut body, &mut id, &checkout(run, n), ts);
                }
                body.push(b']');
                size = body.len();
                connection.post(body).await?;
            }
        }
    }
    measurement.end(events);
    Ok(())
}
