//! Summarizes the values that were seen at one place.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

/// The maximum number of distinct strings for which an enum is proposed.
const MAX_WORDS: usize = 8;

/// The values that were seen at one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) count: usize,
    pub(super) nulls: usize,
    pub(super) booleans: usize,
    pub(super) numbers: Numbers,
    pub(super) texts: Texts,
    pub(super) arrays: usize,
    /// The elements of all arrays.
    pub(super) elements: Option<Box<Self>>,
    pub(super) objects: usize,
    /// The members of all objects. The count of each is the number of objects that have it.
    pub(super) members: BTreeMap<String, Self>,
    /// The number of members of the largest object.
    pub(super) largest: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    pub(super) count: usize,
    /// Numbers that have a fraction or an exponent, or that 64 bits cannot hold.
    pub(super) floats: usize,
    pub(super) negative: usize,
    /// Integers that only an `u64` can hold.
    pub(super) beyond_i64: usize,
    /// The largest magnitude of an integer.
    pub(super) largest: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub(super) count: usize,
    /// How often each text occurs, as long as there are few.
    words: BTreeMap<String, usize>,
    has_more: bool,
}

impl Shape {
    pub(super) fn of<'a>(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut shape = Self::default();
        for value in values {
            shape.add(value);
        }
        shape
    }

    fn add(&mut self, value: &Value) {
        self.count += 1;
        match value {
            Value::Null => self.nulls += 1,
            Value::Bool(_) => self.booleans += 1,
            Value::Number(number) => self.numbers.add(number),
            Value::String(text) => self.texts.add(text),
            Value::Array(items) => {
                self.arrays += 1;
                let elements = self.elements.get_or_insert_default();
                for item in items {
                    elements.add(item);
                }
            }
            Value::Object(members) => {
                self.objects += 1;
                self.largest = self.largest.max(members.len());
                for (key, value) in members {
                    if let Some(shape) = self.members.get_mut(key) {
                        shape.add(value);
                    } else {
                        let shape = self.members.entry(key.clone()).or_default();
                        shape.add(value);
                    }
                }
            }
        }
    }

    /// Adds the values of another place.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.nulls += other.nulls;
        self.booleans += other.booleans;
        self.numbers.merge(&other.numbers);
        self.texts.merge(&other.texts);
        self.arrays += other.arrays;
        if let Some(other) = &other.elements {
            self.elements.get_or_insert_default().merge(other);
        }
        self.merge_objects(other);
    }

    /// Adds the objects of another place, and nothing else.
    pub(super) fn merge_objects(&mut self, other: &Self) {
        self.objects += other.objects;
        self.largest = self.largest.max(other.largest);
        for (key, shape) in &other.members {
            self.members.entry(key.clone()).or_default().merge(shape);
        }
    }

    /// How many kinds of values there are besides `null`.
    pub(super) fn kinds(&self) -> usize {
        let counts = [
            self.booleans,
            self.numbers.count,
            self.texts.count,
            self.arrays,
            self.objects,
        ];
        counts.into_iter().filter(|count| *count > 0).count()
    }
}

impl Numbers {
    fn add(&mut self, number: &Number) {
        self.count += 1;
        match (number.as_u64(), number.as_i64()) {
            (Some(number), signed) => {
                self.beyond_i64 += usize::from(signed.is_none());
                self.largest = self.largest.max(number);
            }
            (None, Some(number)) => {
                self.negative += 1;
                self.largest = self.largest.max(number.unsigned_abs());
            }
            (None, None) => self.floats += 1,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.floats += other.floats;
        self.negative += other.negative;
        self.beyond_i64 += other.beyond_i64;
        self.largest = self.largest.max(other.largest);
    }
}

impl Texts {
    fn add(&mut self, text: &str) {
        self.count += 1;
        self.add_word(text, 1);
    }

    fn add_word(&mut self, text: &str, count: usize) {
        if let Some(known) = self.words.get_mut(text) {
            *known += count;
        } else if self.words.len() < MAX_WORDS {
            self.words.insert(text.to_owned(), count);
        } else {
            self.has_more = true;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.has_more |= other.has_more;
        for (word, count) in &other.words {
            self.add_word(word, *count);
        }
    }

    /// The values of an enum, if there is enough evidence that there are no others: a few words, each of them
    /// several times. Short codes, such as country codes, are rarely complete.
    pub(super) fn words(&self) -> Option<Vec<&str>> {
        let is_word = |text: &str| {
            text.len() <= 40
                && text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        };
        let few = self.count >= 20 && !self.has_more && self.words.len() >= 2;
        let repeated = self.words.values().all(|count| *count >= 2);
        let words = self.words.keys().all(|text| is_word(text));
        let is_code = self.words.keys().all(|text| text.len() <= 3);
        let digits = |text: &String| text.chars().filter(char::is_ascii_digit).count() > 2;
        let is_enum = few && repeated && words && !is_code && !self.words.keys().any(digits);
        is_enum.then(|| self.words.keys().map(String::as_str).collect())
    }
}
