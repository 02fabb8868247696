//! The command line: what mfa-env refuses, its messages, and when it prints the line that fails an `eval`.

use std::fs::File;
use std::process::Stdio;

use support::{CODE, CODES, Home, STARTED, done, finish, str, sts};

use crate::shells::{POSIX, shell};

#[test]
fn errors_of_usage_fail_the_eval_and_print_no_line_where_nothing_is_evaluated() {
    Home::someaccount().session(str![[r#"
$ try() { line=$(mfa-env "$@" 2>err); echo "$? $line $(head -1 err)"; }
$ try --typo
2 (exit 2); error: unexpected argument '--typo' found
$ try someaccount --format xml
2 (exit 2); error: invalid value 'xml' for '--format <FORMAT>'
$ try someaccount --shell cmd
2 (exit 2); error: invalid value 'cmd' for '--shell <SHELL>'
$ try someaccount -p other
2 (exit 2); error: the argument '[PROFILE]' cannot be used with '--profile <NAME>'
$ try someaccount --force
2 (exit 2); error: the following required arguments were not provided:
$ try someaccount -w --format env
2 (exit 2); error: the argument '--write-default' cannot be used with '--format <FORMAT>'
$ try -p x unset
2 (exit 2); error: the argument '--profile <NAME>' cannot be used with '[PROFILE]'
$ try unset --typo
2 (exit 2); error: unexpected argument '--typo' found
$ try unset -w --shell bash
2 (exit 2); error: the argument '--write-default' cannot be used with '--shell <SHELL>'
$ try -v policy
2 (exit 2); error: `policy` is a command; for the profile: mfa-env --profile policy
$ try forget someaccount --typo
2  error: unexpected argument '--typo' found
$ try someaccount --format json --typo
2  error: unexpected argument '--typo' found
$ try someaccount --typo -- true
2  error: unexpected argument '--typo' found
$ try someaccount -w -- true
2  error: `--write-default` can't be used with a command after `--`
$ try someaccount --format env -- true
2  error: `--format` can't be used with a command after `--`
$ try exec prod -- ls -l
2  error: `exec` is not a command of mfa-env
$ try someaccount --
2 (exit 2); error: there is no command after `--`
"#]]);
}

#[test]
fn hints_name_the_command_that_was_meant() {
    Home::someaccount().session(str![[r#"
$ hint() { mfa-env "$@" 2>&1 >/dev/null | grep -v -e Usage -e '^$' -e '^  *mfa-env' -e 'For more'; }
$ hint someaccount ls
error: unexpected word `ls` after the profile
hint: put `--` before the command: mfa-env someaccount -- ls
$ hint someaccount ls -l 'a b'
error: unexpected word `ls` after the profile
hint: put `--` before the command: mfa-env someaccount -- ls -l 'a b'
$ hint prtect someaccount --undo
error: `prtect` is not a command of mfa-env
hint: did you mean: mfa-env protect someaccount --undo
$ hint help protct
error: `protct` is not a command of mfa-env
hint: did you mean: mfa-env help protect
$ hint help someaccount
error: `someaccount` is not a command of mfa-env
hint: the commands: mfa-env --help
$ hint -r someaccount ls
error: unexpected word `ls` after the profile
hint: put `--` before the command: mfa-env PROFILE -- CMD
$ hint someaccount ls 918273
error: unexpected word `ls` after the profile
hint: put `--` before the command: mfa-env PROFILE -- CMD
$ hint someaccount 918273
error: to give a code, use `-t`
hint: mfa-env PROFILE -t CODE
$ hint someaccount -w 918273
error: to give a code, use `-t`
hint: mfa-env PROFILE -t CODE
$ hint login prod
error: `login` is not a command of mfa-env
hint: mfa-env prod
$ hint assume list
error: `assume` is not a command of mfa-env
hint: mfa-env --profile list
$ hint exec prod -- ls -l
error: `exec` is not a command of mfa-env
hint: mfa-env prod -- ls -l
$ hint exec prod
error: `exec` is not a command of mfa-env
hint: mfa-env prod -- CMD
$ hint add prod
error: `add` is not a command of mfa-env
hint: mfa-env setup prod
$ hint completion bash
error: `completion` is not a command of mfa-env
hint: completion is part of: mfa-env init bash
$ hint someaccount -w -- ls
error: `--write-default` can't be used with a command after `--`
hint: for that command: mfa-env PROFILE -- CMD
hint: for every program: mfa-env PROFILE -w
$ hint someaccount --format env -- ls
error: `--format` can't be used with a command after `--`
hint: for that command: mfa-env PROFILE -- CMD
$ hint policy x
error: unexpected argument 'x' found
$ hint list x
error: unexpected argument 'x' found
$ hint -u
error: unexpected argument '-u' found
$ hint someaccount --typo
error: unexpected argument '--typo' found
$ hint someaccount --renw
error: unexpected argument '--renw' found
  tip: a similar argument exists: '--renew'
$ hint ls -l
error: unexpected argument '-l' found
$ hint setup -u
error: unexpected argument '-u' found
$ hint forget
error: `forget` needs a profile, or `--all`
hint: one profile: mfa-env forget PROFILE
hint: all of them: mfa-env forget --all
"#]]);
}

#[test]
fn help_and_version_are_no_failures() {
    Home::new().session(str![[r#"
$ mfa-env --version | sed 's/ [0-9.]*$//'
mfa-env
$ mfa-env --help | grep -c exit
0
? 1
$ mfa-env -h | cmp - <(mfa-env --help)
"#]]);
}

#[test]
fn values_that_sts_would_refuse_are_refused_first() {
    let sts = sts();
    let home =
        Home::someaccount().config("[profile minute]\nduration_seconds = 60\nsource_profile = someaccount\n");
    home.calling(sts.url()).session(str![[r#"
$ try() { eval "$(mfa-env someaccount -t 918273 "$@")"; }
$ try -d 14m
2> error: `--duration 14m` is not between 15 minutes (900) and 36 hours (129600)
2> hint: for example: --duration 12h
? 2
$ try -d 129601
2> error: `--duration 129601` is not between 15 minutes (900) and 36 hours (129600)
2> hint: for example: --duration 12h
? 2
$ try -d 1x
2> error: `--duration 1x` is not a duration such as `12h`, `90m` or `43200`
2> hint: for example: --duration 12h
? 2
$ try --region eu-west-1.evil.com
2> error: `--region eu-west-1.evil.com` is not a region such as `eu-west-1`
2> hint: for example: --region eu-west-1
? 2
$ try --region=-x
2> error: `--region -x` is not a region such as `eu-west-1`
2> hint: for example: --region eu-west-1
? 2
$ try --region ''
2> error: `--region ` is not a region such as `eu-west-1`
2> hint: for example: --region eu-west-1
? 2
$ try --min-ttl soon
2> error: `--min-ttl soon` is not a duration such as `12h`, `90m` or `43200`
2> hint: for example: --min-ttl 20m
? 2
$ try --min-ttl 129601
2> error: `--min-ttl 129601` is longer than any session (at most 36 hours)
2> hint: for example: --min-ttl 20m
? 2
$ mfa-env minute -t 918273
(exit 1);
2> error: `duration_seconds` of profile `minute` is not between 15 minutes (900) and 36 hours (129600)
2> hint: correct it in `[profile minute]` in `~/.aws/config`, or give `-d`
? 1
"#]]);
    assert_eq!(sts.connections(), 0);
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

#[cfg(target_os = "linux")]
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
    Home::someaccount().session(str![[r#"
$ for value in 1 bash; do for name in COMPLETE MFA_ENV_COMPLETE; do env $name=$value mfa-env nobody 2>err; done; done
(exit 2);
(exit 2);
(exit 2);
(exit 2);
? 2
"#]]);
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
    Home::someaccount().session(str![[r#"
$ AWS_SHARED_CREDENTIALS_FILE=$'/tmp/\xff' mfa-env someaccount
(exit 1);
2> error: the path in `AWS_SHARED_CREDENTIALS_FILE` is not UTF-8
2> hint: unset AWS_SHARED_CREDENTIALS_FILE, or give the file another name
? 1
"#]]);
}
