//! Where in a value the writing of it failed.
//!
//! Good events never come here: a value is walked a second time only after the first walk failed.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter};

use super::json::{Checked, Integer, escaped};

/// The path to the first thing in `value` that is refused, such as `data.order.lines[3].total`.
pub(super) fn first_fault<T: Serialize + ?Sized>(root: &str, value: &T) -> String {
    let mut refused = None;
    let mut steps = Vec::new();
    let formatter = Locate::new(&mut refused, &mut steps);
    // The walk ends where the first one did, and leaves in `steps` how it came there.
    let _ = value.serialize(&mut Serializer::with_formatter(io::sink(), formatter));
    let mut path = root.to_owned();
    for step in steps {
        // Writing to a `String` cannot fail.
        let _ = match step {
            Step::Key(key) => write!(path, ".{key}"),
            Step::Index(Some(index)) => write!(path, "[{index}]"),
            Step::Index(None) => Ok(()),
        };
    }
    path
}

enum Step {
    Key(String),
    Index(Option<usize>),
}

struct Locate<'a> {
    checked: Checked<'a>,
    steps: &'a mut Vec<Step>,
    in_key: bool,
}

impl<'a> Locate<'a> {
    fn new(refused: &'a mut Option<Integer>, steps: &'a mut Vec<Step>) -> Self {
        Self {
            checked: Checked::new(refused),
            steps,
            in_key: false,
        }
    }

    fn key(&mut self, text: impl std::fmt::Display) {
        if self.in_key
            && let Some(Step::Key(key)) = self.steps.last_mut()
        {
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
        _: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.key(fragment);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        _: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.key(escaped(&escape));
        Ok(())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.steps.push(Step::Index(None));
        Ok(())
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        if let Some(Step::Index(index)) = self.steps.last_mut() {
            *index = Some(index.map_or(0, |index| index + 1));
        }
        Ok(())
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.steps.pop();
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.steps.push(Step::Key(String::new()));
        Ok(())
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        if let Some(Step::Key(key)) = self.steps.last_mut() {
            key.clear();
        }
        self.in_key = true;
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_key = false;
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.steps.pop();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::first_fault;
    use crate::wire::json::{Fault, write};
    use serde::{Serialize, Serializer};
    use std::collections::BTreeMap;

    const TOO_LARGE: u64 = (1 << 53) + 1;

    fn path(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write(&mut out, value).expect_err("the value is refused");
        first_fault("data", value)
    }

    #[derive(Serialize)]
    enum Shape {
        Struct { inner: u64 },
        Tuple(u8, u64),
        New(u64),
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
        let fault = write(&mut out, &Fails).unwrap_err();
        assert!(matches!(fault, Fault::Serialize(message) if message == "no luck"));
    }

    #[test]
    fn the_edge_of_exact_integers() {
        let passes = |value: &dyn Fn(&mut Vec<u8>) -> Result<(), Fault>| value(&mut vec![]).is_ok();
        let edge = (1_i64 << 53) - 1;
        assert!(passes(&|out| write(out, &edge)));
        assert!(passes(&|out| write(out, &-edge)));
        assert!(passes(&|out| write(out, &i128::from(edge))));
        assert!(!passes(&|out| write(out, &(edge + 1))));
        assert!(!passes(&|out| write(out, &-(edge + 1))));
        assert!(!passes(&|out| write(out, &u128::MAX)));
        // As a key it is a string, and exact.
        assert!(passes(&|out| write(out, &BTreeMap::from([(u64::MAX, 1)]))));
    }
}
