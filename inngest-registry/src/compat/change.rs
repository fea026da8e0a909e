//! The result of a comparison.

use super::advice::Advice;
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
    pub(super) advice: Option<Advice>,
    /// How to keep the name of a field that was only renamed.
    pub(super) rename: Option<String>,
}

impl Change {
    /// Adds how to keep the old name of a field that seems to be renamed only.
    pub(crate) fn advise_rename(&mut self, name: &str) {
        let Some(fix) = &mut self.fix else {
            return;
        };
        let rename = format!(
            "if it was only renamed, keep its name in events: `#[serde(rename = \"{name}\")]`"
        );
        *fix = format!("{rename}, or {fix}");
        self.rename = Some(rename);
    }

    /// What to do, except for giving the event a new version. Callers that know the versions name the
    /// new one.
    pub(crate) fn own_fix(&self) -> Option<String> {
        let own = self.advice?.own(true);
        Some(match &self.rename {
            Some(rename) => format!("{rename}, or {own}"),
            None => own.to_owned(),
        })
    }

    #[cfg(test)]
    pub(crate) fn for_tests(path: &str, what: &str, subject: Subject) -> Self {
        Self {
            path: path.to_owned(),
            also_at: Vec::new(),
            what: what.to_owned(),
            backward: Verdict::Compatible,
            forward: Verdict::Compatible,
            fix: Some(Advice::MakeOptional.sentence(true)),
            subject,
            advice: Some(Advice::MakeOptional),
            rename: None,
        }
    }
}
