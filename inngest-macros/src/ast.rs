//! The struct as its author wrote it.

use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, Ident, Type};

use crate::attr::{FieldAttrs, StructAttrs};
use crate::ctxt::Ctxt;
use crate::serde_attr::SerdeField;

pub(crate) struct Event<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) attrs: StructAttrs,
    pub(crate) fields: Vec<Field<'a>>,
    /// Whether the input is a struct with named fields. If not, `fields` is empty.
    pub(crate) has_named_fields: bool,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    pub(crate) attrs: FieldAttrs,
    pub(crate) serde: SerdeField,
}

impl<'a> Event<'a> {
    pub(crate) fn read(cx: &Ctxt, input: &'a DeriveInput) -> Self {
        let fields = named_fields(cx, input);
        Self {
            input,
            attrs: StructAttrs::read(cx, &input.attrs),
            has_named_fields: fields.is_some(),
            fields: fields
                .into_iter()
                .flatten()
                .filter_map(|field| {
                    let ident = field.ident.as_ref()?;
                    Some(Field {
                        ident,
                        name: ident.unraw().to_string(),
                        ty: &field.ty,
                        attrs: FieldAttrs::read(cx, &field.attrs),
                        serde: SerdeField::read(&field.attrs),
                    })
                })
                .collect(),
        }
    }
}

impl<'e> Event<'e> {
    /// The fields that have an attribute, each with that attribute.
    pub(crate) fn fields_with<'a, T: 'a>(
        &'a self,
        attribute: impl Fn(&'a FieldAttrs) -> Option<&'a T>,
    ) -> impl Iterator<Item = (&'a Field<'e>, &'a T)> {
        let fields = self.fields.iter();
        fields.filter_map(move |field| Some((field, attribute(&field.attrs)?)))
    }
}

fn named_fields<'a>(
    cx: &Ctxt,
    input: &'a DeriveInput,
) -> Option<impl Iterator<Item = &'a syn::Field> + use<'a>> {
    let ident = &input.ident;
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields.named.iter()),
            Fields::Unnamed(fields) => cx.error(
                fields,
                format!(
                    "an event has named fields, because its data is an object; write `struct \
                     {ident} {{ … }}` with a name for each field"
                ),
            ),
            Fields::Unit => cx.error(
                ident,
                format!(
                    "an event has named fields, because its data is an object; write `struct \
                     {ident} {{}}` for an event without data"
                ),
            ),
        },
        Data::Enum(data) => {
            let mut variants = data.variants.iter();
            let holds_one_type = |variant: &syn::Variant| matches!(&variant.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1);
            let advice = if !data.variants.is_empty() && variants.all(holds_one_type) {
                "derive `Event` for the type in each variant, or `Events` of `inngest-receive` to \
                 decode events into the enum"
            } else {
                "write a struct with its own event name for each variant"
            };
            cx.error(
                data.enum_token,
                format!("an event is a struct with named fields, not an enum; {advice}"),
            );
        }
        Data::Union(data) => cx.error(
            data.union_token,
            "an event is a struct with named fields, not a union; write a struct",
        ),
    }
    None
}
