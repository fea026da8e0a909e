//! Compatibility modes: which readers a changed schema must not break.

use std::fmt;
use std::str::FromStr;

use inngest_grammar::suggest::nearest;

/// Which readers a changed schema must not break, named as in schema registries.
///
/// `check` compares a type with the exported file of its own version. In modes that end in
/// `_transitive`, it also compares the type with all older exported versions of the event. In the
/// other modes, a new version may change anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Readers of the new schema can read events written with the old one.
    Backward,
    /// [`Backward`](Self::Backward), for all older versions too.
    BackwardTransitive,
    /// Readers of the old schema can read events written with the new one.
    Forward,
    /// [`Forward`](Self::Forward), for all older versions too.
    ForwardTransitive,
    /// [`Backward`](Self::Backward) and [`Forward`](Self::Forward).
    #[default]
    Full,
    /// [`Full`](Self::Full), for all older versions too.
    FullTransitive,
    /// Anything may change; differences are still reported.
    None,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 7] = [
        Self::Backward,
        Self::BackwardTransitive,
        Self::Forward,
        Self::ForwardTransitive,
        Self::Full,
        Self::FullTransitive,
        Self::None,
    ];

    /// The name in settings and on the command line, such as `backward_transitive`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::BackwardTransitive => "backward_transitive",
            Self::Forward => "forward",
            Self::ForwardTransitive => "forward_transitive",
            Self::Full => "full",
            Self::FullTransitive => "full_transitive",
            Self::None => "none",
        }
    }

    /// Whether readers of the new schema must be able to read events of the old one.
    #[must_use]
    pub fn is_backward(self) -> bool {
        matches!(
            self,
            Self::Backward | Self::BackwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    /// Whether readers of the old schema must be able to read events of the new one.
    #[must_use]
    pub fn is_forward(self) -> bool {
        matches!(
            self,
            Self::Forward | Self::ForwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    /// Whether the mode applies to all older versions of an event.
    #[must_use]
    pub fn is_transitive(self) -> bool {
        matches!(
            self,
            Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive
        )
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An unknown mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMode(String);

impl fmt::Display for UnknownMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown mode `{}`; ", self.0)?;
        one_of(f, &self.0, &Mode::ALL.map(Mode::name))
    }
}

impl std::error::Error for UnknownMode {}

/// Writes "did you mean `a`? the known ones are `a`, `b`".
pub(crate) fn one_of(f: &mut dyn fmt::Write, word: &str, known: &[&str]) -> fmt::Result {
    if let Some(near) = nearest(word, known.iter().copied()) {
        write!(f, "did you mean `{near}`? ")?;
    }
    write!(f, "the known ones are `{}`", known.join("`, `"))
}

impl FromStr for Mode {
    type Err = UnknownMode;

    /// Parses a name in any case, with `_` or `-`.
    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        let plain = text.to_ascii_lowercase().replace('-', "_");
        Self::ALL
            .into_iter()
            .find(|mode| mode.name() == plain)
            .ok_or_else(|| UnknownMode(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for mode in Mode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
            assert_eq!(
                mode.name().to_uppercase().replace('_', "-").parse(),
                Ok(mode)
            );
        }
        insta::assert_snapshot!("bakward".parse::<Mode>().unwrap_err(), @"unknown mode `bakward`; did you mean `backward`? the known ones are `backward`, `backward_transitive`, `forward`, `forward_transitive`, `full`, `full_transitive`, `none`");
    }
}
