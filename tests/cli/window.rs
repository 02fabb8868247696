//! `--format json` asks for the code where a person sees it: on a free terminal, else in a window by a
//! pinentry, which these tests script.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use fake_sts::FakeSts;
use support::{
    CODE, CTRL_C, Home, Run, Running, Shown, Terminal, WRONG_CODE, codes_sent, failed, keys_in, logins, sts,
    wait_until,
};

use crate::asking::{QUESTION, bash};
use crate::aws_clients::with_aws;

/// Answers the nth question with the nth line of `answers`. Writes down what it is asked.
const PINENTRY: &str = r#"#!/bin/sh
PATH=/usr/bin:/bin
echo $$ >"$HOME/process"
printf '%s\n' "${GREETING-OK Pleased to meet you}"
while read -r line; do
  printf '%s\n' "$line" >>"$HOME/asked"
  if [ "$line" = GETPIN ]; then
    answer=$(sed -n "$(grep -c GETPIN "$HOME/asked")p" "$HOME/answers")
    case $answer in
    hang) exec tail -f /dev/null ;;
    exit) exit 3 ;;
    *) printf "$answer\n" ;;
    esac
  else
    echo OK
  fi
done
"#;

const CANCELLED: &str = "ERR 83886179 Operation cancelled <Pinentry>";
const TIMEOUT: &str = "ERR 83886142 Timeout <Pinentry>";
const NO_WINDOW: &str = "ERR 83918950 Inappropriate ioctl for device <Pinentry>";
const TO_LOG_IN: &str = "hint: log in first: mfa-env someaccount\n";

/// With a pinentry that gives these answers.
pub fn home(answers: &[&str]) -> Home {
    let home = Home::someaccount();
    home.write("pinentry", PINENTRY);
    home.set_mode("pinentry", 0o700);
    home.write("answers", answers.join("\n"));
    home
}

fn answer(code: &str) -> String {
    format!("D {code}\\nOK")
}

/// As an IDE runs it: without a terminal.
pub fn tool<'h>(home: &'h Home, sts: &FakeSts) -> Run<'h> {
    let binary = env!("CARGO_BIN_EXE_mfa-env");
    let run = home.program("setsid").args(["--wait", binary, "someaccount", "--format", "json"]);
    run.env("MFA_ENV_PINENTRY", home.path("pinentry")).sts(sts)
}

/// The commands that pinentry got, one per line.
fn asked(home: &Home) -> String {
    fs::read_to_string(home.path("asked")).unwrap_or_default()
}

fn questions(home: &Home) -> usize {
    asked(home).matches("GETPIN").count()
}

fn wait_for_window(home: &Home) {
    wait_until("the question", || questions(home) > 0);
}

pub fn assert_session(shown: &Shown) {
    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""), "{shown:?}");
    assert!(shown.stdout.contains("\"SessionToken\""), "{shown:?}");
}

fn code_needed(why: &str) -> Shown {
    failed_json(4, &format!("error: profile `someaccount` needs an MFA code, and {why}\n{TO_LOG_IN}"))
}

fn failed_json(status: i32, stderr: &str) -> Shown {
    Shown { stdout: String::new(), ..failed(status, stderr) }
}

