//! Implements the commands, except `relay`.

use std::time::{Duration, SystemTime};

use humantime::{format_duration, format_rfc3339_millis};
use inngest_outbox::{Changed, Database, Outbox, RetryIds, SetAsideEvent, Status};
use serde_json::{Value, json};

use crate::cli::args::{
    Args, AsideCommand, Format, ListArgs, MigrateArgs, PruneArgs, StatusArgs, WhichArgs,
};
use crate::cli::database::{Access, Kind, Target};
use crate::cli::error::CliError;
use crate::cli::output::{NO, Output};
use crate::cli::text::{Paint, count, escaped};

const RETRIED: &str = "retried";

/// The commands, for one outbox.
pub(super) struct Commands {
    pub(super) outbox: Outbox,
    pub(super) paint: Paint,
    url: Option<String>,
    table: String,
}

/// Events that no relay sends again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Aside {
    Failed,
    Uncertain,
}

impl Aside {
    fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
        }
    }
}

impl Commands {
    pub(super) fn new(args: &Args, paint: Paint) -> Self {
        Self {
            outbox: Outbox::new().table(&args.table),
            paint,
            url: args.database.clone(),
            table: args.table.clone(),
        }
    }

    pub(super) fn target(&self, access: Access) -> Result<Target, CliError> {
        Target::parse(self.url.as_deref(), access)
    }

    async fn database(&self, access: Access) -> Result<Database, CliError> {
        Ok(self.target(access)?.connect().await?)
    }

    pub(super) async fn migrate(&self, args: &MigrateArgs) -> Result<Output, CliError> {
        let (name, migrations) = match Kind::of(self.url.as_deref())? {
            Kind::Postgres => ("Postgres", self.outbox.postgres_migrations()?),
            Kind::Sqlite => ("SQLite", self.outbox.sqlite_migrations()?),
        };
        let version = migrations.len();
        if args.print {
            let table = &self.table;
            let head = format!("-- The outbox `{table}` of inngest-outbox on {name}.\n");
            let parts = migrations
                .iter()
                .zip(1..)
                .map(|(sql, version)| format!("\n-- Version {version}.\n\n{}\n", sql.trim_end()));
            return Ok(Output {
                out: head + &parts.collect::<String>(),
                ..Output::default()
            });
        }
        let database = self.database(Access::Migrate).await?;
        let before = self.outbox.__migrate(database).await?;
        let before = usize::try_from(before).unwrap_or(0);
        let table = &self.table;
        let text = match before {
            0 => format!("created the tables of `{table}`, version {version}"),
            _ if before == version => {
                format!("up to date: the tables of `{table}` have version {version}")
            }
            _ => format!("updated the tables of `{table}` from version {before} to {version}"),
        };
        Ok(Output::new(args.format, &text, || {
            let before = (before > 0).then_some(before);
            json!({"table": table, "version": version, "version_before": before})
        }))
    }

    pub(super) async fn status(&self, args: &StatusArgs) -> Result<Output, CliError> {
        let database = self.database(Access::Short).await?;
        let interval = args.interval.unwrap_or(match args.max_age {
            Some(_) => Duration::ZERO,
            None => Duration::from_secs(1),
        });
        let mut status = self.outbox.status(database.clone()).await?;
        let mut rate = None;
        if !interval.is_zero() {
            tokio::time::sleep(interval).await;
            let earlier = status;
            status = self.outbox.status(database).await?;
            rate = status.rate_since(&earlier);
        }
        let too_old = args
            .max_age
            .zip(status.oldest)
            .filter(|(max, oldest)| oldest > max);
        let healthy = args.max_age.map(|_| too_old.is_none());
        let text = self.status_to_text(&status, rate);
        let output = Output::new(args.format, &text, || {
            status_to_json(&status, rate, healthy)
        });
        Ok(match too_old {
            None => output,
            Some((max, oldest)) => {
                let (max, oldest) = (format_duration(max), age(oldest));
                let error = format!("the oldest event has waited {oldest}, longer than {max}");
                output.with_error(self.paint, NO, &error)
            }
        })
    }

