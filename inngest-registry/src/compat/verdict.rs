//! Verdicts, and how they combine.

/// Whether one side can read what the other writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that is written can be read.
    Compatible,
    /// Something that can be written cannot be read.
    Breaking,
    /// Neither could be shown.
    Unknown,
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
            worst = worst.or_worse(verdict);
            if worst == Self::Breaking {
                break;
            }
        }
        worst
    }

    pub(super) fn or_worse(self, other: Self) -> Self {
        if self.badness() < other.badness() {
            other
        } else {
            self
        }
    }

    pub(super) fn or_milder(self, other: Self) -> Self {
        if self.badness() < other.badness() {
            self
        } else {
            other
        }
    }

    /// Whether this is as bad as another verdict, or worse.
    pub(super) fn is_at_least(self, other: Self) -> bool {
        self.badness() >= other.badness()
    }

    fn badness(self) -> u8 {
        match self {
            Self::Compatible => 0,
            Self::Unknown => 1,
            Self::Breaking => 2,
        }
    }
}
