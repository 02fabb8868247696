//! Finds the shell that evaluates the output of a command, or says what to do if none does.

use crate::error::{Error, Hint, Kind, Result};
use crate::login::Context;
use crate::shell::startup_file::StartupLine;
use crate::shell::{Shell, hint_text, to_evaluate};

const NOBODY_EVALUATES: &str = "the shell function isn't loaded, so mfa-env can't set this shell";

/// The shell for a session. `command` is the command that the user typed. With `is_forced`, the lines are
/// printed even if nobody would evaluate them.
///
/// # Errors
/// If no shell evaluates our lines.
pub fn shell_to_set(context: &Context, command: &[&str], is_forced: bool) -> Result<Shell> {
    let command = |arguments: &[&str]| hint_text(&Hint::run("", [command, arguments].concat()));
    let shell = context.evaluator.shell.map_err(|unsupported| {
        let name = unsupported.name;
        Error::new(Kind::Usage, format!("mfa-env can't set variables in {name}"))
            .hint(format!("start {name} with the session: {}", command(&["--", name])))
    })?;
    if is_forced || context.evaluator.will_evaluate() {
        return Ok(shell);
    }
    let how_to_load = match StartupLine::of(shell) {
        Some(StartupLine { line, file, .. }) => {
            format!("load the function: {line}; for new terminals, add that line to {file}")
        }
        None => "load the function: mfa-env init --help".to_owned(),
    };
    Err(Error::new(Kind::Usage, NOBODY_EVALUATES)
        .hint(to_evaluate(shell, &command(&[])))
        .hint(format!("or into `[default]`, for every program: {}", command(&["-w"])))
        .hint(how_to_load))
}

/// The shell whose session ends.
///
/// # Errors
/// If no shell evaluates our lines.
pub fn shell_to_unset(context: &Context) -> Result<Shell> {
    let shell = context.evaluator.shell.map_err(|unsupported| {
        let name = unsupported.name;
        let why = format!("exit ends a {name} that was started with the session");
        let profile = context.environment.profile_of_session().unwrap_or("PROFILE");
        Error::new(Kind::Usage, format!("mfa-env can't unset variables in {name}")).hint(Hint::mfa_env(
            &why,
            profile,
            &["--", name],
        ))
    })?;
    if !context.evaluator.will_evaluate() {
        return Err(Error::new(Kind::Usage, NOBODY_EVALUATES).hint(Hint::OutOfThisShell));
    }
    Ok(shell)
}
