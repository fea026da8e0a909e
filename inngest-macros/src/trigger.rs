//! The triggers of `triggers!`, which are checked at compile time.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::ctxt::{Ctxt, ungrouped};

/// The trigger, or an error if its value is known only at run time, as far as its tokens show. rustc's
/// own error would advise changing `triggers!`.
pub(crate) fn check(trigger: TokenStream) -> TokenStream {
    let trigger = ungrouped(trigger);
    if !is_known_at_run_time(&trigger) {
        return trigger;
    }
    let cx = Ctxt::default();
    cx.error(
        &trigger,
        "`triggers!` checks triggers at compile time, and this one is known only at run time; write a \
         literal or a constant, or use the trigger without `triggers!`",
    );
    cx.into_compile_errors().unwrap_or_default()
}

/// Whether the expression is a reference, a local variable, or begins with one, or formats text.
fn is_known_at_run_time(trigger: &TokenStream) -> bool {
    let mut tokens = trigger.clone().into_iter();
    let ident = match tokens.next() {
        Some(TokenTree::Punct(punct)) => return punct.as_char() == '&',
        Some(TokenTree::Ident(ident)) => ident.to_string(),
        _ => return false,
    };
    let is_variable = !ident.contains(char::is_uppercase);
    match tokens.next() {
        None => is_variable,
        Some(TokenTree::Punct(punct)) => match punct.as_char() {
            '.' => is_variable,
            '!' => ident == "format",
            _ => false,
        },
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Bracket && is_variable,
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_known_at_run_time;

    #[test]
    fn expressions_known_at_run_time_are_recognized() {
        for (trigger, expected) in [
            (r#""shop/*""#, false),
            ("TRIGGER", false),
            ("T2", false),
            ("names::trigger", false),
            ("OrderPaid::NAME", false),
            ("<OrderPaid as Event>::NAME", false),
            ("self::TRIGGER", false),
            ("crate::names::TRIGGER", false),
            ("concat!(\"shop\", \"/*\")", false),
            ("trigger()", false),
            ("const { \"shop/*\" }", false),
            ("if A { B } else { C }", false),
            ("5", false),
            ("TRIGGERS[0]", false),
            ("TRIGGER.first", false),
            ("&TRIGGER", true),
            ("&trigger", true),
            ("&format!(\"shop/{name}\")", true),
            ("format!(\"shop/{name}\")", true),
            ("trigger", true),
            ("r#type", true),
            ("trigger.as_str()", true),
            ("self.trigger", true),
            ("triggers[0]", true),
        ] {
            let tokens = trigger.parse().unwrap();
            assert_eq!(is_known_at_run_time(&tokens), expected, "{trigger}");
        }
    }
}
