//! The line in the shell's own file: whether it is wanted, and what is next for the user.

use super::rc::{self, Rc};
use super::unanswered;
use crate::cli::SetupOptions;
use crate::commands::{Accounts, Context, advice};
use crate::error::Result;
use crate::files::shown_path;
use crate::output::{self, say};
use crate::rc_file;
use crate::terminal;

/// The line in the shell's own file, as it was decided.
pub struct Line {
    rc: Rc,
    is_wanted: bool,
}

impl Line {
    /// # Errors
    /// Where the home can't be told, or the user gives up.
    pub fn decide(
        options: &SetupOptions,
        context: &Context,
        may_ask: bool,
        profile: Option<&str>,
    ) -> Result<Self> {
        if options.no_shell {
            return Ok(Self { rc: Rc::NoShell, is_wanted: false });
        }
        let rc = Rc::find(options.shell, context)?;
        let Rc::Add { shell, path } = &rc else { return Ok(Self { rc, is_wanted: false }) };
        let is_wanted = if options.yes || !may_ask {
            options.yes || options.shell.is_some()
        } else {
            say("For `mfa-env` to set the shell in which it is typed, with the time left in the");
            say(&format!("prompt, {} needs two lines at the end of `{}`:", shell.name(), shown_path(path)));
            for line in [rc_file::COMMENT, rc_file::line(*shell)] {
                say(&format!("    {line}"));
            }
            terminal::confirm("Add them?").map_err(|no_answer| unanswered(&no_answer, profile))?
        };
        Ok(Self { rc, is_wanted })
    }

    /// A file that can't be replaced is no reason to fail: the profile is set up.
    pub fn write(&self, context: &Context) {
        let Rc::Add { shell, path } = &self.rc else { return };
        if !self.is_wanted {
            return;
        }
        match rc::add(*shell, path, &context.environment) {
            Ok(()) => {
                say(&format!("`{}` loads mfa-env now; to undo, delete its last two lines", shown_path(path)));
            }
            Err(error) => {
                let how = format!("add it where that file is made: {}", rc_file::line(*shell));
                output::print_warning(error.what(), Some(&how));
            }
        }
    }
}

/// How to log in with that profile, or with any that can.
pub fn say_what_is_next(name: Option<&str>, line: &Line, accounts: &Accounts, context: &Context) {
    let first = || {
        let names = accounts.profiles.names();
        let has_device = |name: &&str| accounts.chain(name).is_ok_and(|chain| chain.serial_number.is_some());
        names.filter(has_device).map(str::to_owned).next()
    };
    let Some(name) = name.map(str::to_owned).or_else(first) else { return };
    let session = advice::mfa_env(&name, &[]);
    match &line.rc {
        Rc::Loaded if context.evaluator.is_function() => say(&format!("Next: {session}")),
        Rc::Loaded => say(&format!("Next, in a new terminal: {session}")),
        Rc::Add { shell, .. } if line.is_wanted => {
            say(&format!("Next, in a new terminal: {session}"));
            output::print_hint(&format!("in this one, first: {}", rc_file::line(*shell)));
        }
        Rc::Add { shell, path } => {
            say(&format!("Next: {}", advice::to_evaluate((*shell).into(), &session)));
            let line = rc_file::line(*shell);
            output::print_hint(&format!(
                "without the eval, with this at the end of `{}`: {line}",
                shown_path(path)
            ));
        }
        Rc::NotOnPath => {
            say(&format!("Next: {}", advice::into_this_shell(&context.evaluator, &name)));
            output::print_hint(
                "no directory of PATH has `mfa-env`; once one has, `mfa-env setup` can set the shell up, too",
            );
        }
        Rc::NoShell => say(&format!("Next: {}", advice::into_this_shell(&context.evaluator, &name))),
    }
}
