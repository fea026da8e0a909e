// Pages link to each other with references such as `[ids]`. Each file defines its references at the end,
// for readers of the folder. Markdown uses the first definition of a reference, so `links.md` comes first and
// redirects them to the modules here.
#![doc = include_str!("links.md")]
#![doc = include_str!("README.md")]

macro_rules! pages {
    ($($page:ident = $file:literal)*) => {$(
        #[doc = include_str!("links.md")]
        #[doc = include_str!($file)]
        pub mod $page {}
    )*};
}

pages! {
    axum_service = "axum-service.md"
    nightly_import = "nightly-import.md"
    serverless = "serverless.md"
    ids = "ids.md"
    delivery = "delivery.md"
    outbox = "outbox.md"
    receiving = "receiving.md"
    testing = "testing.md"
    schemas = "schemas.md"
    pydantic = "pydantic.md"
    migrating = "migrating.md"
    questions = "questions.md"
}

/// Compiles the examples in the project's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
