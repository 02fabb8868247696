//! The question for the code on a real terminal: where mfa-env asks, what it shows, how it ends.

use fake_sts::{FakeSts, Reply};
use support::{
    BACKSPACE, CODE, CODES, CTRL_C, CTRL_D, CTRL_U, CTRL_Z, Home, Run, SERIAL, STARTED, Terminal, WRONG_CODE,
    between, codes_sent, keys_in, logins, sts, wait_until, while_a_code_lasts,
};

use crate::shells::{FISH, POSIX, shell};

pub const QUESTION: &str = "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): ";
const BAD_FORM: &str = "that is not six digits; try again, or Ctrl-C\n";
const NOT_ACCEPTED: &str = "AWS rejected the code: check it, or wait for the next one\n";
const CANCELLED: &str = "error: cancelled; nothing was changed\n";

/// `eval` in bash, then its result.
pub const EVAL: &str = r#"eval "$(mfa-env someaccount)"; echo "status $?, key ${AWS_ACCESS_KEY_ID:+set}""#;

pub fn bash<'h>(home: &'h Home, script: &str) -> Run<'h> {
    home.program("bash").args(["--noprofile", "--norc", "-c", script]).env("NO_COLOR", "1")
}

/// At the question, on its own terminal, for a session in `[default]`.
pub fn asked(home: &Home, sts: &fake_sts::FakeSts) -> Terminal {
    let run = home.run(["someaccount", "-w"]).sts(sts).env("NO_COLOR", "1");
    let mut terminal = Terminal::start(run);
    terminal.wait_for(QUESTION);
    terminal
}

fn stars(code: &str) -> String {
    "*".repeat(code.len())
}

#[test]
fn asks_inside_a_command_substitution_and_shows_stars() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for(QUESTION);
    terminal.press(CODE);
    terminal.wait_for("******");
    terminal.press("\r");
    let expected = format!("{QUESTION}******\n{STARTED}status 0, key set\n");
    assert_eq!(terminal.end(), (0, expected));
    let requests = logins(&sts);
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].parameters["TokenCode"], CODE);
}

#[test]
fn asks_on_the_terminal_with_all_three_streams_elsewhere() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = Terminal::start(bash(&home, "mfa-env someaccount </dev/null >out 2>err").sts(&sts));
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end(), (0, format!("{QUESTION}******\n")));
    assert_eq!(home.read("err"), STARTED);
    assert!(home.read("out").contains("export AWS_ACCESS_KEY_ID='ASIA"));
}

#[test]
fn asks_in_a_pipe_that_gives_and_takes() {
    let (home, sts) = (Home::someaccount(), sts());
    let run = bash(&home, "echo 000000 | mfa-env someaccount 2>err | grep -c ^export").sts(&sts);
    let mut terminal = Terminal::start(run);
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end(), (0, format!("{QUESTION}******\n8\n")));
    assert_eq!(home.read("err"), STARTED);
}

#[test]
fn backspace_takes_back_one_character_and_ctrl_u_all() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = asked(&home, &sts);
    terminal.press("12");
    terminal.wait_for("**");
    terminal.press(CTRL_U);
    terminal.wait_for("\u{8} \u{8}\u{8} \u{8}");
    terminal.press(&format!("{}x{BACKSPACE}{}\r", &CODE[..3], &CODE[3..]));
    let expected = format!("{QUESTION}**\u{8} \u{8}\u{8} \u{8}****\u{8} \u{8}***\n{STARTED}");
    assert_eq!(terminal.end(), (0, expected));
    assert_eq!(logins(&sts)[0].parameters["TokenCode"], CODE);
}

#[test]
fn takes_a_code_that_is_pasted_with_a_space_and_brackets() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = asked(&home, &sts);
    terminal.press(&format!("\x1b[200~{} {}\x1b[201~\r", &CODE[..3], &CODE[3..]));
    assert_eq!(terminal.end(), (0, format!("{QUESTION}*******\n{STARTED}")));
    assert_eq!(logins(&sts)[0].parameters["TokenCode"], CODE);
}

