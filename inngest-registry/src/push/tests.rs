//! Pushes to a registry that keeps state.

mod faults;

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

use super::fake_registry::FakeRegistry;
use super::*;
use crate::catalogue::EventType;

/// An event whose data has these properties.
fn event(name: &str, version: &str, properties: impl Into<Value>) -> EventType {
    let properties: Value = properties.into();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Event",
        "type": "object",
        "properties": {
            "name": { "const": name },
            "v": { "const": version },
            "data": { "type": "object", "properties": properties },
        },
    });
    EventType::of_schema(name, Some(version), schema)
}

fn text() -> Value {
    json!({ "type": "string" })
}

/// An event whose second version the rules of registries allow, and one whose second version they refuse.
fn shop() -> Catalogue {
    let events = [
        event("shop/a.b", "1", json!({ "x": text() })),
        event(
            "shop/a.b",
            "2",
            json!({ "x": { "type": "string", "description": "X." } }),
        ),
        event("shop/c", "1", json!({ "x": text() })),
        event("shop/c", "2", json!({ "x": text(), "y": text() })),
        event(
            "shop/c",
            "3",
            json!({ "x": text(), "y": text(), "z": text() }),
        ),
        event("shop/d", "1", json!({})),
    ];
    events.into_iter().collect()
}

fn push(registry: &FakeRegistry) -> Push {
    Push::new(&registry.url).unwrap()
}

/// `shop/c 2: refused` for each version.
fn outcomes(report: &PushReport) -> Vec<String> {
    let versions = report.subjects.iter().flat_map(|subject| {
        let version = |version: &PushedVersion| {
            let name = version.version.as_deref().unwrap_or("-");
            let outcome = json!(version.outcome);
            format!("{} {name}: {}", subject.subject, outcome.as_str().unwrap())
        };
        subject.versions.iter().map(version)
    });
    versions.collect()
}

/// The text of a report, with the same URL each time.
fn shown(report: &PushReport) -> String {
    report
        .to_string()
        .replace(&report.registry, "http://registry")
}

#[test]
fn versions_are_registered_in_order_and_once() {
    for registry in [FakeRegistry::new(), FakeRegistry::confluent()] {
        let report = push(&registry).run(&shop()).unwrap();
        assert_eq!(
            outcomes(&report),
            [
                "shop/a.b 1: new",
                "shop/a.b 2: compatible",
                "shop/c 1: new",
                "shop/c 2: refused",
                "shop/c 3: not_tried",
                "shop/d 1: new",
            ]
        );
        let [first, second] = registry.schemas("shop/a.b").try_into().unwrap();
        assert_eq!(first["properties"], json!({ "x": text() }));
        assert_eq!(first["title"], "Event");
        assert_eq!(second["properties"]["x"]["description"], "X.");
        for request in registry.requests() {
            let expected = request
                .line
                .starts_with("POST")
                .then_some("application/vnd.schemaregistry.v1+json");
            assert_eq!(request.content_type.as_deref(), expected);
            assert!(!request.line.contains("shop/"), "{}", request.line);
        }
        // With a level that allows the change, the other versions follow. Then nothing is left to do.
        let push = push(&registry).set_level(Mode::ForwardTransitive);
        let report = push.run(&shop()).unwrap();
        assert_eq!(report.count(PushOutcome::Same), 4);
        assert_eq!(report.count(PushOutcome::Compatible), 2);
        assert_eq!(registry.level("shop/d").unwrap(), "FORWARD_TRANSITIVE");
        assert_ne!(registry.writes(), 0);
        let report = push.run(&shop()).unwrap();
        assert_eq!(report.count(PushOutcome::Same), 6);
        assert!(
            report
                .subjects
                .iter()
                .all(|subject| subject.set_level.is_none())
        );
        assert_eq!(registry.writes(), 0);
    }
}

