//! Defines the arguments and help texts for clap.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

/// Send and inspect the events of a transactional outbox for Inngest
#[derive(Debug, Parser)]
#[command(
    name = "inngest-outbox",
    version,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(super) struct Args {
    /// The database: `postgres://user@host/database` or `sqlite:path`
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true
    )]
    pub(super) database: Option<String>,
    /// The name of the outbox's table, `table` or `schema.table`
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        default_value = "inngest_outbox"
    )]
    pub(super) table: String,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create the tables of the outbox, or bring them to this version
    Migrate(MigrateArgs),
    /// Send events until Ctrl-C or SIGTERM
    ///
    /// The client reads its settings from the environment: `INNGEST_EVENT_KEY`, `INNGEST_DEV`,
    /// `INNGEST_EVENT_API_BASE_URL` or else `INNGEST_BASE_URL`, and `INNGEST_ENV`. After the first signal,
    /// the relay finishes the requests in flight. A second signal ends it at once, and another relay sends
    /// these requests. `RUST_LOG` sets the log level.
    Relay(RelayArgs),
    /// Count the events of the outbox
    Status(StatusArgs),
    /// List, retry or discard the events that the server refused, and rows that are not valid events
    Failed(AsideArgs),
    /// List, retry or discard the events that may have been delivered and are too old to be sent again
    Uncertain(AsideArgs),
    /// Delete delivered events that were kept
    Prune(PruneArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct MigrateArgs {
    /// Print the SQL instead, for your own migrations; `--database postgres:` or `sqlite:` is enough
    #[arg(long, conflicts_with = "format")]
    pub(super) print: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct RelayArgs {
    /// Keep delivered events for this long, such as `7d` [default: delete them]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) keep_delivered: Option<Duration>,
    /// The events trigger no function with `batchEvents`: send again for 24 hours, not 30 minutes
    #[arg(long)]
    pub(super) without_batched_functions: bool,
    /// How long the requests of a dead relay wait until another relay sends them, up to `24h`
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "30s")]
    pub(super) lease: Duration,
    /// How many requests to send at the same time
    #[arg(long, value_name = "REQUESTS", default_value = "8")]
    pub(super) concurrency: NonZeroUsize,
    /// The longest time between two polls of an empty table
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "1s")]
    pub(super) idle_poll: Duration,
    /// How long a relay that shuts down waits for requests in flight
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "30s")]
    pub(super) shutdown_timeout: Duration,
    /// Also listen for notifications (Postgres; needs a connection without PgBouncer)
    #[arg(long)]
    pub(super) listen: bool,
    /// End when every event is delivered, failed or uncertain
    #[arg(long)]
    pub(super) until_empty: bool,
    /// How to print the result of `--until-empty`
    #[arg(long, value_enum, default_value_t, requires = "until_empty")]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// Exit with 1 if the oldest event has waited longer than this, such as `30s`
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) max_age: Option<Duration>,
    /// The time between the two readings that give the rate; `0s` reads once and gives no rate [default: 1s,
    /// or 0s with `--max-age`]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) interval: Option<Duration>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct AsideArgs {
    #[command(subcommand)]
    pub(super) command: AsideCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum AsideCommand {
    /// List the events, newest first
    List(ListArgs),
    /// Send events again
    ///
    /// With the same ids, no function runs twice within 24 hours after the server got the event, or 30
    /// minutes if the function has `batchEvents`. With new ids, all functions run, even if the server has
    /// the event already.
    Retry(RetryArgs),
    /// Delete events
    Discard(DiscardArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Only events with this name
    #[arg(long)]
    pub(super) name: Option<String>,
    /// List at most this many events
    #[arg(long, value_name = "EVENTS", default_value_t = 50)]
    pub(super) limit: usize,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct RetryArgs {
    #[command(flatten)]
    pub(super) which: WhichArgs,
    /// Give each event a new event id and, if it has a deduplication id, a new one
    #[arg(long)]
    pub(super) new_ids: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct DiscardArgs {
    #[command(flatten)]
    pub(super) which: WhichArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct WhichArgs {
    /// The numbers of the events, as `list` shows them
    pub(super) ids: Vec<i64>,
    /// All events with this name
    #[arg(long)]
    pub(super) name: Option<String>,
    /// All events
    #[arg(long)]
    pub(super) all: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct PruneArgs {
    /// Delete events that were delivered longer ago than this, such as `7d`
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) older_than: Duration,
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

const EXIT_CODES: &str = "\
Exit codes:
    0  done, or healthy
    1  no: an event is older than `--max-age`, no event has one of the numbers, a damaged row was not
       retried, or `relay --until-empty` was stopped before the outbox was empty
    3  invalid usage or settings, a database or tables that cannot be used, or output that cannot be
       written
  130  ended at once by a second signal";

/// The examples in the help of the program.
const OVERVIEW: &str = "\
migrate                         # create the tables
relay                           # send events until Ctrl-C
status                          # how many events wait, and how long?
failed list                     # what did the server refuse, and why?
failed retry 7 8                # send two of them again
uncertain retry --all --new-ids # run the functions, perhaps a second time
prune --older-than 7d           # delete delivered events that were kept";

/// The examples in the help of each command.
const EXAMPLES: [(&str, &str); 6] = [
    (
        "migrate",
        "\
migrate
migrate --table shop.outbox
migrate --print --database postgres: > migrations/0007_outbox.sql",
    ),
    (
        "relay",
        "\
relay
relay --keep-delivered 7d --without-batched-functions
relay --until-empty         # send all pending events, with a progress bar on a terminal",
    ),
    (
        "status",
        "\
status
status --max-age 30s        # a probe: exits with 1 if an event has waited longer
status --format json",
    ),
    (
        "failed",
        "\
failed list --name shop/order.placed
failed retry 7 8
failed retry --name shop/order.placed
failed discard --all",
    ),
    (
        "uncertain",
        "\
uncertain list
uncertain retry 7           # no function runs twice within its window
uncertain retry 7 --new-ids # all functions run
uncertain discard --all",
    ),
    ("prune", "prune --older-than 7d"),
];

/// Builds the command line.
pub(super) fn command() -> clap::Command {
    let mut command = Args::command().after_help(help(OVERVIEW));
    for (name, examples) in EXAMPLES {
        command = command.mut_subcommand(name, |command| command.after_help(help(examples)));
    }
    command
}

/// The text after the help: examples with the program's name, and the exit codes.
fn help(examples: &str) -> String {
    let examples = examples
        .lines()
        .map(|line| format!("  inngest-outbox {line}\n"));
    format!("Examples:\n{}\n{EXIT_CODES}", examples.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn examples_are_valid() {
        let examples = EXAMPLES.iter().map(|(_, examples)| *examples);
        for line in examples.chain([OVERVIEW]).flat_map(str::lines) {
            let words = line.split(['#', '>']).next().unwrap().split_whitespace();
            let parsed =
                command().try_get_matches_from(["inngest-outbox"].into_iter().chain(words));
            assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
        }
    }
}
