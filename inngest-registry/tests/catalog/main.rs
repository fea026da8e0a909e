//! The page about all events, for the shop's events, odd ones and hostile ones.

mod html;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use inngest_registry::exporters::{catalog, eventcatalog};
use inngest_registry::{Catalogue, EventType};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use self::html::Page;
use self::support::Odd;

fn shop() -> Catalogue {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Catalogue::read(here.join("../examples/shop/schemas")).unwrap()
}

fn odd() -> Catalogue {
    Odd::all().catalogue()
}

/// The first event of the shop with other data.
fn event(name: &str, version: Option<&str>, data: &Value, definitions: &Value) -> EventType {
    let mut event = shop().iter().next().unwrap().clone();
    name.clone_into(&mut event.name);
    event.version = version.map(str::to_owned);
    event.schema["properties"]["name"] = json!({ "const": name });
    event.schema["properties"]["v"] = json!({ "const": version });
    event.schema["properties"]["data"] = data.clone();
    event.schema["$defs"] = definitions.clone();
    event
}

fn of(events: &[EventType]) -> Catalogue {
    events.iter().cloned().collect()
}

/// The part of the page about the events.
fn articles(page: &str) -> &str {
    let start = page.find("<article").unwrap();
    &page[start..page.find("</main>").unwrap()]
}

#[test]
fn two_events_of_the_shop() {
    let names = ["storefront/order.paid", "storefront/review.posted"];
    let types = shop();
    let events = types
        .iter()
        .filter(|event| names.contains(&event.name.as_str()));
    let page = catalog(&events.cloned().collect()).unwrap();
    insta::assert_snapshot!("shop", articles(&page));
}

#[test]
fn odd_shapes() {
    let names = [
        "odd/containers.options",
        "odd/containers.recursive",
        "odd/containers.scalars",
        "odd/enums.all",
        "odd/names.meta",
    ];
    let types = odd();
    let events = types
        .iter()
        .filter(|event| names.contains(&event.name.as_str()));
    let page = catalog(&events.cloned().collect()).unwrap();
    insta::assert_snapshot!("odd", articles(&page));
}

#[test]
fn pages_are_well_formed() {
    for types in [shop(), odd(), Catalogue::default()] {
        let text = catalog(&types).unwrap();
        let page = Page::parse(&text);
        let ids: Vec<_> = page.all("id").collect();
        let distinct: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len());
        for link in page.all("href") {
            match link.strip_prefix('#') {
                Some(anchor) => assert!(distinct.contains(anchor), "{link}"),
                None => assert_eq!(link, "data:,"),
            }
        }
        // Nothing is left of the template, and nothing comes from elsewhere.
        for mark in [
            "/* page.",
            "<!-- list",
            "<!-- summary",
            "<!-- events",
            "src=",
            "@import",
            "url(",
        ] {
            assert!(!text.contains(mark), "{mark}");
        }
    }
}

