//! Runs a command in its own process group, so that we can end everything that it started. Gives it the
//! terminal when it reads from it, as a shell does.

use std::fs::File;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, WaitOptions, getpgrp, kill_process_group, waitpid};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};

use super::signals::{SignalGuard, ended_by};

pub struct Group {
    id: Pid,
    status: Option<ExitStatus>,
    /// It used the terminal from the background, or the user pressed Ctrl-Z.
    is_stopped: bool,
    terminal: Option<Terminal>,
    _signals: SignalGuard,
}

/// The controlling terminal while the group has it.
struct Terminal {
    device: File,
    modes: Termios,
    group: Pid,
}

impl Group {
    /// Returns the child for its pipes.
    pub fn start(command: &mut Command) -> io::Result<(Self, Child)> {
        let signals = SignalGuard::catch();
        let child = command.process_group(0).spawn()?;
        let id = Pid::from_child(&child);
        Ok((Self { id, status: None, is_stopped: false, terminal: None, _signals: signals }, child))
    }

    /// The exit status, once the command has ended. Gives it the terminal if it waits for that.
    pub fn status(&mut self) -> Option<ExitStatus> {
        if self.status.is_none()
            && let Ok(Some((_, status))) = waitpid(Some(self.id), WaitOptions::NOHANG | WaitOptions::UNTRACED)
        {
            if status.stopped() {
                self.is_stopped = true;
            } else {
                self.status = Some(ExitStatus::from_raw(status.as_raw()));
            }
        }
        if self.is_stopped {
            self.continue_on_terminal();
        }
        self.status
    }

    /// The signal to end this process, if we got one.
    pub fn signal(&self) -> Option<i32> {
        ended_by()
    }

    /// Whether Ctrl-C ended the command while it had the terminal. We get no signal in that case.
    pub fn is_cancelled(&self) -> bool {
        let signal = self.status.and_then(|status| status.signal());
        self.terminal.is_some() && signal == Some(Signal::INT.as_raw())
    }

    /// Ends every process of the group.
    pub fn end(mut self) {
        let _ = kill_process_group(self.id, Signal::KILL);
        if self.status.is_none() {
            self.status = waitpid(Some(self.id), WaitOptions::empty())
                .ok()
                .flatten()
                .map(|(_, status)| ExitStatus::from_raw(status.as_raw()));
        }
    }

    /// Gives it the terminal and continues it. Only a foreground process can do that: in the background,
    /// the command stays stopped.
    fn continue_on_terminal(&mut self) {
        if self.terminal.is_none() {
            self.terminal = Terminal::give_to(self.id);
        }
        if self.terminal.is_some() {
            self.is_stopped = kill_process_group(self.id, Signal::CONT).is_err();
        }
    }
}

impl Terminal {
    fn give_to(group: Pid) -> Option<Self> {
        let device = File::options().read(true).write(true).open("/dev/tty").ok()?;
        if tcgetpgrp(&device).ok()? != getpgrp() {
            return None;
        }
        let modes = tcgetattr(&device).ok()?;
        tcsetpgrp(&device, group).ok()?;
        Some(Self { device, modes, group })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // If another process has the terminal now, the user gave it to that one, by a shell.
        if tcgetpgrp(&self.device) != Ok(self.group) {
            return;
        }
        // Taking the terminal from the background sends SIGTTOU, which would stop our group.
        let _ignored = SignalGuard::ignore_ttou();
        let _ = tcsetpgrp(&self.device, getpgrp());
        // The command may have ended with echo off.
        let _ = tcsetattr(&self.device, OptionalActions::Now, &self.modes);
    }
}
