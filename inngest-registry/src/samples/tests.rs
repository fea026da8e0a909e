use std::io::Cursor;

use serde_json::json;

use super::*;

fn samples(text: &str) -> Result<Vec<Sample>, String> {
    let reader = Cursor::new(text.as_bytes().to_vec());
    let documents = Documents::new(reader, "events.jsonl".to_owned());
    documents
        .map(|sample| sample.map_err(|error| error.to_string()))
        .collect()
}

/// The name and origin of each event.
fn names(text: &str) -> Vec<String> {
    let samples = samples(text).unwrap();
    let named = |sample: &Sample| format!("{} at {}", sample.name(), sample.origin());
    samples.iter().map(named).collect()
}

#[test]
fn all_forms_of_a_text_are_read() {
    for text in [
        "\u{feff}\n{\"name\":\"a\"}\r\n\n  \n{\"name\":\"b\"}",
        "\n{\"name\":\"a\"}\n\n\n{\"name\":\"b\"}\n\n",
    ] {
        assert_eq!(names(text), ["a at line 2", "b at line 5"], "{text}");
    }
    for text in [
        "[\n{\"name\":\"a\"},\n{\"name\":\"b\"}\n]",
        "{\n\"name\": \"a\"\n}\n{\n\"name\": \"b\"\n}\n",
        "{\"data\":\n[{\"name\":\"a\"},{\"name\":\"b\"}],\"metadata\":{}}",
    ] {
        assert_eq!(names(text), ["a at event 1", "b at event 2"], "{text}");
    }
    let arrays = "[{\"name\":\"a\"},{\"name\":\"b\"}]\n[]\n{\"data\":[{\"name\":\"c\"}]}";
    assert_eq!(names(arrays), ["a at line 1", "b at line 1", "c at line 3"]);
    assert_eq!(names("{\"name\":\n\"a\"}"), ["a at event 1"]);
    assert_eq!(names(""), [] as [&str; 0]);
    assert_eq!(names(" \n\n"), [] as [&str; 0]);
}

#[test]
fn errors_name_the_line_and_no_values() {
    let error = |text: &str| samples(text).unwrap_err();
    let texts = [
        // The first line is cut off, and the second shows that these are lines.
        "\n{\"name\":\"secret\n{\"name\":\"a\"}\n",
        "{\"name\":\"secret\"",
        "{\"name\":\"a\"}\n{\"name\":\"secret\"\n{\"name\":\"b\"}\n",
        "{\"name\":\"a\"}\nsecret\n",
        "[\n{\"name\":\"a\"},\n{\"secret\"}\n]",
        "{\"name\":\"a\"} {\"name\":\"secret\"}",
        "{\"name\":\"a\"}\n\n{\"id\":\"secret\"}",
        "[{\"name\":\"a\"},\n\"secret\"]",
        "[{\"name\":\"a\"},\n{\"name\":[\"secret\"]}]",
        "{\"name\":\"\"}",
        "{\"name\":\"a\",\"data\":[\"secret\"]}",
        "{\"name\":\"a\",\"user\":\"secret\"}",
        "{\"name\":\"a\",\"id\":[\"secret\"]}",
        "{\"name\":\"a\",\"v\":{\"secret\":1}}",
    ];
    let errors: Vec<_> = texts.into_iter().map(error).collect();
    let errors = errors.join("\n");
    assert!(!errors.contains("secret"), "{errors}");
    insta::assert_snapshot!(errors);
}

