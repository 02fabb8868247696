//! A command in a process group of its own, so that all of it can be ended. It gets the terminal if it
//! reads from it, as a shell would give it.

use std::fs::File;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ChildStdout, Command, ExitStatus};

use rustix::process::{Pid, Signal, WaitOptions, getpgrp, kill_process_group, waitpid};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};

use super::signals::{Caught, Ignored};

pub struct Group {
    id: Pid,
    status: Option<ExitStatus>,
    /// It tried to use the terminal from the background, or Ctrl-Z was pressed.
    is_stopped: bool,
    terminal: Option<Terminal>,
    caught: Caught,
}

/// The controlling terminal while the group has it.
struct Terminal {
    device: File,
    modes: Termios,
    group: Pid,
}

impl Group {
    /// # Errors
    /// The command can't be started.
    pub fn start(command: &mut Command) -> io::Result<(Self, ChildStdout)> {
        let caught = Caught::catch();
        let mut child = command.process_group(0).spawn()?;
        let stdout = child.stdout.take().expect("it is piped");
        let id = Pid::from_child(&child);
        Ok((Self { id, status: None, is_stopped: false, terminal: None, caught }, stdout))
    }

    /// How the command ended, if it did. Gives it the terminal if it waits for it.
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

    /// The signal that is to end this process, if one came.
    pub fn signal(&self) -> Option<i32> {
        self.caught.signal()
    }

    /// Whether Ctrl-C ended the command while it had the terminal: this process got no signal then.
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

    /// Only a process in the foreground may give the terminal away: else it waits to be there.
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
        // Whoever else has it now, a shell for example, was given it by the user.
        if tcgetpgrp(&self.device) != Ok(self.group) {
            return;
        }
        // Else the signal for taking the terminal from the background would stop our group.
        let _ignored = Ignored::ignore_ttou();
        let _ = tcsetpgrp(&self.device, getpgrp());
        // A command that was ended may have left echo off.
        let _ = tcsetattr(&self.device, OptionalActions::Now, &self.modes);
    }
}
