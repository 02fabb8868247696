//! What `mfa-env doctor` finds in the shell that runs it: variables, the function.

use crate::doctor::{finding, offline};
use crate::harness::{CODE, Home, sts};
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
                "AWS_CREDENTIAL_EXPIRATION: is in the past: botocore refuses the keys of this shell, whatever they are",
                "start a new session, or: unset AWS_CREDENTIAL_EXPIRATION",
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
            shown.stdout.contains("     ok  shell: the function and the prompt's segment are loaded\n"),
            "{shown:?}"
        );
    }
}

#[test]
fn a_missing_function_is_said_in_the_words_of_the_shell() {
    let home = Home::someaccount();
    for (program, line) in [
        (POSIX[0], "eval \"$(mfa-env init bash)\"    (in ~/.bashrc)"),
        (POSIX[1], "eval \"$(mfa-env init zsh)\"    (in ~/.zshrc)"),
        (crate::shells::FISH, "mfa-env init fish | source    (in ~/.config/fish/config.fish)"),
        (&["elvish", "-norc"], "eval (mfa-env init elvish | slurp)    (in ~/.config/elvish/rc.elv)"),
        (
            &[&nu().display().to_string(), "-n"],
            "mfa-env init nu | save mfa-env.nu    (in ($nu.user-autoload-dirs.0))",
        ),
    ] {
        let shown = crate::shells::shell(&home, program, "mfa-env doctor --offline; true").output();
        assert!(shown.stdout.contains(&format!("         -> {line}\n")), "{program:?} {shown:?}");
    }
}
