//! The command line: parses arguments, runs a command and prints its output.

mod args;
mod commands;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::FromArgMatches as _;
use inngest_core::registry::Registry;

use self::args::{Command, ExporterArgs, FileCommand};
use self::commands::{Commands, Failure, Output};
use crate::exporters::{self, Exporter};
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
/// Exit codes: 0 for compatible, up to date or done; 1 for not compatible, different or a denied
/// lint; 2 if compatibility is unknown; 3 for invalid usage, unreadable files or settings, and output
/// that cannot be written.
#[must_use]
pub fn main() -> ExitCode {
    Cli::new(Registry::collect()).main()
}

/// A command line for event types, or for files alone.
#[derive(Debug)]
pub struct Cli {
    registry: Option<Registry>,
}

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
        Self {
            registry: Some(registry),
        }
    }

    /// A command line without types: `compat`, `diff`, `explain`, and `lint` and the exporters for a
    /// folder.
    #[must_use]
    pub fn for_files() -> Self {
        Self { registry: None }
    }

    /// Runs the command that the program's arguments name.
    #[must_use]
    pub fn main(self) -> ExitCode {
        let output = self.run(
            std::env::args_os(),
            exporters::all(),
            Paint { colour: true },
        );
        // The stream removes colours if it is not a terminal or `NO_COLOR` is set.
        let written = write(&mut anstream::AutoStream::auto(io::stdout()), &output.out);
        let mut stderr = anstream::AutoStream::auto(io::stderr());
        // If standard error cannot be written, there is nowhere left to report it.
        let _ = write(&mut stderr, &output.err);
        match written {
            Ok(()) => ExitCode::from(output.code),
            Err(error) => {
                let bad = Paint { colour: true }.bad("error");
                let line = format!("{bad}: cannot write to standard output: {error}\n");
                let _ = write(&mut stderr, &line);
                ExitCode::from(FAILED)
            }
        }
    }

    fn run(
        &self,
        arguments: impl IntoIterator<Item = OsString>,
        exporters: &'static [&'static dyn Exporter],
        paint: Paint,
    ) -> Output {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let program = arguments
            .first()
            .and_then(|path| Path::new(path).file_stem()?.to_str())
            .unwrap_or("inngest-registry");
        let command = args::command(program, self.registry.is_some(), exporters);
        let matches = match command.try_get_matches_from(&arguments) {
            Ok(matches) => matches,
            Err(error) => return clap_output(&error, paint),
        };
        let commands = Commands {
            registry: self.registry.as_ref(),
            paint,
        };
        let exporter = matches.subcommand().and_then(|(name, matches)| {
            let exporter = exporters.iter().find(|exporter| exporter.name() == name)?;
            Some((*exporter, matches))
        });
        let result = if let Some((exporter, matches)) = exporter {
            match ExporterArgs::from_arg_matches(matches) {
                Ok(args) => commands.exporter(exporter, &args),
                Err(error) => return clap_output(&error, paint),
            }
        } else {
            let command = if self.registry.is_some() {
                Command::from_arg_matches(&matches)
            } else {
                FileCommand::from_arg_matches(&matches).map(Command::Files)
            };
            match command {
                Ok(Command::Export(args)) => commands.export(&args),
                Ok(Command::Check(args)) => commands.check(&args),
                Ok(Command::Files(FileCommand::Lint(args))) => commands.lint(&args),
                Ok(Command::Files(FileCommand::Explain(args))) => commands.explain(&args),
                Ok(Command::Files(FileCommand::Compat(args))) => commands.compat(&args),
                Ok(Command::Files(FileCommand::Diff(args))) => commands.diff(&args),
                Err(error) => return clap_output(&error, paint),
            }
        };
        result.unwrap_or_else(|Failure(problem)| Output {
            code: FAILED,
            out: String::new(),
            err: format!("{}: {problem}\n", paint.bad("error")),
        })
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
    let text = if paint.colour {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    if error.use_stderr() {
        Output {
            code: FAILED,
            out: String::new(),
            err: text,
        }
    } else {
        Output {
            code: 0,
            out: text,
            err: String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
