//! Defines `Kinds`: the names and versions that an enum decodes, sorted at compile time.

use crate::error::DecodeErrorKind;
use crate::text::{ConstText, is_same};

/// A name and version that an enum decodes.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    hash: u64,
    name: &'static str,
    /// Empty for events without a version.
    version: &'static str,
    /// Whether it also takes versions that no other kind has.
    any_version: bool,
    /// The type as its author wrote it, for error messages.
    label: &'static str,
    /// The position in the order of [`Table::add`].
    index: usize,
}

impl Kind {
    const NONE: Self = Self {
        hash: 0,
        name: "",
        version: "",
        any_version: false,
        label: "",
        index: 0,
    };

    /// An event name and version, and the type that has them, as its author wrote it.
    #[must_use]
    pub const fn new(
        name: &'static str,
        version: Option<&'static str>,
        label: &'static str,
    ) -> Self {
        Self {
            hash: hash(name),
            name,
            version: match version {
                Some(version) => version,
                None => "",
            },
            label,
            ..Self::NONE
        }
    }

    /// Takes all versions that no other kind has.
    #[must_use]
    pub const fn with_any_version(mut self) -> Self {
        self.any_version = true;
        self
    }

    pub(crate) const fn label(&self) -> &'static str {
        self.label
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> Option<&'static str> {
        Some(self.version).filter(|version| !version.is_empty())
    }

    const fn has_name_of(&self, other: &Self) -> bool {
        self.hash == other.hash && is_same(self.name, other.name)
    }
}

/// Hashes a word at a time, because it runs for the name of each received event.
const fn hash(name: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, mut rest) = name.as_bytes().as_chunks::<8>();
    let mut words = words;
    let mut hash = name.len() as u64;
    while let [word, others @ ..] = words {
        hash = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
        hash ^= hash >> 29;
        words = others;
    }
    let mut last = 0;
    while let [byte, others @ ..] = rest {
        last = last << 8 | *byte as u64;
        rest = others;
    }
    hash = (hash ^ last).wrapping_mul(FACTOR);
    hash ^ hash >> 32
}

/// Collects the kinds of an enum in a constant.
#[derive(Debug)]
pub struct Table<const N: usize> {
    kinds: [Kind; N],
    names: [&'static str; N],
    /// For each kind in the order of [`Self::add`], an earlier one that takes the same events, or `N`.
    conflicts: [usize; N],
    len: usize,
    names_len: usize,
}

#[expect(
    clippy::indexing_slicing,
    reason = "the table is a constant, where an index out of bounds is a compile error"
)]
impl<const N: usize> Table<N> {
    /// An empty table.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "`Default` is not available in constants"
    )]
    pub const fn new() -> Self {
        Self {
            kinds: [Kind::NONE; N],
            names: [""; N],
            conflicts: [N; N],
            len: 0,
            names_len: 0,
        }
    }

    /// Adds a kind.
    pub const fn add(&mut self, mut kind: Kind) {
        kind.index = self.len;
        let mut slot = self.len;
        let mut is_first = true;
        while slot > 0 && self.kinds[slot - 1].hash >= kind.hash {
            let other = &self.kinds[slot - 1];
            if other.has_name_of(&kind) {
                is_first = false;
                if conflict(other, &kind).is_some() {
                    self.conflicts[kind.index] = other.index;
                }
            }
            self.kinds[slot] = self.kinds[slot - 1];
            slot -= 1;
        }
        self.kinds[slot] = kind;
        self.len += 1;
        if is_first {
            self.names[self.names_len] = kind.name;
            self.names_len += 1;
        }
    }

    /// The kinds of a table that is a constant.
    #[must_use]
    pub const fn kinds(&'static self) -> Kinds {
        Kinds {
            sorted: self.kinds.as_slice(),
            names: self.names.split_at(self.names_len).0,
            conflicts: self.conflicts.as_slice(),
        }
    }
}

