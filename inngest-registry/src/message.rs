//! Extracts the message from a server's error response, as one line.

use serde_json::Value;

/// How many characters of an error are shown.
const MAX: usize = 1000;

/// The message in a response body: the `message` of its JSON, or the body itself.
pub(crate) fn of_body(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(json) => of_json(&json),
        Err(_) => plain(text),
    }
}

/// The message in a JSON value: a string, a list of strings or errors, or an object with a message.
pub(crate) fn of_json(json: &Value) -> String {
    match json {
        Value::String(text) => plain(text),
        Value::Array(items) => {
            let items = items.iter().map(of_json).collect::<Vec<_>>();
            plain(&items.join("; "))
        }
        Value::Object(object) => {
            let message = ["message", "msg", "detail", "error"]
                .iter()
                .find_map(|key| object.get(*key).filter(|value| !value.is_null()));
            let Some(message) = message else {
                return plain(&json.to_string());
            };
            let message = of_json(message);
            // The place of an error in the request: `["body", "schemaType"]`.
            match object.get("loc").and_then(Value::as_array) {
                Some(place) => {
                    let place = place.iter().map(of_json).collect::<Vec<_>>();
                    format!("{message} (at `{}`)", place.join("."))
                }
                None => message,
            }
        }
        other => other.to_string(),
    }
}

/// The text without line breaks, control characters or a final period.
pub(crate) fn plain(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    let message = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = message.trim_end_matches('.');
    if message.is_empty() {
        return "no message".to_owned();
    }
    match message.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", message.split_at(end).0),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_one_line() {
        for (body, expected) in [
            (
                r#"{"error_code":40403,"message":"Schema not found"}"#,
                "Schema not found",
            ),
            (r#""Not Found""#, "Not Found"),
            ("Internal server error\n", "Internal server error"),
            ("", "no message"),
            ("{}", "{}"),
            ("null", "null"),
            ("<h1>\n  502\u{1b}[31m</h1>.", "<h1> 502 [31m</h1>"),
            (
                r#"{"error_code":422,"message":[{"type":"enum","loc":["body","schemaType",1],"msg":"Input should be 'JSON'"},{"msg":"b."},"c"]}"#,
                "Input should be 'JSON' (at `body.schemaType.1`); b; c",
            ),
            (r#"{"message":{"message":["a","b"]}}"#, "a; b"),
            (r#"{"message":null,"detail":"d"}"#, "d"),
        ] {
            assert_eq!(of_body(body), expected, "{body}");
        }
        let long = of_body(&"ä".repeat(MAX + 1));
        assert_eq!(long, "ä".repeat(MAX) + "…");
    }
}
