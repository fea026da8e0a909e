//! Implements the commands.

use std::fmt;
use std::path::Path;

use inngest_core::registry::Registry;
use serde_json::{Value, json};

use super::args::{
    CheckArgs, CompatArgs, DiffArgs, DiffFormat, ExplainArgs, ExportArgs, ExporterArgs, Format,
    LintArgs, SettingsArgs,
};
use crate::catalogue::Catalogue;
use crate::check::{Check, CheckError, Outcome, Report, verdict};
use crate::compat::{self, Comparison, Strictness, Verdict};
use crate::diff::{change_to_json, diff};
use crate::effect::{self, count};
use crate::export::{Export, Exported, check_types};
use crate::exporters::Exporter;
use crate::files::{self, FilesError};
use crate::json;
use crate::lint::{self, Lint};
use crate::mode::Mode;
use crate::paint::Paint;
use crate::settings::Settings;

/// The output of a command and its exit code.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) code: u8,
    pub(super) out: String,
    pub(super) err: String,
}

/// Why a command failed.
pub(super) struct Failure(pub(super) String);

impl<E: fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// The commands, for the types of a program or for files alone.
pub(super) struct Commands<'a> {
    pub(super) registry: Option<&'a Registry>,
    pub(super) paint: Paint,
}

impl Commands<'_> {
    fn types(&self) -> Result<Catalogue, Failure> {
        let types = self.registry.map(Catalogue::of).unwrap_or_default();
        check_types(&types)?;
        Ok(types)
    }

    pub(super) fn export(&self, args: &ExportArgs) -> Result<Output, Failure> {
        let types = self.types()?;
        let settings = settings(&args.settings, Some(&args.dir))?;
        let mut export = Export::new().prune(args.prune);
        if let Some(url) = args.base_url.as_deref().or(settings.base_url()) {
            export = export.base_url(url);
        }
        let (before, not_compared) = match Check::new(settings).run(&types, &args.dir) {
            Ok(report) => (Some(report), None),
            Err(CheckError::Files(FilesError::NoFolder { .. })) => (None, None),
            // The export writes the file again.
            Err(CheckError::Files(FilesError::Listed { path, problem })) => {
                (None, Some(format!("`{}` {problem}", path.display())))
            }
            Err(error) => return Err(error.into()),
        };
        let exported = export.run(&types, &args.dir)?;
        let breaking: Vec<_> = before.iter().flat_map(Report::breaking).collect();
        if args.format.format == Format::Json {
            let Exported {
                written,
                unchanged,
                removed,
                older,
                kept,
            } = &exported;
            let breaking: Vec<_> = breaking.iter().map(|finding| finding.to_json()).collect();
            return Ok(Output::json(
                0,
                &json!({
                    "written": written,
                    "unchanged": unchanged,
                    "removed": removed,
                    "older": older,
                    "kept": kept,
                    "breaking": breaking,
                    "not_compared": not_compared,
                }),
            ));
        }
        let mut lines: Vec<String> = Vec::new();
        lines.extend(exported.written.iter().map(|path| format!("wrote {path}")));
        lines.extend(
            exported
                .removed
                .iter()
                .map(|path| format!("removed {path}")),
        );
        lines.push(format!(
            "{} written, {} unchanged{}{}",
            count(exported.written.len(), "file"),
            exported.unchanged,
            match exported.older.len() {
                0 => String::new(),
                n => format!(", {n} of older versions kept"),
            },
            match exported.kept.len() {
                0 => String::new(),
                n => format!(
                    ", {n} of events that this program does not have kept; `--prune` removes them"
                ),
            }
        ));
        let mut output = Output::text(0, &lines.join("\n"));
        for finding in &breaking {
            output.err.push_str(&finding.to_text(self.paint));
            output.err.push('\n');
        }
        let warning = self.paint.doubtful("warning");
        if let Some(reason) = not_compared {
            let line = format!("{warning}: cannot list the changes: {reason}\n");
            output.err.push_str(&line);
        }
        if !breaking.is_empty() {
            output.err.push_str(&warning);
            output.err.push_str(
                ": the files were written anyway, so `check` now passes; restore the old files from \
                 version control if you did not intend the change\n",
            );
        }
        Ok(output)
    }

    pub(super) fn check(&self, args: &CheckArgs) -> Result<Output, Failure> {
        let types = self.types()?;
        let mut settings = settings(&args.settings, Some(&args.dir))?;
        if let Some(url) = &args.base_url {
            settings = settings.with_base_url(url);
        }
        if let Some(mode) = args.mode {
            settings = settings.with_mode(mode);
        }
        if args.strict {
            settings = settings.with_strict(true);
        }
        let check = Check::new(settings).all_versions(args.verbose);
        let report = check.run(&types, &args.dir)?;
        let code = match report.outcome() {
            Outcome::Same => 0,
            Outcome::Different => 1,
            Outcome::Unknown => 2,
        };
        if args.format.format == Format::Json {
            return Ok(Output::json(code, &report.to_json()));
        }
        let mut output = Output::text(code, &report.to_text(self.paint));
        if args.github {
            for finding in &report.findings {
                output.out.push_str(&finding.to_github());
                output.out.push('\n');
            }
        }
        Ok(output)
    }

    pub(super) fn lint(&self, args: &LintArgs) -> Result<Output, Failure> {
        let exported = args.dir.as_ref().map(Catalogue::read).transpose()?;
        let settings = settings(&args.settings, args.dir.as_deref())?;
        let own = self.registry.is_some().then(|| self.types()).transpose()?;
        let types = own.as_ref().or(exported.as_ref()).ok_or_else(|| {
            Failure("no event types to lint; name the exported folder".to_owned())
        })?;
        let known: Vec<_> = exported.iter().chain([types]).collect();
        if let Some(unknown) = settings.unknown_event(&known) {
            return Err(unknown.into());
        }
        let mut input = lint::Input::new(types);
        input.registry = self.registry;
        input.exported = exported.as_ref();
        let report = lint::lint(input, &settings);
        let code = u8::from(report.is_denied());
        Ok(match args.format.format {
            Format::Text => Output::text(code, &report.to_text(self.paint)),
            Format::Json => Output::json(code, &report.to_json()),
        })
    }

    #[expect(clippy::unused_self, reason = "all commands are methods")]
    pub(super) fn explain(&self, args: &ExplainArgs) -> Result<Output, Failure> {
        if args.format.format == Format::Json {
            let lints = match &args.name {
                Some(name) => vec![name.parse()?],
                None => Lint::ALL.to_vec(),
            };
            let lints = lints.into_iter().map(|lint: Lint| {
                json!({
                    "name": lint.name(),
                    "default_level": lint.default_level().name(),
                    "explanation": lint.explanation().trim_end(),
                })
            });
            return Ok(Output::json(
                0,
                &json!({ "lints": lints.collect::<Vec<_>>() }),
            ));
        }
        let Some(name) = &args.name else {
            let lines: Vec<String> = Lint::ALL
                .into_iter()
                .map(|lint| {
                    let first = lint.explanation().split("\n\n").next().unwrap_or_default();
                    format!(
                        "{:<20} {:<6} {}",
                        lint.name(),
                        lint.default_level().name(),
                        first.replace('\n', " ")
                    )
                })
                .collect();
            return Ok(Output::text(0, &lines.join("\n")));
        };
        let lint: Lint = name.parse()?;
        let text = format!(
            "{lint} ({} by default)\n\n{}\nIn `inngest-registry.toml`:\n\n    [lints]\n    {lint} = \
             \"allow\"  # or warn, deny\n\n    [events.\"storefront/item.imported\"]\n    allow = \
             [\"{lint}\"]",
            lint.default_level().name(),
            lint.explanation()
        );
        Ok(Output::text(0, &text))
    }

    pub(super) fn compat(&self, args: &CompatArgs) -> Result<Output, Failure> {
        let old = files::read_schema(&args.old)?;
        let new = files::read_schema(&args.new)?;
        let mode = args.mode.mode();
        let comparison = compat::compare(&old, &new, strictness(args.strict));
        let whole = whole(&comparison, mode);
        let code = match whole {
            Verdict::Compatible => 0,
            Verdict::Breaking => 1,
            Verdict::Unknown => 2,
        };
        if args.format.format == Format::Json {
            let changes: Vec<_> = comparison.changes.iter().map(change_to_json).collect();
            return Ok(Output::json(
                code,
                &json!({
                    "mode": mode.name(),
                    "verdict": verdict(whole),
                    "backward": verdict(comparison.backward),
                    "forward": verdict(comparison.forward),
                    "changes": changes,
                }),
            ));
        }
        let mut lines = vec![match whole {
            Verdict::Compatible => format!("{} ({mode})", self.paint.good("compatible")),
            Verdict::Breaking => format!("{} ({mode})", self.paint.bad("not compatible")),
            Verdict::Unknown => format!("{} ({mode})", self.paint.doubtful("unknown")),
        }];
        for change in &comparison.changes {
            lines.push(format!("  {}", effect::sentence(change)));
            let effects = effect::effects(change.backward, change.forward, mode);
            lines.extend(effects.into_iter().map(|effect| format!("    {effect}")));
            lines.extend(change.fix.as_ref().map(|fix| format!("    to do: {fix}")));
        }
        if comparison.changes.is_empty() {
            let effects = effect::effects(comparison.backward, comparison.forward, mode);
            lines.extend(effects.into_iter().map(|effect| format!("  {effect}")));
        }
        Ok(Output::text(code, &lines.join("\n")))
    }

    pub(super) fn diff(&self, args: &DiffArgs) -> Result<Output, Failure> {
        let old = Catalogue::read(&args.old)?;
        let new = Catalogue::read(&args.new)?;
        let diff = diff(&old, &new, strictness(args.strict));
        let code = u8::from(args.exit_code && !diff.is_empty());
        Ok(match args.format {
            DiffFormat::Text => Output::text(code, &diff.to_text(self.paint)),
            DiffFormat::Markdown => Output::text(code, &diff.to_markdown()),
            DiffFormat::Json => Output::json(code, &diff.to_json()),
        })
    }

    pub(super) fn exporter(
        &self,
        exporter: &dyn Exporter,
        args: &ExporterArgs,
    ) -> Result<Output, Failure> {
        let types = match &args.from {
            Some(dir) => Catalogue::read(dir)?,
            None => self.types()?,
        };
        let text = exporter.export(&types)?;
        let Some(out) = &args.out else {
            return Ok(Output {
                out: text,
                ..Output::default()
            });
        };
        let path = if out.is_dir() {
            out.join(exporter.file_name())
        } else {
            out.clone()
        };
        let written = files::write_if_changed(&path, &text)?;
        let what = if written { "wrote" } else { "unchanged:" };
        Ok(Output::text(0, &format!("{what} {}", path.display())))
    }
}

