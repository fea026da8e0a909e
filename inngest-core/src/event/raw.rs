//! Defines `RawEvent`: an event whose name is known only at run time.

use std::fmt;

use inngest_grammar::name;
use inngest_grammar::version::{self, VersionError};
use serde::Serialize;

use crate::encode::member::write_data;
use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::session::SessionField;
use crate::event::timestamp::{Timestamp, now};
use crate::event::{EventInput, Payload};

/// An event whose name is known only at run time, for gateways, imports and scripts.
///
/// It can be sent wherever an event can be sent, and follows the same rules as a type with
/// `#[derive(Event)]`. A rule that the derive checks when the code compiles is checked when the
/// event is sent or added to a [`Batch`](crate::Batch).
///
/// ```
/// use inngest_core::{Batch, RawEvent};
/// use serde_json::json;
///
/// let event = RawEvent::new("storefront/coupon.used", json!({ "code": "WELCOME" }))
///     .id("coupon-used-WELCOME")
///     .version("2026-11-28.1")
///     .at(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_743_130_137));
///
/// let mut batch = Batch::new();
/// batch.push(&event)?;
/// assert_eq!(
///     batch.events().next(),
///     Some(concat!(
///         r#"{"name":"storefront/coupon.used","id":"coupon-used-WELCOME","ts":1743130137000,"#,
///         r#""v":"2026-11-28.1","data":{"code":"WELCOME"}}"#,
///     )),
/// );
///
/// let mistyped = RawEvent::new("Storefront/CouponUsed", json!({}));
/// assert_eq!(
///     batch.push(mistyped).unwrap_err().to_string(),
///     "event 1 (`Storefront/CouponUsed`): the event name does not consist of lowercase segments \
///      `[a-z0-9][a-z0-9_-]*` joined by `.` after prefixes that end in `/`; write \
///      `storefront/coupon.used`, or call `allow_nonstandard_name`",
/// );
/// # Ok::<(), inngest_core::PayloadError>(())
/// ```
#[derive(Clone)]
#[must_use = "a raw event does nothing until it is sent"]
pub struct RawEvent(Payload<RawParts>);

/// What a [`RawEvent`] has instead of a type.
#[derive(Clone)]
pub(crate) struct RawParts {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    /// `data` as JSON, or the error of encoding it.
    pub(crate) data: Result<Vec<u8>, PayloadError>,
    allows_nonstandard_name: bool,
    allows_nonstandard_version: bool,
}

/// Shows the name, version, id and time. The data may be personal, so it is not shown.
impl fmt::Debug for RawEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let input = self.0.as_input();
        f.debug_struct("RawEvent")
            .field("name", &input.event.name)
            .field("version", &input.event.version)
            .field("id", &input.id_override())
            .field("millis", &input.millis)
            .finish_non_exhaustive()
    }
}

impl RawEvent {
    /// Creates an event that occurred now. `data` must serialize to a JSON object.
    pub fn new(name: impl Into<String>, data: impl Serialize) -> Self {
        let name = name.into();
        // Encode now, because the event cannot hold a value of another type. An error is returned
        // later, when the event is encoded and its index in the batch is known.
        let mut json = Vec::new();
        let data = write_data(&name, &mut json, &data).map(|()| json);
        let parts = RawParts {
            name,
            version: None,
            data,
            allows_nonstandard_name: false,
            allows_nonstandard_version: false,
        };
        Self(Payload::at_millis(parts, now()))
    }

    /// Sets the version of the event's shape, by convention `YYYY-MM-DD.N`; sent as `v`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.0.event_mut().version = Some(version.into());
        self
    }

    /// Sets the deduplication id; see [`Payload::id`].
    pub fn id(self, id: impl Into<String>) -> Self {
        Self(self.0.id(id))
    }

    /// Sets when the event occurred; see [`Payload::at`].
    pub fn at(self, time: impl Timestamp) -> Self {
        Self(self.0.at(time))
    }

    /// Sets the user's attributes; see [`Payload::user`].
    pub fn user<U: Serialize + ?Sized>(self, user: &U) -> Self {
        let name = self.0.event().name.clone();
        Self(self.0.with_user(&name, user))
    }

    /// Adds a session; see [`Payload::session`].
    pub fn session(self, key: impl Into<String>, value: impl SessionField) -> Self {
        Self(self.0.session(key, value))
    }

    /// Clears a session; see [`Payload::session_cleared`].
    pub fn session_cleared(self, key: impl Into<String>) -> Self {
        Self(self.0.session_cleared(key))
    }

    /// Allows a name that does not follow the convention, like `allow(nonstandard_name)` of the
    /// derive.
    pub fn allow_nonstandard_name(mut self) -> Self {
        self.0.event_mut().allows_nonstandard_name = true;
        self
    }

    /// Allows a version other than `YYYY-MM-DD.N`, like `allow(nonstandard_version)` of the derive.
    pub fn allow_nonstandard_version(mut self) -> Self {
        self.0.event_mut().allows_nonstandard_version = true;
        self
    }

    pub(crate) fn as_input(&self) -> EventInput<'_, RawParts> {
        self.0.as_input()
    }
}

impl RawParts {
    /// Checks the name and version by the rules of the derive.
    pub(crate) fn check(&self) -> Result<(), PayloadError> {
        let error = |path: &str, kind| PayloadError::new(&self.name, path, kind);
        self.check_name()
            .map_err(|reason| error("name", PayloadErrorKind::InvalidName { reason }))?;
        self.check_version()
            .map_err(|reason| error("v", PayloadErrorKind::InvalidVersion { reason }))
    }

    fn check_name(&self) -> Result<(), String> {
        let name = &self.name;
        name::check(name).map_err(|error| format!("{error}; {}", error.advice(name)))?;
        if self.allows_nonstandard_name {
            return Ok(());
        }
        name::check_convention(name).map_err(|error| {
            let advice = error.advice(name);
            format!("{error}; {advice}, or call `allow_nonstandard_name`")
        })
    }

    fn check_version(&self) -> Result<(), String> {
        let Some(version) = &self.version else {
            return Ok(());
        };
        version::check(version).or_else(|error| {
            let alternative = match error {
                VersionError::Empty => "do not set one",
                _ if self.allows_nonstandard_version => return Ok(()),
                _ => "call `allow_nonstandard_version`",
            };
            Err(format!(
                "{error}; write one such as `2026-11-21.1`, or {alternative}"
            ))
        })
    }
}
