//! Prints TypeScript types.

use std::iter::repeat_n;

use serde_json::Value;

use super::types::{Alternative, Docs, Member, Type};

/// The maximum width of a union on one line.
const WIDTH: usize = 80;

/// Prints a type that starts in a line indented by `indent`.
pub(super) fn of(of: &Type, indent: usize) -> String {
    match of {
        Type::Word(word) => word.clone(),
        Type::Array(item) => format!("{}[]", operand(item, indent)),
        Type::Tuple {
            items,
            required,
            rest,
        } => {
            let items = items.iter().enumerate().map(|(index, item)| {
                if index < *required {
                    self::of(item, indent)
                } else {
                    format!("{}?", operand(item, indent))
                }
            });
            let rest = rest
                .iter()
                .map(|rest| format!("...{}[]", operand(rest, indent)));
            format!("[{}]", items.chain(rest).collect::<Vec<_>>().join(", "))
        }
        Type::Object { members, index } => object(members, index.as_deref(), indent),
        Type::Union(alternatives) => union(alternatives, indent),
        Type::Intersection(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| operand(part, indent)).collect();
            parts.join(" & ")
        }
    }
}

/// Prints a type, in parentheses if it has operators.
fn operand(operand: &Type, indent: usize) -> String {
    match operand {
        Type::Union(_) | Type::Intersection(_) => {
            let text = of(operand, indent);
            if text.starts_with('\n') {
                format!("({text}\n{})", spaces(indent))
            } else {
                format!("({text})")
            }
        }
        _ => of(operand, indent),
    }
}

fn object(members: &[Member], index: Option<&Type>, indent: usize) -> String {
    if members.is_empty() && index.is_none() {
        return "{}".to_owned();
    }
    let mut text = String::from("{\n");
    let inner = indent + 2;
    for member in members {
        text.push_str(&docs(&member.docs, inner));
        text.push_str(&spaces(inner));
        text.push_str(&property(&member.name));
        text.push_str(if member.optional { "?:" } else { ":" });
        push_after_colon(&mut text, &of(&member.of, inner));
        text.push_str(";\n");
    }
    if let Some(index) = index {
        text.push_str(&spaces(inner));
        text.push_str("[key: string]:");
        push_after_colon(&mut text, &of(index, inner));
        text.push_str(";\n");
    }
    text + &spaces(indent) + "}"
}

/// Appends a type after a colon. A union on several lines starts on a new line.
pub(super) fn push_after_colon(text: &mut String, of: &str) {
    if !of.starts_with('\n') {
        text.push(' ');
    }
    text.push_str(of);
}

fn union(alternatives: &[Alternative], indent: usize) -> String {
    let texts: Vec<_> = alternatives
        .iter()
        .map(|alternative| match &alternative.of {
            Type::Intersection(_) => of(&alternative.of, indent + 4),
            other => operand(other, indent + 4),
        })
        .collect();
    let line = texts.join(" | ");
    let documented = alternatives
        .iter()
        .any(|alternative| !alternative.docs.is_empty());
    if !documented && !line.contains('\n') && line.len() <= WIDTH {
        return line;
    }
    let mut text = String::new();
    for (alternative, of) in alternatives.iter().zip(texts) {
        text.push('\n');
        text.push_str(&docs(&alternative.docs, indent + 2));
        text.push_str(&spaces(indent + 2));
        text.push_str("| ");
        text.push_str(&of);
    }
    text
}

/// Prints a doc comment indented by `indent`, with a final newline, or nothing if it is empty.
pub(super) fn docs(docs: &Docs, indent: usize) -> String {
    // Other Unicode line breaks neither end a comment nor need a line of their own.
    let mut lines: Vec<String> = docs
        .text
        .iter()
        .flat_map(|text| text.lines())
        .map(comment_line)
        .collect();
    if !lines.is_empty() && !docs.tags.is_empty() {
        lines.push(String::new());
    }
    lines.extend(docs.tags.iter().map(|tag| comment_line(tag)));
    let margin = spaces(indent);
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{margin}/** {line} */\n"),
        lines => {
            let mut text = format!("{margin}/**\n");
            for line in lines {
                text.push_str(format!("{margin} * {line}").trim_end());
                text.push('\n');
            }
            text + &margin + " */\n"
        }
    }
}

/// Escapes a line so that it cannot end the comment.
fn comment_line(line: &str) -> String {
    line.replace("*/", "*\\/").trim_end().to_owned()
}

/// Prints a property name, quoted if it is not an identifier.
fn property(name: &str) -> String {
    let mut chars = name.chars();
    let plain = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    if chars.next().is_some_and(plain) && chars.all(|c| plain(c) || c.is_ascii_digit()) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// Prints a string literal.
pub(super) fn string(text: &str) -> String {
    // Every JSON string is a valid ECMAScript string literal.
    Value::from(text).to_string()
}

fn spaces(count: usize) -> String {
    repeat_n(' ', count).collect()
}
