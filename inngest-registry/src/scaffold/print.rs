//! Prints items in the style of rustfmt, which may not be installed where this runs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::code::{Body, Content, EventAttribute, Field, Item, Module, Tagging, Type, Variant};
use super::names::{Renamed, escaped, rename_all};

/// The longest line.
const MAX_WIDTH: usize = 100;
/// The longest list of arguments of an attribute on one line.
const MAX_ARGUMENTS: usize = 70;
/// The longest list of fields of a variant on one line.
const MAX_VARIANT: usize = 35;

/// Prints modules as one file. The first module is the file itself.
pub(super) fn file(modules: &[Module]) -> String {
    let mut text = String::new();
    // A module is empty if all its events were left out.
    for module in modules
        .iter()
        .filter(|module| module.items.iter().any(Option::is_some))
    {
        if !text.is_empty() {
            text.push('\n');
        }
        match &module.name {
            None => text.push_str(&module_text(module, 0)),
            Some(name) => {
                let _ = writeln!(text, "pub mod {name} {{");
                text.push_str(&module_text(module, 1));
                text.push_str("}\n");
            }
        }
    }
    text
}

fn module_text(module: &Module, level: usize) -> String {
    let mut writer = Writer {
        module,
        level,
        std: BTreeSet::new(),
        core: BTreeSet::from(["Event"]),
        uses_value: false,
    };
    let items = module.in_order().into_iter();
    let mut items: Vec<String> = items.map(|item| writer.item(item)).collect();
    if module.needs_nullable {
        items.push(writer.nullable());
    }
    let uses = writer.uses();
    uses + "\n" + &items.join("\n")
}

/// Prints the items of a module, and collects what they import.
struct Writer<'a> {
    module: &'a Module,
    /// How deep the module is nested.
    level: usize,
    std: BTreeSet<&'static str>,
    core: BTreeSet<&'static str>,
    uses_value: bool,
}

