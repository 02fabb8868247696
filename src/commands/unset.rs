//! `mfa-env unset`: our session out of this shell; `-w`: out of `[default]`.

use super::{Context, advice};
use crate::cli::UnsetOptions;
use crate::error::{Error, Kind, Result, shown_value};
use crate::login::export::{self, Changes};
use crate::output;

/// # Errors
/// Where the shell can't evaluate the lines, or the credentials file can't be changed.
pub fn run(options: &UnsetOptions, context: &Context) -> Result<()> {
    if options.write_default {
        return super::write_default::unset(context);
    }
    let changes = export::unset(&context.environment);
    let shell = match context.evaluator.shell {
        Ok(shell) => shell,
        Err(_) if changes.is_empty() => return Ok(()),
        Err(unsupported) => {
            let profile = super::login::profile_of_environment(&context.environment).unwrap_or("PROFILE");
            return Err(advice::cant_unset(unsupported, profile));
        }
    };
    if !context.evaluator.will_evaluate() {
        let how = advice::to_evaluate(shell, "mfa-env unset");
        return Err(Error::new(Kind::Usage, advice::NOBODY_EVALUATES).hint(how));
    }
    context.evaluator.send(&changes.lines(shell))?;
    say_what_came_back(&changes);
    Ok(())
}

/// The user's own variables that the lines set again.
pub(super) fn say_what_came_back(changes: &Changes) {
    if !changes.restored.is_empty() {
        let each = changes.restored.iter().map(|(name, value)| format!("{name}={}", shown_value(value)));
        output::say(&format!("restored {}", each.collect::<Vec<_>>().join(", ")));
    }
}
