//! From arguments to an exit status. Each command has a file, which can be read from top to bottom.

mod account;
pub mod console;
pub mod doctor;
mod evaluated;
mod file_bytes;
pub mod forget;
pub mod init;
pub mod list;
pub mod login;
mod pick;
pub mod policy;
mod profile_error;
pub mod protect;
pub mod setup;
pub mod status;
pub mod unset;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cli::{self, Command, Deferred};
use crate::environment::Environment;
use crate::error::{self, Error, Exit};
use crate::login::Context;
use crate::output;
use crate::process;
use crate::shell::{self, Evaluator, Shell};
use crate::terminal;

/// Parses the arguments, runs the command, and prints its error. If it fails, an `eval` of the output fails,
/// too.
pub fn run(arguments: &[OsString]) -> ExitCode {
    match cli::complete(arguments) {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => {
            Evaluator::find(&Environment::of_process(), None).fail(2);
            return cli::print(error, arguments);
        }
    }
    let core_limit = process::disable_core_dumps();
    let mut environment = Environment::of_process();
    error::shorten_home(environment.get("HOME").unwrap_or_default());
    let parsed = cli::parse(arguments);
    let evaluator = Evaluator::find(&environment, parsed.as_ref().ok().and_then(Command::shell));
    shell::quote_hints_for(&evaluator, cli::is_command);
    let command = match parsed {
        Ok(command) => command,
        Err(error) => {
            if error.use_stderr() && cli::is_for_eval(arguments) {
                evaluator.fail(2);
            }
            return cli::print(error, arguments);
        }
    };
    fail_at_a_panic(command.is_evaluated(), command.shell());
    if let Command::Setup(_) | Command::Protect(_) = command {
        // These need the device that the files name.
        environment.remove("AWS_MFA_SERIAL");
    }
    let context = Context { environment, evaluator, core_limit };
    let result = match &command {
        Command::Session(options) => login::run(options, &context),
        Command::Console(Deferred(options)) => console::run(options, &context),
        Command::Unset(Deferred(options)) => unset::run(options, &context),
        Command::Init(Deferred(options)) => init::run(options, &context),
        Command::List(Deferred(options)) => list::run(options, &context),
        Command::Status(Deferred(options)) => status::run(options, &context),
        Command::Forget(Deferred(options)) => forget::run(options, &context),
        Command::Protect(Deferred(options)) => protect::run(options, &context),
        Command::Doctor(Deferred(options)) => doctor::run(options, &context),
        Command::Setup(Deferred(options)) => setup::run(options, &context),
        Command::Policy => policy::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error, command.is_evaluated().then_some(&context.evaluator)),
    }
}

/// Prints the error, makes the `eval` fail, and returns the exit status.
fn report(error: &Error, evaluator: Option<&Evaluator>) -> ExitCode {
    let status = output::fail(error);
    if let Some(evaluator) = evaluator {
        evaluator.fail(error.exit().code());
    }
    process::signals::end_as_signalled();
    status
}

/// Makes a panic look like a failure to an `eval`, and restores the terminal. Doesn't print the panic's
/// message, which may contain a secret.
fn fail_at_a_panic(is_evaluated: bool, shell: Option<Shell>) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let error = Error::new(Exit::Files, format!("mfa-env has a bug, at {place}"));
        output::print_error(
            &error.hint("please report it; `mfa-env status` and `mfa-env doctor` show the current state"),
        );
        terminal::restore();
        if is_evaluated {
            Evaluator::find(&Environment::of_process(), shell).fail(1);
        }
        std::process::exit(1);
    }));
}
