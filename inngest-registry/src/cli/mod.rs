//! The command line: parses arguments, runs a command and prints its output.

mod args;
mod catalog;
mod commands;
mod drift;
mod format;
mod out;
mod push;
mod source;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::FromArgMatches as _;
use inngest_core::registry::Registry;

use self::args::{Command, EXPORTERS, Exporter, ExporterArgs, FileCommand};
use self::commands::{Commands, Output, explain};
use crate::paint::Paint;

/// Runs the command line for the event types that are linked into the program.
///
/// ```no_run
/// use std::process::ExitCode;
/// // use shop as _; // the crate that has the event types
///
/// fn main() -> ExitCode {
///     inngest_registry::main()
/// }
/// ```
///
/// Exit codes: 0 for compatible, up to date or done; 1 for not compatible, different, a denied lint or
/// drift that breaks readers; 2 if compatibility is unknown or there are no events to compare; 3 for
/// invalid usage, unreadable files or settings, an unreachable server, and output that cannot be
/// written.
#[must_use]
pub fn main() -> ExitCode {
    Cli::new(Registry::collect()).main()
}

/// A command line for event types, or for files alone.
#[derive(Debug)]
pub struct Cli(Commands);

/// The exit code for errors.
const FAILED: u8 = 3;

impl Cli {
    /// A command line for these types. Add generic types by hand:
    ///
    /// ```no_run
    /// # use inngest_core::Event;
    /// # #[derive(serde::Serialize, schemars::JsonSchema, Event)]
    /// # #[event(name = "shop/cart.changed")]
    /// # struct CartChanged<T> { items: Vec<T> }
    /// use std::process::ExitCode;
    /// use inngest_registry::{Cli, Registry};
    ///
    /// fn main() -> ExitCode {
    ///     Cli::new(Registry::collect().with::<CartChanged<String>>()).main()
    /// }
    /// ```
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self(Commands {
            registry: Some(registry),
            paint: Paint { color: true },
        })
    }

    /// A command line without types: `compat`, `diff`, `explain`, `push` and `scaffold`; for a folder also
    /// `lint`, `drift`, `catalog` and the exporters.
    #[must_use]
    pub fn for_files() -> Self {
        Self(Commands {
            registry: None,
            paint: Paint { color: true },
        })
    }

    /// Runs the command that the program's arguments name.
    #[must_use]
    pub fn main(self) -> ExitCode {
        let output = self.run(std::env::args_os(), EXPORTERS);
        // The stream removes colors if it is not a terminal or `NO_COLOR` is set.
        let written = write(&mut anstream::AutoStream::auto(io::stdout()), &output.out);
        let mut stderr = anstream::AutoStream::auto(io::stderr());
        // If standard error cannot be written, there is nowhere left to report it.
        let _ = write(&mut stderr, &output.err);
        match written {
            Ok(()) => ExitCode::from(output.code),
            Err(error) => {
                let bad = self.0.paint.bad("error");
                let line = format!("{bad}: cannot write to standard output: {error}\n");
                let _ = write(&mut stderr, &line);
                ExitCode::from(FAILED)
            }
        }
    }

    fn run(
        &self,
        arguments: impl IntoIterator<Item = OsString>,
        exporters: &'static [Exporter],
    ) -> Output {
        let Self(commands) = self;
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let program = arguments
            .first()
            .and_then(|path| Path::new(path).file_stem()?.to_str())
            .unwrap_or("inngest-registry");
        let command = args::command(program, commands.registry.is_some(), exporters);
        let result = command
            .try_get_matches_from(&arguments)
            .and_then(|matches| {
                let exporter = matches.subcommand().and_then(|(name, matches)| {
                    let exporter = exporters.iter().find(|exporter| exporter.name == name)?;
                    Some((exporter, matches))
                });
                if let Some((exporter, matches)) = exporter {
                    let args = ExporterArgs::from_arg_matches(matches)?;
                    return Ok(commands.exporter(exporter, &args));
                }
                let command = if commands.registry.is_some() {
                    Command::from_arg_matches(&matches)?
                } else {
                    Command::Files(FileCommand::from_arg_matches(&matches)?)
                };
                Ok(match command {
                    Command::Export(args) => commands.export(&args),
                    Command::Check(args) => commands.check(&args),
                    Command::Files(FileCommand::Lint(args)) => commands.lint(&args),
                    Command::Files(FileCommand::Explain(args)) => explain(&args),
                    Command::Files(FileCommand::Compat(args)) => commands.compat(&args),
                    Command::Files(FileCommand::Diff(args)) => commands.diff(&args),
                    Command::Files(FileCommand::Drift(args)) => commands.drift(&args),
                    Command::Files(FileCommand::Push(args)) => commands.push(&args),
                    Command::Files(FileCommand::Catalog(args)) => {
                        args.run(|| commands.types()).map(Output::plain)
                    }
                    Command::Files(FileCommand::Scaffold(args)) => commands.scaffold(&args),
                })
            });
        match result {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => Output {
                code: FAILED,
                err: format!("{}: {error}\n", commands.paint.bad("error")),
                ..Output::default()
            },
            Err(error) => clap_output(&error, commands.paint),
        }
    }
}

/// Writes a whole text. A closed pipe is not an error: its reader has seen enough.
fn write(stream: &mut dyn io::Write, text: &str) -> io::Result<()> {
    let written = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The output for clap's help, version or usage errors.
fn clap_output(error: &clap::Error, paint: Paint) -> Output {
    let text = error.render();
    let text = if paint.color {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    if error.use_stderr() {
        Output {
            code: FAILED,
            err: text,
            ..Output::default()
        }
    } else {
        Output {
            out: text,
            ..Output::default()
        }
    }
}

#[cfg(test)]
mod tests;