#[test]
fn report_of_a_push() {
    let registry = FakeRegistry::new();
    let push = push(&registry).subject("{prefix}.{slug}-value".parse().unwrap());
    let mut texts = vec![
        shown(&push.clone().dry_run(true).run(&shop()).unwrap()),
        shown(&push.run(&shop()).unwrap()),
        shown(&push.clone().dry_run(true).run(&shop()).unwrap()),
    ];
    let full = push.set_level(Mode::Full).dry_run(true);
    texts.push(shown(&full.run(&shop()).unwrap()));
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn dry_run_changes_nothing() {
    let registry = FakeRegistry::new();
    let dry = push(&registry).set_level(Mode::Forward).dry_run(true);
    let report = dry.run(&shop()).unwrap();
    assert_eq!(report.count(PushOutcome::New), 3);
    assert_eq!(report.count(PushOutcome::Compatible), 3);
    assert_eq!(report.subjects[0].set_level, Some(Mode::Forward));
    assert_eq!(registry.writes(), 0);
    push(&registry).run(&shop()).unwrap();
    registry.requests();
    let report = dry.run(&shop()).unwrap();
    assert_eq!(report.count(PushOutcome::Same), 4);
    assert_eq!(registry.writes(), 0);
}

#[test]
fn schemas_are_compared_by_content_not_text() {
    let registry = FakeRegistry::confluent();
    registry.add(
        "shop/d",
        r#"{ "type": "object", "title": "Event", "properties": {},
            "$schema": "https://json-schema.org/draft/2020-12/schema" }"#,
    );
    let report = push(&registry).run(&shop()).unwrap();
    assert_eq!(outcomes(&report)[5], "shop/d 1: same");
    assert_eq!(report.subjects[2].versions[0].id, Some(1));
    assert_eq!(registry.schemas("shop/d").len(), 1);
}

#[test]
fn older_version_does_not_become_the_latest() {
    let registry = FakeRegistry::new();
    let versions = [
        event("a", "1", json!({ "x": text() })),
        event(
            "a",
            "2",
            json!({ "x": { "type": "string", "minLength": 1 } }),
        ),
    ];
    push(&registry)
        .run(&versions[1..].iter().cloned().collect())
        .unwrap();
    let report = push(&registry)
        .run(&versions.iter().cloned().collect())
        .unwrap();
    assert_eq!(outcomes(&report), ["a 1: outdated", "a 2: same"]);
    assert_eq!(registry.schemas("a").len(), 1);
}

#[test]
fn repeated_content_is_the_same() {
    let registry = FakeRegistry::new();
    let [x, y] = [
        json!({ "x": text() }),
        json!({ "x": { "type": "string", "description": "X." } }),
    ];
    let versions = [("1", &x), ("2", &x), ("3", &y), ("4", &x)];
    let types: Catalogue = versions
        .iter()
        .map(|(version, data)| event("a", version, (*data).clone()))
        .collect();
    for dry_run in [true, false] {
        let report = push(&registry).dry_run(dry_run).run(&types).unwrap();
        assert_eq!(
            outcomes(&report),
            ["a 1: new", "a 2: same", "a 3: compatible", "a 4: same"],
        );
    }
    let report = push(&registry).run(&types).unwrap();
    assert_eq!(report.count(PushOutcome::Same), 4);
}

#[test]
fn transitive_levels_ask_for_all_versions() {
    for registry in [FakeRegistry::new(), FakeRegistry::confluent()] {
        let documented = json!({ "x": { "type": "string", "description": "X." } });
        let versions = [json!({}), json!({ "x": text() }), documented];
        let events = versions.into_iter().zip(["1", "2", "3"]);
        let events: Vec<_> = events.map(|(data, v)| event("a", v, data)).collect();
        let run = |push: &Push, count: usize| {
            let types: Catalogue = events[..count].iter().cloned().collect();
            outcomes(&push.run(&types).unwrap())
        };
        run(&push(&registry).set_level(Mode::None), 2);
        let dry = push(&registry).dry_run(true);
        assert_eq!(run(&dry, 3)[2], "a 3: compatible");
        run(&push(&registry).set_level(Mode::Backward), 2);
        assert_eq!(run(&dry, 3)[2], "a 3: compatible");
        run(&push(&registry).set_level(Mode::BackwardTransitive), 2);
        assert_eq!(run(&dry, 3)[2], "a 3: refused");
        assert_eq!(run(&push(&registry), 3)[2], "a 3: refused");
    }
}

