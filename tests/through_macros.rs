//! Structs that reach the derives through `macro_rules!`, in every way in which one can be passed.
//!
//! A token keeps the hygiene of the place where it was written. A derive that gives that hygiene to
//! a `self` or a local of its own cannot see it any more once the struct's tokens and the derive
//! come from different places.

// What a macro leaves out of a struct, such as the derive of the caller, is not used.
#![allow(unused_imports, reason = "a way that takes apart may not need all")]

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

/// For each way, a module with all forms. A way is a macro that takes the derives, as an attribute
/// that comes from `way!`, and the item.
macro_rules! ways {
    ($dollar:tt $($way:ident)*) => {$(
        mod $way {
            use super::*;

            macro_rules! way {
                (event $dollar($dollar item:tt)*) => {
                    $way! { [#[derive(Serialize, JsonSchema, Event)]] $dollar($dollar item)* }
                };
                (part $dollar($dollar item:tt)*) => {
                    $way! { [#[derive(Serialize, JsonSchema, IdPart)]] $dollar($dollar item)* }
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
            $($(#[$($of_field:tt)*])* $field_vis:vis $field:ident: $ty:ty),*
        }
    ) => {
        $($derive)*
        $(#[$($meta)*])*
        $vis struct $name $(<$($parameter),*>)? {
            $($(#[$($of_field)*])* $field_vis $field: $ty,)*
        }
    };
}

macro_rules! as_fragments {
    (
        [$(#[$derive:meta])*] $(#[$meta:meta])*
        $vis:vis struct $name:ident $(<$lifetime:lifetime, $parameter:ident>)? {
            $($(#[$of_field:meta])* $field_vis:vis $field:ident: $ty:ty),*
        }
    ) => {
        $(#[$derive])*
        $(#[$meta])*
        $vis struct $name $(<$lifetime, $parameter>)? {
            $($(#[$of_field])* $field_vis $field: $ty),*
        }
    };
}

/// The derive stands in the macro that has the struct's body, and not in its caller.
macro_rules! with_a_derive_of_its_own {
    ([#[derive($($derive:ident),*)]] $($item:tt)*) => {
        with_a_derive_of_its_own! { $($derive)*; $($item)* }
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
            $($(#[$of_field:meta])* $field_vis:vis $field:ident: $ty:ty),*
        }
    ) => {
        as_fragments! {
            [$(#[$derive])*] $(#[$meta])*
            $vis struct $name $(<$lifetime, $parameter>)? {
                $($(#[$of_field])* $field_vis $field: $ty),*
            }
        }
    };
}

macro_rules! by_name {
    ($macro:ident $($all:tt)*) => { $macro! { $($all)* } };
}

macro_rules! by_the_name_of_a_macro {
    ($($all:tt)*) => { by_name! { as_fragments $($all)* } };
}

/// The macro that makes the struct is made by a macro.
macro_rules! by_a_macro_from_a_macro {
    ([$($derive:tt)*] $(#[$meta:meta])* $vis:vis struct $name:ident $($rest:tt)*) => {
        macro_rules! $name {
            ($item:item) => { $($derive)* $item };
        }
        $name! { $(#[$meta])* $vis struct $name $($rest)* }
    };
}

macro_rules! by_a_macro_of_another_crate {
    ($($all:tt)*) => { renamed::as_item! { $($all)* } };
}

macro_rules! by_fragments_of_another_crate {
    ($($all:tt)*) => { renamed::as_fragments! { $($all)* } };
}

macro_rules! variants {
    ([$($derive:tt)*] $(#[$meta:meta])* $vis:vis enum $name:ident { $($variant:ident),* }) => {
        $($derive)*
        $(#[$meta])*
        $vis enum $name { $($variant),* }
    };
}

ways! { $
    as_item
    as_tokens
    as_body_of_tokens
    as_attributes_of_tokens
    as_fragments
    with_a_derive_of_its_own
    as_item_of_an_item
    as_tokens_of_fragments
    as_fragments_of_fragments
    by_the_name_of_a_macro
    by_a_macro_from_a_macro
    by_a_macro_of_another_crate
    by_fragments_of_another_crate
}

/// The values of attributes, as every kind of fragment that can be one.
mod values {
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
        ($doc:meta, $($of_struct:meta),+; $($of_field:meta),+) => {
            #[$doc]
            #[derive(Serialize, JsonSchema, Event)]
            $(#[$of_struct])+
            struct Made {
                $(#[$of_field])+
                key: u8,
            }
        };
    }
    macro_rules! items {
        ($doc:literal $($of_struct:meta),+; $of_field:meta, $of_serde:meta) => {
            #[doc = $doc]
            #[derive(Serialize, JsonSchema, Event)]
            #[event($($of_struct),+)]
            struct Made {
                #[event($of_field)]
                #[serde($of_serde)]
                key: u8,
            }
        };
    }
    macro_rules! keys {
        ($($key:ident = $value:literal),+; $of_field:ident = $session:expr; $renamed:literal $doc:literal) => {
            #[doc = $doc]
            #[derive(Serialize, JsonSchema, Event)]
            #[event($($key = $value),+)]
            struct Made {
                #[event($of_field = $session)]
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
    fn come_as_literals() {
        literals! { "a/made" "2026-11-21.1" "made-{key}" "s" "k" "Docs." }
        check(&Made { key: 1 });
    }

    #[test]
    fn come_as_expressions() {
        expressions! { "a/made", "2026-11-21.1", "made-{key}", "s", "k", "Docs." }
        check(&Made { key: 1 });
    }

    #[test]
    fn come_as_tokens() {
        tokens! { "a/made" "2026-11-21.1" "made-{key}" "s" "k" "Docs." }
        check(&Made { key: 1 });
    }

    #[test]
    fn come_as_whole_attributes() {
        metas! {
            doc = "Docs.", event(name = "a/made"), event(version = "2026-11-21.1", id = "made-{key}");
            event(session = "s"), serde(rename = "k")
        }
        check(&Made { key: 1 });
    }

    #[test]
    fn come_with_their_keys() {
        items! {
            "Docs." name = "a/made", version = "2026-11-21.1", id = "made-{key}";
            session = "s", rename = "k"
        }
        check(&Made { key: 1 });
    }

    #[test]
    fn come_beside_their_keys() {
        keys! {
            name = "a/made", version = "2026-11-21.1", id = "made-{key}"; session = "s"; "k" "Docs."
        }
        check(&Made { key: 1 });
    }
}

/// Marks, rules, paths, types and fields that are parameters of a macro.
mod parts {
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
    fn marks_and_types() {
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
    fn rules_and_a_path() {
        lifted! { "A" nonstandard_name unscoped_id ambiguous_id | ::inngest_core }
        let lifted = Lifted {
            a: "1".into(),
            b: "2".into(),
        };
        assert_eq!(lifted.dedup_id().unwrap().unwrap(), "1-2");
    }

    /// Each field comes from somewhere else: the one from the caller, the other from the macro.
    macro_rules! with_fields_of_its_own {
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
    fn fields_of_the_macro_beside_fields_of_its_caller() {
        with_fields_of_its_own! {
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

    /// A path that begins with `$crate`, where the id that it stands beside is the caller's.
    #[test]
    fn a_path_of_the_macros_own_crate() {
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
