//! Tests the command `drift`.

use super::*;

const EVENTS: &str = r#"
{"name":"storefront/item.imported","v":"2026-11-21.1","id":"item-imported-a","data":{"item_id":"a","quantity":1}}
{"name":"storefront/item.imported","v":"2026-11-21.1","id":"item-imported-b","data":{"item_id":"a","quantity":"Jane Doe"}}
{"name":"storefront/item.imported","v":"2026-11-21.1","id":"import-c","data":{"item_id":"c","quantity":-1,"qantity":2}}
{"name":"storefront/item.imported","v":"2026-11-21.1","data":{"item_id":"c","quantity":5000000000,"e\u001b[31m":2}}
{"name":"storefront/item.imported","data":{}}
{"name":"storefront/item.imported","v":"2026-11-22.1","data":{}}
{"name":"storefront/item.importet","data":{}}
{"name":"other\u001b[31m|`\n::error::x","v":"1","data":{}}
{"name":"inngest/function.finished","data":{}}
"#;

const MATCHING: &str = r#"[
{"name":"storefront/item.imported","v":"2026-11-21.1","id":"item-imported-a","data":{"item_id":"a","quantity":1}},
{"name":"storefront/cart.cleared","id":"cart-cleared-7","data":{"cart":7}}
]"#;

fn place() -> TestFolder {
    let place = exported();
    place.write("events.jsonl", EVENTS);
    place.write("matching.json", MATCHING);
    place.write("none.jsonl", "\n");
    place.write("bad.jsonl", "{\"name\":\"a\"}\n{\"name\":\"Jane Doe\"\n");
    place
}

#[test]
fn drift_is_reported() {
    let place = place();
    let (files, types) = (for_files(), shop());
    let texts = [
        place.transcript(&files, "drift @/schemas --from @/events.jsonl"),
        place.transcript(&types, "drift --from @/matching.json"),
        place.transcript(
            &files,
            "drift @/schemas --from @/events.jsonl --format markdown",
        ),
        place.transcript(
            &files,
            "drift @/schemas --from @/events.jsonl --format github",
        ),
        place.transcript(
            &files,
            "drift @/schemas --from @/events.jsonl --limit 2 --show-values --format json",
        ),
        place.transcript(
            &files,
            "drift @/schemas --from @/matching.json --name storefront/cart.cleared",
        ),
        place.transcript(&files, "drift @/schemas --from @/none.jsonl"),
        place.transcript(&files, "drift @/schemas --from @/matching.json --name none"),
    ];
    insta::assert_snapshot!(texts.join("\n"));
    let without_values = [&texts[0], &texts[2], &texts[3]];
    assert!(without_values.iter().all(|text| !text.contains("Jane")));
    assert!(texts[4].contains("Jane"));
    assert!(texts.iter().all(|text| !text.contains('\u{1b}')));
}

#[test]
fn unusable_input_is_reported() {
    let place = place();
    let files = for_files();
    let texts = [
        place.transcript(&files, "drift --from @/events.jsonl"),
        place.transcript(&files, "drift @/schemas"),
        place.transcript(&files, "drift @/schemas --from @/gone.jsonl"),
        place.transcript(&files, "drift @/schemas --from @/bad.jsonl"),
        place.transcript(&cli(Registry::new()), "drift --from @/events.jsonl"),
    ];
    for text in &texts {
        assert!(text.ends_with("exit 3\n"), "{text}");
        assert!(!text.contains("Jane"), "{text}");
    }
    if cfg!(not(windows)) {
        // Only Unix has these messages of the operating system.
        insta::assert_snapshot!(texts.join("\n"));
    }
}
