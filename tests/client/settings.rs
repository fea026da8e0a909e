//! Settings of a client.

use super::*;

#[test]
fn invalid_settings_are_errors() {
    let builder = || Client::builder().event_key(KEY);
    for (setting, built) in [
        ("max_request_bytes", builder().max_request_bytes(0).build()),
        (
            "max_request_events",
            builder().max_request_events(0).build(),
        ),
        ("max_event_bytes", builder().max_event_bytes(0).build()),
        ("concurrency", builder().concurrency(0).build()),
        ("timeout", builder().timeout(Duration::ZERO).build()),
    ] {
        assert_eq!(built.unwrap_err(), ConfigError::Zero { setting });
    }
    let error = builder().base_url("localhost:8288").build().unwrap_err();
    insta::assert_snapshot!(error, @"the base URL `localhost:8288` from `base_url` does not begin with `http://` or `https://`; give one such as `http://localhost:8288`");
}

#[test]
fn unusable_base_urls_are_errors() {
    let builder = || Client::builder().event_key(KEY);
    let error = builder().base_url("http://127.0.0.1:82888");
    let error = error.build().unwrap_err();
    insta::assert_snapshot!(error, @"the base URL `http://127.0.0.1:…` from `base_url` has a port that is not a number from 1 to 65535; give one such as `http://localhost:8288`");
    for end in ["", "/", "?x=1", "#x"] {
        let whole = format!("https://user:word@inn.gs/e/{KEY}{end}");
        for url in [&whole, &whole.replace("user:word@", "")] {
            let builder = builder().base_url(url);
            let debug = format!(
                "{builder:?} {:?}",
                blocking::Client::builder().base_url(url)
            );
            let error = builder.build().unwrap_err();
            let output = format!("{debug} {error} {error:?}");
            assert!(
                !output.contains(KEY) && !output.contains("word"),
                "{output}"
            );
        }
    }
    let error = builder().base_url(format!("https://inn.gs/e/{KEY}"));
    let error = error.build().unwrap_err();
    assert!(matches!(error, ConfigError::KeyInBaseUrl { .. }), "{error}");
}

#[tokio::test]
async fn empty_setting_counts_as_unset() {
    let server = EventServer::start().unwrap();
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder.event_key("").env("").build().unwrap();
    client.send(item(1)).await.unwrap();
    let [request] = server.requests().try_into().unwrap();
    assert!(!request.headers.contains_key("x-inngest-env"));

    let builder = Client::builder().dev(false).event_key("");
    assert_eq!(builder.build().unwrap_err(), ConfigError::MissingEventKey);
}

#[test]
fn building_a_cloud_client_sends_no_request() {
    let client = Client::builder()
        .dev(false)
        .event_key(KEY)
        .base_url("https://inn.gs")
        .build();
    assert_eq!(client.unwrap().url(), "https://inn.gs/e/");
}