    fn status_to_text(&self, status: &Status, rate: Option<f64>) -> String {
        let mut lines = Vec::new();
        let mut line = |name: &str, value: String, note: &str| {
            let line = format!("{name:<10} {value:>9}  {note}");
            lines.push(line.trim_end().to_owned());
        };
        line("pending", status.pending.to_string(), "");
        let held_back = match status.held_back {
            0 => String::new(),
            held_back => {
                let note = format!("{held_back} held back after an error, and sent again");
                self.paint.warning(&note)
            }
        };
        line("in flight", status.in_flight.to_string(), &held_back);
        if let Some(oldest) = status.oldest {
            line("oldest", age(oldest), "");
        }
        let note = |events: u64, word: &str| match events {
            0 => String::new(),
            _ => self
                .paint
                .warning(&format!("see `inngest-outbox {word} list`")),
        };
        let Status {
            failed, uncertain, ..
        } = *status;
        line("failed", failed.to_string(), &note(failed, "failed"));
        line(
            "uncertain",
            uncertain.to_string(),
            &note(uncertain, "uncertain"),
        );
        line("delivered", status.delivered.to_string(), "kept");
        if let Some(rate) = rate {
            line("rate", format!("{rate:.0}"), "events a second, estimated");
        }
        if let Some(error) = &status.last_error {
            lines.push(format!("last error: {}", escaped(error)));
        }
        lines.join("\n")
    }

    pub(super) async fn aside(
        &self,
        aside: Aside,
        command: AsideCommand,
    ) -> Result<Output, CliError> {
        match command {
            AsideCommand::List(args) => self.list(aside, &args).await,
            AsideCommand::Retry(args) => {
                let ids = if args.new_ids {
                    RetryIds::New
                } else {
                    RetryIds::Same
                };
                let selection = self.selection(aside, &args.which).await?;
                let changed = selection.retry(ids).await?;
                Ok(self.changed(aside, RETRIED, &changed, args.format))
            }
            AsideCommand::Discard(args) => {
                let selection = self.selection(aside, &args.which).await?;
                let changed = selection.discard().await?;
                Ok(self.changed(aside, "discarded", &changed, args.format))
            }
        }
    }

    async fn all(&self, aside: Aside) -> Result<inngest_outbox::Selection, CliError> {
        let database = self.database(Access::Short).await?;
        Ok(match aside {
            Aside::Failed => self.outbox.failed(database),
            Aside::Uncertain => self.outbox.uncertain(database),
        })
    }

    async fn selection(
        &self,
        aside: Aside,
        which: &WhichArgs,
    ) -> Result<inngest_outbox::Selection, CliError> {
        let all = self.all(aside).await?;
        let WhichArgs { ids, name, all: _ } = which;
        Ok(match name {
            Some(name) => all.name(name),
            None if ids.is_empty() => all,
            None => all.ids(ids.iter().copied()),
        })
    }

    fn changed(&self, aside: Aside, verb: &str, changed: &Changed, format: Format) -> Output {
        let word = aside.word();
        let events = count(changed.events, &format!("{word} event"));
        let mut output = Output::new(format, &format!("{events} {verb}"), || {
            let mut json = json!({"unknown": changed.unknown});
            json[verb] = changed.events.into();
            if verb == RETRIED {
                json["damaged"] = json!(changed.damaged);
            }
            json
        });
        let numbers = |ids: &[i64]| {
            let numbers: Vec<_> = ids.iter().map(ToString::to_string).collect();
            (!numbers.is_empty()).then(|| numbers.join(", "))
        };
        if let Some(unknown) = numbers(&changed.unknown) {
            let error = format!(
                "no {word} event has the number {unknown}; see `inngest-outbox {word} list`"
            );
            output = output.with_error(self.paint, NO, &error);
        }
        if let Some(damaged) = numbers(&changed.damaged) {
            let error = match changed.damaged.len() {
                1 => format!(
                    "the row of the {word} event {damaged} is damaged; correct it with SQL, or discard the event"
                ),
                _ => format!(
                    "the rows of the {word} events {damaged} are damaged; correct them with SQL, or discard the \
                     events"
                ),
            };
            output = output.with_error(self.paint, NO, &error);
        }
        output
    }

