//! Checks verdicts on hand-written schemas, with keywords in any combination, against another program: if
//! a verdict is compatible, the reader accepts every value that the writer may write.

#[path = "../support/random.rs"]
mod random;
mod schemas;
mod values;

use inngest_registry::compat::{Strictness, Verdict, compare};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;

use schemas::{closed, document, edited, edits, has_loop};
use values::Values;

/// How many values to try for each pair and direction.
const VALUES: usize = 80;

/// Programs check formats.
fn validator(schema: &Value, strictness: Strictness) -> Option<Validator> {
    jsonschema::draft202012::options()
        .should_validate_formats(strictness == Strictness::Standard)
        .build(schema)
        .ok()
}

/// A value of the writer that the reader refuses.
fn refused(writer: &Value, reader: &Value, strictness: Strictness, seed: u64) -> Option<Value> {
    let mut values = Values::new(seed);
    // With standard strictness, a writer writes only what it declares.
    let own = match strictness {
        Strictness::Strict => writer.clone(),
        Strictness::Standard => closed(writer, &mut values),
    };
    let written = [validator(writer, strictness)?, validator(&own, strictness)?];
    let accepting = validator(reader, strictness)?;
    let mut tried = (0..VALUES).map(|_| values.of(&own));
    tried.find(|value| written.iter().all(|own| own.is_valid(value)) && !accepting.is_valid(value))
}

fn check(old: &Value, new: &Value, seed: u64) -> Result<(), TestCaseError> {
    for strictness in [Strictness::Strict, Strictness::Standard] {
        let compared = compare(old, new, strictness);
        for (verdict, writer, reader) in
            [(compared.backward, old, new), (compared.forward, new, old)]
        {
            if verdict != Verdict::Compatible {
                continue;
            }
            if let Some(value) = refused(writer, reader, strictness, seed) {
                return Err(TestCaseError::fail(format!(
                    "{strictness:?}: {value} is refused\nwriter: {writer}\nreader: {reader}"
                )));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compatible_readers_accept_all_values(old in document(), edits in edits(), seed: u64) {
        let new = edited(&old, &edits);
        if !has_loop(&old) && !has_loop(&new) {
            check(&old, &new, seed)?;
        }
    }
}
