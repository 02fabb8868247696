//! Choosing a profile from a list: when it comes up, what it shows, how it ends.

use std::time::Duration;

use crate::asking::bash;
use crate::harness::{CODE, Home, SOMEACCOUNT, failed, keys_in, logins, sts};
use crate::terminal::{CTRL_C, Terminal};

const QUESTION: &str = "Profile:";
const CANCELLED: &str = "error: cancelled; nothing was changed\n";

/// Two users' profiles, a role, and one without a device.
fn several() -> Home {
    let other = "[other]\naws_access_key_id = AKIAOTHERNN7EXAMPLE1\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nmfa_serial = arn:aws:iam::210987654321:mfa/eve\n";
    let role =
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";
    Home::new().credentials(format!("{SOMEACCOUNT}{other}{}", keys_in("plain", ""))).config(role)
}

const EVAL: &str = r#"eval "$(mfa-env --pick 2>err)"; echo "status $?, ${AWS_VAULT-nobody}""#;

/// The rows that are on the screen at the end of what was sent, without what draws them.
fn rows(terminal: &Terminal) -> Vec<String> {
    let text = plain(&terminal.text());
    let last = text.rsplit(QUESTION).next().expect("there is a last").to_owned();
    last.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Without escape sequences.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let end = after.find(|c: char| c.is_ascii_alphabetic()).map_or(after.len(), |end| end + 1);
        rest = &after[end..];
    }
    out.push_str(rest);
    out.replace('\r', "")
}

#[test]
fn a_profile_is_chosen_inside_an_eval_by_typing_a_part_of_it() {
    let (home, sts) = (several(), sts());
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for("[type to filter, Enter takes it, Esc leaves]");
    assert_eq!(
        rows(&terminal),
        [
            "",
            "> admin        role admin (123456789012)",
            "  other        eve (210987654321)",
            "  someaccount  bob (123456789012)",
            "[type to filter, Enter takes it, Esc leaves]",
        ]
    );
    terminal.press("bob");
    terminal.wait_for("bob");
    terminal.press("\r");
    terminal.wait_for("MFA code for someaccount");
    terminal.press(&format!("{CODE}\r"));
    let (status, text) = terminal.end();
    assert!(status == 0 && text.ends_with("status 0, someaccount\n"), "{text}");
    assert_eq!(home.read("err"), crate::harness::STARTED);
}

#[test]
fn the_recent_ones_are_first_with_the_time_left() {
    let (home, sts) = (several(), sts());
    assert_eq!(home.run(["someaccount", "-t", CODE]).sts(&sts).output().status, 0);
    home.pass(Duration::from_secs(3600 * 10));
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for("Esc leaves]");
    assert_eq!(
        rows(&terminal)[1..4],
        [
            "> someaccount  bob (123456789012)         2 hours left",
            "  admin        role admin (123456789012)",
            "  other        eve (210987654321)",
        ]
    );
    terminal.press("\r");
    assert!(terminal.end().1.ends_with("status 0, someaccount\n"));
    // Still first when it has ended.
    home.pass(Duration::from_secs(3600 * 3));
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for("Esc leaves]");
    assert_eq!(rows(&terminal)[1], "> someaccount  bob (123456789012)");
    terminal.press(CTRL_C);
    terminal.end();
}

