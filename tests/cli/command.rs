//! Other programs: the command after `--`, which gets the session and nothing else of ours, commands that
//! print keys, and the descriptor of the shell function.

use support::{
    CODE, CODES, CTRL_C, CTRL_D, Home, KEY_ID, SECRET, SERIAL, STARTED, Shown, Terminal, done, failed, sts,
};

fn run(arguments: &[&str]) -> Shown {
    let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    let sts = sts();
    let run = home.run(["someaccount", "-t", CODE, "--"]).args(arguments).sts(&sts);
    run.envs(&[("AWS_PROFILE", "stale"), ("AWS_SECURITY_TOKEN", "stale")]).output()
}

#[test]
fn a_command_has_the_session_and_nothing_stale() {
    let script = "test ${#AWS_SESSION_TOKEN} = 356 && env | grep -E '^(AWS|MFA)' | sed 's/=.*//' | grep -v ENDPOINT | sort";
    let names = "AWS_ACCESS_KEY_ID\nAWS_CREDENTIAL_EXPIRATION\nAWS_DEFAULT_REGION\nAWS_REGION\n\
                 AWS_SECRET_ACCESS_KEY\nAWS_SESSION_TOKEN\nAWS_VAULT\nMFA_ENV_EXPIRES\nMFA_ENV_KEY\n\
                 MFA_ENV_PROFILE\nMFA_ENV_SAVED\n";
    assert_eq!(run(&["sh", "-c", script]), done(names, ""));
}

#[test]
fn the_status_is_the_commands_own() {
    let status = |arguments: &[&str]| run(arguments).status;
    assert_eq!(status(&["sh", "-c", "exit 42"]), 42);
    assert_eq!(status(&["sh", "-c", "kill -TERM $$"]), -15);
    let missing = run(&["no-such-command"]);
    let message = "error: failed to run `no-such-command`: No such file or directory (os error 2)\n\
                   hint: check its name and PATH\n";
    assert_eq!((missing.status, missing.stdout.as_str(), missing.stderr.as_str()), (127, "", message));
    let no_program = run(&["/etc/passwd"]);
    assert_eq!((no_program.status, no_program.stdout.as_str()), (126, ""));
}

#[test]
fn a_command_does_not_run_after_a_failure() {
    let (home, sts) = (Home::someaccount(), sts());
    let run = home.run(["someaccount", "--no-input", "--", "touch", "ran"]).sts(&sts);
    let shown = run.output();
    assert_eq!((shown.status, shown.stdout.as_str()), (4, ""));
    assert!(!home.path("ran").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_has_the_limits_and_signals_that_mfa_env_was_started_with() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = format!(
        "ulimit -Hc unlimited && ulimit -Sc 4096 && exec mfa-env someaccount -t {CODE} -- \
         bash -c 'ulimit -c; grep -E \"^Sig(Ign|Blk|Cgt)\" /proc/self/status'"
    );
    let shown = home.program("bash").args(["--norc", "-c", &script]).sts(&sts).output();
    let plain = home.program("sh").args(["-c", "grep -E '^Sig(Ign|Blk|Cgt)' /proc/self/status"]).output();
    assert_eq!(shown.stdout, format!("4096\n{}", plain.stdout));
}

#[test]
fn a_command_gets_its_arguments_as_they_are_and_nothing_of_ours() {
    let script =
        "for word; do printf '<%s>' \"$word\"; done; env | grep -c -E '^MFA_ENV_(EVAL_FD|SHELL|PARENT)='";
    let words =
        ["sh", "-c", script, "sh", "--", "", "a b", "-t", "$HOME", "two\nlines", "--format", "json", "é"];
    let (home, sts) = (Home::someaccount(), sts());
    let run = home.run(["someaccount", "-t", CODE, "--"]).args(words).sts(&sts);
    let run = run.envs(&[("MFA_ENV_EVAL_FD", "3"), ("MFA_ENV_SHELL", "bash"), ("MFA_ENV_PARENT", "y\n")]);
    let expected = "<--><><a b><-t><$HOME><two\nlines><--format><json><é>1\n";
    // grep finds one line: our child can still see what started us.
    assert_eq!(run.output(), Shown { status: 0, ..done(expected, "") });
}

#[test]
fn a_command_has_the_terminal_and_its_signals() {
    let (home, sts) = (Home::someaccount(), sts());
    let run = |command: &[&str]| {
        let run = home.run(["someaccount", "--"]).args(command).sts(&sts).env("NO_COLOR", "1");
        let mut terminal = Terminal::start(run);
        if home.cached().is_empty() {
            terminal.wait_for("MFA code for someaccount");
            terminal.press(&format!("{CODE}\r"));
        }
        terminal
    };
    let mut terminal = run(&["sh", "-c", "test -t 0 && test -t 1 && test -t 2 && echo ready; cat"]);
    terminal.wait_for("ready");
    terminal.press("typed\r");
    terminal.wait_for("typed\r\ntyped\r\n");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end().0, 0);
    let mut terminal = run(&["sh", "-c", "echo ready; exec sleep 100"]);
    terminal.wait_for("ready");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), (-2, "ready\n^C".to_owned()));
    let terminal = run(&["sh", "-c", "exec sleep 100"]);
    // It is the same process, so a signal to mfa-env reaches the command.
    terminal.signal("TERM");
    assert_eq!(terminal.end().0, -15);
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_finds_signals_ignored_where_they_were() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = format!(
        "trap '' HUP XFSZ; grep SigIgn /proc/self/status; mfa-env someaccount -t {CODE} -- grep SigIgn /proc/self/status"
    );
    let shown = home.program("bash").args(["--norc", "-c", &script]).sts(&sts).output();
    let (before, after) = shown.stdout.split_once('\n').expect("two lines");
    assert_eq!(before, after.trim_end());
    assert!(before.ends_with('1'), "{before}");
}

