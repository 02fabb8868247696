//! `mfa-env doctor`: its findings with their remedies, and its exit status.

use std::fs;

use fake_sts::FakeSts;
use jiff::SignedDuration;
use serde_json::{Value, json};
use support::{Home, KEY_ID, SOMEACCOUNT, Shown, Terminal, done, keys_in, sts};

/// Without the harness's proxy, which would be a finding.
fn doctor(home: &Home, sts: &FakeSts, options: &[&str], variables: &[(&str, &str)]) -> Shown {
    home.run(["doctor"]).args(options).sts(sts).without_env("HTTPS_PROXY").envs(variables).output()
}

pub fn offline(home: &Home, variables: &[(&str, &str)]) -> Shown {
    let run = home.run(["doctor", "--offline"]).without_env("HTTPS_PROXY").envs(variables);
    run.endpoint("http://127.0.0.1:1").output()
}

/// The line of a finding, with its remedy.
pub fn finding(level: &str, what: &str, remedy: &str) -> String {
    format!("{level:>7}  {what}\n         -> {remedy}\n")
}

const NO_FUNCTION: &str = "warning  shell: the function is not loaded: you must type eval, and the prompt \
                           can't show the session\n         -> in this terminal: eval \"$(mfa-env init bash)\"\n         \
                           -> in new ones: printf '\\n%s\\n' 'eval \"$(mfa-env init bash)\"' >> ~/.bashrc\n";
const SECURITY_TOKEN: &str = "warning  AWS_SECURITY_TOKEN: botocore prefers it to AWS_SESSION_TOKEN, however old it is\n         -> unset AWS_SECURITY_TOKEN\n";
const READABLE: &str = "     ok  ~/.aws/credentials: readable\n";
const NO_CONFIG: &str = "     ok  ~/.aws/config: not there\n";
const ONE: &str = "     ok  profiles: 1 can log in with a code\n";
const ADDRESS: &str = "     ok  STS: profile someaccount calls ~STS~ without TLS\n";
const CLOCK: &str = "     ok  clock: agrees with that of STS\n";

#[test]
fn a_healthy_machine_is_told_so() {
    let (home, sts) = (Home::someaccount(), sts());
    let expected = format!("{NO_CONFIG}{READABLE}{ONE}{NO_FUNCTION}{ADDRESS}{CLOCK}");
    assert_eq!(doctor(&home, &sts, &[], &[]), done(&expected, ""));
    // It asks for the time with a key that doesn't exist, and without a code.
    let requests = sts.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].action, "GetCallerIdentity");
    assert_ne!(requests[0].access_key_id.as_deref(), Some(KEY_ID));
}

#[test]
fn a_machine_without_a_profile_is_told_how_to_make_one() {
    let none = finding("warning", "profiles: none can log in with a code", "create one: mfa-env setup");
    let no_credentials = NO_CONFIG.replace("config", "credentials");
    let expected = format!("{NO_CONFIG}{no_credentials}{none}{NO_FUNCTION}");
    assert_eq!(doctor(&Home::new(), &sts(), &[], &[]), done(&expected, ""));
}

#[test]
fn names_what_killed_runs_left_and_folders_that_are_not_used() {
    let home = Home::someaccount();
    fs::create_dir_all(home.path(".local/state/mfa-env")).expect("a new folder");
    fs::create_dir_all(home.path(".cache/mfa-env")).expect("a new folder");
    home.set_mode(".cache/mfa-env", 0o770);
    home.write(".aws/.credentials.mfa-env.tmp-1-0", "half a file");
    home.write(".local/state/mfa-env/.default.mfa-env.tmp-1", "half a file");
    let shown = offline(&home, &[]);
    let unused = "own files: not used: `~/.cache/mfa-env` can be changed by other users";
    let copy = "~/.aws/.credentials.mfa-env.tmp-1-0: left by a run that was killed: a copy of your keys";
    let part = "~/.local/state/mfa-env/.default.mfa-env.tmp-1: left by a run that was killed: \
                a part of a session or of its state";
    let expected = finding("warning", unused, "chmod go-w ~/.cache/mfa-env")
        + &finding("warning", copy, "rm ~/.aws/.credentials.mfa-env.tmp-1-0")
        + &finding("warning", part, "rm ~/.local/state/mfa-env/.default.mfa-env.tmp-1");
    assert!(shown.stdout.starts_with(&expected), "{shown:?}");
    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""));
}

#[test]
fn offline_asks_nobody() {
    let (home, sts) = (Home::someaccount(), sts());
    let expected = format!(
        "{NO_CONFIG}{READABLE}{ONE}{NO_FUNCTION}{ADDRESS}     ok  clock: not compared with STS: `--offline`\n"
    );
    assert_eq!(doctor(&home, &sts, &["--offline"], &[]), done(&expected, ""));
    assert_eq!(sts.connections(), 0);
}

