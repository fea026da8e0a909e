//! Sets `cfg(postgres)` if the tests can use Postgres, and `cfg(pgbouncer)` if they can use PgBouncer too.
//! Otherwise the test runner counts these tests as ignored.

include!("src/programs.rs");

fn main() {
    println!("cargo::rustc-check-cfg=cfg(postgres, pgbouncer)");
    println!("cargo::rerun-if-changed=src/programs.rs");
    println!("cargo::rerun-if-env-changed={POSTGRES_URL}");
    println!("cargo::rerun-if-env-changed=PATH");
    let has_postgres = std::env::var_os(POSTGRES_URL).is_some()
        || std::net::TcpStream::connect(POSTGRES_ADDRESS).is_ok()
        || postgres_program("initdb").is_some();
    let has_pgbouncer = pgbouncer_program().is_some();
    if !(has_postgres && has_pgbouncer) {
        // A file that does not exist makes the next build look again.
        println!("cargo::rerun-if-changed=look-again");
    }
    if has_postgres {
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
