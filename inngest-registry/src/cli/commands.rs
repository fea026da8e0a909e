//! Implements the commands.

use std::path::Path;

use inngest_core::registry::Registry;
use serde_json::{Value, json};

use super::args::{
    CheckArgs, CompatArgs, DiffArgs, ExplainArgs, ExportArgs, Exporter, ExporterArgs, LintArgs,
};
use super::drift::{self, DriftArgs};
use super::format::{CheckFormat, DiffFormat, DriftFormat, Format};
use super::out;
use super::push::{self, PushArgs};
use super::source;
use crate::catalogue::Catalogue;
use crate::check::{Check, CheckOutcome, CheckReport};
use crate::compat::{self, Verdict};
use crate::diff::diff;
use crate::effect::{self, count};
use crate::error::{Error, Problem};
use crate::export::{Export, Exported, check_types};
use crate::files;
use crate::json;
use crate::lint::{Lint, lint_types};
use crate::paint::Paint;
use crate::scaffold::command::{self as scaffold, ScaffoldArgs};
use crate::settings::{Settings, strictness};

/// The output of a command and its exit code.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) code: u8,
    pub(super) out: String,
    pub(super) err: String,
}

/// The commands, for the types of a program or for files alone.
#[derive(Debug)]
pub(super) struct Commands {
    pub(super) registry: Option<Registry>,
    pub(super) paint: Paint,
}

impl Commands {
    pub(super) fn types(&self) -> Result<Catalogue, Error> {
        let types = self.registry.as_ref().map(Catalogue::of);
        let types = types.unwrap_or_default();
        check_types(&types)?;
        Ok(types)
    }

    pub(super) fn export(&self, args: &ExportArgs) -> Result<Output, Error> {
        let types = self.types()?;
        let settings = settings(args.config.as_deref(), Some(&args.dir))?;
        let mut export = Export::new().prune(args.prune);
        if let Some(url) = args.base_url.as_ref().or(settings.base_url.as_ref()) {
            export = export.base_url(url);
        }
        let (before, not_compared) = match Check::new(settings).run(&types, &args.dir) {
            Ok(report) => (Some(report), None),
            Err(Error(Problem::NoFolder(_))) => (None, None),
            // The export replaces the file.
            Err(Error(Problem::Listed { path, problem })) => {
                (None, Some(format!("`{}` {problem}", path.display())))
            }
            Err(error) => return Err(error),
        };
        let exported = export.run(&types, &args.dir)?;
        let breaking: Vec<_> = before.iter().flat_map(CheckReport::breaking).collect();
        let mut output = Output::new(0, args.format, &exported_to_text(&exported), || {
            json!({
                "written": exported.written,
                "unchanged": exported.unchanged,
                "removed": exported.removed,
                "older": exported.older,
                "kept": exported.kept,
                "breaking": breaking,
                "not_compared": not_compared,
            })
        });
        if args.format == Format::Json {
            return Ok(output);
        }
        let mut warnings: Vec<_> = breaking
            .iter()
            .map(|finding| finding.to_text(self.paint))
            .collect();
        let warning = self.paint.doubtful("warning");
        if let Some(reason) = not_compared {
            warnings.push(format!("{warning}: cannot list the changes: {reason}"));
        }
        if !breaking.is_empty() {
            warnings.push(format!(
                "{warning}: the files were written anyway, so `check` now passes; restore the old files \
                 from version control if you did not intend the change"
            ));
        }
        output.err = warnings.into_iter().map(|warning| warning + "\n").collect();
        Ok(output)
    }

    pub(super) fn check(&self, args: &CheckArgs) -> Result<Output, Error> {
        let types = self.types()?;
        let mut settings = settings(args.config.as_deref(), Some(&args.dir))?;
        settings.base_url = args.base_url.clone().or(settings.base_url);
        settings.mode = args.mode.unwrap_or(settings.mode);
        settings.strict |= args.strict;
        let mut check = Check::new(settings).all_versions(args.verbose);
        if let Some(registry) = &self.registry {
            check = check.readers(registry);
        }
        if let Some(reference) = &args.against {
            let before = Catalogue::read_at(&args.dir, reference)?;
            check = check.against(reference, before);
        }
        let mut report = check.run(&types, &args.dir)?;
        let code = match report.outcome() {
            CheckOutcome::Same => 0,
            CheckOutcome::Different => 1,
            CheckOutcome::Unknown => 2,
        };
        let text = report.to_text(self.paint);
        let format = match args.format {
            CheckFormat::Text | CheckFormat::Github => Format::Text,
            CheckFormat::Json => Format::Json,
        };
        let mut output = Output::new(code, format, &text, || report.to_json());
        if args.github || args.format == CheckFormat::Github {
            for finding in &mut report.findings {
                source::move_to_field(finding);
                output.out += &finding.to_github();
                output.out.push('\n');
            }
        }
        Ok(output)
    }

