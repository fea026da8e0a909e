//! What a comparison finds.

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

/// What a change of a schema is, and for whom it breaks something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The place, such as `data.order.lines[].quantity`; see [the module](super#paths). Of several
    /// places that use one definition it is the one with the shortest way to it.
    pub path: String,
    /// Other places that use the definition in which the change is. At most ten are listed, and
    /// none that are reached through the definition itself.
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
    /// How a field that was only renamed keeps its name.
    pub(super) rename: Option<String>,
}

impl Change {
    /// Adds to what to do how a field keeps this name, because it seems to be renamed only.
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

    /// What to do besides giving the event a new version, which is always a way out: who knows the
    /// versions can name it.
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
