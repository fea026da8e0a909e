//! Production files have no circular imports, and no layer imports a layer above it. CONTRIBUTING.md
//! lists the layers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The layers of each crate, lowest first. A file may import files of its own layer and of earlier layers. A
/// path names a file or a folder, and the longest matching path decides.
const LAYERS: &[(&str, &[&[&str]])] = &[
    ("inngest-grammar", &[]),
    ("inngest-macros", &[]),
    (
        "inngest-core",
        &[
            &[
                "error.rs",
                "error",
                "const_text.rs",
                "url.rs",
                "runtime.rs",
                "timer.rs",
            ],
            &["encode"],
            &["event", "schema.rs", "schema"],
            &[
                "event/into_payload.rs",
                "encode/event.rs",
                "encode/buffer.rs",
            ],
            &["registry.rs", "distinct.rs", "derive_support.rs"],
            &["transport"],
            &["delivery", "batch.rs"],
            &["middleware"],
            &["client"],
            &["blocking.rs", "testing"],
            &["lib.rs"],
        ],
    ),
    (
        "inngest-receive",
        &[
            &["text.rs", "redact.rs", "error.rs"],
            &["data.rs", "scan.rs"],
            &["kinds.rs", "parts.rs"],
            &["events.rs", "from_event.rs"],
            &["received.rs", "upgrade.rs"],
            &["members.rs", "system.rs", "call.rs"],
            &["signature.rs", "signature"],
            &["testing.rs"],
            &["trigger.rs", "check", "derive_support.rs"],
            &["lib.rs"],
        ],
    ),
    (
        "inngest-outbox",
        &[
            &["error.rs", "schema", "table.rs", "status.rs"],
            &["settings.rs", "rows.rs"],
            &["add"],
            &["store"],
            &["resend.rs"],
            &["outbox.rs"],
            &["notify.rs", "admin.rs"],
            &["relay"],
            &["cli"],
            &["lib.rs"],
        ],
    ),
    ("inngest-registry", &[]),
];

/// The files of a crate, each with the files that it imports.
type Imports = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

/// The modules of a crate: module paths, such as `["client", "config"]`, and their files.
#[derive(Default)]
struct Modules(BTreeMap<Vec<String>, PathBuf>);

impl Modules {
    fn read(source: &Path) -> Self {
        let mut modules = Self::default();
        // The modules of a program use its library by name, so both can share this map.
        for root in ["main.rs", "lib.rs"].map(|root| source.join(root)) {
            if root.exists() {
                modules.add(source, &root, Vec::new());
            }
        }
        modules
    }

    /// Adds the module of a file and, recursively, the modules that the file declares.
    fn add(&mut self, source: &Path, file: &Path, path: Vec<String>) {
        let tokens: Vec<_> = tokens(file).into_iter().collect();
        let is_root = path.is_empty() || file.ends_with("mod.rs");
        let folder = if is_root {
            file.parent().unwrap().to_owned()
        } else {
            file.with_extension("")
        };
        for (index, token) in tokens.iter().enumerate() {
            let (TokenTree::Ident(word), Some(TokenTree::Ident(name)), Some(TokenTree::Punct(end))) =
                (token, tokens.get(index + 1), tokens.get(index + 2))
            else {
                continue;
            };
            if word != "mod" || end.as_char() != ';' || is_for_tests(&tokens[..index]) {
                continue;
            }
            let name = name.to_string();
            let path_attribute = path_attribute(&tokens[..index]);
            let below = [
                path_attribute.map_or_else(
                    || folder.join(format!("{name}.rs")),
                    |path| folder.join(path),
                ),
                folder.join(&name).join("mod.rs"),
            ];
            let below = below.iter().find(|file| file.exists());
            let below = below.unwrap_or_else(|| panic!("{} declares {name}", file.display()));
            let path = path.iter().cloned().chain([name]).collect();
            self.add(source, below, path);
        }
        self.0
            .insert(path, file.strip_prefix(source).unwrap().to_owned());
    }
}