    pub(super) fn lint(&self, args: &LintArgs) -> Result<Output, Error> {
        let exported = args.dir.as_ref().map(Catalogue::read).transpose()?;
        let settings = settings(args.config.as_deref(), args.dir.as_deref())?;
        let own = self.registry.is_some().then(|| self.types()).transpose()?;
        let types = own.as_ref().or(exported.as_ref()).ok_or(Problem::NoTypes)?;
        let known: Vec<_> = exported.iter().chain([types]).collect();
        settings.check_events(&known)?;
        let report = lint_types(types, self.registry.as_ref(), exported.as_ref(), &settings);
        let code = u8::from(report.is_denied());
        let text = report.to_text(self.paint);
        Ok(Output::new(code, args.format, &text, || report.to_json()))
    }

    pub(super) fn compat(&self, args: &CompatArgs) -> Result<Output, Error> {
        let old = files::read_schema(&args.old)?;
        let new = files::read_schema(&args.new)?;
        let mode = args.mode;
        let comparison = compat::compare(&old, &new, strictness(args.strict));
        let (backward, forward) = (comparison.backward, comparison.forward);
        let verdict = mode.judge(backward, forward);
        let (code, word) = match verdict {
            Verdict::Compatible => (0, self.paint.good("compatible")),
            Verdict::Breaking => (1, self.paint.bad("not compatible")),
            Verdict::Unknown => (2, self.paint.doubtful("unknown")),
        };
        let mut lines = vec![format!("{word} ({mode})")];
        for change in &comparison.changes {
            lines.push(format!("  {}", effect::sentence(change)));
            let effects = effect::effects(change.backward, change.forward, mode);
            lines.extend(effects.into_iter().map(|effect| format!("    {effect}")));
            lines.extend(change.fix.as_ref().map(|fix| format!("    to do: {fix}")));
        }
        if comparison.changes.is_empty() {
            let effects = effect::effects(backward, forward, mode);
            lines.extend(effects.into_iter().map(|effect| format!("  {effect}")));
        }
        Ok(Output::new(code, args.format, &lines.join("\n"), || {
            json!({
                "mode": mode,
                "verdict": verdict,
                "backward": backward,
                "forward": forward,
                "changes": comparison.changes,
            })
        }))
    }

    pub(super) fn diff(&self, args: &DiffArgs) -> Result<Output, Error> {
        let newer = args.new.as_ref().unwrap_or(&args.old);
        let old = match &args.against {
            Some(reference) => Catalogue::read_at(newer, reference)?,
            None => Catalogue::read(&args.old)?,
        };
        let new = Catalogue::read(newer)?;
        let diff = diff(&old, &new, strictness(args.strict));
        let code = u8::from(args.exit_code && !diff.is_empty());
        let (format, text) = match args.format {
            DiffFormat::Text => (Format::Text, diff.to_text(self.paint)),
            DiffFormat::Markdown => (Format::Text, diff.to_markdown()),
            DiffFormat::Json => (Format::Json, String::new()),
        };
        Ok(Output::new(code, format, &text, || diff.to_json()))
    }

    pub(super) fn drift(&self, args: &DriftArgs) -> Result<Output, Error> {
        let (code, report) = drift::run(args, || self.types())?;
        let (format, text) = match args.format {
            DriftFormat::Text => (Format::Text, report.to_text(self.paint)),
            DriftFormat::Markdown => (Format::Text, report.to_markdown()),
            DriftFormat::Github => {
                let text = report.to_text(self.paint);
                (Format::Text, text + "\n" + &report.to_github())
            }
            DriftFormat::Json => (Format::Json, String::new()),
        };
        Ok(Output::new(code, format, &text, || report.to_json()))
    }

