//! Reads the files of a folder from a commit, with the program `git`.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use crate::error::{Error, Problem};

/// A folder in a commit.
pub(super) struct Commit {
    reference: String,
    hash: String,
    git: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Commit {
    /// Finds the commit that a branch, tag or hash names in the repository of a folder.
    pub(super) fn find(dir: &Path, reference: &str) -> Result<Self, Error> {
        let not_found = |problem: String| -> Error {
            let reference = reference.to_owned();
            Problem::GitRef { reference, problem }.into()
        };
        let no_git = |error: io::Error| {
            match error.kind() {
            io::ErrorKind::NotFound => not_found(
                "the program `git` is not installed; install it, or check the branch out beside this one \
                 and name its folder"
                    .to_owned(),
            ),
            _ => not_found(format!("`git` cannot be run: {error}")),
        }
        };
        let commit = format!("{reference}^{{commit}}");
        let found = git(dir, &["rev-parse", "--verify", "--end-of-options", &commit]).output();
        let found = found.map_err(no_git)?;
        let hash = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        if !found.status.success() || hash.is_empty() {
            return Err(not_found(advice(dir, reference, &found)));
        }
        let mut git = git(dir, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(no_git)?;
        let (Some(requests), Some(answers)) = (git.stdin.take(), git.stdout.take()) else {
            return Err(not_found(
                "`git` has no standard input or output".to_owned(),
            ));
        };
        Ok(Self {
            reference: reference.to_owned(),
            hash,
            git,
            requests,
            answers: BufReader::new(answers),
        })
    }

    /// The name of a file in messages, in git's notation.
    pub(super) fn name(&self, file: &Path) -> String {
        format!("{}:{}", self.reference, file.display())
    }

    /// Reads a file of the folder.
    pub(super) fn read(&mut self, relative: &str) -> io::Result<String> {
        writeln!(self.requests, "{}:./{relative}", self.hash)?;
        self.requests.flush()?;
        let mut header = String::new();
        self.answers.read_line(&mut header)?;
        // `<hash> blob <bytes>`, or `<request> missing`.
        let Some((_, size)) = header.trim_end().split_once(" blob ") else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let size: usize = size.parse().map_err(io::Error::other)?;
        let mut content = vec![0; size + 1];
        self.answers.read_exact(&mut content)?;
        // A line feed follows the content.
        content.truncate(size);
        String::from_utf8(content)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl Drop for Commit {
    fn drop(&mut self) {
        // All answers have been read, so git has nothing left to do.
        let _ = self.git.kill();
        let _ = self.git.wait();
    }
}

fn git(dir: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(dir)
        .args(arguments)
        .stderr(Stdio::piped());
    // The advice below reads git's messages.
    git.env("LC_ALL", "C");
    git
}

/// Explains why git did not find a commit, and what to do.
fn advice(dir: &Path, reference: &str, found: &Output) -> String {
    let answer = |arguments: &[&str]| {
        let output = git(dir, arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    };
    let Some(is_shallow) = answer(&["rev-parse", "--is-shallow-repository"]) else {
        let words = String::from_utf8_lossy(&found.stderr);
        if words.contains("not a git repository") {
            return format!(
                "`{}` is not in a git repository; run this in a clone, or compare two folders with `diff OLD NEW`",
                dir.display()
            );
        }
        let words = words
            .trim()
            .trim_start_matches("fatal: ")
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        return format!("git refuses: {words}");
    };
    let remote = format!("refs/remotes/origin/{reference}");
    if answer(&["rev-parse", "--verify", "--quiet", &remote]).is_some() {
        return format!("only the remote has this branch; write `--against origin/{reference}`");
    }
    let branch = reference.strip_prefix("origin/").unwrap_or(reference);
    let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    let fetch = (!branch.starts_with('-') && branch.chars().all(plain))
        .then(|| format!("`git fetch --depth=1 origin {branch}` and write `--against FETCH_HEAD`"));
    match (is_shallow.as_str(), fetch) {
        ("true", fetch) => {
            let fetch = fetch.map(|fetch| format!("run {fetch}, or "));
            format!(
                "this clone is shallow and does not have it; {}fetch the whole history with `git fetch \
                 --unshallow`, or `fetch-depth: 0` of `actions/checkout`",
                fetch.unwrap_or_default()
            )
        }
        (_, Some(fetch)) => {
            format!(
                "there is no such branch, tag or commit; if only the remote has it, run {fetch}"
            )
        }
        (_, None) => {
            "there is no such branch, tag or commit; write one that `git log` accepts".to_owned()
        }
    }
}
