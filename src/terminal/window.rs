//! Asks for the code in a window, by the pinentry that is installed (gpg's program for this). It speaks the
//! Assuan protocol: a line for each command, and a line or two for the answer.

mod dialogue;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use rustix::fs::OFlags;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcgetpgrp, tcsetattr};
use zeroize::Zeroizing;

use self::dialogue::{Dialogue, End, send_lines};
use super::question::{Answer, NoAnswer, Question};
use crate::aws::TokenCode;
use crate::environment::Environment;
use crate::error::clean_name;
use crate::process::{self, Group};

/// The names of pinentry with a window, the system's own first.
const PROGRAMS: [&str; 5] = ["pinentry-mac", "pinentry-gnome3", "pinentry-qt", "pinentry-gtk-2", "pinentry"];
/// Folders to search after those of PATH: a program that macOS starts from the Dock has a short PATH.
const MORE_FOLDERS: [&str; 2] = ["/opt/homebrew/bin", "/usr/local/bin"];
const VARIABLE: &str = "MFA_ENV_PINENTRY";

/// How many answers may have another form than six digits.
const TRIES: usize = 3;
/// In bytes. The protocol allows 1,000 for a line.
const LONGEST_TEXT: usize = 900;
/// In characters. A longer name is cut, so that the device below it stays visible.
const LONGEST_NAME: usize = 80;

/// Error codes of libgpg-error (err-codes.h), without the upper half, which names the source.
const TIMEOUT: u32 = 62;
const CANCELED: u32 = 99;
const FULLY_CANCELED: u32 = 198;

/// The programs to ask with: the second one if the first can't open a window, and so on.
pub struct Pinentry {
    programs: Vec<PathBuf>,
    /// Options of the protocol.
    options: Vec<(&'static str, String)>,
    /// The terminal for a pinentry without a window.
    terminal: Option<File>,
}

impl Pinentry {
    /// The program in `MFA_ENV_PINENTRY`; else those that are installed, if there is a desktop.
    pub fn find(environment: &Environment) -> Option<Self> {
        let named = environment.get(VARIABLE);
        // A terminal only if the user chose the program: it might write into k9s or vim.
        let terminal = named.and_then(|_| terminal_of_gpg(environment.get("GPG_TTY")?));
        let programs = match named {
            Some(program) => vec![PathBuf::from(program)],
            None if has_desktop(environment) => installed(environment),
            None => Vec::new(),
        };
        let variable = |name| environment.get(name).filter(|value| !value.contains(char::is_control));
        let on_terminal = |name| terminal.as_ref().and_then(|_| variable(name));
        let values = [
            ("ttyname", on_terminal("GPG_TTY")),
            ("ttytype", on_terminal("TERM")),
            ("lc-ctype", ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable)),
        ];
        let options =
            values.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))).collect();
        (!programs.is_empty()).then_some(Self { programs, options, terminal })
    }

    /// Asks until there are six digits, the user gives up, the time is over, or `stop` finds something.
    pub fn ask<S>(
        &self,
        question: &Question<'_>,
        stop: impl Fn() -> Option<S>,
    ) -> Result<Answer<TokenCode, S>, NoAnswer> {
        let mut reason = question.reason.map(str::to_owned);
        for _ in 0..TRIES {
            match self.ask_once(question, reason.as_deref(), &stop)? {
                Answer::Stopped(found) => return Ok(Answer::Stopped(found)),
                Answer::Given(typed) => match TokenCode::new(&typed) {
                    Ok(code) => return Ok(Answer::Given(code)),
                    Err(invalid) => reason = Some(format!("that {invalid}")),
                },
            }
        }
        Err(NoAnswer::NoWindow("its window returned no code".to_owned()))
    }

    /// One window, and what was typed there.
    fn ask_once<S>(
        &self,
        question: &Question<'_>,
        reason: Option<&str>,
        stop: &impl Fn() -> Option<S>,
    ) -> Result<Answer<Zeroizing<String>, S>, NoAnswer> {
        let mut why = String::new();
        for program in &self.programs {
            let failed = |what| format!("`{}` {what}", program.display());
            match self.ask_with(program, question, reason, stop) {
                Ok(typed) => return Ok(Answer::Given(typed)),
                Err(End::Stopped(found)) => return Ok(Answer::Stopped(found)),
                Err(End::Cancelled | End::Error(CANCELED | FULLY_CANCELED)) => {
                    return Err(NoAnswer::Cancelled);
                }
                Err(End::Timeout | End::Error(TIMEOUT)) => return Err(NoAnswer::Unanswered),
                Err(End::NotStarted(error)) => why = failed(format!("could not be started: {error}")),
                // pinentry-gnome3 outside of GNOME.
                Err(End::Error(_)) => why = failed("can't open a window".to_owned()),
                // The user may have closed the window, which ends pinentry-gtk-2. So no other one opens.
                Err(End::Gone) => {
                    return Err(NoAnswer::NoWindow(failed("returned no answer".to_owned())));
                }
            }
        }
        Err(NoAnswer::NoWindow(why))
    }

    fn ask_with<S>(
        &self,
        program: &Path,
        question: &Question<'_>,
        reason: Option<&str>,
        stop: &impl Fn() -> Option<S>,
    ) -> Result<Zeroizing<String>, End<S>> {
        let modes = self.terminal.as_ref().and_then(|terminal| tcgetattr(terminal).ok());
        let mut command = process::foreign(program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let (group, mut child) = Group::start(&mut command).map_err(End::NotStarted)?;
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, lines) = mpsc::sync_channel(16);
        // Never joined: a process that left the group could keep the pipe open.
        thread::spawn(move || send_lines(stdout, &sender));
        let stdin = child.stdin.take().expect("it is piped");
        let mut dialogue = Dialogue { stdin, lines, deadline: question.deadline, stop };
        let answer = dialogue.hold(&self.commands(question, reason));
        // Some keep their window open after the answer.
        group.end();
        if let (Some(terminal), Some(modes)) = (&self.terminal, modes) {
            let _ = tcsetattr(terminal, OptionalActions::Now, &modes);
        }
        answer
    }

    /// The commands of the protocol that describe the window.
    fn commands(&self, question: &Question<'_>, reason: Option<&str>) -> Vec<String> {
        let option = |(name, value): &(&str, String)| format!("OPTION {name}={value}");
        let mut commands: Vec<_> = self.options.iter().map(option).collect();
        // The user may have to open the app with the code.
        commands.extend(["OPTION no-grab", "SETTITLE mfa-env", "SETPROMPT Code:"].map(str::to_owned));
        commands.push(format!("SETDESC {}", description(question)));
        commands.extend(reason.map(|reason| format!("SETERROR {}", escaped(reason))));
        if let Some(deadline) = question.deadline {
            // So that the window closes even if something kills us.
            let left = deadline.saturating_duration_since(Instant::now()).as_secs();
            commands.push(format!("SETTIMEOUT {}", left.max(1)));
        }
        commands
    }
}

