//! `mfa-env setup` on a terminal and without one: what it asks, tries, says and leaves behind.

use std::time::Duration;

use fake_sts::{FakeSts, Reply};

use crate::asking::bash;
use crate::harness::{CODE, CODES, Home, SERIAL, Shown, WRONG_CODE, done, keys_in, logins, started_by, sts};
use crate::terminal::{CTRL_C, CTRL_D, Terminal};

pub const DEVICE: &str = "MFA device [arn:aws:iam::123456789012:mfa/bob]: ";
pub const CODE_OF: &str = "MFA code for x (arn:aws:iam::123456789012:mfa/bob): ";
pub const ADD: &str = "Add them? [Y/n] ";
pub const WHO: &str = "Profile `x`: user bob of 123456789012\n";
pub const ABOUT_DEVICE: &str = "\
MFA device: Enter for the one in brackets; else its name, ARN or serial number.
See yours, or make one:
  https://console.aws.amazon.com/iam/home#/security_credentials
";
const ABOUT_SHELL: &str = "\
For `mfa-env` to set the shell in which it is typed, with the time left in the
prompt, bash needs two lines at the end of `~HOME~/.bashrc`:
    # AWS sessions with MFA; added by `mfa-env setup`
    eval \"$(mfa-env init bash)\"
";
pub const LINES: &str = "# AWS sessions with MFA; added by `mfa-env setup`\neval \"$(mfa-env init bash)\"\n";
pub const IN_CONFIG: &str = "The MFA device of `x` is in `~HOME~/.aws/config`\n";
const CANCELLED: &str = "error: cancelled; nothing was changed\n\
                         hint: to do without the questions: mfa-env setup x --yes -t CODE\n";

pub fn keys_alone() -> Home {
    Home::new().credentials(keys_in("x", ""))
}

pub fn config(serial: &str) -> String {
    format!("[profile x]\nmfa_serial = {serial}\n")
}

/// In a bash that has not loaded mfa-env.
pub fn typed(home: &Home, arguments: &str, sts: &FakeSts) -> Terminal {
    Terminal::start(bash(home, &format!("mfa-env setup {arguments}; exit $?")).sts(sts))
}

pub fn ended(terminal: Terminal, home: &Home) -> (i32, String) {
    let (status, text) = terminal.end();
    (status, home.without_places(&text, None))
}

pub fn without_terminal(home: &Home, arguments: &[&str], sts: &FakeSts) -> Shown {
    home.program("setsid")
        .args(["--wait", env!("CARGO_BIN_EXE_mfa-env"), "setup"])
        .args(arguments)
        .sts(sts)
        .output()
}

pub fn failure(status: i32, stderr: &str) -> Shown {
    Shown { status, stdout: String::new(), stderr: stderr.to_owned() }
}