#[test]
fn a_window_shows_profile_and_device_and_takes_the_code() {
    let (home, sts) = (home(&[&answer(CODE)]), sts());
    assert_session(&tool(&home, &sts).env("LC_ALL", "C.UTF-8").output());
    let asked = asked(&home);
    let seconds = support::between(&asked, "SETTIMEOUT ", "\n").expect("a time-out");
    assert!((1..=55).contains(&seconds.parse::<u32>().expect("a number")), "{asked}");
    let expected = format!(
        "OPTION lc-ctype=C.UTF-8\nOPTION no-grab\nSETTITLE mfa-env\nSETPROMPT Code:\n\
         SETDESC MFA code for someaccount%0Aarn:aws:iam::123456789012:mfa/bob\n\
         SETTIMEOUT {seconds}\nGETPIN\n"
    );
    assert_eq!(asked, expected);
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn the_window_says_why_it_asks_again() {
    let (home, sts) = (home(&[&answer(WRONG_CODE), &answer("12345"), "OK", &answer(CODE)]), sts());
    assert_session(&tool(&home, &sts).output());
    let asked = asked(&home);
    let reasons: Vec<_> = asked.lines().filter_map(|line| line.strip_prefix("SETERROR ")).collect();
    let expected = [
        "AWS rejected the code: check it, or wait for the next one",
        "that is not six digits",
        "that is not six digits",
    ];
    assert_eq!(reasons, expected);
    assert_eq!(codes_sent(&sts), [WRONG_CODE, CODE]);
}

#[test]
fn a_cancelled_question_is_not_asked_again_by_a_tool_until_the_user_logs_in_or_forgets() {
    for cancelled in [CANCELLED, "ERR 83886278 Fully cancelled <Pinentry>"] {
        let (home, sts) = (home(&[cancelled, CANCELLED, &answer(CODE)]), sts());
        let shown = tool(&home, &sts).output();
        assert_eq!(shown, failed_json(130, "error: cancelled; nothing was changed\n"));
        let expected =
            code_needed("its last question was cancelled or not answered, less than 5 minutes ago");
        assert_eq!(tool(&home, &sts).output(), expected);
        assert_eq!(questions(&home), 1);
        let forgotten = home.run(["forget", "someaccount"]).sts(&sts).output();
        assert_eq!(forgotten.stderr, "other programs may ask for the code of someaccount again\n");
        assert_eq!(tool(&home, &sts).output().status, 130);
        assert_eq!(questions(&home), 2);
        // A login by hand needs no permission.
        let mut terminal = Terminal::start(home.run(["someaccount", "-w"]).sts(&sts).env("NO_COLOR", "1"));
        terminal.wait_for(QUESTION);
        terminal.press(&format!("{CODE}\r"));
        assert_eq!(terminal.end().0, 0);
        assert_session(&tool(&home, &sts).output());
        assert_eq!(questions(&home), 2);
    }
}

#[test]
fn a_question_without_an_answer_is_an_error_that_says_why() {
    let no_answer = "`~/pinentry` returned no answer";
    for (answers, why) in [
        (vec![TIMEOUT], "nobody answered in time"),
        (vec![NO_WINDOW], "`~/pinentry` can't open a window"),
        (vec!["exit"], no_answer),
        (vec!["ERR"], "`~/pinentry` can't open a window"),
        (vec!["OK"; 3], "its window returned no code"),
    ] {
        let (home, sts) = (home(&answers), sts());
        assert_eq!(tool(&home, &sts).output(), code_needed(why), "{answers:?}");
        assert_eq!(tool(&home, &sts).output().status, 4);
        assert_eq!(questions(&home), answers.len(), "{answers:?}");
        assert_eq!(logins(&sts).len(), 0);
    }
}

#[test]
fn a_program_that_is_no_pinentry_is_an_error() {
    let long = format!("D {}", "1".repeat(1000));
    for (greeting, why) in [("ERR 1 no", "can't open a window"), (&long, "returned no answer")] {
        let (home, sts) = (home(&[&answer(CODE)]), sts());
        let shown = tool(&home, &sts).env("GREETING", greeting).output();
        assert_eq!(shown, code_needed(&format!("`~/pinentry` {why}")), "{greeting}");
    }
    let (home, sts) = (home(&[]), sts());
    fs::remove_file(home.path("pinentry")).expect("ours");
    let why = "`~/pinentry` could not be started: No such file or directory (os error 2)";
    assert_eq!(tool(&home, &sts).output(), code_needed(why));
}

#[test]
fn two_tools_at_once_ask_once() {
    let (home, sts) = (home(&["hang"]), sts());
    let first = tool(&home, &sts).start();
    wait_for_window(&home);
    let second = tool(&home, &sts).start();
    let given = home.run(["someaccount", "-t", CODE, "--format", "json"]).sts(&sts).output();
    assert_session(&given);
    // Another answer closes the window.
    assert_session(&first.end());
    let waited = second.end();
    assert_eq!(waited.status, 0);
    assert!(["", "waiting for the answer in another terminal or window\n"].contains(&&*waited.stderr));
    assert_eq!(questions(&home), 1);
    assert_no_pinentry(&home);
}

#[test]
fn an_answer_on_a_terminal_closes_the_window() {
    let (home, sts) = (home(&["hang"]), sts());
    let run = tool(&home, &sts).start();
    wait_for_window(&home);
    let mut terminal = Terminal::start(home.run(["someaccount", "-w"]).sts(&sts).env("NO_COLOR", "1"));
    terminal.wait_for("another terminal or window is asking too; answer in either one");
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end().0, 0);
    assert_session(&run.end());
    assert_no_pinentry(&home);
    assert_eq!(codes_sent(&sts), [CODE]);
}

