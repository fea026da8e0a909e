//! Tests the command `push`.

use super::*;
use crate::push::fake_registry::FakeRegistry;

/// The output of a command. `@/` in an argument is the folder.
fn run(place: &TestFolder, cli: &Cli, line: &str) -> Output {
    let at = format!("{}/", place.0.path().to_str().unwrap());
    let arguments = line.split(' ').map(|word| word.replace("@/", &at).into());
    let mut output = cli.run(
        std::iter::once("inngest-registry".into()).chain(arguments),
        NAMES,
    );
    for text in [&mut output.out, &mut output.err] {
        *text = text.replace(&at, "@/");
    }
    output
}

/// `push` with these arguments, and its output.
fn transcript(place: &TestFolder, registry: &FakeRegistry, line: &str) -> String {
    let line = format!("push @/schemas --registry {} {line}", registry.url);
    let text = place.transcript(&for_files(), line.trim_end());
    text.replace(&registry.url, "http://registry")
}

/// A folder with two versions of one event, and another event.
fn two_versions() -> TestFolder {
    let place = TestFolder::new();
    for types in [careless_shop(), shop()] {
        assert_eq!(place.run(&types, "export @/schemas").code, 0);
    }
    place
}

#[test]
fn folder_is_pushed() {
    let place = two_versions();
    let registry = FakeRegistry::new();
    insta::assert_snapshot!(
        [
            transcript(&place, &registry, "--dry-run"),
            transcript(&place, &registry, ""),
            transcript(&place, &registry, "--dry-run --format json"),
            transcript(&place, &registry, "--set-compatibility none"),
            transcript(&place, &registry, "--set-compatibility NONE"),
            transcript(&place, &registry, "--format json"),
        ]
        .join("\n")
    );
    // The program with the types pushes the folder too.
    let line = format!("push @/schemas --registry {}", registry.url);
    assert_eq!(place.run(&shop(), &line).code, 0);
    let line = format!("{line} --subject {{name}}-value --schema event");
    assert_eq!(place.run(&shop(), &line).code, 1);
    let schema = &registry.schemas("storefront/item.imported-value")[0];
    assert_eq!(schema["properties"]["v"]["const"], "2026-11-20.1");
}

#[test]
fn exit_codes_tell_the_worst_outcome() {
    let place = two_versions();
    let registry = FakeRegistry::new();
    let code = |status, body: Option<&str>| {
        let reply = (status, body.map(str::to_owned));
        registry.fault(move |request| request.line.contains("ping").then(|| reply.clone()));
        let line = format!("push @/schemas --registry {}", registry.url);
        place
            .run(&for_files(), &format!("{line} --set-compatibility none"))
            .code
    };
    assert_eq!(code(500, Some("oh")), 2);
    assert_eq!(code(409, Some("{}")), 1);
    assert_eq!(code(0, None), 3);
    registry.no_fault();
    assert!(transcript(&place, &registry, "").ends_with("exit 0\n"));
}

#[test]
fn invalid_pushes_are_reported() {
    let place = two_versions();
    place.write("ca.pem", "nothing");
    let registry = FakeRegistry::new();
    registry.fault(|_| Some((401, Some("{\"message\":\"no s3cret entry\"}".to_owned()))));
    let with_secret = registry.url.replace("//", "//me:s3cret@");
    let files = for_files();
    let texts = [
        "push @/schemas".to_owned(),
        "push @/schemas --registry me:s3cret@registry".to_owned(),
        "push @/schemas --registry https://me:s3/cret@registry --user me:s3cret".to_owned(),
        "push @/schemas --registry http://registry --user s3cret".to_owned(),
        "push @/schemas --registry http://registry --user me:s3cret --token s3cret".to_owned(),
        "push @/schemas --registry http://registry --subject {nam}".to_owned(),
        "push @/schemas --registry http://registry --schema payload".to_owned(),
        "push @/schemas --registry http://registry --set-compatibility backwards".to_owned(),
        "push @/schemas --registry http://registry --ca @/none.pem".to_owned(),
        "push @/schemas --registry http://registry --ca @/ca.pem".to_owned(),
        "push @/none --registry http://registry".to_owned(),
        format!("push @/schemas --registry {with_secret}"),
        format!("push @/schemas --registry {} --token s3cret", registry.url),
    ];
    let texts = texts.map(|line| {
        let Output { code, out, err } = run(&place, &files, &line);
        assert_eq!(code, 3, "{line}");
        assert!(!err.contains("s3cret") && out.is_empty(), "{err}");
        format!("$ {line}\n{err}").replace(&registry.url["http://".len()..], "registry")
    });
    if cfg!(not(windows)) {
        // Only Unix has these messages of the operating system.
        insta::assert_snapshot!(texts.join("\n"));
    }
}

#[test]
fn secrets_are_found_in_messages_before_they_are_shortened() {
    let place = two_versions();
    let registry = FakeRegistry::new();
    let url = registry.url.replace("//", "//me:s3%20%20cret@");
    for message in ["no s3  cret".to_owned(), "x".repeat(996) + "s3  cret"] {
        let body = serde_json::json!({ "message": message }).to_string();
        registry.fault(move |_| Some((401, Some(body.clone()))));
        let output = run(
            &place,
            &for_files(),
            &format!("push @/schemas --registry {url}"),
        );
        assert_eq!(output.code, 3);
        assert!(
            output.err.contains("401") && !output.err.contains("s3"),
            "{}",
            output.err
        );
    }
}