#[test]
fn three_answers_set_up_the_profile_and_the_shell() {
    let (home, sts) = (keys_alone(), sts());
    home.write(".bashrc", "alias ll='ls -l'");
    let mut terminal = typed(&home, "", &sts);
    terminal.wait_for(DEVICE);
    terminal.press("\r");
    terminal.wait_for(ADD);
    terminal.press("\r");
    terminal.wait_for(CODE_OF);
    assert!(!home.path(".aws/config").exists(), "nothing is written before all is answered");
    terminal.press(&format!("{CODE}\r"));
    let expected = format!(
        "{WHO}{ABOUT_DEVICE}{DEVICE}\n{ABOUT_SHELL}{ADD}\n{CODE_OF}******\n{}{IN_CONFIG}\
         `~HOME~/.bashrc` loads mfa-env now; to undo, delete its last two lines\n\
         Next, in a new terminal: mfa-env x\n\
         hint: in this one, first: eval \"$(mfa-env init bash)\"\n",
        started_by("x")
    );
    assert_eq!(ended(terminal, &home), (0, expected));
    assert_eq!(home.read(".aws/config"), config(SERIAL));
    assert_eq!(home.read(".bashrc"), format!("alias ll='ls -l'\n\n{LINES}"));
    // The code was not wasted.
    let login = home.run(["x", "--no-input"]).sts(&sts).output();
    assert_eq!(login.session().access_key_id.len(), 20);
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn without_a_terminal_options_answer_and_nothing_is_on_standard_output() {
    for (arguments, rc) in [
        (&["x", "--yes", "-t", CODE, "--shell", "bash"][..], true),
        (&["--serial-number", "bob", "-t", CODE, "--shell", "bash"], true),
        (&["--serial-number", SERIAL, "-t", CODE, "--no-shell"], false),
        (&["--serial-number", SERIAL, "-t", CODE, "--no-input"], false),
    ] {
        let (home, sts) = (keys_alone(), sts());
        let next = if rc {
            "`~HOME~/.bashrc` loads mfa-env now; to undo, delete its last two lines\n\
             Next, in a new terminal: mfa-env x\n\
             hint: in this one, first: eval \"$(mfa-env init bash)\"\n"
        } else {
            "Next: eval \"$(mfa-env x)\"\n"
        };
        let expected = done("", &format!("{WHO}{}{IN_CONFIG}{next}", started_by("x")));
        assert_eq!(without_terminal(&home, arguments, &sts), expected, "{arguments:?}");
        assert_eq!(home.read(".aws/config"), config(SERIAL));
        assert_eq!(home.path(".bashrc").exists(), rc, "{arguments:?}");
    }
}

#[test]
fn the_code_may_come_on_standard_input() {
    let (home, sts) = (keys_alone(), sts());
    let run = home.run(["setup", "--yes", "--no-shell", "-t", "-"]).sts(&sts).stdin(&format!("{CODE}\n"));
    assert_eq!(run.output().status, 0);
    assert_eq!(home.read(".aws/config"), config(SERIAL));
}

#[test]
fn without_a_terminal_it_says_what_is_missing() {
    let (home, sts) = (keys_alone(), sts());
    let needs = "error: profile `x` needs the name of its MFA device, and nobody can be asked\n\
         hint: if it is arn:aws:iam::123456789012:mfa/bob: mfa-env setup x --yes -t CODE\n\
         hint: or: mfa-env setup x --serial-number ARN -t CODE\n";
    assert_eq!(without_terminal(&home, &[], &sts), failure(4, &format!("{WHO}{needs}")));
    let needs = "error: profile `x` needs an MFA code, and nobody can be asked\n\
         hint: give it: mfa-env setup x --yes -t CODE\n";
    assert_eq!(without_terminal(&home, &["--yes"], &sts), failure(4, &format!("{WHO}{needs}")));
    assert_eq!(logins(&sts).len(), 0);
    assert!(!home.path(".aws/config").exists());
}

#[test]
fn a_code_that_is_not_accepted_writes_nothing() {
    let (home, sts) = (keys_alone(), sts());
    let expected = "error: STS did not accept the MFA code: it is mistyped, or was used before\n\
         hint: with the next code, or another device: mfa-env setup x --serial-number DEVICE -t CODE\n";
    let shown = without_terminal(&home, &["--yes", "-t", WRONG_CODE, "--shell", "bash"], &sts);
    assert_eq!(shown, failure(3, &format!("{WHO}{expected}")));
    assert!(!home.path(".aws/config").exists() && !home.path(".bashrc").exists());
}

#[test]
fn a_device_that_sts_does_not_know_is_asked_for_again() {
    let (home, sts) = (keys_alone(), sts());
    let mut terminal = typed(&home, "--no-shell", &sts);
    for (typed, asked) in
        [("a b", DEVICE), ("phone", "MFA code for x (arn:aws:iam::123456789012:mfa/phone): ")]
    {
        terminal.wait_for(DEVICE);
        terminal.press(&format!("{typed}\r"));
        terminal.wait_for(if asked == DEVICE { "try again, or Ctrl-C\n" } else { asked }.trim_end());
    }
    terminal.press(&format!("{CODE}\r"));
    terminal.wait_for("error: STS knows no MFA device `arn:aws:iam::123456789012:mfa/phone` of this user");
    terminal.wait_for("mfa/phone]: ");
    terminal.press("bob\r");
    terminal.wait_for(CODE_OF);
    terminal.press(&format!("{}\r", CODES[1]));
    assert_eq!(terminal.end().0, 0);
    assert_eq!(home.read(".aws/config"), config(SERIAL));
}

#[test]
fn ctrl_c_at_any_question_leaves_files_and_terminal_as_they_were() {
    for answers in
        [&[][..], &[(DEVICE, "\r")], &[(DEVICE, "\r"), (ADD, "\r")], &[(DEVICE, "\r"), (ADD, "n\r")]]
    {
        for key in [CTRL_C, CTRL_D] {
            let (home, sts) = (keys_alone().config("# mine\n"), sts());
            home.write(".bashrc", "# mine\n");
            let mut terminal = typed(&home, "", &sts);
            for (question, answer) in answers {
                terminal.wait_for(question);
                terminal.press(answer);
            }
            terminal.wait_for([DEVICE, ADD, CODE_OF][answers.len()]);
            terminal.press(key);
            let (status, text) = ended(terminal, &home);
            assert_eq!(status, 130, "{text}");
            assert!(text.ends_with(&format!("\n{CANCELLED}")), "{text}");
            assert_eq!(home.read(".aws/config"), "# mine\n");
            assert_eq!(home.read(".bashrc"), "# mine\n");
        }
    }
}

#[test]
fn signals_and_a_terminal_that_is_gone_leave_all_as_it_was() {
    for (signal, expected) in [("TERM", -15), ("INT", 130), ("HUP", -1), ("QUIT", -3), ("", -1)] {
        let (home, sts) = (keys_alone(), sts());
        let mut terminal = Terminal::start(home.run(["setup", "--no-shell"]).env("NO_COLOR", "1").sts(&sts));
        terminal.wait_for(DEVICE);
        if signal.is_empty() {
            assert_eq!(terminal.hang_up(), expected);
        } else {
            terminal.signal(signal);
            let (status, text) = terminal.end();
            assert!(status == expected && text.ends_with(&format!("\n{CANCELLED}")), "{signal}: {text}");
        }
        assert!(!home.path(".aws/config").exists());
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let (home, sts) = (keys_alone(), sts());
    let arguments = ["x", "--yes", "-t", CODE, "--shell", "bash"];
    assert_eq!(without_terminal(&home, &arguments, &sts).status, 0);
    let files = || [".aws/config", ".aws/credentials", ".bashrc"].map(|name| home.read(name));
    let before = files();
    let expected = format!(
        "{WHO}the code was not sent: there is a valid session; `-r` asks for a new one\n{}\
         `x` has this MFA device in your files already\nNext, in a new terminal: mfa-env x\n",
        started_by("x").replace("started", "reused")
    );
    assert_eq!(without_terminal(&home, &arguments, &sts), done("", &expected));
    assert_eq!(
        without_terminal(&home, &["--shell", "bash"], &sts).stderr,
        "Every profile that has keys has an MFA device, too.\nNext, in a new terminal: mfa-env x\n"
    );
    assert_eq!(files(), before);
}

#[test]
fn a_slow_answer_is_waited_for() {
    let (home, sts) = (keys_alone(), sts());
    sts.script_identity(Reply::Delay(Duration::from_millis(3500)));
    let shown = without_terminal(&home, &["--yes", "-t", CODE, "--no-shell"], &sts);
    assert_eq!(shown.status, 0, "{shown:?}");
}

#[test]
fn the_function_of_the_shell_needs_no_line_and_evaluates_nothing() {
    let (home, sts) = (keys_alone(), sts());
    let script = format!(
        "eval \"$(mfa-env init bash)\"; mfa-env setup --yes -t {CODE}; echo \"$? ${{AWS_ACCESS_KEY_ID-none}}\""
    );
    let expected = format!("{WHO}{}{IN_CONFIG}Next: mfa-env x\n0 none\n", started_by("x"));
    assert_eq!(ended(Terminal::start(bash(&home, &script).sts(&sts)), &home), (0, expected));
    assert!(!home.path(".bashrc").exists());
}

#[test]
fn evaluated_it_sets_nothing() {
    let (home, sts) = (keys_alone(), sts());
    let script =
        format!(r#"eval "$(mfa-env setup --yes --no-shell -t {CODE})"; echo "${{AWS_ACCESS_KEY_ID-none}}""#);
    let shown = bash(&home, &script).sts(&sts).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (0, "none\n"), "{shown:?}");
    assert_eq!(home.run(["setup", "--typo"]).output().stdout, "");
}