#[test]
fn deep_json_is_an_error() {
    let deep = |levels| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        samples(&format!(r#"{{"name":"a","data":{{"x":{open}{close}}}}}"#))
    };
    assert_eq!(deep(125).unwrap().len(), 1);
    assert!(deep(126).unwrap_err().contains("recursion limit exceeded"));
}

#[test]
fn iteration_ends_after_an_error() {
    let text = "{\"name\":\"a\"}\n[1, {\"name\":\"b\"}]\n{\"name\":\"c\"}\n";
    let mut documents = Documents::new(Cursor::new(text), "x".to_owned());
    assert!(documents.next().unwrap().is_ok());
    assert!(documents.next().unwrap().is_err());
    assert!(documents.next().is_none());
}

#[test]
fn members_are_as_they_were_sent() {
    let event = json!({
        "name": "a/b.c", "id": "x-1", "ts": 1_700_000_000_000_i64, "v": "2026-11-21.1",
        "data": { "n": 18_014_398_509_481_985_u64, "f": 0.1 }, "user": { "email": "e" },
        "meta": { "sessions": { "k": 1 } }, "extra": true,
    });
    let sample = samples(&event.to_string()).unwrap().remove(0);
    assert_eq!(sample.name(), "a/b.c");
    assert_eq!(sample.id(), Some("x-1"));
    assert_eq!(sample.version(), Some("2026-11-21.1"));
    assert_eq!(sample.ts(), Some(1_700_000_000_000));
    assert_eq!(sample.data(), &event["data"]);
    assert_eq!(sample.user(), Some(&event["user"]));
    assert!(!sample.is_listed());
    assert_eq!(sample.into_value(), event);
}

#[test]
fn rows_of_a_list_become_events() {
    let row = json!({
        "internal_id": "01JQDAE4RQF8MBCR55T5AK4KXS", "source": "", "source_id": null,
        "received_at": "2026-11-21T18:32:00Z", "id": "01JQDAE4RQF8MBCR55T5AK4KXS",
        "name": "a/b.c", "ts": 1_700_000_000_000_i64, "data": null,
    });
    let sample = samples(&row.to_string()).unwrap().remove(0);
    assert!(sample.is_listed());
    assert_eq!(sample.id(), None);
    assert_eq!(
        sample.into_value(),
        json!({ "name": "a/b.c", "ts": 1_700_000_000_000_i64, "data": {} })
    );
    let mut with_id = row;
    with_id["id"] = json!("mine");
    let sample = samples(&with_id.to_string()).unwrap().remove(0);
    assert_eq!(sample.id(), Some("mine"));
}

#[test]
fn query_filters_events() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let lines = "{\"name\":\"a\"}\n{\"name\":\"b\"}\n{\"name\":\"a\",\"id\":\"2\"}\nnot read\n";
    std::fs::write(&path, lines).unwrap();
    let source = Source::from(path.to_str().unwrap());
    let query = Query {
        name: Some("a".to_owned()),
        limit: Some(2),
        ..Query::default()
    };
    let samples = read(&source, &query).unwrap();
    let ids: Vec<_> = samples
        .map(|sample| sample.unwrap().id().map(str::to_owned))
        .collect();
    assert_eq!(ids, [None, Some("2".to_owned())]);
    let missing = Source::File(folder.path().join("none"));
    assert!(read(&missing, &Query::default()).is_err());
    assert_eq!(Source::from("-"), Source::StandardInput);
}

#[test]
fn events_of_the_server_do_not_count_towards_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let (own, failed) = (r#"{"name":"a"}"#, r#"{"name":"inngest/function.failed"}"#);
    let lines = [failed, own, failed, failed, own, "not read"];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let names = |name: Option<&str>| {
        let query = Query {
            name: name.map(str::to_owned),
            limit: Some(2),
            ..Query::default()
        };
        let samples = read(&Source::File(path.clone()), &query).unwrap();
        let names = samples.map(|sample| sample.unwrap().name().to_owned());
        names.collect::<Vec<_>>()
    };
    let internal = "inngest/function.failed";
    assert_eq!(names(None), [internal, "a", internal, internal, "a"]);
    assert_eq!(names(Some(internal)), [internal; 2]);
}

#[test]
fn debug_shows_no_values() {
    let event = json!({ "name": "a", "id": "secret", "data": { "x": "secret" } });
    let sample = samples(&event.to_string()).unwrap().remove(0);
    let text = format!("{sample:?}");
    assert!(text.contains("\"a\"") && !text.contains("secret"), "{text}");
}

#[cfg(feature = "http")]
#[test]
fn debug_of_a_source_shows_no_password() {
    for (text, shown) in [
        ("-", "StandardInput"),
        ("a.json", "File(\"a.json\")"),
        ("http://127.0.0.1:8288", "Server(\"http://127.0.0.1:8288\")"),
        ("HTTP://127.0.0.1:8288", "Server(\"HTTP://127.0.0.1:8288\")"),
        (
            "Https://API.inngest.com",
            "Insights(\"Https://API.inngest.com\")",
        ),
        (
            "http://me:secret@a.example/x",
            "Server(\"http://***@a.example/x\")",
        ),
        (
            "https://me:se@cret/@eu.example",
            "Server(\"https://***@eu.example\")",
        ),
        (
            "https://:secret@api.inngest.com",
            "Insights(\"https://***@api.inngest.com\")",
        ),
    ] {
        assert_eq!(format!("{:?}", Source::from(text)), shown);
    }
}
