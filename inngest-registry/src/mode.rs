//! What a changed schema has to keep working.

use std::fmt;
use std::str::FromStr;

use inngest_grammar::suggest::nearest;

/// What a changed schema has to keep working, by the names that schema registries use.
///
/// A type is held against the exported file of its own version; in the modes that end in
/// `_transitive` against all older exported versions of its name as well. In the others, a new
/// version may change anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Readers of the new schema read events that were written with the old one.
    Backward,
    /// [`Backward`](Self::Backward), for all older versions too.
    BackwardTransitive,
    /// Readers of the old schema read events that are written with the new one.
    Forward,
    /// [`Forward`](Self::Forward), for all older versions too.
    ForwardTransitive,
    /// Both.
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

    /// Whether readers of the new schema must read what the old one wrote.
    #[must_use]
    pub fn is_backward(self) -> bool {
        matches!(
            self,
            Self::Backward | Self::BackwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    /// Whether readers of the old schema must read what the new one writes.
    #[must_use]
    pub fn is_forward(self) -> bool {
        matches!(
            self,
            Self::Forward | Self::ForwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    /// Whether this holds against all older versions of an event.
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
        write!(f, "there is no mode `{}`; ", self.0)?;
        one_of(f, &self.0, &Mode::ALL.map(Mode::name))
    }
}

impl std::error::Error for UnknownMode {}

/// "did you mean `a`? The known ones are `a`, `b`".
pub(crate) fn one_of(f: &mut dyn fmt::Write, word: &str, known: &[&str]) -> fmt::Result {
    if let Some(near) = nearest(word, known.iter().copied()) {
        write!(f, "did you mean `{near}`? ")?;
    }
    write!(f, "the known ones are `{}`", known.join("`, `"))
}

impl FromStr for Mode {
    type Err = UnknownMode;

    /// Reads the name in any case, with `_` or `-`.
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
    fn names_are_read_back() {
        for mode in Mode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
            assert_eq!(
                mode.name().to_uppercase().replace('_', "-").parse(),
                Ok(mode)
            );
        }
        insta::assert_snapshot!("bakward".parse::<Mode>().unwrap_err(), @"there is no mode `bakward`; did you mean `backward`? the known ones are `backward`, `backward_transitive`, `forward`, `forward_transitive`, `full`, `full_transitive`, `none`");
    }
}