#[test]
fn escape_ctrl_c_and_signals_fail_the_eval_and_restore_the_terminal() {
    for key in ["\x1b", CTRL_C, "\x04"] {
        let (home, sts) = (several(), sts());
        let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
        terminal.wait_for("Esc leaves]");
        terminal.press(key);
        let (_, text) = terminal.end();
        assert!(text.ends_with("status 130, nobody\n"), "{key:?}: {text}");
        assert!(text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"), "the cursor is hidden: {text:?}");
        assert_eq!(home.read("err"), CANCELLED);
    }
    for signal in ["TERM", "INT", "HUP"] {
        let (home, sts) = (several(), sts());
        let run = home.run(["--pick", "-w"]).env("NO_COLOR", "1").sts(&sts);
        let mut terminal = Terminal::start(run);
        terminal.wait_for("Esc leaves]");
        // The list is drawn to its end: back to where the filter is typed, with the cursor shown again.
        terminal.wait_for("\x1b[11C\x1b[?25h");
        terminal.signal(signal);
        let (status, text) = terminal.end();
        assert!(status == 130 && text.ends_with(CANCELLED), "{signal}: {status} {text}");
        assert!(text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"), "the cursor is hidden: {text:?}");
    }
}

#[test]
fn a_terminal_that_is_gone_ends_the_list() {
    let (home, sts) = (several(), sts());
    let mut terminal = Terminal::start(home.run(["--pick", "-w"]).sts(&sts));
    terminal.wait_for("Esc leaves");
    let status = terminal.hang_up();
    assert!([130, -1].contains(&status), "{status}");
}

#[test]
fn without_an_argument_it_comes_up_where_no_profile_is_meant() {
    let (home, sts) = (several(), sts());
    for (variables, comes_up) in
        [(&[][..], true), (&[("AWS_PROFILE", "plain")], true), (&[("AWS_PROFILE", "someaccount")], false)]
    {
        let script = r#"eval "$(mfa-env)"; echo "status $?, ${AWS_VAULT-nobody}""#;
        let mut terminal = Terminal::start(bash(&home, script).envs(variables).sts(&sts));
        terminal.wait_for(if comes_up { "Esc leaves]" } else { "MFA code for someaccount" });
        terminal.press(CTRL_C);
        assert!(terminal.end().1.ends_with("status 130, nobody\n"));
    }
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn it_does_not_come_up_for_one_profile_or_where_nothing_may_be_asked() {
    let unknown = "error: there is no profile `default`";
    for (home, arguments) in
        [(Home::someaccount(), ""), (several(), "--no-input"), (several(), "--format json")]
    {
        let run = bash(&home, &format!("mfa-env {arguments} >out; echo \"status $?\""));
        let (_, text) = Terminal::start(run).end();
        assert!(text.starts_with(unknown) && text.ends_with("status 2\n"), "{arguments}: {text}");
    }
    let shown = several().program("setsid").args(["--wait", env!("CARGO_BIN_EXE_mfa-env")]).output();
    assert!(shown.status == 2 && shown.stderr.starts_with(unknown), "{shown:?}");
}

#[test]
fn pick_says_where_it_can_not_be() {
    let home = several();
    let shown = home.program("setsid").args(["--wait", env!("CARGO_BIN_EXE_mfa-env"), "--pick"]).output();
    let expected = "error: there is no terminal to choose a profile on\n\
         hint: name one: mfa-env PROFILE; `mfa-env list` shows them\n";
    assert_eq!(shown, failed(4, expected));
    for arguments in [&["--pick", "someaccount"][..], &["--pick", "-p", "x"], &["--pick", "--no-input"]] {
        let shown = home.run(arguments).output();
        assert!(shown.status == 2 && shown.stderr.contains("cannot be used with"), "{shown:?}");
    }
    let shown = Home::new().credentials(keys_in("x", "")).run(["--pick"]).output();
    assert_eq!(shown, failed(1, "error: no profile has an MFA device yet\nhint: mfa-env setup\n"));
    let expected = "error: standard output is a terminal, and a program can't change the shell that started it\n\
         hint: eval \"$(mfa-env --pick)\"\n\
         hint: or into `[default]`, for every program: mfa-env --pick -w\n\
         hint: to type it without the eval from now on: mfa-env setup\n";
    let terminal = Terminal::start(home.run(["--pick"]).env("NO_COLOR", "1"));
    assert_eq!(terminal.end(), (2, expected.to_owned()));
}

#[test]
fn no_colour_means_none_and_a_narrow_window_cuts() {
    let home = several();
    for (columns, expected) in [
        (80, ["> admin        role admin (123456789012)", "  other        eve (210987654321)"]),
        (30, ["> admin        role admin …", "  other        eve (210987…"]),
        (16, ["> admin", "  other"]),
    ] {
        let run = home.run(["--pick", "-w"]).env("NO_COLOR", "1");
        let mut terminal = Terminal::of_width(run, columns);
        terminal.wait_for("someaccount");
        terminal.press(CTRL_C);
        terminal.wait_for("cancelled");
        let (text, shown) = (terminal.text(), rows(&terminal));
        assert_eq!(shown[1..3], expected, "{columns}");
        let ends_of_sequences = text
            .split("\x1b[")
            .skip(1)
            .filter_map(|rest| rest.find(char::is_alphabetic).map(|at| &rest[at..=at]));
        assert!(!ends_of_sequences.into_iter().any(|end| end == "m"), "{text:?}");
        assert_eq!(terminal.end().0, 130);
    }
}

#[test]
fn a_terminal_that_can_not_move_its_cursor_asks_for_a_number() {
    let (home, sts) = (several(), sts());
    let run = home.run(["--pick", "-w"]).env("TERM", "dumb").sts(&sts);
    let mut terminal = Terminal::start(run);
    terminal.wait_for("Profile: (number): ");
    terminal.press("4\r");
    terminal.wait_for("or Ctrl-C: ");
    terminal.press("3\r");
    terminal.wait_for("MFA code for someaccount");
    terminal.press(CTRL_C);
    let (status, text) = terminal.end();
    let expected = "  1  admin        role admin (123456789012)\n  2  other        eve (210987654321)\n  \
         3  someaccount  bob (123456789012)\nProfile: (number): 4\na number from 1 to 3, or Ctrl-C: 3\n";
    assert!(status == 130 && text.starts_with(expected), "{text}");
}

#[test]
fn names_that_steer_a_terminal_are_shown() {
    let evil = "[evil\x1b[45m\x07]\naws_access_key_id = AKIAOTHERNN7EXAMPLE1\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nmfa_serial = GAHT12345678\n";
    let home = Home::new().credentials(format!("{SOMEACCOUNT}{evil}"));
    let mut terminal = Terminal::start(home.run(["--pick", "-w"]));
    terminal.wait_for("evil\\u{1b}[45m\\u{7}  GAHT12345678");
    terminal.press(CTRL_C);
    let (_, text) = terminal.end();
    assert!(!text.contains("\x1b[45m") && !text.contains('\x07'), "{text:?}");
}

#[test]
fn a_long_list_is_scrolled() {
    let section = |n: usize| keys_in(&format!("account-{n:03}"), "mfa_serial = GAHT12345678\n");
    let home = Home::new().credentials((0..200).map(section).collect::<String>());
    let sts = sts();
    let mut terminal = Terminal::start(home.run(["--pick", "-w"]).env("NO_COLOR", "1").sts(&sts));
    terminal.wait_for("v account-014");
    // Up from the first is the last.
    terminal.press("\x1b[A");
    terminal.wait_for("> account-199");
    terminal.press("\r");
    terminal.wait_for("MFA code for account-199 (GAHT12345678): ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
}
