//! Codes from a command and from an option; codes that were used before.

use std::process::Stdio;

use support::{
    CODE, CODES, Home, Lines, SERIAL, SOMEACCOUNT, STARTED, Shown, WRITTEN, WRONG_CODE, between, codes_sent,
    done, failed, keys_in, started, sts, while_a_code_lasts,
};

use crate::cache::ADMIN;

/// A home in which a command prints the code for `someaccount`.
fn home_with(command: &str) -> Home {
    let section = format!("[profile someaccount]\nmfa_process = {command}\n");
    let home = Home::someaccount().config(section);
    home.write("code", format!("{CODE}\n"));
    home
}

fn login(home: &Home, sts: &fake_sts::FakeSts) -> Shown {
    home.run(["someaccount", "--format", "env"]).sts(sts).output()
}

fn in_30_seconds(text: &str) -> bool {
    text.parse::<u32>().is_ok_and(|seconds| (1..=30).contains(&seconds))
}

#[test]
fn a_command_may_give_the_code_with_text_around_it() {
    for command in [
        "cat code",
        "echo \"bob's phone: $(cat code) (12 s left)\"",
        "printf '\\033[1m%s\\033[0m' $(cat code)",
        "echo id 1234567 of 2026; cat code",
        "printf 'caf\\351 '; cat code",
    ] {
        let (home, sts) = (home_with(command), sts());
        let shown = login(&home, &sts);
        shown.session();
        assert_eq!(shown.stderr, STARTED, "{command}");
        assert_eq!(codes_sent(&sts), [CODE], "{command}");
    }
}

#[test]
fn what_the_command_says_on_standard_error_is_shown() {
    let (home, sts) = (home_with("echo touch your key >&2; cat code"), sts());
    assert_eq!(login(&home, &sts).stderr, format!("touch your key\n{STARTED}"));
}

#[test]
fn a_command_that_gives_no_code_is_named_and_its_output_is_not_shown() {
    let message = |what: &str, hint: &str| {
        failed(1, &format!("error: `mfa_process` of profile `someaccount` {what}\nhint: {hint}\n"))
    };
    let by_hand = "run it by hand and look at what it prints";
    let no_code = message("printed no six-digit code", by_hand);
    for (command, expected) in [
        ("true", no_code),
        ("cat canary", message("printed no six-digit code", by_hand)),
        ("cat code; echo 550055", message("printed more than one six-digit number", by_hand)),
        ("echo 12345 1234567", message("printed no six-digit code", by_hand)),
        (
            "cat code; exit 3",
            message("failed: exit status: 3", "run that command by hand and look at what it does"),
        ),
        (
            "kill -9 $$",
            message("failed: signal: 9 (SIGKILL)", "run that command by hand and look at what it does"),
        ),
    ] {
        let (home, sts) = (home_with(command), sts());
        home.write("canary", "CANARYCANARYCANARY\n");
        assert_eq!(login(&home, &sts), expected, "{command}");
        assert_eq!(codes_sent(&sts), [""; 0]);
    }
}

#[test]
fn a_command_is_run_only_where_its_code_is_needed() {
    let (home, sts) = (home_with("touch ran; cat code"), sts());
    home.run(["someaccount", "-t", CODES[1]]).sts(&sts).output().session();
    login(&home, &sts).session();
    home.run(["someaccount", "--no-input"]).sts(&sts).output().session();
    assert!(!home.path("ran").exists());
    home.run(["someaccount", "-r", "--no-input"]).sts(&sts).output().session();
    assert!(home.path("ran").exists(), "it asks nobody: `--no-input` does not keep it from running");
    assert_eq!(codes_sent(&sts), [CODES[1], CODE]);
}

#[test]
fn a_wrong_code_of_a_command_is_sent_once() {
    let (home, sts) = (home_with("cat wrong"), sts());
    home.write("wrong", WRONG_CODE);
    let message = format!(
        "error: AWS rejected the MFA code\n\
         hint: wait for the next code of {SERIAL}, and check the clock of the device\n"
    );
    assert_eq!(login(&home, &sts), failed(3, &message));
    assert_eq!(codes_sent(&sts), [WRONG_CODE]);
}

#[test]
fn a_command_gets_nothing_of_ours_and_not_our_standard_input() {
    let (home, sts) = (home_with("env > seen; cat >> seen; cat code"), sts());
    let run = home.run(["someaccount"]).sts(&sts).stdin("for somebody else\n");
    run.envs(&[("MFA_ENV_SHELL", "bash"), ("MFA_ENV_EVAL_FD", "9")]).output().session();
    let seen = home.read("seen");
    let ours: Vec<_> = seen.lines().filter(|line| line.starts_with("MFA_ENV")).collect();
    assert_eq!(ours, ["MFA_ENV_PARENT=someaccount"]);
    assert!(!seen.contains("for somebody else"), "{seen}");
}

#[test]
fn a_command_that_starts_mfa_env_for_the_same_profile_is_named() {
    for key in ["mfa_process", "credential_process"] {
        let config = format!("[profile x]\nmfa_serial = {SERIAL}\n{key} = cat code\n");
        let keys = if key == "mfa_process" { keys_in("x", "") } else { String::new() };
        let (home, sts) = (Home::new().credentials(keys).config(config), sts());
        for parents in ["x\n", "y\nx\n", "x\ny\n"] {
            let run = home.run(["x", "--no-input"]).sts(&sts).env("MFA_ENV_PARENT", parents);
            let run = if key == "mfa_process" { run } else { run.args(["-t", CODE]) };
            let message = format!(
                "error: `{key}` of profile `x` starts mfa-env for the same profile again, in an endless loop\n\
                 hint: give that profile keys of its own, or another command for `{key}`\n"
            );
            assert_eq!(run.output(), failed(1, &message), "{parents:?}");
        }
        assert_eq!(codes_sent(&sts), [""; 0]);
    }
}

