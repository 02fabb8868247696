//! Commands for hints that Linux and macOS call by other names.

const IS_MACOS: bool = cfg!(target_os = "macos");

/// Sets the clock, now or from now on.
pub const SET_CLOCK: &str =
    if IS_MACOS { "sudo sntp -sS time.apple.com" } else { "sudo timedatectl set-ntp true" };
/// Shows where a path's symbolic links lead.
pub const SHOW_LINKS: &[&str] = if IS_MACOS { &["ls", "-l"] } else { &["namei"] };
/// Shows which processes use a file.
pub const SHOW_USERS_OF: &str = if IS_MACOS { "lsof" } else { "fuser" };
