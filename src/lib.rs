#![doc = "The modules of `mfa-env`, for its tests, demo, fuzz targets and benchmarks. No promise is made to others."]
#![doc(hidden)]

pub mod cli;
pub mod commands;
pub mod default_section;
pub mod device;
pub mod duration;
pub mod environment;
pub mod error;
pub mod files;
pub mod ini;
pub mod lint;
mod name_lookup;
pub mod output;
pub mod plan;
pub mod precedence;
pub mod process;
pub mod profiles;
#[cfg(test)]
mod properties;
pub mod section;
pub mod session;
pub mod shell;
pub mod splice;
pub mod startup_file;
pub mod store;
pub mod sts;
pub mod terminal;
