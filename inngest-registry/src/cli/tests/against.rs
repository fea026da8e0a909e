//! Tests `--against`.

use super::*;

impl TestFolder {
    fn git(&self, arguments: &str) {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        git.current_dir(self.0.path()).args(arguments.split(' '));
        let output = git.output().unwrap();
        assert!(output.status.success(), "git {arguments}: {output:?}");
    }
}

#[test]
fn folders_are_compared_with_commits() {
    let place = TestFolder::new();
    let changed = cli(Registry::new()
        .with::<changed::ItemImported>()
        .with::<CartCleared>());
    place.git("init --quiet --initial-branch main");
    place.write("README.md", "");
    place.git("add .");
    place.git("commit --quiet --message empty");
    place.git("tag empty");
    place.run(&shop(), "export @/schemas");
    place.git("add .");
    place.git("commit --quiet --message schemas");
    place.git("checkout --quiet -b branch");
    let unchanged = place.run(&shop(), "check @/schemas --against main");
    assert_eq!((unchanged.code, &*unchanged.err), (0, ""));
    place.run(&changed, "export @/schemas");
    insta::assert_snapshot!(
        [
            place.transcript(&changed, "check @/schemas"),
            place.transcript(&changed, "check @/schemas --against main --format github"),
            place.transcript(&changed, "check @/schemas --against empty"),
            place.transcript(&for_files(), "diff --against main @/schemas"),
            place.transcript(&for_files(), "diff @/schemas --against HEAD --format json"),
            place.transcript(&for_files(), "diff --against empty @/schemas"),
        ]
        .join("\n")
    );
}

#[test]
fn unknown_commits_are_explained() {
    let place = exported();
    let files = for_files();
    let outside = place.transcript(&files, "diff --against main @/schemas");
    place.git("init --quiet --initial-branch main");
    place.git("add .");
    place.git("commit --quiet --message first");
    place.git("commit --quiet --message second --allow-empty");
    let at = place.0.path().display().to_string();
    place.git(&format!("clone --quiet --depth 1 file://{at} shallow"));
    place.git(&format!("clone --quiet file://{at} whole"));
    place.git("-C whole checkout --quiet -b work");
    place.git("-C whole branch --quiet -D main");
    let texts = [
        outside,
        place.transcript(&files, "diff --against mian @/schemas"),
        place.transcript(&files, "diff --against --help @/schemas"),
        place.transcript(&files, "diff --against=--all @/schemas"),
        place.transcript(&files, "diff --against HEAD:schemas @/schemas"),
        place.transcript(&files, "diff --against HEAD~1 @/shallow/schemas"),
        place.transcript(&files, "diff --against origin/next @/shallow/schemas"),
        place.transcript(&files, "diff --against main @/whole/schemas"),
        place.transcript(&files, "diff --against main @/none"),
    ];
    let same = place.run(&files, "diff --against origin/main @/whole/schemas");
    assert_eq!((same.code, &*same.err), (0, ""));
    insta::assert_snapshot!(texts.join("\n"));
}
