//! Where in a value the writing of it failed.
//!
//! Good events never come here: a value is walked a second time only after the first walk failed.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter};

use super::guard::{Guard, Notes};
use super::json::{Checked, Keys, Refused, escaped};

/// The path to the first thing in `value` that is refused, such as `data.order.lines[3].total`.
pub(super) fn first_fault<T: Serialize + ?Sized>(root: &str, value: &T, keys: Keys) -> String {
    let mut refused = None;
    let mut steps = Vec::new();
    let formatter = Locate::new(&mut refused, &mut steps, keys);
    // The walk ends where the first one did, and leaves in `steps` how it came there.
    let notes = Notes::default();
    let mut serializer = Serializer::with_formatter(io::sink(), formatter);
    let _ = value.serialize(Guard::new(&mut serializer, &notes));
    let mut path = root.to_owned();
    for step in steps {
        // Writing to a `String` cannot fail.
        let _ = match step {
            Step::Key(At::Inside, key) => write!(path, ".{key}"),
            // As far as it was written: the key is what failed.
            Step::Key(At::Key, key) if !key.is_empty() => write!(path, ".{key}"),
            Step::Index(At::Inside, index) => write!(path, "[{index}]"),
            Step::Key(..) | Step::Index(..) => Ok(()),
        };
    }
    path
}

/// A step into an object or an array.
enum Step {
    Key(At, String),
    Index(At, usize),
}

/// Where in an object or an array the walk is.
#[derive(Clone, Copy)]
enum At {
    /// Between two values.
    Outside,
    Key,
    /// In a value.
    Inside,
}

struct Locate<'a> {
    checked: Checked<'a>,
    steps: &'a mut Vec<Step>,
}

impl<'a> Locate<'a> {
    fn new(refused: &'a mut Option<Refused>, steps: &'a mut Vec<Step>, keys: Keys) -> Self {
        Self {
            checked: Checked::new(refused, keys),
            steps,
        }
    }

    fn at(&mut self, now: At) {
        if let Some(Step::Key(at, _)) = self.steps.last_mut() {
            *at = now;
        }
    }

    fn key(&mut self, text: impl std::fmt::Display) {
        if let Some(Step::Key(At::Key, key)) = self.steps.last_mut() {
            let _ = write!(key, "{text}");
        }
    }
}

macro_rules! integers {
    ($($method:ident($integer:ty))*) => {$(
        fn $method<W: ?Sized + io::Write>(&mut self, w: &mut W, value: $integer) -> io::Result<()> {
            self.key(value);
            self.checked.$method(w, value)
        }
    )*};
}

impl Formatter for Locate<'_> {
    integers! {
        write_i8(i8) write_i16(i16) write_i32(i32) write_i64(i64) write_i128(i128)
        write_u8(u8) write_u16(u16) write_u32(u32) write_u64(u64) write_u128(u128)
    }

    fn begin_string<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.checked.begin_string(w)
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.checked.end_string(w)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.key(fragment);
        self.checked.write_string_fragment(w, fragment)
    }

    fn write_number_str<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        value: &str,
    ) -> io::Result<()> {
        self.key(value);
        self.checked.write_number_str(w, value)
    }

    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.checked.write_raw_fragment(w, fragment)
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.key(escaped(&escape));
        self.checked.write_char_escape(w, escape)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.steps.push(Step::Index(At::Outside, 0));
        self.checked.begin_array(w)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        if let Some(Step::Index(at, _)) = self.steps.last_mut() {
            *at = At::Inside;
        }
        Ok(())
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(Step::Index(at, index)) = self.steps.last_mut() {
            *at = At::Outside;
            *index += 1;
        }
        Ok(())
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.steps.pop();
        self.checked.end_array(w)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.steps.push(Step::Key(At::Outside, String::new()));
        self.checked.begin_object(w)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if let Some(Step::Key(at, key)) = self.steps.last_mut() {
            *at = At::Key;
            key.clear();
        }
        self.checked.begin_object_key(w, first)
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.at(At::Inside);
        self.checked.end_object_key(w)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.at(At::Outside);
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        self.steps.pop();
        self.checked.end_object(w)
    }
}

#[cfg(test)]
mod tests {
    use super::first_fault;
    use crate::wire::json::{Fault, Keys, write};
    use serde::{Serialize, Serializer};
    use std::collections::BTreeMap;

    const TOO_LARGE: u64 = (1 << 53) + 1;

    fn path(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write(&mut out, value, Keys::NotReserved).expect_err("the value is refused");
        first_fault("data", value, Keys::NotReserved)
    }

