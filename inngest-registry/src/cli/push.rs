//! The command `push`: its arguments, and the credentials from arguments, URL and environment.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::format::Format;
use crate::catalogue::Catalogue;
use crate::error::{Error, Problem};
use crate::http::{Credentials, variable};
use crate::mode::Mode;
use crate::push::{Part, Push, PushOutcome, PushReport};
use crate::settings::{Settings, strictness};

/// The variable with `USER:PASSWORD`, as Confluent's own tools name it.
const USER: &str = "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO";

/// The variable with a bearer token.
const TOKEN: &str = "SCHEMA_REGISTRY_BEARER_AUTH_TOKEN";

/// The examples in the help of the command.
pub(super) const EXAMPLES: &str = "\
push schemas --registry http://localhost:8081 --dry-run  # what would happen?
push schemas --registry https://registry.example.com --subject '{name}-value'
push schemas --registry https://registry.example.com --set-compatibility forward";

#[derive(Debug, Args)]
pub(super) struct PushArgs {
    /// The folder that `export` wrote
    pub(super) dir: PathBuf,
    /// The URL of Confluent's schema registry, or of any that speaks its protocol
    ///
    /// It may contain a percent-encoded user and password: `https://user:password@registry.example.com`
    #[arg(long, value_name = "URL")]
    registry: Secret,
    /// The part of an event whose schema is registered
    ///
    /// The schema of the whole event has the name and the version as constants. A registry that compares
    /// constants refuses each new version.
    #[arg(long, default_value = "data", value_name = "PART", value_parser =
        PossibleValuesParser::new(["data", "event"]).try_map(|part| part.parse::<Part>()))]
    schema: Part,
    /// The subject of an event
    ///
    /// {name}: the event name. {slug}: the text after its last `/`, with `-` instead of `.`.
    /// {prefix}: the text before its last `/`, with `.` instead of any other `/`.
    /// Examples: {name}-value, {prefix}.{slug}
    #[arg(
        long,
        default_value = "{name}",
        value_name = "TEMPLATE",
        verbatim_doc_comment
    )]
    subject: String,
    /// Change nothing, and report what would happen
    #[arg(long)]
    dry_run: bool,
    /// Set the compatibility level of each subject, such as `forward` or `full_transitive`
    #[arg(long, value_name = "LEVEL")]
    set_compatibility: Option<Mode>,
    /// The user and the password
    ///
    /// Other users of this machine may see them. To hide them, set the environment variable
    /// `SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO` instead.
    #[arg(long, value_name = "USER:PASSWORD", conflicts_with = "token")]
    user: Option<Secret>,
    /// The bearer token
    ///
    /// Other users of this machine may see it. To hide it, set the environment variable
    /// `SCHEMA_REGISTRY_BEARER_AUTH_TOKEN` instead.
    #[arg(long)]
    token: Option<Secret>,
    /// Trust the certificate authorities in this PEM file, and no others [default: Mozilla's list]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// An argument that may contain a secret. `Debug` does not print it.
#[derive(Clone)]
struct Secret(String);

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Pushes a folder, with credentials from the arguments, the URL or the environment, in this order.
/// Returns the exit code and the report.
pub(super) fn run(
    args: &PushArgs,
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<(u8, PushReport), Error> {
    let mut push = Push::new(&args.registry.0)?
        .subject(args.subject.parse()?)
        .part(args.schema)
        .dry_run(args.dry_run)
        .strictness(strictness(Settings::of_folder(&args.dir)?.strict));
    if let Some(credentials) = credentials(args, push.has_credentials(), environment)? {
        push = push.credentials(credentials);
    }
    if let Some(path) = &args.ca {
        push = push.authorities(path);
    }
    if let Some(level) = args.set_compatibility {
        push = push.set_level(level);
    }
    let report = push.run(&Catalogue::read(&args.dir)?)?;
    let has = |outcome| report.count(outcome) > 0;
    let code = if has(PushOutcome::Unreachable) {
        3
    } else if has(PushOutcome::Refused) {
        1
    } else {
        u8::from(has(PushOutcome::Unknown)) * 2
    };
    Ok((code, report))
}

/// The credentials to use instead of the URL's; `None` to keep those.
fn credentials(
    args: &PushArgs,
    has_url_credentials: bool,
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Option<Credentials>, Error> {
    if let Some(Secret(user)) = &args.user {
        return basic("`--user`", user).map(Some);
    }
    if let Some(Secret(token)) = &args.token {
        return Credentials::bearer("`--token`", token).map(Some);
    }
    if has_url_credentials {
        return Ok(None);
    }
    match (variable(USER, environment)?, variable(TOKEN, environment)?) {
        (None, None) => Ok(None),
        (Some(user), None) => basic(USER, &user).map(Some),
        (None, Some(token)) => Credentials::bearer(TOKEN, &token).map(Some),
        (Some(_), Some(_)) => Err(Error(Problem::Address {
            what: USER,
            problem: "and SCHEMA_REGISTRY_BEARER_AUTH_TOKEN are both set; unset one of them",
        })),
    }
}

/// Parses `USER:PASSWORD`. Errors call the text `what`.
fn basic(what: &'static str, text: &str) -> Result<Credentials, Error> {
    match text.trim().split_once(':') {
        Some((user, password)) if !user.is_empty() => Ok(Credentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        }),
        _ => Err(Error(Problem::Address {
            what,
            problem: "is not `USER:PASSWORD`; put a `:` between the user and the password",
        })),
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;

    fn args(line: &str) -> PushArgs {
        let command = PushArgs::augment_args(clap::Command::new("push"));
        let words = std::iter::once("push").chain(line.split(' '));
        let matches = command.try_get_matches_from(words).unwrap();
        PushArgs::from_arg_matches(&matches).unwrap()
    }

    fn login(user: &str, password: &str) -> Credentials {
        Credentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    #[test]
    fn arguments_precede_the_url_and_the_environment() {
        let bearer = Credentials::bearer("", "t").unwrap();
        for (line, in_url, variables, expected) in [
            ("", false, &[][..], None),
            ("", false, &[(USER, "a:b")], Some(login("a", "b"))),
            ("", false, &[(TOKEN, "t"), (USER, "")], Some(bearer.clone())),
            ("", true, &[(USER, "a:b"), (TOKEN, "t")], None),
            (
                " --user c:d:e",
                true,
                &[(TOKEN, "t")],
                Some(login("c", "d:e")),
            ),
            (" --token t", false, &[(USER, "a:b")], Some(bearer.clone())),
        ] {
            let args = args(&format!("dir --registry http://localhost{line}"));
            let environment = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            let found = credentials(&args, in_url, &environment).unwrap();
            assert_eq!(found, expected, "{line} {variables:?}");
        }
    }

    #[test]
    fn errors_and_debug_hide_secrets() {
        let line = "dir --registry http://me:s3cret@localhost --user me:s3cret";
        let shown = format!("{:?}", args(line));
        assert!(
            !shown.contains("s3cret") && shown.contains("***"),
            "{shown}"
        );
        let shown = format!("{:?}", args("dir --registry x --token s3cret"));
        assert!(!shown.contains("s3cret"), "{shown}");
        let plain = args("dir --registry x");
        for variables in [
            &[(USER, "s3cret")][..],
            &[(USER, ":s3cret")],
            &[(TOKEN, "s3cret\u{e9}")],
            &[(USER, "me:s3cret"), (TOKEN, "s3cret")],
        ] {
            let environment = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            let error = credentials(&plain, false, &environment).unwrap_err();
            let error = error.to_string();
            assert!(
                error.starts_with("SCHEMA_REGISTRY_") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }
}
