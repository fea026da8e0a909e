//! Reads a page strictly: all elements are closed in order, all attributes are quoted, and all special
//! characters in text are escaped.

use std::collections::BTreeMap;

/// Elements that a paragraph cannot contain: a browser would end the paragraph before them.
const BLOCKS: [&str; 12] = [
    "article",
    "blockquote",
    "details",
    "div",
    "dl",
    "h2",
    "h3",
    "h4",
    "ol",
    "p",
    "pre",
    "table",
];

#[derive(Default)]
pub(crate) struct Page {
    /// The start tags in order.
    pub(crate) tags: Vec<Tag>,
    /// The text of the elements `code` inside `pre`, and the heading before each.
    pub(crate) blocks: Vec<String>,
}

pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Page {
    pub(crate) fn parse(page: &str) -> Self {
        let mut parsed = Self::default();
        let mut open: Vec<String> = Vec::new();
        let mut rest = page.strip_prefix("<!doctype html>").expect("a doctype");
        while let Some((text, after)) = rest.split_once('<') {
            let text = unescape(text);
            if open.ends_with(&["pre".to_owned(), "code".to_owned()]) {
                parsed.blocks.push(text);
            }
            if let Some(comment) = after.strip_prefix("!--") {
                rest = comment.split_once("-->").expect("the end of a comment").1;
                continue;
            }
            let (tag, after) = split_tag(after);
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(
                    open.pop().as_deref(),
                    Some(name),
                    "{}",
                    &rest[..80.min(rest.len())]
                );
                continue;
            }
            let (tag, is_empty) = match tag.strip_suffix('/') {
                Some(tag) => (tag, true),
                None => (tag, false),
            };
            let tag = Tag::parse(tag);
            let in_paragraph = open.iter().any(|name| name == "p" || name == "summary");
            assert!(
                !(in_paragraph && BLOCKS.contains(&tag.name.as_str())),
                "{} in {open:?}",
                tag.name
            );
            if ["script", "style"].contains(&tag.name.as_str()) {
                let end = format!("</{}>", tag.name);
                rest = rest.split_once(&end).expect("the end of the script").1;
            } else if !is_empty {
                open.push(tag.name.clone());
            }
            parsed.tags.push(tag);
        }
        assert!(open.is_empty(), "{open:?}");
        assert_eq!(rest.trim(), "");
        parsed
    }

    /// The values of an attribute.
    pub(crate) fn all<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        let tags = self.tags.iter();
        tags.filter_map(move |tag| tag.attributes.get(attribute).map(String::as_str))
    }
}

impl Tag {
    fn parse(tag: &str) -> Self {
        let (name, mut rest) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
            "{tag}"
        );
        let mut attributes = BTreeMap::new();
        while !rest.trim_start().is_empty() {
            // `open` and `reversed` have no value.
            let (name, after) = match rest.trim_start().split_once("=\"") {
                Some((name, after)) => (name, after),
                None => (rest.trim(), "\""),
            };
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{tag}"
            );
            let (value, after) = after.split_once('"').expect("a closing quotation mark");
            let previous = attributes.insert(name.to_owned(), unescape(value));
            assert!(previous.is_none(), "{tag}");
            rest = after;
        }
        Self {
            name: name.to_owned(),
            attributes,
        }
    }
}

/// Splits after the `>` that ends a tag.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    panic!("no end of a tag");
}

fn unescape(text: &str) -> String {
    assert!(!text.contains('>'), "{text}");
    let mut out = String::new();
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap());
    for part in parts {
        let (entity, after) = part
            .split_once(';')
            .unwrap_or_else(|| panic!("& in {text}"));
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("&{other};"),
        });
        out.push_str(after);
    }
    out
}
