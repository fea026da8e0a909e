//! Structs that reach the derives through `macro_rules!`, passed in every possible way.
//!
//! A token keeps the hygiene of the place where it was written. If a derive used that hygiene for its own
//! `self` or local variables, they would not resolve when the struct's tokens and the derive come from
//! different places.

#![allow(
    unused_imports,
    reason = "a macro may drop the derives that need an import"
)]

use inngest_core::{Batch, Event, IdPart, IntoPayload};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize, JsonSchema)]
struct Order {
    id: u32,
}

#[derive(Serialize, JsonSchema)]
struct User {
    external_id: u8,
}

#[derive(Serialize, JsonSchema)]
struct Rest {
    note: String,
}

/// The event as it is sent.
fn encoded<E: Event>(event: &E) -> Value {
    let mut batch = Batch::new();
    batch.push(event).unwrap();
    serde_json::from_str(batch.events().next().unwrap()).unwrap()
}

/// The event without the time at which it was encoded.
fn without_ts(mut event: Value) -> Value {
    event.as_object_mut().unwrap().remove("ts").unwrap();
    event
}

fn description<E: Event>() -> String {
    inngest_core::registry::Descriptor::of::<E>()
        .description()
        .unwrap()
}

/// Generates a module with all forms for each wrapper. A wrapper is a macro that receives the derives, as
/// an attribute from `wrap!`, and the item.
macro_rules! for_each_wrapper {
    ($dollar:tt $($wrapper:ident)*) => {$(
        mod $wrapper {
            use super::*;

            macro_rules! wrap {
                (event $dollar($dollar item:tt)*) => {
                    $wrapper! { [#[derive(Serialize, JsonSchema, Event)]] $dollar($dollar item)* }
                };
                (part $dollar($dollar item:tt)*) => {
                    $wrapper! { [#[derive(Serialize, JsonSchema, IdPart)]] $dollar($dollar item)* }
                };
                (variants $dollar($dollar item:tt)*) => {
                    variants! { [#[derive(Serialize, JsonSchema, IdPart)]] $dollar($dollar item)* }
                };
            }

            include!("through_macros/forms.rs");
        }
    )*};
}

macro_rules! as_item {
    ([$($derive:tt)*] $item:item) => { $($derive)* $item };
}

macro_rules! as_tokens {
    ([$($derive:tt)*] $($item:tt)*) => { $($derive)* $($item)* };
}

macro_rules! as_body_of_tokens {
    (
        [$($derive:tt)*] $(#[$meta:meta])*
        $vis:vis struct $name:ident $(<$lifetime:lifetime, $parameter:ident>)? { $($body:tt)* }
    ) => {
        $($derive)*
        $(#[$meta])*
        $vis struct $name $(<$lifetime, $parameter>)? { $($body)* }
    };
}

macro_rules! as_attributes_of_tokens {
    (
        [$($derive:tt)*] $(#[$($meta:tt)*])*
        $vis:vis struct $name:ident $(<$($parameter:tt),*>)? {
            $($(#[$($field_meta:tt)*])* $field_vis:vis $field:ident: $ty:ty),*
        }
    ) => {
        $($derive)*
        $(#[$($meta)*])*
        $vis struct $name $(<$($parameter),*>)? {
            $($(#[$($field_meta)*])* $field_vis $field: $ty,)*
        }
    };
}

macro_rules! as_fragments {
    (
        [$(#[$derive:meta])*] $(#[$meta:meta])*
        $vis:vis struct $name:ident $(<$lifetime:lifetime, $parameter:ident>)? {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty),*
        }
    ) => {
        $(#[$derive])*
        $(#[$meta])*
        $vis struct $name $(<$lifetime, $parameter>)? {
            $($(#[$field_meta])* $field_vis $field: $ty),*
        }
    };
}

/// The derive is written in the macro that has the struct's body, not in its caller.
macro_rules! with_own_derive {
    ([#[derive($($derive:ident),*)]] $($item:tt)*) => {
        with_own_derive! { $($derive)*; $($item)* }
    };
    (Serialize JsonSchema Event; $item:item) => {
        #[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
        $item
    };
    (Serialize JsonSchema IdPart; $item:item) => {
        #[derive(serde::Serialize, schemars::JsonSchema, inngest_core::IdPart)]
        $item
    };
}

macro_rules! as_item_of_an_item {
    ([$($derive:tt)*] $item:item) => { as_item! { [$($derive)*] $item } };
}

macro_rules! as_tokens_of_fragments {
    ($($all:tt)*) => { as_fragments! { $($all)* } };
}

macro_rules! as_fragments_of_fragments {
    (
        [$(#[$derive:meta])*] $(#[$meta:meta])*
        $vis:vis struct $name:ident $(<$lifetime:lifetime, $parameter:ident>)? {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty),*
        }
    ) => {
        as_fragments! {
            [$(#[$derive])*] $(#[$meta])*
            $vis struct $name $(<$lifetime, $parameter>)? {
                $($(#[$field_meta])* $field_vis $field: $ty),*
            }
        }
    };
}

macro_rules! by_name {
    ($macro:ident $($all:tt)*) => { $macro! { $($all)* } };
}

macro_rules! by_macro_name {
    ($($all:tt)*) => { by_name! { as_fragments $($all)* } };
}

/// Another macro defines the macro that emits the struct.
macro_rules! by_generated_macro {
    ([$($derive:tt)*] $(#[$meta:meta])* $vis:vis struct $name:ident $($rest:tt)*) => {
        macro_rules! $name {
            ($item:item) => { $($derive)* $item };
        }
        $name! { $(#[$meta])* $vis struct $name $($rest)* }
    };
}

macro_rules! by_foreign_macro {
    ($($all:tt)*) => { renamed::as_item! { $($all)* } };
}

macro_rules! by_foreign_fragments {
    ($($all:tt)*) => { renamed::as_fragments! { $($all)* } };
}

macro_rules! variants {
    ([$($derive:tt)*] $(#[$meta:meta])* $vis:vis enum $name:ident { $($variant:ident),* }) => {
        $($derive)*
        $(#[$meta])*
        $vis enum $name { $($variant),* }
    };
}

for_each_wrapper! { $
    as_item
    as_tokens
    as_body_of_tokens
    as_attributes_of_tokens
    as_fragments
    with_own_derive
    as_item_of_an_item
    as_tokens_of_fragments
    as_fragments_of_fragments
    by_macro_name
    by_generated_macro
    by_foreign_macro
    by_foreign_fragments
}

/// Attribute values passed as every suitable kind of fragment.
mod attribute_values {
    use super::*;

    macro_rules! literals {
        (
            $name:literal $version:literal $id:literal $session:literal $renamed:literal $doc:literal
        ) => {
            #[doc = $doc]
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = $name, version = $version, id = $id)]
            struct Made {
                #[event(session = $session)]
                #[serde(rename = $renamed)]
                key: u8,
            }
        };
    }
    macro_rules! expressions {
        (
            $name:expr, $version:expr, $id:expr, $session:expr, $renamed:literal, $doc:expr
        ) => {
            #[doc = $doc]
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = $name, version = $version, id = $id)]
            struct Made {
                #[event(session = $session)]
                #[serde(rename = $renamed)]
                key: u8,
            }
        };
    }
    macro_rules! tokens {
        ($name:tt $version:tt $id:tt $session:tt $renamed:tt $doc:tt) => {
            #[doc = $doc]
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = $name, version = $version, id = $id)]
            struct Made {
                #[event(session = $session)]
                #[serde(rename = $renamed)]
                key: u8,
            }
        };
    }
    macro_rules! metas {
        ($doc:meta, $($of_struct:meta),+; $($field_meta:meta),+) => {
            #[$doc]
            #[derive(Serialize, JsonSchema, Event)]
            $(#[$of_struct])+
            struct Made {
                $(#[$field_meta])+
                key: u8,
            }
        };
    }
    macro_rules! items {
        ($doc:literal $($of_struct:meta),+; $field_meta:meta, $of_serde:meta) => {
            #[doc = $doc]
            #[derive(Serialize, JsonSchema, Event)]
            #[event($($of_struct),+)]
            struct Made {
                #[event($field_meta)]
                #[serde($of_serde)]
                key: u8,
            }
        };
    }
    macro_rules! keys {
        ($($key:ident = $value:literal),+; $field_meta:ident = $session:expr; $renamed:literal $doc:literal) => {
            #[doc = $doc]
            #[derive(Serialize, JsonSchema, Event)]
            #[event($($key = $value),+)]
            struct Made {
                #[event($field_meta = $session)]
                #[serde(rename = $renamed)]
                key: u8,
            }
        };
    }

    fn check<E: Event>(made: &E) {
        assert_eq!(
            without_ts(encoded(made)),
            json!({
                "name": "a/made",
                "v": "2026-11-21.1",
                "id": "made-1",
                "data": { "k": 1 },
                "meta": { "sessions": { "s": 1 } },
            })
        );
        assert_eq!(description::<E>(), "Docs.");
    }

    #[test]
    fn literals_work() {
        literals! { "a/made" "2026-11-21.1" "made-{key}" "s" "k" "Docs." }
        check(&Made { key: 1 });
    }

    #[test]
    fn expressions_work() {
        expressions! { "a/made", "2026-11-21.1", "made-{key}", "s", "k", "Docs." }
        check(&Made { key: 1 });
    }

    #[test]
    fn tokens_work() {
        tokens! { "a/made" "2026-11-21.1" "made-{key}" "s" "k" "Docs." }
        check(&Made { key: 1 });
    }

    #[test]
    fn whole_attributes_work() {
        metas! {
            doc = "Docs.", event(name = "a/made"), event(version = "2026-11-21.1", id = "made-{key}");
            event(session = "s"), serde(rename = "k")
        }
        check(&Made { key: 1 });
    }

    #[test]
    fn values_with_keys_work() {
        items! {
            "Docs." name = "a/made", version = "2026-11-21.1", id = "made-{key}";
            session = "s", rename = "k"
        }
        check(&Made { key: 1 });
    }

    #[test]
    fn values_next_to_keys_work() {
        keys! {
            name = "a/made", version = "2026-11-21.1", id = "made-{key}"; session = "s"; "k" "Docs."
        }
        check(&Made { key: 1 });
    }
}

/// Flags, rules, paths, types and fields as macro parameters.
mod fragments {
    use super::*;

    macro_rules! marked {
        ($at:ident $by:ident $of:ident $id:ident $skip:ident; $ts:ty, $user:ty, $session:ty) => {
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = "a/marked")]
            struct Marked {
                #[event($at)]
                #[serde($skip)]
                at: $ts,
                #[event($by)]
                #[serde($skip)]
                by: $user,
                #[event($of, $id)]
                of: $session,
            }
        };
    }

    #[test]
    fn flags_and_types_can_be_parameters() {
        marked! { ts user session id skip; Option<i64>, Option<User>, u8 }
        let marked = Marked {
            at: Some(1_743_130_137_367),
            by: Some(User { external_id: 5 }),
            of: 1,
        };
        assert_eq!(
            encoded(&marked),
            json!({
                "name": "a/marked",
                "id": "marked-1",
                "ts": 1_743_130_137_367_i64,
                "data": { "of": 1 },
                "user": { "external_id": 5 },
                "meta": { "sessions": { "of": 1 } },
            })
        );
    }

    macro_rules! lifted {
        ($name:literal $($rule:ident)* | $path:path) => {
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = $name, id = "{a}-{b}", allow($($rule),*), crate = $path)]
            struct Lifted {
                a: String,
                b: String,
            }
        };
    }

    #[test]
    fn rules_and_the_crate_path_can_be_parameters() {
        lifted! { "A" nonstandard_name unscoped_id ambiguous_id | ::inngest_core }
        let lifted = Lifted {
            a: "1".into(),
            b: "2".into(),
        };
        assert_eq!(lifted.dedup_id().unwrap().unwrap(), "1-2");
    }

    /// Emits a struct with fields from the macro and fields from the caller.
    macro_rules! with_own_fields {
        ($(#[$meta:meta])* struct $name:ident { $($body:tt)* } $($derive:tt)*) => {
            $($derive)*
            $(#[$meta])*
            #[event(name = "a/mixed", id = "mixed-{own}/{order.id}")]
            struct $name {
                #[event(ts)]
                at: i64,
                own: u8,
                #[event(user)]
                #[serde(skip)]
                user: User,
                #[event(session)]
                visit: &'static str,
                $($body)*
            }
        };
    }

    #[test]
    fn fields_can_come_from_macro_and_caller() {
        with_own_fields! {
            struct Mixed {
                order: Order,
                #[event(session)]
                shop: u8,
            }
            #[derive(Serialize, JsonSchema, Event)]
        }
        let mixed = Mixed {
            at: 1_743_130_137_367,
            own: 1,
            user: User { external_id: 5 },
            visit: "v",
            order: Order { id: 7 },
            shop: 2,
        };
        assert_eq!(
            encoded(&mixed),
            json!({
                "name": "a/mixed",
                "id": "mixed-1/7",
                "ts": 1_743_130_137_367_i64,
                "data": {
                    "at": 1_743_130_137_367_i64, "own": 1, "visit": "v", "order": { "id": 7 }, "shop": 2,
                },
                "user": { "external_id": 5 },
                "meta": { "sessions": { "visit": "v", "shop": 2 } },
            })
        );
    }

    renamed::part! { struct Part(u8); }

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/part", id = "part-{part}")]
    struct OfPart {
        part: Part,
    }

    /// The crate path begins with `$crate`, while the id comes from the caller.
    #[test]
    fn crate_path_can_begin_with_dollar_crate() {
        renamed::event! {
            name = "a/elsewhere",
            id = "elsewhere-{order.id}/{pair.0}/{key}",
            struct Elsewhere {
                order: Order,
                pair: (u8, String),
                #[event(session)]
                key: String,
                #[event(ts)]
                at: i64,
                #[event(user)]
                #[serde(skip)]
                user: User,
            }
        }
        renamed::event! {
            name = "a/ambiguous",
            id = "ambiguous-{left}-{right.0}",
            allow(ambiguous_id),
            struct Ambiguous {
                left: String,
                right: (String,),
            }
        }
        let elsewhere = Elsewhere {
            order: Order { id: 7 },
            pair: (1, String::new()),
            key: "k".into(),
            at: 1_743_130_137_367,
            user: User { external_id: 5 },
        };
        assert_eq!(
            encoded(&elsewhere),
            json!({
                "name": "a/elsewhere",
                "id": "elsewhere-7/1/k",
                "ts": 1_743_130_137_367_i64,
                "data": {
                    "order": { "id": 7 }, "pair": [1, ""], "key": "k", "at": 1_743_130_137_367_i64,
                },
                "user": { "external_id": 5 },
                "meta": { "sessions": { "key": "k" } },
            })
        );
        let ambiguous = Ambiguous {
            left: "l".into(),
            right: ("r".into(),),
        };
        let id = ambiguous.dedup_id().unwrap().unwrap();
        assert_eq!(id, "ambiguous-l-r");
        let of_part = OfPart { part: Part(1) };
        assert_eq!(of_part.dedup_id().unwrap().unwrap(), "part-1");
    }
}
