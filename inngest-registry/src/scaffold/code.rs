//! A model of the generated Rust code: types with their attributes.

/// The index of an item in its module.
pub(super) type ItemId = usize;

/// A Rust type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// A type that is printed verbatim, such as `u32` or `String`.
    Plain(&'static str),
    /// `serde_json::Value`
    Any,
    /// `serde_json::Number`
    Number,
    Option(Box<Self>),
    Vec(Box<Self>),
    Set(Box<Self>),
    Array(Box<Self>, usize),
    /// `BTreeMap<K, V>`
    Map(&'static str, Box<Self>),
    Tuple(Vec<Self>),
    Named(ItemId),
    /// A named type in a `Box`, because it would otherwise contain itself.
    Boxed(ItemId),
}

impl Type {
    pub(super) const STRING: Self = Self::Plain("String");

    pub(super) fn option(self) -> Self {
        match self {
            // Both read `null` already.
            Self::Option(_) | Self::Any => self,
            other => Self::Option(Box::new(other)),
        }
    }

    /// Calls `visit` with each item that the type mentions.
    fn each_named(&self, visit: &mut impl FnMut(ItemId)) {
        match self {
            Self::Named(id) | Self::Boxed(id) => visit(*id),
            Self::Option(inner)
            | Self::Vec(inner)
            | Self::Set(inner)
            | Self::Array(inner, _)
            | Self::Map(_, inner) => inner.each_named(visit),
            Self::Tuple(items) => items.iter().for_each(|item| item.each_named(visit)),
            Self::Plain(_) | Self::Any | Self::Number => {}
        }
    }

    /// Calls `visit` with each item that the type holds by value, without indirection.
    fn each_held(&mut self, visit: &mut impl FnMut(&mut Self)) {
        match self {
            Self::Option(inner) | Self::Array(inner, _) => inner.each_held(visit),
            Self::Tuple(items) => items.iter_mut().for_each(|item| item.each_held(visit)),
            Self::Named(_) => visit(self),
            _ => {}
        }
    }
}

/// A field of a struct, a variant or a newtype.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) docs: Option<String>,
    /// The key in JSON; empty for a flattened field and for the field of a newtype.
    pub(super) key: String,
    /// The Rust name, without `r#`.
    pub(super) name: String,
    pub(super) ty: Type,
    /// What `#[serde(…)]`, `#[schemars(…)]` and `#[event(…)]` contain.
    pub(super) serde: Vec<String>,
    pub(super) schemars: Vec<String>,
    pub(super) event: Vec<String>,
    /// Whether the type is an `Option` only because the field may be absent, so that its schema has no `null`.
    pub(super) refuses_null: bool,
    /// A comment for the person who edits the code.
    pub(super) comment: Option<String>,
}

impl Field {
    pub(super) fn new(key: &str, name: String, ty: Type) -> Self {
        Self {
            docs: None,
            key: key.to_owned(),
            name,
            ty,
            serde: Vec::new(),
            schemars: Vec::new(),
            event: Vec::new(),
            refuses_null: false,
            comment: None,
        }
    }

    /// A flattened field, whose members are members of the struct.
    pub(super) fn flattened(name: String, ty: Type) -> Self {
        Self {
            serde: vec!["flatten".to_owned()],
            ..Self::new("", name, ty)
        }
    }

    pub(super) fn is_flattened(&self) -> bool {
        self.serde.iter().any(|word| word == "flatten")
    }

    /// Omits the field where it is `None`.
    pub(super) fn make_optional(&mut self) {
        self.serde.extend([
            "default".to_owned(),
            "skip_serializing_if = \"Option::is_none\"".to_owned(),
        ]);
    }
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variant {
    pub(super) docs: Option<String>,
    /// The name in JSON; empty in an untagged enum.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) content: Content,
    /// What `#[serde(…)]` contains besides `rename`.
    pub(super) serde: Vec<String>,
}

/// What a variant holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    Unit,
    /// One or more types in parentheses.
    Types(Vec<Type>),
    Fields(Vec<Field>),
}

/// How serde writes the variants of an enum.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tagging {
    External,
    Internal(String),
    Adjacent(String, String),
    Untagged,
}

/// What follows the name of an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Struct(Vec<Field>),
    Enum(Tagging, Vec<Variant>),
    Newtype(Field),
}

/// The arguments of `#[event(…)]` on a struct.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EventAttribute {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) id: Option<String>,
    pub(super) allow: Vec<&'static str>,
}