#[test]
fn whole_events_can_be_registered() {
    let registry = FakeRegistry::new();
    let types = shop();
    push(&registry).part(Part::Event).run(&types).unwrap();
    let sent = &registry.schemas("shop/d")[0];
    assert_eq!(*sent, types.get("shop/d", Some("1")).unwrap().schema);
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let registry = FakeRegistry::new();
    let with_login = registry.url.replace("//", "//me:s3cret%21@");
    let basic = "Basic bWU6czNjcmV0IQ==";
    for (push, header) in [
        (Push::new(&with_login).unwrap(), basic),
        (push(&registry).basic("me", "s3cret!"), basic),
        (push(&registry).bearer("s3cret!").unwrap(), "Bearer s3cret!"),
    ] {
        // The registry repeats what it got.
        registry.fault(|request| {
            let authorization = request.authorization.clone().unwrap_or_default();
            let words = format!("me:s3cret! me:s3cret%21@ {authorization}");
            let body = json!({ "error_code": 42201, "message": words }).to_string();
            request
                .line
                .ends_with("/versions")
                .then_some((422, Some(body)))
        });
        let report = push.run(&shop()).unwrap();
        assert_eq!(report.count(PushOutcome::Refused), 3);
        registry.fault(|request| Some((401, request.authorization.clone())));
        let error = push.run(&shop()).unwrap_err();
        for request in registry.requests() {
            assert_eq!(request.authorization.as_deref(), Some(header));
        }
        let all = format!(
            "{push:?} {report} {report:?} {} {error} {error:?}",
            report.to_json()
        );
        for secret in ["s3cret", &header[7..]] {
            assert!(!all.contains(secret), "{all}");
        }
        assert!(all.contains("***") && all.contains(&registry.url));
        registry.no_fault();
    }
    for token in ["", "s3cret token", "s3cret\u{e9}"] {
        let error = push(&registry).bearer(token).unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn own_authority_is_trusted() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate)],
            PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
        )
        .unwrap();
    let registry = FakeRegistry::with_tls(Arc::new(config));
    let dir = tempfile::tempdir().unwrap();
    let pem = dir.path().join("ca.pem");
    std::fs::write(&pem, authority.pem()).unwrap();
    let report = push(&registry).authorities(&pem).run(&shop()).unwrap();
    assert_eq!(report.count(PushOutcome::New), 3);
    let error = push(&registry).run(&shop()).unwrap_err().to_string();
    assert!(
        error.contains("certificate") && error.contains(&registry.url),
        "{error}"
    );
}

#[test]
fn references_that_would_be_lost_are_reported() {
    let registry = FakeRegistry::new();
    let other = event("a", "2", json!({ "x": { "$ref": "#/properties/v" } }));
    let types = [
        event("a", "1", json!({})),
        other,
        event("b", "1", json!({})),
    ];
    let report = push(&registry).run(&types.into_iter().collect()).unwrap();
    insta::assert_snapshot!(shown(&report));
}

#[test]
fn two_events_with_one_subject_are_an_error() {
    let registry = FakeRegistry::new();
    let types: Catalogue = ["a/x", "b/x"]
        .iter()
        .map(|name| event(name, "1", json!({})))
        .collect();
    push(&registry)
        .subject("{slug}".parse().unwrap())
        .run(&types)
        .unwrap_err();
    let twice: Catalogue = ["a/x", "a/x"]
        .iter()
        .map(|name| event(name, "1", json!({})))
        .collect();
    push(&registry).run(&twice).unwrap_err();
    assert!(registry.requests().is_empty());
}
