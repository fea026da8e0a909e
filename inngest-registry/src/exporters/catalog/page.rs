//! The page around the events: its head, the list of events, and how to read it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::anchor;
use crate::effect::count;
use crate::exporters::html::escape;
use crate::exporters::model::{Event, Model};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole page. `events` are the articles.
pub(super) fn page(model: &Model<'_>, events: &str) -> String {
    let versions = model.events.iter().map(|event| event.versions.len()).sum();
    let summary = format!(
        "{}, {}",
        count(model.events.len(), "event"),
        count(versions, "version")
    );
    let events = if events.is_empty() {
        "<p>There are no events.</p>"
    } else {
        events
    };
    let mut out = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len() + 2 * events.len());
    // Replace all marks in one pass, so that a mark in the text of an event is left alone.
    let mut rest = PAGE;
    for (mark, text) in [
        ("/* page.css */", STYLE),
        ("<!-- list -->", list(model).as_str()),
        ("<!-- summary -->", summary.as_str()),
        ("<!-- events -->", events),
        ("/* page.js */", SCRIPT),
    ] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        out.push_str(before);
        out.push_str(text.trim_end());
        rest = after;
    }
    out + rest
}

/// The list of events, grouped by the part of their names before the last `/`.
fn list(model: &Model<'_>) -> String {
    let mut groups = BTreeMap::<&str, Vec<&Event<'_>>>::new();
    for event in &model.events {
        let prefix = event.name.rsplit_once('/').map_or("", |(prefix, _)| prefix);
        groups.entry(prefix).or_default().push(event);
    }
    let mut out = String::new();
    for (prefix, events) in groups {
        let title = if prefix.is_empty() {
            "no prefix".to_owned()
        } else {
            breakable(prefix)
        };
        // Writing to a `String` does not fail.
        let _ = writeln!(
            out,
            "<details open><summary>{title} <small>{}</small></summary><ul>",
            events.len()
        );
        for event in events {
            let slug = event.name.rsplit('/').next().unwrap_or(event.name);
            let _ = writeln!(
                out,
                "<li><a href=\"#{}\">{}</a></li>",
                anchor::of_event(event.name),
                breakable(slug)
            );
        }
        out.push_str("</ul></details>\n");
    }
    out
}

/// A name that may be broken after `/` and `.`.
pub(super) fn breakable(name: &str) -> String {
    if name.is_empty() {
        return "(empty name)".to_owned();
    }
    let mut out = String::new();
    for part in name.split_inclusive(['/', '.']) {
        if !out.is_empty() {
            out.push_str("<wbr />");
        }
        out.push_str(&escape(part));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The light and the dark color of a variable, as red, green and blue.
    fn colors(name: &str) -> [[f64; 3]; 2] {
        let (_, rest) = STYLE.split_once(&format!("--{name}: light-dark(")).unwrap();
        let (light, rest) = rest.split_once(", ").unwrap();
        let (dark, _) = rest.split_once(')').unwrap();
        [light, dark].map(|color| {
            let digits = &color[1..];
            let width = digits.len() / 3;
            [0, 1, 2].map(|channel| {
                let digits = &digits[channel * width..][..width];
                let value = u8::from_str_radix(&digits.repeat(2 / width), 16).unwrap();
                f64::from(value) / 255.0
            })
        })
    }

    fn luminance(color: [f64; 3]) -> f64 {
        let [r, g, b] = color.map(|c| {
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// WCAG 2.2, level AA.
    #[test]
    fn text_has_enough_contrast() {
        for (text, back) in [
            ("text", "back"),
            ("text", "raised"),
            ("text", "marked"),
            ("faint", "back"),
            ("faint", "raised"),
            ("faint", "marked"),
            ("accent", "back"),
            ("accent", "raised"),
            ("accent", "marked"),
            ("bad", "back"),
            ("bad", "bad-back"),
            ("warn", "back"),
            ("warn", "warn-back"),
            ("good", "back"),
        ] {
            for (text_color, back_color) in colors(text).into_iter().zip(colors(back)) {
                let (a, b) = (luminance(text_color) + 0.05, luminance(back_color) + 0.05);
                let contrast = a.max(b) / a.min(b);
                assert!(contrast >= 4.5, "{text} on {back}: {contrast}");
            }
        }
    }
}
