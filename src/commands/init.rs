//! `mfa-env init SHELL`: the function, the prompt's segment and the completion, to be evaluated.

use super::Context;
use crate::cli::{self, InitOptions};
use crate::error::{Error, Kind, Result};
use crate::shell::{self, Interactive};

/// # Errors
/// Where the text can't be written.
pub fn run(options: &InitOptions, context: &Context) -> Result<()> {
    // Not argv[0]: to the completion of a shell that is the function's name.
    let binary = std::env::current_exe().map_err(|error| {
        Error::new(Kind::Files, format!("failed to find the path of mfa-env itself: {error}"))
    })?;
    let completion = cli::completion(options.shell, &binary.to_string_lossy());
    let completion = match options.shell {
        // Where compinit has not run there is no completion, and nothing to register with.
        Interactive::Zsh => format!("if whence compdef >/dev/null 2>&1; then\n{completion}\nfi\n"),
        Interactive::Bash | Interactive::Fish => completion,
    };
    context.evaluator.send(&(shell::init_text(options.shell).to_owned() + &completion))
}
