use super::*;
use TemplateErrorKind as Kind;
use proptest::prelude::*;

fn paths(text: &str) -> Vec<String> {
    let template = Template::parse(text).unwrap();
    template
        .placeholders()
        .map(|p| p.path().to_owned())
        .collect()
}

fn errors(text: &str) -> Vec<(Kind, Range<usize>)> {
    let errors = Template::parse(text).unwrap_err();
    let errors = errors.errors.into_iter();
    errors.map(|error| (error.kind, error.span)).collect()
}

fn not_a_field(text: &str, meant: Option<&str>) -> Kind {
    Kind::NotAField {
        text: text.into(),
        meant: meant.map(Into::into),
    }
}

#[test]
fn well_formed_templates_parse() {
    assert_eq!(paths("item-imported-{item_id}"), ["item_id"]);
    assert_eq!(paths("{a}-{b.c}-{d.0.e}"), ["a", "b.c", "d.0.e"]);
    assert_eq!(paths("{größe}"), ["größe"]);
    assert_eq!(paths("{type}{{"), ["type"]);
    let template = Template::parse("a{{b}}{c}").unwrap();
    assert_eq!(template.leading_text(), "a{b}");
    assert_eq!(template.placeholders().next().unwrap().span(), 6..9);
    let nested = Template::parse("{a.0}").unwrap();
    let placeholder = nested.placeholders().next().unwrap();
    assert_eq!(placeholder.segments().collect::<Vec<_>>(), ["a", "0"]);
}

fn empty(text: &str) -> Kind {
    Kind::EmptyPlaceholder { text: text.into() }
}

fn unclosed(text: &str) -> Kind {
    Kind::Unclosed { text: text.into() }
}

fn stray(before: &str) -> Kind {
    Kind::Stray {
        before: before.into(),
    }
}

#[test]
fn impossible_field_names_are_errors() {
    for word in ["self", "Self", "super", "crate", "_", "99999999999", "01"] {
        let text = format!("{{a.{word}}}");
        let kind = not_a_field(&text[1..text.len() - 1], None);
        assert_eq!(errors(&text), [(kind, 0..text.len())]);
    }
    let braced = Some("item_id".into());
    assert_eq!(
        errors("a-{{item_id}}"),
        [(Kind::NoPlaceholder { braced }, 0..13)]
    );
    assert_eq!(
        errors("{a.len()}"),
        [(not_a_field("a.len()", Some("a")), 0..9)]
    );
}

#[test]
fn each_mistake_has_its_span() {
    assert_eq!(errors(""), [(Kind::Empty, 0..0)]);
    assert_eq!(
        errors("a{{}}"),
        [(Kind::NoPlaceholder { braced: None }, 0..5)]
    );
    assert_eq!(errors("é{}"), [(empty(""), 2..4)]);
    assert_eq!(errors("a{ }"), [(empty(" "), 1..4)]);
    assert_eq!(errors("a-{b"), [(unclosed("b"), 2..3)]);
    assert_eq!(errors("a-{b-{c}"), [(unclosed("b"), 2..3)]);
    assert_eq!(errors("a}-{b}"), [(stray("a"), 1..2)]);
    let spec = |path: &str, text: &str| Kind::FormatSpec {
        path: path.into(),
        text: text.into(),
    };
    assert_eq!(errors("{a:?}"), [(spec("a", "a:?"), 0..5)]);
    assert_eq!(errors("{a.b:>08}"), [(spec("a.b", "a.b:>08"), 0..9)]);
    assert_eq!(errors("{ a }"), [(not_a_field(" a ", Some("a")), 0..5)]);
    assert_eq!(
        errors("{r#type}"),
        [(not_a_field("r#type", Some("type")), 0..8)]
    );
    assert_eq!(
        errors("{self.a}"),
        [(not_a_field("self.a", Some("a")), 0..8)]
    );
    assert_eq!(errors("{a()}"), [(not_a_field("a()", None), 0..5)]);
    assert_eq!(errors("{a-b}"), [(not_a_field("a-b", None), 0..5)]);
    assert_eq!(errors("{a..b}"), [(not_a_field("a..b", None), 0..6)]);
    let adjacent = Kind::Adjacent {
        first: "a".into(),
        second: "b".into(),
    };
    assert_eq!(errors("{a}{b}"), [(adjacent, 3..6)]);
    let repeated = Kind::Repeated { path: "a".into() };
    assert_eq!(errors("{a}-{b}-{a}"), [(repeated.clone(), 8..11)]);
    assert_eq!(errors("{a}{a}"), [(repeated, 3..6)]);
}

