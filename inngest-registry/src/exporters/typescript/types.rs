//! Models the TypeScript types that JSON needs.

/// A TypeScript type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// A keyword, a literal, or the name of another type.
    Word(String),
    /// `T[]`
    Array(Box<Type>),
    /// `[A, B?, ...C[]]`
    Tuple {
        items: Vec<Type>,
        /// How many items are required.
        required: usize,
        rest: Option<Box<Type>>,
    },
    /// `{ a: A; b?: B; [key: string]: C }`
    Object {
        members: Vec<Member>,
        index: Option<Box<Type>>,
    },
    /// `A | B`, with at least two types; see [`Type::union`].
    Union(Vec<Alternative>),
    /// `A & B`, with at least two types; see [`Type::intersection`].
    Intersection(Vec<Type>),
}

/// A property of an object type.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) docs: Docs,
    pub(super) name: String,
    pub(super) optional: bool,
    pub(super) of: Type,
}

/// One type of a union.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alternative {
    pub(super) docs: Docs,
    pub(super) of: Type,
}

impl From<Type> for Alternative {
    fn from(of: Type) -> Self {
        Self {
            docs: Docs::default(),
            of,
        }
    }
}

/// The doc comment of a type or property.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Docs {
    /// The text, with any number of lines.
    pub(super) text: Option<String>,
    /// Tags, one on each line.
    pub(super) tags: Vec<String>,
}

impl From<String> for Docs {
    fn from(text: String) -> Self {
        Self {
            text: Some(text),
            tags: Vec::new(),
        }
    }
}

impl Docs {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_none() && self.tags.is_empty()
    }
}

impl Type {
    pub(super) fn word(word: &str) -> Self {
        Self::Word(word.to_owned())
    }

    /// The type of every value.
    pub(super) fn unknown() -> Self {
        Self::word("unknown")
    }

    /// The type without values.
    pub(super) fn never() -> Self {
        Self::word("never")
    }

    /// An object without known properties.
    pub(super) fn empty_object() -> Self {
        Self::Object {
            members: Vec::new(),
            index: None,
        }
    }

    /// An object with arbitrary properties of one type.
    pub(super) fn map_of(value: Self) -> Self {
        Self::Object {
            members: Vec::new(),
            index: Some(Box::new(value)),
        }
    }

    /// The simplified union of several types.
    pub(super) fn union(alternatives: impl IntoIterator<Item = Alternative>) -> Self {
        let mut simple = Vec::<Alternative>::new();
        for alternative in alternatives {
            match alternative.of {
                Self::Union(inner) => {
                    for alternative in inner {
                        add(&mut simple, alternative);
                    }
                }
                of => add(&mut simple, Alternative { of, ..alternative }),
            }
        }
        if simple
            .iter()
            .any(|alternative| alternative.of == Self::unknown())
        {
            return Self::unknown();
        }
        if simple.len() > 1 {
            return Self::Union(simple);
        }
        simple.pop().map_or_else(Self::never, |only| only.of)
    }

    /// The simplified intersection of several types.
    pub(super) fn intersection(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut simple = Vec::<Self>::new();
        for part in parts {
            let inner = match part {
                Self::Intersection(inner) => inner,
                part => vec![part],
            };
            for part in inner {
                if part != Self::unknown() && !simple.contains(&part) {
                    simple.push(part);
                }
            }
        }
        if simple.contains(&Self::never()) {
            return Self::never();
        }
        if simple.len() > 1 {
            // The empty object type adds nothing to the other object types.
            simple.retain(|part| *part != Self::empty_object());
        }
        match simple.len() {
            0 => Self::unknown(),
            1 => simple.remove(0),
            _ => Self::Intersection(simple),
        }
    }
}

fn add(alternatives: &mut Vec<Alternative>, new: Alternative) {
    if new.of != Type::never() && alternatives.iter().all(|known| known.of != new.of) {
        alternatives.push(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn union(types: &[&Type]) -> Type {
        Type::union(types.iter().map(|of| (*of).clone().into()))
    }

    #[test]
    fn unions_and_intersections_are_simplified() {
        let (a, b, c) = (Type::word("A"), Type::word("B"), Type::word("C"));
        let (never, unknown) = (Type::never(), Type::unknown());
        let ab = union(&[&a, &b]);
        assert_eq!(union(&[&never, &a, &a]), a);
        assert_eq!(union(&[]), never);
        assert_eq!(union(&[&a, &unknown]), unknown);
        assert_eq!(union(&[&ab, &c]), union(&[&a, &b, &c]));
        let both = Type::intersection([a.clone(), b.clone()]);
        assert_eq!(
            Type::intersection([a.clone(), unknown.clone(), Type::empty_object()]),
            a
        );
        assert_eq!(Type::intersection([]), unknown);
        assert_eq!(
            Type::intersection([Type::empty_object()]),
            Type::empty_object()
        );
        assert_eq!(Type::intersection([a.clone(), never.clone()]), never);
        assert_eq!(
            Type::intersection([both, c.clone(), a.clone()]),
            Type::Intersection(vec![a, b, c])
        );
    }
}
