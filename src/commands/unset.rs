//! `mfa-env unset`: ends our session in this shell, or with `-w` removes it from a section of the
//! credentials file.

use std::borrow::Cow;

use super::evaluated::shell_to_unset;
use super::file_bytes::FileBytes;
use super::status::session_in_default;
use crate::aws::humanize;
use crate::aws_files::profiles::long_term_name;
use crate::aws_files::session_section::{DEFAULT, MovedKeys};
use crate::cli::UnsetOptions;
use crate::environment::Environment;
use crate::error::{Hint, Result};
use crate::login::Context;
use crate::login::export::{self, Changes};
use crate::login::say_what_is_unset;
use crate::login::write_section;
use crate::output;

pub fn run(options: &UnsetOptions, context: &Context) -> Result<()> {
    if options.write_default {
        return unset_section(options.section.as_deref().unwrap_or(DEFAULT), &context.environment);
    }
    let changes = export::unset(&context.environment);
    if context.evaluator.shell.is_err() && changes.is_empty() {
        return Ok(());
    }
    let shell = shell_to_unset(context)?;
    context.evaluator.send(&changes.lines(shell))?;
    say_what_is_unset(&changes, &context.environment);
    say_what_is_left(&changes, &context.environment);
    Ok(())
}

/// Lists what still has a session after `unset`.
fn say_what_is_left(changes: &Changes, environment: &Environment) {
    if environment.has_keys_of_others() {
        output::say("AWS_ACCESS_KEY_ID stays: it wasn't set by mfa-env");
    } else if changes.is_empty() {
        output::say("nothing to remove: this shell has no mfa-env session");
    }
    // `unset` needs no file, so a broken one is not an error.
    let Ok(files) = FileBytes::read(environment) else { return };
    let Ok(aws_files) = files.parse(environment) else { return };
    if let Some(session) =
        session_in_default(environment, &aws_files).filter(|session| session.left().is_positive())
    {
        let (profile, left) = (&session.profile, humanize(session.left()));
        output::say(&format!("[default] still has a session of {profile} for {left}"));
        output::print_hint(&Hint::run("", ["mfa-env", "unset", "-w"]));
    }
}

fn unset_section(section: &str, environment: &Environment) -> Result<()> {
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let profile = aws_files.profiles.get(section).and_then(|profile| profile.get("__profile__"));
    let profile = profile.map_or("the session".to_owned(), Cow::into_owned);
    let Some(moved_keys) = write_section::unset(section, &aws_files, environment)? else {
        output::say(&format!("nothing to remove: [{section}] has no mfa-env session"));
        return Ok(());
    };
    let (path, long_term) = (aws_files.credentials_file.display(), long_term_name(section));
    let moved = match moved_keys {
        MovedKeys::Back => format!("; moved your key back from [{long_term}]"),
        MovedKeys::None | MovedKeys::Stay => String::new(),
    };
    output::say(&format!("removed {profile} from [{section}] in {path}{moved}"));
    if moved_keys == MovedKeys::Stay {
        let what = format!("your key stays in [{long_term}]: that section or [{section}] has changed since");
        output::print_warning(&what, Some(&format!("join the two sections in `{path}` by hand").into()));
    }
    if environment.holds_our_session() {
        let profile = environment.get("MFA_ENV_PROFILE").unwrap_or_default();
        output::say(&format!("this shell still has a session of {profile}"));
        output::print_hint(&Hint::OutOfThisShell);
    }
    Ok(())
}
