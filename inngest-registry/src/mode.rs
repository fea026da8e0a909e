//! Compatibility modes: which readers a changed schema must not break.

use crate::compat::Verdict;
use crate::named::named_enum;

named_enum! {
    "mode"
    /// Which readers a changed schema must not break, named as in schema registries.
    ///
    /// `check` compares a type with the exported file of its own version. In modes that end in
    /// `_transitive`, it also compares the type with all older exported versions of the event. In the
    /// other modes, a new version may change anything.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Mode {
        /// Readers of the new schema can read events written with the old one.
        Backward = "backward",
        /// [`Backward`](Self::Backward), for all older versions too.
        BackwardTransitive = "backward_transitive",
        /// Readers of the old schema can read events written with the new one.
        Forward = "forward",
        /// [`Forward`](Self::Forward), for all older versions too.
        ForwardTransitive = "forward_transitive",
        /// [`Backward`](Self::Backward) and [`Forward`](Self::Forward).
        #[default]
        Full = "full",
        /// [`Full`](Self::Full), for all older versions too.
        FullTransitive = "full_transitive",
        /// Anything may change; differences are still reported.
        None = "none",
    }
}

impl Mode {
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

    /// The worse of two verdicts, without those that the mode ignores.
    pub(crate) fn judge(self, backward: Verdict, forward: Verdict) -> Verdict {
        let verdicts = [(self.is_backward(), backward), (self.is_forward(), forward)];
        let is = |wanted| verdicts.contains(&(true, wanted));
        if is(Verdict::Breaking) {
            Verdict::Breaking
        } else if is(Verdict::Unknown) {
            Verdict::Unknown
        } else {
            Verdict::Compatible
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for &mode in Mode::ALL {
            assert_eq!(mode.name().parse::<Mode>().unwrap(), mode);
            let shouted = mode.name().to_uppercase().replace('_', "-");
            assert_eq!(shouted.parse::<Mode>().unwrap(), mode);
        }
        insta::assert_snapshot!("bakward".parse::<Mode>().unwrap_err(), @"unknown mode `bakward`; did you mean `backward`? the known ones are `backward`, `backward_transitive`, `forward`, `forward_transitive`, `full`, `full_transitive`, `none`");
    }
}
