//! The strict verdict beside that of Confluent's schema registry, on its own published examples.
//!
//! The examples are under a licence that does not let them be copied here. This reads their files,
//! of which the rules are in `tests/compat_rules` in other words:
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

/// Examples in which the verdict is on purpose another, and why.
const OTHERWISE: [(&str, &str); 2] = [
    (
        "Detect required array to be changed",
        "a property that is newly required breaks, whether or not it is declared",
    ),
    (
        "Detect changes to validation criteria in composed schema type",
        "`oneOf` and `allOf` of one schema are the same",
    ),
];

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Some(folder) = std::env::args().nth(1) else {
        return Err("give the folder of Confluent's files".into());
    };
    let (mut all, mut same, mut unexplained) = (0, 0, 0);
    for file in FILES {
        let text = fs::read_to_string(Path::new(&folder).join(file))?;
        // One of the examples has a comma too many.
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
            match OTHERWISE.iter().find(|(known, _)| *known == description) {
                Some((_, why)) => println!("otherwise on purpose: {description}: {why}"),
                None => {
                    unexplained += 1;
                    println!("otherwise: {description}: {compared:#?}");
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
