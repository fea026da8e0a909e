//! Exports event types and reads the folder back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use inngest_core::Event;
use inngest_registry::export::Export;
use inngest_registry::{Catalogue, Mode, Registry, Settings, check_registry};
use schemars::JsonSchema;
use serde::Serialize;
use tempfile::TempDir;

/// An order was paid.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", version = "2026-11-21.10")]
struct Paid {
    /// The number of the order.
    #[event(id)]
    order: u64,
    method: Method,
    /// The paying customer.
    #[event(user)]
    #[serde(skip)]
    customer: Option<Customer>,
}

#[derive(Serialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
enum Method {
    Card,
    Transfer { iban: String },
}

#[derive(Serialize, JsonSchema)]
struct Customer {
    email: String,
}

mod reworded {
    use super::*;

    /// An order was paid.
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/order.paid", version = "2026-11-21.10")]
    pub(crate) struct Paid {
        /// The order number.
        #[event(id)]
        order: u64,
        method: Method,
        /// The paying customer.
        #[event(user)]
        #[serde(skip)]
        customer: Option<Customer>,
    }
}

mod earlier {
    use super::*;

    /// An order was paid.
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "shop/order.paid", version = "2026-11-21.9")]
    pub(crate) struct Paid {
        /// The number of the order.
        #[event(id)]
        order: u64,
    }
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "Shop/../cartCleared", allow(nonstandard_name))]
struct OddlyNamed {}

#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "Order Completed",
    version = "2026-11-21.1",
    allow(nonstandard_name)
)]
struct Spaced {
    #[event(id)]
    order: u64,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = " order\u{a0}completed\u{2028}/ ", allow(nonstandard_name))]
struct OddlySpaced {
    #[event(id)]
    order: u64,
}

fn paid() -> Catalogue {
    Catalogue::of(&Registry::new().with::<Paid>())
}

/// All files below a folder, with their contents.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap();
                found.insert(name.replace('\\', "/"), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn export_writes_files_and_index() {
    let dir = TempDir::new().unwrap();
    Export::new()
        .base_url("https://schemas.example.com/events/")
        .run(&paid(), dir.path())
        .unwrap();
    let files = files(dir.path());
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["index.json", "shop/order.paid/2026-11-21.10.json"]
    );
    insta::assert_snapshot!("index", files["index.json"]);
    insta::assert_snapshot!("schema", files["shop/order.paid/2026-11-21.10.json"]);
}

#[test]
fn second_export_changes_nothing() {
    let [first, second] = [(); 2].map(|()| TempDir::new().unwrap());
    let types = Registry::new().with::<Paid>().with::<OddlyNamed>();
    let other_order = Registry::new().with::<OddlyNamed>().with::<Paid>();
    Export::new()
        .run(&Catalogue::of(&types), first.path())
        .unwrap();
    Export::new()
        .run(&Catalogue::of(&other_order), second.path())
        .unwrap();
    assert_eq!(files(first.path()), files(second.path()));

    let long_ago = SystemTime::UNIX_EPOCH;
    let path = first.path().join("shop/order.paid/2026-11-21.10.json");
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    let again = Export::new()
        .run(&Catalogue::of(&types), first.path())
        .unwrap();
    assert_eq!((again.written.len(), again.unchanged), (0, 3));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
}

#[test]
fn changed_doc_comment_changes_one_line() {
    let dir = TempDir::new().unwrap();
    Export::new().run(&paid(), dir.path()).unwrap();
    let before = files(dir.path());
    let reworded = Registry::new().with::<reworded::Paid>();
    let error = check_registry(&reworded, dir.path()).unwrap_err();
    assert!(
        error.to_string().contains("its documentation changed"),
        "{error}"
    );
    Export::new()
        .run(&Catalogue::of(&reworded), dir.path())
        .unwrap();
    check_registry(&reworded, dir.path()).unwrap();
    let after = files(dir.path());
    let changed: Vec<_> = before
        .iter()
        .flat_map(|(path, text)| {
            assert_eq!(text.lines().count(), after[path].lines().count());
            text.lines().zip(after[path].lines())
        })
        .filter(|(before, after)| before != after)
        .map(|(before, after)| (before.trim(), after.trim()))
        .collect();
    assert_eq!(
        changed,
        [(
            "\"description\": \"The number of the order.\",",
            "\"description\": \"The order number.\","
        )]
    );
}

