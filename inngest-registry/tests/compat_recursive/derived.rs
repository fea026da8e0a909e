//! Recursive Rust types with each of serde's enum representations.

#![expect(dead_code, reason = "only the schemas of the types are used")]

use std::collections::BTreeMap;

use inngest_core::Event;
use inngest_core::registry::Registry;
use inngest_registry::Catalogue;
use inngest_registry::compat::{Strictness, Verdict, compare};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

macro_rules! expressions {
    ($name:ident, [$($tagging:tt)*], { $($field:tt)* }) => {
        mod $name {
            use super::*;

            #[derive(Serialize, JsonSchema)]
            $($tagging)*
            enum Expression {
                Unary(Box<Unary>),
                Binary(Box<Binary>),
                Call(Box<Call>),
                Literal(Literal),
            }

            #[derive(Serialize, JsonSchema)]
            struct Unary {
                negated: Expression,
            }

            #[derive(Serialize, JsonSchema)]
            struct Binary {
                left: Expression,
                right: Expression,
                hint: Option<Box<Call>>,
            }

            #[derive(Serialize, JsonSchema)]
            struct Call {
                arguments: Vec<Expression>,
                named: BTreeMap<String, Expression>,
                $($field)*
            }

            #[derive(Serialize, JsonSchema)]
            struct Literal {
                text: String,
            }

            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = "shop/rule.changed")]
            struct RuleChanged {
                rule: Expression,
                fallback: Option<Expression>,
            }

            pub(super) fn schemas() -> [Value; 2] {
                let registry = Registry::new().with::<RuleChanged>();
                let catalogue = Catalogue::of(&registry);
                let exported = catalogue.iter().next().unwrap().schema.clone();
                [RuleChanged::schema().to_value(), exported]
            }
        }
    };
}

macro_rules! taggings {
    ($($name:ident [$($tagging:tt)*])*) => {$(
        mod $name {
            use super::*;

            expressions!(old, [$($tagging)*], { width: u32, });
            expressions!(optional, [$($tagging)*], {
                width: u32,
                #[serde(skip_serializing_if = "Option::is_none")]
                note: Option<String>,
            });
            expressions!(required, [$($tagging)*], { width: u32, note: String, });
            expressions!(wider, [$($tagging)*], { width: i64, });

            #[test]
            fn one_edited_field_is_one_change() {
                use Verdict::{Breaking, Compatible};

                for (new, backward, forward) in [
                    (optional::schemas(), Compatible, Compatible),
                    (required::schemas(), Breaking, Compatible),
                    (wider::schemas(), Compatible, Breaking),
                ] {
                    for (old, new) in old::schemas().iter().zip(&new) {
                        let compared = compare(old, new, Strictness::Standard);
                        assert_eq!(compared.backward, backward, "{compared:#?}");
                        assert_eq!(compared.forward, forward, "{compared:#?}");
                        assert_eq!(compared.changes.len(), 1, "{compared:#?}");
                    }
                }
            }
        }
    )*};
}

taggings! {
    external []
    internal [#[serde(tag = "kind")]]
    adjacent [#[serde(tag = "kind", content = "of")]]
    untagged [#[serde(untagged)]]
}
