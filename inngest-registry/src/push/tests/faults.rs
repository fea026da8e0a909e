//! Tests a registry that refuses, fails or goes away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::push::fake_registry::{Reply, Request};

/// Replies with this status and body to requests whose line contains `part`. Returns their count.
fn fault_at(
    registry: &FakeRegistry,
    part: &'static str,
    status: u16,
    body: Option<&str>,
) -> Arc<AtomicUsize> {
    let reply: Reply = (status, body.map(str::to_owned));
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    registry.fault(move |request: &Request| {
        let is_meant = request.line.contains(part);
        is_meant.then(|| {
            counter.fetch_add(1, Ordering::Relaxed);
            reply.clone()
        })
    });
    count
}

#[test]
fn faults_are_reported_and_other_subjects_go_on() {
    let incompatible =
        |code| json!({ "error_code": code, "message": "Not compatible." }).to_string();
    let list = json!({
        "error_code": 422,
        "message": [{ "loc": ["body", "schema"], "msg": "Bad" }, "Worse"],
    });
    let register = "POST /subjects/shop%2Fc/versions";
    let mut texts = Vec::new();
    for (title, part, status, body, tries) in [
        ("409", register, 409, Some(&*incompatible(409)), 1),
        ("40901", register, 409, Some(&*incompatible(40901)), 1),
        ("list", register, 422, Some(&*list.to_string()), 1),
        ("bare text", register, 404, Some("\"Not Found\""), 1),
        ("plain 500", register, 500, Some("Internal server error"), 3),
        ("too many requests", register, 429, Some(""), 3),
        ("no JSON", register, 200, Some("<html>Welcome!</html>"), 1),
        ("not allowed", register, 403, Some("{\"message\":null}"), 1),
        ("closed connection", register, 0, None, 1),
        ("lookup", "POST /subjects/shop%2Fc", 500, Some("oh"), 3),
        (
            "no such page",
            "POST /subjects/shop%2Fc",
            404,
            Some("\"Not Found\""),
            1,
        ),
    ] {
        let registry = FakeRegistry::new();
        let count = fault_at(&registry, part, status, body);
        let report = push(&registry).run(&shop()).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), tries, "{title}");
        let outcomes = outcomes(&report);
        assert_eq!(outcomes[..2], ["shop/a.b 1: new", "shop/a.b 2: compatible"]);
        assert_eq!(
            outcomes[3..],
            [
                "shop/c 2: not_tried",
                "shop/c 3: not_tried",
                "shop/d 1: new"
            ]
        );
        let lines: Vec<_> = shown(&report).lines().skip(2).map(str::to_owned).collect();
        let end = lines.len() - 4;
        let lines = lines[..end]
            .join("\n")
            .replace(&registry.url, "http://registry");
        texts.push(format!("# {title}\n{lines}"));
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn faults_of_levels_and_comparisons_are_reported() {
    let mut texts = Vec::new();
    for (title, part, body, level, dry_run) in [
        (
            "level cannot be read",
            "GET /config/",
            "no",
            Some(Mode::Full),
            false,
        ),
        (
            "level cannot be set",
            "PUT /config/shop%2Fc",
            "no",
            Some(Mode::Full),
            false,
        ),
        (
            "levels need versions",
            "PUT /config/shop%2Fd",
            "no",
            Some(Mode::None),
            false,
        ),
        (
            "comparison fails",
            "POST /compatibility",
            "Internal server error",
            None,
            true,
        ),
        ("history fails", "GET /subjects", "no", None, false),
        (
            "version is no answer",
            "GET /subjects/shop%2Fc/versions/1",
            "1",
            None,
            false,
        ),
    ] {
        let registry = FakeRegistry::new();
        push(&registry)
            .run(
                &shop()
                    .iter()
                    .filter(|e| e.name == "shop/c")
                    .cloned()
                    .collect(),
            )
            .unwrap();
        let status = if body == "1" { 200 } else { 500 };
        fault_at(&registry, part, status, Some(body));
        let mut push = push(&registry).dry_run(dry_run);
        if let Some(level) = level {
            push = push.set_level(level);
        }
        texts.push(format!("# {title}\n{}", shown(&push.run(&shop()).unwrap())));
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn no_level_is_reported_for_a_subject_without_versions() {
    let registry = FakeRegistry::new();
    fault_at(
        &registry,
        "POST /subjects/shop%2Fd/versions",
        422,
        Some("{}"),
    );
    let report = push(&registry).set_level(Mode::Full).run(&shop()).unwrap();
    let level = |name: &str| {
        let subject = report
            .subjects
            .iter()
            .find(|subject| subject.subject == name);
        subject.unwrap().set_level
    };
    assert_eq!(level("shop/d"), None, "{report}");
    assert_eq!(registry.level("shop/d"), None);
    assert_eq!(level("shop/a.b"), Some(Mode::Full));
    assert_eq!(registry.level("shop/a.b").unwrap(), "FULL");
}

#[test]
fn recursive_schema_that_crashes_the_comparison() {
    let registry = FakeRegistry::new();
    let tree = |extra: Value| {
        let mut event = event("tree", "1", json!({ "root": { "$ref": "#/$defs/Tree" } }));
        event.schema["$defs"] = json!({
            "Tree": { "properties": { "children": { "items": { "$ref": "#/$defs/Tree" } } } },
        });
        event.schema["$defs"]["Tree"]["properties"]["more"] = extra;
        event
    };
    let mut second = tree(text());
    second.version = Some("2".to_owned());
    let types: Catalogue = [tree(json!({})), second, event("z", "1", json!({}))]
        .into_iter()
        .collect();
    push(&registry)
        .run(&[tree(json!({}))].into_iter().collect())
        .unwrap();
    fault_at(
        &registry,
        "tree/versions",
        500,
        Some("Internal Server Error"),
    );
    registry.fault(|request| {
        let is_tree = request.line.contains("tree/versions") && request.line.starts_with("POST");
        is_tree.then(|| (500, Some("Internal Server Error".to_owned())))
    });
    let texts = [true, false].map(|dry_run| {
        let report = push(&registry).dry_run(dry_run).run(&types).unwrap();
        assert_eq!(
            outcomes(&report),
            ["tree 1: same", "tree 2: unknown", "z 1: new"]
        );
        shown(&report)
    });
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn lost_registry_ends_the_push() {
    let registry = FakeRegistry::new();
    registry.fault(|request| (request.line != "GET /config").then_some((0, None)));
    let events = (1..=5).map(|n| event(&format!("event{n}"), "1", json!({})));
    let report = push(&registry).run(&events.collect()).unwrap();
    assert_eq!(report.count(PushOutcome::Unreachable), 3);
    assert_eq!(report.count(PushOutcome::NotTried), 2);
}

#[test]
fn first_request_must_succeed() {
    let registry = FakeRegistry::new();
    let mut errors = Vec::new();
    for (status, body) in [
        (
            401,
            Some("{\"error_code\":401,\"message\":\"Unauthorized\"}"),
        ),
        (404, Some("\"Not Found\"")),
        (503, Some("Service Unavailable")),
        (301, Some("")),
        (200, Some("<html>")),
        (200, Some("{\"compatibilityLevel\":1}")),
    ] {
        fault_at(&registry, "/config", status, body);
        let error = push(&registry).run(&shop()).unwrap_err().to_string();
        errors.push(error.replace(&registry.url, "http://registry"));
    }
    insta::assert_snapshot!(errors.join("\n"));
    registry.requests();
    // Not everyone who may register schemas may read the level.
    for (status, body) in [
        (403, "{\"error_code\":40301,\"message\":\"Forbidden\"}"),
        (404, "{\"error_code\":40401,\"message\":\"No level\"}"),
    ] {
        fault_at(&registry, "GET /config", status, Some(body));
        let report = push(&registry).run(&shop()).unwrap();
        assert_eq!(report.count(PushOutcome::Refused), 1);
    }
    drop(registry);
    let error = Push::new("http://127.0.0.1:1")
        .unwrap()
        .run(&shop())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot reach http://127.0.0.1:1: "),
        "{error}"
    );
}
