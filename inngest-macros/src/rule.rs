//! The rules that `allow(…)` lifts.

use inngest_grammar::suggest::nearest;
use proc_macro2::Ident;

/// A rule that `allow(…)` lifts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    NonstandardName,
    NonstandardVersion,
    UnscopedId,
    AmbiguousId,
    UncheckedSchema,
}

impl Rule {
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("nonstandard_name", Self::NonstandardName),
        ("nonstandard_version", Self::NonstandardVersion),
        ("unscoped_id", Self::UnscopedId),
        ("ambiguous_id", Self::AmbiguousId),
        ("unchecked_schema", Self::UncheckedSchema),
    ];
}

/// What `allow(…)` lifts.
#[derive(Default)]
pub(crate) struct Allowed {
    /// Each rule with its name where the user wrote it.
    pub(crate) rules: Vec<(Ident, Rule)>,
    /// Rules that were probably meant where a mistake was found.
    pub(crate) meant: Vec<Rule>,
}

impl Allowed {
    /// Notes what a text that names no rule was probably meant to lift.
    pub(crate) fn guess(&mut self, text: &str) {
        let text: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '"')
            .collect();
        let known = Rule::ALL.map(|(name, _)| name);
        let near = nearest(&text, known);
        let meant = Rule::ALL
            .into_iter()
            .filter(|(name, _)| Some(*name) == near);
        self.meant.extend(meant.map(|(_, rule)| rule));
    }
}
