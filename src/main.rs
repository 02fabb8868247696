//! Parses, runs, prints the error, exits. Decides nothing.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use mfa_env::cli::{self, Command};
use mfa_env::commands::{self, Context};
use mfa_env::environment::Environment;
use mfa_env::output::{self, Evaluator};
use mfa_env::process;

fn main() -> ExitCode {
    let found_limits = process::keep_memory_private();
    let environment = Environment::of_process();
    let arguments: Vec<OsString> = env::args_os().collect();
    let command = match cli::parse(&arguments) {
        Ok(command) => command,
        Err(error) => {
            if error.use_stderr() && cli::is_for_eval(&arguments) {
                Evaluator::find(&environment, None).fail(2);
            }
            return cli::print(&error);
        }
    };
    let evaluator = Evaluator::find(&environment, command.shell());
    let context = Context { environment, evaluator, found_limits };
    let result = match &command {
        Command::Session(options) => commands::session::run(options, &context),
        Command::Unset(options) => commands::unset::run(options, &context),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::print_error(&error);
            if command.is_evaluated() {
                context.evaluator.fail(error.exit_code());
            }
            ExitCode::from(error.exit_code())
        }
    }
}
