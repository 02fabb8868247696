//! The binary. Passes its arguments to `commands::run`.

use std::process::ExitCode;

fn main() -> ExitCode {
    mfa_env::commands::run(&std::env::args_os().collect::<Vec<_>>())
}
