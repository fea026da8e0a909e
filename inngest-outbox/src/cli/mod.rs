//! The command line: parses arguments, runs a command and prints its output.

mod args;
mod commands;
mod database;
mod error;
mod logs;
mod output;
mod relay;
mod signals;
mod text;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::FromArgMatches as _;
use clap::error::ErrorKind;

use self::args::{Args, Command};
use self::commands::Commands;
use self::error::CliError;
use self::output::{FAILED, Output};
use self::text::{Paint, redacted, redacted_argument};

/// Runs the command that the program's arguments name.
pub(crate) fn main() -> ExitCode {
    let output = run(std::env::args_os(), Paint { color: true });
    // The stream removes colors if it is not a terminal or `NO_COLOR` is set.
    let written = write(&mut anstream::AutoStream::auto(io::stdout()), &output.out);
    let mut stderr = anstream::AutoStream::auto(io::stderr());
    // If standard error cannot be written, there is nowhere left to report it.
    let _ = write(&mut stderr, &output.err);
    match written {
        Ok(()) => ExitCode::from(output.code),
        Err(error) => {
            let line = format!("error: cannot write to standard output: {error}\n");
            let _ = write(&mut stderr, &line);
            ExitCode::from(FAILED)
        }
    }
}

fn run(arguments: impl IntoIterator<Item = OsString>, paint: Paint) -> Output {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let args = args::command().try_get_matches_from(&arguments);
    let args = match args.and_then(|matches| Args::from_arg_matches(&matches)) {
        Ok(args) => args,
        Err(error) => return clap_output(&error, &arguments, paint),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Output::error(paint, &format!("cannot start threads: {error}")),
    };
    let result = runtime.block_on(command(args, paint));
    // A second signal ends the program at once, whatever still runs.
    runtime.shutdown_background();
    result.unwrap_or_else(|error| Output::error(paint, &error.to_string()))
}

async fn command(args: Args, paint: Paint) -> Result<Output, CliError> {
    let commands = Commands::new(&args, paint);
    match args.command {
        Command::Migrate(args) => commands.migrate(&args).await,
        Command::Relay(args) => relay::run(&commands, &args).await,
        Command::Status(args) => commands.status(&args).await,
        Command::Failed(args) => commands.aside(commands::Aside::Failed, args.command).await,
        Command::Uncertain(args) => {
            commands
                .aside(commands::Aside::Uncertain, args.command)
                .await
        }
        Command::Prune(args) => commands.prune(&args).await,
    }
}

/// Writes the whole text. A closed pipe is not an error: its reader has seen enough.
fn write(stream: &mut dyn io::Write, text: &str) -> io::Result<()> {
    let written = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The output for clap's help, version and usage errors.
fn clap_output(error: &clap::Error, arguments: &[OsString], paint: Paint) -> Output {
    let text = error.render();
    let text = if paint.color {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    if error.use_stderr() {
        let err = match error.kind() {
            // The help repeats no argument, and shows URLs as examples.
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => text,
            _ => without_secrets(text, arguments),
        };
        Output {
            code: FAILED,
            err,
            ..Output::default()
        }
    } else {
        Output {
            out: text,
            ..Output::default()
        }
    }
}

/// A usage error without passwords: it repeats arguments, and one of them may be the URL of the database.
fn without_secrets(mut text: String, arguments: &[OsString]) -> String {
    for argument in arguments.iter().filter_map(|argument| argument.to_str()) {
        // The whole argument first: `=` may stand in the password.
        let value = argument.split_once('=').map(|(_, value)| value);
        for part in [Some(argument), value].into_iter().flatten() {
            let shown = redacted_argument(part);
            if shown != part {
                text = text.replace(part, &shown);
            }
        }
    }
    redacted(&text)
}
