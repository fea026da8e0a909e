//! Tests `Outbox::add` in transactions of every library, on real databases.

mod database;
mod events;
mod libraries;
mod pgbouncer;
mod postgres;
mod scenarios;
mod sqlite;
mod steps;
