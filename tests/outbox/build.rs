//! Sets `cfg(postgres)` if the tests can use Postgres, `cfg(cluster)` if they can start a server of their own,
//! and `cfg(pgbouncer)` if they can use PgBouncer too. Otherwise the test runner counts these tests as ignored.

include!("src/programs.rs");

fn main() {
    println!("cargo::rustc-check-cfg=cfg(postgres, cluster, pgbouncer)");
    println!("cargo::rerun-if-changed=src/programs.rs");
    println!("cargo::rerun-if-env-changed={POSTGRES_URL}");
    println!("cargo::rerun-if-env-changed=PATH");
    let has_cluster = postgres_program("initdb").is_some();
    let has_postgres = has_cluster
        || std::env::var_os(POSTGRES_URL).is_some()
        || std::net::TcpStream::connect(POSTGRES_ADDRESS).is_ok();
    let has_pgbouncer = has_postgres && pgbouncer_program().is_some();
    if !(has_cluster && has_pgbouncer) {
        // A file that does not exist makes the next build look again.
        println!("cargo::rerun-if-changed=look-again");
    }
    for (name, is_set, tests, mend) in [
        (
            "postgres",
            has_postgres,
            "on Postgres",
            "install PostgreSQL or set INNGEST_TEST_POSTGRES",
        ),
        (
            "cluster",
            has_cluster,
            "that need their own Postgres",
            "install PostgreSQL with initdb",
        ),
        (
            "pgbouncer",
            has_pgbouncer,
            "behind PgBouncer",
            "install PgBouncer",
        ),
    ] {
        if is_set {
            println!("cargo::rustc-cfg={name}");
        } else {
            println!("cargo::warning=the tests of the outbox {tests} are ignored; {mend}");
        }
    }
}
