//! `mfa_env_account`: a session of another account than the profile's goes nowhere.

use fake_sts::Reply;

use crate::harness::{
    CODE, CODES, Home, REUSED, SOMEACCOUNT, STARTED, Shown, codes_sent, done, failed, reused, started, sts,
};
use crate::issued::Issued;

fn home_of(account: &str) -> Home {
    Home::someaccount().config(format!(
        "[profile someaccount]\nmfa_env_account = {account}\n\
         [profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n\
         mfa_env_account = {account}\n"
    ))
}

const WRONG: &str = "error: profile `someaccount` is to be of account 999999999999, and STS logged in to account \
                     123456789012\nhint: correct the keys of profile `someaccount`, or its `mfa_env_account`\n";

#[test]
fn the_right_account_passes() {
    let (home, sts) = (home_of("123456789012"), sts());
    let shown = home.run(["someaccount", "-t", CODE]).sts(&sts).output();
    shown.session();
    assert_eq!(shown.stderr, STARTED);
    let shown = home.run(["admin", "--no-input"]).sts(&sts).output();
    shown.session();
    assert_eq!(shown.stderr, started("1 hour", "admin: role admin of 123456789012"));
    let shown = home.run(["admin", "--no-input"]).sts(&sts).output();
    assert_eq!(shown.stderr, reused("1 hour", "admin: role admin of 123456789012"));
}

#[test]
fn another_account_fails_and_goes_nowhere() {
    let run = |arguments: &[&str]| -> Shown {
        let (home, sts) = (home_of("999999999999"), sts());
        let shown = home.run(arguments).args(["--", "touch", "ran"]).sts(&sts).output();
        assert!(!home.path("ran").exists());
        assert_eq!(home.read_credentials(), SOMEACCOUNT);
        shown
    };
    assert_eq!(run(&["someaccount", "-t", CODE]), Shown { stdout: String::new(), ..failed(3, WRONG) });
    let (home, sts) = (home_of("999999999999"), sts());
    assert_eq!(home.run(["someaccount", "-t", CODE]).sts(&sts).output(), failed(3, WRONG));
    // From the cache, too, and by every way out.
    assert_eq!(home.run(["someaccount", "--no-input"]).sts(&sts).output(), failed(3, WRONG));
    assert_eq!(home.run(["someaccount", "-w"]).sts(&sts).output(), failed(3, WRONG));
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
    let json = home.run(["someaccount", "--format", "json"]).sts(&sts).output();
    assert_eq!(json, Shown { stdout: String::new(), ..failed(3, WRONG) });
}

#[test]
fn a_role_of_another_account_fails() {
    let (home, sts) = (home_of("999999999999"), sts());
    let message = WRONG.replace("someaccount", "admin");
    assert_eq!(home.run(["admin", "-t", CODE]).sts(&sts).output(), failed(3, &message));
}

#[test]
fn an_account_that_sts_does_not_tell_fails() {
    let (home, sts) = (home_of("123456789012"), sts());
    sts.script_identity(Reply::throttled());
    sts.script_identity(Reply::throttled());
    let message = "error: profile `someaccount` is to be of account 123456789012, and STS did not tell which account \
                   this is\nhint: correct the keys of profile `someaccount`, or its `mfa_env_account`\n";
    assert_eq!(home.run(["someaccount", "-t", CODE]).sts(&sts).output(), failed(3, message));
}

#[test]
fn an_account_that_sts_did_not_tell_at_the_login_is_asked_for_again() {
    let (home, sts) = (home_of("123456789012"), sts());
    sts.script_identity(Reply::throttled());
    sts.script_identity(Reply::throttled());
    assert_eq!(home.run(["someaccount", "-t", CODE]).sts(&sts).output().status, 3);
    let shown = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    shown.session();
    assert_eq!(shown.stderr, REUSED);
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn where_nothing_is_expected_sts_need_not_tell() {
    for reply in [Reply::throttled(), Reply::Close, Reply::unavailable()] {
        let (home, sts) = (Home::someaccount(), sts());
        Issued::by(&sts, 'A');
        sts.script_identity(reply);
        let shown = home.run(["someaccount", "-w", "-t", CODES[0]]).sts(&sts).output();
        assert_eq!(shown, done("", &started("12 hours", "someaccount")));
    }
}
