//! The rules that `allow(…)` disables.

use inngest_grammar::suggest::nearest;
use proc_macro2::Ident;

/// A rule that `allow(…)` disables.
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

/// The contents of `allow(…)`.
#[derive(Default)]
pub(crate) struct Allowed {
    /// Each rule, with the identifier that the user wrote.
    pub(crate) rules: Vec<(Ident, Rule)>,
    /// Rules that the user probably meant by an invalid name.
    pub(crate) probably_meant: Vec<Rule>,
}

impl Allowed {
    /// Records the rule that the user probably meant by an invalid name.
    pub(crate) fn record_guess(&mut self, text: &str) {
        let text: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '"')
            .collect();
        let nearest = nearest(&text, Rule::ALL.map(|(name, _)| name));
        let rule = Rule::ALL.iter().find(|(name, _)| Some(*name) == nearest);
        self.probably_meant.extend(rule.map(|(_, rule)| *rule));
    }
}
