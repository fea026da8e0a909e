use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::samples::{Origin, Sample};
use crate::scaffold::{Scaffold, from_samples};

fn scaffold(events: impl IntoIterator<Item = Value>) -> Scaffold {
    let events = events.into_iter().enumerate();
    from_samples(events.map(|(index, event)| Sample::new(event, Origin::Item(index)).unwrap()))
}

/// The code for data of the event `shop/order.placed`, without imports and attributes.
fn fields(data: impl IntoIterator<Item = Value>) -> String {
    let events = data
        .into_iter()
        .map(|data| json!({ "name": "shop/order.placed", "data": data }));
    let code = scaffold(events).code;
    let lines = code
        .lines()
        .filter(|line| !line.starts_with("use ") && !line.starts_with("#["));
    lines
        .filter(|line| !line.is_empty())
        .fold(String::new(), |mut text, line| {
            writeln!(text, "{line}").unwrap();
            text
        })
}

/// The template for events with these ids and data.
fn template(events: &[(Option<&str>, Value)]) -> Option<String> {
    let events = events.iter().map(|(id, data)| match id {
        Some(id) => json!({ "name": "shop/order.placed", "id": id, "data": data }),
        None => json!({ "name": "shop/order.placed", "data": data }),
    });
    let code = scaffold(events).code;
    let (_, rest) = code.split_once("id = \"")?;
    Some(rest.split('"').next()?.to_owned())
}

#[test]
fn absent_and_null_members_are_told_apart() {
    let code = fields([
        json!({ "always": 1, "nullable": null, "optional": "a", "both": null, "none": null }),
        json!({ "always": 2, "nullable": 1.5, "none": null }),
        json!({ "always": 3, "nullable": 2.5, "both": true, "none": null }),
    ]);
    insta::assert_snapshot!(code);
}

#[test]
fn numbers_get_the_narrowest_type_that_keeps_them() {
    let code = fields([
        json!({ "count": 1, "signed": 1, "ratio": 1.5, "mixed": 1, "large": u64::MAX, "all": -1 }),
        json!({ "count": 2, "signed": -1, "ratio": 2.5, "mixed": 1.5, "large": 1, "all": u64::MAX }),
    ]);
    insta::assert_snapshot!(code);
}

