//! Puts an id template on a struct, if the derive accepts it there.

use inngest_grammar::proof::{Language, PartKind, clash};
use inngest_grammar::scope::is_scoped;
use inngest_grammar::template::{Piece, Template};

use super::build::Builder;
use super::code::{Body, Field, ItemId, Type};

/// The characters with a special meaning in a pattern.
const META: &str = "\\^$.*+?()[]{}|/";

/// The maximum number of fields that are tried as parts of an id.
pub(super) const MAX_CANDIDATES: usize = 12;

/// Sets the template of an event's struct, and derives `IdPart` for the types that the template uses. Returns
/// whether its ids have the pattern. The error says why the derive would refuse the template.
///
/// `pattern` is the pattern of the event's ids in the schema, if there is a schema.
pub(super) fn set(
    builder: &mut Builder,
    event: ItemId,
    template: &str,
    pattern: Option<&str>,
) -> Result<bool, String> {
    let refused = |problem: &str| format!("the id template `{template}` is left out: {problem}");
    let parsed = Template::parse(template).map_err(|_| refused("it is not well-formed"))?;
    let paths: Vec<Vec<String>> = parsed
        .placeholders()
        .map(|placeholder| placeholder.segments().map(str::to_owned).collect())
        .collect();
    if paths.is_empty() {
        return Err(refused("it has no placeholder"));
    }
    let mut parts = Vec::new();
    for path in &paths {
        let part = part(builder, event, path).ok_or_else(|| {
            refused(&format!(
                "`{}` is not a field that can be part of an id",
                path.join(".")
            ))
        })?;
        parts.push(part);
    }
    // The schema of an integer that is sent as text does not say whether it has a sign.
    let unsigned = unsigned(&parts);
    if pattern.is_some_and(|pattern| self::pattern(&parsed, &unsigned) == pattern) {
        for (part, path) in parts.iter_mut().zip(&paths) {
            if part.is_text_integer
                && let Some(field) = field_mut(builder, event, path)
            {
                field.ty = Type::Plain("u64");
                part.language = Language::Unsigned;
            }
        }
    }
    let languages = languages(&parts);
    for item in parts.iter().flat_map(|part| &part.derives) {
        if let Some(item) = builder.item_mut(*item) {
            item.is_id_part = true;
        }
    }
    let kinds: Vec<_> = languages
        .iter()
        .map(|language| PartKind {
            language: *language,
            pattern: language.pattern(),
        })
        .collect();
    let is_ambiguous = clash(&kinds, &parsed.edges()).is_some();
    if let Some(event) = builder.item_mut(event).and_then(|item| item.event.as_mut()) {
        event.id = Some(template.to_owned());
        if !is_scoped(&parsed, &event.name) {
            event.allow.push("unscoped_id");
        }
        if is_ambiguous {
            event.allow.push("ambiguous_id");
        }
    }
    // A `char` or an enum has a pattern of its own.
    let is_known = |language: &Language| !matches!(language, Language::Fixed | Language::Word);
    let is_same = pattern.is_none_or(|pattern| self::pattern(&parsed, &languages) == pattern);
    Ok(is_same || !languages.iter().all(is_known))
}

/// Finds a template whose ids have this pattern, from fields with the types that the pattern asks for. Fields
/// named like an id are tried first, then the others in the order of the struct.
pub(super) fn of_pattern(builder: &Builder, event: ItemId, pattern: &str) -> Option<String> {
    let pieces = pieces(pattern)?;
    let count = pieces.iter().filter(|piece| piece.is_none()).count();
    let Body::Struct(fields) = &builder.item(event)?.body else {
        return None;
    };
    let mut names: Vec<&str> = fields
        .iter()
        .filter(|field| part(builder, event, std::slice::from_ref(&field.name)).is_some())
        .map(|field| &*field.name)
        .collect();
    names.sort_by_key(|name| !(*name == "id" || name.ends_with("_id")));
    names.truncate(MAX_CANDIDATES);
    let orders = orders(names.len());
    orders
        .iter()
        .filter(|order| order.len() == count)
        .find_map(|order| {
            let mut chosen = order.iter().filter_map(|index| names.get(*index));
            let mut template = String::new();
            for piece in &pieces {
                match piece {
                    Some(text) => template += &text.replace('{', "{{").replace('}', "}}"),
                    None => template.extend(["{", chosen.next()?, "}"]),
                }
            }
            let parsed = Template::parse(&template).ok()?;
            let parts = order.iter().filter_map(|index| names.get(*index));
            let parts = parts.map(|name| part(builder, event, &[(*name).to_owned()]));
            let parts: Option<Vec<Part>> = parts.collect();
            let parts = parts?;
            let written = [languages(&parts), unsigned(&parts)];
            let is_same = written
                .iter()
                .any(|written| self::pattern(&parsed, written) == pattern);
            is_same.then_some(template)
        })
}

