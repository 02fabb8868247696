//! `mfa-env unset`: removes what mfa-env exported from a shell, and nothing else.

use support::{CODE, Home, done, str, sts, unset_lines};

use crate::shells::{POSIX, shell};

/// Prints the names of all AWS and mfa-env variables that are set.
const NAMES: &str = "env | grep -E '^(AWS|MFA)_' | sed 's/=.*//' | grep -v ENDPOINT | sort | tr '\\n' ' '";

#[test]
fn leaves_what_is_not_ours() {
    let sts = sts();
    let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n").calling(sts.url());
    home.session(str![[r#"
$ names() { env | grep -E '^(AWS|MFA)_' | grep -v ENDPOINT | sort; }
$ eval "$(mfa-env someaccount -t 918273 2>log)"; AWS_REGION=us-east-1; eval "$(mfa-env unset)"; names
AWS_REGION=us-east-1
2> removed someaccount from this shell
"#]]);
    home.session(str![[r#"
$ AWS_VAULT=theirs AWS_ACCESS_KEY_ID=ASIATHEIRS mfa-env unset
2> AWS_ACCESS_KEY_ID stays: it wasn't set by mfa-env
"#]]);
}

/// A shell that has loaded the hook of 0.1.0 may still have these.
#[test]
fn unset_and_the_next_login_take_out_what_the_old_hook_exported() {
    let old = [
        ("MFA_ENV_DEFAULT", "2026-11-22T22:00:00Z a b"),
        ("AWS_VAULT", "a b"),
        ("AWS_SESSION_EXPIRATION", "2026-11-22T22:00:00Z"),
    ];
    let (home, sts) = (Home::someaccount(), sts());
    let unset = |variables: &[(&str, &str)]| home.run(["unset", "--shell", "posix"]).envs(variables).output();
    assert_eq!(
        unset(&old),
        done(&unset_lines(&["AWS_VAULT", "AWS_SESSION_EXPIRATION", "MFA_ENV_DEFAULT"]), "")
    );
    // The user has changed these values since, so they aren't ours.
    let changed = [old[0], ("AWS_VAULT", "theirs"), ("AWS_SESSION_EXPIRATION", "x")];
    assert_eq!(unset(&changed), done(&unset_lines(&["MFA_ENV_DEFAULT"]), ""));

    let expected = "AWS_ACCESS_KEY_ID AWS_CREDENTIAL_EXPIRATION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_VAULT \
                    MFA_ENV_EXPIRES MFA_ENV_KEY MFA_ENV_PROFILE ";
    let script = format!(r#"eval "$(mfa-env someaccount -t {CODE})"; {NAMES}"#);
    assert_eq!(shell(&home, POSIX[0], &script).sts(&sts).envs(&old).output().stdout, expected);
    let run = home.run(["someaccount", "--", "sh", "-c", NAMES]).sts(&sts).envs(&old);
    assert_eq!(run.output().stdout, expected);
}

#[test]
fn where_nothing_is_ours_it_prints_no_lines_and_succeeds() {
    Home::new().credentials("broken\n").session(str![[r#"
$ mfa-env unset
2> nothing to remove: this shell has no mfa-env session
$ set -eu; eval "$(mfa-env unset)"; echo fine
fine
2> nothing to remove: this shell has no mfa-env session
$ fish --no-config --private -c 'false; eval (mfa-env unset); and echo fine'
fine
2> nothing to remove: this shell has no mfa-env session
"#]]);
}

#[test]
fn prints_for_the_shell_that_is_asked_for() {
    Home::new().session(str![[r#"
$ export MFA_ENV_PROFILE=p AWS_VAULT=p
$ mfa-env unset --shell posix
if (export AWS_VAULT= MFA_ENV_PROFILE= && case "$(declare -p AWS_VAULT MFA_ENV_PROFILE 2>/dev/null)" in *'declare -n'*) false;; esac && unset -v AWS_VAULT MFA_ENV_PROFILE && [ -z "${AWS_VAULT+x}" ] && [ -z "${MFA_ENV_PROFILE+x}" ]); then
unset -v AWS_VAULT MFA_ENV_PROFILE;
else
echo 'mfa-env: this shell was not changed' >&2; (exit 1);
fi;
$ mfa-env unset --shell fish | grep AWS
for mfa_env_name in AWS_VAULT MFA_ENV_PROFILE;
set -qg AWS_VAULT; and set -eg AWS_VAULT;
"#]]);
}

#[test]
fn each_of_the_two_says_where_a_session_still_is() {
    let sts = sts();
    Home::someaccount().calling(sts.url()).session(str![[r#"
$ mfa-env someaccount -w -t 918273 2>log
$ eval "$(mfa-env someaccount 2>log)"; eval "$(mfa-env unset)"
2> removed someaccount from this shell
2> [default] still has a session of someaccount for 12 hours
2> hint: mfa-env unset -w
$ eval "$(mfa-env someaccount 2>log)"; mfa-env unset -w
2> removed someaccount from [default] in ~/.aws/credentials
2> this shell still has a session of someaccount
2> hint: eval "$(mfa-env unset)"
$ eval "$(mfa-env init bash)"; mfa-env someaccount -w 2>log; mfa-env someaccount 2>log; mfa-env unset -w
2> removed someaccount from [default] in ~/.aws/credentials
2> this shell still has a session of someaccount
2> hint: mfa-env unset
$ rm -r .local/state/mfa-env; echo >.local/state/mfa-env; mfa-env someaccount -w 2>log; tail -n 1 log
hint: or into this shell: mfa-env someaccount
"#]]);
}