#[test]
fn a_code_of_a_bad_form_is_asked_for_again_and_never_sent() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = asked(&home, &sts);
    let mut expected = QUESTION.to_owned();
    for typed in ["12345", "1234567", "12345x", ""] {
        terminal.press(&format!("{typed}\r"));
        terminal.wait_for(QUESTION);
        assert_eq!(logins(&sts).len(), 0, "{typed}");
        expected += &format!("{}\n{BAD_FORM}{QUESTION}", stars(typed));
    }
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end(), (0, expected + "******\n" + STARTED));
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn a_wrong_code_is_asked_for_again() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = asked(&home, &sts);
    terminal.press(&format!("{WRONG_CODE}\r"));
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    let expected = format!("{QUESTION}******\n{NOT_ACCEPTED}{QUESTION}******\n{STARTED}");
    assert_eq!(terminal.end(), (0, expected));
    let codes: Vec<_> = logins(&sts).iter().map(|sent| sent.parameters["TokenCode"].clone()).collect();
    assert_eq!(codes, [WRONG_CODE, CODE]);
}

#[test]
fn gives_up_after_three_wrong_codes() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    for _ in 0..3 {
        terminal.wait_for(QUESTION);
        terminal.press(&format!("{WRONG_CODE}\r"));
    }
    let again = format!("{QUESTION}******\n{NOT_ACCEPTED}");
    let expected = format!(
        "{again}{again}{QUESTION}******\n\
         error: AWS rejected the MFA code\n\
         hint: wait for the next code of arn:aws:iam::123456789012:mfa/bob, and check the clock of the device\n\
         status 3, key \n"
    );
    assert_eq!(terminal.end(), (0, expected));
    assert_eq!(logins(&sts).len(), 3);
}

#[test]
fn another_refusal_than_a_wrong_code_is_not_asked_again() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(Reply::throttled());
    let mut terminal = asked(&home, &sts);
    terminal.press(&format!("{CODE}\r"));
    let expected = format!(
        "{QUESTION}******\n\
         error: AWS is throttling this account: too many requests\n\
         hint: try again in a minute, with the next code\n"
    );
    assert_eq!(terminal.end(), (3, expected));
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn ctrl_c_cancels_and_exports_nothing() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for(QUESTION);
    assert!(terminal.modes_differ());
    terminal.press(&format!("{}{CTRL_C}", &CODE[..3]));
    assert_eq!(terminal.end(), (0, format!("{QUESTION}***\n{CANCELLED}status 130, key \n")));
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn ctrl_d_cancels() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = asked(&home, &sts);
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), (130, format!("{QUESTION}\n{}", CANCELLED.replace("-t", "-w -t"))));
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn ctrl_z_does_nothing() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{}{CTRL_Z}{}\r", &CODE[..2], &CODE[2..]));
    assert_eq!(terminal.end(), (0, format!("{QUESTION}******\n{STARTED}status 0, key set\n")));
}

#[test]
fn ctrl_c_while_sts_is_silent_ends_it_with_the_terminal_as_it_was() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(Reply::NeverAnswer);
    let mut terminal = asked(&home, &sts);
    terminal.press(&format!("{CODE}\r"));
    terminal.wait_for("\r\n");
    wait_for_logins(&sts, 1);
    terminal.press(CTRL_C);
    // SIGINT from the terminal, which a shell reports as 130.
    let hint = "hint: the code may be used up: take the next one\n";
    assert_eq!(terminal.end(), (-2, format!("{QUESTION}******\n^C\n{CANCELLED}{hint}")));
}

fn wait_for_logins(sts: &FakeSts, count: usize) {
    wait_until("the login", || logins(sts).len() >= count);
}

#[test]
fn a_code_that_is_typed_while_sts_looks_at_another_is_no_answer() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(Reply::Held);
    let mut terminal = asked(&home, &sts);
    terminal.press(&format!("{WRONG_CODE}\r"));
    wait_for_logins(&sts, 1);
    terminal.type_ahead("111111\r");
    sts.release();
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end().0, 0);
    assert_eq!(codes_sent(&sts), [WRONG_CODE, CODE]);
}

#[test]
fn what_is_typed_after_the_answer_is_the_shells() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = format!("{EVAL}; read -r line; echo \"read $line\"");
    let mut terminal = Terminal::start(bash(&home, &script).sts(&sts));
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\rls\r"));
    let (_, shown) = terminal.end();
    assert!(shown.ends_with("read ls\n"), "{shown}");
}

