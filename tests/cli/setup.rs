//! `mfa-env setup` with and without a terminal: its questions, its calls, its messages, and its files.

use fake_sts::{FakeSts, Reply, User};
use support::{
    CODE, CODES, CTRL_C, CTRL_D, Home, SERIAL, Shown, Terminal, WRONG_CODE, bob, done, keys_in, logins,
    started_by, sts,
};

use crate::asking::bash;

pub const DEVICE: &str = "MFA device [arn:aws:iam::123456789012:mfa/bob]: ";
pub const CODE_OF: &str = "MFA code for x (arn:aws:iam::123456789012:mfa/bob): ";
pub const WHO: &str = "Profile `x`: user bob of 123456789012\n";
const IN_BRACKETS: &str =
    "Press Enter to use the device in brackets, or type a name, ARN or serial number.\n";
pub const ABOUT_DEVICE: &str = "\
Press Enter to use the device in brackets, or type a name, ARN or serial number.
The device in brackets is a suggestion: it has the name of the user.
";
pub const SUGGESTED: &str = "Suggested MFA device: arn:aws:iam::123456789012:mfa/bob\n";
pub const IN_CONFIG: &str = "Wrote the MFA device of `x` to `~/.aws/config`\n";
const NEXT_BASH: &str = "\
To load mfa-env in every new bash, paste this:
  printf '\\n%s\\n' 'eval \"$(mfa-env init bash)\"' >> ~/.bashrc
If a tool manages ~/.bashrc (Nix, chezmoi), give it this line:
  eval \"$(mfa-env init bash)\"
Next, in a new terminal: mfa-env x
";
/// The last line in an unknown shell.
pub const NEXT: &str = "Next: eval \"$(mfa-env x)\"\n";
const CANCELLED: &str = "error: cancelled; nothing was changed\n";

/// What `setup` says instead of `started_by`: no shell has the session.
pub fn cached() -> String {
    started_by("x").replacen("started", "cached", 1)
}

pub fn keys_alone() -> Home {
    Home::new().credentials(keys_in("x", ""))
}

pub fn config(serial: &str) -> String {
    format!("[profile x]\nmfa_serial = {serial}\n")
}

/// Types the command in a bash that hasn't loaded mfa-env.
pub fn typed(home: &Home, arguments: &str, sts: &FakeSts) -> Terminal {
    Terminal::start(bash(home, &format!("mfa-env setup {arguments}; exit $?")).sts(sts))
}

pub fn ended(terminal: Terminal, home: &Home) -> (i32, String) {
    let (status, text) = terminal.end();
    (status, home.without_places(&text, None))
}

pub fn without_terminal(home: &Home, arguments: &[&str], sts: &FakeSts) -> Shown {
    home.program("setsid").args(["--wait", "mfa-env", "setup"]).args(arguments).sts(sts).output()
}

pub fn failure(status: i32, stderr: &str) -> Shown {
    Shown { status, stdout: String::new(), stderr: stderr.to_owned() }
}

