//! Measures all clients side by side and prints the tables of `benches/README.md`.
//!
//! `cargo run --release -p benches` measures the clients that Cargo builds here. `--peers` adds the
//! other SDKs, if node and Python are installed. `--quick` runs briefly, to check that everything
//! works.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use benches::measure::Measured;

type Error = Box<dyn std::error::Error>;

/// A program that sends events.
struct Client {
    name: &'static str,
    program: PathBuf,
    /// The arguments before `URL MODE EVENTS RUN`.
    before: Vec<PathBuf>,
    /// The arguments after them.
    words: Vec<&'static str>,
    /// Whether the floor uses many threads too.
    multi: bool,
    /// The divisor of the number of events, for slow clients.
    slower: usize,
}

/// The sink process. It ends when the value is dropped.
struct Sink {
    child: Child,
    url: String,
}

impl Sink {
    fn start(folder: &Path) -> Result<Self, Error> {
        let mut child = Command::new(folder.join("sink"))
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the sink has no output")?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Self { child, url })
    }

    /// The numbers of events and of distinct ids since the last call.
    fn counts(&self) -> Result<(usize, usize), Error> {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://"))?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: sink\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let counts = answer.lines().last().unwrap_or_default();
        let (events, ids) = counts.split_once(' ').ok_or("the sink gave no counts")?;
        Ok((events.parse()?, ids.parse()?))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a client once and checks that the sink received every event once.
fn measure(
    sink: &Sink,
    client: &Client,
    mode: &str,
    events: usize,
    run: u32,
) -> Result<Measured, Error> {
    let output = Command::new(&client.program)
        .args(&client.before)
        .args([&sink.url, mode, &events.to_string(), &run.to_string()])
        .args(&client.words)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", client.name, output.status).into());
    }
    let counts = sink.counts()?;
    if counts != (events + 1, events + 1) {
        let problem = format!("{}: {counts:?} instead of {}", client.name, events + 1);
        return Err(problem.into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() -> Result<(), Error> {
    let has = |word: &str| std::env::args().any(|arg| arg == word);
    let folder = std::env::current_exe()?;
    let folder = folder
        .parent()
        .ok_or("the path of this program has no folder")?;
    // `cargo run` builds only this program, so build the others.
    // Without optimization, for a run that checks the programs, use what tests have built.
    let build: &[&str] = if cfg!(debug_assertions) {
        &["--workspace", "--bin=floor", "--bin=ours", "--bin=sink"]
    } else {
        &["--release", "-p", "benches", "--bins"]
    };
    let status = Command::new("cargo")
        .args(["build", "--quiet"])
        .args(build)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err("the measured programs could not be built".into());
    }
    let scale = if has("--quick") { 100 } else { 1 };
    let rounds = |client: &Client| match (scale, client.slower) {
        // With this many runs, the median varies by only a few hundredths.
        (1, 1) => 15,
        (1, _) => 5,
        _ => 1,
    };
    let floor = |multi: bool| Client {
        name: "floor",
        program: folder.join("floor"),
        before: Vec::new(),
        words: if multi { vec!["multi"] } else { Vec::new() },
        multi,
        slower: 1,
    };
    let clients = clients(folder, has("--peers"))?;
    let sink = Sink::start(folder)?;

    for (mode, title, events) in [
        ("one", "One after another", 20_000),
        ("many", "64 in flight", 40_000),
        (
            "batch",
            "200,000 events in one call, 1,000 in a request",
            200_000,
        ),
    ] {
        println!("\n### {title}\n");
        println!(
            "| client | CPU per event, × floor | (lowest to highest) | CPU µs | wall µs | allocations | peak MB | start-up CPU ms |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        for client in &clients {
            let events = events / scale / client.slower;
            let (mut ratios, mut all) = (Vec::new(), Vec::new());
            for run in 0..rounds(client) {
                let floor = floor(client.multi);
                let before = measure(&sink, &floor, mode, events, run * 3)?;
                let measured = measure(&sink, client, mode, events, run * 3 + 1)?;
                let after = measure(&sink, &floor, mode, events, run * 3 + 2)?;
                ratios.push(measured.cpu_us * 2.0 / (before.cpu_us + after.cpu_us));
                all.push(measured);
            }
            let of = |figure: fn(&Measured) -> f64| median(all.iter().map(figure).collect());
            let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = ratios.iter().copied().fold(0.0, f64::max);
            let allocations = match all.first().and_then(|first| first.allocations) {
                Some(_) => format!("{:.2}", of(|m| m.allocations.unwrap_or(f64::NAN))),
                None => String::new(),
            };
            #[expect(clippy::cast_precision_loss, reason = "only displayed")]
            let peak = of(|m| m.peak_kb as f64) / 1024.0;
            println!(
                "| {} | {:.2} | {lowest:.2} to {highest:.2} | {:.2} | {:.2} | {allocations} | {peak:.0} | {:.1} |",
                client.name,
                median(ratios),
                of(|m| m.cpu_us),
                of(|m| m.wall_us),
                of(|m| m.startup_us) / 1000.0,
            );
        }
    }

    println!("\n### Any number of events: `send_iter`\n");
    println!("| events | CPU per event, µs | peak MB |");
    println!("|---|---|---|");
    let ours = clients.first().ok_or("there are no clients")?;
    for events in [1_000, 10_000, 100_000, 1_000_000] {
        let events = (events / scale).max(10);
        let mut all = Vec::new();
        for run in 0..rounds(ours) {
            all.push(measure(&sink, ours, "stream", events, run)?);
        }
        let cpu = median(all.iter().map(|m| m.cpu_us).collect());
        #[expect(clippy::cast_precision_loss, reason = "only displayed")]
        let peak = median(all.iter().map(|m| m.peak_kb as f64 / 1024.0).collect());
        println!("| {events} | {cpu:.2} | {peak:.1} |");
    }
    Ok(())
}

fn clients(folder: &Path, peers: bool) -> Result<Vec<Client>, Error> {
    let ours = |name, words: &[&'static str]| Client {
        name,
        program: folder.join("ours"),
        before: Vec::new(),
        words: words.to_vec(),
        multi: words.contains(&"multi"),
        slower: 1,
    };
    let mut clients = vec![
        ours("inngest-core", &[]),
        ours("inngest-core, many threads", &["multi"]),
        ours("inngest-core over reqwest", &["reqwest"]),
        Client {
            name: "the floor on many threads",
            program: folder.join("floor"),
            multi: false,
            ..ours("", &["multi"])
        },
    ];
    if !peers {
        return Ok(clients);
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let target = folder
        .parent()
        .ok_or("there is no target folder")?
        .join("peers");
    let run = |program: &str, args: &[&Path]| -> bool {
        let status = Command::new(program)
            .args(args)
            .stdout(Stdio::null())
            .status();
        let worked = status.is_ok_and(|status| status.success());
        if !worked {
            eprintln!("*** {program} is missing or failed; its client is skipped ***");
        }
        worked
    };

    let manifest = source.join("official/Cargo.toml");
    let built = target.join("official");
    let arguments = ["build", "--release", "--quiet", "--manifest-path"].map(Path::new);
    let mut arguments = arguments.to_vec();
    arguments.extend([&*manifest, Path::new("--target-dir"), &*built]);
    if run("cargo", &arguments) {
        for (name, words) in [
            ("inngest 0.1.1 (crate)", vec![]),
            ("inngest 0.1.1 (crate), many threads", vec!["multi"]),
        ] {
            clients.push(Client {
                name,
                program: built.join("release/official"),
                before: Vec::new(),
                multi: words.contains(&"multi"),
                words,
                slower: 1,
            });
        }
    }

    let node = target.join("node");
    std::fs::create_dir_all(&node)?;
    for file in ["package.json", "send.mjs"] {
        std::fs::copy(source.join("node").join(file), node.join(file))?;
    }
    let arguments = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"].map(Path::new);
    if run("npm", &[&arguments[..], &[&*node]].concat()) {
        clients.push(Client {
            name: "inngest 4 (npm)",
            program: "node".into(),
            before: vec![node.join("send.mjs")],
            words: Vec::new(),
            multi: false,
            slower: 10,
        });
    }

    let python = target.join("python");
    let venv = ["-m", "venv"].map(Path::new);
    let pip = python.join("bin/pip");
    let requirements = source.join("python/requirements.txt");
    let install = ["install", "--quiet", "--disable-pip-version-check", "-r"].map(Path::new);
    if run("python3", &[&venv[..], &[&*python]].concat())
        && run(
            &pip.to_string_lossy(),
            &[&install[..], &[&*requirements]].concat(),
        )
    {
        clients.push(Client {
            name: "inngest 0.5 (PyPI)",
            program: python.join("bin/python"),
            before: vec![source.join("python/send.py")],
            words: Vec::new(),
            multi: false,
            slower: 20,
        });
    }
    Ok(clients)
}
