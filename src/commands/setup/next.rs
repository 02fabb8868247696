//! The end of `setup`: shows the command that makes a shell load mfa-env, and the first login.

use crate::aws_files::AwsFiles;
use crate::commands::pick::can_log_in;
use crate::error::Hint;
use crate::login::Context;
use crate::output::{say, say_to_paste};
use crate::shell::startup_file::StartupLine;
use crate::shell::{Shell, hint_text, to_evaluate};

/// Shows them for the profile that was set up, or else for one that can log in. The shell is that of the
/// option, else the one whose function called us, else the login shell. Neither reads nor writes start-up
/// files: a tool may manage them.
pub fn say_what_is_next(
    profile: Option<&str>,
    option: Option<Shell>,
    aws_files: &AwsFiles,
    context: &Context,
) {
    let evaluator = &context.evaluator;
    let of_login = || Shell::of_process(context.environment.get("SHELL")?);
    let shell = if evaluator.called_by_function { evaluator.shell.ok() } else { of_login() };
    let shell = option.or(shell);
    let startup = shell.and_then(|shell| Some((shell, StartupLine::of(shell)?)));
    if let Some((shell, startup)) = &startup {
        let (name, StartupLine { file, line, .. }) = (shell.name(), startup);
        if evaluator.called_by_function {
            say(&format!("This {name} has loaded mfa-env. If new ones don't, paste this:"));
        } else {
            say(&format!("To load mfa-env in every new {name}, paste this:"));
        }
        say_to_paste("", Some(&format!("  {}", startup.command_to_add())));
        say(&format!("If a tool manages {file} (Nix, chezmoi), give it this line:"));
        say_to_paste("", Some(&format!("  {line}")));
        if *shell == Shell::Zsh {
            say("If TAB completes no profiles then, add this line above it:");
            say_to_paste("", Some("  autoload -Uz compinit && compinit"));
        }
    }
    let first = || aws_files.profiles.names().find(|name| can_log_in(name, aws_files));
    let Some(profile) = profile.or_else(first) else { return };
    let command = |arguments: &[&str]| hint_text(&Hint::mfa_env("", profile, arguments));
    let login = command(&[]);
    match (startup, evaluator.shell) {
        _ if evaluator.called_by_function => say_to_paste("Next:", Some(&login)),
        (Some(_), _) => say_to_paste("Next, in a new terminal:", Some(&login)),
        (None, Ok(shell)) => say_to_paste("Next:", Some(&to_evaluate(shell, &login))),
        (None, Err(unsupported)) => {
            say_to_paste("Next:", Some(&command(&["--", unsupported.name])));
        }
    }
}
