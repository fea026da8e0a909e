//! Tests that the client recovers from dead connections: a proxy or firewall has dropped them, while the
//! server itself is healthy.

use std::io::BufReader;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use inngest_core::{Client, RetryPolicy};
use support::http::{accepting_response, read_body, read_head, serve, write_response};
use support::{item, items};

mod support;

const TIMEOUT: Duration = Duration::from_millis(400);

/// How a dead connection behaves.
#[derive(Clone, Copy, Debug)]
enum DeadBehavior {
    Silence,
    Reset,
    /// Half a response, then silence.
    HalfThenSilence,
    HalfThenEnd,
}

const DEAD_BEHAVIORS: [DeadBehavior; 4] = [
    DeadBehavior::Silence,
    DeadBehavior::Reset,
    DeadBehavior::HalfThenSilence,
    DeadBehavior::HalfThenEnd,
];

struct Network {
    url: String,
    /// The number of connections so far.
    connections: Arc<AtomicUsize>,
    /// The number of the first live connection. All earlier ones are dead.
    first_live: Arc<AtomicUsize>,
    /// The number of requests sent to dead connections.
    lost: Arc<AtomicUsize>,
    is_opening: Arc<AtomicBool>,
}

impl Network {
    /// Starts a server that answers the first requests only once `initial` of them have arrived, so that
    /// each request opens its own connection.
    fn start(initial: usize, behavior: DeadBehavior) -> Self {
        let barrier = Barrier::new(initial);
        let first_live = Arc::new(AtomicUsize::new(0));
        let lost = Arc::new(AtomicUsize::new(0));
        let is_opening = Arc::new(AtomicBool::new(true));
        let (live_from, lost_count, is_opening_now) =
            (first_live.clone(), lost.clone(), is_opening.clone());
        let (url, connections) = serve(move |number, mut stream| {
            while let Some(length) = read_head(&mut stream) {
                let body = read_body(&mut stream, length);
                if is_opening_now.load(Ordering::SeqCst) {
                    barrier.wait();
                }
                let events = format!("HTTP/1.1 200 OK\r\n{}", accepting_response(&body));
                if number < live_from.load(Ordering::SeqCst) {
                    lost_count.fetch_add(1, Ordering::SeqCst);
                    return respond_dead(stream, behavior, &events);
                }
                write_response(&mut stream, &events);
            }
        });
        Self {
            url,
            connections,
            first_live,
            lost,
            is_opening,
        }
    }

    fn client(&self) -> Client {
        let builder = Client::builder().event_key("k").base_url(&self.url);
        let builder = builder.timeout(TIMEOUT).concurrency(50);
        builder.max_request_events(1).build().unwrap()
    }

    /// Opens this many connections.
    async fn open_connections(&self, client: &Client, connections: usize) {
        let sent = join_all((0..connections).map(|n| client.send(item(n)))).await;
        assert!(sent.iter().all(Result::is_ok));
        self.is_opening.store(false, Ordering::SeqCst);
        assert_eq!(self.connections.load(Ordering::SeqCst), connections);
    }

    /// Makes all open connections dead.
    fn kill_connections(&self) {
        let connections = self.connections.load(Ordering::SeqCst);
        self.first_live.store(connections, Ordering::SeqCst);
    }
}

fn respond_dead(mut stream: BufReader<TcpStream>, behavior: DeadBehavior, events: &str) {
    let half = &events[..events.len() / 2];
    match behavior {
        DeadBehavior::Silence => {}
        DeadBehavior::Reset => {
            reset(stream.into_inner());
            return;
        }
        DeadBehavior::HalfThenSilence => write_response(&mut stream, half),
        DeadBehavior::HalfThenEnd => return write_response(&mut stream, half),
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
        for behavior in DEAD_BEHAVIORS {
            let senders = [1, 3, 20, 50];
            join_all(senders.map(|senders| assert_one_failure_at_most(behavior, dead, senders)))
                .await;
        }
    }
}

async fn assert_one_failure_at_most(behavior: DeadBehavior, dead: usize, senders: usize) {
    let network = Network::start(dead, behavior);
    let client = network.client();
    network.open_connections(&client, dead).await;
    network.kill_connections();
    let start_time = Instant::now();
    let sent = join_all((0..senders).map(|n| client.send(item(n)))).await;
    let elapsed = start_time.elapsed();
    let case = format!("{behavior:?}: {dead} dead, {senders} senders: {elapsed:?}");
    for sent in sent {
        assert!(sent.is_ok(), "{case}: {sent:?}");
    }
    let lost = network.lost.load(Ordering::SeqCst);
    assert!(
        (1..=senders.min(dead)).contains(&lost),
        "{case}: {lost} lost"
    );
    assert!(elapsed < 2 * TIMEOUT + Duration::from_secs(1), "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batch_request_meets_at_most_one_dead_connection() {
    for behavior in DEAD_BEHAVIORS {
        for (dead, events) in [(1, 60), (4, 3), (20, 60), (50, 50)] {
            let network = Network::start(dead, behavior);
            let client = network.client();
            network.open_connections(&client, dead).await;
            network.kill_connections();
            let receipts = client.send_many(items(events)).await.unwrap();
            assert_eq!(receipts.len(), events);
            let lost = network.lost.load(Ordering::SeqCst);
            assert!(
                (1..=events.min(dead)).contains(&lost),
                "{behavior:?}: {lost}"
            );
        }
    }
}

/// After one failure, the next sender immediately opens a new connection.
#[tokio::test]
async fn one_failure_retires_all_old_connections() {
    for behavior in DEAD_BEHAVIORS {
        let network = Network::start(20, behavior);
        let client = network.client();
        network.open_connections(&client, 20).await;
        network.kill_connections();
        for n in 0..10 {
            client.send(item(n)).await.unwrap();
        }
        assert_eq!(network.lost.load(Ordering::SeqCst), 1, "{behavior:?}");
        let connections = network.connections.load(Ordering::SeqCst);
        assert_eq!(
            connections, 21,
            "{behavior:?}: the new connection is reused"
        );
    }
}

/// A timeout around the future counts as a failure, like the client's own timeout.
#[tokio::test]
async fn dropped_future_counts_as_a_failure() {
    let network = Network::start(3, DeadBehavior::Silence);
    let builder = Client::builder().event_key("k").base_url(&network.url);
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    network.open_connections(&client, 3).await;
    network.kill_connections();
    let sending = client.send(item(1));
    assert!(tokio::time::timeout(TIMEOUT, sending).await.is_err());
    client.send(item(2)).await.unwrap();
    assert_eq!(network.lost.load(Ordering::SeqCst), 1);
}

/// A connection is in use when another one fails, and succeeds later.
#[tokio::test]
async fn connection_older_than_a_failure_is_not_reused() {
    let (answer_now, answer_signal) = std::sync::mpsc::channel::<()>();
    let answer_signal = std::sync::Mutex::new(answer_signal);
    let (started, mut starts) = tokio::sync::mpsc::unbounded_channel();
    let (url, connections) = serve(move |number, mut stream| {
        while let Some(length) = read_head(&mut stream) {
            let events = accepting_response(&read_body(&mut stream, length));
            started.send(()).unwrap();
            match number {
                0 => answer_signal.lock().unwrap().recv().unwrap(),
                1 => return respond_dead(stream, DeadBehavior::Reset, &events),
                _ => {}
            }
            write_response(&mut stream, &format!("HTTP/1.1 200 OK\r\n{events}"));
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
