//! Converts older versions of an event into the type of a variant, directly or in steps.

use std::fmt;
use std::marker::PhantomData;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::from_event::FromEvent;
use crate::kinds::Kind;
use crate::parts::EventParts;
use crate::received::Received;
use crate::redact;
use crate::text::{ConstText, is_same};

/// A conversion from `A` to `B`, which exists if `B: TryFrom<A>`, so also if `B: From<A>`.
///
/// Generated code reads `Step::<A, B>::EXISTS`. If the bound holds, this is the inherent constant,
/// otherwise the constant of [`NoStep`].
#[derive(Debug)]
pub struct Step<A, B>(PhantomData<(A, B)>);

impl<A, B: TryFrom<A>> Step<A, B> {
    /// The conversion exists.
    pub const EXISTS: bool = true;

    /// Converts a value.
    ///
    /// # Errors
    ///
    /// The error of the `TryFrom`.
    pub fn convert(older: A) -> Result<B, B::Error> {
        B::try_from(older)
    }
}

/// A conversion that does not exist.
pub trait NoStep<A, B> {
    /// The conversion does not exist.
    const EXISTS: bool = false;

    /// Never called.
    ///
    /// # Errors
    ///
    /// Always.
    fn convert(_older: A) -> Result<B, &'static str> {
        Err("there is no conversion")
    }
}

impl<A, B> NoStep<A, B> for Step<A, B> {}

/// For each type, the next type on the shortest path to the first type, or `N` if no path exists. The
/// first type is the type of the variant; `steps[a][b]` says whether `a` converts to `b`.
///
/// # Panics
///
/// Panics if `N` is 0. It is only called in constants with at least two types, and a panic there is a
/// compile error.
#[must_use]
#[expect(
    clippy::indexing_slicing,
    reason = "it runs in constants, where an index out of bounds is a compile error"
)]
pub const fn routes<const N: usize>(steps: [[bool; N]; N]) -> [usize; N] {
    // `N` stands for no path.
    let mut next = [N; N];
    next[0] = 0;
    let mut reached = [false; N];
    reached[0] = true;
    let mut round = 0;
    while round < N {
        let before = reached;
        let mut from = 0;
        while from < N {
            let mut to = 0;
            while !reached[from] && to < N {
                if before[to] && steps[from][to] {
                    next[from] = to;
                    reached[from] = true;
                }
                to += 1;
            }
            from += 1;
        }
        round += 1;
    }
    next
}

/// The index of the type that the type at `position` is converted to.
#[must_use]
#[expect(
    clippy::indexing_slicing,
    reason = "it runs in constants, where an index out of bounds is a compile error"
)]
pub const fn next<const N: usize>(routes: &[usize; N], position: usize) -> usize {
    routes[position]
}

/// Fails to compile if an older version cannot become the type of the variant.
///
/// # Panics
///
/// Panics in that case. It is only called in constants, so the panic is a compile error.
#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compile error")]
pub const fn assert_older<const N: usize>(
    routes: &[usize; N],
    position: usize,
    older: &Kind,
    newest: &Kind,
    target: &'static str,
) {
    // A type with mistakes has no name, and its mistakes are reported already.
    if older.name().is_empty() || newest.name().is_empty() {
        return;
    }
    if !is_same(older.name(), newest.name()) {
        let message = ConstText::new()
            .with("`")
            .with(older.label())
            .with("` is not an older version of `")
            .with(target)
            .with("`, because its event name is `")
            .with(older.name())
            .with("`, not `")
            .with(newest.name())
            .with("`; give it its own variant");
        panic!("{}", message.as_str());
    }
    if next(routes, position) == N {
        let message = ConstText::new()
            .with("`")
            .with(older.label())
            .with("` cannot be converted to `")
            .with(target)
            .with("`; implement `From<")
            .with(older.label())
            .with(">` or `TryFrom<")
            .with(older.label())
            .with(">` for `")
            .with(target)
            .with(if N > 2 {
                "`, or for another version in `from(…)`"
            } else {
                "`"
            });
        panic!("{}", message.as_str());
    }
}

/// The result of a step, whose error names the event.
///
/// # Errors
///
/// The conversion failed.
pub fn step<T, E: StepError>(
    result: Result<T, E>,
    parts: &EventParts<'_>,
    from: &'static str,
    to: &'static str,
) -> Result<T, DecodeError> {
    result.map_err(|error| {
        let message = redact::message(&error.message(), parts.data());
        let kind = DecodeErrorKind::Upgrade { from, to, message };
        parts.name_event_in(DecodeError::new(kind, "data"))
    })
}

/// The error of a `TryFrom` between versions.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` of this conversion cannot be shown",
    label = "`std::fmt::Display` is not implemented for `{Self}`",
    note = "implement `Display` for the `Error` of the `TryFrom`"
)]
pub trait StepError {
    #[doc(hidden)]
    fn message(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display> StepError for E {
    fn message(&self) -> String {
        self.to_string()
    }
}

/// A type that a variant can hold for an event type `T`: the type itself or a wrapper.
pub trait Wrap<T>: Sized {
    #[doc(hidden)]
    fn __wrap(event: T, parts: &EventParts<'_>) -> Result<Self, DecodeError>;
}

impl<T> Wrap<T> for T {
    fn __wrap(event: T, _: &EventParts<'_>) -> Result<Self, DecodeError> {
        Ok(event)
    }
}

impl<T> Wrap<T> for Box<T> {
    fn __wrap(event: T, _: &EventParts<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(event))
    }
}

macro_rules! wrap_received {
    ($($wrapper:ty: |$event:ident| $data:expr, $make:path;)*) => {$(
        impl<T: FromEvent> Wrap<T> for $wrapper {
            fn __wrap($event: T, parts: &EventParts<'_>) -> Result<Self, DecodeError> {
                Received::new::<T>($data, parts).map($make)
            }
        }
    )*};
}

wrap_received! {
    Received<T>: |event| event, std::convert::identity;
    Received<Box<T>>: |event| Box::new(event), std::convert::identity;
    Box<Received<T>>: |event| event, Box::new;
}
