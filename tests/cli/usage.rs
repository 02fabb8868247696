//! The command line: what mfa-env refuses, its messages, and when it prints the line that fails an `eval`.

use std::fs::File;
use std::process::Stdio;

use support::{CODE, CODES, Home, STARTED, Shown, done, failed, finish, sts};

use crate::shells::{POSIX, shell};

fn run(arguments: &[&str]) -> Shown {
    Home::someaccount().run(arguments).output()
}

/// Checks the status, the line for `eval`, and part of the message, but not clap's whole text.
fn assert_usage(shown: &Shown, stdout: &str, says: &str) {
    assert_eq!((shown.status, shown.stdout.as_str()), (2, stdout), "{shown:?}");
    assert!(shown.stderr.starts_with("error: ") && shown.stderr.contains(says), "{shown:?}");
}

#[test]
fn errors_of_usage_fail_the_eval() {
    for (arguments, says) in [
        (&["--typo"][..], "--typo"),
        (&["someaccount", "--format", "xml"], "xml"),
        (&["someaccount", "--shell", "cmd"], "cmd"),
        (&["someaccount", "-p", "other"], "cannot be used with"),
        (&["someaccount", "--force"], "--write-default"),
        (&["someaccount", "-w", "--format", "env"], "cannot be used with"),
        (&["-p", "x", "unset"], "cannot be used with"),
        (&["unset", "--typo"], "--typo"),
        (&["unset", "-w", "--shell", "bash"], "cannot be used with"),
    ] {
        assert_usage(&run(arguments), "(exit 2);\n", says);
    }
}

#[test]
fn errors_of_usage_print_no_line_where_nothing_is_evaluated() {
    assert_usage(&run(&["someaccount", "--format", "json", "--typo"]), "", "--typo");
    assert_usage(&run(&["someaccount", "--typo", "--", "true"]), "", "--typo");
    assert_usage(&run(&["someaccount", "-w", "--", "true"]), "", "can't be used with");
    assert_usage(&run(&["someaccount", "--format", "env", "--", "true"]), "", "can't be used with");
}

#[test]
fn a_second_word_hints_at_the_two_dashes() {
    let put = "put `--` before the command: mfa-env";
    for (arguments, word, hint) in [
        (&["someaccount", "ls"][..], "ls", "someaccount -- ls"),
        (&["someaccount", "ls", "-l", "a b"], "ls", "someaccount -- ls -l 'a b'"),
        (&["-r", "someaccount", "ls"], "ls", "PROFILE -- CMD"),
        (&["someaccount", "ls", CODE], "ls", "PROFILE -- CMD"),
    ] {
        let stderr = format!("error: unexpected word `{word}` after the profile\nhint: {put} {hint}\n");
        assert_eq!(run(arguments), failed(2, &stderr), "{arguments:?}");
    }
    // These commands take no argument.
    for arguments in [["policy", "x"], ["list", "x"], ["unset", "x"]] {
        assert!(!run(&arguments).stderr.contains("hint:"), "{arguments:?}");
    }
}