#[test]
fn the_shell_functions_descriptor_gets_the_lines_and_no_child_gets_it() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = |arguments: &str| {
        format!(
            "{{ code=$(MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=bash mfa-env {arguments} 3>&1 1>&4 4>&-) || echo status $?; }} 4>&1; printf 'code %s' \"${{code%%=*}}\""
        )
    };
    let shown =
        |arguments: &str| home.program("bash").args(["--norc", "-c", &script(arguments)]).sts(&sts).output();
    assert_eq!(shown(&format!("someaccount -t {CODE}")), done("code if (export AWS_ACCESS_KEY_ID", STARTED));
    let failure = shown("someaccount --no-input -r");
    assert_eq!(failure.stdout, "status 4\ncode (exit 4);");
    let usage = shown("--typo");
    assert_eq!(usage.stdout, "status 2\ncode (exit 2);");
    let child = shown(&format!(
        "someaccount -r -t {} -- sh -c 'test -p /dev/fd/3 || echo closed; echo \"<$MFA_ENV_EVAL_FD>\"'",
        CODES[1]
    ));
    assert_eq!(child.stdout, "closed\n<>\ncode ");
}

/// Logs in with keys that a command prints, and with a given code.
fn keys_of(command: &str) -> Shown {
    let config = format!("[profile someaccount]\nmfa_serial = {SERIAL}\ncredential_process = {command}\n");
    let (home, sts) = (Home::new().config(config), sts());
    home.write("secrets", "CANARYCANARYCANARY\n");
    home.write("no_version.json", format!(r#"{{"AccessKeyId":"{KEY_ID}","SecretAccessKey":"{SECRET}"}}"#));
    home.run(["someaccount", "-t", CODE]).sts(&sts).output()
}

#[test]
fn keys_may_come_from_a_command() {
    let json = format!(r#"{{"Version":1,"AccessKeyId":"{KEY_ID}","SecretAccessKey":"{SECRET}"}}"#);
    for json in [json.clone(), json.replace('}', r#","SessionToken":""}"#)] {
        let shown = keys_of(&format!("echo '{json}'"));
        shown.session();
        assert_eq!(shown.stderr, STARTED);
    }
}

#[test]
fn a_command_that_gives_no_long_term_keys_is_named_and_its_output_is_not_shown() {
    let session = r#"{"Version":1,"AccessKeyId":"ASIAXXXXXXXXXXXXXXXX","SecretAccessKey":"CANARYCANARYCANARY","SessionToken":"x"}"#;
    for (command, why) in [
        (
            "cat secrets; exit 3".to_owned(),
            "failed: exit status: 3\nhint: run that command by hand and look at what it does\n",
        ),
        (
            "cat secrets".to_owned(),
            "printed no credentials in AWS's JSON form\nhint: run it by hand and look at what it prints\n",
        ),
        (
            "cat no_version.json".to_owned(),
            "printed no credentials in AWS's JSON form\nhint: run it by hand and look at what it prints\n",
        ),
        (
            "sed 's/{/{\"Version\":2,/' no_version.json".to_owned(),
            "printed no credentials in AWS's JSON form\nhint: run it by hand and look at what it prints\n",
        ),
        (
            format!("echo '{session}'"),
            "returns a session; GetSessionToken needs long-term keys\nhint: AWS's tools can use this profile without mfa-env\n",
        ),
    ] {
        let message = format!("error: `credential_process` of profile `someaccount` {why}");
        assert_eq!(keys_of(&command), failed(1, &message));
    }
}

/// Miri can't run system calls. So valgrind watches a login, with the borrowed descriptor of the function: it
/// reads no memory that is uninitialised or not ours.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "valgrind takes long; tests/run includes it"]
fn a_login_through_the_functions_descriptor_touches_no_memory_but_its_own() {
    let (home, sts) = (Home::someaccount(), sts());
    let line = format!(
        "code=$(MFA_ENV_EVAL_FD=3 valgrind --quiet --error-exitcode=9 mfa-env someaccount -t {CODE} 3>&1 1>&2) || echo status $?; printf 'code %s' \"${{code%%=*}}\""
    );
    let run = home.program("sh").args(["-c", &line]).sts(&sts);
    let shown = run.env("MFA_ENV_SHELL", "sh").output();
    // Under valgrind, a busy machine is too slow to learn the caller's identity in time.
    let slow = support::started("12 hours", "someaccount: account 123456789012");
    let expected = [STARTED, &slow].map(|said| done("code if (export AWS_ACCESS_KEY_ID", said));
    assert!(expected.contains(&shown), "{shown:?}");
}
