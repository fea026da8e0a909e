//! Writes event types from sent events.

mod groups;
mod ids;
mod infer;
mod maps;
mod shape;

pub(super) use self::groups::Groups;
use self::infer::{At, Inference};
use self::shape::Shape;
use super::build::{Builder, event_attribute};
use super::code::{Body, Item, ItemId};
use super::{id, schema};
use crate::catalogue::label;
use crate::samples::Sample;

/// Finds the objects of all events of a module that are one type.
pub(super) fn groups<'a>(events: impl IntoIterator<Item = &'a [Sample]>) -> Groups {
    let mut groups = Groups::default();
    for samples in events {
        groups.add_members(&Shape::of(samples.iter().map(Sample::data)));
        groups.add("user", &Shape::of(samples.iter().filter_map(Sample::user)));
    }
    groups
}

/// Adds the types of an event, from samples that all have its name and version. Its struct has the
/// reserved place and name.
pub(super) fn add(
    builder: &mut Builder,
    (id, name): (ItemId, String),
    samples: &[Sample],
    groups: &Groups,
) {
    let Some(first) = samples.first() else { return };
    let label = label(first.name(), first.version());
    let attribute = match event_attribute(first.name(), first.version()) {
        Ok(attribute) => attribute,
        Err(problem) => return builder.notes.push(problem),
    };
    let shape = Shape::of(samples.iter().map(Sample::data));
    let mut inference = Inference {
        builder,
        label: &label,
        event: &name,
        groups,
    };
    let at = |path: &str, key: &str| At {
        path: path.to_owned(),
        key: key.to_owned(),
        around: Vec::new(),
    };
    let mut fields = inference.fields(&shape, &at("data", ""));
    let proposal = ids::propose(first.name(), samples, &fields);
    let users = Shape::of(samples.iter().filter_map(Sample::user));
    if users.count > 0 {
        let ty = inference.ty(&users, &at("user", "user"));
        let is_taken = fields.iter().any(|field| field.name == "user");
        fields.push(schema::user_field(ty, is_taken));
    }
    let mut item = Item::new(name, Body::Struct(fields));
    item.event = Some(attribute);
    builder.finish(id, item);
    match proposal {
        Ok(None) => {}
        Ok(Some(proposal)) => match id::set(builder, id, &proposal.template, None) {
            Ok(_) => builder.notes.push(format!(
                "{label}: the id template `{}` is proposed because {}; events with the same id run once",
                proposal.template, proposal.reason
            )),
            Err(problem) => builder.notes.push(format!("{label}: {problem}")),
        },
        Err(problem) => builder.notes.push(format!("{label}: {problem}")),
    }
}

#[cfg(test)]
mod tests;