/// The text of the window.
fn description(question: &Question<'_>) -> String {
    let name = clean_name(question.profile);
    let name = match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    };
    escaped(&format!("MFA code for {name}\n{}", question.serial_number.label()))
}

/// Text for a line of the protocol, cut off at its limit.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let length = out.len();
        match c {
            '%' | '\r' | '\n' => {
                write!(out, "%{:02X}", u32::from(c)).expect("writing to a String can't fail")
            }
            c => out.push(c),
        }
        if out.len() > LONGEST_TEXT {
            out.truncate(length);
            break;
        }
    }
    out
}

fn has_desktop(environment: &Environment) -> bool {
    if cfg!(target_os = "macos") {
        // A window would open at the Mac, and not where the user is.
        !environment.is_set("SSH_CONNECTION")
    } else {
        environment.is_set("DISPLAY") || environment.is_set("WAYLAND_DISPLAY")
    }
}

/// The programs with a window, each once, although `/bin` may be a link to `/usr/bin`.
fn installed(environment: &Environment) -> Vec<PathBuf> {
    let path = environment.get("PATH").unwrap_or_default();
    let mut found = Vec::new();
    for name in PROGRAMS {
        for folder in path.split(':').chain(MORE_FOLDERS).filter(|folder| folder.starts_with('/')) {
            let Ok(program) = fs::canonicalize(Path::new(folder).join(name)) else { continue };
            let is_program = fs::metadata(&program)
                .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0);
            // `pinentry` may be a link to one of these.
            let has_window = !["pinentry-curses", "pinentry-tty"].iter().any(|name| program.ends_with(name));
            if is_program && has_window && !found.contains(&program) {
                found.push(program);
            }
        }
    }
    found
}

/// The terminal in `GPG_TTY`, if no program has it in raw mode, and if it isn't ours: a program in its
/// background must not read from it.
fn terminal_of_gpg(path: &str) -> Option<File> {
    let flags = OFlags::NOCTTY.bits().cast_signed();
    let terminal = File::options().read(true).write(true).custom_flags(flags).open(path).ok()?;
    let is_free = tcgetattr(&terminal).is_ok_and(|modes| modes.local_modes.contains(LocalModes::ICANON));
    (is_free && tcgetpgrp(&terminal).is_err()).then_some(terminal)
}
