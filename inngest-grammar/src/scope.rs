//! Whether a template is scoped to its own event type.
//!
//! Deduplication ids are global: if two events of different types have the same id, the server
//! ignores the second. A template that begins with its event's slug uses the slug as a namespace.

use crate::name::{long_slug, slug};
use crate::template::Template;

/// Whether the template begins with the name's slug or long slug, followed by a character other
/// than a letter, a digit or `_`.
///
/// ```
/// use inngest_grammar::{scope::is_scoped, template::Template};
/// let name = "storefront/item.imported";
/// assert!(is_scoped(&Template::parse("item-imported-{item_id}")?, name));
/// assert!(is_scoped(&Template::parse("storefront-item-imported/{item_id}")?, name));
/// assert!(!is_scoped(&Template::parse("{item_id}")?, name));
/// # Ok::<(), inngest_grammar::template::TemplateErrors>(())
/// ```
#[must_use]
pub fn is_scoped(template: &Template, name: &str) -> bool {
    let text = template.leading_text();
    [slug(name), long_slug(name)].iter().any(|slug| {
        text.strip_prefix(slug.as_str())
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| !c.is_alphanumeric() && c != '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slug_must_end_at_a_word_boundary() {
        let scoped =
            |text: &str| is_scoped(&Template::parse(text).unwrap(), "storefront/item.imported");
        for text in [
            "item-imported-{a}",
            "item-imported:{a}",
            "item-imported-2-{a}",
            "storefront-item-imported-{a}",
        ] {
            assert!(scoped(text), "{text}");
        }
        for text in [
            "{a}-item-imported-",
            "item-imported{a}",
            "item-imported2-{a}",
            "item-imported_{a}",
            "item-importedé{a}",
            "imported-{a}",
            "storefront/item.imported-{a}",
            "Item-imported-{a}",
        ] {
            assert!(!scoped(text), "{text}");
        }
    }
}
