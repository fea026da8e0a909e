//! Exact decimal numbers and bounds.

use std::cmp::Ordering;

use serde_json::Value;

use super::node::Node;

/// A decimal number, `mantissa * 10^-scale`: a bound of `0.1` is one tenth, not the nearest `f64`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    pub(super) fn integer(value: i128) -> Self {
        Self {
            mantissa: value,
            scale: 0,
        }
    }

    /// `None` if the value is not a number or has too many digits.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let text = value.as_number()?.to_string();
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text.as_str(), 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if let Ok(scale) = u32::try_from(scale) {
            return (scale <= 30).then_some(Self { mantissa, scale });
        }
        let factor = 10_i128.checked_pow(scale.unsigned_abs())?;
        Some(Self::integer(mantissa.checked_mul(factor)?))
    }

    /// Both numbers as multiples of the same unit.
    fn align(self, other: Self) -> Option<(i128, i128)> {
        let scale = self.scale.max(other.scale);
        let lift = |number: Self| {
            let factor = 10_i128.checked_pow(scale - number.scale)?;
            number.mantissa.checked_mul(factor)
        };
        Some((lift(self)?, lift(other)?))
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        self.align(other).map(|(a, b)| a.cmp(&b))
    }

    /// Whether this is a multiple of a unit; `None` if the two have too many digits together.
    pub(super) fn is_multiple_of(self, unit: Self) -> Option<bool> {
        let (number, unit) = self.align(unit)?;
        Some(unit != 0 && number.checked_rem(unit) == Some(0))
    }

    /// Whether this is within a bound; `None` if the two have too many digits together.
    pub(super) fn is_within(self, bound: Bound) -> Option<bool> {
        Some(match self.compare(bound.value)? {
            Ordering::Equal => !bound.exclusive,
            Ordering::Greater => bound.lower,
            Ordering::Less => !bound.lower,
        })
    }

    pub(super) fn is_integer(self) -> bool {
        self.is_multiple_of(Self::integer(1)) == Some(true)
    }

    pub(super) fn as_integer(self) -> Option<i128> {
        self.floor().filter(|_| self.is_integer())
    }

    /// The greatest integer that is not greater.
    fn floor(self) -> Option<i128> {
        let unit = 10_i128.checked_pow(self.scale)?;
        Some(self.mantissa.div_euclid(unit))
    }
}

/// One end of a range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) value: Decimal,
    /// Whether the value itself is out of range.
    exclusive: bool,
    /// Whether it is the lower end.
    pub(super) lower: bool,
}

impl Bound {
    /// The bound in a keyword, such as `exclusiveMinimum`; `None` if it has too many digits.
    pub(super) fn of(node: Node<'_>, key: &str) -> Option<Self> {
        Some(Self {
            value: Decimal::of(node.get(key)?)?,
            exclusive: key.starts_with("exclusive"),
            lower: key.ends_with("inimum"),
        })
    }

    fn inclusive(value: i128, lower: bool) -> Self {
        Self {
            value: Decimal::integer(value),
            exclusive: false,
            lower,
        }
    }

    /// The inclusive integer bound that admits the same integers.
    pub(super) fn of_integers(self) -> Self {
        let Some(floor) = self.value.floor() else {
            return self;
        };
        let value = match (self.lower, self.value.is_integer(), self.exclusive) {
            (_, true, false) | (false, false, _) => floor,
            (true, _, _) => floor.saturating_add(1),
            (false, true, true) => floor.saturating_sub(1),
        };
        Self::inclusive(value, self.lower)
    }

    /// Whether another bound of the same end admits everything that this one admits.
    pub(super) fn implies(self, other: Self) -> bool {
        self.value.compare(other.value) == Some(Ordering::Equal) && self.exclusive
            || self.value.is_within(other) == Some(true)
    }

    /// Whether no number is within this lower and that upper bound.
    pub(super) fn excludes(self, upper: Self) -> bool {
        match self.value.compare(upper.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => self.exclusive || upper.exclusive,
            _ => false,
        }
    }
}

/// The lower and upper bound of an integer format, as schemars names the integer types.
pub(super) fn bounds_of_format(format: &Value) -> Option<[Bound; 2]> {
    let (low, high) = match format.as_str()? {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint64" | "uint" => (0, u64::MAX.into()),
        "int128" => (i128::MIN, i128::MAX),
        "uint128" => (0, i128::MAX),
        _ => return None,
    };
    Some([Bound::inclusive(low, true), Bound::inclusive(high, false)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decimal(value: &Value) -> Decimal {
        Decimal::of(value).unwrap()
    }

    #[test]
    fn decimals_are_exact() {
        for (a, b, expected) in [
            (json!(0.1), json!(0.10), Ordering::Equal),
            (json!(1e3), json!(1000), Ordering::Equal),
            (json!(-2), json!(-1.5), Ordering::Less),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992_u64),
                Ordering::Greater,
            ),
        ] {
            assert_eq!(decimal(&a).compare(decimal(&b)), Some(expected), "{a} {b}");
        }
        let is_multiple = |a: Value, b: Value| decimal(&a).is_multiple_of(decimal(&b));
        assert_eq!(is_multiple(json!(0.3), json!(0.1)), Some(true));
        assert_eq!(is_multiple(json!(10), json!(4)), Some(false));
        assert!(decimal(&json!(2.0)).is_integer());
    }

    #[test]
    fn bounds_of_integers_are_integers() {
        for (value, exclusive, lower, expected) in [
            (json!(1.5), false, true, 2),
            (json!(1.5), false, false, 1),
            (json!(1), true, true, 2),
            (json!(1), true, false, 0),
            (json!(-1.5), true, true, -1),
            (json!(-1.5), true, false, -2),
            (json!(3), false, true, 3),
            (json!(3), false, false, 3),
        ] {
            let bound = Bound {
                value: decimal(&value),
                exclusive,
                lower,
            };
            let whole = bound.of_integers().value;
            assert_eq!(
                whole.compare(Decimal::integer(expected)),
                Some(Ordering::Equal),
                "{value} {exclusive} {lower}"
            );
        }
    }
}
