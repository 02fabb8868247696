//! The pinentries of Debian: in a terminal, and in windows of an X server without a screen.

use std::process::{Child, Command, Stdio};

use support::{CODE, Home, Lines, Terminal, WRONG_CODE, codes_sent, sts, wait_until};

use crate::asking::bash;
use crate::window::{assert_session, home, tool};

/// In `GPG_TTY`, since they have no window. The tool has no terminal itself.
#[test]
fn the_real_pinentries_for_terminals_ask_in_the_terminal_of_gpg() {
    for program in ["pinentry-tty", "pinentry-curses"] {
        let (home, sts) = (home(&[]), sts());
        let script = "GPG_TTY=$(tty) setsid --wait mfa-env someaccount --format json >out 2>err; \
                      status=$?; echo; echo $status";
        let run = bash(&home, script).env("MFA_ENV_PINENTRY", program).sts(&sts);
        let mut terminal = Terminal::of_width(run, 80);
        terminal.wait_for("MFA code for someaccount");
        terminal.wait_for("arn:aws:iam::123456789012:mfa/bob");
        terminal.wait_for("Code:");
        terminal.press(&format!("{CODE}\r"));
        let (_, shown) = terminal.end();
        assert_eq!(shown.lines().last(), Some("0"), "{program}: {shown}");
        assert!(home.read("out").contains("\"SessionToken\""));
        assert_eq!(codes_sent(&sts), [CODE]);
    }
}

/// An X server without a screen, which ends with the test.
pub struct Screen {
    server: Child,
    pub name: String,
}

impl Screen {
    pub fn start() -> Screen {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0", "800x600x24"]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("xvfb is there");
        let number = Lines::of(server.stdout.take().expect("piped")).next();
        Screen { server, name: format!(":{}", number.expect("Xvfb prints its number")) }
    }

    /// Types into the window as soon as it is there.
    pub fn type_into(&self, home: &Home, title: &str, text: &str) {
        self.press(home, title, &[&["type", text], &["key", "Return"]]);
    }

    /// The same with these commands of xdotool.
    pub fn press(&self, home: &Home, title: &str, commands: &[&[&str]]) {
        let xdotool =
            |arguments: &[&str]| home.program("xdotool").args(arguments).env("DISPLAY", &self.name).output();
        // Each time anew: the window of the last question may be there for a moment.
        wait_until("a window with the focus", || {
            let windows = xdotool(&["search", "--onlyvisible", "--name", title]).stdout;
            windows.lines().last().is_some_and(|window| {
                xdotool(&["windowfocus", window]);
                xdotool(&["getwindowfocus"]).stdout.trim() == window
            })
        });
        for command in commands {
            xdotool(command);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn the_real_pinentries_with_a_window_take_the_code() {
    let screen = Screen::start();
    for program in ["pinentry-gtk-2", "pinentry-qt"] {
        let (home, sts) = (home(&[]), sts());
        let run = tool(&home, &sts).env("MFA_ENV_PINENTRY", program).env("DISPLAY", &screen.name).start();
        screen.type_into(&home, "mfa-env", WRONG_CODE);
        wait_until("the refusal", || codes_sent(&sts).len() == 1);
        screen.type_into(&home, "mfa-env", CODE);
        assert_session(&run.end());
        assert_eq!(codes_sent(&sts), [WRONG_CODE, CODE], "{program}");
        let codes = format!("{WRONG_CODE}|{CODE}");
        assert_eq!(home.program("grep").args(["-rlE", &codes, "."]).output().stdout, "", "{program}");
    }
}
