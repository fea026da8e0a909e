//! Registers schemas at a registry that speaks the protocol of Confluent's schema registry, such as
//! Karapace, Redpanda or Apicurio.
//!
//! Each event has a subject, and each version of the event is a version of the subject. A registered
//! schema has its definitions inside and no `$id`. Versions are registered oldest first, and only those
//! whose content the subject does not have yet, so a second push changes nothing.

mod client;
mod own_check;
mod part;
mod report;
mod subject;
mod upload;

use std::path::PathBuf;

use self::client::Client;
pub use self::own_check::OwnCheck;
pub use self::part::Part;
pub use self::report::{DecidedBy, PushOutcome, PushReport, PushedSubject, PushedVersion};
pub use self::subject::SubjectTemplate;
use self::upload::Upload;
use crate::catalogue::Catalogue;
use crate::compat::Strictness;
use crate::error::{Error, Problem};
use crate::http::{Address, Credentials, Http};
use crate::mode::Mode;

/// Registers event types at a schema registry.
///
/// No error, report or `Debug` output contains credentials. If the program has a logger for the crate `log`,
/// do not enable `trace` for `ureq_proto`: at that level it logs the bytes of requests.
///
/// ```no_run
/// use inngest_registry::Catalogue;
/// use inngest_registry::push::Push;
///
/// let report = Push::new("https://registry.example.com")?
///     .basic("user", "password")
///     .dry_run(true)
///     .run(&Catalogue::read("schemas")?)?;
/// println!("{report}");
/// # Ok::<(), inngest_registry::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Push {
    address: Address,
    credentials: Option<Credentials>,
    authorities: Option<PathBuf>,
    subject: SubjectTemplate,
    part: Part,
    level: Option<Mode>,
    strictness: Strictness,
    is_dry_run: bool,
}

impl Push {
    /// A push to the registry at a URL, which may have a user and a password: `https://user:password@…`.
    ///
    /// # Errors
    ///
    /// The text is not a URL with `http` or `https`.
    pub fn new(registry: &str) -> Result<Self, Error> {
        let (address, credentials) = Address::parse("the URL of the schema registry", registry)?;
        Ok(Self {
            address,
            credentials,
            authorities: None,
            subject: SubjectTemplate::default(),
            part: Part::default(),
            level: None,
            strictness: Strictness::Standard,
            is_dry_run: false,
        })
    }

    /// Authenticates with this user and password, which replace those in the URL.
    #[must_use]
    pub fn basic(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials(Credentials::Basic {
            user: user.into(),
            password: password.into(),
        })
    }

    /// Authenticates with this bearer token, which replaces the user and password in the URL.
    ///
    /// # Errors
    ///
    /// The token is empty or has characters that a header cannot have.
    pub fn bearer(self, token: &str) -> Result<Self, Error> {
        Ok(self.credentials(Credentials::bearer("the token", token)?))
    }

    pub(crate) fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Whether there are credentials.
    #[cfg(feature = "cli")]
    pub(crate) fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    /// Trusts the certificate authorities in a PEM file, and no others.
    #[must_use]
    pub fn authorities(mut self, pem_file: impl Into<PathBuf>) -> Self {
        self.authorities = Some(pem_file.into());
        self
    }

    /// Names the subjects. The default is `{name}`.
    #[must_use]
    pub fn subject(mut self, template: SubjectTemplate) -> Self {
        self.subject = template;
        self
    }

    /// Sends the schemas of this part of the events. The default is [`Part::Data`].
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.part = part;
        self
    }

    /// Sets the compatibility level of each subject.
    #[must_use]
    pub fn set_level(mut self, level: Mode) -> Self {
        self.level = Some(level);
        self
    }

    /// Sets how the report's [`OwnCheck`]s judge. The default is [`Strictness::Standard`].
    #[must_use]
    pub fn strictness(mut self, strictness: Strictness) -> Self {
        self.strictness = strictness;
        self
    }

    /// Changes nothing, and reports what would happen.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.is_dry_run = dry_run;
        self
    }

    /// Registers the event types.
    ///
    /// If the registry refuses a schema or fails, the report says so, and the push continues with the next
    /// subject.
    ///
    /// # Errors
    ///
    /// Two types have the same name and version, two events have the same subject, the file of authorities
    /// cannot be read, or the first request fails because the registry cannot be reached, refuses the
    /// credentials or is not a schema registry.
    pub fn run(&self, types: &Catalogue) -> Result<PushReport, Error> {
        let pairs = types.iter().zip(types.iter().skip(1));
        for (first, second) in pairs {
            if (&first.name, &first.version) == (&second.name, &second.version) {
                let event = first.name.clone();
                return Err(Problem::TwoShapes { event }.into());
            }
        }
        let subjects = self.subject.subjects(types)?;
        let credentials = self.credentials.as_ref();
        let http = Http::new(
            self.address.clone(),
            credentials,
            self.authorities.as_deref(),
        )?;
        let client = Client::new(http);
        let mut upload = Upload {
            default_level: client.default_level()?,
            client: &client,
            part: self.part,
            wanted_level: self.level,
            strictness: self.strictness,
            is_dry_run: self.is_dry_run,
            unreachable: 0,
        };
        let subjects = subjects.into_iter();
        let subjects = subjects
            .map(|(event, subject)| upload.subject(subject, types.versions(event)))
            .collect();
        Ok(PushReport {
            registry: client.address(),
            dry_run: self.is_dry_run,
            subjects,
        })
    }
}

#[cfg(test)]
pub(crate) mod fake_registry;
#[cfg(test)]
mod tests;