#[test]
fn the_words_of_other_programs_hint_at_ours() {
    for (arguments, stdout, hint) in [
        (&["login", "prod"][..], "(exit 2);\n", "mfa-env prod"),
        (&["assume", "list"], "(exit 2);\n", "mfa-env --profile list"),
        (&["exec", "prod", "--", "ls", "-l"], "", "mfa-env prod -- ls -l"),
        (&["exec", "prod"], "(exit 2);\n", "mfa-env prod -- CMD"),
        (&["add", "prod"], "(exit 2);\n", "mfa-env setup prod"),
        (&["completion", "bash"], "(exit 2);\n", "completion is part of: mfa-env init bash"),
    ] {
        let stderr = format!("error: `{}` is no command of mfa-env\nhint: {hint}\n", arguments[0]);
        let expected = Shown { stdout: stdout.to_owned(), ..failed(2, &stderr) };
        assert_eq!(run(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn a_tip_never_makes_an_option_a_command() {
    for arguments in [&["-u"][..], &["someaccount", "--typo"], &["ls", "-l"], &["setup", "-u"]] {
        let shown = run(arguments);
        assert!(!shown.stderr.contains("tip:"), "{shown:?}");
    }
    let shown = run(&["someaccount", "--renw"]);
    assert!(shown.stderr.contains("\n  tip: a similar argument exists: '--renew'\n"), "{shown:?}");
    assert!(!shown.stderr.contains("-- --renw"), "{shown:?}");
}

#[test]
fn a_session_is_for_one_command_or_for_every_program() {
    let command = "hint: for that command: mfa-env PROFILE -- CMD\n";
    let default = "hint: for every program: mfa-env PROFILE -w\n";
    for (arguments, stderr) in [
        (
            &["someaccount", "-w", "--", "ls"][..],
            format!("error: `--write-default` can't be used with a command after `--`\n{command}{default}"),
        ),
        (
            &["someaccount", "--format", "env", "--", "ls"],
            format!("error: `--format` can't be used with a command after `--`\n{command}"),
        ),
    ] {
        let expected = Shown { stdout: String::new(), ..failed(2, &stderr) };
        assert_eq!(run(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn forget_without_a_profile_names_both_forms() {
    let stderr = "error: `forget` needs a profile, or `--all`\n\
                  hint: one profile: mfa-env forget PROFILE\nhint: all of them: mfa-env forget --all\n";
    assert_eq!(run(&["forget"]), Shown { stdout: String::new(), ..failed(2, stderr) });
}

#[test]
fn a_code_without_its_option_is_not_repeated() {
    let expected = failed(2, "error: a code is given by `-t`\nhint: mfa-env PROFILE -t CODE\n");
    for arguments in [&["someaccount", CODE][..], &["someaccount", "-w", CODE]] {
        assert_eq!(run(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn a_command_after_an_option_is_no_profile() {
    let says = "`policy` is a command; for the profile: mfa-env --profile policy";
    assert_usage(&run(&["-v", "policy"]), "(exit 2);\n", says);
}

#[test]
fn help_and_version_are_no_failures() {
    for arguments in [["--help"], ["-h"], ["--version"]] {
        let shown = run(&arguments);
        assert_eq!((shown.status, shown.stderr.as_str()), (0, ""), "{shown:?}");
        assert!(!shown.stdout.contains("exit 0"), "{shown:?}");
    }
    let expected = format!("mfa-env {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["--version"]).stdout, expected);
}

#[test]
fn a_duration_that_no_session_has() {
    let range = "is not between 15 minutes (900) and 36 hours (129600)";
    let form = "is not a duration such as `12h`, `90m` or `43200`";
    for (text, why) in
        [("899", range), ("14m", range), ("129601", range), ("37h", range), ("1x", form), ("", form)]
    {
        let message = format!("error: `--duration {text}` {why}\nhint: for example: --duration 12h\n");
        let sts = sts();
        let home = Home::someaccount();
        assert_eq!(home.run(["someaccount", "-t", CODE, "-d", text]).sts(&sts).output(), failed(2, &message));
        assert_eq!(sts.connections(), 0);
    }
}

#[test]
fn a_region_that_is_none() {
    for region in ["eu west", "eu-west-1.evil.com", "-x", ""] {
        let message = format!(
            "error: `--region {region}` is not a region such as `eu-west-1`\nhint: for example: --region eu-west-1\n"
        );
        let option = format!("--region={region}");
        assert_eq!(run(&["someaccount", "-t", CODE, &option]), failed(2, &message));
    }
}

#[test]
fn a_duration_in_the_profile_that_no_session_has() {
    let home = Home::someaccount().config("[profile someaccount]\nduration_seconds = 60\n");
    let expected = failed(
        1,
        "error: `duration_seconds` of profile `someaccount` is not between 15 minutes (900) and 36 hours (129600)\n\
         hint: correct it in `[profile someaccount]` in `~/.aws/config`, or give `-d`\n",
    );
    assert_eq!(home.run(["someaccount", "-t", CODE]).output(), expected);
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut command = home.run(["someaccount", "-t", CODE]).sts(&sts).into_command();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is there");
    drop(child.stdout.take());
    let output = finish(child, "the login");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!stderr.contains("error") && !stderr.contains("panic"), "{stderr}");
}

#[test]
fn a_command_is_needed_after_the_two_dashes() {
    let message = "error: there is no command after `--`\n\nUsage: mfa-env [OPTIONS] [PROFILE] [-- <CMD>...]\n       \
                   mfa-env <COMMAND>\n\nFor more information, try '--help'.\n";
    let shown = Home::someaccount().run(["someaccount", "--"]).output();
    assert_eq!(shown, Shown { status: 2, stdout: "(exit 2);\n".into(), stderr: message.into() });
}

#[test]
fn a_full_disk_is_an_error() {
    let (home, sts) = (Home::someaccount(), sts());
    let full = || Stdio::from(File::options().write(true).open("/dev/full").expect("Linux has it"));
    for words in [
        &["someaccount", "--format", "env", "-r", "-t", CODES[0]][..],
        &["someaccount", "--format", "json", "-r", "-t", CODES[1]],
        &["--help"],
        &["list", "-h"],
        &["--version"],
    ] {
        let mut command = home.run(words).sts(&sts).into_command();
        let output = command.stdin(Stdio::null()).stdout(full()).output().expect("the binary is there");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        let message = "error: failed to write the output: No space left on device (os error 28)\n\
                       hint: is the disk full?\n";
        assert_eq!(stderr, message);
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn another_programs_completion_variable_makes_no_failure_a_success() {
    for value in ["1", "bash"] {
        let shown = Home::someaccount().run(["nobody"]).env("COMPLETE", value).output();
        assert_eq!((shown.status, shown.stdout.as_str()), (2, "(exit 2);\n"), "{value}");
        let shown = Home::someaccount().run(["nobody"]).env("MFA_ENV_COMPLETE", value).output();
        assert_eq!((shown.status, shown.stdout.as_str()), (2, "(exit 2);\n"), "{value}");
    }
}

#[test]
fn no_variable_that_was_left_over_keeps_an_eval_from_getting_the_session() {
    for (variables, script) in [
        ("MFA_ENV_COMPLETE=bash", ""),
        ("MFA_ENV_EVAL_FD=9", "exec 9> >(cat >lost);"),
        ("MFA_ENV_EVAL_FD=3", "exec 3> >(cat >lost);"),
        ("MFA_ENV_EVAL_FD=9 MFA_ENV_SHELL=bash", "exec 9> >(cat >lost);"),
        ("MFA_ENV_SHELL=fish", ""),
        ("MFA_ENV_SHELL=nu", ""),
        ("MFA_ENV_SUBSHELL=1", ""),
    ] {
        let (home, sts) = (Home::someaccount(), sts());
        let script = format!(
            "{script} export {variables}; eval \"$(mfa-env someaccount -t {CODE})\"; echo \"$? ${{AWS_ACCESS_KEY_ID:0:4}}\""
        );
        let shown = home.program("bash").args(["--norc", "-c", &script]).sts(&sts).output();
        assert_eq!(shown, done("0 ASIA\n", STARTED), "{variables}");
    }
}

/// SECURITY.md names this: nothing tells it from the function.
#[test]
fn both_variables_and_a_pipe_at_3_take_the_session_from_standard_output() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = format!(
        "mkfifo pipe; cat pipe >got & exec 3>pipe; export MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=bash; \
         mfa-env someaccount -t {CODE}; exec 3>&-; wait; grep -c '^export AWS_' got"
    );
    let shown = home.program("bash").args(["--norc", "-c", &script]).sts(&sts).output();
    assert_eq!(shown, done("5\n", STARTED));
}

#[test]
fn a_variable_of_bash_that_was_left_over_sends_no_session_into_a_file() {
    for (program, init) in [
        (POSIX[1], "export MFA_ENV_SUBSHELL=0; eval \"$(mfa-env init zsh)\""),
        (&["fish"], "set -gx MFA_ENV_SUBSHELL 0; mfa-env init fish | source"),
    ] {
        let (home, sts) = (Home::someaccount(), sts());
        let script = format!("{init}\nmfa-env someaccount -t {CODE} >log; echo $AWS_VAULT; cat log");
        let shown = shell(&home, program, &script).sts(&sts).output();
        assert_eq!(shown, done("someaccount\n", STARTED), "{program:?}");
    }
}

#[test]
fn a_path_that_is_no_text_is_refused_and_not_left_out() {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::OsStr::from_bytes(b"/tmp/\xff");
    let shown = Home::someaccount().run(["someaccount"]).env("AWS_SHARED_CREDENTIALS_FILE", path).output();
    let message = "error: the path in `AWS_SHARED_CREDENTIALS_FILE` is not UTF-8\n\
                   hint: unset AWS_SHARED_CREDENTIALS_FILE, or give the file another name\n";
    assert_eq!(shown, failed(1, message));
}
