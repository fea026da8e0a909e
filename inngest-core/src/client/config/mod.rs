//! Resolves where events are sent, from settings and environment variables.

pub(crate) mod base_url;
pub(crate) mod dev_mode;

use std::ffi::OsString;

use dev_mode::DevMode;
use http::HeaderValue;

use crate::delivery::endpoint::Endpoint;
use crate::error::config::{ConfigError, DEV_ORIGIN};
use crate::url::is_unreserved;

/// The URL of Inngest's cloud.
pub(crate) const CLOUD_ORIGIN: &str = "https://inn.gs";

/// The event key in dev mode if none is set, as in Inngest's other SDKs. The dev server accepts any
/// key.
const DEV_KEY: &str = "NO_EVENT_KEY_SET";

/// The settings that environment variables can supply.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) event_key: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) env: Option<String>,
    pub(crate) dev: Option<bool>,
}

/// A value and where it comes from.
type Given = (String, &'static str);

/// Resolves where events are sent. Code overrides the environment, and overridden variables are not
/// read. An empty variable counts as unset. Every variable that is read must be valid, so that a
/// mistake never turns on dev mode.
pub(crate) fn resolve(
    settings: &Settings,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Endpoint, ConfigError> {
    let variable = |name: &'static str| -> Result<Option<Given>, ConfigError> {
        let Some(value) = variable(name) else {
            return Ok(None);
        };
        let value = value.into_string();
        let value = value.map_err(|_| ConfigError::NotUtf8 { variable: name })?;
        let value = value.trim();
        Ok((!value.is_empty()).then(|| (value.to_owned(), name)))
    };

    let read_dev_mode = || match variable("INNGEST_DEV")? {
        None => Ok(DevMode::Off),
        Some((value, _)) => DevMode::read(&value).ok_or_else(|| {
            let key = settings.event_key.clone();
            let key = key.or_else(|| Some(variable("INNGEST_EVENT_KEY").ok()??.0));
            let key = key.filter(|key| !key.is_empty());
            let value = dev_mode::redacted(&value, key.as_deref().unwrap_or(DEV_KEY));
            ConfigError::InvalidDev { value }
        }),
    };
    // Code overrides the variable.
    let dev_mode = match settings.dev {
        Some(_) => None,
        None => Some(read_dev_mode()?),
    };
    let is_on = !matches!(dev_mode, None | Some(DevMode::Off));
    let dev = settings.dev.unwrap_or(is_on);

    // An empty key in code means no key, even if the environment has one.
    let key = match &settings.event_key {
        Some(key) => Some((key.clone(), "`event_key`")).filter(|(key, _)| !key.is_empty()),
        None => variable("INNGEST_EVENT_KEY")?,
    };
    let (key, key_origin) = key
        .or_else(|| dev.then(|| (DEV_KEY.to_owned(), "the default")))
        .ok_or(ConfigError::MissingEventKey)?;
    if let Some(offset) = key.find(|c: char| !is_unreserved(c)) {
        return Err(ConfigError::InvalidEventKey {
            origin: key_origin,
            offset,
        });
    }

    // A signing key in a URL would not stay secret.
    if key.starts_with("signkey-") {
        return Err(ConfigError::SigningKey { origin: key_origin });
    }

    if let Some(DevMode::At(url)) = &dev_mode {
        base_url::join(url, "INNGEST_DEV", &key)?;
    }
    let (url, origin) = match &settings.base_url {
        Some(url) => (url.clone(), "`base_url`"),
        None => base_url_by_environment(dev, variable, read_dev_mode)?,
    };
    let (base, uri) = base_url::join(&url, origin, &key)?;

    let env = match &settings.env {
        Some(env) => Some((env.clone(), "`env`")),
        None => variable("INNGEST_ENV")?,
    };
    let env = match env {
        Some((env, origin)) => env_header(env.trim(), origin)?,
        None => None,
    };

    Ok(Endpoint {
        base: base.into(),
        uri,
        env,
        is_dev: dev,
    })
}

fn base_url_by_environment(
    dev: bool,
    variable: impl Fn(&'static str) -> Result<Option<Given>, ConfigError>,
    dev_mode: impl Fn() -> Result<DevMode, ConfigError>,
) -> Result<Given, ConfigError> {
    for name in ["INNGEST_EVENT_API_BASE_URL", "INNGEST_BASE_URL"] {
        if let Some(url) = variable(name)? {
            return Ok(url);
        }
    }
    if !dev {
        return Ok((CLOUD_ORIGIN.to_owned(), "the default"));
    }
    Ok(match dev_mode()? {
        DevMode::At(url) => (url, "INNGEST_DEV"),
        DevMode::On | DevMode::Off => (DEV_ORIGIN.to_owned(), "the default"),
    })
}

/// The header of an Inngest environment; `None` for an empty name.
fn env_header(name: &str, origin: &'static str) -> Result<Option<HeaderValue>, ConfigError> {
    if name.is_empty() {
        return Ok(None);
    }
    // `HeaderValue` accepts tabs and non-ASCII bytes, too.
    if !name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(ConfigError::InvalidEnv { origin });
    }
    let value = HeaderValue::from_str(name).map_err(|_| ConfigError::InvalidEnv { origin })?;
    Ok(Some(value))
}

#[cfg(test)]
mod tests;