impl Writer<'_> {
    fn indent(&self, deeper: usize) -> String {
        "    ".repeat(self.level + deeper)
    }

    fn uses(&self) -> String {
        let indent = self.indent(0);
        let path = |root: &str, names: &BTreeSet<&str>| {
            let all = names.iter().copied().collect::<Vec<_>>().join(", ");
            match names.len() {
                0 => String::new(),
                1 => format!("{indent}use {root}::{all};\n"),
                _ => format!("{indent}use {root}::{{{all}}};\n"),
            }
        };
        let mut text = path("std::collections", &self.std);
        if !text.is_empty() {
            text.push('\n');
        }
        text += &path("inngest_core", &self.core);
        let _ = writeln!(text, "{indent}use schemars::JsonSchema;");
        let serde: &[&str] = if self.module.needs_nullable {
            &["Deserialize", "Deserializer", "Serialize"]
        } else {
            &["Deserialize", "Serialize"]
        };
        text += &path("serde", &serde.iter().copied().collect());
        if self.uses_value {
            let _ = writeln!(text, "{indent}use serde_json::Value;");
        }
        text
    }

    fn nullable(&self) -> String {
        let indent = self.indent(0);
        let lines = [
            "/// Reads `null` as `Some(None)`, so that `None` means that the member is absent.",
            "fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>",
            "where",
            "    D: Deserializer<'de>,",
            "    T: Deserialize<'de>,",
            "{",
            "    Option::deserialize(deserializer).map(Some)",
            "}",
        ];
        let lines = lines.map(|line| format!("{indent}{line}\n"));
        lines.concat()
    }

    fn item(&mut self, item: &Item) -> String {
        let mut text = self.docs(item.docs.as_deref(), 0);
        let mut derives = vec!["Clone"];
        if item.is_unit_enum() {
            derives.extend(["Copy", "Debug", "PartialEq", "Eq"]);
        } else {
            derives.push("Debug");
        }
        derives.extend(["Serialize", "Deserialize", "JsonSchema"]);
        if item.event.is_some() {
            derives.push("Event");
        }
        if item.is_id_part {
            derives.push("IdPart");
            self.core.insert("IdPart");
        }
        let _ = writeln!(text, "{}#[derive({})]", self.indent(0), derives.join(", "));
        if let Some(event) = &item.event {
            text += &self.attribute("event", &event_arguments(event), 0);
        }
        let mut serde = item.serde.clone();
        match &item.body {
            Body::Struct(fields) => {
                let renames = field_renames(fields, &mut serde);
                text += &self.attribute("serde", &serde, 0);
                text += &self.attribute("schemars", &item.schemars, 0);
                let indent = self.indent(0);
                if fields.is_empty() {
                    let _ = writeln!(text, "{indent}pub struct {} {{}}", item.name);
                } else {
                    let _ = writeln!(text, "{indent}pub struct {} {{", item.name);
                    text += &self.fields(fields, &renames, "pub ", 1);
                    let _ = writeln!(text, "{indent}}}");
                }
            }
            Body::Newtype(field) => text += &self.newtype(item, field),
            Body::Enum(tagging, variants) => {
                text += &self.enumeration(item, tagging, variants, serde);
            }
        }
        text
    }

    fn newtype(&mut self, item: &Item, field: &Field) -> String {
        let indent = self.indent(0);
        let name = &item.name;
        let ty = self.ty(&field.ty);
        let schemars = self.attribute("schemars", &item.schemars, 0);
        let attributes = self.attribute("serde", &field.serde, 1)
            + &self.attribute("schemars", &field.schemars, 1);
        let lines: Vec<_> = attributes.lines().map(str::trim).chain([""]).collect();
        let joined = lines.join(" ");
        let line = format!("{indent}pub struct {name}({joined}pub {ty});\n");
        if line.trim_end().len() <= MAX_WIDTH {
            return schemars + &line;
        }
        // rustfmt writes two spaces before the type of a field in parentheses on a line of its own.
        let value = typed_field(&self.indent(1), "pub value", &ty);
        format!(
            "{indent}#[serde(transparent)]\n{schemars}{indent}pub struct {name} {{\n\
             {attributes}{value}{indent}}}\n"
        )
    }

    fn enumeration(
        &mut self,
        item: &Item,
        tagging: &Tagging,
        variants: &[Variant],
        mut serde: Vec<String>,
    ) -> String {
        match tagging {
            Tagging::External => {}
            Tagging::Internal(tag) => serde.push(format!("tag = {tag:?}")),
            Tagging::Adjacent(tag, content) => {
                serde.extend([format!("tag = {tag:?}"), format!("content = {content:?}")]);
            }
            Tagging::Untagged => serde.push("untagged".to_owned()),
        }
        let names: Vec<_> = variants.iter().map(|v| (&*v.name, &*v.key)).collect();
        let renames = match tagging {
            Tagging::Untagged => vec![false; names.len()],
            _ => {
                let (rule, renames) = rename_all(Renamed::Variants, &names);
                serde.extend(rule.map(|rule| format!("rename_all = {rule:?}")));
                renames
            }
        };
        let mut text = self.attribute("serde", &serde, 0);
        text += &self.attribute("schemars", &item.schemars, 0);
        let indent = self.indent(0);
        let _ = writeln!(text, "{indent}pub enum {} {{", item.name);
        let mut write = |one_line: bool| -> Vec<String> {
            let all = variants.iter().zip(&renames);
            all.map(|(variant, renamed)| self.variant(variant, *renamed, one_line))
                .collect()
        };
        let mut lines = write(true);
        // As soon as one variant takes several lines, rustfmt gives each field its own line.
        let several = |text: &String| text.trim_end().contains('\n');
        if lines.iter().any(several) && !lines.iter().all(several) {
            lines = write(false);
        }
        text.extend(lines);
        let _ = writeln!(text, "{indent}}}");
        text
    }

    fn variant(&mut self, variant: &Variant, has_own_key: bool, one_line: bool) -> String {
        let mut text = self.docs(variant.docs.as_deref(), 1);
        let mut serde = Vec::new();
        if has_own_key {
            serde.push(format!("rename = {:?}", variant.key));
        }
        serde.extend_from_slice(&variant.serde);
        let mut content = String::new();
        match &variant.content {
            Content::Unit => {}
            Content::Types(types) => {
                let types: Vec<_> = types.iter().map(|ty| self.ty(ty)).collect();
                let _ = write!(content, "({})", types.join(", "));
            }
            Content::Fields(fields) => {
                let own = field_renames(fields, &mut serde);
                content = self.variant_fields(fields, &own, one_line);
            }
        }
        text += &self.attribute("serde", &serde, 1);
        let indent = self.indent(1);
        let line = format!("{indent}{}{content},", variant.name);
        match (&variant.content, line.len() > MAX_WIDTH) {
            (Content::Types(types), true) => {
                let inner = self.indent(2);
                let _ = writeln!(text, "{indent}{}(", variant.name);
                for ty in types {
                    let ty = wrapped_if_long(&self.ty(ty), &inner);
                    let _ = writeln!(text, "{inner}{ty},");
                }
                let _ = writeln!(text, "{indent}),");
            }
            _ => {
                let _ = writeln!(text, "{line}");
            }
        }
        text
    }

    fn variant_fields(&mut self, fields: &[Field], renames: &[bool], one_line: bool) -> String {
        if fields.is_empty() {
            return " {}".to_owned();
        }
        let text = self.fields(fields, renames, "", 2);
        let lines: Vec<_> = text
            .lines()
            .map(|line| line.trim_end_matches(',').trim())
            .collect();
        let joined = lines.join(", ");
        if one_line && lines.len() == fields.len() && joined.len() <= MAX_VARIANT {
            return format!(" {{ {joined} }}");
        }
        format!(" {{\n{text}{}}}", self.indent(1))
    }

    fn fields(
        &mut self,
        fields: &[Field],
        renames: &[bool],
        visibility: &str,
        deeper: usize,
    ) -> String {
        let mut text = String::new();
        let indent = self.indent(deeper);
        for (field, renamed) in fields.iter().zip(renames) {
            text += &self.docs(field.docs.as_deref(), deeper);
            if let Some(comment) = &field.comment {
                let line = |c: char| if c == '\n' { ' ' } else { c };
                let comment: String = comment
                    .chars()
                    .filter(|c| !is_refused(*c))
                    .map(line)
                    .collect();
                let _ = writeln!(text, "{indent}// {comment}");
            }
            text += &self.attribute("event", &field.event, deeper);
            let mut serde = Vec::new();
            if *renamed {
                serde.push(format!("rename = {:?}", field.key));
            }
            serde.extend_from_slice(&field.serde);
            text += &self.attribute("serde", &serde, deeper);
            let mut schemars = field.schemars.clone();
            if let Type::Option(inner) = &field.ty
                && field.refuses_null
            {
                schemars.insert(0, format!("with = \"{}\"", self.ty(inner)));
            }
            text += &self.attribute("schemars", &schemars, deeper);
            let name = escaped(&field.name);
            let ty = self.ty(&field.ty);
            text += &typed_field(&indent, &format!("{visibility}{name}"), &ty);
        }
        text
    }

    fn ty(&mut self, ty: &Type) -> String {
        let name = |id: usize| {
            let item = self.module.items.get(id).and_then(Option::as_ref);
            item.map_or_else(String::new, |item| item.name.clone())
        };
        match ty {
            Type::Plain(name) => (*name).to_owned(),
            Type::Any => {
                self.uses_value = true;
                "Value".to_owned()
            }
            Type::Number => "serde_json::Number".to_owned(),
            Type::Option(inner) => format!("Option<{}>", self.ty(inner)),
            Type::Vec(inner) => format!("Vec<{}>", self.ty(inner)),
            Type::Set(inner) => {
                self.std.insert("BTreeSet");
                format!("BTreeSet<{}>", self.ty(inner))
            }
            Type::Array(inner, length) => format!("[{}; {length}]", self.ty(inner)),
            Type::Map(key, inner) => {
                self.std.insert("BTreeMap");
                format!("BTreeMap<{key}, {}>", self.ty(inner))
            }
            Type::Tuple(items) => {
                let items: Vec<_> = items.iter().map(|item| self.ty(item)).collect();
                match items.as_slice() {
                    [only] => format!("({only},)"),
                    _ => format!("({})", items.join(", ")),
                }
            }
            Type::Named(id) => name(*id),
            Type::Boxed(id) => format!("Box<{}>", name(*id)),
        }
    }

    fn docs(&self, docs: Option<&str>, deeper: usize) -> String {
        let indent = self.indent(deeper);
        let lines = docs.into_iter().flat_map(|docs| docs.split('\n'));
        let mut text = String::new();
        for line in lines {
            let line: String = line.chars().filter(|c| !is_refused(*c)).collect();
            let line = format!("/// {}", line.trim_end());
            let _ = writeln!(text, "{indent}{}", line.trim_end());
        }
        text
    }

    /// An attribute with its arguments on one line, or each on its own.
    fn attribute(&self, name: &str, arguments: &[String], deeper: usize) -> String {
        if arguments.is_empty() {
            return String::new();
        }
        let indent = self.indent(deeper);
        let joined = arguments.join(", ");
        let line = format!("{indent}#[{name}({joined})]");
        // rustfmt does not format an attribute that contains more than names and literals.
        let is_unformatted = arguments
            .iter()
            .any(|argument| argument.starts_with("extend("));
        let is_short = joined.len() <= MAX_ARGUMENTS || arguments.len() == 1;
        if is_unformatted || (is_short && line.chars().count() <= MAX_WIDTH) {
            return line + "\n";
        }
        let inner = self.indent(deeper + 1);
        let arguments = arguments.join(&format!(",\n{inner}"));
        format!("{indent}#[{name}(\n{inner}{arguments}\n{indent})]\n")
    }
}

