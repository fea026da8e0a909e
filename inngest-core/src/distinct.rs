//! Whether event types keep clear of one another.

use inngest_grammar::overlap;
use inngest_grammar::pieces::Pieces;

use crate::__private::PartKinds;
use crate::event::Event;

/// What tells an event type from another.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Identity {
    pub(crate) label: &'static str,
    pub(crate) name: &'static str,
    pub(crate) version: Option<&'static str>,
    pub(crate) id_template: Option<&'static str>,
    pub(crate) id: PartKinds,
}

/// How two event types stand in each other's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConflictKind {
    /// They have the same name and version, so nobody can tell their events apart.
    SameNameAndVersion,
    /// Their id templates could print the same id, and the server would ignore the second of two
    /// events that have nothing to do with each other.
    SameId,
}

impl Identity {
    pub(crate) const fn of<E: Event>(label: &'static str) -> Self {
        Self {
            label,
            name: E::NAME,
            version: E::VERSION,
            id_template: E::ID_TEMPLATE,
            id: E::__SPEC.id(),
        }
    }

    pub(crate) const fn conflict(&self, other: &Self) -> Option<ConflictKind> {
        let same_version = match (self.version, other.version) {
            (Some(a), Some(b)) => is_same(a, b),
            (None, None) => true,
            _ => false,
        };
        if same_version && is_same(self.name, other.name) {
            return Some(ConflictKind::SameNameAndVersion);
        }
        if let (Some(a), Some(b)) = (self.id_template, other.id_template) {
            match (Pieces::of(a, self.id), Pieces::of(b, other.id)) {
                (Some(a), Some(b)) if !overlap::could_coincide(a.as_slice(), b.as_slice()) => {}
                _ => return Some(ConflictKind::SameId),
            }
        }
        None
    }
}

/// `==`, which constants do not have.
const fn is_same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a, b) {
            ([], []) => return true,
            ([x, rest_of_a @ ..], [y, rest_of_b @ ..]) if *x == *y => {
                (a, b) = (rest_of_a, rest_of_b);
            }
            _ => return false,
        }
    }
}

/// Refuses to compile when two of the event types have the same name and version, or id templates
/// that could print the same id.
///
/// Deduplication ids are global: the server ignores an event whose id another event had within 24
/// hours, whatever its type. Types of one crate or of several can be listed;
/// [`Registry::check`](crate::registry::Registry::check) does the same when a program runs.
///
/// ```
/// use inngest_core::{Event, assert_distinct};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "shop/order.paid", id = "order-paid-{order_id}")]
/// struct OrderPaid {
///     order_id: u64,
/// }
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "shop/order.paid.late", id = "order-paid-late-{order_id}")]
/// struct OrderPaidLate {
///     order_id: u64,
/// }
///
/// assert_distinct!(OrderPaid, OrderPaidLate);
/// ```
#[macro_export]
macro_rules! assert_distinct {
    ($first:ty, $($other:ty),+ $(,)?) => {
        const _: () = $crate::__private::assert_distinct(&[
            $crate::__private::identity::<$first>(::core::stringify!($first)),
            $($crate::__private::identity::<$other>(::core::stringify!($other)),)+
        ]);
    };
    ($($one:ty)? $(,)?) => {
        ::core::compile_error!(
            "`assert_distinct!` compares event types with one another; give it at least two"
        );
    };
}
