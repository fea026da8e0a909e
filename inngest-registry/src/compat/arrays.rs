//! What a reader asks of arrays.

use serde_json::Value;

use super::case::{Case, Facts, count};
use super::empty::item;
use super::node::Node;
use super::prover::Prover;
use super::verdict::Verdict;

impl<'a> Prover<'a> {
    pub(super) fn array(
        &mut self,
        facts: &Facts<'a>,
        reader: Node<'a>,
        key: &'static str,
    ) -> Verdict {
        match key {
            "prefixItems" | "items" | "additionalItems" => self.items(facts, reader),
            "minItems" => self.at_least(facts, reader, key),
            "maxItems" => {
                let known = self.max_items(facts);
                self.at_most(known, reader, key)
            }
            "uniqueItems" if reader.get(key) == Some(&Value::Bool(true)) => {
                let unique = |part: &Node<'a>| part.get(key) == Some(&Value::Bool(true));
                let few = self.max_items(facts).is_some_and(|most| most <= 1);
                Verdict::of(few || facts.parts.iter().any(unique))
            }
            "contains" => self.contains(facts, reader),
            "unevaluatedItems" if !reader.child(key).is_some_and(Node::accepts_all) => {
                self.unknown(key)
            }
            _ => Verdict::Compatible,
        }
    }

    fn items(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        let (tuple, rest) = reader.items();
        let known = facts.parts.iter().map(|part| part.items().0.len()).max();
        let places = known.unwrap_or_default().max(tuple.len());
        let most = self.max_items(facts);
        let reached = |place: usize| most.is_none_or(|most| (place as u64) < most);
        Verdict::worst((0..=places).filter(|place| reached(*place)).map(|place| {
            match tuple.get(place).copied().or(rest) {
                Some(demand) => self.part(&item(facts, place), demand),
                None => Verdict::Compatible,
            }
        }))
    }

    fn contains(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        let Some(wanted) = reader.child("contains") else {
            return Verdict::Compatible;
        };
        let least = count(reader, "minContains").unwrap_or(1);
        if reader.get("maxContains").is_some() {
            return self.unknown("maxContains");
        }
        for part in &facts.parts {
            let Some(found) = part.child("contains") else {
                continue;
            };
            if count(*part, "minContains").unwrap_or(1) >= least
                && self.part(&Case::of([found]), wanted) == Verdict::Compatible
            {
                return Verdict::Compatible;
            }
        }
        let all = self.part(&item(facts, usize::MAX), wanted) == Verdict::Compatible;
        let tuple = facts.parts.iter().any(|part| !part.items().0.is_empty());
        if least == 0 || (all && !tuple && facts.most("minItems").unwrap_or_default() >= least) {
            Verdict::Compatible
        } else if facts
            .parts
            .iter()
            .any(|part| part.get("contains").is_some())
        {
            self.unknown("contains")
        } else {
            Verdict::Breaking
        }
    }
}
