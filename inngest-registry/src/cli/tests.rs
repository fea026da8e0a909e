//! Tests the output and the exit codes.

mod against;
mod catalog;
mod drift;
mod push;
mod types;

use std::fs;
use std::path::Path;

use inngest_core::registry::Registry;
use tempfile::TempDir;

use self::types::{CartCleared, ItemImported, careless, changed};
use super::commands::Output;
use super::*;
use crate::catalogue::Catalogue;
use crate::error::{Error, Problem};
use crate::lint::Lint;

const NAMES: &[Exporter] = &[Exporter {
    name: "names",
    about: "Write the names, one per line",
    file_name: "names.txt",
    export: names,
}];

fn names(types: &Catalogue) -> Result<String, Error> {
    let lines = types.iter().map(|event| {
        if event.name.contains("ping") {
            let event = event.name.clone();
            return Err(Error(Problem::TwoShapes { event }));
        }
        Ok(format!("{}\n", event.name))
    });
    lines.collect()
}

struct TestFolder(TempDir);

impl TestFolder {
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

    /// Runs a command. `@` in an argument is the folder.
    fn run(&self, cli: &Cli, line: &str) -> Output {
        let at = self.0.path().to_str().unwrap();
        let arguments = line.split(' ').map(|word| word.replace('@', at).into());
        let program = if cli.0.registry.is_some() {
            "schemas"
        } else {
            "inngest-registry"
        };
        let mut output = cli.run(std::iter::once(program.into()).chain(arguments), NAMES);
        for text in [&mut output.out, &mut output.err] {
            *text = text.replace(at, "@");
            if cfg!(windows) {
                *text = text.replace('\\', "/");
            }
        }
        output
    }

    /// The command and its output.
    fn transcript(&self, cli: &Cli, line: &str) -> String {
        let Output { code, out, err } = self.run(cli, line);
        format!("$ {line}\n{out}{err}exit {code}\n")
    }
}

/// A command line for these types, without colors.
fn cli(registry: Registry) -> Cli {
    Cli(Commands {
        registry: Some(registry),
        paint: Paint::PLAIN,
    })
}

/// A command line for files, without colors.
fn for_files() -> Cli {
    Cli(Commands {
        registry: None,
        paint: Paint::PLAIN,
    })
}

fn shop() -> Cli {
    cli(Registry::new().with::<ItemImported>().with::<CartCleared>())
}

fn careless_shop() -> Cli {
    cli(Registry::new()
        .with::<careless::Older>()
        .with::<careless::OtherSigns>()
        .with::<careless::Ping>())
}

fn exported() -> TestFolder {
    let place = TestFolder::new();
    assert_eq!(place.run(&shop(), "export @/schemas").code, 0);
    place
}