/// The names of all declared properties of the data.
fn property_names<'a>(schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| property_names(item, names)),
        Value::Object(members) => {
            for (keyword, value) in members {
                match (keyword.as_str(), value) {
                    ("properties", Value::Object(properties)) => {
                        names.extend(properties.keys().map(String::as_str));
                        properties
                            .values()
                            .for_each(|schema| property_names(schema, names));
                    }
                    ("const" | "enum" | "examples" | "default" | "not", _) => {}
                    _ => property_names(value, names),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn events_and_fields_have_addresses() {
    let percent = |text: &str| {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.~/".contains(b);
        let bytes = text.bytes().map(|b| {
            if plain(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        });
        bytes.collect::<String>()
    };
    let mut count = 0;
    for types in [shop(), odd()] {
        let text = catalog(&types).unwrap();
        let page = Page::parse(&text);
        let ids: BTreeSet<_> = page.all("id").collect();
        for event in &types {
            let name = format!("event/{}", percent(&event.name));
            assert!(ids.contains(&*name), "{name}");
            let is_latest = types.versions(&event.name).last() == Some(event);
            let anchor = match &event.version {
                _ if is_latest => name,
                Some(version) => format!("{name}@{}", percent(version)),
                None => format!("{name}@"),
            };
            let own = format!("{anchor}:");
            let fields: Vec<_> = ids.iter().filter_map(|id| id.strip_prefix(&*own)).collect();
            let mut names = BTreeSet::new();
            let schema = &event.schema;
            property_names(&schema["properties"]["data"], &mut names);
            let definitions = schema["$defs"].as_object().into_iter().flatten();
            definitions.for_each(|(_, schema)| property_names(schema, &mut names));
            for name in names {
                let ends = [percent(name), percent(&format!("[{}]", Value::from(name)))];
                let found = fields
                    .iter()
                    .any(|field| ends.iter().any(|end| field.ends_with(end)));
                assert!(found, "{own}{name} {fields:?}");
                count += 1;
            }
        }
    }
    assert!(count > 200, "{count}");
}

/// The examples of events in a page.
fn examples(page: &Page) -> Vec<Value> {
    let blocks = page
        .blocks
        .iter()
        .filter(|block| block.starts_with("{\n  \"name\""));
    blocks
        .map(|block| serde_json::from_str(block).unwrap())
        .collect()
}

#[test]
fn examples_are_valid() {
    for types in [shop(), odd()] {
        let page = Page::parse(&catalog(&types).unwrap());
        let examples = examples(&page);
        assert_eq!(examples.len(), types.len());
        for example in examples {
            let version = example.get("v").and_then(Value::as_str);
            let event = types
                .get(example["name"].as_str().unwrap(), version)
                .unwrap();
            let schema = jsonschema::draft202012::options()
                .should_validate_formats(true)
                .build(&event.schema)
                .unwrap();
            let errors: Vec<_> = schema
                .iter_errors(&example)
                .map(|e| e.to_string())
                .collect();
            assert!(errors.is_empty(), "{example}: {errors:?}");
        }
    }
}

/// Ends elements, attributes, scripts, comments, Markdown, MDX and front matter.
const HOSTILE: &str = "</code></script></style><script>alert(1)</script><img src=x onerror=alert(1)>\
    --><!-- \"'`> &lt; {alert(1)} ${x} <!-- events --> /* page.js */\n---\nid: other\n---\n\
    import x from 'y'\n\nexport const z = 1\n\n\u{202e}\u{0}\u{7}\u{85}\u{2028} [x](javascript:alert(1)) \
    <a href=\"javascript:alert(1)\">x</a> ```";

fn hostile() -> Catalogue {
    let data = json!({
        "type": "object",
        "description": HOSTILE,
        "properties": {
            HOSTILE: { "type": "string", "description": HOSTILE, "default": HOSTILE, "format": HOSTILE },
            "values": { "enum": [HOSTILE, { HOSTILE: HOSTILE }], "title": HOSTILE },
            "constant": { "const": HOSTILE, "examples": [HOSTILE] },
            "pattern": { "type": "string", "pattern": "</script>|\"'" },
            "kind": { "type": HOSTILE },
            "map": { "type": "object", "patternProperties": { "^<": { "$ref": format!("#/$defs/{HOSTILE}") } } },
            "union": { "oneOf": [
                { "properties": { "tag": { "const": HOSTILE } }, "required": ["tag"], "description": HOSTILE },
                { "properties": { HOSTILE: {} }, "required": [HOSTILE], "description": HOSTILE },
                { "title": HOSTILE, "properties": { "x": {}, "y": {} } },
            ] },
        },
        "required": [HOSTILE],
    });
    let definitions = json!({ HOSTILE: { "properties": { "inner": { "deprecated": true } } } });
    let mut old = event(HOSTILE, Some(HOSTILE), &data, &definitions);
    old.description = Some(HOSTILE.to_owned());
    old.id_template = Some(format!("{HOSTILE}-{{values}}"));
    let mut new = event(
        HOSTILE,
        Some("~2"),
        &json!({ "type": "object" }),
        &definitions,
    );
    new.description = Some(HOSTILE.to_owned());
    new.id_template = Some("x-{a}-{b}".to_owned());
    let nameless = event("", None, &data, &definitions);
    of(&[old, new, nameless])
}

#[test]
fn hostile_text_stays_text() {
    let text = catalog(&hostile()).unwrap();
    let page = Page::parse(&text);
    let plain = catalog(&Catalogue::default()).unwrap();
    let count = |page: &Page, name| page.tags.iter().filter(|tag| tag.name == name).count();
    for name in ["script", "style", "meta", "link", "img"] {
        assert_eq!(
            count(&page, name),
            count(&Page::parse(&plain), name),
            "{name}"
        );
    }
    for tag in &page.tags {
        for (name, value) in &tag.attributes {
            assert!(!name.starts_with("on") && name != "style", "{name}");
            if name == "href" {
                assert!(value.starts_with('#') || value == "data:,", "{value}");
            }
        }
    }
    // The text itself is there.
    assert!(page.blocks.iter().any(|block| block.contains("</script>")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_stays_text(name in ".{0,12}", text in "(?s)[<>&\"'`*_\\[\\]()!#{}|\\\\/a \n-]{0,60}", value: String) {
        let data = json!({ "properties": { &text: { "description": text, "default": value, "const": text } } });
        let mut event = event(&name, Some(&value), &data, &json!({}));
        event.description = Some(text.clone());
        event.id_template = Some(text);
        let types = of(&[event]);
        Page::parse(&catalog(&types).unwrap());
        let files = eventcatalog(&types).unwrap();
        for page in files.values().filter(|page| page.starts_with("---")) {
            let (_, body) = page.split_once("\n---\n").unwrap();
            prop_assert!(!body.contains(['{', '}', '`', '*', '[']), "{}", body);
        }
    }
}

#[test]
fn hostile_text_is_quoted_in_mdx() {
    let files = eventcatalog(&hostile()).unwrap();
    assert_eq!(files.len(), 7);
    for (path, text) in files {
        assert!(
            path.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)),
            "{path}"
        );
        assert!(!path.contains("/."), "{path}");
        let Some(front) = text.strip_prefix("---\n") else {
            continue;
        };
        let (front, body) = front.split_once("\n---\n").unwrap();
        for line in front.lines().skip(1) {
            let (key, value) = line.split_once(": ").unwrap();
            assert!(
                ["id", "name", "version", "summary", "schemaPath"].contains(&key),
                "{line}"
            );
            // JSON texts are YAML texts.
            assert!(
                value.starts_with('"') && serde_json::from_str::<String>(value).is_ok(),
                "{line}"
            );
        }
        for line in body.lines() {
            let is_element = line.is_empty() || line.starts_with('<');
            assert!(
                is_element && !line.contains(['{', '}', '`', '*', '[']),
                "{line}"
            );
        }
    }
}

/// Kinds that all contain lists of each other.
fn mutual(kinds: usize) -> EventType {
    let names: Vec<_> = (0..kinds).map(|n| format!("Kind{n}")).collect();
    let fields: Map<_, _> = names
        .iter()
        .map(|name| {
            (
                name.to_lowercase(),
                json!({ "items": { "$ref": format!("#/$defs/{name}") }, "type": "array" }),
            )
        })
        .collect();
    let kind = json!({
        "type": "object",
        "properties": fields,
        "required": fields.keys().collect::<Vec<_>>(),
    });
    let definitions: Map<_, _> = names.into_iter().map(|name| (name, kind.clone())).collect();
    let data = json!({ "type": "object", "properties": { "root": { "$ref": "#/$defs/Kind0" } } });
    event("odd/mutual", None, &data, &definitions.into())
}

#[test]
fn kinds_that_contain_each_other() {
    for kinds in [1, 2, 7, 20] {
        let types = of(&[mutual(kinds)]);
        let text = catalog(&types).unwrap();
        let page = Page::parse(&text);
        let rows = page.tags.iter().filter(|tag| tag.name == "tbody").count();
        assert_eq!(rows, 1 + kinds * kinds);
        assert_eq!(examples(&page).len(), 1);
        assert!(text.len() < 500_000, "{}", text.len());
        let schemas = eventcatalog(&types).unwrap();
        let schema: Value =
            serde_json::from_str(&schemas["events/odd.mutual/schema.json"]).unwrap();
        let mut budget = 10_000;
        expand(&schema, &schema["$defs"], &mut budget);
        // Each kind is still there.
        assert!(10_000 - budget > kinds * kinds);
    }
}

#[test]
fn alternatives_that_contain_each_other() {
    let names: Vec<_> = (0..20).map(|n| format!("Kind{n}")).collect();
    let lists: Vec<_> = names
        .iter()
        .map(|name| json!({ "type": "array", "items": { "$ref": format!("#/$defs/{name}") } }))
        .collect();
    let kind = json!({ "anyOf": lists });
    let definitions: Map<_, _> = names.into_iter().map(|name| (name, kind.clone())).collect();
    let data = json!({ "type": "object", "properties": { "root": { "$ref": "#/$defs/Kind0" } } });
    let types = of(&[event("odd/alternatives", None, &data, &definitions.into())]);
    let text = catalog(&types).unwrap();
    assert_eq!(examples(&Page::parse(&text)).len(), 1);
    assert!(text.len() < 100_000, "{}", text.len());
    let files = eventcatalog(&types).unwrap();
    let schema: Value =
        serde_json::from_str(&files["events/odd.alternatives/schema.json"]).unwrap();
    expand(&schema, &schema["$defs"], &mut 10_000);
}

#[test]
fn long_chains_of_definitions() {
    let definitions: Map<_, _> = (0..300)
        .map(|n| {
            let next = json!({ "$ref": format!("#/$defs/Kind{}", n + 1) });
            let fields = json!({ "properties": { "next": next }, "required": ["next"] });
            (format!("Kind{n}"), fields)
        })
        .collect();
    let data = json!({ "type": "object", "properties": { "root": { "$ref": "#/$defs/Kind0" } } });
    let types = of(&[event("odd/chain", None, &data, &definitions.into())]);
    let page = Page::parse(&catalog(&types).unwrap());
    // Deeper fields are left out.
    let rows = page.tags.iter().filter(|tag| tag.name == "tbody").count();
    assert!((50..200).contains(&rows), "{rows}");
    eventcatalog(&types).unwrap();
}

/// Follows every reference, as a viewer does.
fn expand(schema: &Value, definitions: &Value, budget: &mut usize) {
    *budget = budget
        .checked_sub(1)
        .expect("the references come to an end");
    match schema {
        Value::Array(items) => items
            .iter()
            .for_each(|item| expand(item, definitions, budget)),
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let name = reference.strip_prefix("#/$defs/").unwrap();
                expand(&definitions[name], definitions, budget);
            }
            for (keyword, value) in members {
                if keyword != "$defs" {
                    expand(value, definitions, budget);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn eventcatalog_folder() {
    let names = ["storefront/order.paid", "storefront/review.posted"];
    let types = shop();
    let events = types
        .iter()
        .filter(|event| names.contains(&event.name.as_str()));
    let files = eventcatalog(&events.cloned().collect()).unwrap();
    let pages = files
        .iter()
        .filter(|(path, _)| path.ends_with("/index.mdx"));
    let pages: Vec<_> = pages
        .map(|(path, text)| format!("{path}\n{text}"))
        .collect();
    insta::assert_snapshot!(pages.join("\n"));
    let paths: Vec<_> = files
        .keys()
        .filter(|path| path.contains("order.paid"))
        .collect();
    assert_eq!(
        paths,
        [
            "events/storefront.order.paid/index.mdx",
            "events/storefront.order.paid/schema.json",
            "events/storefront.order.paid/versioned/2026-09-01.1/index.mdx",
            "events/storefront.order.paid/versioned/2026-09-01.1/schema.json",
        ]
    );
    let recursive: Value =
        serde_json::from_str(&files["events/storefront.review.posted/schema.json"]).unwrap();
    let answers = &recursive["$defs"]["Comment"]["properties"]["answers"]["items"];
    let words = "Another `Comment`. It is not shown again, because it contains itself.";
    assert_eq!(*answers, json!({ "description": words }));
}

#[test]
fn same_types_give_same_files() {
    let types = odd();
    let files = eventcatalog(&types).unwrap();
    let mut events: Vec<EventType> = types.iter().cloned().collect();
    events.reverse();
    assert!(eventcatalog(&of(&events)).unwrap() == files);
    // Different events have different folders, even where only special characters or cases differ.
    let similar = ["a/b", "a.b", "A.B", "a:b", "a b", "..", "/"];
    let events = similar.map(|name| event(name, None, &json!({ "type": "object" }), &json!({})));
    let files = eventcatalog(&of(&events)).unwrap();
    let paths: BTreeSet<_> = files.keys().map(|path| path.to_lowercase()).collect();
    assert_eq!(paths.len(), 1 + 2 * similar.len());
}
