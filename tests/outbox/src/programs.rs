// Finds the programs of Postgres and PgBouncer. The build script includes this file too.

/// The environment variable that holds the URL of a database on the server to use.
const POSTGRES_URL: &str = "INNGEST_TEST_POSTGRES";

/// A server that is used if it answers.
const POSTGRES_ADDRESS: &str = "127.0.0.1:5432";

/// The path of a Postgres program. Debian installs these programs outside the `PATH`.
fn postgres_program(name: &str) -> Option<std::path::PathBuf> {
    let mut debian: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    debian.sort();
    find_program(name, debian.into_iter().rev())
}

/// The path of PgBouncer. The `PATH` of a user may lack its folder.
fn pgbouncer_program() -> Option<std::path::PathBuf> {
    find_program("pgbouncer", ["/usr/sbin".into()])
}

/// The path of a program in these folders or in the `PATH`.
fn find_program(
    name: &str,
    folders: impl IntoIterator<Item = std::path::PathBuf>,
) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}