    pub(super) fn push(&self, args: &PushArgs) -> Result<Output, Error> {
        let (code, report) = push::run(args, &|name| std::env::var_os(name))?;
        let text = report.to_text(self.paint);
        Ok(Output::new(code, args.format, &text, || report.to_json()))
    }

    pub(super) fn scaffold(&self, args: &ScaffoldArgs) -> Result<Output, Error> {
        let (out, notes) = scaffold::run(args)?;
        let note = self.paint.doubtful("note");
        let notes: Vec<_> = notes
            .iter()
            .map(|text| format!("{note}: {text}\n"))
            .collect();
        let err = notes.concat();
        Ok(Output { code: 0, out, err })
    }

    pub(super) fn exporter(
        &self,
        exporter: &Exporter,
        args: &ExporterArgs,
    ) -> Result<Output, Error> {
        let types = match &args.from {
            Some(dir) => Catalogue::read(dir)?,
            None => self.types()?,
        };
        let text = (exporter.export)(&types)?;
        let out = out::write(text, args.out.as_deref(), exporter.file_name)?;
        Ok(Output::plain(out))
    }
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Output, Error> {
    let lints = match &args.lint {
        Some(name) => vec![name.parse::<Lint>()?],
        None => Lint::ALL.to_vec(),
    };
    let text: String = match (&args.lint, lints.as_slice()) {
        (Some(_), [lint]) => explanation(*lint),
        (_, lints) => lints.iter().map(|lint| summary(*lint)).collect(),
    };
    Ok(Output::new(0, args.format, &text, || {
        let lints = lints.iter().map(|lint| {
            json!({
                "name": lint,
                "default_level": lint.default_level(),
                "explanation": lint.explanation().trim_end(),
            })
        });
        json!({ "lints": lints.collect::<Vec<_>>() })
    }))
}

/// The name of a lint, its level and the first paragraph of its explanation.
fn summary(lint: Lint) -> String {
    let explanation = lint.explanation();
    let (first, _) = explanation.split_once("\n\n").unwrap_or((explanation, ""));
    let (name, level) = (lint.name(), lint.default_level().name());
    format!("{name:<20} {level:<6} {}\n", first.replace('\n', " "))
}

fn explanation(lint: Lint) -> String {
    format!(
        "{lint} ({} by default)\n\n{}\nIn `inngest-registry.toml`:\n\n    [lints]\n    {lint} = \
         \"allow\"  # or warn, deny\n\n    [events.\"storefront/item.imported\"]\n    allow = \
         [\"{lint}\"]",
        lint.default_level(),
        lint.explanation()
    )
}

fn exported_to_text(exported: &Exported) -> String {
    let written = exported
        .written
        .iter()
        .map(|path| format!("wrote {path}\n"));
    let removed = exported
        .removed
        .iter()
        .map(|path| format!("removed {path}\n"));
    let files: String = written.chain(removed).collect();
    let older = match exported.older.len() {
        0 => String::new(),
        n => format!(", {n} kept for older versions"),
    };
    let kept = match exported.kept.len() {
        0 => String::new(),
        n => {
            format!(", {n} kept for events that this program does not have; `--prune` removes them")
        }
    };
    let count = count(exported.written.len(), "file");
    format!(
        "{files}{count} written, {} unchanged{older}{kept}",
        exported.unchanged
    )
}

impl Output {
    /// The output of a successful command.
    pub(super) fn plain(out: String) -> Self {
        Self {
            out,
            ..Self::default()
        }
    }

    pub(super) fn new(
        code: u8,
        format: Format,
        text: &str,
        to_json: impl FnOnce() -> Value,
    ) -> Self {
        let out = match format {
            Format::Text => format!("{}\n", text.trim_end_matches('\n')),
            Format::Json => json::to_text(&to_json()),
        };
        Self {
            code,
            out,
            err: String::new(),
        }
    }
}

fn settings(config: Option<&Path>, dir: Option<&Path>) -> Result<Settings, Error> {
    match (config, dir) {
        (Some(path), _) => Settings::read(path),
        (None, Some(dir)) => Settings::of_folder(dir),
        (None, None) => Ok(Settings::default()),
    }
}
