//! Macro hygiene: generated code compiles without warnings among shadowed names.
//!
//! CI runs clippy with `pedantic` on this file and treats warnings as errors.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]

use inngest_core::Event as _;

/// Shadows every name that generated code might use. The schemars derive needs an explicit path next to
/// a module named `schemars`.
#[allow(
    dead_code,
    non_camel_case_types,
    reason = "the items exist only to shadow names"
)]
mod shadowed {
    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct String;
    pub(crate) struct Vec;
    pub(crate) struct Box;
    pub(crate) struct str_;
    pub(crate) trait Default {}
    pub(crate) trait Clone {}
    pub(crate) trait Send {}
    pub(crate) trait Sync {}
    pub(crate) trait Sized {}
    pub(crate) trait Copy {}
    pub(crate) trait Event {}
    pub(crate) trait IdPart {}
    pub(crate) trait Timestamp {}
    pub(crate) trait SessionField {}
    pub(crate) trait Serialize {}
    pub(crate) trait JsonSchema {}
    pub(crate) trait Fn {}
    #[allow(non_snake_case)]
    pub(crate) fn Some() {}
    #[allow(non_upper_case_globals)]
    pub(crate) const None: () = ();
    #[allow(non_snake_case)]
    pub(crate) fn Ok() {}
    #[allow(non_snake_case)]
    pub(crate) fn Err() {}
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod alloc {}
    pub(crate) mod serde {}
    pub(crate) mod schemars {}
    pub(crate) mod inngest_core {}
    pub(crate) mod derive_support {}
    macro_rules! shadow {
        ($($name:ident)*) => {$(
            #[allow(unused_macros)]
            macro_rules! $name { () => { compile_error!("the wrong macro") } }
        )*};
    }
    shadow!(concat stringify format write assert panic file line module_path);

    /// A key of an event.
    #[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::IdPart)]
    #[schemars(crate = "::schemars")]
    pub(crate) struct Key(pub(crate) ::std::string::String);

    /// The source of an event.
    #[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::IdPart)]
    #[schemars(crate = "::schemars")]
    pub(crate) enum Channel {
        Web,
        Shop,
    }

    #[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::Event)]
    #[event(
        name = "a/shadowed",
        id = "shadowed-{channel}-{key}",
        version = "2026-11-21.1"
    )]
    #[schemars(crate = "::schemars")]
    pub(crate) struct Shadowed {
        pub(crate) key: Key,
        pub(crate) channel: Channel,
        #[event(ts)]
        pub(crate) at: i64,
        #[event(user)]
        #[serde(skip)]
        pub(crate) user: ::std::option::Option<User>,
        #[event(session)]
        pub(crate) visit: Visit,
        #[event(session)]
        pub(crate) device: Device,
    }

    /// The number of a visit.
    #[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::SessionField)]
    #[schemars(crate = "::schemars")]
    pub(crate) struct Visit(pub(crate) u32);

    /// What the visitor uses.
    #[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::SessionField)]
    #[schemars(crate = "::schemars")]
    pub(crate) enum Device {
        Phone,
    }

    #[derive(::serde::Serialize, ::schemars::JsonSchema)]
    #[schemars(crate = "::schemars")]
    pub(crate) struct User {
        pub(crate) external_id: u8,
    }
}

#[test]
fn generated_code_ignores_shadowed_names() {
    use shadowed::{Channel, Device, Key, Shadowed, User, Visit};
    let event = |channel| Shadowed {
        key: Key("k".into()),
        channel,
        at: 1_743_130_137_367,
        user: Some(User { external_id: 1 }),
        visit: Visit(1),
        device: Device::Phone,
    };
    assert_eq!(
        event(Channel::Shop).dedup_id().unwrap().unwrap(),
        "shadowed-shop-k"
    );
    assert_eq!(
        event(Channel::Web).dedup_id().unwrap().unwrap(),
        "shadowed-web-k"
    );
    let mut batch = inngest_core::Batch::new();
    batch.push(event(Channel::Web)).unwrap();
    assert!(
        batch
            .events()
            .next()
            .unwrap()
            .contains(r#""user":{"external_id":1}"#)
    );
}

/// A manual `JsonSchema`, because the schemars derive needs the prelude and warns for deprecated types.
macro_rules! manual_json_schema {
    ($($ty:ty),*) => {$(
        #[allow(deprecated)]
        impl schemars::JsonSchema for $ty {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($ty).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "object" })
            }
        }
    )*};
}

manual_json_schema!(without_prelude::Bare, deprecated::Old);

mod without_prelude {
    #![no_implicit_prelude]

    #[derive(::serde::Serialize, ::inngest_core::Event)]
    #[event(name = "a/bare", id = "bare-{id}")]
    pub(crate) struct Bare {
        pub(crate) id: u8,
    }
}

#[test]
fn generated_code_needs_no_prelude() {
    assert_eq!(
        without_prelude::Bare { id: 1 }.dedup_id().unwrap().unwrap(),
        "bare-1"
    );
}

/// Structs from macros, with attribute values passed as every kind of fragment.
mod from_macros {
    use inngest_core::Event;
    use schemars::JsonSchema;
    use serde::Serialize;

