//! Every template that compiles gives different events different ids, and every rejected template
//! would not.

use inngest_core::{Event, IdPart, PayloadErrorKind};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema, IdPart)]
enum Word {
    A,
    Ab,
    AB,
    X1,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, IdPart)]
struct Newtype(String);

/// Text with separators, digits and signs, sometimes empty.
fn text() -> impl Strategy<Value = String> {
    "[-/:_.a01]{0,5}|\\PC{0,3}"
}

fn uuid() -> impl Strategy<Value = uuid::Uuid> {
    prop_oneof![Just(0), Just(1), Just(u128::MAX), any::<u128>()].prop_map(uuid::Uuid::from_u128)
}

fn signed() -> impl Strategy<Value = i64> {
    prop_oneof![-12_i64..12, any::<i64>()]
}

fn unsigned() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..120, any::<u64>()]
}

fn word() -> impl Strategy<Value = Word> {
    proptest::sample::select(vec![Word::A, Word::Ab, Word::AB, Word::X1])
}

/// Generates a property test: two events have equal ids exactly if their fields are equal.
macro_rules! proven {
    ($($name:ident $template:literal { $($field:ident: $ty:ty = $strategy:expr),* })*) => {$(
        mod $name {
            use super::*;

            #[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, Event)]
            #[event(name = "a/b", id = $template)]
            struct Proven {
                $(#[serde(skip)] $field: $ty,)*
            }

            fn event() -> impl Strategy<Value = Proven> {
                ($($strategy,)*).prop_map(|($($field,)*)| Proven { $($field),* })
            }

            proptest! {
                #![proptest_config(ProptestConfig::with_cases(2_000))]
                #[test]
                fn different_events_have_different_ids(a in event(), b in event()) {
                    match (a.dedup_id(), b.dedup_id()) {
                        (Ok(a_id), Ok(b_id)) => {
                            prop_assert_eq!(a == b, a_id == b_id, "{:?} {:?}", a, b);
                        }
                        // An empty part would make ids ambiguous, so it is an error.
                        (Err(error), _) | (_, Err(error)) => {
                            prop_assert_eq!(error.kind(), &PayloadErrorKind::EmptyIdPart);
                        }
                    }
                }
            }
        }
    )*};
}

proven! {
    text_then_number "b-{x}-{y}" { x: String = text(), y: u64 = unsigned() }
    text_slash_signed "b-{x}/{y}" { x: String = text(), y: i64 = signed() }
    signed_dash_signed "b-{x}-{y}" { x: i64 = signed(), y: i64 = signed() }
    number_dash_text "b-{x}-{y}" { x: u64 = unsigned(), y: Newtype = text().prop_map(Newtype) }
    uuid_around_text "b-{x}{{{y}-{z}" { x: uuid::Uuid = uuid(), y: char = any::<char>(), z: String = text() }
    word_dash_word "b-{x}-{y}" { x: Word = word(), y: Word = word() }
    bool_then_letter "b-{x}t{y}" { x: bool = any::<bool>(), y: String = text() }
    signed_text_and_number "b-{x}:{y}.{z}" { x: i64 = signed(), y: String = text(), z: u64 = unsigned() }
    only_text "b-{x}" { x: String = text() }
    text_in_front "b-{x}/b" { x: String = text() }
}

/// Generates a test with a rejected template and two different events that get the same id.
macro_rules! rejected {
    ($($name:ident $template:literal { $($field:ident: $ty:ty = $a:expr, $b:expr);* })*) => {$(
        #[test]
        fn $name() {
            #[derive(Debug, PartialEq, Serialize, JsonSchema, Event)]
            #[event(name = "a/b", id = $template, allow(ambiguous_id))]
            struct Rejected {
                $(#[serde(skip)] $field: $ty,)*
            }
            let (a, b) = (Rejected { $($field: $a),* }, Rejected { $($field: $b),* });
            assert_ne!(a, b);
            assert_eq!(a.dedup_id().unwrap(), b.dedup_id().unwrap());
        }
    )*};
}

rejected! {
    text_dash_signed "b-{x}-{y}" { x: String = "a".into(), "a-".into(); y: i64 = -1, 1 }
    two_texts "b-{x}-{y}" { x: String = "a".into(), "a-a".into(); y: String = "a-b".into(), "b".into() }
    numbers_with_a_digit_between "b-{x}0{y}" { x: u64 = 1, 101; y: u64 = 101, 1 }
    number_between_texts "b-{x}-{y}-{z}" {
        x: String = "a".into(), "a-1".into();
        y: u64 = 1, 2;
        z: String = "2-c".into(), "c".into()
    }
    words_with_a_word_character_between "b-{x}_{y}" { x: Word = Word::A, Word::AB; y: Word2 = Word2::BX, Word2::X }
    newtypes_of_text "b-{x}/{y}" {
        x: Newtype = Newtype("a".into()), Newtype("a/a".into());
        y: Newtype = Newtype("a/b".into()), Newtype("b".into())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema, IdPart)]
enum Word2 {
    X,
    BX,
}