#[test]
fn findings_in_the_files_have_their_line_and_remedy() {
    let file = "~/.aws/credentials";
    let cases = [
        (
            format!("{SOMEACCOUNT}[someaccount]\n"),
            "line 5: `[someaccount]` is already in line 1: botocore (the AWS CLI, boto3) can't read the file",
            "join the two sections",
        ),
        (
            format!("{SOMEACCOUNT}region = a\nregion = b\n"),
            "line 6: `region` is already in line 5: botocore (the AWS CLI, boto3) can't read the file",
            "delete one of the two lines",
        ),
        (
            format!("{SOMEACCOUNT}region = eu-west-1 # home\n"),
            "line 5: botocore (the AWS CLI, boto3) reads the comment as part of the value of `region`",
            "put the comment on a line of its own",
        ),
        (
            format!("[DEFAULT]\nregion = x\n{SOMEACCOUNT}"),
            "line 1: `[DEFAULT]`: botocore (the AWS CLI, boto3) gives its keys to every profile",
            "rename it, or write `[default]`",
        ),
        (
            format!("[profile x]\nregion = x\n{SOMEACCOUNT}"),
            "line 1: the SDKs ignore `[profile x]`: names in the credentials file have no `profile `",
            "write `[x]`",
        ),
        (
            format!("[two words]\nregion = x\n{SOMEACCOUNT}"),
            "line 1: the Rust and JavaScript SDKs ignore the profile `two words`",
            "rename it (allowed: letters, digits and _-/.%@:+)",
        ),
        (
            format!("[ x ]\nregion = x\n{SOMEACCOUNT}"),
            "line 1: botocore (the AWS CLI, boto3) reads the spaces in `[ x ]` as part of the name",
            "write `[x]`",
        ),
    ];
    for (text, what, remedy) in cases {
        let shown = offline(&Home::new().credentials(&text), &[]);
        let expected = finding("warning", &format!("{file}: {what}"), remedy);
        assert!(shown.status == 0 && shown.stdout.contains(&expected), "{text}\n{shown:?}");
        assert!(!shown.stdout.contains("readable"), "{shown:?}");
    }
    let home = Home::someaccount().config("[x]\nregion = x\n");
    let what = "~/.aws/config: line 1: all tools ignore `[x]`: in the config file it has to be `[profile x]`";
    let expected = finding("warning", what, "write `[profile x]`");
    assert!(offline(&home, &[]).stdout.contains(&expected));
}

#[test]
fn keys_that_are_split_over_the_two_files_are_found() {
    let home = Home::someaccount().config("[profile someaccount]\naws_session_token = t\n");
    let expected = finding(
        "warning",
        "profile someaccount: has different keys in the two files, and tools combine them differently",
        "keep its access key, secret key and token in one of the two files",
    );
    assert!(offline(&home, &[]).stdout.contains(&expected));
}

#[test]
fn a_setting_that_is_no_longer_read_is_found() {
    let home = Home::someaccount().config("[profile someaccount]\nmfa_env_account = 123456789012\n");
    let expected = finding(
        "warning",
        "profile someaccount: `mfa_env_account` is no longer read",
        "remove that line; the message after a login names the account",
    );
    let shown = offline(&home, &[]);
    assert!(shown.status == 0 && shown.stdout.contains(&expected), "{shown:?}");
}

#[test]
fn a_credentials_file_that_others_can_read_is_found() {
    for mode in [0o640, 0o604, 0o644] {
        let home = Home::someaccount();
        home.set_mode(".aws/credentials", mode);
        let expected =
            finding("warning", "~/.aws/credentials: other users can read it", "chmod 600 ~/.aws/credentials");
        assert!(offline(&home, &[]).stdout.contains(&expected), "{mode:o}");
    }
}

#[test]
fn findings_in_the_profiles_are_of_one_profile_each() {
    let home = Home::new()
        .credentials(
            keys_in("plain", "")
                + &keys_in("work-long-term", "aws_mfa_device = GAHT12345678\n")
                + SOMEACCOUNT,
        )
        .config("[profile lost]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = gone\n");
    let expected = format!(
        "     ok  ~/.aws/config: readable\n{READABLE}{}{}\
         \u{20}    ok  profile work-long-term: understood as the long-term keys of `work` (the layout of aws-mfa)\n\
         \u{20}    ok  profiles: 2 can log in with a code\n{NO_FUNCTION}\
         \u{20}    ok  STS: profile plain calls ~STS~ without TLS\n\
         \u{20}    ok  clock: not compared with STS: `--offline`\n",
        finding(
            "warning",
            "profile lost: `source_profile` is `gone`, and there is no such profile",
            "correct it in `[profile lost]` in `~/.aws/config`"
        ),
        finding("warning", "profile plain: has keys but no MFA device", "set one up: mfa-env setup plain"),
    );
    assert_eq!(offline(&home, &[]), done(&expected, ""));
}

