//! Finds the shell that evaluates the output of a command, or says what to do if none does.

use crate::error::{Error, Exit, Hint, Result};
use crate::login::Context;
use crate::shell::startup_file::StartupLine;
use crate::shell::{Shell, hint_text, to_evaluate};

const NOBODY_EVALUATES: &str = "the shell function isn't loaded, so mfa-env can't set this shell";

/// The shell for a session. `command` is the command that the user typed. With `is_forced`, the lines are
/// printed even if nobody would evaluate them.
pub fn shell_to_set(context: &Context, command: &[&str], is_forced: bool) -> Result<Shell> {
    let command = |arguments: &[&str]| hint_text(&Hint::run("", [command, arguments].concat()));
    let shell = context.evaluator.shell.map_err(|unsupported| {
        let name = unsupported.name;
        Error::new(Exit::Usage, format!("mfa-env can't set variables in {name}"))
            .hint(Hint::paste(&format!("start {name} with the session"), command(&["--", name])))
    })?;
    if is_forced || context.evaluator.will_evaluate() {
        return Ok(shell);
    }
    let error = Error::new(Exit::Usage, NOBODY_EVALUATES);
    let error = match StartupLine::of(shell) {
        Some(startup) => error
            .hint(Hint::paste("load it in this terminal", startup.line))
            .hint(Hint::paste("and in new ones", startup.command_to_add())),
        None => error.hint(Hint::paste("how to load it", "mfa-env init --help")),
    };
    Err(error
        .hint(Hint::paste("or without it", to_evaluate(shell, &command(&[]))))
        .hint(Hint::paste("or into `[default]`, for every program", command(&["-w"]))))
}

/// The shell whose session ends.
pub fn shell_to_unset(context: &Context) -> Result<Shell> {
    let shell = context.evaluator.shell.map_err(|unsupported| {
        let name = unsupported.name;
        let why = format!("exit ends a {name} that was started with the session");
        let profile = context.environment.profile_of_session().unwrap_or("PROFILE");
        Error::new(Exit::Usage, format!("mfa-env can't unset variables in {name}")).hint(Hint::mfa_env(
            &why,
            profile,
            &["--", name],
        ))
    })?;
    if !context.evaluator.will_evaluate() {
        return Err(Error::new(Exit::Usage, NOBODY_EVALUATES).hint(Hint::OutOfThisShell));
    }
    Ok(shell)
}
