//! Workflow commands of GitHub Actions.

/// An annotation, at a line of a file if there is one.
pub(crate) fn annotation(
    command: &str,
    at: Option<(&str, u32)>,
    title: &str,
    message: &str,
) -> String {
    let mut properties = Vec::new();
    if let Some((file, line)) = at {
        properties.push(format!("file={}", escaped_property(file)));
        properties.push(format!("line={line}"));
    }
    properties.push(format!("title={}", escaped_property(title)));
    format!("::{command} {}::{}", properties.join(","), escaped(message))
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}
