//! Defines the trait that `derive(Event)` implements in addition to `Event`.
//!
//! `Event` requires `Serialize` and `JsonSchema`. If a derive for one of these is missing, rustc
//! lists other types that have the trait. So `DerivedEvent`, which comes first in the generated code,
//! requires [`Serializable`] and [`HasSchema`], whose errors say which derive to add.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::encode::member::UserWriter;
use crate::event::event_type::{DataSchema, EventType, SchemaFn};
use crate::event::id::IdWriter;
use crate::event::session::{SessionSpec, SessionWriter};

/// What `derive(Event)` knows about an event type.
pub trait DerivedEvent: Serializable + HasSchema {
    #[doc(hidden)]
    const __TYPE: &'static EventType;
    #[doc(hidden)]
    const __USER: Option<SchemaFn> = None;
    #[doc(hidden)]
    const __SESSIONS: &'static [SessionSpec] = &[];
    #[doc(hidden)]
    fn __write_id(&self, _id: &mut IdWriter<'_>) {}
    #[doc(hidden)]
    fn __timestamp(&self) -> Option<i64> {
        None
    }
    #[doc(hidden)]
    fn __write_user(&self, _user: &mut UserWriter<'_>) {}
    #[doc(hidden)]
    fn __write_sessions(&self, _sessions: &mut SessionWriter<'_>) {}
}

macro_rules! event_behind_a_pointer {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<E: DerivedEvent + Serialize + JsonSchema> DerivedEvent for $pointer {
            const __TYPE: &'static EventType = E::__TYPE;
            const __USER: Option<SchemaFn> = E::__USER;
            const __SESSIONS: &'static [SessionSpec] = E::__SESSIONS;
            fn __write_id(&self, id: &mut IdWriter<'_>) {
                (**self).__write_id(id);
            }
            fn __timestamp(&self) -> Option<i64> {
                (**self).__timestamp()
            }
            fn __write_user(&self, user: &mut UserWriter<'_>) {
                (**self).__write_user(user);
            }
            fn __write_sessions(&self, sessions: &mut SessionWriter<'_>) {
                (**self).__write_sessions(sessions);
            }
        }
    )*};
}

event_behind_a_pointer!(&E, Box<E>);

/// A type with `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be serialized; add `#[derive(Serialize)]`",
    label = "`serde::Serialize` is not implemented for `{Self}`",
    note = "for a type of another crate, enable its feature `serde`"
)]
pub trait Serializable {
    #[doc(hidden)]
    fn __write(&self, user: &mut UserWriter<'_>);
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Serializable for T {
    fn __write(&self, user: &mut UserWriter<'_>) {
        user.write(self);
    }
}

/// A type with `JsonSchema`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON Schema; add `#[derive(JsonSchema)]`",
    label = "`schemars::JsonSchema` is not implemented for `{Self}`",
    note = "for a type of another crate, enable the feature of `schemars` with the crate's name"
)]
pub trait HasSchema {
    #[doc(hidden)]
    const __SCHEMA: DataSchema;
    #[doc(hidden)]
    fn __subschema(generator: &mut SchemaGenerator) -> Schema;
}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema + ?Sized> HasSchema for T {
    // Points to the type's own functions, because rustc would compile a function here once per type.
    const __SCHEMA: DataSchema = DataSchema {
        title: T::schema_name,
        schema: T::json_schema,
    };

    fn __subschema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// The supertraits of `Event` in one bound, for generic structs.
pub trait EventData: Serialize + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema> EventData for T {}