#[test]
fn few_words_in_many_samples_are_an_enum() {
    let of = |words: &[&str], count: usize| {
        let code = fields((0..count).map(|i| json!({ "state": words[i % words.len()] })));
        code.contains("pub enum State {")
    };
    let words = ["new", "paid", "on-hold"];
    assert!(of(&words, 24));
    assert!(!of(&words, 19), "too few samples");
    assert!(!of(&["paid"], 40), "a constant may be a coincidence");
    assert!(!of(&["a1", "b2", "c3"], 40), "codes are rarely complete");
    assert!(!of(&["DE", "FR"], 40), "codes are rarely complete");
    assert!(!of(&["open", "on hold"], 40), "text");
    let many: Vec<String> = ('a'..='i').map(|c| format!("word{c}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(!of(&many, 90), "too many words");
    assert!(of(&many[..8], 80));
    // A word that occurs once makes it likely that there are more.
    let once = (0..30).map(|i| json!({ "state": if i == 7 { "rare" } else { words[i % 3] } }));
    assert!(!fields(once).contains("enum"));
    // Names can take any value, whatever the samples show.
    let names = (0..30).map(|i| json!({ "city": if i % 2 == 0 { "Hamburg" } else { "Berlin" } }));
    assert!(!fields(names).contains("enum"));
}

#[test]
fn keys_that_are_data_make_a_map() {
    let code = fields([
        json!({
            "by_date": { "2026-11-21": 1, "2026-11-22": 2 },
            "metadata": { "order_id": "6735" },
            "empty": {},
            "size": { "width": 1, "height": 2 },
        }),
        json!({ "by_date": {}, "metadata": {}, "empty": {}, "size": { "width": 3, "height": 4 } }),
    ]);
    insta::assert_snapshot!(code);
    // There are many keys, but each object has only a few.
    let words = [
        "ham", "egg", "tea", "jam", "nut", "pie", "oil", "rye", "fig", "yam",
    ];
    let baskets = (0..10).map(|i| json!({ "basket": { words[i]: i, words[(i + 3) % 10]: 1 } }));
    assert!(fields(baskets).contains("pub basket: BTreeMap<String, u64>"));
}

#[test]
fn objects_with_the_same_keys_are_one_type() {
    let person = |name: Value| json!({ "id": 1, "login": "a", "name": name, "admin": true });
    let money = json!({ "amount": "1.00", "currency_code": "EUR" });
    let code = fields([json!({
        "owner": person(json!("Ada")),
        "assignees": [person(Value::Null)],
        "shop_money": money,
        "presentment_money": money,
        "from": { "x": 1 },
        "to": { "x": 2 },
    })]);
    insta::assert_snapshot!(code);
}

#[test]
fn values_of_two_kinds_are_an_untagged_enum() {
    let code = fields([
        json!({ "customer": "cus_1", "list": [1, "a"], "any": [1, "a", {}, null] }),
        json!({ "customer": { "id": "cus_2" }, "list": [], "any": [] }),
    ]);
    insta::assert_snapshot!(code);
}

#[test]
fn ids_of_samples_make_a_template() {
    let line = |order: u32, line: u32| json!({ "order": order, "line": line, "at": "x" });
    let events = |id: fn(u32, u32) -> String| {
        let all: Vec<_> = [(1, 1), (1, 2), (21, 1), (12, 7)]
            .map(|(order, number)| (id(order, number), line(order, number)))
            .into();
        let all: Vec<_> = all
            .iter()
            .map(|(id, data)| (Some(&**id), data.clone()))
            .collect();
        template(&all)
    };
    let found = events(|order, line| format!("order-placed-{order}-{line}"));
    assert_eq!(found.as_deref(), Some("order-placed-{order}-{line}"));
    let found = events(|order, line| format!("{line}/{order}/v1"));
    assert_eq!(found.as_deref(), Some("{line}/{order}/v1"));
    let found = events(|_, line| format!("order-placed-{line}"));
    assert_eq!(found.as_deref(), Some("order-placed-{line}"));
    let found = events(|order, line| format!("order-placed-{}", order * 1000 + line));
    assert_eq!(found, None);
    // One id is enough if it begins with the slug.
    let one = |id| template(&[(Some(id), line(7, 1))]);
    assert_eq!(
        one("order-placed-7").as_deref(),
        Some("order-placed-{order}")
    );
    assert_eq!(one("x7"), None);
}

#[test]
fn ids_off_the_convention_get_allow_attributes() {
    let events = (1..4).map(|i| {
        let data = json!({ "a": format!("x{i}"), "b": format!("y{i}") });
        json!({ "name": "shop/order.placed", "id": format!("x{i}-y{i}"), "data": data })
    });
    let code = scaffold(events).code;
    assert!(code.contains("id = \"{a}-{b}\""), "{code}");
    assert!(code.contains("allow(unscoped_id, ambiguous_id)"), "{code}");
}

#[test]
fn unique_fields_make_a_template() {
    let events = |key: &str, count: usize| {
        let all: Vec<_> = (0..count)
            .map(|i| {
                (
                    None,
                    json!({ key: format!("k{i}"), "created_at": i, "total": i, "same": "a" }),
                )
            })
            .collect();
        template(&all)
    };
    for (key, count, expected) in [
        ("order_id", 1, Some("order-placed-{order_id}")),
        ("id", 1, Some("order-placed-{id}")),
        ("payment_id", 1, None),
        ("payment_id", 2, Some("order-placed-{payment_id}")),
        ("order_number", 2, None),
        ("order_number", 5, Some("order-placed-{order_number}")),
        ("email", 30, None),
    ] {
        assert_eq!(events(key, count).as_deref(), expected, "{key} {count}");
    }
    let twice = |a: Value, b: Value| template(&[(None, a), (None, b)]);
    // The same event twice is a duplicate; another event with the same id is not.
    let first = json!({ "order_id": 1, "note": "a" });
    assert!(twice(first.clone(), first.clone()).is_some());
    assert_eq!(
        twice(first.clone(), json!({ "order_id": 1, "note": "b" })),
        None
    );
    assert_eq!(twice(first, json!({ "order_id": "", "note": "b" })), None);
}

#[test]
fn notes_name_no_values() {
    let events = (0..30_u64).map(|i| {
        json!({
            "name": "shop/order.placed",
            "id": format!("secret-{i}"),
            "data": { "order_id": u64::MAX - i, "state": if i % 2 == 0 { "secret-a" } else { "secret-b" } },
            "user": { "email": "secret@example.com" },
        })
    });
    let notes = scaffold(events).notes.join("\n");
    assert!(
        !notes.contains("secret") && !notes.contains("1844"),
        "{notes}"
    );
    insta::assert_snapshot!(notes);
}

#[test]
fn invalid_event_names_are_left_out() {
    let named = |name: &str| json!({ "name": name, "data": {} });
    let unversioned = json!({ "name": "a", "v": "", "data": {} });
    let events = [named("inngest/function.finished"), named("a"), unversioned];
    let Scaffold { code, notes } = scaffold(events);
    assert!(code.starts_with("pub mod unversioned {"), "{code}");
    assert_eq!(code.matches("pub struct").count(), 1, "{code}");
    insta::assert_snapshot!(notes.join("\n"));
}
