//! Checks verdicts against values: for random pairs of schemas, the reader rejects a value of the
//! writer only if the verdict allows it.

#[path = "shapes/mod.rs"]
mod shapes;

use inngest_registry::compat::{Comparison, Strictness, Verdict, compare};
use proptest::prelude::*;
use serde_json::Value;
use shapes::{Document, Edit, Writer, document, edits, large_document};

/// How many values to try for each pair and direction.
const VALUES: u64 = 60;

/// A written value that the reader rejects, if any, and how many values were tried.
fn refused(
    writer: &Document,
    reader: &Value,
    strictness: Strictness,
    seed: u64,
) -> (Option<Value>, u64) {
    let own = jsonschema::validator_for(&writer.schema()).unwrap();
    let other = jsonschema::validator_for(reader).unwrap();
    let mut values = Writer::new(seed, strictness == Strictness::Strict);
    let mut tried = 0;
    for _ in 0..VALUES {
        let value = values.write(writer);
        if !own.is_valid(&value) {
            continue;
        }
        tried += 1;
        if !other.is_valid(&value) {
            return (Some(value), tried);
        }
    }
    (None, tried)
}

fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::Compatible, |worst, verdict| {
        match (worst, verdict) {
            (Verdict::Breaking, _) | (_, Verdict::Breaking) => Verdict::Breaking,
            (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
            _ => Verdict::Compatible,
        }
    })
}

fn agrees_with_itself(comparison: &Comparison) {
    let changes = &comparison.changes;
    assert_eq!(
        worst(changes.iter().map(|change| change.backward)),
        comparison.backward
    );
    assert_eq!(
        worst(changes.iter().map(|change| change.forward)),
        comparison.forward
    );
    for change in changes {
        let breaks = change.backward == Verdict::Breaking || change.forward == Verdict::Breaking;
        assert_eq!(change.fix.is_some(), breaks, "{change:?}");
    }
}

fn judge(
    old: &Document,
    edits: &[Edit],
    seed: u64,
    strictness: Strictness,
) -> [(Verdict, bool); 2] {
    let new = old.edited(edits);
    let (before, after) = (old.schema(), new.schema());
    let comparison = compare(&before, &after, strictness);
    agrees_with_itself(&comparison);

    let turned = compare(&after, &before, strictness);
    for (one, other) in [
        (turned.forward, comparison.backward),
        (turned.backward, comparison.forward),
    ] {
        // The order of two proofs may decide whether the verdict is known.
        let told = one != Verdict::Unknown && other != Verdict::Unknown;
        assert!(
            one == other || !told,
            "the other way round: {one:?}, {other:?}"
        );
    }

    let (backward, _) = refused(old, &after, strictness, seed);
    let (forward, _) = refused(&new, &before, strictness, seed);
    for (verdict, value, way) in [
        (comparison.backward, &backward, "backward"),
        (comparison.forward, &forward, "forward"),
    ] {
        if let Some(value) = value {
            assert_ne!(
                verdict,
                Verdict::Compatible,
                "{way}: {value} is refused\nold: {before:#}\nnew: {after:#}"
            );
        }
    }
    [
        (comparison.backward, backward.is_some()),
        (comparison.forward, forward.is_some()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn verdicts_match_written_values(
        old in document(),
        edits in edits(),
        seed: u64,
    ) {
        judge(&old, &edits, seed, Strictness::Standard);
    }

    #[test]
    fn strict_verdicts_match_valid_values(
        old in document(),
        edits in edits(),
        seed: u64,
    ) {
        judge(&old, &edits, seed, Strictness::Strict);
    }

    #[test]
    fn verdicts_match_values_of_large_enums(old in large_document(), edits in edits(), seed: u64, strict: bool) {
        let strictness = if strict { Strictness::Strict } else { Strictness::Standard };
        judge(&old, &edits, seed, strictness);
    }

    #[test]
    fn a_schema_is_compatible_with_itself(old in document()) {
        for strictness in [Strictness::Standard, Strictness::Strict] {
            let comparison = compare(&old.schema(), &old.schema(), strictness);
            prop_assert_eq!(comparison.backward, Verdict::Compatible);
            prop_assert_eq!(comparison.changes, []);
        }
    }
}

/// Counts breaking verdicts without a rejected value, on deterministic pairs. `--nocapture` shows the
/// count.
#[test]
fn few_verdicts_are_too_strict() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    for strictness in [Strictness::Standard, Strictness::Strict] {
        let mut runner = TestRunner::deterministic();
        let strategy = (document(), edits());
        let (mut all, mut breaking, mut unfound, mut unknown) = (0, 0, 0, 0);
        for seed in 0..400 {
            let (old, edits) = strategy.new_tree(&mut runner).unwrap().current();
            for (verdict, refused) in judge(&old, &edits, seed, strictness) {
                all += 1;
                breaking += u32::from(verdict == Verdict::Breaking);
                unfound += u32::from(verdict == Verdict::Breaking && !refused);
                unknown += u32::from(verdict == Verdict::Unknown);
            }
        }
        println!(
            "{strictness:?}: {all} verdicts, {breaking} breaking ({unfound} without a refused value among \
             {VALUES}), {unknown} unknown"
        );
        assert!(unfound * 10 < breaking, "{unfound} of {breaking}");
        assert!(unknown * 50 < all, "{unknown} of {all}");
    }
}

/// A large enum gets the same verdict as a small one. The test does not require a rejected value for
/// each break, because few values have the changed variant.
#[test]
fn large_enums_get_a_verdict() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    for strictness in [Strictness::Standard, Strictness::Strict] {
        let mut runner = TestRunner::deterministic();
        let strategy = (large_document(), edits());
        let (mut all, mut unknown) = (0, 0);
        for _ in 0..100 {
            let (old, edits) = strategy.new_tree(&mut runner).unwrap().current();
            let comparison = compare(&old.schema(), &old.edited(&edits).schema(), strictness);
            for verdict in [comparison.backward, comparison.forward] {
                all += 1;
                unknown += u32::from(verdict == Verdict::Unknown);
            }
        }
        println!("{strictness:?}: of {all} verdicts {unknown} unknown");
        assert!(unknown * 50 < all, "{unknown} of {all}");
    }
}