#[test]
fn errors_keep_the_well_formed_placeholders() {
    for (text, expected) in [
        ("{a}{b}", &["a", "b"] as &[&str]),
        ("{a}-{b:?}-{c d}-{}-{e}", &["a", "e"]),
        ("{a}-{b}-{a}-{c", &["a", "b"]),
        ("}", &[]),
        ("", &[]),
    ] {
        let errors = Template::parse(text).unwrap_err();
        let paths: Vec<_> = errors
            .placeholders()
            .iter()
            .map(Placeholder::path)
            .collect();
        assert_eq!(paths, expected, "{text}");
    }
}

#[test]
fn unclosed_brace_swallows_the_path_after_it() {
    for (text, expected) in [
        ("{", vec![(unclosed(""), 0..1)]),
        ("a{", vec![(unclosed(""), 1..2)]),
        ("{ a", vec![(unclosed(""), 0..1)]),
        ("{b.c_d-e", vec![(unclosed("b.c_d"), 0..1)]),
        ("é{é1.ü!", vec![(unclosed("é1.ü"), 2..3)]),
        ("{a-{b}", vec![(unclosed("a"), 0..1)]),
        ("{x}{a-{b}", vec![(unclosed("a"), 3..4)]),
        ("{x}{ {b}", vec![(unclosed(""), 3..4)]),
        ("{x}{{a}-{b}", vec![(stray("{x}{{a"), 6..7)]),
        (
            "{a{b}-{c",
            vec![(unclosed("a"), 0..1), (unclosed("c"), 6..7)],
        ),
        (
            "{a-{b:?}",
            vec![
                (unclosed("a"), 0..1),
                (
                    Kind::FormatSpec {
                        path: "b".into(),
                        text: "b:?".into(),
                    },
                    3..8,
                ),
            ],
        ),
    ] {
        assert_eq!(errors(text), expected, "{text}");
    }
    let errors = Template::parse("{a-{b}{c}").unwrap_err();
    let kinds: Vec<_> = errors
        .errors
        .iter()
        .map(|error| error.kind.clone())
        .collect();
    let adjacent = Kind::Adjacent {
        first: "b".into(),
        second: "c".into(),
    };
    assert_eq!(kinds, [unclosed("a"), adjacent]);
    let known: Vec<_> = errors
        .placeholders()
        .iter()
        .map(Placeholder::path)
        .collect();
    assert_eq!(known, ["b", "c"]);
}

#[test]
fn doubled_braces_print_a_brace() {
    for (text, expected) in [
        ("{{{a}}}", vec!["{", "a", "}"]),
        ("{a}}}", vec!["a", "}"]),
        ("{{a}}{b}", vec!["{a}", "b"]),
        ("{{{{{a}", vec!["{{", "a"]),
        ("{a}é{{", vec!["a", "é{"]),
    ] {
        let template = Template::parse(text).unwrap();
        let found: Vec<_> = template
            .pieces()
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Placeholder(placeholder) => placeholder.path(),
            })
            .collect();
        assert_eq!(found, expected, "{text}");
        let leads = matches!(template.pieces().first(), Some(Piece::Text(_)));
        assert_eq!(template.leading_text(), if leads { found[0] } else { "" });
    }
    assert_eq!(errors("{a}}"), [(stray("{a}"), 3..4)]);
    assert_eq!(errors("}"), [(stray(""), 0..1)]);
    assert_eq!(errors("é}{a}"), [(stray("é"), 2..3)]);
}

#[test]
fn path_in_doubled_braces_is_suggested() {
    for (text, expected) in [
        ("x{{a}}", Some("a")),
        ("{{a.b}}-{{c}}", Some("a.b")),
        ("{{a b}}", None),
        ("{{}}", None),
        ("{{a", None),
        ("a}}", None),
        ("a", None),
    ] {
        let braced = expected.map(str::to_owned);
        let kind = Kind::NoPlaceholder { braced };
        assert_eq!(errors(text), [(kind, 0..text.len())], "{text}");
    }
}

