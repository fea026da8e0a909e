use super::*;
use proptest::prelude::*;

/// The end of a container, byte by byte.
fn plain_end(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut backslashes) = (0, false, 0);
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if backslashes % 2 == 0 => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn blocks_end_where_bytes_end(rest in r#"[\[\]{}"\\a:, é]{0,300}"#) {
        let text = format!("{{{rest}");
        prop_assert_eq!(end_of_container(text.as_bytes()), plain_end(text.as_bytes()));
    }

    #[test]
    fn strings_end_at_their_quote(inside in r#"([^"\\]|\\(?s:.)){0,40}"#, after in ".*") {
        let text = format!("\"{inside}\"{after}");
        let is_plain = !inside.contains(|c| c == '\\' || c < ' ');
        prop_assert_eq!(end_of_string(text.as_bytes()), Some((inside.len() + 2, is_plain)));
    }
}

#[test]
fn unfinished_values_have_no_end() {
    for text in ["{", "[[]", r#"{"a"#, r#"{"}"#, r#"{"\"}"#, r#"["\\\"]"#] {
        assert_eq!(end_of_container(text.as_bytes()), None, "{text}");
    }
    assert_eq!(end_of_string(br#""a\""#), None);
    assert_eq!(end_of_string(br#""\"#), None);
}

#[test]
fn members_and_elements() {
    let mut scanner = Scanner::new(r#" { "a" : [1, {"b":"}"}] , "\u0063":"x", "d":null } "#);
    let mut seen = Vec::new();
    scanner
        .members(|scanner, key| {
            seen.push(format!("{}={}", key.string()?, scanner.value()?.text));
            Ok(())
        })
        .unwrap();
    scanner.end().unwrap();
    assert_eq!(seen, [r#"a=[1, {"b":"}"}]"#, r#"c="x""#, "d=null"]);
}
