//! What a reader asks of objects, and which properties a writer writes.

use serde_json::{Value, json};

use super::case::{Case, Facts, count};
use super::node::Node;
use super::prover::{Prover, Sense};
use super::types::Types;
use super::verdict::Verdict;

impl<'a> Prover<'a> {
    pub(super) fn object(
        &mut self,
        writer: &Case<'a>,
        facts: &Facts<'a>,
        reader: Node<'a>,
        key: &'static str,
    ) -> Verdict {
        match key {
            "properties" | "patternProperties" | "additionalProperties" => {
                self.properties(facts, reader)
            }
            "required" => Verdict::worst(
                reader
                    .names(key)
                    .map(|name| Verdict::of(facts.requires(name) || self.fills_in(reader, name))),
            ),
            "minProperties" => {
                let required = facts.required.len() as u64;
                let known = facts.most(key).unwrap_or_default().max(required);
                match count(reader, key) {
                    Some(least) => Verdict::of(known >= least),
                    None => self.unknown(key),
                }
            }
            "maxProperties" => {
                let known = self.max_properties(facts);
                self.at_most(known, reader, key)
            }
            "propertyNames" => self.property_names(facts, reader),
            "dependentRequired" => self.dependent_required(facts, reader, key),
            "dependentSchemas" => self.dependent_schemas(writer, facts, reader, key),
            // Before 2019-09, one keyword held both.
            "dependencies" => Verdict::worst([
                self.dependent_required(facts, reader, key),
                self.dependent_schemas(writer, facts, reader, key),
            ]),
            "unevaluatedProperties" => self.unevaluated(facts, reader),
            _ => Verdict::Compatible,
        }
    }

    /// Confluent's readers use the default of a required property that is absent.
    fn fills_in(&self, reader: Node<'a>, name: &str) -> bool {
        self.sense == Sense::Strict
            && reader
                .property(name)
                .is_some_and(|property| property.get("default").is_some())
    }

    /// Whether a property is present if the reader requires it.
    pub(super) fn requirement(
        &mut self,
        writer: &Facts<'a>,
        reader: &Facts<'a>,
        name: &str,
    ) -> Verdict {
        let filled = |part: &Node<'a>| self.fills_in(*part, name);
        let wanted = reader.requires(name) && !reader.parts.iter().any(filled);
        Verdict::of(!wanted || writer.requires(name))
    }

    /// Whether a property is present if the reader requires it, and has an accepted type.
    pub(super) fn property_verdict(
        &mut self,
        writer: &Facts<'a>,
        reader: &Facts<'a>,
        name: &str,
    ) -> Verdict {
        let there = self.requirement(writer, reader, name);
        let Some(property) = self.written(writer, name) else {
            return there;
        };
        let mut demands = Vec::new();
        for part in &reader.parts {
            self.constraints(*part, name, true, &mut demands);
        }
        let taken = Verdict::worst(demands.into_iter().map(|d| self.part(&property, d)));
        there.or_worse(taken)
    }

