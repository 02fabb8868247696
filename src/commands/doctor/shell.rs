//! The findings of `doctor` about the shell that runs it: whether it has loaded the function and the
//! completion.

use std::path::Path;

use super::report::Report;
use crate::error::Hint;
use crate::login::Context;
use crate::output::Label;
use crate::process::COMPINIT_VARIABLE;
use crate::shell::startup_file::StartupLine;
use crate::shell::{Shell, Unsupported};

/// Checks whether the function is loaded: only the function sets the variable with the shell's name.
pub(super) fn check(report: &mut Report, context: &Context) {
    let shell = match context.evaluator.shell {
        Ok(shell) => shell,
        Err(Unsupported { name }) => {
            report.ok("shell", format!("to start {name} with a session: mfa-env PROFILE -- {name}"));
            return;
        }
    };
    let has_segment = !matches!(shell, Shell::Elvish | Shell::Nu);
    if context.evaluator.called_by_function {
        let what =
            if has_segment { "the function and the prompt are loaded" } else { "the function is loaded" };
        report.ok("shell", what);
        if context.environment.get(COMPINIT_VARIABLE) == Some("0") {
            let remedy = Hint::paste(
                "add this line to ~/.zshrc, above mfa-env's",
                "autoload -Uz compinit && compinit",
            );
            report.warning("shell", "TAB can't complete profiles: compinit hasn't run in this zsh", remedy);
        }
        return;
    }
    let what = if has_segment {
        "the function is not loaded: you must type eval, and the prompt can't show the session"
    } else {
        "the function is not loaded: you must type the whole line"
    };
    let shell = if shell == Shell::Posix { Shell::Bash } else { shell };
    let Some(startup) = StartupLine::of(shell) else {
        let line = match shell {
            Shell::Nu => "mfa-env init nu | save mfa-env.nu",
            _ => "eval (mfa-env init elvish | slurp)",
        };
        let file = if shell == Shell::Nu { "$nu.user-autoload-dirs.0" } else { "~/.config/elvish/rc.elv" };
        return report.warning("shell", what, Hint::paste(&format!("in {file}"), line));
    };
    let home = context.environment.get("HOME").unwrap_or_default();
    if loads_us(Path::new(home), startup.file) {
        let what = format!("this {} didn't read {}, which loads the function", shell.name(), startup.file);
        let here = Hint::paste("in this terminal", startup.line);
        let mut remedy = vec![here];
        // Not on macOS: there this is ~/.bash_profile, which login shells read themselves.
        if startup.file == "~/.bashrc" {
            remedy
                .push(Hint::paste("if new terminals don't load it either", for_login_bash(Path::new(home))));
        }
        return report.add(Label::Warning, "shell", &what, remedy);
    }
    let remedy = vec![
        Hint::paste("in this terminal", startup.line),
        Hint::paste("in new ones", startup.command_to_add()),
    ];
    report.add(Label::Warning, "shell", what, remedy);
}

/// Whether a start-up file (`~/…`) has a line with our `init` that isn't a comment.
fn loads_us(home: &Path, file: &str) -> bool {
    let path = home.join(file.trim_start_matches("~/"));
    let bytes = crate::files::read(&path).ok().flatten().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().any(|line| line.contains("mfa-env init") && !line.trim_start().starts_with('#'))
}

/// A login bash reads the first of these three files, but not `~/.bashrc` (bash(1), "INVOCATION").
fn for_login_bash(home: &Path) -> String {
    let files = [".bash_profile", ".bash_login", ".profile"];
    let file = files.into_iter().find(|name| home.join(name).exists()).unwrap_or(files[0]);
    format!("printf '\\n%s\\n' '. ~/.bashrc' >> ~/{file}")
}
