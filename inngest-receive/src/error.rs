//! Defines `DecodeError`.

use std::fmt;

/// Why an event could not be decoded.
///
/// The message names the event, its version and the path of the value, such as
/// `events[2].data.order.total`. It does not contain values of the event's data: where the error of a type's
/// `Deserialize` or `TryFrom` quotes one, `…` replaces it. The path may contain keys of the data.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<Details>);

#[derive(Clone, PartialEq, Eq)]
struct Details {
    kind: DecodeErrorKind,
    name: Option<String>,
    version: Option<String>,
    path: String,
}

/// The kinds of [`DecodeError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The text is not valid JSON.
    Syntax {
        /// What is wrong, in lower case.
        message: String,
    },
    /// The event, apart from its data, does not have the shape of an event: it has no name, or a member
    /// of the wrong type.
    Shape {
        /// What is wrong, in lower case.
        message: String,
    },
    /// No variant has the event's name.
    UnknownEvent,
    /// Variants have the event's name, but none has its version.
    UnknownVersion {
        /// The versions that the variants have; `None` is an event without a version.
        known: Vec<Option<&'static str>>,
    },
    /// The data does not fit the type.
    Data {
        /// What is wrong, in lower case.
        message: String,
    },
    /// The data of an older version could not be converted.
    Upgrade {
        /// The type before the failed step, as written in `from(…)`.
        from: &'static str,
        /// The type that the step should have produced.
        to: &'static str,
        /// The error of its `TryFrom`.
        message: String,
    },
}

impl DecodeError {
    pub(crate) fn new(kind: DecodeErrorKind, path: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            name: None,
            version: None,
            path: path.into(),
        }))
    }

    pub(crate) fn syntax(path: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(DecodeErrorKind::Syntax { message }, path)
    }

    pub(crate) fn shape(path: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(DecodeErrorKind::Shape { message }, path)
    }

    /// Names the event, unless an inner event is already named.
    #[must_use]
    pub(crate) fn of_event(mut self, name: &str, version: Option<&str>) -> Self {
        if self.0.name.is_none() {
            self.0.name = Some(name.to_owned());
            self.0.version = version.map(str::to_owned);
        }
        self
    }

    /// Puts the path of the enclosing value before the error's path.
    #[must_use]
    pub(crate) fn within(mut self, outer: &str) -> Self {
        let path = &mut self.0.path;
        *path = match path.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> &DecodeErrorKind {
        &self.0.kind
    }

    /// The name of the event, if it could be read.
    #[must_use]
    pub fn event_name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The version of the event, if it has one.
    #[must_use]
    pub fn event_version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// The path of the value that is wrong, such as `data.order.total` or `events[2].data.lines[0]`.
    /// Empty for the whole text.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details {
            kind, name, path, ..
        } = &*self.0;
        if !path.is_empty() {
            write!(f, "`{path}`")?;
            f.write_str(if name.is_some() { " of " } else { ": " })?;
        }
        if let Some(name) = name {
            write!(f, "`{name}`")?;
            match self.event_version() {
                Some(version) => write!(f, " version `{version}`: ")?,
                None => f.write_str(": ")?,
            }
        }
        match kind {
            DecodeErrorKind::Syntax { message } => {
                write!(f, "{message}; pass the JSON as it was received")
            }
            DecodeErrorKind::Shape { message } => f.write_str(message),
            DecodeErrorKind::UnknownEvent => f.write_str(
                "no variant has this event; add a variant for it, or one with `#[events(other)]`",
            ),
            DecodeErrorKind::UnknownVersion { known } => {
                f.write_str(match self.event_version() {
                    Some(_) => "no variant has this version of the event, only ",
                    None => "no variant has this event without a version, only ",
                })?;
                for (index, version) in known.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    match version {
                        Some(version) => write!(f, "`{version}`")?,
                        None => f.write_str("events without a version")?,
                    }
                }
                f.write_str(
                    "; add the type of this version with `#[events(from(…))]`, or \
                     `#[events(any_version)]`",
                )
            }
            DecodeErrorKind::Data { message } => {
                write!(
                    f,
                    "the data does not fit the type, {message}; add the type of this version, or correct the sender"
                )
            }
            DecodeErrorKind::Upgrade { from, to, message } => write!(
                f,
                "the conversion from `{from}` to `{to}` failed: {message}; make the conversion accept this data"
            ),
        }
    }
}

/// Shows the text of `Display` in parentheses.
impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}
