//! Compares a schema with the earlier versions of its subject, without the registry.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::compat::{self, Change, Strictness, Verdict};
use crate::mode::Mode;

/// Our own comparison of a schema with earlier versions of its subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OwnCheck {
    /// The level of the subject.
    pub level: Mode,
    /// The verdict under this level.
    pub verdict: Verdict,
    /// The changes since the version that decides the verdict.
    pub changes: Vec<Change>,
}

impl OwnCheck {
    /// The changes that decide the verdict.
    pub(super) fn causes(&self) -> impl Iterator<Item = &Change> {
        let verdict = |change: &Change| self.level.judge(change.backward, change.forward);
        let is_cause = move |change: &&Change| {
            self.verdict == Verdict::Compatible || verdict(change) != Verdict::Compatible
        };
        self.changes.iter().filter(is_cause)
    }
}

/// Compares a schema with earlier versions, oldest first: with the last one, or with all if the level is
/// transitive. `None` if there are no earlier versions.
pub(super) fn own_check(
    schema: &Value,
    earlier: &[&Value],
    level: Mode,
    strictness: Strictness,
) -> Option<OwnCheck> {
    let compared = if level.is_transitive() {
        earlier.len()
    } else {
        1
    };
    let schema = &as_struct(schema);
    let checks = earlier.iter().rev().take(compared).map(|old| {
        let comparison = compat::compare(&as_struct(old), schema, strictness);
        OwnCheck {
            level,
            verdict: level.judge(comparison.backward, comparison.forward),
            changes: comparison.changes,
        }
    });
    // On a tie, the latest version wins, because its changes are the ones that people look for.
    checks.reduce(|worst, check| {
        if severity(check.verdict) > severity(worst.verdict) {
            check
        } else {
            worst
        }
    })
}

/// Adds empty `properties` to an object schema that has none: event data is a struct even without fields.
fn as_struct(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(object) = &mut schema
        && object.get("type").is_some_and(|name| name == "object")
    {
        let properties = object.entry("properties");
        properties.or_insert_with(|| Value::Object(Map::new()));
    }
    schema
}

/// The level at which a registry accepts the schema, by the rules of registries.
pub(super) fn accepting_level(schema: &Value, latest: &Value, level: Option<Mode>) -> Mode {
    let comparison = compat::compare(latest, schema, Strictness::Strict);
    let is_compatible = |other: &Mode| {
        let verdict = other.judge(comparison.backward, comparison.forward);
        Some(*other) != level && verdict == Verdict::Compatible
    };
    let levels = [Mode::Backward, Mode::Forward];
    levels.into_iter().find(is_compatible).unwrap_or(Mode::None)
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Compatible => 0,
        Verdict::Unknown => 1,
        Verdict::Breaking => 2,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn transitive_levels_compare_with_all_versions() {
        let int = json!({ "type": "integer" });
        let number = json!({ "type": "number" });
        let text = json!({ "type": "string" });
        let verdict = |earlier: &[&Value], level| {
            let check = own_check(&number, earlier, level, Strictness::Standard);
            check.map(|check| check.verdict)
        };
        assert_eq!(verdict(&[], Mode::Full), None);
        let earlier = [&text, &int];
        assert_eq!(verdict(&earlier, Mode::Backward), Some(Verdict::Compatible));
        assert_eq!(verdict(&earlier, Mode::Forward), Some(Verdict::Breaking));
        assert_eq!(
            verdict(&earlier, Mode::BackwardTransitive),
            Some(Verdict::Breaking)
        );
        assert_eq!(verdict(&earlier, Mode::None), Some(Verdict::Compatible));
    }

    #[test]
    fn data_without_fields_is_a_struct() {
        let old = json!({ "type": "object" });
        let new = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        let check = own_check(&new, &[&old], Mode::Full, Strictness::Standard).unwrap();
        assert_eq!(check.verdict, Verdict::Compatible);
        let check = own_check(&new, &[&old], Mode::Full, Strictness::Strict).unwrap();
        assert_eq!(check.verdict, Verdict::Breaking);
    }

    #[test]
    fn accepting_level_follows_the_rules_of_registries() {
        let old = json!({ "type": "object", "properties": { "a": {} } });
        let new = json!({ "type": "object", "properties": { "a": {}, "b": { "type": "string" } } });
        let level = |new, old, level| accepting_level(new, old, level);
        assert_eq!(level(&new, &old, Some(Mode::Backward)), Mode::Forward);
        assert_eq!(level(&old, &new, Some(Mode::Full)), Mode::Backward);
        let other = json!({ "type": "string" });
        assert_eq!(level(&other, &new, Some(Mode::Full)), Mode::None);
    }
}
