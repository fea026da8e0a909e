//! Measures the outbox: transactions with and without `add`, the rate at which relays empty it, the time from
//! a commit to the receipt, and claims in a table with dead rows.
//!
//! ```sh
//! cargo run --release -p outbox_benches -- postgres://root@127.0.0.1/postgres
//! cargo run --release -p outbox_benches -- sqlite
//! ```
//!
//! Words after the database choose what to measure: `transactions`, `drain`, `latency`, `claim`, `memory`.
//! `quick` makes everything small. On Postgres, the program creates its own schema, and drops it.

mod claims;
mod database;
mod drain;
mod latency;
mod sink;
mod transactions;

use database::Bench;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        return Err("no database is given; write `outbox postgres://…` or `outbox sqlite`".into());
    }
    let url = words.remove(0);
    let is_quick = words.iter().any(|word| word == "quick");
    words.retain(|word| word != "quick");
    let measures = |word: &str| words.is_empty() || words.iter().any(|known| known == word);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let sink = sink::Sink::start()?;
        let bench = Bench::new(&url).await?;
        println!("| measured | figure |\n|---|---|");
        if measures("transactions") {
            transactions::measure(&bench, is_quick).await?;
        }
        if measures("drain") {
            drain::measure(&bench, &sink, is_quick).await?;
        }
        if measures("latency") {
            latency::measure(&bench, &sink, is_quick).await?;
        }
        if measures("claim") && bench.is_postgres() {
            claims::measure(&bench, &sink, is_quick).await?;
        }
        if measures("memory") {
            drain::measure_memory(&bench, &sink, is_quick).await?;
        }
        bench.remove().await
    })
}