#[test]
fn a_command_that_really_starts_itself_ends_at_the_second_one() {
    let keys = keys_in("x", "");
    for (key, credentials, code) in
        [("mfa_process", keys.as_str(), ""), ("credential_process", "", "-t 000000")]
    {
        // Ends the loop after five runs if mfa-env doesn't.
        let config = format!(
            "[profile x]\nmfa_serial = {SERIAL}\n\
             {key} = touch again-$(ls | wc -l); test $(ls | wc -l) -lt 5 && mfa-env -p x --format json {code}\n"
        );
        let (home, sts) = (Home::new().credentials(credentials).config(config), sts());
        let run = home.run(["x"]).args(code.split_whitespace()).sts(&sts);
        let message = format!(
            "error: `{key}` of profile `x` starts mfa-env for the same profile again, in an endless loop\n\
             hint: give that profile keys of its own, or another command for `{key}`\n\
             error: `{key}` of profile `x` failed: exit status: 1\n\
             hint: run that command by hand and look at what it does\n"
        );
        assert_eq!(run.output(), failed(1, &message));
        assert_eq!(home.program("ls").output().stdout, "again-0\n");
        assert_eq!(codes_sent(&sts), [""; 0]);
    }
}

#[test]
fn a_used_code_of_a_command_is_waited_out_and_not_sent_again() {
    let (sts, line) = while_a_code_lasts(|| {
        let (home, sts) = (home_with("cat code"), sts());
        login(&home, &sts).session();
        let mut command = home.run(["someaccount", "-r"]).sts(&sts).into_command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary is there");
        let line = Lines::of(child.stderr.take().expect("it is piped")).next().expect("a line");
        // It would wait for up to 30 s. Its message is enough.
        child.kill().and_then(|()| child.wait()).expect("it was started");
        (sts, line)
    });
    let seconds = between(&line, "waiting ", " s for the next one").expect("it says how long");
    assert!(in_30_seconds(&seconds), "{line}");
    assert_eq!(
        line,
        format!("you already used the code of `mfa_process`; waiting {seconds} s for the next one")
    );
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn a_command_may_start_mfa_env_for_another_profile() {
    let config = "[profile outer]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\n\
                  mfa_process = mfa-env inner -t $(cat code) -- cat next\n";
    let other = "AKIAOTHEROTHEROTHERO";
    let user = fake_sts::User { access_key_id: other.into(), ..support::bob() };
    let sts = fake_sts::FakeSts::builder().user(support::bob()).user(user).start();
    let device = format!("mfa_serial = {SERIAL}\n");
    let inner = keys_in("inner", &device).replace(support::KEY_ID, other);
    let home = Home::new().credentials(keys_in("outer", "") + &inner).config(config);
    home.write("code", CODE);
    home.write("next", CODES[1]);
    home.run(["outer", "--no-input"]).sts(&sts).output().session();
    assert_eq!(codes_sent(&sts), [CODE, CODES[1]]);
}

#[test]
fn a_code_that_was_used_is_refused_here_for_every_profile_of_the_device() {
    let two = keys_in("two", &format!("mfa_serial = {SERIAL}\n")).replace("AKIAIOS", "AKIATWO");
    let refused = [
        (&["someaccount", "-r", "-t", CODE][..], "someaccount -r"),
        (&["two", "-t", CODE], "two"),
        (&["two", "-w", "-t", CODE], "two -w"),
    ];
    let (sts, all) = while_a_code_lasts(|| {
        let (home, sts) = (Home::new().credentials(SOMEACCOUNT.to_owned() + &two), sts());
        home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
        let all = refused.map(|(typed, again)| (home.run(typed).sts(&sts).output(), again));
        (sts, all)
    });
    for (shown, again) in all {
        let seconds = between(&shown.stderr, "the next one comes in ", " s:").expect("it says when");
        assert!(in_30_seconds(&seconds), "{seconds}");
        let message = format!(
            "error: you already used this code, and AWS takes each code once\n\
             hint: the next one comes in {seconds} s: mfa-env {again}\n"
        );
        assert_eq!(shown, failed(3, &message));
    }
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn a_wrong_code_is_not_taken_for_a_used_one() {
    let (home, sts) = (Home::someaccount(), sts());
    for _ in 0..2 {
        let shown = home.run(["someaccount", "-t", WRONG_CODE]).sts(&sts).output();
        assert!(shown.stderr.starts_with("error: AWS rejected the MFA code"), "{shown:?}");
    }
    assert_eq!(codes_sent(&sts).len(), 2);
}

#[test]
fn a_code_from_standard_input_goes_with_every_way_out() {
    let (home, sts) = (Home::someaccount(), sts());
    let run = home.run(["someaccount", "-w", "-t", "-"]).stdin(&format!("{CODE}\n")).sts(&sts);
    assert_eq!(run.output(), done("", WRITTEN));
    let run = home.run(["someaccount", "-r", "-t", "-", "--", "cat"]);
    let shown = run.stdin(&format!("{}\n", CODES[1])).sts(&sts).output();
    assert_eq!(shown, done("", ""));
}

#[test]
fn the_command_of_the_source_serves_the_role() {
    let (home, sts) = (home_with("cat code"), sts());
    home.write(".aws/config", home.read(".aws/config") + ADMIN);
    let shown = home.run(["admin"]).sts(&sts).output();
    assert_eq!(shown.stderr, started("1 hour", "admin: role admin of 123456789012"));
}
