//! Tests the command `catalog`.

use std::fs;

use super::*;

#[test]
fn help_of_catalog() {
    let place = TestFolder::new();
    let texts = [
        place.transcript(&shop(), "catalog --help"),
        place.transcript(&for_files(), "catalog --help"),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn page_is_written() {
    let place = exported();
    let run = |line: &str| place.transcript(&shop(), line);
    let texts = [
        run("catalog --out @/pages/all.html"),
        run("catalog --out @/pages/all.html"),
        run("catalog --out @/pages"),
        place.transcript(&for_files(), "catalog --from @/schemas --out @/files.html"),
    ];
    insta::assert_snapshot!(texts.join("\n"));
    let printed = place.run(&shop(), "catalog").out;
    for file in ["pages/all.html", "pages/catalog.html", "files.html"] {
        assert!(
            fs::read_to_string(place.path(file)).unwrap() == printed,
            "{file}"
        );
    }
}

#[test]
fn eventcatalog_is_written() {
    let place = exported();
    let run = |line: &str| place.transcript(&shop(), line);
    let texts = [
        run("catalog --format eventcatalog"),
        run("catalog --format eventcatalog --out @/docs"),
        run("catalog --format eventcatalog --out @/docs"),
    ];
    let page = "docs/events/storefront.cart.cleared/index.mdx";
    let text = fs::read_to_string(place.path(page)).unwrap();
    place.write(page, "---\nid: mine\n---\n");
    let refused = run("catalog --format eventcatalog --out @/docs");
    // An older page may be replaced.
    place.write(page, &text.replace("cart", "basket"));
    let replaced = run("catalog --format eventcatalog --out @/docs");
    assert_eq!(fs::read_to_string(place.path(page)).unwrap(), text);
    let texts = [&texts[..], &[refused, replaced]].concat();
    if cfg!(not(windows)) {
        insta::assert_snapshot!(texts.join("\n"));
    }
}

#[test]
fn folders_and_types_are_checked() {
    let place = exported();
    place.write("broken/index.json", "{");
    let texts = [
        place.transcript(&cli(Registry::new()), "catalog"),
        place.transcript(&for_files(), "catalog"),
        place.transcript(&for_files(), "catalog --from @/none"),
        place.transcript(&shop(), "catalog --from @/broken"),
        place.transcript(&shop(), "catalog --format pdf"),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}
