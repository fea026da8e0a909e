//! Dead connections that a proxy or firewall has dropped, while the server itself is healthy.

use std::io::BufReader;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use inngest_core::{Client, RetryPolicy};
use support::http::{answer, body, head, serve, taken};
use support::{item, items};

mod support;

const TIMEOUT: Duration = Duration::from_millis(400);

/// How a dead connection behaves.
#[derive(Clone, Copy, Debug)]
enum Death {
    Silence,
    Reset,
    /// Half a response, then silence.
    HalfAndSilence,
    HalfAndEnd,
}

const DEATHS: [Death; 4] = [
    Death::Silence,
    Death::Reset,
    Death::HalfAndSilence,
    Death::HalfAndEnd,
];

struct Network {
    url: String,
    /// The number of connections so far.
    connections: Arc<AtomicUsize>,
    /// Connections with a lower number than this are dead.
    dead: Arc<AtomicUsize>,
    /// The number of requests sent to dead connections.
    lost: Arc<AtomicUsize>,
    warming: Arc<AtomicBool>,
}

impl Network {
    /// Starts a server that answers the first requests only once `warm` of them have arrived, so that
    /// each request opens its own connection.
    fn start(warm: usize, death: Death) -> Self {
        let together = Barrier::new(warm);
        let dead = Arc::new(AtomicUsize::new(0));
        let lost = Arc::new(AtomicUsize::new(0));
        let warming = Arc::new(AtomicBool::new(true));
        let (is_dead, count, is_warming) = (dead.clone(), lost.clone(), warming.clone());
        let (url, connections) = serve(move |number, mut stream| {
            while let Some(length) = head(&mut stream) {
                let body = body(&mut stream, length);
                if is_warming.load(Ordering::SeqCst) {
                    together.wait();
                }
                let events = format!("HTTP/1.1 200 OK\r\n{}", taken(&body));
                if number < is_dead.load(Ordering::SeqCst) {
                    count.fetch_add(1, Ordering::SeqCst);
                    return die(stream, death, &events);
                }
                answer(&mut stream, &events);
            }
        });
        Self {
            url,
            connections,
            dead,
            lost,
            warming,
        }
    }

    fn client(&self) -> Client {
        let builder = Client::builder().event_key("k").base_url(&self.url);
        let builder = builder.timeout(TIMEOUT).concurrency(50);
        builder.max_request_events(1).build().unwrap()
    }

    async fn warm(&self, client: &Client, connections: usize) {
        let sent = join_all((0..connections).map(|n| client.send(item(n)))).await;
        assert!(sent.iter().all(Result::is_ok));
        self.warming.store(false, Ordering::SeqCst);
        assert_eq!(self.connections.load(Ordering::SeqCst), connections);
    }

    fn kill_connections(&self) {
        let connections = self.connections.load(Ordering::SeqCst);
        self.dead.store(connections, Ordering::SeqCst);
    }
}

fn die(mut stream: BufReader<TcpStream>, death: Death, events: &str) {
    let half = &events[..events.len() / 2];
    match death {
        Death::Silence => {}
        Death::Reset => {
            reset(stream.into_inner());
            return;
        }
        Death::HalfAndSilence => answer(&mut stream, half),
        Death::HalfAndEnd => return answer(&mut stream, half),
    }
    // Wait until the client closes the connection.
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

/// Closes a connection with a TCP reset.
fn reset(stream: TcpStream) {
    let socket = socket2::Socket::from(stream);
    socket.set_linger(Some(Duration::ZERO)).unwrap();
}

/// Each sender meets at most one dead connection, regardless of the number of senders and dead
/// connections: its second attempt uses a new connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sender_meets_at_most_one_dead_connection() {
    for dead in [1, 2, 7, 20, 50] {
        for death in DEATHS {
            let senders = [1, 3, 20, 50];
            join_all(senders.map(|senders| assert_one_failure_at_most(death, dead, senders))).await;
        }
    }
}

async fn assert_one_failure_at_most(death: Death, dead: usize, senders: usize) {
    let network = Network::start(dead, death);
    let client = network.client();
    network.warm(&client, dead).await;
    network.kill_connections();
    let begun = Instant::now();
    let sent = join_all((0..senders).map(|n| client.send(item(n)))).await;
    let took = begun.elapsed();
    let case = format!("{death:?}: {dead} dead, {senders} senders: {took:?}");
    for sent in sent {
        assert!(sent.is_ok(), "{case}: {sent:?}");
    }
    let lost = network.lost.load(Ordering::SeqCst);
    assert!(
        (1..=senders.min(dead)).contains(&lost),
        "{case}: {lost} lost"
    );
    assert!(took < 2 * TIMEOUT + Duration::from_secs(1), "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batch_request_meets_at_most_one_dead_connection() {
    for death in DEATHS {
        for (dead, events) in [(1, 60), (4, 3), (20, 60), (50, 50)] {
            let network = Network::start(dead, death);
            let client = network.client();
            network.warm(&client, dead).await;
            network.kill_connections();
            let receipts = client.send_many(items(events)).await.unwrap();
            assert_eq!(receipts.len(), events);
            let lost = network.lost.load(Ordering::SeqCst);
            assert!((1..=events.min(dead)).contains(&lost), "{death:?}: {lost}");
        }
    }
}

/// After one failure, the next sender immediately opens a new connection.
#[tokio::test]
async fn one_failure_retires_all_old_connections() {
    for death in DEATHS {
        let network = Network::start(20, death);
        let client = network.client();
        network.warm(&client, 20).await;
        network.kill_connections();
        for n in 0..10 {
            client.send(item(n)).await.unwrap();
        }
        assert_eq!(network.lost.load(Ordering::SeqCst), 1, "{death:?}");
        let connections = network.connections.load(Ordering::SeqCst);
        assert_eq!(connections, 21, "{death:?}: the new connection is reused");
    }
}

/// A timeout around the future counts the same as the client's own timeout.
#[tokio::test]
async fn dropped_future_counts_as_a_failure() {
    let network = Network::start(3, Death::Silence);
    let builder = Client::builder().event_key("k").base_url(&network.url);
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    network.warm(&client, 3).await;
    network.kill_connections();
    let sending = client.send(item(1));
    assert!(tokio::time::timeout(TIMEOUT, sending).await.is_err());
    client.send(item(2)).await.unwrap();
    assert_eq!(network.lost.load(Ordering::SeqCst), 1);
}

/// The connection was in use when another failed, and its request succeeded later.
#[tokio::test]
async fn connection_older_than_a_failure_is_not_reused() {
    let (answer_now, answer_signal) = std::sync::mpsc::channel::<()>();
    let answer_signal = std::sync::Mutex::new(answer_signal);
    let (started, mut starts) = tokio::sync::mpsc::unbounded_channel();
    let (url, connections) = serve(move |number, mut stream| {
        while let Some(length) = head(&mut stream) {
            let events = taken(&body(&mut stream, length));
            started.send(()).unwrap();
            match number {
                0 => answer_signal.lock().unwrap().recv().unwrap(),
                1 => return die(stream, Death::Reset, &events),
                _ => {}
            }
            answer(&mut stream, &format!("HTTP/1.1 200 OK\r\n{events}"));
        }
    });
    let builder = Client::builder().event_key("k").base_url(url);
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    let slow = tokio::spawn(client.send(item(1)));
    starts.recv().await.unwrap();
    client.send(item(2)).await.unwrap_err();
    answer_now.send(()).unwrap();
    slow.await.unwrap().unwrap();
    client.send(item(3)).await.unwrap();
    client.send(item(4)).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}
