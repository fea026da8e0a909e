//! Compares strict verdicts with the verdicts of Confluent's schema registry, on its published examples.
//!
//! The license of the examples does not allow copying them here, so this program reads their files.
//! `tests/compat_rules` tests the same rules with other schemas.
//!
//! ```sh
//! cargo run -p inngest-registry --example confluent -- json-schema-provider/src/test/resources
//! ```

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use inngest_registry::compat::{Strictness, Verdict, compare};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Example {
    description: String,
    original_schema: Value,
    update_schema: Value,
    compatible: bool,
}

const FILES: [&str; 2] = [
    "diff-schema-examples-2020-12.json",
    "diff-combined-schema-examples-2020-12.json",
];

/// Examples whose verdict differs on purpose, with the reason.
const EXCEPTIONS: [(&str, &str); 2] = [
    (
        "Detect required array to be changed",
        "a newly required property breaks, whether or not it is declared",
    ),
    (
        "Detect changes to validation criteria in composed schema type",
        "`oneOf` and `allOf` with one schema are the same",
    ),
];

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Some(folder) = std::env::args().nth(1) else {
        return Err("name the folder with Confluent's files".into());
    };
    let (mut all, mut same, mut unexplained) = (0, 0, 0);
    for file in FILES {
        let text = fs::read_to_string(Path::new(&folder).join(file))?;
        // One of the examples has an extra comma.
        let text = text.replace("schema\",\n    }", "schema\"\n    }");
        for example in serde_json::from_str::<Vec<Example>>(&text)? {
            let expected = if example.compatible {
                Verdict::Compatible
            } else {
                Verdict::Breaking
            };
            let (old, new) = (&example.original_schema, &example.update_schema);
            let compared = compare(old, new, Strictness::Strict);
            all += 1;
            if compared.backward == expected {
                same += 1;
                continue;
            }
            let description = example.description;
            match EXCEPTIONS.iter().find(|(known, _)| *known == description) {
                Some((_, why)) => println!("differs on purpose: {description}: {why}"),
                None => {
                    unexplained += 1;
                    println!("differs: {description}: {compared:#?}");
                }
            }
        }
    }
    println!("the same verdict in {same} of {all} examples");
    Ok(if unexplained == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
