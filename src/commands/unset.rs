//! `mfa-env unset`: our session out of this shell; `-w`: out of `[default]`.

use super::Context;
use crate::cli::UnsetOptions;
use crate::error::{Error, Kind, Result};
use crate::output;

/// # Errors
/// Where nobody evaluates the lines, or the credentials file can't be changed.
pub fn run(options: &UnsetOptions, context: &Context) -> Result<()> {
    if options.write_default {
        return super::write_default::unset(context);
    }
    if !context.evaluator.is_there() {
        let how = super::advice::to_evaluate(context.evaluator.shell, "mfa-env unset");
        return Err(Error::new(Kind::Usage, super::advice::NOBODY_EVALUATES).hint(how));
    }
    context.evaluator.send(&output::unset_lines(context.evaluator.shell, &context.environment))
}
