//! Verdicts, and how they combine.

/// Whether one side can read what the other writes, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything that is written can be read.
    Compatible,
    /// Neither could be shown.
    Unknown,
    /// Something that can be written cannot be read.
    Breaking,
}

/// How strict verdicts are; see [the module](super#standard-and-strict).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strictness {
    /// Judges what programs write and read if their schemas come from Rust types.
    #[default]
    Standard,
    /// Judges everything that the schemas accept, as Confluent's schema registry does.
    Strict,
}

impl Verdict {
    /// Compatible if a demand is met, breaking otherwise.
    pub(super) fn of(is_met: bool) -> Self {
        if is_met {
            Self::Compatible
        } else {
            Self::Breaking
        }
    }

    /// The worst of several verdicts. Stops at the first that breaks.
    pub(super) fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let mut worst = Self::Compatible;
        for verdict in verdicts {
            worst = worst.max(verdict);
            if worst == Self::Breaking {
                break;
            }
        }
        worst
    }
}