/// A field with its type: on one line, on two, or with the type's arguments on lines of their own.
fn typed_field(indent: &str, name: &str, ty: &str) -> String {
    let line = format!("{indent}{name}: {ty},\n");
    if line.len() - 1 <= MAX_WIDTH {
        line
    } else if indent.len() + 4 + ty.len() < MAX_WIDTH {
        format!("{indent}{name}:\n{indent}    {ty},\n")
    } else {
        format!("{indent}{name}: {},\n", wrapped_if_long(ty, indent))
    }
}

/// A type whose arguments are on lines of their own if it is too long for one line.
fn wrapped_if_long(ty: &str, indent: &str) -> String {
    if indent.len() + ty.len() < MAX_WIDTH {
        return ty.to_owned();
    }
    split(ty, indent)
}

fn split(ty: &str, indent: &str) -> String {
    let open = ty.find(['<', '(']).filter(|_| ty.ends_with(['>', ')']));
    let Some(open) = open else {
        return ty.to_owned();
    };
    let (name, rest) = ty.split_at(open + 1);
    let (inner, close) = rest.split_at(rest.len() - 1);
    let arguments = arguments_of(inner);
    if let [tuple] = arguments.as_slice()
        && tuple.starts_with('(')
    {
        return format!("{name}{}{close}", split(tuple, indent));
    }
    let deeper = format!("{indent}    ");
    let mut text = format!("{name}\n");
    for argument in arguments {
        let _ = writeln!(text, "{deeper}{},", wrapped_if_long(argument, &deeper));
    }
    text + indent + close
}

