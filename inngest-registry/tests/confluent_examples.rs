//! The strict verdict beside that of Confluent's schema registry, on its own published examples.
//!
//! The examples are under a licence that does not let them be copied here. Run with their files, of
//! which the rules are in `compat_rules.rs` in other words:
//!
//! ```sh
//! CONFLUENT_EXAMPLES=path/to/json-schema-provider/src/test/resources \
//!     cargo test -p inngest-registry --test confluent_examples -- --ignored --nocapture
//! ```

use std::fs;
use std::path::Path;

use inngest_registry::compat::{Strictness, Verdict, compare};
use serde_json::Value;

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

#[test]
#[ignore = "needs Confluent's files, in the folder CONFLUENT_EXAMPLES"]
fn the_strict_verdict_is_confluents() {
    let folder = std::env::var("CONFLUENT_EXAMPLES").expect("the folder of the files");
    let (mut all, mut same, mut unexplained) = (0, 0, Vec::new());
    for file in FILES {
        let text = fs::read_to_string(Path::new(&folder).join(file)).unwrap();
        // One of the examples has a comma too many.
        let text = text.replace("schema\",\n    }", "schema\"\n    }");
        let examples: Vec<Value> = serde_json::from_str(&text).unwrap();
        for example in examples {
            let expected = if example["compatible"] == true {
                Verdict::Compatible
            } else {
                Verdict::Breaking
            };
            let (old, new) = (&example["original_schema"], &example["update_schema"]);
            let compared = compare(old, new, Strictness::Strict);
            let description = example["description"].as_str().unwrap();
            all += 1;
            if compared.backward == expected {
                same += 1;
            } else if !OTHERWISE.iter().any(|(known, _)| *known == description) {
                unexplained.push(format!("{description}: {compared:#?}"));
            }
        }
    }
    println!("the same verdict in {same} of {all} examples");
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}