/// The window is closed.
fn assert_no_pinentry(home: &Home) {
    let process = home.read("process");
    let kill = || home.program("kill").args(["-0", process.trim()]).output();
    wait_until("the end of pinentry", || kill().status != 0);
}

#[test]
fn a_second_tool_does_not_ask_after_the_first_was_cancelled() {
    let (home, sts) = (home(&["hang"]), sts());
    let first = tool(&home, &sts).start();
    wait_for_window(&home);
    let second = tool(&home, &sts).start();
    end_by(&first, "TERM");
    assert_eq!(first.end().status, -15);
    assert_no_pinentry(&home);
    assert_eq!(second.end().status, 4);
    assert_eq!(questions(&home), 1);
}

/// `setsid` execs the binary, so it has the same process id.
fn end_by(run: &Running, signal: &str) {
    let status = Command::new("kill").args(["-s", signal, &run.child.id().to_string()]).status();
    assert!(status.expect("kill is there").success());
}

#[test]
fn sigterm_closes_the_window_and_ends_the_tool() {
    let (home, sts) = (home(&["hang"]), sts());
    let run = tool(&home, &sts).start();
    wait_for_window(&home);
    end_by(&run, "TERM");
    assert_eq!(run.end(), failed_json(-15, "error: cancelled; nothing was changed\n"));
    assert_no_pinentry(&home);
}

#[test]
fn without_terminal_and_desktop_it_says_how_to_log_in() {
    let (home, sts) = (home(&[]), sts());
    let shown = tool(&home, &sts).without_env("MFA_ENV_PINENTRY").output();
    assert_eq!(shown, code_needed("there is no terminal or desktop to ask on"));
    assert_eq!(sts.connections(), 0);
}

/// A tool on a desktop, where these files are in the only folder of PATH that has a pinentry.
fn on_desktop<'h>(home: &'h Home, sts: &FakeSts, programs: &[&str]) -> Run<'h> {
    fs::create_dir(home.path("bin")).expect("new");
    for name in programs {
        home.write(&format!("bin/{name}"), PINENTRY);
        home.set_mode(&format!("bin/{name}"), 0o700);
    }
    let script = "PATH=$HOME/bin exec \"$MFA_ENV\" someaccount --format json";
    let run = home.program("setsid").args(["--wait", "sh", "-c", script]).sts(sts);
    run.env("MFA_ENV", env!("CARGO_BIN_EXE_mfa-env")).env("DISPLAY", ":no")
}

// On macOS, Homebrew's folder may have one.
#[cfg(target_os = "linux")]
#[test]
fn on_a_desktop_the_installed_pinentry_asks_but_none_for_terminals() {
    let (home, sts) = (home(&[&answer(CODE)]), sts());
    let run = on_desktop(&home, &sts, &["pinentry-curses"]);
    symlink("pinentry-curses", home.path("bin/pinentry")).expect("new");
    home.write("bin/pinentry-qt", "not a program");
    let none = code_needed("there is no terminal or desktop to ask on");
    assert_eq!(run.output(), none);
    fs::remove_dir_all(home.path("bin")).expect("ours");
    let run = on_desktop(&home, &sts, &["pinentry-gtk-2"]);
    assert_session(&run.without_env("DISPLAY").env("WAYLAND_DISPLAY", "wayland-no").output());
    assert_eq!(questions(&home), 1);
}

#[test]
fn a_pinentry_that_opens_no_window_is_followed_by_the_next_one() {
    let (home, sts) = (home(&[NO_WINDOW, &answer(CODE)]), sts());
    assert_session(&on_desktop(&home, &sts, &["pinentry-gnome3", "pinentry-qt"]).output());
    assert_eq!(questions(&home), 2);
}

/// A tool in bash on a terminal, which reads the JSON and the errors from files.
fn on_terminal(home: &Home, sts: &FakeSts, script: &str) -> Terminal {
    let script = script.replace("TOOL", "mfa-env someaccount --format json >out 2>err");
    Terminal::start(bash(home, &script).env("MFA_ENV_PINENTRY", home.path("pinentry")).sts(sts))
}

#[test]
fn on_a_free_terminal_it_asks_and_says_why_it_asks_again() {
    let (home, sts) = (home(&[]), sts());
    let mut terminal = on_terminal(&home, &sts, "true | TOOL | cat; echo ${PIPESTATUS[1]}");
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{WRONG_CODE}\r"));
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    let rejected = "AWS rejected the code: check it, or wait for the next one\n";
    assert_eq!(terminal.end(), (0, format!("{QUESTION}******\n{rejected}{QUESTION}******\n0\n")));
    assert!(home.read("out").contains("\"SessionToken\""));
    assert_eq!((home.read("err").as_str(), asked(&home).as_str()), ("", ""));
}

