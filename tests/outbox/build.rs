//! Sets `cfg(postgres)` if the tests can have a Postgres database, so that the test runner counts their tests
//! as ignored where they cannot.

include!("src/programs.rs");

fn main() {
    println!("cargo::rustc-check-cfg=cfg(postgres, pgbouncer)");
    println!("cargo::rerun-if-changed=src/programs.rs");
    println!("cargo::rerun-if-env-changed={POSTGRES_URL}");
    println!("cargo::rerun-if-env-changed=PATH");
    let is_there = std::env::var_os(POSTGRES_URL).is_some()
        || std::net::TcpStream::connect(POSTGRES_ADDRESS).is_ok()
        || postgres_program("initdb").is_some();
    let has_pgbouncer = pgbouncer_program().is_some();
    if !(is_there && has_pgbouncer) {
        // A file that does not exist: look again in the next build.
        println!("cargo::rerun-if-changed=look-again");
    }
    if is_there {
        println!("cargo::rustc-cfg=postgres");
        if has_pgbouncer {
            println!("cargo::rustc-cfg=pgbouncer");
        } else {
            println!(
                "cargo::warning=the tests of the outbox behind PgBouncer are ignored; install pgbouncer"
            );
        }
    } else {
        println!(
            "cargo::warning=the tests of the outbox on Postgres are ignored; install PostgreSQL or set {POSTGRES_URL}"
        );
    }
}
