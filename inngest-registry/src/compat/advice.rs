//! What to do instead of a breaking change.

use super::difference::Difference;
use super::verdict::Verdict;

/// What to do instead of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    MakeOptional,
    RefuseUnknown,
    AcceptUnknown,
    AcceptUnknownFirst,
    KeepWriting,
    KeepWritingAlways,
    KeepWritingValue,
    KeepAcceptingNull,
    KeepType,
    WaitForReaders,
    StopWriting,
    KeepLimit,
    KeepIdTemplate,
    KeepName,
    KeepAsItWas,
    /// Only a new version helps.
    NewVersion,
}

impl Advice {
    pub(super) fn of(
        difference: &Difference<'_>,
        backward: Verdict,
        forward: Verdict,
    ) -> Option<Self> {
        let breaks_backward = backward == Verdict::Breaking;
        if !breaks_backward && forward != Verdict::Breaking {
            return None;
        }
        Some(match difference {
            Difference::Added { attached: true, .. } if breaks_backward => Self::NewVersion,
            Difference::Added { required: true, .. } | Difference::NowRequired
                if breaks_backward =>
            {
                Self::MakeOptional
            }
            Difference::Added { .. } if breaks_backward => Self::RefuseUnknown,
            Difference::Added { .. } => Self::AcceptUnknownFirst,
            Difference::Removed { .. } | Difference::Undeclared(_) if breaks_backward => {
                Self::AcceptUnknown
            }
            Difference::Removed { .. } => Self::KeepWriting,
            Difference::NowRequired | Difference::NowOptional => Self::KeepWritingAlways,
            Difference::NowNull => Self::KeepWritingValue,
            Difference::NoLongerNull => Self::KeepAcceptingNull,
            Difference::Type { .. } | Difference::Length { .. } | Difference::Format { .. } => {
                Self::KeepType
            }
            Difference::Value { added: true, .. }
            | Difference::Variant { added: true, .. }
            | Difference::Alternative { added: true, .. } => Self::WaitForReaders,
            Difference::Value { .. }
            | Difference::Variant { .. }
            | Difference::Alternative { .. } => Self::StopWriting,
            Difference::Limit { is_id: true, .. } => Self::KeepIdTemplate,
            Difference::Limit { .. } | Difference::Range { .. } => Self::KeepLimit,
            Difference::Constant { is_name: true, .. } => Self::KeepName,
            Difference::Constant { .. }
            | Difference::Undeclared(_)
            | Difference::Other { .. }
            | Difference::Documentation
            | Difference::Default { .. }
            | Difference::Deprecated(_) => Self::KeepAsItWas,
        })
    }

    /// What to do, except for giving the schema a new version.
    pub(super) fn own(self, is_event: bool) -> &'static str {
        match self {
            Self::MakeOptional if is_event => {
                "make it optional: an `Option` with \
                 `#[serde(skip_serializing_if = \"Option::is_none\")]`"
            }
            Self::MakeOptional => "make it optional",
            Self::RefuseUnknown => "let the old schema refuse unknown properties",
            Self::AcceptUnknown => "accept unknown properties",
            Self::AcceptUnknownFirst => "let the old readers accept unknown properties first",
            Self::KeepWriting => "keep writing it",
            Self::KeepWritingAlways => "keep writing it always",
            Self::KeepWritingValue => "keep writing a value",
            Self::KeepAcceptingNull => "keep accepting `null`",
            Self::KeepType => "keep its type and add another property with the new one",
            Self::WaitForReaders => "do not write it until all readers know it",
            Self::StopWriting => "keep it and stop writing it",
            Self::KeepLimit => "keep the limit as it was",
            Self::KeepIdTemplate => "keep the id template",
            Self::KeepName => "keep the name; an event of another name is another event",
            Self::KeepAsItWas => "keep it as it was",
            Self::NewVersion => {
                "give the event a new version, because events that were sent before may have any \
                 value here"
            }
        }
    }

    /// What to do, including the new version that is always a way out.
    pub(super) fn sentence(self, is_event: bool) -> String {
        let own = self.own(is_event);
        match self {
            Self::KeepName | Self::NewVersion => own.to_owned(),
            _ if is_event => format!("{own}, or give the event a new version"),
            _ => format!("{own}, or publish the schema as a new version"),
        }
    }
}
