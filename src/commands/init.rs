//! `mfa-env init SHELL`: prints the function, the prompt's segment and the completion for a shell.

use std::io::{self, IsTerminal as _};

use crate::cli::{self, InitOptions};
use crate::error::Result;
use crate::login::Context;
use crate::output;
use crate::shell;

pub fn run(options: &InitOptions, context: &Context) -> Result<()> {
    let commands: Vec<_> = cli::command_names().collect();
    let text = shell::init_text(options.shell, &commands);
    // If the function called us, it evaluates the text, but only on a terminal, where the text would be
    // useless. It never evaluates the text for another shell.
    if io::stdout().is_terminal() && context.evaluator.shell == Ok(options.shell) {
        context.evaluator.send(&text)
    } else {
        output::print(&text)
    }
}