#[test]
fn old_versions_stay_and_removed_events_are_pruned() {
    let dir = TempDir::new().unwrap();
    let earlier = Registry::new().with::<earlier::Paid>().with::<OddlyNamed>();
    Export::new()
        .run(&Catalogue::of(&earlier), dir.path())
        .unwrap();
    let mine = dir.path().join("shop/order.paid/notes.json");
    fs::write(&mine, "{}").unwrap();

    let kept = Export::new().run(&paid(), dir.path()).unwrap();
    assert_eq!(kept.older, ["shop/order.paid/2026-11-21.9.json"]);
    assert_eq!(kept.kept, ["~shop/=2e=2e/cart~cleared/unversioned.json"]);
    let read = Catalogue::read(dir.path()).unwrap();
    let versions: Vec<_> = read
        .versions("shop/order.paid")
        .iter()
        .map(|e| e.version.clone())
        .collect();
    assert_eq!(
        versions,
        [Some("2026-11-21.9".into()), Some("2026-11-21.10".into())]
    );
    check_registry(&Registry::new().with::<Paid>(), dir.path()).unwrap();

    let pruned = Export::new().prune(true).run(&paid(), dir.path()).unwrap();
    assert_eq!(pruned.removed, kept.kept);
    assert_eq!(pruned.older, kept.older);
    assert_eq!(
        files(dir.path()).keys().collect::<Vec<_>>(),
        [
            "index.json",
            "shop/order.paid/2026-11-21.10.json",
            "shop/order.paid/2026-11-21.9.json",
            "shop/order.paid/notes.json"
        ]
    );
    assert!(!dir.path().join("~shop").exists());
    assert_eq!(Catalogue::read(dir.path()).unwrap().len(), 2);
}

#[test]
fn lost_or_broken_files_are_restored() {
    let dir = TempDir::new().unwrap();
    let earlier = Registry::new().with::<earlier::Paid>().with::<OddlyNamed>();
    Export::new()
        .run(&Catalogue::of(&earlier), dir.path())
        .unwrap();
    Export::new().run(&paid(), dir.path()).unwrap();
    let all = files(dir.path());
    let own = "shop/order.paid/2026-11-21.10.json";
    let path = dir.path().join(own);
    let types = Registry::new().with::<Paid>();
    for broken in [
        None,
        Some("<<<<<<< HEAD".as_bytes()),
        Some(b"\xff"),
        Some(b"3"),
    ] {
        match broken {
            None => fs::remove_file(&path).unwrap(),
            Some(bytes) => fs::write(&path, bytes).unwrap(),
        }
        let error = check_registry(&types, dir.path()).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("`index.json` lists `"), "{error}");
        let exported = Export::new().run(&paid(), dir.path()).unwrap();
        assert_eq!(exported.written, [own]);
        assert_eq!(files(dir.path()), all);
    }

    // A lost file without a type is no longer listed, and the folder can be read.
    fs::remove_file(dir.path().join("shop/order.paid/2026-11-21.9.json")).unwrap();
    fs::remove_file(
        dir.path()
            .join("~shop/=2e=2e/cart~cleared/unversioned.json"),
    )
    .unwrap();
    check_registry(&types, dir.path()).unwrap_err();
    let exported = Export::new().run(&paid(), dir.path()).unwrap();
    assert_eq!((exported.older.len(), exported.kept.len()), (0, 0));
    check_registry(&types, dir.path()).unwrap();
}

#[test]
fn exported_folder_reads_back() {
    let dir = TempDir::new().unwrap();
    let types = Catalogue::of(
        &Registry::new()
            .with::<Paid>()
            .with::<OddlyNamed>()
            .with::<Spaced>()
            .with::<OddlySpaced>(),
    );
    Export::new()
        .base_url("https://example.com")
        .run(&types, dir.path())
        .unwrap();
    let read = Catalogue::read(dir.path()).unwrap();
    assert_eq!(read.len(), 4);
    for (read, written) in read.iter().zip(&types) {
        let mut expected = written.clone();
        expected.rust_type = None;
        expected.source = None;
        assert_eq!(*read, expected);
    }
}

