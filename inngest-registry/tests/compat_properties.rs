//! The verdicts beside values: for random pairs of schemas, a value that one side writes and the
//! other refuses exists only where the verdict says so.

#[path = "shapes/mod.rs"]
mod shapes;

use inngest_registry::compat::{Comparison, Strictness, Verdict, compare};
use proptest::prelude::*;
use serde_json::Value;
use shapes::{Document, Edit, Writer, document, edits, large_document};

/// Values that are tried for each pair and direction.
const VALUES: u64 = 60;

/// A value of the writer's that the reader refuses, and how many were tried.
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
        // Which of two proofs comes first may decide whether it can be told.
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
    fn what_is_written_is_refused_only_where_the_verdict_says_so(
        old in document(),
        edits in edits(),
        seed: u64,
    ) {
        judge(&old, &edits, seed, Strictness::Standard);
    }

    #[test]
    fn what_is_valid_is_refused_only_where_the_strict_verdict_says_so(
        old in document(),
        edits in edits(),
        seed: u64,
    ) {
        judge(&old, &edits, seed, Strictness::Strict);
    }

    #[test]
    fn of_large_enums_too(old in large_document(), edits in edits(), seed: u64, strict: bool) {
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

/// How often a verdict says breaking and nothing was found that is refused, on pairs that are the
/// same in every run. Shown with `--nocapture`.
#[test]
fn few_verdicts_are_harsher_than_the_values() {
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
            "{strictness:?}: of {all} verdicts {breaking} breaking, of which {unfound} without a \
             value that is refused among {VALUES}; {unknown} unknown"
        );
        assert!(unfound * 10 < breaking, "{unfound} of {breaking}");
        assert!(unknown * 50 < all, "{unknown} of {all}");
    }
}

/// What is found for a small enum is found for a large one. That a value is found for each break is
/// not: few values are of the variant that changed.
#[test]
fn large_enums_can_be_told() {
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
