//! Signals at a question: whichever question of the process is open, the terminal is restored.

use std::fs;

use fake_sts::FakeSts;
use support::{CODE, Home, STARTED, Terminal, WRONG_CODE, logins, sts, wait_until};

use crate::asking::{EVAL, QUESTION, asked, bash};
use crate::roles::role;

const CANCELLED: &str = "error: cancelled; nothing was changed\n";

/// A terminal at the first, second or third question.
fn at_question(number: usize, home: &Home, sts: &FakeSts) -> Terminal {
    let mut terminal = asked(home, sts);
    for _ in 1..number {
        terminal.press(&format!("{WRONG_CODE}\r"));
        terminal.wait_for(QUESTION);
    }
    terminal
}

#[test]
fn at_each_question_a_signal_or_a_closed_window_ends_it_and_leaves_the_terminal_as_it_was() {
    // SIGINT has the effect of Ctrl-C, and the others have their default effect.
    for (name, expected) in [("INT", 130), ("TERM", -15), ("HUP", -1), ("QUIT", -3)] {
        for number in 1..=3 {
            let (home, sts) = (Home::someaccount(), sts());
            let mut terminal = at_question(number, &home, &sts);
            terminal.press("1");
            terminal.wait_for("*");
            terminal.signal(name);
            let (status, text) = terminal.end();
            assert_eq!(status, expected, "{name} {number}: {text}");
            assert!(text.ends_with(&format!("{QUESTION}*\n{CANCELLED}")), "{name} {number}: {text}");
            assert_eq!(logins(&sts).len(), number - 1);
        }
    }
    for number in 1..=3 {
        let (home, sts) = (Home::someaccount(), sts());
        assert_eq!(at_question(number, &home, &sts).hang_up(), -1, "{number}");
    }
}

#[test]
fn at_each_question_a_stop_signal_does_nothing() {
    for number in 1..=3 {
        let (home, sts) = (Home::someaccount(), sts());
        let mut terminal = at_question(number, &home, &sts);
        terminal.signal("TSTP");
        terminal.signal("CONT");
        // It draws the question again, since it can't know what changed.
        terminal.wait_for(&format!("\r{QUESTION}"));
        terminal.press(&format!("{CODE}\r"));
        let (status, text) = terminal.end();
        assert_eq!(status, 0, "{number}: {text}");
        assert!(text.ends_with(&format!("{QUESTION}******\n{STARTED}")), "{number}: {text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_question_that_goes_on_after_a_stop_takes_the_terminal_again() {
    for number in 1..=3 {
        let (home, sts) = (Home::someaccount(), sts());
        let mut terminal = at_question(number, &home, &sts);
        terminal.press(&CODE[..2]);
        terminal.wait_for("**");
        terminal.signal("STOP");
        let status = format!("/proc/{}/stat", terminal.process_id());
        wait_until("the stop", || fs::read_to_string(&status).expect("it is there").contains(") T "));
        terminal.restore_modes();
        terminal.signal("CONT");
        terminal.wait_for(&format!("\r{QUESTION}**"));
        assert!(terminal.modes_differ());
        terminal.press(&format!("{}\r", &CODE[2..]));
        assert_eq!(terminal.end().0, 0, "{number}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_at_the_question_makes_the_eval_fail() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for(QUESTION);
    let children = format!("/proc/{0}/task/{0}/children", terminal.process_id());
    let children = fs::read_to_string(children).expect("it is there");
    let kill = std::process::Command::new("kill").args(["-s", "TERM", children.trim()]).status();
    assert!(kill.expect("kill is there").success());
    let (_, text) = terminal.end();
    assert!(text.ends_with("status 130, key \n"), "{text}");
}

#[test]
fn a_call_that_takes_long_is_named_and_ctrl_c_says_that_it_is_cancelled() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(fake_sts::Reply::NeverAnswer);
    let run = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).env("NO_COLOR", "1");
    let mut terminal = Terminal::start(run);
    terminal.wait_for("waiting for STS (us-east-1)\r\n");
    terminal.press(support::CTRL_C);
    let (status, text) = terminal.end();
    let hint = "hint: the code may be used up: take the next one\n";
    assert_eq!((status, text.ends_with(&format!("{CANCELLED}{hint}"))), (-2, true), "{text}");
}

#[test]
fn ctrl_c_in_a_call_without_a_code_mentions_no_code() {
    let (home, sts) = (Home::someaccount().config(role("admin", "someaccount", "")), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    sts.script(fake_sts::Reply::NeverAnswer);
    let run = home.run(["admin", "-w"]).sts(&sts).env("NO_COLOR", "1");
    let mut terminal = Terminal::start(run);
    terminal.wait_for("waiting for STS (us-east-1)\r\n");
    terminal.press(support::CTRL_C);
    let (status, text) = terminal.end();
    assert_eq!((status, text.ends_with(CANCELLED)), (-2, true), "{text}");
}