/// Splits a pattern that `inngest-core` wrote into its pieces of text, with `None` for each placeholder.
fn pieces(pattern: &str) -> Option<Vec<Option<String>>> {
    let mut rest = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let languages = [
        Language::Bool,
        Language::Word,
        Language::Signed,
        Language::Unsigned,
        Language::Open,
    ];
    let mut pieces: Vec<Option<String>> = Vec::new();
    while let Some(first) = rest.chars().next() {
        let part = languages
            .iter()
            .find_map(|language| rest.strip_prefix(language.pattern()));
        if let Some(after) = part {
            pieces.push(None);
            rest = after;
            continue;
        }
        // A character with a special meaning is part of the text only if it is escaped.
        let escaped = rest.strip_prefix('\\').and_then(|rest| rest.chars().next());
        if escaped.is_none() && META.contains(first) {
            return None;
        }
        let c = escaped.unwrap_or(first);
        rest = rest.get(c.len_utf8() + usize::from(escaped.is_some())..)?;
        match pieces.last_mut() {
            Some(Some(text)) => text.push(c),
            _ => pieces.push(Some(c.into())),
        }
    }
    Some(pieces)
}

/// All ordered choices of one to three of the indices below `count`.
pub(super) fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = (0..count).map(|index| vec![index]).collect();
    let mut start = 0;
    for _ in 0..2 {
        let end = all.len();
        for at in start..end {
            for index in 0..count {
                let Some(shorter) = all.get(at).filter(|order| !order.contains(&index)) else {
                    continue;
                };
                let mut longer = shorter.clone();
                longer.push(index);
                all.push(longer);
            }
        }
        start = end;
    }
    all
}

/// A field that a template names.
struct Part {
    language: Language,
    /// The items that must derive `IdPart`.
    derives: Vec<ItemId>,
    is_text_integer: bool,
}

fn languages(parts: &[Part]) -> Vec<Language> {
    parts.iter().map(|part| part.language).collect()
}

/// The languages, provided that integers sent as text have no sign.
fn unsigned(parts: &[Part]) -> Vec<Language> {
    let of = |part: &Part| {
        if part.is_text_integer {
            Language::Unsigned
        } else {
            part.language
        }
    };
    parts.iter().map(of).collect()
}

fn part(builder: &Builder, event: ItemId, path: &[String]) -> Option<Part> {
    let field = field(builder, event, path)?;
    let is_text_integer = field
        .serde
        .iter()
        .any(|word| word.ends_with("::AsString\""));
    let mut derives = Vec::new();
    let mut ty = &field.ty;
    let language = loop {
        match ty {
            Type::Plain("String") => break Language::Open,
            Type::Plain("bool") => break Language::Bool,
            Type::Plain("char") => break Language::Fixed,
            Type::Plain(name) if name.starts_with('u') => break Language::Unsigned,
            Type::Plain(name) if name.starts_with('i') => break Language::Signed,
            Type::Named(id) | Type::Boxed(id) if !derives.contains(id) => {
                derives.push(*id);
                let item = builder.item(*id)?;
                match &item.body {
                    Body::Newtype(inner) => ty = &inner.ty,
                    _ if item.is_unit_enum() => break Language::Word,
                    _ => return None,
                }
            }
            _ => return None,
        }
    };
    Some(Part {
        language,
        derives,
        is_text_integer,
    })
}

/// The field that a path leads to.
fn field<'a>(builder: &'a Builder, event: ItemId, path: &[String]) -> Option<&'a Field> {
    let (last, before) = path.split_last()?;
    let item = before.iter().try_fold(event, |item, name| {
        match &own_field(builder, item, name)?.ty {
            Type::Named(id) | Type::Boxed(id) => Some(*id),
            _ => None,
        }
    })?;
    own_field(builder, item, last)
}

fn field_mut<'a>(
    builder: &'a mut Builder,
    event: ItemId,
    path: &[String],
) -> Option<&'a mut Field> {
    let [name] = path else { return None };
    match &mut builder.item_mut(event)?.body {
        Body::Struct(fields) => fields.iter_mut().find(|field| field.name == *name),
        _ => None,
    }
}

fn own_field<'a>(builder: &'a Builder, item: ItemId, name: &str) -> Option<&'a Field> {
    match &builder.item(item)?.body {
        Body::Struct(fields) => fields
            .iter()
            .find(|field| field.name == name && !field.key.is_empty()),
        _ => None,
    }
}

/// The pattern that `inngest-core` writes for the ids of a template.
fn pattern(template: &Template, languages: &[Language]) -> String {
    let mut pattern = String::from("^");
    let mut languages = languages.iter();
    for piece in template.pieces() {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    if META.contains(c) {
                        pattern.push('\\');
                    }
                    pattern.push(c);
                }
            }
            Piece::Placeholder(_) => {
                pattern.push_str(languages.next().map_or("", |language| language.pattern()));
            }
        }
    }
    pattern + "$"
}
