//! Defines the arguments and help texts for clap.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};

use super::catalog::{self, CatalogArgs};
use super::drift::{self, DriftArgs};
use super::format::{CheckFormat, DiffFormat, Format};
use super::push::{self, PushArgs};
use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::exporters;
use crate::mode::Mode;
use crate::scaffold::command::ScaffoldArgs;

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
    /// Compare sent events with the event types
    Drift(DriftArgs),
    /// Register an exported folder at a schema registry
    Push(PushArgs),
    /// Write a page about the events for people who do not read Rust
    Catalog(CatalogArgs),
    /// Write Rust event types from schemas or from events that were sent
    Scaffold(ScaffoldArgs),
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
    /// The settings file [default: inngest-registry.toml in the folder]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
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
    /// Also compare with the files of this branch, tag or commit of the folder's git repository
    ///
    /// Without it, a change that breaks readers passes once `export` has written it.
    #[arg(long, value_name = "GIT-REF")]
    pub(super) against: Option<String>,
    /// Judge optional properties as Confluent's schema registry does
    #[arg(long)]
    pub(super) strict: bool,
    /// Also list the changes between versions that are already exported
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// The same as `--format github`
    #[arg(long, conflicts_with = "format", hide = true)]
    pub(super) github: bool,
    /// The settings file [default: inngest-registry.toml in the folder]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: CheckFormat,
}

#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// The folder that `export` wrote
    pub(super) dir: Option<PathBuf>,
    /// The settings file [default: inngest-registry.toml in the folder]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The lint [default: list all lints]
    pub(super) lint: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct CompatArgs {
    /// The older schema
    pub(super) old: PathBuf,
    /// The newer schema
    pub(super) new: PathBuf,
    /// Whose readers must not break
    ///
    /// backward: readers of the new schema can read events written with the old one.
    /// forward: readers of the old schema can read events written with the new one.
    /// full: both.
    #[arg(long, verbatim_doc_comment, default_value = "full", value_parser =
        PossibleValuesParser::new(["backward", "forward", "full"]).try_map(|mode| mode.parse::<Mode>()))]
    pub(super) mode: Mode,
    /// Judge optional properties as Confluent's schema registry does
    #[arg(long)]
    pub(super) strict: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The older folder, or with `--against` the only one
    pub(super) old: PathBuf,
    /// The newer folder
    #[arg(required_unless_present = "against")]
    pub(super) new: Option<PathBuf>,
    /// Compare a folder with its files in this branch, tag or commit of its git repository
    #[arg(long, value_name = "GIT-REF", conflicts_with = "new")]
    pub(super) against: Option<String>,
    /// Exit with 1 if something differs
    #[arg(long)]
    pub(super) exit_code: bool,
    /// Judge optional properties as Confluent's schema registry does
    #[arg(long)]
    pub(super) strict: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: DiffFormat,
}

