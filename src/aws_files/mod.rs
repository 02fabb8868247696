//! `~/.aws/config` and `~/.aws/credentials`: from bytes to profiles, and from a change to new bytes.
//! Reads and writes no file.

pub mod default_section;
pub mod ini;
pub mod lint;
pub mod profiles;
pub mod section;
pub mod shadowing;
pub mod splice;
