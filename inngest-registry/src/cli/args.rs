//! Defines the arguments and help texts for clap.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::exporters::Exporter;
use crate::mode::Mode;

/// The commands that need types.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the schemas of this program's event types to a folder
    Export(ExportArgs),
    /// Check in CI that the exported files match the event types
    Check(CheckArgs),
    #[command(flatten)]
    Files(FileCommand),
}

/// The commands that only need files.
#[derive(Debug, Subcommand)]
pub(super) enum FileCommand {
    /// Flag designs that you may regret
    Lint(LintArgs),
    /// Explain a lint
    Explain(ExplainArgs),
    /// Compare two schema files
    Compat(CompatArgs),
    /// Compare two exported folders
    Diff(DiffArgs),
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The folder, such as `schemas`
    pub(super) dir: PathBuf,
    /// Give every schema an `$id` under this address
    #[arg(long, value_name = "URL")]
    pub(super) base_url: Option<String>,
    /// Remove the files of events that this program does not have in any version
    #[arg(long)]
    pub(super) prune: bool,
    #[command(flatten)]
    pub(super) settings: SettingsArgs,
    #[command(flatten)]
    pub(super) format: FormatArgs,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The folder that `export` wrote
    pub(super) dir: PathBuf,
    /// The compatibility mode of events without a mode in the settings [default: full]
    ///
    /// backward: readers of the new schema can read events written with the old one.
    /// forward: readers of the old schema can read events written with the new one.
    /// full: both. none: anything may change.
    /// A type is compared with the file of its own version, and a new version may change anything.
    /// With `_transitive`, a type is also compared with all older versions.
    #[arg(long, verbatim_doc_comment)]
    pub(super) mode: Option<Mode>,
    /// Expect an `$id` under this address in every schema, as `export` wrote it
    #[arg(long, value_name = "URL")]
    pub(super) base_url: Option<String>,
    /// Judge optional properties as Confluent's schema registry does
    #[arg(long)]
    pub(super) strict: bool,
    /// Also list the changes between versions that are already exported
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Also print annotations for GitHub Actions
    #[arg(long, conflicts_with = "format")]
    pub(super) github: bool,
    #[command(flatten)]
    pub(super) settings: SettingsArgs,
    #[command(flatten)]
    pub(super) format: FormatArgs,
}

#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// The folder that `export` wrote
    pub(super) dir: Option<PathBuf>,
    #[command(flatten)]
    pub(super) settings: SettingsArgs,
    #[command(flatten)]
    pub(super) format: FormatArgs,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The lint [default: list all lints]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) format: FormatArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompatArgs {
    /// The older schema
    pub(super) old: PathBuf,
    /// The newer schema
    pub(super) new: PathBuf,
    /// Which schema the reader uses
    #[arg(long, value_enum, default_value_t)]
    pub(super) mode: Direction,
    /// Judge optional properties as Confluent's schema registry does
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) format: FormatArgs,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The older folder
    pub(super) old: PathBuf,
    /// The newer folder
    pub(super) new: PathBuf,
    /// Exit with 1 if something differs
    #[arg(long)]
    pub(super) exit_code: bool,
    /// Judge optional properties as Confluent's schema registry does
    #[arg(long)]
    pub(super) strict: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DiffFormat,
}

