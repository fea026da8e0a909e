//! The enum as its author wrote it.

use syn::{Data, DeriveInput, Fields, GenericArgument, Ident, Path, PathArguments, Type};

use super::attr::{self, VariantAttrs};
use crate::ctxt::Ctxt;

pub(crate) struct Events<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) krate: Option<Path>,
    pub(crate) variants: Vec<Variant<'a>>,
    /// The variants that are marked `other`, whatever they hold, each with the attribute's key.
    pub(crate) others: Vec<(&'a Ident, Ident)>,
}

pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: Type,
    pub(crate) attrs: VariantAttrs,
}

impl<'a> Events<'a> {
    pub(crate) fn read(cx: &Ctxt, input: &'a DeriveInput) -> Self {
        let krate = attr::read_crate(cx, &input.attrs);
        let mut others = Vec::new();
        let variants = variants(cx, input, &mut others);
        Self {
            input,
            krate,
            variants,
            others,
        }
    }
}

fn variants<'a>(
    cx: &Ctxt,
    input: &'a DeriveInput,
    others: &mut Vec<(&'a Ident, Ident)>,
) -> Vec<Variant<'a>> {
    let (token, what) = match &input.data {
        Data::Enum(data) => {
            if data.variants.is_empty() {
                let message = "an enum without variants decodes no event; add a variant, such as \
                               `ItemImported(ItemImported)`";
                cx.error(&input.ident, message);
            }
            let variants = data.variants.iter();
            return variants
                .filter_map(|found| variant(cx, found, others))
                .collect();
        }
        Data::Struct(data) => (data.struct_token.span, "struct"),
        Data::Union(data) => (data.union_token.span, "union"),
    };
    let message = format!(
        "`Events` is for an enum with one event type in each variant, not for a {what}; write an \
         enum, or decode one event type as `Received<T>`"
    );
    cx.error_at(token, message);
    Vec::new()
}

fn variant<'a>(
    cx: &Ctxt,
    variant: &'a syn::Variant,
    others: &mut Vec<(&'a Ident, Ident)>,
) -> Option<Variant<'a>> {
    let ident = &variant.ident;
    let attrs = VariantAttrs::read(cx, &variant.attrs);
    others.extend(attrs.other.as_ref().map(|other| (ident, other.key.clone())));
    for field in &variant.fields {
        attr::report_misplaced(cx, &field.attrs, ident);
    }
    let wanted = if attrs.other.is_some() {
        format!("write `{ident}(RawReceived)`")
    } else {
        format!("write `{ident}(…)` with the event type in the parentheses")
    };
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let ty = attr::ungrouped(fields.unnamed.first()?.ty.clone());
            Some(Variant { ident, ty, attrs })
        }
        Fields::Unnamed(fields) => {
            let message = format!(
                "a variant holds one event type, and `{ident}` has {} fields; {wanted}",
                fields.unnamed.len()
            );
            cx.fail(fields, message)
        }
        Fields::Named(fields) => cx.fail(
            fields,
            format!("a variant holds one event type, and `{ident}` has named fields; {wanted}"),
        ),
        Fields::Unit => cx.fail(
            ident,
            format!("a variant holds one event type, and `{ident}` holds none; {wanted}"),
        ),
    }
}

/// The event type in `Received<T>` and `Box<T>`, judged by their names.
pub(crate) fn event_type(ty: &Type) -> &Type {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && (last.ident == "Received" || last.ident == "Box")
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
        && arguments.args.len() == 1
    {
        return event_type(inner);
    }
    match ty {
        Type::Group(group) => event_type(&group.elem),
        ty => ty,
    }
}
