//! The texts that people read, and the exit codes.

mod types;

use std::fs;
use std::path::Path;

use inngest_core::registry::Registry;
use tempfile::TempDir;

use self::types::{CartCleared, ItemImported, careless, changed};
use super::commands::Output;
use super::*;
use crate::catalogue::Catalogue;
use crate::exporters::ExportError;

struct Names;

impl Exporter for Names {
    fn name(&self) -> &'static str {
        "names"
    }

    fn about(&self) -> &'static str {
        "Write the names, one a line"
    }

    fn file_name(&self) -> &'static str {
        "names.txt"
    }

    fn export(&self, catalogue: &Catalogue) -> Result<String, ExportError> {
        let lines = catalogue.iter().map(|event| {
            if event.name.contains("ping") {
                return Err(ExportError {
                    event: event.name.clone(),
                    problem: "a ping cannot be named; take it out".into(),
                });
            }
            Ok(format!("{}\n", event.name))
        });
        lines.collect()
    }
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a command; `@` in an argument is the place.
    fn run(&self, cli: &Cli, line: &str) -> Output {
        let at = self.0.path().to_str().unwrap();
        let arguments = line.split(' ').map(|word| word.replace('@', at).into());
        let program = if cli.registry.is_some() {
            "schemas"
        } else {
            "inngest-registry"
        };
        let mut output = cli.run(
            std::iter::once(program.into()).chain(arguments),
            &[&Names],
            Paint::PLAIN,
        );
        for text in [&mut output.out, &mut output.err] {
            *text = text.replace(at, "@");
            if cfg!(windows) {
                *text = text.replace('\\', "/");
            }
        }
        output
    }

    /// The command and all that it says.
    fn say(&self, cli: &Cli, line: &str) -> String {
        let Output { code, out, err } = self.run(cli, line);
        format!("$ {line}\n{out}{err}exit {code}\n")
    }
}

fn shop() -> Cli {
    Cli::new(Registry::new().with::<ItemImported>().with::<CartCleared>())
}

fn careless_shop() -> Cli {
    Cli::new(
        Registry::new()
            .with::<careless::Older>()
            .with::<careless::OtherSigns>()
            .with::<careless::Ping>(),
    )
}

fn exported() -> Place {
    let place = Place::new();
    assert_eq!(place.run(&shop(), "export @/schemas").code, 0);
    place
}