fn tokens(file: &Path) -> TokenStream {
    let text = fs::read_to_string(file).unwrap();
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Whether the attributes at the end of these tokens include `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn is_for_tests(before: &[TokenTree]) -> bool {
    attributes(before).any(|text| text == "cfg (test)" || text.starts_with("cfg (all (test ,"))
}

fn path_attribute(before: &[TokenTree]) -> Option<String> {
    attributes(before).find_map(|text| {
        let path = text.strip_prefix("path = \"")?;
        Some(path.trim_end_matches('"').to_owned())
    })
}

/// The attributes at the end of these tokens, skipping a visibility after them.
fn attributes(before: &[TokenTree]) -> impl Iterator<Item = String> {
    let mut rest = before;
    loop {
        match rest {
            [start @ .., TokenTree::Ident(word)] if word == "pub" => rest = start,
            [start @ .., TokenTree::Ident(word), TokenTree::Group(group)]
                if word == "pub" && group.delimiter() == Delimiter::Parenthesis =>
            {
                rest = start;
            }
            _ => break,
        }
    }
    let mut found = Vec::new();
    while let [start @ .., TokenTree::Punct(hash), TokenTree::Group(group)] = rest {
        if hash.as_char() != '#' {
            break;
        }
        found.push(group.stream().to_string());
        rest = start;
    }
    found.into_iter()
}

/// Collects the files that the paths in a file refer to.
struct Finder<'a> {
    modules: &'a Modules,
    found: BTreeSet<PathBuf>,
}

impl Finder<'_> {
    /// Searches the tokens of a module, which may be inline in another module's file.
    fn search(&mut self, tokens: TokenStream, module: &[String]) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            match token {
                TokenTree::Ident(word) if word == "mod" => {
                    if let Some(TokenTree::Group(body)) = tokens.get(index + 2) {
                        let name = tokens[index + 1].to_string();
                        let inner: Vec<_> = module.iter().cloned().chain([name]).collect();
                        if !is_for_tests(&tokens[..index]) {
                            self.search(body.stream(), &inner);
                        }
                    }
                    index += 3;
                    continue;
                }
                TokenTree::Ident(_) if !continues_a_path(&tokens[..index]) => {
                    self.resolve(&tokens[index..], module, None);
                }
                TokenTree::Group(group) => self.search(group.stream(), module),
                _ => {}
            }
            index += 1;
        }
    }

    /// Resolves a path, such as `a::b` or `a::{b, c::d}`. `from` is the module of the preceding segments.
    fn resolve(&mut self, tokens: &[TokenTree], module: &[String], from: Option<Vec<String>>) {
        let Some(TokenTree::Ident(first)) = tokens.first() else {
            return;
        };
        let first = first.to_string();
        let has_more = matches!(
            tokens.get(1..3),
            Some([TokenTree::Punct(a), TokenTree::Punct(b)]) if a.as_char() == ':' && b.as_char() == ':'
        );
        let is_start = from.is_none();
        let to = match (&*first, from) {
            ("crate", None) => Some(Vec::new()),
            ("self", None) => Some(module.to_vec()),
            ("self", Some(from)) => Some(from),
            ("super", None) => module.split_last().map(|(_, parent)| parent.to_vec()),
            ("super", Some(from)) => from.split_last().map(|(_, parent)| parent.to_vec()),
            (name, from) => {
                let mut below = from.unwrap_or_else(|| module.to_vec());
                below.push(name.to_owned());
                self.modules.0.contains_key(&below).then_some(below)
            }
        };
        let Some(to) = to else {
            return;
        };
        if is_start && !has_more {
            return;
        }
        let after = if has_more { &tokens[3..] } else { &[] };
        match after.first() {
            Some(TokenTree::Ident(_)) => {
                let before = self.found.len();
                self.resolve(after, module, Some(to.clone()));
                // The next segment is an item of the module.
                let next = after[0].to_string();
                let below: Vec<_> = to.iter().cloned().chain([next.clone()]).collect();
                let is_module = next == "super" || self.modules.0.contains_key(&below);
                if !is_module && before == self.found.len() {
                    self.record(&to);
                }
            }
            Some(TokenTree::Group(group)) => {
                let inside: Vec<_> = group.stream().into_iter().collect();
                for item in
                    inside.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ','))
                {
                    let Some(TokenTree::Ident(name)) = item.first() else {
                        continue;
                    };
                    let below: Vec<_> = to.iter().cloned().chain([name.to_string()]).collect();
                    if self.modules.0.contains_key(&below) || name == "self" {
                        self.resolve(item, module, Some(to.clone()));
                    } else {
                        self.record(&to);
                    }
                }
            }
            _ => self.record(&to),
        }
    }

    fn record(&mut self, module: &[String]) {
        if let Some(file) = self.modules.0.get(module) {
            self.found.insert(file.clone());
        }
    }
}

/// Whether the next token continues a path, or follows `$` or `.`.
fn continues_a_path(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Punct(a), TokenTree::Punct(b)]
            if a.as_char() == ':' && b.as_char() == ':' =>
        {
            true
        }
        [.., TokenTree::Punct(sign)] => sign.as_char() == '$' || sign.as_char() == '.',
        _ => false,
    }
}

fn imports(source: &Path) -> Imports {
    let modules = Modules::read(source);
    let files = modules.0.iter().map(|(path, file)| {
        let mut finder = Finder {
            modules: &modules,
            found: BTreeSet::new(),
        };
        finder.search(tokens(&source.join(file)), path);
        finder.found.remove(file);
        (file.clone(), finder.found)
    });
    files.collect()
}

/// The circular imports of a crate, one for each set of files that import each other.
fn cycles(imports: &Imports) -> Vec<Vec<&Path>> {
    let mut cycles = Vec::new();
    let mut seen = BTreeSet::new();
    for file in imports.keys() {
        let mutual: Vec<&Path> = reachable(imports, file)
            .into_iter()
            .filter(|other| reachable(imports, other).contains(&**file))
            .collect();
        if mutual.len() > 1 && seen.insert(mutual.clone()) {
            cycles.push(mutual);
        }
    }
    cycles
}

/// The files that a file imports, directly or indirectly.
fn reachable<'a>(imports: &'a Imports, file: &Path) -> BTreeSet<&'a Path> {
    let mut reachable = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        let imported = imports.get(file).into_iter().flatten();
        next.extend(
            imported
                .filter(|file| reachable.insert(&***file))
                .map(|file| &**file),
        );
    }
    reachable
}

/// The paths of all layers, each with the level of its layer, counted from the lowest.
fn paths<'a>(layers: &'a [&'a [&'a str]]) -> impl Iterator<Item = (usize, &'a str)> {
    let layers = layers.iter().enumerate();
    layers.flat_map(|(level, layer)| layer.iter().map(move |path| (level, *path)))
}

/// The level of a file's layer, if it is in exactly one.
fn level(layers: &[&[&str]], file: &Path) -> Result<usize, String> {
    let matching = || paths(layers).filter(|(_, path)| file.starts_with(path));
    let longest = matching().map(|(_, path)| path.len()).max();
    let mut levels = matching().filter(|(_, path)| Some(path.len()) == longest);
    match (levels.next(), levels.next()) {
        (Some((level, _)), None) => Ok(level),
        (None, _) => Err(format!("{} is in no layer", file.display())),
        (Some(_), Some(_)) => Err(format!("{} is in two layers", file.display())),
    }
}

/// What is wrong with the layers of a crate.
fn layer_problems(layers: &[&[&str]], imports: &Imports) -> Vec<String> {
    let mut problems = Vec::new();
    for (file, imported) in imports {
        let high = match level(layers, file) {
            Ok(high) => high,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for below in imported {
            if level(layers, below).is_ok_and(|below| below > high) {
                problems.push(format!("{} imports {}", file.display(), below.display()));
            }
        }
    }
    for (_, path) in paths(layers) {
        if !imports.keys().any(|file| file.starts_with(path)) {
            problems.push(format!("{path} names no file"));
        }
    }
    problems
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(name)
        .join("src")
}

#[test]
fn files_have_no_circular_imports() {
    let mut found = Vec::new();
    for (name, _) in LAYERS {
        let imports = imports(&source(name));
        let files = cycles(&imports).concat();
        found.extend(
            files
                .iter()
                .map(|file| format!("{name}: {}", file.display())),
        );
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn layers_import_only_lower_layers() {
    for (name, layers) in LAYERS.iter().filter(|(_, layers)| !layers.is_empty()) {
        let problems = layer_problems(layers, &imports(&source(name)));
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

/// Each layer is a row in a table of CONTRIBUTING.md, in the same order.
#[test]
fn contributing_lists_the_layers() {
    let text = include_str!("../CONTRIBUTING.md");
    for (name, layers) in LAYERS.iter().filter(|(_, layers)| !layers.is_empty()) {
        let mut rest = text;
        for layer in *layers {
            let mut modules: Vec<_> = layer
                .iter()
                .map(|path| format!("`{}`", path.trim_end_matches(".rs")))
                .collect();
            modules.dedup();
            let row = format!("\n| {} |", modules.join(", "));
            if row == "\n| `lib` |" {
                continue;
            }
            let found = rest.split_once(&*row);
            rest = found.unwrap_or_else(|| panic!("{name}: no row `{row}`")).1;
        }
    }
}

/// Tests the check of the layers itself.
#[test]
fn each_file_belongs_to_one_layer() {
    let none = BTreeSet::new;
    let imports: Imports = [
        ("a.rs", BTreeSet::from(["b/c.rs".into()])),
        ("b/mod.rs", none()),
        ("b/c.rs", none()),
        ("d.rs", none()),
    ]
    .map(|(file, imported)| (file.into(), imported))
    .into();
    let of = |layers| layer_problems(layers, &imports);
    assert_eq!(of(&[&["b"], &["a.rs", "d.rs"]]), Vec::<String>::new());
    assert_eq!(
        of(&[&["b", "a.rs"], &["b/c.rs", "d.rs"]]),
        ["a.rs imports b/c.rs"]
    );
    assert_eq!(of(&[&["b"], &["a.rs"]]), ["d.rs is in no layer"]);
    let twice: &[&[&str]] = &[&["b", "d.rs"], &["a.rs", "d.rs"], &["e.rs"]];
    assert_eq!(of(twice), ["d.rs is in two layers", "e.rs names no file"]);
}

/// Tests the import finder itself.
#[test]
fn finder_sees_every_form_of_import() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write(
        "lib.rs",
        "mod a; mod b; pub(crate) mod c; #[cfg(test)] mod t; #[cfg(all(test, feature = \"f\"))] mod t; #[path = \"z.rs\"] mod d;",
    );
    write(
        "a.rs",
        "use crate::b::{self, inner::Thing as Other}; fn f() -> super::c::X { }",
    );
    write(
        "b/mod.rs",
        "mod inner; pub use inner::Thing; fn f() { crate::d::g::<u8>() }",
    );
    write(
        "b/inner.rs",
        "use super::super::c; mod deep { fn f() { super::super::h() } } #[cfg(test)] mod tests { use crate::a::f; }",
    );
    write(
        "c.rs",
        "macro_rules! m { () => { $crate::a::f() } } // crate::a::f\nconst A: &str = \"crate::a\";",
    );
    write(
        "z.rs",
        "use crate::{a::f, c}; pub(super) struct X; pub(crate) struct Y; trait T { fn a(&self); }",
    );
    write("t.rs", "");
    let imports = imports(folder.path());
    let of = |name: &str| {
        let files = imports[Path::new(name)].iter();
        files.map(|file| file.to_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("a.rs"), ["b/inner.rs", "b/mod.rs", "c.rs"]);
    assert_eq!(of("b/mod.rs"), ["b/inner.rs", "z.rs"]);
    assert_eq!(of("b/inner.rs"), ["b/mod.rs", "c.rs"]);
    assert_eq!(of("c.rs"), Vec::<&str>::new());
    assert_eq!(of("z.rs"), ["a.rs", "c.rs"]);
    assert_eq!(cycles(&imports).len(), 1);
}
