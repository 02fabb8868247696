#![doc = "The modules of `mfa-env`, for its tests, demo, fuzz targets and benchmarks. No promise is made to others."]
#![doc(hidden)]

// Unit tests use the checks of the fuzz targets.
#[cfg(test)]
extern crate self as mfa_env;

pub mod aws;
pub mod aws_files;
pub mod cli;
pub mod commands;
pub mod environment;
pub mod error;
pub mod files;
pub mod login;
pub mod output;
pub mod process;
#[cfg(test)]
mod properties;
pub mod shell;
mod stdout;
pub mod store;
pub mod sts;
mod system;
pub mod terminal;
