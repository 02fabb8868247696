//! `mfa-env unset`: our session out of this shell; `-w`: out of `[default]`.

use super::{Context, advice};
use crate::cli::UnsetOptions;
use crate::error::{Error, Kind, Result};
use crate::login::export;

/// # Errors
/// Where the shell can't evaluate the lines, or the credentials file can't be changed.
pub fn run(options: &UnsetOptions, context: &Context) -> Result<()> {
    if options.write_default {
        return super::write_default::unset(context);
    }
    let shell = match context.evaluator.shell {
        Ok(shell) => shell,
        Err(_) if export::our_variables(&context.environment).is_empty() => return Ok(()),
        Err(unsupported) => {
            let profile = super::login::profile_of_environment(&context.environment).unwrap_or("PROFILE");
            return Err(advice::cant_unset(unsupported, profile));
        }
    };
    if !context.evaluator.will_evaluate() {
        let how = advice::to_evaluate(shell, "mfa-env unset");
        return Err(Error::new(Kind::Usage, advice::NOBODY_EVALUATES).hint(how));
    }
    context.evaluator.send(&export::unset_lines(shell, &context.environment))
}
