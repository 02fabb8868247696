//! What `mfa-env doctor` finds in the shell that runs it: variables, the function.

use support::{Home, str};

use crate::more_shells::nu;
use crate::shells::{FISH, POSIX, shell};

/// A shell, the line that loads the function, and a line that runs doctor in a substitution.
const SHELLS: [(&[&str], &str, &str); 3] = [
    (POSIX[0], "eval \"$(mfa-env init bash)\"", "echo \"$(mfa-env doctor --offline)\""),
    (POSIX[1], "eval \"$(mfa-env init zsh)\"", "echo \"$(mfa-env doctor --offline)\""),
    (FISH, "mfa-env init fish | source", "printf '%s\\n' (mfa-env doctor --offline)"),
];

#[test]
fn variables_are_found() {
    let home = Home::someaccount().config("[profile sso]\nsso_session = s\n");
    home.session(str![[r#"
$ mfa-env doctor --offline | grep -A1 -e AWS_ -e HOME -e proxy
     ok  proxy: HTTPS_PROXY is set
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
$ AWS_SECURITY_TOKEN=t mfa-env doctor --offline | grep -A1 AWS_
warning  AWS_SECURITY_TOKEN: botocore prefers it to AWS_SESSION_TOKEN, even if it has expired
         -> unset AWS_SECURITY_TOKEN
     ok  proxy: HTTPS_PROXY is set
$ AWS_CREDENTIAL_EXPIRATION=2018-03-01T22:00:00Z mfa-env doctor --offline | grep -A1 AWS_
warning  AWS_CREDENTIAL_EXPIRATION: is in the past, so botocore refuses the keys of this shell
         -> unset AWS_CREDENTIAL_EXPIRATION
     ok  proxy: HTTPS_PROXY is set
$ AWS_PROFILE=someacount mfa-env doctor --offline | grep -A2 AWS_; echo ${PIPESTATUS[0]}
  error  AWS_PROFILE: there is no profile `someacount` in `~/.aws/credentials` or `~/.aws/config`
         -> did you mean `mfa-env someaccount`?
         -> unset AWS_PROFILE
     ok  proxy: HTTPS_PROXY is set
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
1
2> error: 1 problem found
$ AWS_PROFILE=sso mfa-env doctor --offline | grep -A1 AWS_; echo ${PIPESTATUS[0]}
warning  AWS_PROFILE: profile `sso` logs in by SSO, not by an MFA code
         -> aws sso login --profile sso
0
$ AWS_PROFILE=someaccount mfa-env doctor --offline | grep -A1 AWS_
? 1
$ HOME=/nonexistent mfa-env doctor --offline | grep -A1 HOME; echo ${PIPESTATUS[0]}
  error  HOME: `/nonexistent` doesn't exist, so mfa-env can't find your AWS files or cache sessions
         -> set HOME to your home folder
     ok  ~/.aws/config: not there
1
2> error: 1 problem found
"#]]);
}

#[test]
fn a_loaded_function_is_known_also_in_a_pipe_and_in_a_substitution() {
    let loaded = "     ok  shell: the function and the prompt are loaded\n";
    for (program, init, substituted) in SHELLS {
        let home = Home::someaccount();
        for script in ["mfa-env doctor --offline", "mfa-env doctor --offline | cat", substituted] {
            let shown = shell(&home, program, &format!("{init}; {script}")).output();
            assert!(shown.stdout.contains(loaded), "{program:?} {script} {shown:?}");
        }
    }
}

#[test]
fn a_missing_function_is_said_in_the_words_of_the_shell() {
    let home = Home::someaccount();
    let here = "in this terminal";
    for (program, why, line) in [
        (POSIX[0], here, SHELLS[0].1),
        (POSIX[1], here, SHELLS[1].1),
        (
            POSIX[1],
            "in new ones",
            "printf '\\n%s\\n' 'eval \"$(mfa-env init zsh)\"' >> \"${ZDOTDIR:-$HOME}/.zshrc\"",
        ),
        (FISH, here, SHELLS[2].1),
        (&["elvish", "-norc"], "in ~/.config/elvish/rc.elv", "eval (mfa-env init elvish | slurp)"),
        (
            &[&nu().display().to_string(), "-n"],
            "in $nu.user-autoload-dirs.0",
            "mfa-env init nu | save mfa-env.nu",
        ),
    ] {
        let shown = shell(&home, program, "mfa-env doctor --offline; true").output();
        assert!(shown.stdout.contains(&format!("         -> {why}: {line}\n")), "{program:?} {shown:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_start_up_file_that_this_shell_did_not_read_is_said() {
    Home::someaccount().session(str![[r#"
$ echo '# mfa-env init bash' >.bashrc; mfa-env doctor --offline | grep shell:
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
$ echo 'eval "$(mfa-env init bash)"' >.bashrc; touch .profile
$ mfa-env doctor --offline | grep -A2 shell:
warning  shell: this bash didn't read ~/.bashrc, which loads the function
         -> in this terminal: eval "$(mfa-env init bash)"
         -> if new terminals don't load it either: printf '\n%s\n' '. ~/.bashrc' >> ~/.profile
"#]]);
}

#[test]
fn a_zsh_without_compinit_is_told_the_line() {
    let home = Home::someaccount();
    let warning = "warning  shell: TAB can't complete profiles: compinit hasn't run in this zsh\n         \
                   -> add this line to ~/.zshrc, above mfa-env's: autoload -Uz compinit && compinit\n";
    for (before, warns) in [("", true), ("autoload -Uz compinit && compinit -u; ", false)] {
        let script = format!("{before}{}; mfa-env doctor --offline", SHELLS[1].1);
        let shown = shell(&home, POSIX[1], &script).output();
        assert_eq!(shown.stdout.contains(warning), warns, "{shown:?}");
    }
}
