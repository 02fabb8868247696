//! `mfa-env init SHELL`: prints the function, the prompt's segment and the completion for a shell.

use crate::cli::{self, InitOptions};
use crate::error::Result;
use crate::login::Context;
use crate::shell;

/// # Errors
/// If the output can't be written.
pub fn run(options: &InitOptions, context: &Context) -> Result<()> {
    let commands: Vec<_> = cli::command_names().collect();
    context.evaluator.send(&shell::init_text(options.shell, &commands))
}
