//! Unions: which branches matter, and how a case is split by its branches.

use super::case::{Case, Facts};
use super::node::Node;
use super::prover::Prover;

/// The most branches without a discriminator that a union may have.
const MAX_BRANCHES: usize = 1_000;
/// The small steps of looking at two summaries. Comparing two texts is one.
const COST: usize = 4;

/// A union has too many branches.
pub(super) struct TooMany;

/// Whether a case obviously has no value in common with a schema.
pub(super) fn is_plainly_disjoint<'a>(
    prover: &mut Prover<'a>,
    case: &Case<'a>,
    other: Node<'a>,
) -> bool {
    let mut nodes = case.nodes().iter();
    prover.has_small_steps() && nodes.any(|node| are_disjoint(prover, *node, other))
}

fn are_disjoint<'a>(prover: &mut Prover<'a>, a: Node<'a>, b: Node<'a>) -> bool {
    prover.take_small_steps(COST);
    let summary = prover.summary(a);
    summary.is_disjoint(&prover.summary(b))
}

/// The branches of the reader's union that may accept a value of the case.
pub(super) fn overlapping<'a>(
    prover: &mut Prover<'a>,
    case: &Case<'a>,
    union: Node<'a>,
    key: &'static str,
) -> Vec<Node<'a>> {
    let branches = prover.branches(union, key);
    let candidates = case
        .nodes()
        .iter()
        .map(|node| branches.overlapping(&prover.summary(*node)));
    let mut fewest = candidates.min_by_key(Vec::len).unwrap_or_default();
    fewest.retain(|branch| !is_plainly_disjoint(prover, case, *branch));
    fewest
}

/// Splits a case by a union that holds for its values, if there is one.
pub(super) fn split<'a>(
    prover: &mut Prover<'a>,
    case: &Case<'a>,
    facts: &Facts<'a>,
) -> Option<Result<Vec<Case<'a>>, TooMany>> {
    let union = case.union(facts)?;
    let branches = prover.branches(union.0, union.1);
    if branches.undiscriminated() > MAX_BRANCHES {
        return Some(Err(TooMany));
    }
    let cases = branches.nodes.iter().map(|branch| {
        // If a branch of `oneOf` holds, the others do not.
        let mut others = Vec::new();
        if union.1 == "oneOf" {
            others = branches.overlapping(&prover.summary(*branch));
            others.retain(|other| {
                other.id() != branch.id() && !are_disjoint(prover, *branch, *other)
            });
        }
        case.choose(union, *branch, others)
    });
    Some(Ok(cases.collect()))
}
