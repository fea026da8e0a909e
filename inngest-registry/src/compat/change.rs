//! The result of a comparison.

use super::difference::Subject;
use super::verdict::Verdict;

/// How a schema differs from an older one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// Whether readers of the new schema can read what was written by the old: the worst of the
    /// changes.
    pub backward: Verdict,
    /// Whether readers of the old schema can read what is written by the new: the worst of the
    /// changes.
    pub forward: Verdict,
    /// The changes, in order of their paths. Changes of documentation, defaults and deprecation
    /// are among them and break no one.
    pub changes: Vec<Change>,
}

/// A change of a schema, and whom it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The place, such as `data.order.lines[].quantity`; see [the module](super#paths). For a
    /// definition that is used in several places, it is the shortest path.
    pub path: String,
    /// Other places that use the definition that changed, at most ten. Uses inside the definition
    /// itself do not count.
    pub also_at: Vec<String>,
    /// What changed, such as "was optional and is now required".
    pub what: String,
    /// Whether readers of the new schema can read what was written by the old.
    pub backward: Verdict,
    /// Whether readers of the old schema can read what is written by the new.
    pub forward: Verdict,
    /// What to do instead, when it breaks anyone.
    pub fix: Option<String>,
    pub(crate) subject: Subject,
    /// What to do, except for giving the event a new version. Callers that know the versions name the
    /// new one.
    pub(crate) own_fix: Option<String>,
}

impl Change {
    /// Adds how to keep the old name of a field that seems to be renamed only.
    pub(crate) fn advise_rename(&mut self, name: &str) {
        for fix in self.fix.iter_mut().chain(&mut self.own_fix) {
            *fix = format!(
                "if it was only renamed, keep its name in events: `#[serde(rename = \"{name}\")]`, \
                 or {fix}"
            );
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(path: &str, what: &str, subject: Subject) -> Self {
        let breaking = [Verdict::Breaking, Verdict::Compatible];
        let fix = super::difference::Difference::NowRequired.fix(breaking, true);
        Self {
            path: path.to_owned(),
            also_at: Vec::new(),
            what: what.to_owned(),
            backward: Verdict::Compatible,
            forward: Verdict::Compatible,
            fix: fix.as_ref().map(|fix| fix.whole.clone()),
            subject,
            own_fix: fix.map(|fix| fix.own),
        }
    }
}
