//! Writes text and Markdown as HTML, so that no text can become a tag.

use std::fmt::Write as _;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// Where the HTML goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// An HTML page.
    Page,
    /// An MDX file, where braces are code and the text between tags is Markdown.
    Mdx,
}

/// Escapes text for an element or a quoted attribute of a page.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push(&mut out, text, Target::Page);
    out
}

/// Appends escaped text.
fn push(out: &mut String, text: &str, target: Target) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // HTML cannot express these, and browsers show nothing or an error for them.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            '.' | ',' | ';' | '?' | '(' | ')' | '/' | '-' => out.push(c),
            c if target == Target::Mdx && (c.is_ascii_punctuation() || c == '\n' || c == '\t') => {
                // Writing to a `String` does not fail.
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// Text as code.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// Escapes text in which back-ticks surround code. If there is an address, the first code links to it.
pub(super) fn with_code(text: &str, mut link: Option<&str>) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 0 {
            out.push_str(&escape(part));
            continue;
        }
        match link.take() {
            Some(anchor) => {
                let _ = write!(out, "<a href=\"#{}\">{}</a>", escape(anchor), code(part));
            }
            None => out.push_str(&code(part)),
        }
    }
    out
}

/// Converts a doc comment, which is Markdown, to HTML. Headings become paragraphs and HTML becomes text.
/// Images are replaced with their descriptions, and links with their text unless they lead to the web.
pub(super) fn of_markdown(text: &str, target: Target) -> String {
    let mut out = String::new();
    // Whether each open link is written.
    let mut links = Vec::new();
    for event in Parser::new(text) {
        match event {
            Event::Start(tag) => start(&mut out, &tag, &mut links, target),
            Event::End(tag) => end(&mut out, tag, &mut links),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                push(&mut out, &text, target);
            }
            Event::Code(text) => {
                out.push_str("<code>");
                push(&mut out, &text, target);
                out.push_str("</code>");
            }
            Event::SoftBreak => out.push(' '),
            Event::HardBreak => out.push_str("<br />"),
            Event::Rule => out.push_str("<hr />"),
            // These belong to extensions, which are off.
            _ => {}
        }
    }
    out
}

fn start(out: &mut String, tag: &Tag<'_>, links: &mut Vec<bool>, target: Target) {
    match tag {
        Tag::Paragraph | Tag::HtmlBlock => out.push_str("<p>"),
        Tag::Heading { .. } => out.push_str("<p><strong>"),
        Tag::BlockQuote(_) => out.push_str("<blockquote>"),
        Tag::CodeBlock(_) => out.push_str("<pre><code>"),
        Tag::List(None) => out.push_str("<ul>"),
        Tag::List(Some(_)) => out.push_str("<ol>"),
        Tag::Item => out.push_str("<li>"),
        Tag::Emphasis => out.push_str("<em>"),
        Tag::Strong => out.push_str("<strong>"),
        Tag::Link { dest_url, .. } => {
            let is_web = ["https://", "http://", "mailto:"]
                .iter()
                .any(|scheme| dest_url.starts_with(scheme));
            links.push(is_web);
            if is_web {
                out.push_str("<a rel=\"noreferrer\" href=\"");
                push(out, dest_url, target);
                out.push_str("\">");
            }
        }
        _ => {}
    }
}

fn end(out: &mut String, tag: TagEnd, links: &mut Vec<bool>) {
    out.push_str(match tag {
        TagEnd::Paragraph | TagEnd::HtmlBlock => "</p>",
        TagEnd::Heading(_) => "</strong></p>",
        TagEnd::BlockQuote(_) => "</blockquote>",
        TagEnd::CodeBlock => "</code></pre>",
        TagEnd::List(false) => "</ul>",
        TagEnd::List(true) => "</ol>",
        TagEnd::Item => "</li>",
        TagEnd::Emphasis => "</em>",
        TagEnd::Strong => "</strong>",
        TagEnd::Link if links.pop() == Some(true) => "</a>",
        _ => "",
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_a_tag() {
        assert_eq!(
            escape("</script><b a='\"'>&\0\u{1b}\n"),
            "&lt;/script&gt;&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}\u{fffd}\n"
        );
        assert_eq!(
            with_code("`<a>` was `b", Some("x\"")),
            "<a href=\"#x&quot;\"><code>&lt;a&gt;</code></a> was <code>b</code>"
        );
    }

    #[test]
    fn markdown_is_converted() {
        let page = |text| of_markdown(text, Target::Page);
        assert_eq!(
            page("One `a<b`\n*two*.\n\n# Three\n\n- 4\n- **5**"),
            "<p>One <code>a&lt;b</code> <em>two</em>.</p><p><strong>Three</strong></p>\
             <ul><li>4</li><li><strong>5</strong></li></ul>"
        );
        assert_eq!(
            page("<script>x</script> <b>y</b>\n\n<img src=x onerror=y>"),
            "<p>&lt;script&gt;x&lt;/script&gt; &lt;b&gt;y&lt;/b&gt;\n</p>\
             <p>&lt;img src=x onerror=y&gt;</p>"
        );
        assert_eq!(
            page("[a](https://x.example/?a=\"b&c) [b](javascript:x) ![c](https://x.example/d)"),
            "<p><a rel=\"noreferrer\" href=\"https://x.example/?a=&quot;b&amp;c\">a</a> b c</p>"
        );
        assert_eq!(
            page("```rust\nlet a = 1 < 2;\n```"),
            "<pre><code>let a = 1 &lt; 2;\n</code></pre>"
        );
    }

    #[test]
    fn mdx_has_no_code() {
        assert_eq!(
            of_markdown("{x} `{y}` _z", Target::Mdx),
            "<p>&#123;x&#125; <code>&#123;y&#125;</code> &#95;z</p>"
        );
    }
}
