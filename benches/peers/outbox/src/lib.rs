//! Shared code of the programs that send events as jobs of other crates: the database, the events, and the
//! request for one event.
//!
//! Each program takes the URL of a Postgres database, the URL of the sink, the number of events, and
//! optionally how many jobs run at a time.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// How many events one transaction adds while the queue is filled.
pub const GROUP: usize = 5_000;

/// The same event as in `benches/outbox`, about 300 bytes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    pub name: String,
    pub data: serde_json::Value,
    pub id: String,
}

#[must_use]
pub fn event(n: usize) -> Event {
    Event {
        name: "storefront/order.placed".to_owned(),
        data: serde_json::json!({
            "order_id": n,
            "sku": "sku-1",
            "quantity": 3,
            "note": "x".repeat(150),
        }),
        id: format!("storefront-order-placed-{n}"),
    }
}

/// Sends one event in a request, on connections that stay open.
#[derive(Clone, Debug)]
pub struct Sender {
    client: reqwest::Client,
    url: String,
}

impl Sender {
    pub async fn send(&self, event: &Event) -> Result<(), Error> {
        let request = self.client.post(&self.url);
        let request = request.header("content-type", "application/json");
        let response = request.body(serde_json::to_vec(event)?).send().await?;
        // The connection can be reused only after the body is read.
        response.error_for_status()?.bytes().await?;
        Ok(())
    }
}

/// The measurement of one program: its own database, the sink and the number of events.
pub struct Run {
    pub peer: &'static str,
    pub events: usize,
    /// How many jobs run at a time; `None` for the program's default.
    pub parallel: Option<usize>,
    pub pool: PgPool,
    pub database_url: String,
    admin: PgPool,
    sink: String,
    client: reqwest::Client,
}

impl Run {
    pub async fn new(peer: &'static str) -> Result<Self, Error> {
        let mut words = std::env::args().skip(1);
        let (Some(url), Some(sink), Some(events)) = (words.next(), words.next(), words.next())
        else {
            return Err(
                "arguments are missing; write a database URL, the sink URL and a number of events".into(),
            );
        };
        let parallel = words.next().map(|word| word.parse()).transpose()?;
        let admin = PgPool::connect(&url).await?;
        let name = format!("outbox_peer_{peer}");
        drop_database(&admin, &name).await?;
        sqlx::raw_sql(&format!("CREATE DATABASE {name}"))
            .execute(&admin)
            .await?;
        let pool = PgPoolOptions::new()
            .max_connections(32)
            .connect_with(PgConnectOptions::from_str(&url)?.database(&name))
            .await?;
        let (server, _) = url.rsplit_once('/').ok_or("the URL names no database")?;
        Ok(Self {
            peer,
            events: events.parse()?,
            parallel,
            pool,
            database_url: format!("{server}/{name}"),
            admin,
            sink,
            client: reqwest::Client::new(),
        })
    }

    #[must_use]
    pub fn sender(&self) -> Sender {
        Sender {
            client: self.client.clone(),
            url: format!("{}/e/key", self.sink),
        }
    }

    /// Starts the clock. Call this after the queue is filled, before the first worker starts.
    pub async fn start(&self) -> Result<Instant, Error> {
        sqlx::raw_sql("VACUUM ANALYZE").execute(&self.pool).await?;
        self.counts().await?;
        Ok(Instant::now())
    }

    /// Waits until the sink has counted all events, and prints the events per second.
    pub async fn wait(&self, started: Instant) -> Result<(), Error> {
        let (mut events, mut ids) = (0, 0);
        let mut last = Instant::now();
        while events < self.events {
            if last.elapsed() > Duration::from_secs(30) {
                return Err(format!("only {events} events of {} arrived", self.events).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            let counts = self.counts().await?;
            if counts.0 > 0 {
                last = Instant::now();
            }
            events += counts.0;
            ids += counts.1;
        }
        let elapsed = started.elapsed().as_secs_f64();
        if (events, ids) != (self.events, self.events) {
            return Err(format!("{events} events with {ids} ids arrived").into());
        }
        let rate = f64::from(u32::try_from(events)?) / elapsed;
        println!("| {}, {events} events | {rate:.0} |", self.peer);
        Ok(())
    }

    pub async fn remove(self) -> Result<(), Error> {
        drop_database(&self.admin, &format!("outbox_peer_{}", self.peer)).await
    }

    /// The number of events and the number of distinct ids since the last call.
    async fn counts(&self) -> Result<(usize, usize), Error> {
        let line = self.client.get(&self.sink).send().await?.text().await?;
        let (events, ids) = line.split_once(' ').ok_or("the sink sent no counts")?;
        Ok((events.parse()?, ids.parse()?))
    }
}

async fn drop_database(admin: &PgPool, name: &str) -> Result<(), Error> {
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::raw_sql(&sql).execute(admin).await?;
    Ok(())
}
