//! What `mfa-env doctor` finds in the shell that runs it: variables, the function.

use std::time::Duration;

use support::{CODE, Home, sts};

use crate::doctor::{finding, offline};
use crate::hidden::HIDING;
use crate::more_shells::nu;
use crate::shells::POSIX;

#[test]
fn what_hides_the_session_in_default_is_found() {
    let (home, sts) = (Home::someaccount(), sts());
    home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    let fine = "     ok  [default]: holds a session, and nothing in this shell hides it\n";
    assert!(offline(&home, &[]).stdout.contains(fine));
    for (variables, what, remedy) in HIDING {
        let shown = offline(&home, variables);
        let expected =
            finding("warning", &format!("[default]: its session has no effect here: {what}"), remedy);
        assert!(shown.stdout.contains(&expected) && !shown.stdout.contains(fine), "{shown:?}");
    }
}

#[test]
fn stale_variables_and_proxies_are_found() {
    let home = Home::someaccount();
    let cases: [(&[(&str, &str)], String); 3] = [
        (
            &[("AWS_SECURITY_TOKEN", "t")],
            finding(
                "warning",
                "AWS_SECURITY_TOKEN: botocore prefers it to AWS_SESSION_TOKEN, however old it is",
                "unset AWS_SECURITY_TOKEN",
            ),
        ),
        (
            &[("AWS_CREDENTIAL_EXPIRATION", "2018-03-01T22:00:00Z")],
            finding(
                "warning",
                "AWS_CREDENTIAL_EXPIRATION: is in the past, so botocore refuses the keys of this shell",
                "unset AWS_CREDENTIAL_EXPIRATION",
            ),
        ),
        (&[("HTTPS_PROXY", "http://127.0.0.1:1")], "     ok  proxy: HTTPS_PROXY is set\n".to_owned()),
    ];
    for (variables, expected) in cases {
        let shown = offline(&home, variables);
        assert!(shown.status == 0 && shown.stdout.contains(&expected), "{shown:?}");
    }
}

#[test]
fn an_expired_session_of_ours_is_to_be_renewed_and_not_taken_for_a_stale_variable() {
    let expired = (jiff::Timestamp::now() - Duration::from_secs(5 * 60)).to_string();
    let variables = [
        ("AWS_ACCESS_KEY_ID", "ASIAEXPIRED000000000"),
        ("MFA_ENV_KEY", "ASIAEXPIRED000000000"),
        ("MFA_ENV_PROFILE", "someaccount"),
        ("AWS_CREDENTIAL_EXPIRATION", &expired),
    ];
    let what = "session: that of `someaccount` in this shell expired 5 minutes ago";
    let expected = finding("warning", what, "start a new one: mfa-env someaccount");
    let shown = offline(&Home::someaccount(), &variables);
    assert!(
        shown.stdout.contains(&expected) && !shown.stdout.contains("AWS_CREDENTIAL_EXPIRATION"),
        "{shown:?}"
    );
}

#[test]
fn a_loaded_function_is_known() {
    for (program, init) in [
        (POSIX[0], "eval \"$(mfa-env init bash)\""),
        (POSIX[1], "eval \"$(mfa-env init zsh)\""),
        (crate::shells::FISH, "mfa-env init fish | source"),
    ] {
        let home = Home::someaccount();
        let script = format!("{init}; mfa-env doctor --offline");
        let shown = crate::shells::shell(&home, program, &script).output();
        assert!(
            shown.stdout.contains("     ok  shell: the function and the prompt are loaded\n"),
            "{shown:?}"
        );
    }
}

#[test]
fn a_missing_function_is_said_in_the_words_of_the_shell() {
    let home = Home::someaccount();
    let here = "in this terminal";
    for (program, why, line) in [
        (POSIX[0], here, "eval \"$(mfa-env init bash)\""),
        (POSIX[1], here, "eval \"$(mfa-env init zsh)\""),
        (
            POSIX[1],
            "in new ones",
            "printf '\\n%s\\n' 'eval \"$(mfa-env init zsh)\"' >> \"${ZDOTDIR:-$HOME}/.zshrc\"",
        ),
        (crate::shells::FISH, here, "mfa-env init fish | source"),
        (&["elvish", "-norc"], "in ~/.config/elvish/rc.elv", "eval (mfa-env init elvish | slurp)"),
        (
            &[&nu().display().to_string(), "-n"],
            "in $nu.user-autoload-dirs.0",
            "mfa-env init nu | save mfa-env.nu",
        ),
    ] {
        let shown = crate::shells::shell(&home, program, "mfa-env doctor --offline; true").output();
        assert!(shown.stdout.contains(&format!("         -> {why}: {line}\n")), "{program:?} {shown:?}");
    }
}