    /// Everything known about a property if it is present.
    pub(super) fn property(&mut self, facts: &Facts<'a>, name: &str) -> Case<'a> {
        let mut all = Vec::new();
        for part in &facts.parts {
            self.constraints(*part, name, false, &mut all);
        }
        Case::of(all)
    }

    /// Collects what one schema asks of a property. `doubtful` includes schemas that may apply.
    fn constraints(&mut self, part: Node<'a>, name: &str, doubtful: bool, all: &mut Vec<Node<'a>>) {
        let declared = part.property(name);
        let mut mentioned = declared.is_some();
        all.extend(declared);
        for (pattern, node) in part.map("patternProperties") {
            match self.matches(pattern, name) {
                Some(false) => {}
                Some(true) => {
                    mentioned = true;
                    all.push(node);
                }
                None => {
                    mentioned |= !doubtful;
                    all.extend(doubtful.then_some(node));
                }
            }
        }
        if !mentioned {
            all.extend(part.child("additionalProperties"));
        }
    }

    /// The property as it is written; `None` if it never is.
    pub(super) fn written(&mut self, facts: &Facts<'a>, name: &str) -> Option<Case<'a>> {
        let declared = facts.requires(name)
            || facts.declares(name)
            || self.writes_undeclared(facts)
            || facts.parts.iter().any(|part| {
                part.map("patternProperties")
                    .any(|(pattern, _)| self.matches(pattern, name) != Some(false))
            });
        if !declared {
            return None;
        }
        let case = self.property(facts, name);
        (!self.is_empty(&case)).then_some(case)
    }

    /// Whether undeclared properties are written.
    ///
    /// A struct writes declared properties only. Maps describe their values in
    /// `additionalProperties`, and a schema without `properties` may describe anything.
    pub(super) fn writes_undeclared(&mut self, facts: &Facts<'a>) -> bool {
        let rest = undeclared(facts);
        if self.is_empty(&rest) {
            return false;
        }
        self.sense != Sense::Written
            || declares_elsewhere(facts)
            || !facts.parts.iter().any(|p| p.get("properties").is_some())
            || facts.parts.iter().any(|part| {
                let open = |key| part.get(key).is_some_and(|rest| *rest != json!(false));
                open("additionalProperties") || open("unevaluatedProperties")
            })
    }

    fn properties(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        let mut names = facts.named();
        names.extend(reader.map("properties").map(|(name, _)| name));
        let known = Verdict::worst(names.into_iter().map(|name| {
            let mut demands = Vec::new();
            self.constraints(reader, name, true, &mut demands);
            // Most properties did not change, and this test is cheap.
            if let (Some(declared), [demand]) = (facts.declaration(name), demands.as_slice())
                && self.is_same(declared, *demand)
            {
                return Verdict::Compatible;
            }
            let Some(property) = self.written(facts, name) else {
                return Verdict::Compatible;
            };
            Verdict::worst(demands.into_iter().map(|d| self.part(&property, d)))
        }));
        if known == Verdict::Breaking {
            return known;
        }
        Verdict::worst([
            known,
            self.by_pattern(facts, reader),
            self.rest(facts, reader),
        ])
    }

    /// Properties that match one of the writer's patterns.
    fn by_pattern(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        let patterns = |node: Node<'a>| node.map("patternProperties");
        let written: Vec<_> = facts
            .parts
            .iter()
            .flat_map(|part| patterns(*part))
            .collect();
        let mut verdict = Verdict::Compatible;
        for (pattern, property) in &written {
            for (other, demand) in patterns(reader) {
                // A name that matches both patterns obeys both of the writer's schemas.
                let same = written.iter().filter(|(p, _)| *p == other).map(|(_, n)| *n);
                let case = Case::of(same.chain([*property]));
                let one = self.part(&case, demand);
                let exact = *pattern == other || one == Verdict::Compatible;
                let one = if exact {
                    one
                } else {
                    self.unknown("patternProperties")
                };
                verdict = Verdict::worst([verdict, one]);
            }
            let covered = patterns(reader).any(|(other, _)| other == *pattern);
            if let Some(rest) = reader.child("additionalProperties").filter(|_| !covered) {
                let one = self.part(&Case::of([*property]), rest);
                let exact = patterns(reader).next().is_none() || one == Verdict::Compatible;
                let one = if exact {
                    one
                } else {
                    self.unknown("patternProperties")
                };
                verdict = Verdict::worst([verdict, one]);
            }
        }
        verdict
    }

    /// Properties that the writer does not mention.
    pub(super) fn rest(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        if !self.writes_undeclared(facts) {
            return Verdict::Compatible;
        }
        let rest = undeclared(facts);
        let own = |pattern: &str| {
            facts.parts.iter().any(|part| {
                part.map("patternProperties")
                    .any(|(other, _)| other == pattern)
            })
        };
        let demands = reader
            .map("patternProperties")
            .filter(|(pattern, _)| !own(pattern))
            .map(|(_, node)| node)
            .chain(reader.child("additionalProperties"));
        Verdict::worst(demands.map(|demand| self.part(&rest, demand)))
    }

    fn max_properties(&mut self, facts: &Facts<'a>) -> Option<u64> {
        let known = facts.least("maxProperties");
        let patterns = |part: &Node<'a>| part.map("patternProperties").next().is_some();
        if self.writes_undeclared(facts) || facts.parts.iter().any(patterns) {
            return known;
        }
        let written = facts.named().len() as u64;
        Some(known.map_or(written, |known| known.min(written)))
    }

    fn property_names(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        let Some(demand) = reader.child("propertyNames") else {
            return Verdict::Compatible;
        };
        let names = facts.named();
        let known = Verdict::worst(names.into_iter().map(|name| {
            if self.written(facts, name).is_none() {
                return Verdict::Compatible;
            }
            self.accepted(demand, &Value::from(name))
        }));
        let patterns = |part: &Node<'a>| part.map("patternProperties").next().is_some();
        let by_pattern = facts.parts.iter().any(patterns);
        if !by_pattern && !self.writes_undeclared(facts) {
            return known;
        }
        let names = facts.parts.iter().filter_map(|p| p.child("propertyNames"));
        let mut case = Case::of(names);
        for text in Types::STRING.split() {
            case = case.with(text);
        }
        let open = self.part(&case, demand);
        let open = if by_pattern && open != Verdict::Compatible {
            self.unknown("propertyNames")
        } else {
            open
        };
        Verdict::worst([known, open])
    }

    fn dependent_required(&mut self, facts: &Facts<'a>, reader: Node<'a>, key: &str) -> Verdict {
        let lists = reader.map(key).filter(|(_, list)| list.value.is_array());
        Verdict::worst(lists.map(|(name, list)| {
            let wanted = list.value.as_array().into_iter().flatten();
            let known: Vec<_> = facts
                .parts
                .iter()
                .flat_map(|part| ["dependentRequired", "dependencies"].map(|k| part.child(k)))
                .flatten()
                .flat_map(|known| known.names(name))
                .collect();
            let met = |one: &str| facts.requires(one) || known.contains(&one) || one == name;
            let met = wanted.filter_map(Value::as_str).all(met);
            Verdict::of(met || self.written(facts, name).is_none())
        }))
    }

    fn dependent_schemas(
        &mut self,
        writer: &Case<'a>,
        facts: &Facts<'a>,
        reader: Node<'a>,
        key: &str,
    ) -> Verdict {
        let schemas = reader.map(key).filter(|(_, node)| !node.value.is_array());
        Verdict::worst(schemas.map(|(name, demand)| {
            if self.written(facts, name).is_none() {
                return Verdict::Compatible;
            }
            let known = facts.parts.iter().find_map(|part| {
                let mut own = part.map("dependentSchemas").chain(part.map("dependencies"));
                own.find(|(other, node)| *other == name && !node.value.is_array())
            });
            match known {
                Some((_, known)) => self.included(&Case::of([known]), demand),
                None => self.included(writer, demand),
            }
        }))
    }

    fn unevaluated(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        let Some(demand) = reader.child("unevaluatedProperties") else {
            return Verdict::Compatible;
        };
        if demand.accepts_all() {
            return Verdict::Compatible;
        }
        let own = Case::of([reader]).facts();
        let composed = own.parts.iter().any(|part| {
            let union = ["anyOf", "oneOf"]
                .into_iter()
                .any(|key| part.list(key).count() > 1);
            let other = ["if", "dependentSchemas", "patternProperties"];
            union || other.into_iter().any(|key| part.get(key).is_some())
        });
        if composed
            || own.vague.is_some()
            || facts
                .parts
                .iter()
                .any(|p| p.get("patternProperties").is_some())
        {
            return self.unknown("unevaluatedProperties");
        }
        if own
            .parts
            .iter()
            .any(|part| part.get("additionalProperties").is_some())
        {
            return Verdict::Compatible;
        }
        let evaluated = own.declared();
        let mut names = facts.named();
        names.retain(|name| !evaluated.contains(name));
        let known = Verdict::worst(
            names
                .into_iter()
                .map(|name| match self.written(facts, name) {
                    Some(property) => self.part(&property, demand),
                    None => Verdict::Compatible,
                }),
        );
        if !self.writes_undeclared(facts) {
            return known;
        }
        Verdict::worst([known, self.part(&undeclared(facts), demand)])
    }
}

/// Everything known about a property that no schema mentions.
fn undeclared<'a>(facts: &Facts<'a>) -> Case<'a> {
    Case::of(
        facts
            .parts
            .iter()
            .flat_map(|part| [part.child("additionalProperties"), unevaluated(*part)])
            .flatten(),
    )
}