    async fn list(&self, aside: Aside, args: &ListArgs) -> Result<Output, CliError> {
        let mut selection = self.all(aside).await?;
        if let Some(name) = &args.name {
            selection = selection.name(name);
        }
        // Read one more to learn whether there are more.
        let mut events = selection.limit(args.limit.saturating_add(1)).list().await?;
        let has_more = events.len() > args.limit;
        events.truncate(args.limit);
        let mut lines: Vec<_> = events
            .iter()
            .map(|event| self.event_to_text(event))
            .collect();
        if events.is_empty() && !has_more {
            lines.push(format!("no {} events", aside.word()));
        }
        if has_more {
            lines.push(
                self.paint
                    .quiet("older events are not shown; raise `--limit`"),
            );
        }
        Ok(Output::new(args.format, &lines.join("\n"), || {
            let events: Vec<_> = events.iter().map(event_to_json).collect();
            json!({"events": events, "has_more": has_more})
        }))
    }

    fn event_to_text(&self, event: &SetAsideEvent) -> String {
        let ids = event.dedup_id.iter().map(|id| format!("id {id}"));
        let event_ids = event.event_id.iter().map(|id| format!("event id {id}"));
        let sent = event
            .sent_at
            .map(|sent_at| format!("first sent {}", time(sent_at)));
        let times = [
            format!("added {}", time(event.added_at)),
            format!("set aside {}", time(event.set_aside_at)),
        ];
        let details: Vec<_> = ids
            .chain(event_ids)
            .chain(times)
            .chain(sent)
            .map(|detail| escaped(&detail))
            .collect();
        let name = match &*event.name {
            "" => "(no name)",
            name => name,
        };
        format!(
            "{}  {}\n  {}\n  {}",
            self.paint.warning(&event.id.to_string()),
            escaped(name),
            escaped(&event.error),
            self.paint.quiet(&details.join(", "))
        )
    }

    pub(super) async fn prune(&self, args: &PruneArgs) -> Result<Output, CliError> {
        let database = self.database(Access::Short).await?;
        let pruned = self.outbox.prune(database, args.older_than).await?;
        let text = format!("{} deleted", count(pruned, "delivered event"));
        Ok(Output::new(
            args.format,
            &text,
            || json!({"deleted": pruned}),
        ))
    }
}

fn status_to_json(status: &Status, rate: Option<f64>, healthy: Option<bool>) -> Value {
    json!({
        "pending": status.pending,
        "in_flight": status.in_flight,
        "held_back": status.held_back,
        "last_error": status.last_error,
        "oldest_seconds": status.oldest.map(|oldest| oldest.as_secs_f64()),
        "failed": status.failed,
        "uncertain": status.uncertain,
        "delivered": status.delivered,
        "events_per_second": rate,
        "healthy": healthy,
    })
}

fn event_to_json(event: &SetAsideEvent) -> Value {
    json!({
        "number": event.id,
        "name": event.name,
        "id": event.dedup_id,
        "event_id": event.event_id,
        "error": event.error,
        "added_at": time(event.added_at),
        "set_aside_at": time(event.set_aside_at),
        "sent_at": event.sent_at.map(time),
    })
}

fn time(time: SystemTime) -> String {
    format_rfc3339_millis(time).to_string()
}

/// An age, in at most two units.
fn age(age: Duration) -> String {
    let age = if age < Duration::from_secs(10) {
        Duration::from_millis(u64::try_from(age.as_millis()).unwrap_or(0))
    } else {
        Duration::from_secs(age.as_secs())
    };
    let text = format_duration(age).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}
