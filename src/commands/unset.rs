//! `mfa-env unset`: ends our session in this shell, or with `-w` removes it from `[default]`.

use super::evaluated::shell_to_unset;
use super::file_bytes::FileBytes;
use crate::aws_files::profiles::long_term_name;
use crate::cli::UnsetOptions;
use crate::environment::Environment;
use crate::error::Result;
use crate::login::Context;
use crate::login::write_default::{self, TakenOut};
use crate::login::{export, say_what_came_back};
use crate::output;

/// # Errors
/// If the shell can't evaluate the lines, or the credentials file can't be changed.
pub fn run(options: &UnsetOptions, context: &Context) -> Result<()> {
    if options.write_default {
        return unset_default(&context.environment);
    }
    let changes = export::unset(&context.environment);
    if context.evaluator.shell.is_err() && changes.is_empty() {
        return Ok(());
    }
    let shell = shell_to_unset(context)?;
    context.evaluator.send(&changes.lines(shell))?;
    say_what_came_back(&changes);
    Ok(())
}

fn unset_default(environment: &Environment) -> Result<()> {
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let TakenOut::Session { renamed_back } = write_default::unset(&aws_files, environment)? else {
        output::say("`[default]` holds no session of mfa-env's; nothing was changed");
        return Ok(());
    };
    output::say("Session taken out of `[default]`");
    if !renamed_back {
        let long_term = long_term_name("default");
        let what = format!(
            "your long-term keys stay in `[{long_term}]`: that section or `[default]` was changed since"
        );
        let path = aws_files.credentials_file.display();
        output::print_warning(&what, Some(&format!("join the two sections in `{path}` by hand").into()));
    }
    Ok(())
}