/// Whether two kinds of one name take the same events, and why.
const fn conflict(one: &Kind, other: &Kind) -> Option<Conflict> {
    // A type with mistakes has no name, and its mistakes are reported already.
    if one.name.is_empty() {
        None
    } else if is_same(one.version, other.version) {
        Some(Conflict::SameVersion)
    } else if one.any_version && other.any_version {
        Some(Conflict::AnyVersion)
    } else {
        None
    }
}

#[derive(Clone, Copy)]
enum Conflict {
    SameVersion,
    AnyVersion,
}

const fn message(one: &Kind, other: &Kind, conflict: Conflict) -> ConstText {
    let text = ConstText::new()
        .with("`")
        .with(one.label)
        .with("` and `")
        .with(other.label);
    match conflict {
        Conflict::SameVersion => {
            let text = text
                .with("` have the same event name and version, `")
                .with(one.name);
            let text = if one.version.is_empty() {
                text.with("` without a version")
            } else {
                text.with("` version `").with(one.version).with("`")
            };
            text.with(", so their events cannot be told apart; remove one of the two")
        }
        Conflict::AnyVersion => text
            .with("` both take any version of `")
            .with(one.name)
            .with("`; remove `any_version` from one of the two"),
    }
}

/// Fails to compile if an earlier kind takes the same events as this one.
///
/// # Panics
///
/// Panics in that case. It is only called in constants, so the panic is a compile error.
#[track_caller]
#[expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "it runs in constants, where both are compile errors"
)]
pub const fn assert_distinct(kinds: &Kinds, index: usize) {
    let other = kinds.conflicts[index];
    if other == kinds.conflicts.len() {
        return;
    }
    let (mut this, mut earlier) = (Kind::NONE, Kind::NONE);
    let mut rest = kinds.sorted;
    while let [kind, others @ ..] = rest {
        if kind.index == index {
            this = *kind;
        }
        if kind.index == other {
            earlier = *kind;
        }
        rest = others;
    }
    if let Some(conflict) = conflict(&earlier, &this) {
        panic!("{}", message(&earlier, &this, conflict).as_str());
    }
}

/// The kinds of an enum, sorted by the hash of their names, and the names without duplicates.
#[derive(Clone, Copy, Debug)]
pub struct Kinds {
    sorted: &'static [Kind],
    names: &'static [&'static str],
    conflicts: &'static [usize],
}

impl Kinds {
    /// No kinds.
    pub const NONE: Self = Self {
        sorted: &[],
        names: &[],
        conflicts: &[],
    };

    /// The names without duplicates, in the order of the variants.
    #[must_use]
    pub const fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// The position of the kind that takes an event.
    #[must_use]
    pub fn find(&self, name: &str, version: Option<&str>) -> Option<usize> {
        let version = version.unwrap_or_default();
        let mut any_version = None;
        for kind in self.with_name(name) {
            if is_same(kind.version, version) {
                return Some(kind.index);
            }
            if kind.any_version {
                any_version = Some(kind.index);
            }
        }
        any_version
    }

    /// Why no kind takes an event of this name.
    pub(crate) fn why_not(&self, name: &str) -> DecodeErrorKind {
        let mut kinds: Vec<&Kind> = self.with_name(name).collect();
        kinds.sort_by_key(|kind| kind.index);
        if kinds.is_empty() {
            return DecodeErrorKind::UnknownEvent;
        }
        let known = kinds.into_iter().map(Kind::version).collect();
        DecodeErrorKind::UnknownVersion { known }
    }

    fn with_name(&self, name: &str) -> impl Iterator<Item = &'static Kind> {
        let hash = hash(name);
        let first = self.sorted.partition_point(|kind| kind.hash < hash);
        let from_first = self.sorted.get(first..).unwrap_or_default();
        from_first
            .iter()
            .take_while(move |kind| kind.hash == hash)
            .filter(move |kind| is_same(kind.name, name))
    }
}
