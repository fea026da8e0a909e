#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Deprecated types and variants.

use inngest_receive::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: String,
}

mod v1 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2026-01-01.1")]
    pub(crate) struct ItemImported {
        pub(crate) a: String,
    }
}

mod v2 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2026-02-01.1")]
    pub(crate) struct ItemImported {
        pub(crate) a: String,
    }
}

#[allow(deprecated)]
mod old {
    #[deprecated]
    #[derive(serde::Serialize, serde::Deserialize, inngest_core::Event)]
    #[event(name = "shop/old")]
    pub(crate) struct Old {
        pub(crate) a: u8,
    }

    impl schemars::JsonSchema for Old {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Old".into()
        }
        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!({ "type": "object" })
        }
    }
}

#[derive(Events)]
#[deprecated]
enum ShopEvent {
    #[deprecated]
    ItemImported(ItemImported),
    #[cfg(any())]
    Never(NoSuchType),
    #[allow(deprecated)]
    Old(old::Old),
}

fn main() {}
