//! Every template that compiles gives different events different ids, and every rejected template
//! would not.

use std::ops::RangeInclusive;

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
    dates_dash_dates "b-{x}-{y}-{z}" {
        x: chrono::NaiveDate = date(0..=9999).prop_map(chrono_date),
        y: jiff::civil::Date = date(0..=9999).prop_map(jiff_date),
        z: time::Date = date(0..=9999).prop_map(time_date)
    }
    text_dash_date_dash_number "b-{x}-{y}-{z}" {
        x: String = text(), y: chrono::NaiveDate = date(0..=9999).prop_map(chrono_date), z: u64 = unsigned()
    }
}

type YearMonthDay = (i32, u8, u8);

fn date(years: RangeInclusive<i32>) -> impl Strategy<Value = YearMonthDay> {
    let edges = [*years.start(), -1, 0, 1, 9999, 10_000, *years.end()];
    let edges = edges.into_iter().filter(|year| years.contains(year));
    let year = prop_oneof![
        proptest::sample::select(edges.collect::<Vec<_>>()),
        years.clone()
    ];
    // Both a new day and a new month must show, but a long month need not.
    (year, 1_u8..=12, 1_u8..=28)
}

fn chrono_date((year, month, day): YearMonthDay) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(year, month.into(), day.into()).unwrap()
}

fn jiff_date((year, month, day): YearMonthDay) -> jiff::civil::Date {
    let [month, day] = [month, day].map(|number| number.try_into().unwrap());
    jiff::civil::Date::new(year.try_into().unwrap(), month, day).unwrap()
}

fn time_date((year, month, day): YearMonthDay) -> time::Date {
    time::Date::from_calendar_date(year, month.try_into().unwrap(), day).unwrap()
}

/// Generates a property test: a date prints as ten characters, or is an error.
macro_rules! calendar_dates {
    ($($name:ident: $ty:ty = $new:path, $years:expr;)*) => {$(
        proptest! {
            #[test]
            fn $name(date in date($years)) {
                #[derive(Serialize, JsonSchema, Event)]
                #[event(name = "a/report", id = "report-{day}")]
                struct Report {
                    #[serde(skip)]
                    day: $ty,
                }
                let id = Report { day: $new(date) }.dedup_id();
                let (year, month, day) = date;
                if (0..=9999).contains(&year) {
                    let day = format!("{year:04}-{month:02}-{day:02}");
                    prop_assert_eq!(day.len(), 10);
                    prop_assert_eq!(id.unwrap().unwrap(), format!("report-{day}"));
                } else {
                    let error = id.unwrap_err();
                    prop_assert_eq!(error.path(), "day");
                    prop_assert_eq!(error.kind(), &PayloadErrorKind::IdPartYearOutOfRange);
                }
            }
        }
    )*};
}

calendar_dates! {
    chrono_dates: chrono::NaiveDate = chrono_date, -262_142..=262_141;
    jiff_dates: jiff::civil::Date = jiff_date, -9999..=9999;
    time_dates: time::Date = time_date, -9999..=9999;
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