/// What one schema asks of unevaluated properties, if it is known which they are: all except those
/// declared by the schema itself or through `$ref` and `allOf`.
fn unevaluated(part: Node<'_>) -> Option<Node<'_>> {
    let rest = part.child("unevaluatedProperties")?;
    let own = Case::of([part]).facts();
    let declares_only = |one: &Node<'_>| {
        let nested = one.id() != part.id() && one.get("unevaluatedProperties").is_some();
        let rest = one.get("additionalProperties").is_some();
        let union = ["anyOf", "oneOf"]
            .into_iter()
            .any(|key| one.list(key).count() > 1);
        !nested && !rest && !union && one.map("patternProperties").next().is_none()
    };
    let known = own.vague.is_none() && !declares_elsewhere(&own);
    (known && own.parts.iter().all(declares_only)).then_some(rest)
}

/// Whether properties may be declared in schemas that hold for some values only, or in unknown ones.
fn declares_elsewhere(facts: &Facts<'_>) -> bool {
    let keywords = [
        "if",
        "dependentSchemas",
        "dependencies",
        "$dynamicRef",
        "$recursiveRef",
    ];
    let elsewhere = |part: &Node<'_>| keywords.into_iter().any(|key| part.get(key).is_some());
    facts.vague.is_some() || facts.parts.iter().any(elsewhere)
}
