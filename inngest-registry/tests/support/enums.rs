//! Event types with enums in every representation, alone and flattened.

use std::collections::BTreeMap;

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

use super::Odd;

/// One enum in each representation.
///
/// This paragraph is not part of the summary.
#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "odd/enums.all",
    id = "enums-all-{number}",
    version = "2026-11-21.1"
)]
struct Enums {
    /// The number of the event.
    number: u32,
    external: External,
    internal: Internal,
    adjacent: Adjacent,
    untagged: Untagged,
    plain: Plain,
    documented: Documented,
    nested: Option<Box<External>>,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum External {
    /// Has no content.
    Unit,
    AnotherUnit,
    /// Has one value.
    Newtype(u8),
    Tuple(u8, String),
    Struct {
        /// The number of the shelf.
        shelf_number: u32,
        note: Option<String>,
    },
    #[serde(rename = "with-dash")]
    Dash(Box<External>),
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
enum Internal {
    /// Needs no payment.
    Free,
    /// Paid by card.
    Card {
        /// The last four digits.
        last_four: String,
    },
    /// The fields of another struct, next to the tag.
    BankTransfer(Bank),
}

#[derive(Clone, Serialize, JsonSchema)]
struct Bank {
    iban: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bic: Option<String>,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(Bank),
    Tuple(bool, f64),
    Struct { a: i8 },
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Null,
    Number(i32),
    Text(String),
    Many(Vec<Untagged>),
    Struct { x: f32, y: f32 },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Plain {
    InStock,
    SoldOut,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
enum Documented {
    /// Has a comment with `*/` in it.
    #[serde(rename = "it's \"quoted\" \\ */")]
    Odd,
    Bare,
}

/// Enums and a struct whose fields are flattened.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/enums.flattened", version = "2026-11-21.1")]
struct Flattened {
    id: String,
    #[serde(flatten)]
    internal: Internal,
    #[serde(flatten)]
    external: FlatExternal,
    #[serde(flatten)]
    bank: Bank,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum FlatExternal {
    ByWeight {
        grams: u32,
    },
    ByCount(u8),
    /// The quantity is unknown.
    Unknown,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/enums.flattened_option", version = "2026-11-21.1")]
struct FlattenedOption {
    id: String,
    #[serde(flatten)]
    internal: Option<Internal>,
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

/// The data is a flattened enum alone.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/enums.only_flattened", version = "2026-11-21.1")]
struct OnlyFlattened {
    #[serde(flatten)]
    internal: Internal,
}

/// Maps whose keys are variants of an enum.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/enums.keys", version = "2026-11-21.1")]
struct Keys {
    plain: BTreeMap<Plain, u32>,
    documented: BTreeMap<Documented, u32>,
}

fn bank(bic: Option<&str>) -> Bank {
    Bank {
        iban: "DE02120300000000202051".into(),
        bic: bic.map(Into::into),
    }
}

pub(crate) fn add(odd: &mut Odd) {
    let externals = [
        External::Unit,
        External::AnotherUnit,
        External::Newtype(1),
        External::Tuple(2, "b".into()),
        External::Struct {
            shelf_number: 3,
            note: None,
        },
        External::Dash(Box::new(External::Dash(Box::new(External::Unit)))),
    ];
    let internals = [
        Internal::Free,
        Internal::Card {
            last_four: "0000".into(),
        },
        Internal::BankTransfer(bank(Some("BYLADEM1001"))),
    ];
    let adjacents = [
        Adjacent::Unit,
        Adjacent::Newtype(bank(None)),
        Adjacent::Tuple(true, 0.5),
        Adjacent::Struct { a: -1 },
    ];
    let untagged = [
        Untagged::Null,
        Untagged::Number(-5),
        Untagged::Text("text".into()),
        Untagged::Many(vec![Untagged::Null, Untagged::Many(vec![])]),
        Untagged::Struct { x: 1.0, y: 2.5 },
    ];
    odd.add((0..externals.len()).map(|n| Enums {
        number: 1,
        external: externals[n].clone(),
        internal: internals[n % internals.len()].clone(),
        adjacent: adjacents[n % adjacents.len()].clone(),
        untagged: untagged[n % untagged.len()].clone(),
        plain: [Plain::InStock, Plain::SoldOut][n % 2],
        documented: [Documented::Odd, Documented::Bare][n % 2],
        nested: (n % 2 == 0).then(|| Box::new(externals[n].clone())),
    }));
    odd.add((0..internals.len()).map(|n| {
        Flattened {
            id: "1".into(),
            // Skip the transfer, which would send its account twice.
            internal: internals[n % 2].clone(),
            external: [
                FlatExternal::ByWeight { grams: 5 },
                FlatExternal::ByCount(6),
                FlatExternal::Unknown,
            ][n % 3]
                .clone(),
            bank: bank(None),
        }
    }));
    odd.add(
        [None, Some(internals[1].clone())].map(|internal| FlattenedOption {
            id: "1".into(),
            internal,
            rest: BTreeMap::from([("more".into(), 1)]),
        }),
    );
    odd.add(internals.map(|internal| OnlyFlattened { internal }));
    odd.add([Keys {
        plain: BTreeMap::from([(Plain::InStock, 1)]),
        documented: BTreeMap::from([(Documented::Odd, 1), (Documented::Bare, 2)]),
    }]);
}