#[test]
fn help() {
    let place = Place::new();
    let types = shop();
    let mut texts: Vec<String> = [
        "--help",
        "export --help",
        "check --help",
        "lint --help",
        "explain --help",
        "compat --help",
        "diff --help",
        "names --help",
    ]
    .iter()
    .map(|line| place.say(&types, line))
    .collect();
    let files = Cli::for_files();
    texts.extend(
        ["--help", "lint --help", "names --help"]
            .iter()
            .map(|line| place.say(&files, line)),
    );
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn wrong_usage() {
    let place = exported();
    place.write("no-schema.json", "[1]");
    place.write("no-json.json", "{");
    place.write("broken/index.json", "<<<<<<< HEAD");
    place.write("newer/index.json", r#"{"format": 2, "events": []}"#);
    place.write("empty/README.md", "");
    let types = shop();
    let files = Cli::for_files();
    let nothing = Cli::new(Registry::new());
    let twice = Cli::new(
        Registry::new()
            .with::<ItemImported>()
            .with::<changed::ItemImported>(),
    );
    let ping = careless_shop();
    let texts = [
        place.say(&types, "exprot"),
        place.say(&types, "check"),
        place.say(&types, "check @/schemas --mode bakward"),
        place.say(&types, "check @/none"),
        place.say(&types, "check @/broken"),
        place.say(&types, "check @/newer"),
        place.say(&types, "check @/schemas --config @/none.toml"),
        place.say(&types, "export @/schemas --base-url schemas.example.com"),
        place.say(&types, "explain large-integer"),
        place.say(&types, "lint @/empty"),
        place.say(&types, "compat @/none.json @/no-json.json"),
        place.say(&types, "compat @/no-schema.json @/no-schema.json"),
        place.say(&types, "compat @/no-json.json @/no-json.json"),
        place.say(&types, "diff @/schemas @/empty"),
        place.say(&ping, "names"),
        place.say(&nothing, "export @/nothing"),
        place.say(&nothing, "check @/schemas"),
        place.say(&nothing, "lint"),
        place.say(&twice, "export @/twice"),
        place.say(&files, "export @/schemas"),
        place.say(&files, "names"),
        place.say(&files, "lint"),
    ];
    for text in &texts {
        assert!(text.ends_with("exit 3\n"), "{text}");
    }
    if cfg!(not(windows)) {
        // The system's own words are those of Unix.
        insta::assert_snapshot!(texts.join("\n"));
    }
    assert!(!place.path("nothing").exists() && !place.path("twice").exists());
}

#[test]
fn from_nothing_to_a_new_shape() {
    let place = Place::new();
    place.write("schemas/notes.txt", "mine");
    let types = shop();
    let later = careless_shop();
    insta::assert_snapshot!(
        [
            place.say(&types, "check @/schemas"),
            place.say(&types, "export @/schemas"),
            place.say(&types, "export @/schemas"),
            place.say(&types, "check @/schemas"),
            place.say(&types, "check @/schemas --github"),
            place.say(&types, "check @/schemas --format json"),
            place.say(&types, "names"),
            place.say(&types, "names --out @/schemas"),
            place.say(&types, "names --out @/schemas"),
            place.say(&Cli::for_files(), "names --from @/schemas"),
            place.say(&later, "check @/schemas --github"),
            place.say(&later, "export @/schemas --format json"),
            place.say(&types, "export @/schemas --prune"),
            place.say(&types, "check @/schemas"),
        ]
        .join("\n")
    );
    assert_eq!(
        fs::read_to_string(place.path("schemas/notes.txt")).unwrap(),
        "mine"
    );
    assert!(!place.path("schemas/storefront/ping").exists());
}

#[test]
fn a_changed_field_fails_the_check() {
    let place = exported();
    let types = Cli::new(
        Registry::new()
            .with::<changed::ItemImported>()
            .with::<CartCleared>(),
    );
    let output = place.run(&types, "check @/schemas");
    assert_eq!(output.code, 1, "{output:?}");
    assert!(
        output.out.contains("bump the version to `2026-11-21.2`"),
        "{}",
        output.out
    );
    // What no mode protects is a difference all the same.
    let output = place.run(&types, "check @/schemas --mode none");
    assert_eq!(output.code, 1, "{output:?}");
    assert!(
        output.out.contains("run `export`") && !output.out.contains("bump"),
        "{}",
        output.out
    );
}

#[test]
fn a_changed_field_in_words() {
    let place = exported();
    let types = Cli::new(
        Registry::new()
            .with::<changed::ItemImported>()
            .with::<CartCleared>(),
    );
    place.run(&types, "export @/new");
    let [old, new] =
        ["schemas", "new"].map(|dir| format!("@/{dir}/storefront/item.imported/2026-11-21.1.json"));
    insta::assert_snapshot!(
        [
            place.say(&types, "check @/schemas"),
            place.say(&types, "check @/schemas --mode backward --github"),
            place.say(&types, "check @/schemas --mode none"),
            place.say(&types, &format!("compat {old} {new}")),
            place.say(
                &types,
                &format!("compat {old} {new} --mode forward --format json")
            ),
            place.say(&types, "diff @/schemas @/new"),
            place.say(&types, "diff @/schemas @/new --format markdown"),
            place.say(&types, "export @/schemas"),
            place.say(&types, "check @/schemas"),
        ]
        .join("\n")
    );
}

#[test]
fn settings_of_the_folder_hold() {
    let place = exported();
    let types = Cli::new(
        Registry::new()
            .with::<changed::ItemImported>()
            .with::<CartCleared>(),
    );
    place.write(
        "schemas/inngest-registry.toml",
        "base_url = \"https://schemas.example.com/\"\n[events.\"storefront/item.imported\"]\nmode = \"none\"\n",
    );
    let output = place.run(&types, "check @/schemas");
    assert!(!output.out.contains("bump"), "{}", output.out);
    place.run(&types, "export @/schemas");
    let file = place.path("schemas/storefront/item.imported/2026-11-21.1.json");
    let schema = crate::files::read_schema(&file).unwrap();
    assert_eq!(
        schema["$id"],
        "https://schemas.example.com/storefront/item.imported/2026-11-21.1.json"
    );
    assert_eq!(place.run(&types, "check @/schemas").code, 0);
    assert_eq!(
        Catalogue::read(place.path("schemas"))
            .unwrap()
            .iter()
            .map(|e| &e.schema)
            .collect::<Vec<_>>(),
        Catalogue::of(types.registry.as_ref().unwrap())
            .iter()
            .map(|e| &e.schema)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn lints() {
    let place = exported();
    let careless = careless_shop();
    let mut texts = vec![
        place.say(&careless, "lint"),
        place.say(&careless, "lint @/schemas"),
        place.say(&careless, "lint @/schemas --format json"),
        place.say(&shop(), "lint @/schemas"),
        place.say(&Cli::for_files(), "lint @/schemas"),
    ];
    place.write(
        "lints.toml",
        "[lints]\nevent-without-id = \"deny\"\ncoinciding-ids = \"allow\"\noutdated-version = \"warn\"\n\
         undocumented-fields = \"allow\"\n[events.\"storefront/item.imported\"]\nallow = [\"large-integers\"]\n",
    );
    texts.push(place.say(&careless, "lint @/schemas --config @/lints.toml"));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn explanations() {
    let place = Place::new();
    let cli = Cli::for_files();
    let mut texts = vec![place.say(&cli, "explain")];
    texts.extend(crate::lint::Lint::ALL.map(|lint| place.say(&cli, &format!("explain {lint}"))));
    texts.push(place.say(&cli, "explain similar-names --format json"));
    let all = place.run(&cli, "explain --format json").out;
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    assert_eq!(
        all["lints"].as_array().unwrap().len(),
        crate::lint::Lint::ALL.len()
    );
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn an_export_mends_what_cannot_be_read() {
    let place = exported();
    let types = shop();
    let file = "schemas/storefront/item.imported/2026-11-21.1.json";
    place.write(file, "<<<<<<< HEAD");
    let mut texts = vec![
        place.say(&types, "check @/schemas"),
        place.say(&types, "export @/schemas --format json"),
        place.say(&types, "check @/schemas"),
    ];
    fs::remove_file(place.path(file)).unwrap();
    texts.extend([
        place.say(&types, "check @/schemas"),
        place.say(&types, "export @/schemas"),
        place.say(&types, "check @/schemas"),
    ]);
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn schemas_that_are_the_same_are_compatible() {
    let place = Place::new();
    place.write("a.json", r#"{"type": "object"}"#);
    let cli = Cli::for_files();
    insta::assert_snapshot!(
        [
            place.say(&cli, "compat @/a.json @/a.json"),
            place.say(
                &cli,
                "compat @/a.json @/a.json --mode backward --format json"
            ),
        ]
        .join("\n")
    );
}

#[test]
fn the_version_itself_is_no_change() {
    let place = exported();
    let old = place.path("schemas/storefront/item.imported/2026-11-21.1.json");
    let text = fs::read_to_string(&old).unwrap();
    place.write("new.json", &text.replace("2026-11-21.1", "2026-11-21.2"));
    place.write(
        "other.json",
        &text.replace("storefront/item.imported", "storefront/item.lost"),
    );
    let cli = Cli::for_files();
    let old = "@/schemas/storefront/item.imported/2026-11-21.1.json";
    assert_eq!(place.run(&cli, &format!("compat {old} @/new.json")).code, 0);
    assert_ne!(
        place.run(&cli, &format!("compat {old} @/other.json")).code,
        0
    );
}

#[test]
fn differences_of_folders() {
    let place = exported();
    let fewer = Cli::new(
        Registry::new()
            .with::<CartCleared>()
            .with::<careless::Ping>(),
    );
    place.run(&fewer, "export @/new");
    let cli = Cli::for_files();
    insta::assert_snapshot!(
        [
            place.say(&cli, "diff @/schemas @/schemas"),
            place.say(
                &cli,
                "diff @/schemas @/schemas --format markdown --exit-code"
            ),
            place.say(&cli, "diff @/schemas @/new"),
            place.say(&cli, "diff @/schemas @/new --format markdown"),
            place.say(&cli, "diff @/schemas @/new --format json --exit-code"),
        ]
        .join("\n")
    );
}

#[test]
fn what_cannot_be_told_is_an_exit_code_of_its_own() {
    let place = Place::new();
    place.run(&careless_shop(), "export @/schemas");
    place.run(&shop(), "export @/schemas");
    let older = "schemas/storefront/item.imported/2026-11-20.1.json";
    place.write(older, r#"{"$ref": "https://example.com/item.json"}"#);
    let new = "@/schemas/storefront/item.imported/2026-11-21.1.json";
    insta::assert_snapshot!(
        [
            place.say(&shop(), "check @/schemas --mode backward_transitive"),
            place.say(&shop(), &format!("compat @/{older} {new}")),
            place.say(&shop(), "check @/schemas"),
        ]
        .join("\n")
    );
}

#[test]
fn another_id_in_a_folder() {
    let place = exported();
    let text = |name: &str| fs::read_to_string(place.path(name)).unwrap();
    for file in [
        "index.json",
        "storefront/item.imported/2026-11-21.1.json",
        "storefront/cart.cleared/unversioned.json",
    ] {
        let text = text(&format!("schemas/{file}"));
        let text = text.replace("item-imported-{item_id}", "item-imported-{name}");
        place.write(&format!("new/{file}"), &text);
    }
    let cli = Cli::for_files();
    insta::assert_snapshot!(
        [
            place.say(&cli, "diff @/schemas @/new"),
            place.say(&cli, "diff @/schemas @/new --format markdown"),
            place.say(&cli, "diff @/schemas @/new --format json"),
        ]
        .join("\n")
    );
}

#[test]
fn colours_are_only_around_words() {
    let place = exported();
    let at = place.path("schemas");
    let arguments = ["schemas".into(), "check".into(), at.into_os_string()];
    let output = shop().run(arguments, &[], Paint { colour: true });
    assert_eq!(
        output.out,
        "\u{1b}[1m\u{1b}[32mup to date\u{1b}[0m: 2 event types\n"
    );
    let stripped = anstream::adapter::strip_str(&output.out).to_string();
    assert_eq!(stripped, "up to date: 2 event types\n");
}

#[test]
fn the_program_is_called_by_its_own_name() {
    let output = shop().run(
        [Path::new("/usr/bin/shop-schemas").into(), "--help".into()],
        &[],
        Paint::PLAIN,
    );
    assert!(
        output.out.contains("  shop-schemas check schemas  "),
        "{}",
        output.out
    );
}