impl Output {
    fn text(code: u8, text: &str) -> Self {
        Self {
            code,
            out: format!("{}\n", text.trim_end_matches('\n')),
            err: String::new(),
        }
    }

    fn json(code: u8, value: &Value) -> Self {
        Self {
            code,
            out: json::to_text(value),
            err: String::new(),
        }
    }
}

fn settings(args: &SettingsArgs, dir: Option<&Path>) -> Result<Settings, Failure> {
    Ok(match (&args.config, dir) {
        (Some(path), _) => Settings::read(path)?,
        (None, Some(dir)) => Settings::of_folder(dir)?,
        (None, None) => Settings::new(),
    })
}

fn strictness(strict: bool) -> Strictness {
    if strict {
        Strictness::Strict
    } else {
        Strictness::Standard
    }
}

/// The worst verdict of the directions that the mode considers.
fn whole(comparison: &Comparison, mode: Mode) -> Verdict {
    let considered = [
        (mode.is_backward(), comparison.backward),
        (mode.is_forward(), comparison.forward),
    ];
    let has = |wanted| {
        considered
            .iter()
            .any(|(considered, verdict)| *considered && *verdict == wanted)
    };
    if has(Verdict::Breaking) {
        Verdict::Breaking
    } else if has(Verdict::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Compatible
    }
}
