//! A crate that compiles scaffolded code and checks it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles scaffolded code under `deny(warnings)`, all in one crate because that takes seconds, and runs
/// checks on it.
pub(crate) struct TestCrate {
    folder: PathBuf,
    modules: String,
    checks: String,
}

/// An event type in scaffolded code.
struct Event {
    path: String,
    name: String,
    version: Option<String>,
}

impl TestCrate {
    pub(crate) fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffolded");
        fs::create_dir_all(folder.join("src")).unwrap();
        Self {
            folder,
            modules: String::new(),
            checks: String::new(),
        }
    }

    fn add(&mut self, module: &str, code: &str) -> Vec<Event> {
        fs::write(self.folder.join(format!("src/{module}.rs")), code).unwrap();
        writeln!(self.modules, "mod {module};").unwrap();
        events(module, code)
    }

    /// Adds code from samples, which must survive a round trip.
    pub(crate) fn add_samples(&mut self, module: &str, code: &str, samples: &Path) {
        let events = self.add(module, code);
        self.check_samples(&events, "round_trip", samples);
    }

    /// Adds code from schemas. Their values must survive a round trip. Changes between these schemas and
    /// the schemas of the types are printed.
    pub(crate) fn add_schemas(
        &mut self,
        module: &str,
        code: &str,
        schema: impl Fn(&str) -> PathBuf,
        values: &Path,
    ) {
        let events = self.add(module, code);
        self.check_samples(&events, "similar", values);
        for Event { path, name, .. } in &events {
            let schema = schema(name);
            let schema = schema.to_str().unwrap();
            writeln!(
                self.checks,
                "print_changes::<{path}>({name:?}, {schema:?});"
            )
            .unwrap();
        }
    }

    fn check_samples(&mut self, events: &[Event], check: &str, samples: &Path) {
        let samples = samples.to_str().unwrap();
        let mut arms = String::new();
        for Event {
            path,
            name,
            version,
        } in events
        {
            writeln!(arms, "({name:?}, {version:?}) => {check}::<{path}>(&data),").unwrap();
        }
        write!(
            self.checks,
            "for (name, version, data) in samples({samples:?}) {{
                match (&*name, version.as_deref()) {{
                    {arms}
                    other => panic!(\"no type for {{other:?}}\"),
                }}
            }}\n"
        )
        .unwrap();
    }

    /// Adds code from an exported folder, which the types must export again.
    pub(crate) fn add_export(&mut self, module: &str, code: &str, folder: &Path) {
        let events = self.add(module, code);
        let folder = folder.to_str().unwrap();
        self.checks.push_str("let types = Registry::new()");
        for Event { path, .. } in events {
            write!(self.checks, ".with::<{path}>()").unwrap();
        }
        writeln!(
            self.checks,
            ";\ncheck_registry(&types, {folder:?}).unwrap();"
        )
        .unwrap();
    }

    /// Compiles and runs the crate, and returns what it prints.
    pub(crate) fn run(&self) -> String {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let [core, registry] =
            ["inngest-core", "inngest-registry"].map(|name| workspace.join(name));
        let manifest = format!(
            "[package]
            name = \"scaffolded\"
            version = \"0.0.0\"
            edition = \"2024\"

            [dependencies]
            inngest-core = {{ path = {:?}, default-features = false, features = [\"registry\"] }}
            inngest-registry = {{ path = {:?}, default-features = false }}
            schemars = {{ version = \"1\", default-features = false, features = [\"derive\", \"std\"] }}
            serde = {{ version = \"1\", features = [\"derive\"] }}
            serde_json = \"1\"

            [workspace]\n",
            core.to_str().unwrap(),
            registry.to_str().unwrap()
        );
        let main = format!(
            "#![deny(warnings)]
            mod checks;
            {}
            use checks::*;
            use inngest_core::registry::Registry;
            use inngest_registry::check_registry;

            fn main() {{
                {}
            }}\n",
            self.modules, self.checks
        );
        for (path, text) in [
            ("Cargo.toml", &*manifest),
            ("src/main.rs", &main),
            ("src/checks.rs", include_str!("checks.rs")),
        ] {
            fs::write(self.folder.join(path), text).unwrap();
        }
        // The same versions as in the workspace are compiled already, and need no network.
        fs::copy(workspace.join("Cargo.lock"), self.folder.join("Cargo.lock")).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["run", "--offline", "--quiet", "--manifest-path"])
            .arg(self.folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap())
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The event types in scaffolded code.
fn events(module: &str, code: &str) -> Vec<Event> {
    let mut path = module.to_owned();
    let mut found = Vec::new();
    let mut attribute = None;
    for line in code.lines() {
        if let Some(inner) = line.strip_prefix("pub mod ") {
            path = format!("{module}::{}", inner.trim_end_matches(" {"));
        }
        let line = line.trim();
        if line.starts_with("#[event(name") || line == "#[event(" {
            attribute = Some(String::new());
        }
        let name = line
            .strip_prefix("pub struct ")
            .and_then(|rest| rest.split(' ').next());
        match (&mut attribute, name) {
            (Some(text), Some(name)) => {
                found.push(Event {
                    path: format!("{path}::{name}"),
                    name: argument(text, "name").unwrap(),
                    version: argument(text, "version"),
                });
                attribute = None;
            }
            (Some(text), None) => text.push_str(line),
            (None, _) => {}
        }
    }
    found
}

/// The text of an argument of an attribute.
fn argument(attribute: &str, key: &str) -> Option<String> {
    let (_, rest) = attribute.split_once(&format!("{key} = \""))?;
    Some(rest.split('"').next()?.to_owned())
}
