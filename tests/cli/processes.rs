//! The commands that a profile names: they get the terminal if they read from it, and end with mfa-env if a
//! signal ends it.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use support::{
    CODE, CTRL_C, CTRL_Z, Home, Terminal, WRITTEN, codes_sent, finish, started_by, sts, wait_until,
};

fn home_with(command: &str) -> Home {
    Home::someaccount().config(format!("[profile someaccount]\nmfa_process = {command}\n"))
}

#[cfg(target_os = "linux")]
fn is_alive(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // It may have ended as a zombie.
    status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_the_command_and_all_that_it_started() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let home = home_with("sh -c 'echo $$ > new; mv new sleeper; exec sleep 317' | cat");
        let sts = sts();
        let mut command = home.run(["someaccount"]).sts(&sts).into_command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("built");
        wait_until("the command's start", || home.path("sleeper").exists());
        let sleeper = home.read("sleeper").trim().to_owned();
        assert!(is_alive(&sleeper));
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        assert_eq!(finish(child, "the login").status.signal(), Some(signal.as_raw()));
        wait_until("the end of `sleep`", || !is_alive(&sleeper));
        assert_eq!(codes_sent(&sts), [""; 0]);
    }
}

#[test]
fn a_signal_that_is_ignored_does_not_end_the_command() {
    let home = home_with(&format!("kill -HUP $(cat parent); echo {CODE}"));
    let sts = sts();
    let script = "trap '' HUP; echo $$ > parent; exec mfa-env someaccount -w";
    let shown = home.program("sh").args(["-c", script]).sts(&sts).output();
    assert_eq!((shown.status, shown.stderr.as_str()), (0, WRITTEN));
}

#[test]
fn a_command_may_ask_on_the_terminal() {
    for read in ["read code </dev/tty", "read code", "stty -echo </dev/tty; read code; stty echo </dev/tty"] {
        let home = home_with(&format!("printf 'PIN: ' >/dev/tty; {read}; echo $code | cat"));
        let sts = sts();
        // The next program has the terminal again.
        let script = "mfa-env someaccount -w; read line </dev/tty; echo got $line";
        let mut terminal = Terminal::start(home.program("sh").args(["-c", script]).sts(&sts));
        terminal.wait_for("PIN: ");
        terminal.press(&format!("{CODE}\r"));
        terminal.wait_for(&started_by("someaccount").replace('\n', ""));
        terminal.press("the rest\r");
        terminal.wait_for("got the rest");
        assert_eq!(codes_sent(&sts), [CODE], "{read}");
    }
}

#[test]
fn ctrl_c_at_the_question_of_a_command_leaves_the_terminal_as_it_was() {
    let home = home_with("stty -echo </dev/tty; printf 'PIN: ' >/dev/tty; read code </dev/tty; echo $code");
    let sts = sts();
    let mut terminal = Terminal::start(home.run(["someaccount", "-w"]).sts(&sts).env("NO_COLOR", "1"));
    terminal.wait_for("PIN: ");
    // Ctrl-Z has no effect.
    terminal.press(CTRL_Z);
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), (130, "PIN: error: cancelled; nothing was changed\n".to_owned()));
    assert_eq!(codes_sent(&sts), [""; 0]);
}

#[test]
fn a_signal_at_the_question_of_a_command_leaves_the_terminal_as_it_was() {
    for (name, number) in [("TERM", 15), ("HUP", 1), ("INT", 2)] {
        let home =
            home_with("stty -echo </dev/tty; printf 'PIN: ' >/dev/tty; read code </dev/tty; echo $code");
        let sts = sts();
        let mut terminal = Terminal::start(home.run(["someaccount", "-w"]).sts(&sts));
        terminal.wait_for("PIN: ");
        terminal.signal(name);
        assert_eq!(terminal.end(), (-number, "PIN: ".to_owned()), "{name}");
    }
}
