//! Generates example numbers within bounds.

use serde_json::{Map, Number, Value};

/// An example of a number with this schema. Different values of `number` give different examples if the
/// bounds allow it.
pub(super) fn example(schema: &Map<String, Value>, number: usize) -> Option<Value> {
    let wanted = i32::try_from(number).unwrap_or(0) + 1;
    let is_whole = match schema.get("type") {
        Some(Value::Array(types)) => !types.iter().any(|name| name == "number"),
        kind => kind.and_then(Value::as_str) == Some("integer"),
    };
    if is_whole {
        whole(schema, wanted)
    } else {
        real(schema, wanted)
    }
}

fn whole(schema: &Map<String, Value>, wanted: i32) -> Option<Value> {
    let of = |keyword| schema.get(keyword).and_then(integer);
    let least = [of("minimum"), of("exclusiveMinimum").map(|least| least + 1)];
    let most = [of("maximum"), of("exclusiveMaximum").map(|most| most - 1)];
    let least = least.into_iter().flatten().max().unwrap_or(i128::MIN / 4);
    let most = most.into_iter().flatten().min().unwrap_or(i128::MAX / 4);
    let step = of("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let wanted = (i128::from(wanted) * step).max(least).min(most);
    // Round up to a multiple, or down if that is too much.
    let up = wanted + (step - wanted.rem_euclid(step)) % step;
    let value = if up <= most {
        up
    } else {
        wanted - wanted.rem_euclid(step)
    };
    if value < least {
        return None;
    }
    Some(Value::Number(Number::from_i128(value)?))
}

fn integer(value: &Value) -> Option<i128> {
    let signed = value.as_i64().map(i128::from);
    signed.or_else(|| value.as_u64().map(i128::from))
}

fn real(schema: &Map<String, Value>, wanted: i32) -> Option<Value> {
    let of = |keyword| schema.get(keyword).and_then(Value::as_f64);
    let least = of("minimum").or(of("exclusiveMinimum"));
    let most = of("maximum").or(of("exclusiveMaximum"));
    let mut value = f64::from(wanted) + 0.5;
    if let Some(step) = of("multipleOf") {
        value = f64::from(wanted) * step;
    }
    let fits = |value: f64| {
        least.is_none_or(|least| value > least) && most.is_none_or(|most| value < most)
    };
    let step = of("multipleOf").filter(|step| *step > 0.0);
    // The first multiple above the minimum.
    let multiple = step.zip(least);
    let multiple = multiple.map(|(step, least)| ((least / step).floor() + 1.0) * step);
    if let Some(multiple) = multiple.filter(|multiple| !fits(value) && fits(*multiple)) {
        value = multiple;
    } else if !fits(value) {
        value = match (least, most) {
            (Some(least), Some(most)) => least.midpoint(most),
            (Some(least), None) => least + 1.0,
            (None, Some(most)) => most - 1.0,
            (None, None) => value,
        };
    }
    Number::from_f64(value).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_fit_their_bounds() {
        for (schema, number, expected) in [
            (json!({ "type": "integer" }), 0, Some(json!(1))),
            (json!({ "type": ["integer", "null"] }), 1, Some(json!(2))),
            (
                json!({ "type": "integer", "minimum": 5, "maximum": 9 }),
                0,
                Some(json!(5)),
            ),
            (
                json!({ "type": "integer", "minimum": -9, "exclusiveMaximum": -3 }),
                0,
                Some(json!(-4)),
            ),
            (
                json!({ "type": "integer", "minimum": 11, "multipleOf": 5 }),
                0,
                Some(json!(15)),
            ),
            (
                json!({ "type": "integer", "maximum": -1, "multipleOf": 5 }),
                0,
                Some(json!(-5)),
            ),
            (
                json!({ "type": "integer", "minimum": 2, "maximum": 1 }),
                0,
                None,
            ),
            (
                json!({ "type": "integer", "minimum": u64::MAX }),
                0,
                Some(json!(u64::MAX)),
            ),
            (json!({ "type": "number" }), 0, Some(json!(1.5))),
            (
                json!({ "type": "number", "maximum": 1, "minimum": 0 }),
                0,
                Some(json!(0.5)),
            ),
            (
                json!({ "type": "number", "minimum": 90.0 }),
                0,
                Some(json!(91.0)),
            ),
            (
                json!({ "type": "number", "multipleOf": 0.25 }),
                1,
                Some(json!(0.5)),
            ),
            (
                json!({ "type": "number", "multipleOf": 0.25, "minimum": 9, "maximum": 9.9 }),
                0,
                Some(json!(9.25)),
            ),
        ] {
            let found = example(schema.as_object().unwrap(), number);
            assert_eq!(found, expected, "{schema}");
        }
    }
}
