// In the pages, links to other pages are references such as `[ids]`, defined at the end of each file for
// readers of the folder. The first definition of a reference counts, so `links.md` redirects them to
// the modules here.
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

/// The examples of the project's README are compiled here.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
