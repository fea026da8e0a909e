//! Measures how long a comparison of two schemas takes.
//!
//! ```sh
//! cargo run --release -p inngest-registry --example compare_time -- OLD.json NEW.json
//! ```

use std::fs;
use std::time::Instant;

use inngest_registry::compat::{Strictness, compare};
use serde_json::Value;

const TIMES: u32 = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [old, new] = arguments.as_slice() else {
        return Err("name two files: OLD.json NEW.json".into());
    };
    let read = |path: &str| -> Result<Value, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
    };
    let (old, new) = (read(old)?, read(new)?);
    let started = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(compare(&old, &new, Strictness::Standard));
    }
    println!("{TIMES} comparisons: {:?}", started.elapsed());
    Ok(())
}