/// A struct or an enum.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) docs: Option<String>,
    pub(super) name: String,
    pub(super) event: Option<EventAttribute>,
    /// Whether an id template uses it, so that it derives `IdPart`.
    pub(super) is_id_part: bool,
    pub(super) serde: Vec<String>,
    pub(super) schemars: Vec<String>,
    pub(super) body: Body,
}

impl Item {
    pub(super) fn new(name: String, body: Body) -> Self {
        Self {
            docs: None,
            name,
            event: None,
            is_id_part: false,
            serde: Vec::new(),
            schemars: Vec::new(),
            body,
        }
    }

    /// Whether it is an enum of variants without content.
    pub(super) fn is_unit_enum(&self) -> bool {
        match &self.body {
            Body::Enum(Tagging::External, variants) => variants
                .iter()
                .all(|variant| variant.content == Content::Unit),
            _ => false,
        }
    }

    fn each_type(&self, visit: &mut impl FnMut(&Type)) {
        match &self.body {
            Body::Struct(fields) => fields.iter().for_each(|field| visit(&field.ty)),
            Body::Newtype(field) => visit(&field.ty),
            Body::Enum(_, variants) => {
                for variant in variants {
                    match &variant.content {
                        Content::Unit => {}
                        Content::Types(types) => types.iter().for_each(&mut *visit),
                        Content::Fields(fields) => fields.iter().for_each(|field| visit(&field.ty)),
                    }
                }
            }
        }
    }

    fn each_type_mut(&mut self, visit: &mut impl FnMut(&mut Type)) {
        let fields = |fields: &mut Vec<Field>, visit: &mut dyn FnMut(&mut Type)| {
            for field in fields.iter_mut() {
                visit(&mut field.ty);
            }
        };
        match &mut self.body {
            Body::Struct(all) => fields(all, visit),
            Body::Newtype(field) => visit(&mut field.ty),
            Body::Enum(_, variants) => {
                for variant in variants {
                    match &mut variant.content {
                        Content::Unit => {}
                        Content::Types(types) => types.iter_mut().for_each(&mut *visit),
                        Content::Fields(all) => fields(all, visit),
                    }
                }
            }
        }
    }
}

/// The items of one module.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The name; `None` for the file itself.
    pub(super) name: Option<String>,
    /// An item is `None` until it is finished, so that a recursive type can refer to it.
    pub(super) items: Vec<Option<Item>>,
    /// Whether a field needs the function that distinguishes `null` from an absent member.
    pub(super) needs_nullable: bool,
}

impl Module {
    /// The items in the order in which they are printed: each event, followed by the types that no earlier
    /// event uses.
    pub(super) fn in_order(&self) -> Vec<&Item> {
        let mut seen = vec![false; self.items.len()];
        let mut ordered = Vec::new();
        let events = |is_event: bool| {
            let items = self.items.iter().enumerate();
            items.filter(move |(_, item)| {
                item.as_ref()
                    .is_some_and(|item| item.event.is_some() == is_event)
            })
        };
        for (id, _) in events(true).chain(events(false)) {
            let mut open = vec![id];
            while let Some(id) = open.pop() {
                let Some(Some(item)) = self.items.get(id) else {
                    continue;
                };
                let is_other_event = item.event.is_some() && !open.is_empty();
                if is_other_event || seen.get(id) != Some(&false) {
                    continue;
                }
                if let Some(seen) = seen.get_mut(id) {
                    *seen = true;
                }
                ordered.push(item);
                let mut used = Vec::new();
                item.each_type(&mut |ty| ty.each_named(&mut |id| used.push(id)));
                open.extend(used.into_iter().rev());
            }
        }
        ordered
    }

    /// Boxes types where a type would contain itself.
    pub(super) fn box_recursion(&mut self) {
        let mut held: Vec<Vec<ItemId>> = vec![Vec::new(); self.items.len()];
        for (from, item) in self.items.iter_mut().enumerate() {
            let Some(item) = item else { continue };
            item.each_type_mut(&mut |ty| {
                ty.each_held(&mut |ty| {
                    let Type::Named(to) = *ty else { return };
                    if reaches(&held, to, from) {
                        *ty = Type::Boxed(to);
                    } else if let Some(held) = held.get_mut(from) {
                        held.push(to);
                    }
                });
            });
        }
    }
}

/// Whether one item holds another by value.
fn reaches(held: &[Vec<ItemId>], from: ItemId, to: ItemId) -> bool {
    let mut seen = vec![false; held.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if let Some(seen) = seen.get_mut(at)
            && !std::mem::replace(seen, true)
        {
            open.extend(held.get(at).into_iter().flatten());
        }
    }
    false
}