#[test]
fn names_with_white_space_work() {
    let dir = TempDir::new().unwrap();
    let types = Catalogue::of(&Registry::new().with::<Spaced>().with::<OddlySpaced>());
    Export::new().run(&types, dir.path()).unwrap();
    let written: Vec<_> = files(dir.path()).into_keys().collect();
    assert_eq!(
        written,
        [
            "=20order=c2=a0completed=e2=80=a8/=20/unversioned.json",
            "index.json",
            "~order=20~completed/2026-11-21.1.json",
        ]
    );
    let settings = "[events.\"Order Completed\"]\nmode = \"none\"\n\
                    [events.\" order\u{a0}completed\u{2028}/ \"]\nmode = \"full\"\n";
    fs::write(dir.path().join("inngest-registry.toml"), settings).unwrap();
    let settings = Settings::of_folder(dir.path()).unwrap();
    assert_eq!(settings.mode_of(Spaced::NAME), Mode::None);
    assert_eq!(settings.mode_of(OddlySpaced::NAME), Mode::Full);
    check_registry(
        &Registry::new().with::<Spaced>().with::<OddlySpaced>(),
        dir.path(),
    )
    .unwrap();
}

#[test]
fn foreign_files_are_not_overwritten() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("shop/order.paid/2026-11-21.10.json");
    let others = TempDir::new().unwrap();
    let earlier = Registry::new().with::<earlier::Paid>();
    Export::new()
        .run(&Catalogue::of(&earlier), others.path())
        .unwrap();
    let another_version = files(others.path())["shop/order.paid/2026-11-21.9.json"].clone();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for text in [
        "mine",
        "{}",
        r#"{"properties": {"name": {"const": "shop/order.lost"}}}"#,
        r#"{"properties": {"name": {"const": "shop/order.paid"}}, "note": "by hand"}"#,
        &another_version,
    ] {
        fs::write(&path, text).unwrap();
        let error = Export::new().run(&paid(), dir.path()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("` is not in `index.json`"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    // A schema of this event is overwritten, so that a lost index can be written again.
    fs::remove_file(&path).unwrap();
    Export::new().run(&paid(), dir.path()).unwrap();
    fs::remove_file(dir.path().join("index.json")).unwrap();
    Export::new().run(&paid(), dir.path()).unwrap();
    check_registry(&Registry::new().with::<Paid>(), dir.path()).unwrap();
}

#[test]
fn index_paths_outside_the_folder_are_rejected() {
    let dir = TempDir::new().unwrap();
    let schemas = dir.path().join("schemas");
    Export::new().run(&paid(), &schemas).unwrap();
    let mine = dir.path().join("mine.json");
    fs::write(&mine, "{}").unwrap();
    let index = schemas.join("index.json");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(
        &index,
        text.replace("shop/order.paid/2026-11-21.10.json", "../mine.json"),
    )
    .unwrap();
    let error = Export::new()
        .prune(true)
        .run(&paid(), &schemas)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`../mine.json` instead of `shop/order.paid/2026-11-21.10.json`"),
        "{error}"
    );
    assert!(mine.exists());
}

/// A merge can leave an entry twice, and each copy would count as a type.
#[test]
fn index_with_a_file_twice_is_rejected() {
    let dir = TempDir::new().unwrap();
    Export::new().run(&paid(), dir.path()).unwrap();
    let index = dir.path().join("index.json");
    let mut json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&index).unwrap()).unwrap();
    let entry = json["events"][0].clone();
    json["events"].as_array_mut().unwrap().push(entry);
    fs::write(&index, json.to_string()).unwrap();
    let error = Catalogue::read(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains("it lists `shop/order.paid/2026-11-21.10.json` twice; restore it"),
        "{error}"
    );
}

#[test]
fn failed_write_leaves_no_file() {
    let dir = TempDir::new().unwrap();
    // A folder is at the path of the file.
    fs::create_dir_all(dir.path().join("index.json")).unwrap();
    let error = Export::new().run(&paid(), dir.path()).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("index.json` is a folder where a file should be"),
        "{message}"
    );
    assert!(files(dir.path()).keys().all(|name| !name.contains(".tmp")));
}

#[test]
fn check_error_prints_the_report() {
    let dir = TempDir::new().unwrap();
    let error = check_registry(&Registry::new().with::<Paid>(), dir.path()).unwrap_err();
    insta::assert_debug_snapshot!(error, @r"
    new: `shop/order.paid` 2026-11-21.10: is not exported yet
      --> inngest-registry/tests/export.rs:16
      to do: run `export`

    different: 1 event type, 1 difference
    ");
}

#[test]
fn byte_order_mark_is_ignored() {
    let dir = TempDir::new().unwrap();
    Export::new().run(&paid(), dir.path()).unwrap();
    for file in ["index.json", "shop/order.paid/2026-11-21.10.json"] {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("\u{feff}{text}")).unwrap();
        check_registry(&Registry::new().with::<Paid>(), dir.path()).unwrap();
    }
}