#[test]
fn what_is_typed_before_the_question_is_no_answer() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = Terminal::start(
        bash(&home, &format!("stty -echo; echo ready; read -r; {EVAL}; stty echo")).sts(&sts),
    );
    terminal.wait_for("ready");
    // In one write. The second line waits in the terminal until mfa-env discards it.
    terminal.press(&format!("\n{WRONG_CODE}\n"));
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end(), (0, format!("ready\n{QUESTION}******\n{STARTED}status 0, key set\n")));
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn asks_with_a_hostile_name_shown_and_not_executed() {
    let home =
        Home::new().credentials(keys_in("a\u{1b}[2Jb\u{202e}c", &format!("mfa_serial = {}\n", SERIAL)));
    let run = bash(&home, r#"eval "$(mfa-env "$NAME")"; echo "$?""#).env("NAME", "a\u{1b}[2Jb\u{202e}c");
    let mut terminal = Terminal::start(run.sts(&sts()));
    terminal.wait_for("MFA code for a?[2Jb?c (arn:aws:iam::123456789012:mfa/bob): ");
    terminal.press(CTRL_C);
    assert!(terminal.end().1.ends_with("\n130\n"));
}

#[test]
fn a_filler_in_a_serial_number_is_seen_in_the_question() {
    let home = Home::new().credentials(keys_in("hidden", "mfa_serial = GAHT\u{115f}1234\u{3164}5678\n"));
    let run = home.run(["hidden", "-w"]).env("NO_COLOR", "1");
    let mut terminal = Terminal::start(run.sts(&sts()));
    terminal.wait_for("MFA code for hidden (GAHT?1234?5678): ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
}

#[test]
fn a_code_that_was_used_a_moment_ago_is_never_sent_again() {
    let (sts, (status, text)) = while_a_code_lasts(|| {
        let (home, sts) = (Home::someaccount(), sts());
        home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
        let run = home.run(["someaccount", "-w", "-r"]).sts(&sts).env("NO_COLOR", "1");
        let mut terminal = Terminal::start(run);
        terminal.wait_for(QUESTION);
        terminal.press(&format!("{CODE}\r"));
        terminal.wait_for("you already used this code");
        terminal.wait_for(QUESTION);
        terminal.press(&format!("{}\r", CODES[1]));
        (sts, terminal.end())
    });
    let seconds = between(&text, "next one comes in ", " s\n").expect("it says when");
    assert!((1..=30).contains(&seconds.parse::<u32>().expect("a number")), "{text}");
    let expected = format!(
        "{QUESTION}******\nyou already used this code; the next one comes in {seconds} s\n\
         {QUESTION}******\n{STARTED}"
    );
    assert_eq!((status, text), (0, expected));
    let codes: Vec<_> = logins(&sts).iter().map(|sent| sent.parameters["TokenCode"].clone()).collect();
    assert_eq!(codes, [CODE, CODES[1]]);
}

#[test]
fn in_every_shell_ctrl_c_makes_the_eval_fail_and_nothing_runs() {
    for program in POSIX.iter().chain(&[FISH]) {
        let (home, sts) = (Home::someaccount(), sts());
        let script = match program[0] {
            "fish" => "eval (mfa-env someaccount); and touch ran; echo status $status",
            _ => "eval \"$(mfa-env someaccount)\" && touch ran; echo status $?",
        };
        let run = shell(&home, program, script).sts(&sts).env("NO_COLOR", "1");
        let mut terminal = Terminal::start(run);
        terminal.wait_for(QUESTION);
        terminal.press(CTRL_C);
        assert_eq!(terminal.end(), (0, format!("{QUESTION}\n{CANCELLED}status 130\n")), "{program:?}");
        assert!(!home.path("ran").exists());
    }
}

#[test]
fn escape_does_not_swallow_the_next_key() {
    let (home, sts) = (Home::someaccount(), sts());
    for keys in [format!("\x1b{CTRL_C}"), format!("\x1b[{CTRL_C}"), format!("\x1bO{CTRL_C}")] {
        let mut terminal = asked(&home, &sts);
        terminal.press(&keys);
        assert_eq!(terminal.end().0, 130, "{keys:?}");
    }
    let mut terminal = asked(&home, &sts);
    terminal.press(&format!("\x1b[A\x1bOB{CODE}\r"));
    assert_eq!(terminal.end(), (0, format!("{QUESTION}******\n{STARTED}")));
}
