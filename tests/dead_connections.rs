//! Connections that something between client and server has forgotten, while the server is well.

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

/// How a dead connection answers.
#[derive(Clone, Copy, Debug)]
enum Death {
    Silence,
    Reset,
    /// Half an answer and no more.
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
    /// How many connections there were in all.
    connections: Arc<AtomicUsize>,
    /// All up to this one are dead.
    dead: Arc<AtomicUsize>,
    /// How many requests went into dead connections.
    lost: Arc<AtomicUsize>,
    warming: Arc<AtomicBool>,
}

impl Network {
    /// A server that answers the first requests when there are as many as `warm`, so that each has a
    /// connection of its own.
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

    fn forget(&self) {
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
    // Until the client has enough of it.
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

/// Ends a connection by a reset.
fn reset(stream: TcpStream) {
    let socket = socket2::Socket::from(stream);
    socket.set_linger(Some(Duration::ZERO)).unwrap();
}

/// However many connections are dead and however many senders there are, each sender meets one at
/// most: its second try goes over a new connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sender_meets_two_dead_connections() {
    for dead in [1, 2, 7, 20, 50] {
        for death in DEATHS {
            let senders = [1, 3, 20, 50];
            join_all(senders.map(|senders| meets_one(death, dead, senders))).await;
        }
    }
}

async fn meets_one(death: Death, dead: usize, senders: usize) {
    let network = Network::start(dead, death);
    let client = network.client();
    network.warm(&client, dead).await;
    network.forget();
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
async fn no_request_of_a_batch_meets_two_dead_connections() {
    for death in DEATHS {
        for (dead, events) in [(1, 60), (4, 3), (20, 60), (50, 50)] {
            let network = Network::start(dead, death);
            let client = network.client();
            network.warm(&client, dead).await;
            network.forget();
            let receipts = client.send_many(items(events)).await.unwrap();
            assert_eq!(receipts.len(), events);
            let lost = network.lost.load(Ordering::SeqCst);
            assert!((1..=events.min(dead)).contains(&lost), "{death:?}: {lost}");
        }
    }
}

/// A sender after another takes a new connection at once.
#[tokio::test]
async fn one_failure_is_enough_for_all_senders() {
    for death in DEATHS {
        let network = Network::start(20, death);
        let client = network.client();
        network.warm(&client, 20).await;
        network.forget();
        for n in 0..10 {
            client.send(item(n)).await.unwrap();
        }
        assert_eq!(network.lost.load(Ordering::SeqCst), 1, "{death:?}");
        let connections = network.connections.load(Ordering::SeqCst);
        assert_eq!(connections, 21, "{death:?}: the new one is kept");
    }
}

/// A timeout of the caller's own says the same as one of the client.
#[tokio::test]
async fn a_sending_that_is_dropped_counts_as_a_failure() {
    let network = Network::start(3, Death::Silence);
    let builder = Client::builder().event_key("k").base_url(&network.url);
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    network.warm(&client, 3).await;
    network.forget();
    let sending = client.send(item(1));
    assert!(tokio::time::timeout(TIMEOUT, sending).await.is_err());
    client.send(item(2)).await.unwrap();
    assert_eq!(network.lost.load(Ordering::SeqCst), 1);
}

/// It was under way when another failed, and ended well after that.
#[tokio::test]
async fn a_connection_that_outlives_a_failure_is_not_used_again() {
    let (answers, answering) = std::sync::mpsc::channel::<()>();
    let answering = std::sync::Mutex::new(answering);
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let (url, connections) = serve(move |number, mut stream| {
        while let Some(length) = head(&mut stream) {
            let events = taken(&body(&mut stream, length));
            begun.send(()).unwrap();
            match number {
                0 => answering.lock().unwrap().recv().unwrap(),
                1 => return die(stream, Death::Reset, &events),
                _ => {}
            }
            answer(&mut stream, &format!("HTTP/1.1 200 OK\r\n{events}"));
        }
    });
    let builder = Client::builder().event_key("k").base_url(url);
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    let slow = tokio::spawn(client.send(item(1)));
    begins.recv().await.unwrap();
    client.send(item(2)).await.unwrap_err();
    answers.send(()).unwrap();
    slow.await.unwrap().unwrap();
    client.send(item(3)).await.unwrap();
    client.send(item(4)).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}