#[test]
fn a_loop_is_one_finding_and_a_bad_duration_is_another() {
    let role =
        |name, more| format!("[profile {name}]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = {more}\n");
    let home = Home::someaccount().config(
        role("into", "x")
            + &role("x", "y")
            + &role("y", "x")
            + &role("z", "someaccount\nduration_seconds = banana"),
    );
    let expected = [
        "warning  profile into: the profiles are each other's `source_profile`: `x` → `y` → `x`",
        "         -> one of them must have keys of its own",
        "warning  profile z: `duration_seconds` is not a duration such as `12h`, `90m` or `43200`",
        "         -> correct it, or give `-d`",
    ];
    let shown = offline(&home, &[]);
    let findings =
        shown.stdout.lines().filter(|line| line.contains("warning  profile") || line.contains("-> "));
    assert_eq!(findings.take(4).collect::<Vec<_>>(), expected, "{shown:?}");
}

#[test]
fn of_many_unknown_sources_the_first_ones_get_a_suggestion() {
    let role =
        |i| format!("[profile role{i:02}]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = someacount\n");
    let home = Home::someaccount().config((0..12).map(role).collect::<String>());
    let shown = offline(&home, &[]);
    let remedies: Vec<_> = shown.stdout.lines().filter(|line| line.contains("correct it in")).collect();
    let suggested = remedies.iter().filter(|line| line.contains("did you mean `someaccount`?")).count();
    assert_eq!((remedies.len(), suggested), (12, 10), "{shown:?}");
}

#[test]
fn a_clock_that_is_off_is_found() {
    // If the server's clock is ahead, this machine is behind.
    for (minutes, said) in [(10, "10 minutes behind"), (-10, "10 minutes ahead of")] {
        let (home, sts) = (Home::someaccount(), sts());
        sts.set_clock_offset(SignedDuration::from_mins(minutes));
        let shown = doctor(&home, &sts, &[], &[]);
        let expected =
            finding("warning", &format!("clock: is {said} that of STS"), "sudo timedatectl set-ntp true");
        assert!(shown.stdout.ends_with(&expected), "{shown:?}");
    }
}

