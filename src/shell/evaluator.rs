//! The shell that evaluates our lines: through the function's descriptor, or by an `eval` of our output.

use std::fs::File;
use std::io::{self, IsTerminal};

use super::{Shell, Unsupported};
use crate::environment::Environment;
use crate::error::Result;
use crate::process;
use crate::stdout::{print, write_whole};

/// The shell that evaluates our lines, and how they reach it.
pub struct Evaluator {
    /// Whether the shell function called us.
    pub called_by_function: bool,
    /// The descriptor from which the function reads.
    descriptor: Option<File>,
    /// Whether the lines go to standard output.
    prints: bool,
    /// The shell; an error for a shell that can't evaluate our lines.
    pub shell: std::result::Result<Shell, Unsupported>,
}

impl Evaluator {
    /// Finds the function's descriptor and the shell: the one that the function names, else `--shell`, else
    /// our parent process, else POSIX. Not `$SHELL`, which is the login shell. Not `MFA_ENV_SHELL` without a
    /// descriptor, which another shell may have exported.
    pub fn find(environment: &Environment, option: Option<Shell>) -> Self {
        let said = environment.get(process::SHELL_VARIABLE).and_then(Shell::of_process);
        let mut descriptor = process::take_eval_descriptor(environment);
        let of_function = said.filter(|_| descriptor.is_some());
        let shell = match of_function.or(option) {
            Some(shell) => Ok(shell),
            None => {
                let parent = process::parent_name().unwrap_or_default();
                Unsupported::of_process(&parent)
                    .map_or_else(|| Ok(Shell::of_process(&parent).unwrap_or(Shell::Posix)), Err)
            }
        };
        // Only the function in bash sets this variable. In other shells it is left over.
        let subshell = environment.get(process::SUBSHELL_VARIABLE);
        let subshell =
            subshell.filter(|_| of_function == Some(Shell::Bash)).and_then(|text| text.parse().ok());
        let prints = match subshell {
            None => descriptor.is_none(),
            // bash can't tell where it is, so either its caller or the function evaluates the lines.
            Some(0) => true,
            Some(shell) => {
                let is_substitution = process::is_in_substitution_of(shell);
                descriptor.take_if(|_| is_substitution);
                descriptor.is_none()
            }
        };
        Self { called_by_function: said.is_some(), descriptor, prints, shell }
    }

    /// Whether the function or an `eval "$(…)"` evaluates our output.
    pub fn will_evaluate(&self) -> bool {
        self.descriptor.is_some() || !io::stdout().is_terminal()
    }

    /// Sends all lines in one write, so that half a session is never evaluated.
    ///
    /// # Errors
    /// If the write fails. A closed pipe is not an error.
    pub fn send(&self, lines: &str) -> Result<()> {
        if self.prints {
            print(lines)?;
        }
        self.descriptor.as_ref().map_or(Ok(()), |descriptor| write_whole(descriptor, lines))
    }

    /// Makes the `eval` fail with that status, if there is one.
    pub fn fail(&self, status: u8) {
        if self.will_evaluate() {
            // If this fails, too, only the exit status can tell.
            let _ = match self.shell {
                Ok(shell) => self.send(&shell.fail(status)),
                Err(_) => self.send(Unsupported::FAIL),
            };
        }
    }
}
