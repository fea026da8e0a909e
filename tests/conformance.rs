//! Compares the embedded server with responses recorded from the real server.
//!
//! `data/event-api-vectors.json` contains requests and the responses of a real server, recorded in
//! August 2026, or in November 2026 for names that begin with `2 `. ULIDs that no seed determines are
//! masked as `<ulid>`, and long lists of ids as `"5000 ids"`. The test checks that error texts are
//! present but does not compare their wording.

use std::collections::BTreeMap;

use inngest_core::testing::EventServer;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vector {
    name: String,
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_made_by: Option<String>,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    body: Value,
}

impl Request {
    /// The request body. Long bodies are generated from their description.
    fn body(&self) -> Vec<u8> {
        let event = |x: &str| format!(r#"{{"name":"a/b.c","data":{{"x":{x}}}}}"#);
        match self.body_made_by.as_deref() {
            None => self.body.clone().unwrap_or_default().into_bytes(),
            Some("5001") => {
                let events = vec![r#"{"name":"a/b.c","data":{}}"#; 5_001];
                format!("[{}]", events.join(",")).into_bytes()
            }
            Some("over3m") => {
                let y = "y".repeat((3 << 20) + 1 - event(r#""""#).len());
                event(&format!("\"{y}\"")).into_bytes()
            }
            Some("arr3m") => {
                let large = event(&format!("\"{}\"", "y".repeat(3 << 20)));
                format!("[{},{large},{}]", event("1"), event("1")).into_bytes()
            }
            Some("badutf8") => {
                let mut body = event(r#""__""#).into_bytes();
                let at = body.iter().position(|byte| *byte == b'_').unwrap();
                body[at..at + 2].copy_from_slice(&[0xff, 0xfe]);
                body
            }
            Some(other) => match other.strip_prefix("deep") {
                Some(levels) => {
                    let levels = levels.parse().unwrap();
                    event(&("[".repeat(levels) + &"]".repeat(levels))).into_bytes()
                }
                None => panic!("unknown body description {other}"),
            },
        }
    }
}

/// The number of ids in a recorded response. `[""]` counts as none.
fn ids(body: &Value) -> Option<usize> {
    match &body["ids"] {
        Value::String(count) => count
            .strip_suffix(" ids")
            .map(|count| count.parse().unwrap()),
        Value::Array(ids) => Some(ids.iter().filter(|id| **id != "").count()),
        _ => None,
    }
}

async fn check(client: &reqwest::Client, vector: &Vector) -> Result<(), String> {
    let server = EventServer::start().unwrap();
    let path = vector.request.path.replace("{key}", "key");
    let method = vector.request.method.parse().unwrap();
    let mut request = client.request(method, format!("{}{path}", server.url()));
    for (name, value) in &vector.request.headers {
        request = request.header(name, value);
    }
    let response = request
        .body(vector.request.body())
        .send()
        .await
        .map_err(|e| e.to_string())?;
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(|error| error.to_string())?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();

    let expected = &vector.response;
    if status != expected.status {
        return Err(format!("status {status}, not {}: {body}", expected.status));
    }
    if ids(&body) != ids(&expected.body) {
        return Err(format!(
            "ids {:?}, not {:?}: {body}",
            ids(&body),
            ids(&expected.body)
        ));
    }
    if let Value::Array(seeded) = &expected.body["ids"]
        && seeded.iter().any(|id| id != "" && id != "<ulid>")
        && body["ids"] != expected.body["ids"]
    {
        return Err(format!("{} and not {}", body["ids"], expected.body["ids"]));
    }
    if body["error"].is_string() != expected.body["error"].is_string() {
        return Err(format!("an error in one of them only: {body}"));
    }
    if ["data", "status", "error"].iter().any(|member| {
        // Compare only whether there is an error message, not its wording.
        let compared = *member != "error" || vector.request.method == "GET";
        compared && expected.body.get(member) != body.get(member)
    }) {
        return Err(format!("got {body}, expected {}", expected.body));
    }
    // The response lists every accepted event, except the event before a syntax error between events.
    let stored = server.events().len();
    let expected_stored = match vector.name.as_str() {
        "5001 events" => 5_000,
        "2 syntax error in the second" | "2 trailing comma" | "2 no comma between" => 1,
        _ => ids(&expected.body).unwrap_or_default(),
    };
    if stored != expected_stored {
        return Err(format!("{stored} events stored, not {expected_stored}"));
    }
    Ok(())
}

#[tokio::test]
async fn embedded_server_matches_recorded_responses() {
    let vectors = include_str!("data/event-api-vectors.json");
    let vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap();
    assert!(vectors.len() > 110);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let mut differences = Vec::new();
    for vector in &vectors {
        if let Err(difference) = check(&client, vector).await {
            differences.push(format!("{}: {difference:.200}", vector.name));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