/// The types between the brackets of a type.
fn arguments_of(inner: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let is_end = |c: char| {
        depth += match c {
            '<' | '(' | '[' => 1,
            '>' | ')' | ']' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    };
    let arguments = inner.split(is_end).map(str::trim);
    arguments.filter(|argument| !argument.is_empty()).collect()
}

/// Whether rustc refuses a character in a comment: a lone carriage return, or one that changes the
/// direction of text.
fn is_refused(c: char) -> bool {
    matches!(c, '\r' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn event_arguments(event: &EventAttribute) -> Vec<String> {
    let mut arguments = vec![format!("name = {:?}", event.name)];
    arguments.extend(event.id.iter().map(|id| format!("id = {id:?}")));
    arguments.extend(
        event
            .version
            .iter()
            .map(|version| format!("version = {version:?}")),
    );
    if !event.allow.is_empty() {
        arguments.push(format!("allow({})", event.allow.join(", ")));
    }
    arguments
}

/// Adds `rename_all` to the attributes of a struct or a variant, and returns which fields need a rename
/// of their own.
fn field_renames(fields: &[Field], serde: &mut Vec<String>) -> Vec<bool> {
    let has_key = |field: &&Field| !field.key.is_empty() || !is_keyless(field);
    let named: Vec<_> = fields
        .iter()
        .filter(has_key)
        .map(|f| (&*f.name, &*f.key))
        .collect();
    let (rule, renames) = rename_all(Renamed::Fields, &named);
    serde.extend(rule.map(|rule| format!("rename_all = {rule:?}")));
    let mut renames = renames.into_iter();
    fields
        .iter()
        .map(|field| has_key(&field) && renames.next().unwrap_or_default())
        .collect()
}

/// Whether the field has no key in JSON.
fn is_keyless(field: &Field) -> bool {
    field
        .serde
        .iter()
        .any(|word| word == "flatten" || word == "skip")
}