#[test]
fn a_loaded_function_is_known_in_a_pipe_and_in_a_substitution() {
    let loaded = "     ok  shell: the function and the prompt are loaded\n";
    for (program, init, substituted) in [
        (POSIX[0], "eval \"$(mfa-env init bash)\"", "echo \"$(mfa-env doctor --offline)\""),
        (POSIX[1], "eval \"$(mfa-env init zsh)\"", "echo \"$(mfa-env doctor --offline)\""),
        (crate::shells::FISH, "mfa-env init fish | source", "printf '%s\\n' (mfa-env doctor --offline)"),
    ] {
        let home = Home::someaccount();
        for script in ["mfa-env doctor --offline | cat", substituted] {
            let shown = crate::shells::shell(&home, program, &format!("{init}; {script}")).output();
            assert!(shown.stdout.contains(loaded), "{program:?} {script} {shown:?}");
        }
    }
}

#[test]
fn a_start_up_file_that_this_shell_did_not_read_is_said() {
    let home = Home::someaccount();
    home.write(".bashrc", "# mfa-env init bash\n");
    let doctor = || crate::shells::shell(&home, POSIX[0], "mfa-env doctor --offline; true").output().stdout;
    assert!(doctor().contains("warning  shell: the function is not loaded: "), "{}", doctor());
    home.write(".bashrc", "eval \"$(mfa-env init bash)\"\n");
    home.write(".profile", "");
    let expected = "warning  shell: this bash didn't read ~/.bashrc, which loads the function\n         \
                    -> in this terminal: eval \"$(mfa-env init bash)\"\n         \
                    -> if new terminals don't load it either: printf '\\n%s\\n' '. ~/.bashrc' >> ~/.profile\n";
    assert!(doctor().contains(expected), "{}", doctor());
}

#[test]
fn a_zsh_without_compinit_is_told_the_line() {
    let home = Home::someaccount();
    let warning = finding(
        "warning",
        "shell: TAB can't complete profiles: compinit hasn't run in this zsh",
        "add this line to ~/.zshrc, above mfa-env's: autoload -Uz compinit && compinit",
    );
    for (before, warns) in [("", true), ("autoload -Uz compinit && compinit -u; ", false)] {
        let script = format!("{before}eval \"$(mfa-env init zsh)\"; mfa-env doctor --offline");
        let shown = crate::shells::shell(&home, POSIX[1], &script).output();
        assert_eq!(shown.stdout.contains(&warning), warns, "{shown:?}");
    }
}

#[test]
fn a_profile_of_the_environment_that_is_not_there_or_cannot_log_in_is_found() {
    let home = Home::someaccount().config("[profile sso]\nsso_session = s\n");
    let shown = offline(&home, &[("AWS_PROFILE", "someacount")]);
    let expected = "  error  AWS_PROFILE: there is no profile `someacount` in `~/.aws/credentials` or \
                    `~/.aws/config`\n         -> did you mean `mfa-env someaccount`?\n         -> unset AWS_PROFILE\n";
    assert!(shown.status == 1 && shown.stdout.contains(expected), "{shown:?}");
    let shown = offline(&home, &[("AWS_PROFILE", "sso")]);
    let what = "AWS_PROFILE: profile `sso` logs in by SSO, not by an MFA code";
    let expected = finding("warning", what, "aws sso login --profile sso");
    assert!(shown.status == 0 && shown.stdout.contains(&expected), "{shown:?}");
    assert!(!offline(&home, &[("AWS_PROFILE", "someaccount")]).stdout.contains("AWS_PROFILE"));
}

#[test]
fn a_home_that_is_not_there_is_found() {
    let shown = offline(&Home::someaccount(), &[("HOME", "/nonexistent")]);
    let what = "HOME: `/nonexistent` is not there, so neither your AWS files nor a cache can be";
    let expected = finding("error", what, "set HOME to your home folder");
    assert!(shown.status == 1 && shown.stdout.contains(&expected), "{shown:?}");
}

#[test]
fn a_credential_process_of_ours_is_known() {
    let process = |name: &str, of: &str| {
        format!("[profile {name}]\ncredential_process = \"/opt/x y/mfa-env\" -p {of} --format json\n")
    };
    let home = Home::someaccount()
        .config(process("served", "someaccount") + &process("x", "x") + &process("y", "gone"));
    let shown = offline(&home, &[]);
    let served = "     ok  profile served: gets the session of `someaccount` from mfa-env\n";
    let itself = finding(
        "error",
        "profile x: its `credential_process` asks mfa-env for the same profile",
        "let it name the profile that has the keys and the MFA device",
    );
    assert!(shown.stdout.contains(served) && shown.stdout.contains(&itself), "{shown:?}");
    assert!(shown.stdout.contains("warning  profile y: there is no profile `gone` in "), "{shown:?}");
    assert_eq!((shown.status, shown.stderr.as_str()), (1, "error: 1 problem found\n"));
}
