//! Checks trigger patterns against event names.

use crate::text::{ConstText, is_same};

/// Whether a function with this trigger runs for events of this name.
///
/// A trigger is an event name, or a prefix that ends in `/*` or `.*`. The `*` stands for any text,
/// including further `/` and `.`. Elsewhere `*` is an ordinary character.
///
/// ```
/// use inngest_receive::trigger_matches;
///
/// assert!(trigger_matches("shop/*", "shop/order.paid"));
/// assert!(trigger_matches("shop/order.*", "shop/order.paid.late"));
/// assert!(!trigger_matches("shop/order.*", "shop/orders"));
/// assert!(!trigger_matches("shop/ord*", "shop/order.paid"));
/// assert!(!trigger_matches("*", "shop/order.paid"));
/// ```
#[must_use]
pub const fn trigger_matches(trigger: &str, name: &str) -> bool {
    if is_same(trigger, name) {
        return true;
    }
    let [prefix @ .., b'*'] = trigger.as_bytes() else {
        return false;
    };
    if !matches!(prefix, [.., b'/' | b'.']) {
        return false;
    }
    let (mut prefix, mut name) = (prefix, name.as_bytes());
    while let ([x, rest_of_prefix @ ..], [y, rest_of_name @ ..]) = (prefix, name) {
        if *x != *y {
            return false;
        }
        (prefix, name) = (rest_of_prefix, rest_of_name);
    }
    prefix.is_empty() && !name.is_empty()
}

/// Returns the trigger. Fails to compile if it matches none of the names.
///
/// # Panics
///
/// Panics if the trigger matches no name. It is only called in constants, so the panic is a compile
/// error.
#[must_use]
#[track_caller]
#[expect(clippy::panic, reason = "the panic is the compile error")]
pub const fn checked_trigger(events: &str, names: &[&str], trigger: &'static str) -> &'static str {
    let mut rest = names;
    while let [name, others @ ..] = rest {
        if trigger_matches(trigger, name) {
            return trigger;
        }
        rest = others;
    }
    let message = ConstText::new().with("the trigger `").with(trigger);
    if names.is_empty() {
        let message = message.with("` matches no event of `").with(events).with(
            "`, which names none; add a variant for its events, or write the trigger without `triggers!`",
        );
        panic!("{}", message.as_str());
    }
    let is_odd = matches!(trigger.as_bytes(), [.., b'*'])
        && !matches!(trigger.as_bytes(), [.., b'/' | b'.', b'*']);
    let message = if is_odd {
        message.with("` matches no event of `").with(events).with(
            "`, because `*` stands for any text only after `/` or `.`; end it in `/*` or `.*`",
        )
    } else {
        message
            .with("` matches no event of `")
            .with(events)
            .with("`; write one of its names, or the beginning of one followed by `/*` or `.*`")
    };
    panic!("{}", message.as_str())
}

/// An array of triggers for the functions that decode an enum of events. A trigger that matches none of
/// the enum's events does not compile.
///
/// ```
/// use inngest_core::Event;
/// use inngest_receive::{Events, triggers};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, JsonSchema, Event)]
/// #[event(name = "shop/order.paid")]
/// struct OrderPaid {}
///
/// #[derive(Events)]
/// enum ShopEvent {
///     OrderPaid(OrderPaid),
/// }
///
/// assert_eq!(triggers!(ShopEvent, "shop/*", "shop/order.paid"), ["shop/*", "shop/order.paid"]);
/// ```
///
/// ```compile_fail,E0080
/// # use inngest_core::Event;
/// # use inngest_receive::{Events, triggers};
/// # #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, Event)]
/// # #[event(name = "shop/order.paid")]
/// # struct OrderPaid {}
/// # #[derive(Events)]
/// # enum ShopEvent {
/// #     OrderPaid(OrderPaid),
/// # }
/// let triggers = triggers!(ShopEvent, "shop/orders.*");
/// ```
///
/// [`trigger_matches`] describes the patterns.
#[macro_export]
macro_rules! triggers {
    ($events:ty, $($trigger:expr),+ $(,)?) => {{
        const __INNGEST_TRIGGERS: [
            &$crate::derive_support::str;
            [$(::core::stringify!($trigger)),+].len()
        ] = [$(
            $crate::derive_support::checked_trigger(
                ::core::stringify!($events),
                <$events as $crate::Events>::NAMES,
                $crate::derive_support::__trigger!($trigger),
            )
        ),+];
        __INNGEST_TRIGGERS
    }};
    ($($any:tt)*) => {
        ::core::compile_error!(
            "`triggers!` takes an enum of events and triggers; write `triggers!(ShopEvent, \"shop/*\")`"
        )
    };
}

#[cfg(test)]
mod tests {
    use super::trigger_matches;

    #[test]
    fn patterns_match_as_on_the_server() {
        for (trigger, name, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
            ("a/*", "a/b", true),
            ("a/*", "a/b/c.d", true),
            ("a/*", "a/", false),
            ("a/*", "b/a", false),
            ("a.*", "a.b.c", true),
            ("a.*", "a/b", false),
            ("a/b.*", "a/b", false),
            ("*", "a", false),
            ("*", "*", true),
            ("a*", "ab", false),
            ("a/*.b", "a/x.b", false),
            ("/*", "/a", true),
        ] {
            assert_eq!(trigger_matches(trigger, name), expected, "{trigger} {name}");
        }
    }
}
