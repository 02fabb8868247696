//! The binary from the outside: real shells, real terminals, a scripted STS, AWS's own clients.

#![cfg_attr(not(target_os = "linux"), allow(unused, reason = "helpers of tests that run on Linux only"))]

mod all_or_nothing;
mod asking;
mod aws_clients;
#[cfg(target_os = "linux")]
mod bare;
mod broken_files;
mod cache;
mod cache_files;
mod canary;
mod chains;
mod codes;
mod command;
mod completion;
mod console;
mod devices;
mod doctor;
mod doctor_shell;
mod forget;
mod guides;
mod help;
mod hidden;
mod installer;
mod issued;
mod layouts;
mod leaks;
mod list;
mod loaded;
mod meanwhile;
mod more_shells;
mod moto;
mod not_asking;
#[cfg(target_os = "linux")]
mod other_users;
mod pasted;
mod pick;
#[cfg(target_os = "linux")]
mod pinentries;
mod processes;
mod profiles;
mod protect;
mod protect_refused;
mod proxy;
mod refused;
mod require_mfa;
mod roles;
mod roles_reused;
mod session;
mod setup;
mod setup_files;
mod setup_profiles;
mod shells;
mod signals;
mod status;
mod tls;
mod together;
#[cfg(target_os = "linux")]
mod traces;
mod unreachable;
mod unset;
mod unsupported_shells;
mod usage;
mod users_own;
mod window;
mod write_default;
#[cfg(target_os = "linux")]
mod write_faults;
mod write_files;
mod write_refused;
mod write_section;
mod wrong_field;