#[test]
fn two_answers_set_up_the_profile_and_a_command_the_shell() {
    let (home, sts) = (keys_alone(), sts());
    home.write(".bashrc", "alias ll='ls -l'");
    let run = bash(&home, "mfa-env setup; exit $?").env("SHELL", "/bin/bash");
    let mut terminal = Terminal::start(run.sts(&sts));
    terminal.wait_for(DEVICE);
    terminal.press("\r");
    terminal.wait_for(CODE_OF);
    assert!(!home.path(".aws/config").exists(), "nothing is written before all is answered");
    terminal.press(&format!("{CODE}\r"));
    let expected =
        format!("{WHO}{ABOUT_DEVICE}{DEVICE}\n{CODE_OF}******\n{}{IN_CONFIG}{NEXT_BASH}", cached());
    assert_eq!(ended(terminal, &home), (0, expected));
    assert_eq!(home.read(".aws/config"), config(SERIAL));
    assert_eq!(home.read(".bashrc"), "alias ll='ls -l'");
    // The code was not wasted: the session is cached.
    let login = home.run(["x", "--no-input"]).sts(&sts).output();
    assert_eq!(login.session().access_key_id.len(), 20);
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn without_a_terminal_options_answer_and_nothing_is_on_standard_output() {
    for (arguments, suggested) in [
        (&["x", "--yes", "-t", CODE][..], SUGGESTED),
        (&["--serial-number", "bob", "-t", CODE], ""),
        (&["--serial-number", SERIAL, "-t", CODE, "--no-input"], ""),
    ] {
        let (home, sts) = (keys_alone(), sts());
        let expected = done("", &format!("{WHO}{suggested}{}{IN_CONFIG}{NEXT}", cached()));
        assert_eq!(without_terminal(&home, arguments, &sts), expected, "{arguments:?}");
        assert_eq!(home.read(".aws/config"), config(SERIAL));
    }
}

#[test]
fn the_code_may_come_on_standard_input() {
    let (home, sts) = (keys_alone(), sts());
    let run = home.run(["setup", "--yes", "-t", "-"]).sts(&sts).stdin(&format!("{CODE}\n"));
    assert_eq!(run.output().status, 0);
    assert_eq!(home.read(".aws/config"), config(SERIAL));
}

#[test]
fn without_a_terminal_it_says_what_is_missing() {
    let (home, sts) = (keys_alone(), sts());
    let needs = "error: profile `x` needs an MFA device, and there is no terminal to ask on\n\
         hint: if it is arn:aws:iam::123456789012:mfa/bob: mfa-env setup x --yes -t CODE\n\
         hint: or: mfa-env setup x --serial-number ARN -t CODE\n";
    assert_eq!(without_terminal(&home, &[], &sts), failure(4, &format!("{WHO}{needs}")));
    let needs = "error: profile `x` needs an MFA code, and `--no-input` forbids asking\n\
         hint: give it: mfa-env setup x --yes -t CODE\n";
    let shown = without_terminal(&home, &["--yes", "--no-input"], &sts);
    assert_eq!(shown, failure(4, &format!("{WHO}{SUGGESTED}{needs}")));
    assert_eq!(logins(&sts).len(), 0);
    assert!(!home.path(".aws/config").exists());
}

#[test]
fn a_refusal_shows_its_own_hint_and_writes_nothing() {
    let (home, sts) = (keys_alone(), sts());
    let expected = "error: AWS rejected the MFA code\n\
         hint: wait for the next code of arn:aws:iam::123456789012:mfa/bob, and check the clock of the device\n";
    let shown = without_terminal(&home, &["--yes", "-t", WRONG_CODE], &sts);
    assert_eq!(shown, failure(3, &format!("{WHO}{SUGGESTED}{expected}")));
    // Doesn't ask for another device: that would not help.
    sts.script(Reply::throttled());
    let mut terminal = typed(&home, "", &sts);
    terminal.wait_for(DEVICE);
    terminal.press("\r");
    terminal.wait_for(CODE_OF);
    terminal.press(&format!("{CODE}\r"));
    let expected = "error: AWS is throttling this account: too many requests\n\
                    hint: try again in a minute, with the next code\n";
    let (status, text) = ended(terminal, &home);
    assert!(status == 3 && text.ends_with(&format!("{CODE_OF}******\n{expected}")), "{text}");
    assert!(!home.path(".aws/config").exists());
}

#[test]
fn a_device_that_sts_does_not_know_is_named() {
    let (home, sts) = (keys_alone(), sts());
    let phone = "MFA code for x (arn:aws:iam::123456789012:mfa/phone): ";
    let error = "error: AWS doesn't know the MFA device `arn:aws:iam::123456789012:mfa/phone` of this user\n\
                 hint: name another: mfa-env setup x --serial-number ARN\n";
    let mut terminal = typed(&home, "", &sts);
    for (question, answer) in [(DEVICE, "phone"), (phone, CODE)] {
        terminal.wait_for(question);
        terminal.press(&format!("{answer}\r"));
    }
    let expected = format!("{WHO}{ABOUT_DEVICE}{DEVICE}phone\n{phone}******\n{error}");
    assert_eq!(ended(terminal, &home), (3, expected));
    let shown = without_terminal(&home, &["x", "--serial-number", "phone", "-t", CODES[2]], &sts);
    assert_eq!(shown, failure(3, &format!("{WHO}{error}")));
    assert!(!home.path(".aws/config").exists());
}

#[test]
fn the_device_in_the_files_is_offered() {
    let eve = "arn:aws:iam::123456789012:mfa/eve";
    let user = User { serial_numbers: vec![eve.to_owned()], ..bob() };
    let (home, sts) = (keys_alone().config(config(eve)), FakeSts::builder().user(user).start());
    let mut terminal = typed(&home, "x", &sts);
    for (question, answer) in [("MFA device [arn:aws:iam::123456789012:mfa/eve]: ", ""), ("mfa/eve): ", CODE)]
    {
        terminal.wait_for(question);
        terminal.press(&format!("{answer}\r"));
    }
    let (status, text) = ended(terminal, &home);
    assert!(status == 0 && text.starts_with(&format!("{WHO}{IN_BRACKETS}MFA device [{eve}]: \n")), "{text}");
}

#[test]
fn a_code_that_is_typed_for_the_device_is_refused() {
    let (home, sts) = (keys_alone(), sts());
    let refused = "looks like an MFA code, not like the name, ARN or serial number of a device";
    let mut terminal = typed(&home, "", &sts);
    for typed in ["000000", "a b"] {
        terminal.wait_for(DEVICE);
        terminal.press(&format!("{typed}\r"));
    }
    terminal.wait_for(DEVICE);
    terminal.press(CTRL_C);
    let expected = format!(
        "{WHO}{ABOUT_DEVICE}{DEVICE}000000\nthat {refused}; try again, or Ctrl-C\n\
         {DEVICE}a b\nthat has a character other than letters, digits and _+=/:,.@-; try again, or Ctrl-C\n\
         {DEVICE}\n{CANCELLED}"
    );
    assert_eq!(ended(terminal, &home), (130, expected));
    let shown = without_terminal(&home, &["--serial-number", CODE], &sts);
    let expected = format!(
        "{WHO}error: the value of `--serial-number` {refused}\n\
         hint: for example: --serial-number arn:aws:iam::123456789012:mfa/bob\n"
    );
    assert_eq!(shown, failure(2, &expected));
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn ctrl_c_at_any_question_leaves_files_and_terminal_as_they_were() {
    for answers in [&[][..], &[(DEVICE, "\r")]] {
        for key in [CTRL_C, CTRL_D] {
            let (home, sts) = (keys_alone().config("# mine\n"), sts());
            let mut terminal = typed(&home, "", &sts);
            for (question, answer) in answers {
                terminal.wait_for(question);
                terminal.press(answer);
            }
            terminal.wait_for([DEVICE, CODE_OF][answers.len()]);
            terminal.press(key);
            let (status, text) = ended(terminal, &home);
            assert_eq!(status, 130, "{text}");
            assert!(text.ends_with(&format!("\n{CANCELLED}")), "{text}");
            assert_eq!(home.read(".aws/config"), "# mine\n");
        }
    }
}

#[test]
fn signals_and_a_closed_window_leave_files_and_terminal_as_they_were() {
    for (signal, expected) in [("TERM", -15), ("INT", 130), ("HUP", -1), ("QUIT", -3), ("", -1)] {
        // At the second question, the process has asked before.
        for number in 1..=2 {
            let (home, sts) = (keys_alone(), sts());
            let mut terminal = Terminal::start(home.run(["setup"]).env("NO_COLOR", "1").sts(&sts));
            terminal.wait_for(DEVICE);
            if number == 2 {
                terminal.press("\r");
                terminal.wait_for(CODE_OF);
            }
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
}

#[test]
fn a_second_run_changes_nothing() {
    let (home, sts) = (keys_alone(), sts());
    let arguments = ["x", "--yes", "-t", CODE];
    assert_eq!(without_terminal(&home, &arguments, &sts).status, 0);
    let files = || [".aws/config", ".aws/credentials"].map(|name| home.read(name));
    let before = files();
    let expected = format!(
        "{WHO}the session is still valid, so the code wasn't used (to renew: -r)\n{}\
         `x` has this MFA device in your files already\n{NEXT}",
        cached()
    );
    assert_eq!(without_terminal(&home, &arguments, &sts), done("", &expected));
    let expected = format!(
        "All profiles with keys have an MFA device.\nTo add another profile: mfa-env setup NAME\n{NEXT}"
    );
    assert_eq!(without_terminal(&home, &[], &sts).stderr, expected);
    assert_eq!(files(), before);
}

#[test]
fn the_function_of_the_shell_says_which_shell_it_is_and_evaluates_nothing() {
    let (home, sts) = (keys_alone(), sts());
    let script = format!(
        "eval \"$(mfa-env init bash)\"; mfa-env setup --yes -t {CODE}; echo \"$? ${{AWS_ACCESS_KEY_ID-none}}\""
    );
    let next = NEXT_BASH
        .replace("To load mfa-env in every new bash,", "This bash has loaded mfa-env. If new ones don't,")
        .replace("Next, in a new terminal:", "Next:");
    let expected = format!("{WHO}{SUGGESTED}{}{IN_CONFIG}{next}0 none\n", cached());
    let run = bash(&home, &script).env("SHELL", "/bin/zsh").sts(&sts);
    assert_eq!(ended(Terminal::start(run), &home), (0, expected));
}

#[test]
fn evaluated_it_sets_nothing() {
    let (home, sts) = (keys_alone(), sts());
    let script = format!(r#"eval "$(mfa-env setup --yes -t {CODE})"; echo "${{AWS_ACCESS_KEY_ID-none}}""#);
    let shown = bash(&home, &script).sts(&sts).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (0, "none\n"), "{shown:?}");
    assert_eq!(home.run(["setup", "--typo"]).output().stdout, "");
}