#[test]
fn a_broken_line_is_an_error_with_its_remedy_and_the_rest_is_looked_at_all_the_same() {
    let home = Home::someaccount().config("[default]\nregion\n");
    let sts = sts();
    let expected = Shown {
        status: 1,
        stdout: format!(
            "{}{READABLE}{SECURITY_TOKEN}{NO_FUNCTION}{ADDRESS}{CLOCK}",
            finding(
                "error",
                "~/.aws/config: line 2: expected `key = value`: there is no `=`",
                "correct line 2"
            )
        ),
        stderr: "error: 1 problem found\n".to_owned(),
    };
    assert_eq!(doctor(&home, &sts, &[], &[("AWS_SECURITY_TOKEN", "old")]), expected);
    assert_eq!(sts.connections(), 1);
    home.write(".aws/credentials", "junk\n");
    let shown = doctor(&home, &sts, &[], &[]);
    assert_eq!((shown.status, shown.stderr.as_str()), (1, "error: 2 problems found\n"));
    assert_eq!(sts.connections(), 1);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_the_rest_is_looked_at_all_the_same() {
    let (home, sts) = (Home::someaccount(), sts());
    std::fs::create_dir(home.path(".aws/config")).expect("a new directory");
    let shown = doctor(&home, &sts, &[], &[]);
    let error = "  error  files: failed to read `~/.aws/config`: Is a directory (os error 21)\n";
    assert!(shown.stdout.starts_with(error), "{shown:?}");
    assert!(shown.stdout.ends_with(&format!("{READABLE}{NO_FUNCTION}{ADDRESS}{CLOCK}")), "{shown:?}");
    assert_eq!((shown.status, shown.stderr.as_str()), (1, "error: 1 problem found\n"));
}

#[test]
fn without_a_home_it_says_so_and_looks_at_the_rest() {
    let shown = Home::someaccount().run(["doctor", "--offline"]).without_env("HOME").output();
    let error = "  error  files: `HOME` is not set, so your AWS files can't be found\n";
    assert!(shown.stdout.starts_with(error), "{shown:?}");
    assert!(shown.stdout.contains(NO_FUNCTION), "{shown:?}");
    assert_eq!((shown.status, shown.stderr.as_str()), (1, "error: 2 problems found\n"));
}

#[test]
fn an_sts_that_is_not_reached_is_an_error() {
    let home = Home::someaccount();
    let run = home.run(["doctor"]).without_env("HTTPS_PROXY").endpoint("http://127.0.0.1:1");
    let shown = run.output();
    assert_eq!(shown.status, 1);
    assert!(shown.stdout.contains("\n  error  STS: can't reach STS (~STS~): "), "{shown:?}");
    assert_eq!(shown.stderr, "error: 1 problem found\n");
}

#[test]
fn json_has_the_same_findings() {
    let (home, sts) = (Home::someaccount().config("[x]\n"), sts());
    let shown = doctor(&home, &sts, &["--json"], &[]);
    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""));
    let findings: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let expected = json!([
        {
            "level": "warning",
            "subject": "~HOME~/.aws/config",
            "what": "line 1: all tools ignore `[x]`: in the config file it has to be `[profile x]`",
            "remedy": "write `[profile x]`"
        },
        {
            "level": "ok",
            "subject": "~HOME~/.aws/credentials",
            "what": "readable",
            "remedy": null
        },
        { "level": "ok", "subject": "profiles", "what": "1 can log in with a code", "remedy": null },
        {
            "level": "warning",
            "subject": "shell",
            "what": "the function is not loaded: you must type eval, and the prompt can't show the session",
            "remedy": "in this terminal: eval \"$(mfa-env init bash)\"; in new ones: printf '\\n%s\\n' 'eval \"$(mfa-env init bash)\"' >> ~/.bashrc"
        },
        {
            "level": "ok",
            "subject": "STS",
            "what": "profile someaccount calls ~STS~ without TLS",
            "remedy": null
        },
        { "level": "ok", "subject": "clock", "what": "agrees with that of STS", "remedy": null }
    ]);
    assert_eq!(findings, expected);
    home.write(".aws/credentials", "junk\n");
    let shown = doctor(&home, &sts, &["--json"], &[]);
    let findings: Value = serde_json::from_str(&shown.stdout).expect("JSON, whatever is wrong");
    assert_eq!((shown.status, &findings[1]["level"]), (1, &json!("error")));
}

#[test]
fn has_colours_on_a_terminal_that_wants_them_and_nowhere_else() {
    let home = Home::someaccount();
    let run = |name, value| {
        let run = home.run(["doctor", "--offline"]).without_env("HTTPS_PROXY").env(name, value);
        Terminal::start(run.endpoint("http://127.0.0.1:1")).end().1
    };
    assert!(run("TERM", "xterm-256color").contains('\u{1b}'));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = home.without_places(&run(name, value), None);
        assert!(text.starts_with(&format!("{NO_CONFIG}{READABLE}{ONE}")), "{text:?}");
    }
}

#[test]
fn an_expired_session_in_default_is_found() {
    let session = "[default]\naws_access_key_id = ASIATHEIRSTHEIRSTHEI\naws_secret_access_key = x\n\
                   aws_session_token = x\nexpiration = EXPIRATION\n__profile__ = someaccount\n";
    let expiration = jiff::Timestamp::now() - SignedDuration::from_secs(310);
    let session = session.replace("EXPIRATION", &expiration.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let home = Home::someaccount().credentials(format!("{SOMEACCOUNT}{session}"));
    let expected = finding(
        "warning",
        "[default]: its session of `someaccount` expired 5 minutes ago",
        "mfa-env someaccount -w",
    );
    let shown = offline(&home, &[]);
    assert!(shown.stdout.contains(&expected), "{shown:?}");
    assert!(!shown.stdout.contains("nothing in this shell hides it"), "{shown:?}");
}

#[test]
fn a_session_in_this_shell_hides_the_one_in_default() {
    let expiration = jiff::Timestamp::now() + SignedDuration::from_hours(3);
    let session = format!(
        "[default]\naws_access_key_id = ASIATHEIRSTHEIRSTHEI\naws_secret_access_key = x\n\
         aws_session_token = x\nexpiration = {}\n__profile__ = someaccount\n",
        expiration.strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    let home = Home::someaccount().credentials(format!("{SOMEACCOUNT}{session}"));
    let ours = [("AWS_ACCESS_KEY_ID", "ASIA1"), ("MFA_ENV_KEY", "ASIA1"), ("MFA_ENV_PROFILE", "admin")];
    let what = "[default]: its session has no effect here: this shell has one of its own";
    let shown = offline(&home, &ours);
    assert!(shown.stdout.contains(&finding("warning", what, "eval \"$(mfa-env unset)\"")), "{shown:?}");
}