    macro_rules! by_literal {
        ($name:literal, $id:literal, $type:ident { $field:ident: $ty:ty }) => {
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = $name, id = $id)]
            pub(crate) struct $type {
                pub(crate) $field: $ty,
            }
        };
    }
    macro_rules! by_expr {
        ($name:expr, $id:expr, $type:ident) => {
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = $name, id = $id)]
            pub(crate) struct $type {
                pub(crate) item: u8,
            }
        };
    }
    macro_rules! by_tt {
        ($name:tt, $($attribute:tt)*) => {
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = $name, $($attribute)*)]
            pub(crate) struct ByTt {
                pub(crate) item: u8,
            }
        };
    }
    macro_rules! with_meta {
        ($(#[$meta:meta])* $type:ident) => {
            #[derive(Serialize, JsonSchema, Event)]
            $(#[$meta])*
            pub(crate) struct $type {
                pub(crate) item: u8,
            }
        };
    }
    by_literal!("a/literal", "literal-{item}", ByLiteral { item: u16 });
    by_expr!("a/expr", "expr-{item}", ByExpr);
    by_tt!("a/tt", id = "tt-{item}", version = "2026-11-21.1");
    with_meta!(
        #[event(name = "a/meta")]
        #[event(id = "meta-{item}")]
        ByMeta
    );
}

#[test]
fn attribute_values_can_come_from_macros() {
    use from_macros::{ByExpr, ByLiteral, ByMeta, ByTt};
    assert_eq!(
        ByLiteral { item: 1 }.dedup_id().unwrap().unwrap(),
        "literal-1"
    );
    assert_eq!(ByExpr { item: 1 }.dedup_id().unwrap().unwrap(), "expr-1");
    assert_eq!(ByTt { item: 1 }.dedup_id().unwrap().unwrap(), "tt-1");
    assert_eq!(ByMeta { item: 1 }.dedup_id().unwrap().unwrap(), "meta-1");
}

/// Deprecated types and fields, and fields behind `cfg`.
mod deprecated {
    use inngest_core::{Event, IdPart};
    use schemars::JsonSchema;
    use serde::Serialize;

    #[deprecated = "use the new order number"]
    #[derive(Serialize, Event)]
    #[event(name = "a/old", id = "old-{number}")]
    pub(crate) struct Old {
        pub(crate) number: u8,
    }

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/half", id = "half-{number}-{always}")]
    pub(crate) struct Half {
        #[deprecated]
        pub(crate) number: u8,
        #[cfg(not(any()))]
        pub(crate) always: u8,
        #[cfg(any())]
        pub(crate) never: NoSuchType,
        #[event(session)]
        #[cfg(any())]
        pub(crate) never_a_session: NoSuchType,
    }

    #[deprecated]
    #[derive(Serialize, IdPart)]
    pub(crate) struct OldId(pub(crate) u8);
}

#[test]
#[allow(deprecated, reason = "the test covers deprecated types")]
fn deprecated_and_conditional_fields_work() {
    let old = deprecated::Old { number: 1 };
    assert_eq!(old.dedup_id().unwrap().unwrap(), "old-1");
    let half = deprecated::Half {
        number: 1,
        always: 2,
    };
    assert_eq!(half.dedup_id().unwrap().unwrap(), "half-1-2");
    assert_eq!(deprecated::OldId(1).0, 1);
}

/// Constants with the names of generated parameters. As function parameters, such names would be
/// patterns that match the constants.
mod constants {
    use inngest_core::Event;
    use schemars::JsonSchema;
    use serde::Serialize;

    #[allow(non_upper_case_globals, dead_code)]
    const id: u8 = 0;
    #[allow(non_upper_case_globals, dead_code)]
    const sessions: u8 = 0;

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/constants", id = "constants-{id}-{inner.id}")]
    pub(crate) struct Constants {
        #[event(session)]
        pub(crate) id: u8,
        pub(crate) inner: Inner,
    }

    #[derive(Serialize, JsonSchema)]
    pub(crate) struct Inner {
        pub(crate) id: u8,
    }
}

#[test]
fn constants_in_scope_do_not_conflict() {
    let event = constants::Constants {
        id: 1,
        inner: constants::Inner { id: 2 },
    };
    assert_eq!(event.dedup_id().unwrap().unwrap(), "constants-1-2");
}

/// The same event name in two modules, with private types and a type inside a function.
mod same_name {
    use inngest_core::Event;
    use schemars::JsonSchema;
    use serde::Serialize;

    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/twice", id = "twice-{id}")]
    struct Twice {
        id: u8,
    }

    mod inner {
        use super::{Event, JsonSchema, Serialize};

        #[derive(Serialize, JsonSchema, Event)]
        #[event(name = "a/twice", id = "twice-{id}")]
        pub(super) struct Twice {
            pub(super) id: u8,
        }
    }

    #[test]
    fn types_with_the_same_name_do_not_conflict() {
        #[derive(Serialize, JsonSchema, Event)]
        #[event(name = "a/twice", id = "twice-{id}")]
        struct Twice {
            id: u8,
        }
        let local = Twice { id: 1 }.dedup_id();
        assert_eq!(super::same_name::Twice { id: 1 }.dedup_id(), local);
        assert_eq!(inner::Twice { id: 1 }.dedup_id(), local);
    }
}

/// A placeholder's type comes from a crate that renames `inngest-core`.
#[test]
fn id_parts_of_other_crates_work() {
    use inngest_core::Event;

    #[derive(serde::Serialize, schemars::JsonSchema, Event)]
    #[event(name = "a/foreign", id = "foreign-{order}-{line}")]
    struct Foreign {
        order: Alias,
        line: u8,
    }
    type Alias = renamed::OrderId;
    let foreign = Foreign {
        order: renamed::OrderId("o-1".into()),
        line: 2,
    };
    assert_eq!(foreign.dedup_id().unwrap().unwrap(), "foreign-o-1-2");
    let paid = renamed::OrderPaid {
        order: renamed::OrderId("7".into()),
    };
    assert_eq!(paid.dedup_id().unwrap().unwrap(), "order-paid-7");
}
