//! A program on a pseudo-terminal: types, reads the output, compares the terminal's modes before and after.
//! Waits by poll with a deadline, never by sleeping.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::pty::{grantpt, ptsname, unlockpt};
use rustix::termios::{
    OptionalActions, SpecialCodeIndex, Termios, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

use crate::deadline::{DEADLINE, wait_for, wait_until};
use crate::run::Run;
use crate::shown::{assert_no_secrets, in_words_of_linux, without_waiting};

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const CTRL_U: &str = "\x15";
pub const CTRL_Z: &str = "\x1a";
pub const BACKSPACE: &str = "\x7f";

pub struct Terminal {
    controller: File,
    /// Kept open, so that the last output can be read after the program has ended.
    device: OwnedFd,
    child: OwnedChild,
    shown: Vec<u8>,
    /// How much of `shown` the test has waited for.
    seen: usize,
    found: Termios,
}

impl Terminal {
    /// Runs the program on a new controlling terminal. `setsid` makes the two calls that std's `Command`
    /// can't make without `unsafe`, and execs the program, so the child's id is the program's.
    pub fn start(run: Run<'_>) -> Terminal {
        // Wide enough that nothing wraps.
        Terminal::of_width(run, 400)
    }

    /// The same with this many columns, and 24 lines.
    pub fn of_width(run: Run<'_>, columns: u16) -> Terminal {
        // Not openpt: on macOS, that can't set CLOEXEC, and another test's child would inherit the terminal.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let controller = open("/dev/ptmx", flags, Mode::empty()).expect("a free pseudo-terminal");
        grantpt(&controller).expect("ours");
        unlockpt(&controller).expect("ours");
        let name = ptsname(&controller, Vec::new()).expect("it has a name");
        let device = open(name.as_c_str(), flags, Mode::empty()).expect("it was unlocked");
        tcsetwinsize(&controller, size(columns, 24)).expect("a terminal");
        let found = tcgetattr(&device).expect("a terminal");

        let program = run.into_command();
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(program.get_program()).args(program.get_args());
        command.env_clear().env("TERM", "xterm");
        for (variable, value) in program.get_envs() {
            if let Some(value) = value {
                command.env(variable, value);
            }
        }
        command.current_dir(program.get_current_dir().expect("`Run` sets it"));
        let stream = || Stdio::from(device.try_clone().expect("a descriptor is free"));
        command.stdin(stream()).stdout(stream()).stderr(stream());
        let child = OwnedChild(command.spawn().expect("setsid of util-linux is there"));
        Terminal { controller: controller.into(), device, child, shown: Vec::new(), seen: 0, found }
    }

    pub fn process_id(&self) -> u32 {
        self.child.0.id()
    }

    /// Waits for a text after the last one that was waited for.
    pub fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let rest = String::from_utf8_lossy(&self.shown[self.seen..]).into_owned();
            if let Some(at) = rest.find(text) {
                self.seen += at + text.len();
                return;
            }
            let is_in_time = self.read(deadline) && Instant::now() < deadline;
            assert!(is_in_time, "waited for `{text}`; shown:\n{}", self.text());
        }
    }

    /// The raw output since the last wait; `None` if nothing comes before the deadline.
    pub fn more(&mut self, deadline: Instant) -> Option<&[u8]> {
        let from = self.seen;
        if self.shown.len() == from && !self.read(deadline) {
            return None;
        }
        self.seen = self.shown.len();
        Some(&self.shown[from..])
    }

    pub fn press(&mut self, keys: &str) {
        self.controller.write_all(keys.as_bytes()).expect("the terminal is open");
    }

    /// The same; then waits until the program could read it, since the system passes it on later.
    pub fn type_ahead(&mut self, keys: &str) {
        self.press(keys);
        wait_until("the keys in the terminal", || {
            rustix::io::ioctl_fionread(&self.device).expect("a terminal") >= keys.len() as u64
        });
    }

    /// Sends a signal to the program only.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.process_id().to_string()]).status();
        assert!(status.expect("kill is there").success());
    }

    /// Whether the program has put the terminal into raw mode.
    pub fn modes_differ(&self) -> bool {
        Modes::now(&self.device) != Modes::of(&self.found)
    }

    /// Restores the terminal's modes, as a shell does when a program stops.
    pub fn restore_modes(&self) {
        tcsetattr(&self.device, OptionalActions::Now, &self.found).expect("a terminal");
    }

    /// Resizes the window.
    pub fn resize(&self, columns: u16, lines: u16) {
        tcsetwinsize(&self.controller, size(columns, lines)).expect("a terminal");
    }

    /// Waits until the program ends. Checks that the terminal's modes are restored. Returns the exit status
    /// and the output, without the line that says what `-w` wrote (tests/cli/write_default.rs has that).
    pub fn end(mut self) -> (i32, String) {
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.0.try_wait().expect("it was started") {
                break status;
            }
            let shortly = Instant::now() + Duration::from_millis(10);
            self.read(shortly.min(deadline));
            if Instant::now() > deadline {
                panic!("the program goes on; shown:\n{}", self.text());
            }
        };
        while self.read(Instant::now()) {}
        let (now, found) = (Modes::now(&self.device), Modes::of(&self.found));
        assert_eq!(now, found, "the terminal is not as it was");
        let text = self.text();
        assert_no_secrets("the terminal", &text);
        // Its path differs from run to run.
        let text = in_words_of_linux(without_waiting(&text));
        let text = text.split_inclusive('\n').filter(|line| !line.starts_with("wrote ")).collect();
        (code_or_signal(status), text)
    }

    /// Removes the terminal, as if its window were closed. Returns the exit status.
    pub fn hang_up(self) -> i32 {
        let Terminal { controller, device, mut child, .. } = self;
        drop((controller, device));
        let end = || child.0.try_wait().expect("it was started");
        code_or_signal(wait_for("the program's end without its terminal", end))
    }

    /// The output, without carriage returns.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).replace("\r\r\n", "\n").replace("\r\n", "\n")
    }

    /// Reads output; false if none came before the deadline.
    fn read(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let time_out = Timespec::try_from(left).expect("less than a minute");
        let mut watched = [PollFd::new(&self.controller, PollFlags::IN)];
        match poll(&mut watched, Some(&time_out)) {
            Ok(0) => return false,
            Err(Errno::INTR) => return true,
            result => result.expect("a terminal can be polled"),
        };
        let mut bytes = [0; 4096];
        let count = self.controller.read(&mut bytes).expect("the device is open, too");
        self.shown.extend_from_slice(&bytes[..count]);
        true
    }
}

/// The exit status, or the negative number of the signal that ended the program.
fn code_or_signal(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| -status.signal().unwrap_or_default())
}

fn size(columns: u16, lines: u16) -> Winsize {
    Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// A child that is killed when the test ends, even if the test fails.
struct OwnedChild(Child);

impl Drop for OwnedChild {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// All settings of a terminal, to compare them.
#[derive(Debug, PartialEq, Eq)]
struct Modes(String);

impl Modes {
    fn now(device: &OwnedFd) -> Modes {
        Modes::of(&tcgetattr(device).expect("a terminal"))
    }

    fn of(termios: &Termios) -> Modes {
        let Termios { input_modes, output_modes, control_modes, local_modes, special_codes, .. } = termios;
        let codes = [SpecialCodeIndex::VMIN, SpecialCodeIndex::VTIME, SpecialCodeIndex::VINTR]
            .map(|index| special_codes[index]);
        Modes(format!("{input_modes:?} {output_modes:?} {control_modes:?} {local_modes:?} {codes:?}"))
    }
}