    #[derive(Serialize)]
    enum Shape {
        Struct { inner: u64 },
        Tuple(u8, u64),
        New(u64),
        Float { inner: f32 },
    }

    #[test]
    fn paths_lead_to_the_first_refused_value() {
        #[derive(Serialize)]
        struct Line {
            total: u64,
        }
        #[derive(Serialize)]
        struct Order {
            note: String,
            lines: Vec<Line>,
        }
        let lines = vec![Line { total: 1 }, Line { total: TOO_LARGE }];
        let order = Order {
            note: "{\"[".into(),
            lines,
        };
        let root = BTreeMap::from([("order", order)]);
        assert_eq!(path(&root), "data.order.lines[1].total");
        assert_eq!(path(&(1, [TOO_LARGE])), "data[1][0]");
        let empty_before: (Vec<u8>, BTreeMap<u8, u8>, i64) = (vec![], BTreeMap::new(), i64::MIN);
        assert_eq!(path(&empty_before), "data[2]");
        assert_eq!(path(&BTreeMap::from([(7, u64::MAX)])), "data.7");
        assert_eq!(path(&BTreeMap::from([("a\"b", u64::MAX)])), "data.a\"b");
        assert_eq!(
            path(&Shape::Struct { inner: TOO_LARGE }),
            "data.Struct.inner"
        );
        assert_eq!(path(&Shape::Tuple(1, TOO_LARGE)), "data.Tuple[1]");
        assert_eq!(path(&Shape::New(TOO_LARGE)), "data.New");
        assert_eq!(path(&i128::MIN), "data");
    }

    #[test]
    fn a_failing_serialize_is_located_too() {
        struct Fails;
        impl Serialize for Fails {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no luck"))
            }
        }
        assert_eq!(path(&(1, [Fails])), "data[1][0]");
        let mut out = Vec::new();
        let fault = write(&mut out, &Fails, Keys::Any).unwrap_err();
        assert!(matches!(fault, Fault::Serialize(message) if message == "no luck"));
    }

    fn passes(value: &impl Serialize) -> bool {
        write(&mut Vec::new(), value, Keys::NotReserved).is_ok()
    }

    #[test]
    fn the_edge_of_exact_integers() {
        let edge = (1_i64 << 53) - 1;
        assert!(passes(&edge) && passes(&-edge) && passes(&i128::from(edge)));
        assert!(!passes(&(edge + 1)) && !passes(&-(edge + 1)) && !passes(&u128::MAX));
        // As a key it is a string, and exact.
        assert!(passes(&BTreeMap::from([(u64::MAX, 1)])));
    }

    #[test]
    fn floats_that_json_cannot_say() {
        assert!(passes(&(f64::MAX, f32::MIN, 0.0, -0.0)));
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(path(&(0, Some([float]))), "data[1][0]");
        }
        assert_eq!(path(&Shape::Float { inner: f32::NAN }), "data.Float.inner");
        let fault = write(&mut Vec::new(), &f32::NAN, Keys::Any).unwrap_err();
        assert!(matches!(fault, Fault::NotFinite));
    }

    #[test]
    fn the_key_that_the_server_deletes() {
        let map = |key: &str| BTreeMap::from([(key.to_owned(), 1)]);
        assert_eq!(path(&map("_inngest")), "data._inngest");
        assert!(
            passes(&map("_inngestx")) && passes(&map("_inngest\n")) && passes(&map("a_inngest"))
        );
        assert!(passes(&map("\n_inngest")));
        // Deeper, or as a value, it is the user's.
        assert!(passes(&BTreeMap::from([("a", map("_inngest"))])));
        assert!(passes(&BTreeMap::from([("a", "_inngest")])));
        assert!(write(&mut Vec::new(), &map("_inngest"), Keys::Any).is_ok());
    }

    #[test]
    fn values_and_raw_json_are_looked_into() {
        let value = serde_json::json!({ "a": [1, { "b": u64::MAX }] });
        assert_eq!(path(&value), "data.a[1].b");
        let raw = |json: &str| serde_json::value::RawValue::from_string(json.into()).unwrap();
        assert!(passes(&raw(
            r#"{"a":"9007199254740992","b\\":[1.5e300,-9007199254740991]}"#
        )));
        assert!(passes(&raw(r#""\"9007199254740992""#)));
        for json in [
            "9007199254740992",
            "[-9007199254740992]",
            r#"{"a\"":123456789012345678901234567890123456789012345}"#,
        ] {
            assert_eq!(
                path(&BTreeMap::from([("raw", raw(json))])),
                "data.raw",
                "{json}"
            );
        }
    }
}