#[test]
fn misspelled_paths_get_a_suggestion() {
    for (inner, meant) in [
        ("self", None),
        (".a", Some("a")),
        ("self.self.a", Some("a")),
        ("self.a.self", None),
        ("a b", Some("ab")),
        ("x.len().y", Some("x.y")),
        ("self.r#type", Some("type")),
        ("a.r#b", Some("a.b")),
        ("a b:?", None),
        ("a.", None),
        ("&a", None),
    ] {
        let text = format!("{{{inner}}}");
        let kind = not_a_field(inner, meant);
        assert_eq!(errors(&text), [(kind, 0..text.len())], "{text}");
    }
}

#[test]
fn segments_are_names_or_indices() {
    let good = [
        "a",
        "_a",
        "a_",
        "__",
        "a1",
        "é",
        "0",
        "7",
        "10",
        "4294967295",
    ];
    let bad = [
        "",
        "_",
        "1a",
        "00",
        "07",
        "4294967296",
        "-1",
        "+1",
        "a-b",
        "a b",
        "٣",
        "a!",
        "é-",
        "_-",
    ];
    for segment in good {
        assert!(is_segment(segment), "{segment}");
        assert!(is_path(&format!("a.{segment}.0")), "{segment}");
    }
    for segment in bad {
        assert!(!is_segment(segment), "{segment}");
        assert!(!is_path(&format!("a.{segment}")), "{segment}");
        assert!(!is_path(&format!("{segment}.a")), "{segment}");
    }
}

#[test]
fn each_placeholder_has_one_mistake_at_most() {
    let repeated = Kind::Repeated { path: "a".into() };
    assert_eq!(errors("{}{}"), [(empty(""), 0..2), (empty(""), 2..4)]);
    assert_eq!(
        errors("{ a }-{a}"),
        [
            (not_a_field(" a ", Some("a")), 0..5),
            (repeated.clone(), 6..9)
        ]
    );
    let spec = Kind::FormatSpec {
        path: "a".into(),
        text: "a:?".into(),
    };
    assert_eq!(errors("{a}{a:?}"), [(spec.clone(), 3..8)]);
    assert_eq!(errors("{a:?}{a}"), [(spec, 0..5), (repeated, 5..8)]);
    let adjacent = |first: &str, second: &str| Kind::Adjacent {
        first: first.into(),
        second: second.into(),
    };
    assert_eq!(
        errors("{a}{b}{c}"),
        [(adjacent("a", "b"), 3..6), (adjacent("b", "c"), 6..9)]
    );
    assert_eq!(errors("{a}{b}-{c}"), [(adjacent("a", "b"), 3..6)]);
}

#[test]
fn edges_match_the_pieces() {
    let template = Template::parse("a-{b}/{c}").unwrap();
    let expected = proof::edges([Some("a-"), None, Some("/"), None]);
    assert_eq!(template.edges(), expected);
    assert_eq!(expected.len(), 4);
}

#[test]
fn all_mistakes_are_reported_in_order() {
    let kinds: Vec<_> = errors("}{}-{a:?}-{b")
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(
        kinds,
        [
            stray(""),
            empty(""),
            Kind::FormatSpec {
                path: "a".into(),
                text: "a:?".into()
            },
            unclosed("b"),
        ]
    );
}

/// The text from which a template was parsed.
fn source(template: &Template) -> String {
    let pieces = template.pieces().iter().map(|piece| match piece {
        Piece::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        Piece::Placeholder(placeholder) => format!("{{{}}}", placeholder.path),
    });
    pieces.collect()
}

proptest! {
    #[test]
    fn any_text_is_handled(text in "[a-z0-9{}:. é_-]{0,24}|\\PC*") {
        match Template::parse(&text) {
            Ok(template) => {
                prop_assert_eq!(&source(&template), &text);
                for placeholder in template.placeholders() {
                    let written = format!("{{{}}}", placeholder.path());
                    prop_assert_eq!(text.get(placeholder.span()), Some(written.as_str()));
                }
            }
            Err(errors) => {
                let mut last = 0;
                for error in errors.as_slice() {
                    prop_assert!(text.get(error.span()).is_some());
                    prop_assert!(last <= error.span().start);
                    last = error.span().start;
                }
                prop_assert!(!errors.as_slice().is_empty());
            }
        }
    }
}
