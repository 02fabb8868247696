//! Where the lines for a shell go: to the function's descriptor, or to an `eval` of our output.

use std::fs::File;
use std::io::{self, IsTerminal};

use super::{Shell, Unsupported};
use crate::environment::Environment;
use crate::error::Result;
use crate::process;
use crate::stdout::{print, write_whole};

/// Where lines for a shell go.
pub struct Evaluator {
    /// Whether the shell function called us.
    is_function: bool,
    /// The descriptor that the function reads from.
    descriptor: Option<File>,
    /// Whether the lines go to standard output.
    prints: bool,
    /// The shell whose lines we print, or the one that we have no lines for.
    pub shell: std::result::Result<Shell, Unsupported>,
}

impl Evaluator {
    /// The function's descriptor, and the shell: what the function says, else `--shell`, else the
    /// process that started us, else POSIX. Not `$SHELL`: that is the login shell. Nor what
    /// `MFA_ENV_SHELL` says without a descriptor: it may be exported from another shell.
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
        // Only the function in bash sets it; elsewhere it is left over.
        let subshell = environment.get(process::SUBSHELL_VARIABLE);
        let subshell =
            subshell.filter(|_| of_function == Some(Shell::Bash)).and_then(|text| text.parse().ok());
        let prints = match subshell {
            None => descriptor.is_none(),
            // bash can't tell where it is: its caller evaluates the lines, or the function does.
            Some(0) => true,
            Some(shell) => {
                let is_substitution = process::is_in_substitution_of(shell);
                descriptor.take_if(|_| is_substitution);
                descriptor.is_none()
            }
        };
        Self { is_function: said.is_some(), descriptor, prints, shell }
    }

    /// Whether anybody evaluates what we print: the function, or an `eval "$(…)"`.
    pub fn will_evaluate(&self) -> bool {
        self.descriptor.is_some() || !io::stdout().is_terminal()
    }

    /// Whether the shell function called us.
    pub fn called_by_function(&self) -> bool {
        self.is_function
    }

    /// All lines in one write, so that half of a session is never evaluated.
    ///
    /// # Errors
    /// Where it can't be written; a closed pipe is no error: nobody listens.
    pub fn send(&self, lines: &str) -> Result<()> {
        if self.prints {
            print(lines)?;
        }
        self.descriptor.as_ref().map_or(Ok(()), |descriptor| write_whole(descriptor, lines))
    }

    /// Makes the `eval` fail with that status, where there is one.
    pub fn fail(&self, status: u8) {
        if self.will_evaluate() {
            // There is no further way to say that this failed, and the exit status says it already.
            let _ = match self.shell {
                Ok(shell) => self.send(&shell.fail(status)),
                Err(_) => self.send(Unsupported::FAIL),
            };
        }
    }
}