#[derive(Debug, Args)]
pub(super) struct ExporterArgs {
    /// Read the event types from a folder that `export` wrote
    #[arg(long, value_name = "DIR")]
    pub(super) from: Option<PathBuf>,
    /// Write to this file or folder instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SettingsArgs {
    /// The settings file [default: inngest-registry.toml in the folder]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct FormatArgs {
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For people
    #[default]
    Text,
    /// For a pull request
    Markdown,
    /// For machines
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Direction {
    /// Readers of the new schema can read events written with the old one
    Backward,
    /// Readers of the old schema can read events written with the new one
    Forward,
    /// Both
    #[default]
    Full,
}

impl Direction {
    pub(super) fn mode(self) -> Mode {
        match self {
            Self::Backward => Mode::Backward,
            Self::Forward => Mode::Forward,
            Self::Full => Mode::Full,
        }
    }
}

const EXIT_CODES: &str = "\
Exit codes:
  0  compatible, up to date or done
  1  not compatible, different, or a denied lint
  2  compatibility unknown
  3  invalid usage, unreadable files or settings, or output that cannot be written";

/// Example command lines with notes. The help of the program shows the first one of each command.
const EXAMPLES: [(&str, &[(&str, &str)]); 6] = [
    (
        "export",
        &[
            ("export schemas", "write the schemas"),
            ("export schemas --base-url https://schemas.example.com", ""),
            ("export schemas --prune", "also remove deleted events"),
        ],
    ),
    (
        "check",
        &[
            (
                "check schemas",
                "are the files up to date, and who would break?",
            ),
            ("check schemas --github", "with annotations"),
            ("check schemas --mode backward_transitive", ""),
        ],
    ),
    (
        "lint",
        &[
            ("lint schemas", ""),
            ("lint schemas --config lints.toml", ""),
        ],
    ),
    (
        "explain",
        &[("explain large-integers", ""), ("explain", "all lints")],
    ),
    (
        "compat",
        &[
            ("compat old.json new.json", "two schema files"),
            ("compat old.json new.json --mode backward --format json", ""),
        ],
    ),
    (
        "diff",
        &[
            ("diff main/schemas schemas", "two exported folders"),
            (
                "diff main/schemas schemas --format markdown",
                "for a pull request",
            ),
            (
                "diff main/schemas schemas --exit-code",
                "1 if something differs",
            ),
        ],
    ),
];

/// Builds the command line of a program with or without event types.
pub(super) fn command(
    program: &str,
    with_types: bool,
    exporters: &'static [&'static dyn Exporter],
) -> clap::Command {
    let root = clap::Command::new("inngest-registry")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true);
    let mut command = if with_types {
        Command::augment_subcommands(root)
            .about("Export, check and compare the schemas of this program's event types")
    } else {
        FileCommand::augment_subcommands(root)
            .about("Compare, lint and convert exported schemas of typed Inngest events")
            .mut_subcommand("lint", |lint| lint.mut_arg("dir", |dir| dir.required(true)))
    };
    for exporter in exporters {
        let (name, file) = (exporter.name(), exporter.file_name());
        let lines = [
            (format!("{name} --out {file}"), ""),
            (format!("{name} --from schemas"), "from an exported folder"),
        ];
        let lines = lines
            .iter()
            .map(|(line, note)| (line.as_str(), *note))
            .skip(usize::from(!with_types));
        let sub = ExporterArgs::augment_args(clap::Command::new(name))
            .about(exporter.about())
            .mut_arg("from", |from| from.required(!with_types))
            .after_help(help(program, lines));
        command = command.subcommand(sub);
    }
    let mut first = Vec::new();
    for (name, lines) in EXAMPLES {
        if command.find_subcommand(name).is_some() {
            first.extend(lines.first());
            let help = help(program, lines.iter().copied());
            command = command.mut_subcommand(name, |command| command.after_help(help));
        }
    }
    command.after_help(help(program, first.into_iter().copied()))
}

/// Formats examples, with their notes in one column, and the exit codes.
fn help<'a>(program: &str, examples: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
    let width = examples.clone().map(|(line, _)| line.len()).max();
    let mut help = String::from("Examples:\n");
    for (line, note) in examples {
        let note = match note {
            "" => String::new(),
            note => format!("# {note}"),
        };
        let line = format!(
            "  {program} {line:width$}  {note}",
            width = width.unwrap_or(0)
        );
        help.push_str(line.trim_end());
        help.push('\n');
    }
    format!("{help}\n{EXIT_CODES}")
}
