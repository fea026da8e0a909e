#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A macro passes the path of the crate.

macro_rules! event {
    ($ident:ident, $krate:path, $rule:ident) => {
        #[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
        #[event(name = "ItemImported", crate = $krate, allow($rule))]
        struct $ident {
            item_id: u64,
        }
    };
}

event!(ItemImported, ::inngest_core, nonstandard_name);

fn main() {}
