//! Generates numbers that a schema allows: a small one, a fraction, the minimum and the maximum.

use serde_json::{Map, Value};

/// How many digits after the decimal point are used in computations.
const DIGITS: u32 = 9;
/// The unit of computation.
const ONE: i128 = 10_i128.pow(DIGITS);
/// Beyond this number, a JSON number may lose digits, so no event has one.
const LARGEST: i128 = (1 << 53) - 1;
/// Too large for 32 bits, but types that count time accept it.
const OVER_32_BITS: i128 = 1 << 33;

/// The numbers, without duplicates, the smallest first. `maps` are the schemas that apply at once.
pub(super) fn numbers(maps: &[&Map<String, Value>], is_integer: bool) -> Vec<Value> {
    let all = |key: &'static str| maps.iter().filter_map(move |map| scaled(map.get(key)?));
    let step = all("multipleOf").filter(|step| *step > 0);
    let step = step.chain(is_integer.then_some(ONE)).reduce(lcm);
    let (step, is_stepped) = (step.unwrap_or(1), step.is_some());
    let minimum = all("minimum").chain(all("exclusiveMinimum").map(|bound| bound + 1));
    let maximum = all("maximum").chain(all("exclusiveMaximum").map(|bound| bound - 1));
    let format = integer_format(maps);
    let (format_minimum, format_maximum) = match format {
        Some((true, width @ 1..64)) => {
            let half = 1_i128 << (width - 1);
            (Some(-half * ONE), Some((half - 1) * ONE))
        }
        Some((false, width @ 1..64)) => (Some(0), Some(((1_i128 << width) - 1) * ONE)),
        Some((false, _)) => (Some(0), None),
        _ => (None, None),
    };
    let minimum = minimum.chain(format_minimum).max();
    let maximum = maximum.chain(format_maximum).min();
    let up = |number: i128| -(-number).div_euclid(step) * step;
    let down = |number: i128| number.div_euclid(step) * step;
    let lowest = up(minimum.unwrap_or(-LARGEST * ONE).max(-LARGEST * ONE));
    let highest = down(maximum.unwrap_or(LARGEST * ONE).min(LARGEST * ONE));
    if lowest > highest {
        return Vec::new();
    }
    let within = |number: i128| number.clamp(lowest, highest);
    let mut numbers = vec![within(up(ONE))];
    if !is_integer {
        let fraction = if is_stepped { step } else { ONE / 2 };
        numbers.push(within(fraction));
    }
    numbers.extend(minimum.map(|_| lowest));
    numbers.extend(maximum.map(|_| highest));
    if let Some((is_signed, 64..)) = format {
        numbers.push(within(OVER_32_BITS * ONE));
        numbers.extend(is_signed.then(|| within(-OVER_32_BITS * ONE)));
    }
    let mut values: Vec<Value> = Vec::new();
    for number in numbers {
        let value = value(number);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// The width of an integer format, and whether the format is signed.
fn integer_format(maps: &[&Map<String, Value>]) -> Option<(bool, u32)> {
    let format = maps.iter().find_map(|map| map.get("format")?.as_str())?;
    let (is_signed, width) = match format.strip_prefix('u') {
        Some(rest) => (false, rest.strip_prefix("int")?),
        None => (true, format.strip_prefix("int")?),
    };
    // `int` and `uint` are the sizes of a machine's pointers.
    let width = if width.is_empty() { "64" } else { width };
    Some((is_signed, width.parse().ok()?))
}

/// A number in units of 1 / [`ONE`]. `None` if it is smaller than one unit but not 0.
fn scaled(number: &Value) -> Option<i128> {
    let number = number.as_number()?;
    if let Some(integer) = number.as_i128() {
        return Some(integer.clamp(-LARGEST, LARGEST) * ONE);
    }
    let number = number.as_f64()?.clamp(-9e15, 9e15);
    // Use the decimal digits of the printed double, because a multiplication would lose some.
    let text = format!("{number:.*}", DIGITS as usize);
    let units = text.replace('.', "").parse().ok()?;
    (units != 0 || number == 0.0).then_some(units)
}

fn value(number: i128) -> Value {
    if number % ONE == 0
        && let Ok(integer) = i64::try_from(number / ONE)
    {
        return integer.into();
    }
    let whole = number / ONE;
    let fraction = (number % ONE).abs();
    let sign = if number < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{fraction:09}", whole.abs());
    text.parse::<f64>().unwrap_or_default().into()
}

fn lcm(a: i128, b: i128) -> i128 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a.checked_div(x)
        .and_then(|a| a.checked_mul(b))
        .unwrap_or(a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_fit_the_bounds_and_steps() {
        for (schema, is_integer, expected) in [
            (json!({}), true, json!([1])),
            (json!({}), false, json!([1, 0.5])),
            (
                json!({ "minimum": 0.5, "maximum": 0.7 }),
                false,
                json!([0.7, 0.5]),
            ),
            (json!({ "minimum": 2.5 }), true, json!([3])),
            (
                json!({ "exclusiveMinimum": 3, "exclusiveMaximum": 5 }),
                true,
                json!([4]),
            ),
            (
                json!({ "exclusiveMinimum": 0, "exclusiveMaximum": 1 }),
                false,
                json!([0.999_999_999, 0.5, 0.000_000_001]),
            ),
            (json!({ "multipleOf": 5 }), true, json!([5])),
            (
                json!({ "multipleOf": 0.25, "maximum": 0.9 }),
                false,
                json!([0.75, 0.25]),
            ),
            (json!({ "multipleOf": 1.5 }), true, json!([3])),
            (
                json!({ "multipleOf": 10, "minimum": -15, "maximum": -5 }),
                true,
                json!([-10]),
            ),
            (
                json!({ "multipleOf": 10, "minimum": 1, "maximum": 9 }),
                true,
                json!([]),
            ),
            (json!({ "minimum": 5, "maximum": 3 }), false, json!([])),
            (json!({ "maximum": -2 }), true, json!([-2])),
            (
                json!({ "format": "uint8", "minimum": 0, "maximum": 255 }),
                true,
                json!([1, 0, 255]),
            ),
            (
                json!({ "format": "uint32", "minimum": 1 }),
                true,
                json!([1, u32::MAX]),
            ),
            (json!({ "format": "int8" }), true, json!([1, -128, 127])),
            (
                json!({ "format": "int64" }),
                true,
                json!([1, 1_i64 << 33, -(1_i64 << 33)]),
            ),
            (
                json!({ "format": "uint64", "minimum": 0 }),
                true,
                json!([1, 0, 1_i64 << 33]),
            ),
            (
                json!({ "format": "uint64", "minimum": 1_i64 << 40 }),
                true,
                json!([1_i64 << 40]),
            ),
            (json!({ "format": "double" }), false, json!([1, 0.5])),
            (
                json!({ "maximum": u64::MAX }),
                true,
                json!([1, (1_i64 << 53) - 1]),
            ),
        ] {
            let map = schema.as_object().unwrap();
            assert_eq!(
                Value::from(numbers(&[map], is_integer)),
                expected,
                "{schema}"
            );
        }
    }

    #[test]
    fn several_schemas_apply_at_once() {
        let (one, other) = (
            json!({ "minimum": 3, "multipleOf": 4 }),
            json!({ "multipleOf": 6, "minimum": 1 }),
        );
        let maps = [one.as_object().unwrap(), other.as_object().unwrap()];
        assert_eq!(numbers(&maps, true), [json!(12)]);
    }
}