#[derive(Debug, Args)]
pub(super) struct ExporterArgs {
    /// Read the event types from a folder that `export` wrote
    #[arg(long, value_name = "DIR")]
    pub(super) from: Option<PathBuf>,
    /// Write to this file or folder instead of standard output; missing folders are created
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

/// A command that writes event types in the format of another tool.
#[derive(Debug)]
pub(super) struct Exporter {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// The file name in a folder.
    pub(super) file_name: &'static str,
    pub(super) export: fn(&Catalogue) -> Result<String, Error>,
}

/// The exporters, in order of their names.
pub(super) const EXPORTERS: &[Exporter] = &[
    Exporter {
        name: "asyncapi",
        about: "Write an AsyncAPI 3.0 document, with a channel for each event",
        file_name: "asyncapi.json",
        export: exporters::asyncapi,
    },
    Exporter {
        name: "typescript",
        about: "Write a TypeScript module for npm `inngest` 4, with the types of each event",
        file_name: "events.ts",
        export: exporters::typescript,
    },
];

const EXIT_CODES: &str = "\
Exit codes:
  0  compatible, up to date or done
  1  not compatible, different, a denied lint, or drift that breaks readers
  2  compatibility unknown, or no events to compare
  3  invalid usage, unreadable files or settings, an unreachable server, or output that cannot be written";

/// The examples in the help of the program.
const OVERVIEW: &str = "\
export schemas               # write the schemas
check schemas                # are the files up to date, and which readers would break?
lint schemas                 # flag designs that you may regret
explain large-integers       # what does a lint flag, and why?
compat old.json new.json     # compare two schema files
diff --against main schemas  # what did this branch change?
drift schemas --from FILE    # do the events that were sent match?
push schemas --registry URL  # register the schemas at a schema registry
catalog --from schemas       # write a page about the events
scaffold events.jsonl  # write Rust types that read these events";

/// The examples in the help of each command.
const EXAMPLES: [(&str, &str); 9] = [
    (
        "export",
        "\
export schemas                                         # write the schemas
export schemas --base-url https://schemas.example.com
export schemas --prune                                 # also remove the files of deleted events",
    ),
    (
        "check",
        "\
check schemas                                        # are the files up to date, and which readers would break?
check schemas --against origin/main --format github  # in a pull request, with annotations
check schemas --mode backward_transitive",
    ),
    (
        "lint",
        "\
lint schemas
lint schemas --config lints.toml",
    ),
    (
        "explain",
        "\
explain large-integers
explain                 # all lints",
    ),
    (
        "compat",
        "\
compat old.json new.json                                # two schema files
compat old.json new.json --mode backward --format json",
    ),
    (
        "diff",
        "\
diff --against main schemas                           # what did this branch change?
diff --against origin/main schemas --format markdown  # for a pull request
diff old/schemas schemas --exit-code                  # two folders; 1 if something differs",
    ),
    ("drift", drift::EXAMPLES),
    ("push", push::EXAMPLES),
    (
        "scaffold",
        "\
scaffold events.jsonl                          # events that were sent, one per line
scaffold http://127.0.0.1:8288                 # the events that a dev server has
scaffold https://api.inngest.com --limit 5000  # the newest events in Inngest Cloud
scaffold hook.json --name github/push          # what a webhook sends
scaffold schemas --into src/events.rs          # an exported folder, or EventCatalog's
scaffold asyncapi.json",
    ),
];

/// Builds the command line of a program with or without event types.
pub(super) fn command(
    program: &str,
    with_types: bool,
    exporters: &'static [Exporter],
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
            .mut_subcommand("drift", |drift| {
                let help = "The folder that `export` wrote";
                drift.mut_arg("dir", |dir| dir.required(true).help(help))
            })
            .mut_subcommand("catalog", |catalog| {
                catalog.mut_arg("from", |from| from.required(true))
            })
    };
    for Exporter {
        name,
        about,
        file_name,
        ..
    } in exporters
    {
        let out = format!("{name} --out {file_name}");
        let from = format!("{name} --from schemas");
        let examples = if with_types {
            format!("{out}\n{from}")
        } else {
            from
        };
        let exporter = ExporterArgs::augment_args(clap::Command::new(*name))
            .about(*about)
            .mut_arg("from", |from| from.required(!with_types))
            .after_help(help(program, &examples));
        command = command.subcommand(exporter);
    }
    let own = [("catalog", catalog::examples(with_types))];
    for (name, examples) in EXAMPLES.into_iter().chain(own) {
        if command.find_subcommand(name).is_some() {
            let help = help(program, examples);
            command = command.mut_subcommand(name, |command| command.after_help(help));
        }
    }
    let is_known = |line: &&str| {
        let name = line.split(' ').next();
        name.is_some_and(|name| command.find_subcommand(name).is_some())
    };
    let overview: Vec<_> = OVERVIEW.lines().filter(is_known).collect();
    let help = help(program, &overview.join("\n"));
    command.after_help(help)
}

/// The examples, with the program's name, and the exit codes.
fn help(program: &str, examples: &str) -> String {
    let examples = examples.lines().map(|line| format!("  {program} {line}\n"));
    format!("Examples:\n{}\n{EXIT_CODES}", examples.collect::<String>())
}
