//! What the user reads if clap refuses the arguments: clap's text, or ours if clap's would mislead. Never
//! repeats what may be a code, a secret key or a token in the wrong place.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{command_names, is_a_slip, values};
use crate::aws::TokenCode;
use crate::error::{Error, Exit, Hint, shown_value};
use crate::output;
use crate::shell::Unsupported;

/// Prints clap's help or error for these arguments.
pub fn print(mut error: clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        return match output::written(error.print()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => output::fail(&error),
        };
    }
    if let Some(error) = in_our_words(&error, arguments).or_else(|| values::refused(&error)) {
        return output::fail(&error);
    }
    // "to pass '-u' as a value, use '-- -u'" would run a command `-u`.
    error.remove(ContextKind::Suggested);
    let unsupported = context(&error, ContextKind::InvalidValue).and_then(Unsupported::of_process);
    if unsupported.is_some() {
        // "a similar value exists: 'zsh'", for tcsh.
        error.remove(ContextKind::SuggestedValue);
    }
    anstream::eprint!("{}", without_secrets(error.render().ansi().to_string(), arguments));
    if let Some(Unsupported { name }) = unsupported {
        let why = format!("to start {name} with a session");
        output::print_hint(&Hint::run(&why, ["mfa-env", "PROFILE", "--", name]));
    }
    ExitCode::from(2)
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        _ => None,
    }
}

/// The errors for which clap can't know what the user wants.
fn in_our_words(error: &clap::Error, arguments: &[OsString]) -> Option<Error> {
    let words: Vec<_> = arguments.iter().skip(1).map(|word| word.to_string_lossy()).collect();
    let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
    let refused = context(error, ContextKind::InvalidArg);
    let usage = |what: &str| Error::new(Exit::Usage, what);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let word = refused?;
            if TokenCode::new(word).is_ok() {
                return Some(usage("to give a code, use `-t`").hint("mfa-env PROFILE -t CODE"));
            }
            let takes_command = error.get(ContextKind::Usage)?.to_string().contains("<CMD>");
            (takes_command && !word.starts_with('-')).then(|| second_word(word, &words))
        }
        ErrorKind::ArgumentConflict if context(error, ContextKind::PriorArg) == Some("[CMD]...") => {
            let option = refused?.split(' ').next().unwrap_or_default();
            let error = usage(&format!("`{option}` can't be used with a command after `--`"));
            let error = error.hint(Hint::run("for that command", ["mfa-env", "PROFILE", "--", "CMD"]));
            Some(if option == "--write-default" {
                error.hint(Hint::run("for every program", ["mfa-env", "PROFILE", "-w"]))
            } else {
                error
            })
        }
        // Only `help NAME`: elsewhere, another name is a profile.
        ErrorKind::InvalidSubcommand => {
            let name = context(error, ContextKind::InvalidSubcommand)?;
            let error = usage(&format!("`{}` is not a command of mfa-env", shown_value(name)));
            Some(match command_names().find(|command| is_a_slip(name, command)) {
                Some(command) => error.hint(Hint::run("did you mean", ["mfa-env", "help", command])),
                None => error.hint(Hint::run("the commands", ["mfa-env", "--help"])),
            })
        }
        ErrorKind::MissingRequiredArgument if words == ["forget"] => Some(
            usage("`forget` needs a profile, or `--all`")
                .hint(Hint::run("one profile", ["mfa-env", "forget", "PROFILE"]))
                .hint(Hint::run("all of them", ["mfa-env", "forget", "--all"])),
        ),
        _ => None,
    }
}

/// `mfa-env prod ls`, or `mfa-env login prod`, which other programs take.
fn second_word(word: &str, words: &[&str]) -> Error {
    let (first, rest) = match words {
        [first, rest @ ..] if rest.first() == Some(&word) && !first.starts_with('-') => (*first, rest),
        // With an option first, the words may contain a code, which must not be repeated.
        _ => ("PROFILE", &["CMD"][..]),
    };
    let may_be_secret = |word: &&str| is_too_long(word) || TokenCode::new(word).is_ok();
    let (first, rest) =
        if words.iter().any(may_be_secret) { ("PROFILE", &["CMD"][..]) } else { (first, rest) };
    let no_command =
        |hint| Error::new(Exit::Usage, format!("`{first}` is not a command of mfa-env")).hint(hint);
    match (first, rest) {
        ("login" | "assume", [profile, ..]) => no_command(Hint::mfa_env("", profile, &[])),
        ("exec" | "run", [profile, command @ ..]) => {
            let command = command.strip_prefix(&["--"]).unwrap_or(command);
            let command = if command.is_empty() { &["CMD"][..] } else { command };
            no_command(Hint::mfa_env("", profile, &[&["--"], command].concat()))
        }
        ("add" | "configure", [profile, ..]) => no_command(Hint::command("", "setup", profile, &[])),
        ("completion" | "completions", [shell, ..]) => {
            no_command(Hint::run("completion is part of", ["mfa-env", "init", shell]))
        }
        _ if let Some(command) = command_names().find(|command| is_a_slip(first, command)) => {
            no_command(Hint::run("did you mean", [&["mfa-env", command], rest].concat()))
        }
        _ => {
            let word = if is_too_long(word) { &shown_value(word) } else { word };
            let hint = Hint::mfa_env("put `--` before the command", first, &[&["--"], rest].concat());
            Error::new(Exit::Usage, format!("unexpected word `{word}` after the profile")).hint(hint)
        }
    }
}

/// Secret keys and tokens are longer than any word that is worth repeating.
fn is_too_long(word: &str) -> bool {
    const LONGEST: usize = 32;
    word.len() > LONGEST && shown_value(word) != word
}

/// Hides long words in clap's text, which repeats arguments.
fn without_secrets(mut text: String, arguments: &[OsString]) -> String {
    for argument in arguments.iter().map(|argument| argument.to_string_lossy()) {
        let word = argument.trim_start_matches('-');
        let value = word.split_once('=').map_or(word, |(_, value)| value);
        for part in [word, value].into_iter().filter(|part| is_too_long(part)) {
            text = text.replace(part, &shown_value(part));
        }
    }
    text
}
