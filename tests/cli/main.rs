//! The binary from the outside: real shells, real terminals, a scripted STS, AWS's own clients.

mod asking;
mod aws_clients;
mod broken_files;
mod cache;
mod cache_files;
mod codes;
mod command;
mod harness;
mod hidden;
mod issued;
mod moto;
mod not_asking;
mod profiles;
mod refused;
mod roles;
mod session;
mod shells;
mod shown;
mod terminal;
mod together;
mod unreachable;
mod unset;
mod usage;
mod write_default;
mod write_files;
mod write_refused;