#[test]
fn ctrl_c_on_the_terminal_counts_as_cancelled() {
    let (home, sts) = (home(&[]), sts());
    let mut terminal = on_terminal(&home, &sts, "TOOL; echo $?; TOOL; echo $?");
    terminal.wait_for(QUESTION);
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), (0, format!("{QUESTION}\n130\n4\n")));
    assert!(home.read("err").contains("its last question was cancelled or not answered"));
    // A tool without a terminal doesn't ask either.
    assert_eq!(tool(&home, &sts).output().status, 4);
    assert_eq!(asked(&home), "");
}

#[test]
fn a_terminal_in_raw_mode_or_of_other_programs_is_left_alone() {
    for script in [
        "modes=$(stty -g); stty raw; TOOL; status=$?; stty \"$modes\"; echo $status",
        "set -m; TOOL & wait $!; echo $?",
    ] {
        let (home, sts) = (home(&[&answer(CODE)]), sts());
        assert_eq!(on_terminal(&home, &sts, script).end().1.lines().last(), Some("0"));
        assert_eq!(questions(&home), 1, "{script}");
    }
}

#[test]
fn in_one_terminal_two_tools_ask_once() {
    let (home, sts) = (home(&[]), sts());
    let script = "mfa-env someaccount --format json >one 2>&1 & mfa-env someaccount --format json >two 2>&1; \
                  wait $!; echo $?";
    let mut terminal = on_terminal(&home, &sts, script);
    terminal.wait_for(QUESTION);
    wait_until("the other one", || {
        ["one", "two"].iter().any(|name| home.path(name).exists() && home.read(name).starts_with("waiting"))
    });
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end(), (0, format!("{QUESTION}******\n0\n")));
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn in_one_terminal_the_questions_for_two_devices_come_one_after_the_other() {
    let (home, sts) = (home(&[]), sts());
    let two = keys_in("two", "mfa_serial = GAHT12345678\n");
    home.write(".aws/credentials", home.read_credentials() + &two);
    let run = "mfa-env --format json --profile";
    let script = format!("{run} someaccount >one 2>&1 & {run} two >two 2>&1; two=$?; wait $!; echo $? $two");
    let mut terminal = on_terminal(&home, &sts, &script);
    for _ in 0..2 {
        terminal.wait_for("MFA code for ");
        terminal.press(CTRL_C);
    }
    let (_, shown) = terminal.end();
    assert!(shown.ends_with("): \n130 130\n"), "{shown}");
    for question in [QUESTION, "MFA code for two (GAHT12345678): "] {
        assert!(shown.contains(&format!("{question}\n")), "{shown}");
    }
}

#[test]
fn the_aws_cli_in_a_pipe_gets_the_session_of_a_question_on_the_terminal() {
    let config = "[profile prod]\ncredential_process = mfa-env --profile someaccount --format json\n";
    let (home, sts) = (home(&[]).config(config), sts());
    let script =
        "aws --profile prod sts get-caller-identity --region us-east-1 --query Arn --output text | cat";
    let mut terminal = Terminal::start(with_aws(bash(&home, script).sts(&sts)));
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    let expected = format!("{QUESTION}******\narn:aws:iam::123456789012:user/bob\n");
    assert_eq!(terminal.end(), (0, expected));
}

/// Takes 55 seconds, since AWS's SDK for Go would kill the tool after 60.
#[test]
#[ignore = "waits for 55 seconds; tests/run includes it"]
fn after_55_seconds_the_question_ends_on_the_terminal_and_in_the_window() {
    let (window, two) = (home(&["hang"]), home(&[]));
    let sts = sts();
    let hanging = tool(&window, &sts).start();
    let mut terminal = on_terminal(&two, &sts, "TOOL; echo $?");
    terminal.wait_for(QUESTION);
    assert_eq!(terminal.end(), (0, format!("{QUESTION}\n4\n")));
    let needed = code_needed("nobody answered in time");
    assert_eq!(two.read("err"), needed.stderr);
    assert_eq!(hanging.end(), needed);
    assert_no_pinentry(&window);
    let last = code_needed("its last question was cancelled or not answered, less than 5 minutes ago");
    assert_eq!(tool(&window, &sts).output(), last);
    assert_eq!(tool(&two, &sts).output(), last);
}