#[test]
fn help_texts() {
    let place = TestFolder::new();
    let types = shop();
    let mut texts: Vec<String> = [
        "--help",
        "export --help",
        "check --help",
        "lint --help",
        "explain --help",
        "compat --help",
        "diff --help",
        "drift --help",
        "push --help",
        "names --help",
    ]
    .iter()
    .map(|line| place.transcript(&types, line))
    .collect();
    let files = for_files();
    texts.extend(
        ["--help", "lint --help", "drift --help", "names --help"]
            .iter()
            .map(|line| place.transcript(&files, line)),
    );
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn invalid_usage_is_reported() {
    let place = exported();
    place.write("no-schema.json", "[1]");
    place.write("no-json.json", "{");
    place.write("broken/index.json", "<<<<<<< HEAD");
    place.write("newer/index.json", r#"{"format": 2, "events": []}"#);
    place.write("empty/README.md", "");
    place.write("file", "");
    let types = shop();
    let files = for_files();
    let nothing = cli(Registry::new());
    let twice = cli(Registry::new()
        .with::<ItemImported>()
        .with::<changed::ItemImported>());
    let ping = careless_shop();
    let texts = [
        place.transcript(&types, "exprot"),
        place.transcript(&types, "check"),
        place.transcript(&types, "check @/schemas --mode bakward"),
        place.transcript(&types, "check @/none"),
        place.transcript(&types, "check @/broken"),
        place.transcript(&types, "check @/newer"),
        place.transcript(&types, "check @/schemas --config @/none.toml"),
        place.transcript(&types, "export @/schemas --base-url schemas.example.com"),
        place.transcript(&types, "explain large-integer"),
        place.transcript(&types, "lint @/empty"),
        place.transcript(&types, "compat @/none.json @/no-json.json"),
        place.transcript(&types, "compat @/no-schema.json @/no-schema.json"),
        place.transcript(&types, "compat @/no-json.json @/no-json.json"),
        place.transcript(&types, "diff @/schemas @/empty"),
        place.transcript(&types, "diff @/schemas"),
        place.transcript(&types, "diff @/schemas @/empty --against main"),
        place.transcript(&types, "check @/file"),
        place.transcript(&types, "check @/file/schemas"),
        place.transcript(&types, "lint @/file"),
        place.transcript(&types, "diff @/file @/schemas"),
        place.transcript(&types, "export @/file"),
        place.transcript(&types, "export @/file/schemas"),
        place.transcript(&types, "names --from @/file"),
        place.transcript(&types, "names --out @/file/names.txt"),
        place.transcript(&types, "compat @/schemas @/no-json.json"),
        place.transcript(&types, "lint --config @/schemas"),
        place.transcript(&ping, "names"),
        place.transcript(&nothing, "export @/nothing"),
        place.transcript(&nothing, "check @/schemas"),
        place.transcript(&nothing, "lint"),
        place.transcript(&twice, "export @/twice"),
        place.transcript(&files, "export @/schemas"),
        place.transcript(&files, "names"),
        place.transcript(&files, "lint"),
    ];
    for text in &texts {
        assert!(text.ends_with("exit 3\n"), "{text}");
    }
    if cfg!(not(windows)) {
        // Only Unix has these messages of the operating system.
        insta::assert_snapshot!(texts.join("\n"));
    }
    assert!(!place.path("nothing").exists() && !place.path("twice").exists());
}

#[test]
fn export_and_check_through_a_new_version() {
    let place = TestFolder::new();
    place.write("schemas/notes.txt", "mine");
    let types = shop();
    let later = careless_shop();
    insta::assert_snapshot!(
        [
            place.transcript(&types, "check @/schemas"),
            place.transcript(&types, "export @/schemas"),
            place.transcript(&types, "export @/schemas"),
            place.transcript(&types, "check @/schemas"),
            place.transcript(&types, "check @/schemas --github"),
            place.transcript(&types, "check @/schemas --format json"),
            place.transcript(&types, "names"),
            place.transcript(&types, "names --out @/schemas"),
            place.transcript(&types, "names --out @/schemas"),
            place.transcript(&types, "names --out @/docs/events/names.txt"),
            place.transcript(&for_files(), "names --from @/schemas"),
            place.transcript(&later, "check @/schemas --github"),
            place.transcript(&later, "export @/schemas --format json"),
            place.transcript(&types, "export @/schemas --prune"),
            place.transcript(&types, "check @/schemas"),
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
fn changed_field_fails_the_check() {
    let place = exported();
    let types = cli(Registry::new()
        .with::<changed::ItemImported>()
        .with::<CartCleared>());
    let output = place.run(&types, "check @/schemas");
    assert_eq!(output.code, 1, "{output:?}");
    assert!(
        output.out.contains("bump the version to `2026-11-21.2`"),
        "{}",
        output.out
    );
    // A change that no mode forbids is still a difference.
    let output = place.run(&types, "check @/schemas --mode none");
    assert_eq!(output.code, 1, "{output:?}");
    assert!(
        output.out.contains("run `export`") && !output.out.contains("bump"),
        "{}",
        output.out
    );
}

#[test]
fn changed_field_is_described() {
    let place = exported();
    let types = cli(Registry::new()
        .with::<changed::ItemImported>()
        .with::<CartCleared>());
    place.run(&types, "export @/new");
    let [old, new] =
        ["schemas", "new"].map(|dir| format!("@/{dir}/storefront/item.imported/2026-11-21.1.json"));
    insta::assert_snapshot!(
        [
            place.transcript(&types, "check @/schemas"),
            place.transcript(&types, "check @/schemas --mode backward --format github"),
            place.transcript(&types, "check @/schemas --mode none"),
            place.transcript(&types, &format!("compat {old} {new}")),
            place.transcript(
                &types,
                &format!("compat {old} {new} --mode forward --format json")
            ),
            place.transcript(&types, "diff @/schemas @/new"),
            place.transcript(&types, "diff @/schemas @/new --format markdown"),
            place.transcript(&types, "export @/schemas"),
            place.transcript(&types, "check @/schemas"),
        ]
        .join("\n")
    );
}

#[test]
fn folder_settings_apply() {
    let place = exported();
    let types = cli(Registry::new()
        .with::<changed::ItemImported>()
        .with::<CartCleared>());
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
        Catalogue::of(types.0.registry.as_ref().unwrap())
            .iter()
            .map(|e| &e.schema)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn lint_reports() {
    let place = exported();
    let careless = careless_shop();
    let mut texts = vec![
        place.transcript(&careless, "lint"),
        place.transcript(&careless, "lint @/schemas"),
        place.transcript(&careless, "lint @/schemas --format json"),
        place.transcript(&shop(), "lint @/schemas"),
        place.transcript(&for_files(), "lint @/schemas"),
    ];
    place.write(
        "lints.toml",
        "[lints]\nevent-without-id = \"deny\"\ncoinciding-ids = \"allow\"\noutdated-version = \"warn\"\n\
         undocumented-fields = \"allow\"\nmay-be-empty = \"allow\"\n[events.\"storefront/item.imported\"]\nallow = [\"large-integers\"]\n",
    );
    texts.push(place.transcript(&careless, "lint @/schemas --config @/lints.toml"));
    texts.push(place.transcript(&shop(), "lint @/schemas --config @/lints.toml"));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn lints_are_explained() {
    let place = TestFolder::new();
    let files = for_files();
    let mut texts = vec![place.transcript(&files, "explain")];
    texts.extend(
        Lint::ALL
            .iter()
            .map(|lint| place.transcript(&files, &format!("explain {lint}"))),
    );
    texts.push(place.transcript(&files, "explain similar-names --format json"));
    let all = place.run(&files, "explain --format json").out;
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    assert_eq!(all["lints"].as_array().unwrap().len(), Lint::ALL.len());
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn export_restores_unreadable_files() {
    let place = exported();
    let types = shop();
    let file = "schemas/storefront/item.imported/2026-11-21.1.json";
    place.write(file, "<<<<<<< HEAD");
    let mut texts = vec![
        place.transcript(&types, "check @/schemas"),
        place.transcript(&types, "export @/schemas --format json"),
        place.transcript(&types, "check @/schemas"),
    ];
    fs::remove_file(place.path(file)).unwrap();
    texts.extend([
        place.transcript(&types, "check @/schemas"),
        place.transcript(&types, "export @/schemas"),
        place.transcript(&types, "check @/schemas"),
    ]);
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn equal_schemas_are_compatible() {
    let place = TestFolder::new();
    place.write("a.json", r#"{"type": "object"}"#);
    let files = for_files();
    insta::assert_snapshot!(
        [
            place.transcript(&files, "compat @/a.json @/a.json"),
            place.transcript(
                &files,
                "compat @/a.json @/a.json --mode backward --format json"
            ),
        ]
        .join("\n")
    );
}

#[test]
fn version_alone_is_not_a_change() {
    let place = exported();
    let old = place.path("schemas/storefront/item.imported/2026-11-21.1.json");
    let text = fs::read_to_string(&old).unwrap();
    place.write("new.json", &text.replace("2026-11-21.1", "2026-11-21.2"));
    place.write(
        "other.json",
        &text.replace("storefront/item.imported", "storefront/item.lost"),
    );
    let files = for_files();
    let old = "@/schemas/storefront/item.imported/2026-11-21.1.json";
    assert_eq!(
        place.run(&files, &format!("compat {old} @/new.json")).code,
        0
    );
    assert_ne!(
        place
            .run(&files, &format!("compat {old} @/other.json"))
            .code,
        0
    );
}

#[test]
fn folders_are_compared() {
    let place = exported();
    let fewer = cli(Registry::new()
        .with::<CartCleared>()
        .with::<careless::Ping>());
    place.run(&fewer, "export @/new");
    let files = for_files();
    insta::assert_snapshot!(
        [
            place.transcript(&files, "diff @/schemas @/schemas"),
            place.transcript(
                &files,
                "diff @/schemas @/schemas --format markdown --exit-code"
            ),
            place.transcript(&files, "diff @/schemas @/new"),
            place.transcript(&files, "diff @/schemas @/new --format markdown"),
            place.transcript(&files, "diff @/schemas @/new --format json --exit-code"),
        ]
        .join("\n")
    );
}

#[test]
fn unknown_verdict_exits_with_2() {
    let place = TestFolder::new();
    place.run(&careless_shop(), "export @/schemas");
    place.run(&shop(), "export @/schemas");
    let older = "schemas/storefront/item.imported/2026-11-20.1.json";
    place.write(older, r#"{"$ref": "https://example.com/item.json"}"#);
    let new = "@/schemas/storefront/item.imported/2026-11-21.1.json";
    insta::assert_snapshot!(
        [
            place.transcript(&shop(), "check @/schemas --mode backward_transitive"),
            place.transcript(&shop(), &format!("compat @/{older} {new}")),
            place.transcript(&shop(), "check @/schemas"),
        ]
        .join("\n")
    );
}

#[test]
fn changed_id_template_in_a_folder() {
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
    let files = for_files();
    insta::assert_snapshot!(
        [
            place.transcript(&files, "diff @/schemas @/new"),
            place.transcript(&files, "diff @/schemas @/new --format markdown"),
            place.transcript(&files, "diff @/schemas @/new --format json"),
        ]
        .join("\n")
    );
}

#[test]
fn colors_only_wrap_words() {
    let place = exported();
    let at = place.path("schemas");
    let arguments = ["schemas".into(), "check".into(), at.into_os_string()];
    let output = Cli::new(shop().0.registry.unwrap()).run(arguments, &[]);
    assert_eq!(
        output.out,
        "\u{1b}[1m\u{1b}[32mup to date\u{1b}[0m: 2 event types\n"
    );
    let stripped = anstream::adapter::strip_str(&output.out).to_string();
    assert_eq!(stripped, "up to date: 2 event types\n");
}

#[test]
fn help_uses_the_program_name() {
    let output = shop().run(
        [Path::new("/usr/bin/shop-schemas").into(), "--help".into()],
        &[],
    );
    assert!(
        output.out.contains("  shop-schemas check schemas  "),
        "{}",
        output.out
    );
}
