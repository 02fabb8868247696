//! The message after a login names the account.

use fake_sts::Reply;
use support::{CODE, CODES, Home, REUSED, STARTED, WROTE, done, keys_in, reused, started, sts};

use crate::issued::Issued;

#[test]
fn the_account_of_the_keys_is_named() {
    let (home, sts) = (Home::someaccount(), sts());
    assert_eq!(home.run(["someaccount", "-t", CODE]).sts(&sts).output().stderr, STARTED);
    assert_eq!(home.run(["someaccount"]).sts(&sts).output().stderr, REUSED);
}

#[test]
fn the_account_of_a_role_is_named() {
    let role =
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";
    let (home, sts) = (Home::someaccount().config(role), sts());
    let login = home.run(["admin", "-t", CODE]).sts(&sts).output();
    assert_eq!(login.stderr, started("1 hour", "admin: role admin of 123456789012"));
    let again = home.run(["admin", "--no-input"]).sts(&sts).output();
    assert_eq!(again.stderr, reused("1 hour", "admin: role admin of 123456789012"));
}

#[test]
fn the_account_of_the_device_is_named_if_sts_does_not_tell_who_the_keys_belong_to() {
    for reply in [Reply::throttled(), Reply::Close, Reply::unavailable()] {
        let (home, sts) = (Home::someaccount(), sts());
        Issued::by(&sts, 'A');
        sts.script_identity(reply);
        let shown = home.run(["someaccount", "-w", "-t", CODES[0]]).sts(&sts).output();
        assert_eq!(
            shown,
            done("", &format!("{WROTE}{}", started("12 hours", "someaccount: account 123456789012")))
        );
    }
}

#[test]
fn a_hardware_token_tells_no_account() {
    let (home, sts) = (Home::new().credentials(keys_in("token", "mfa_serial = GAHT12345678\n")), sts());
    Issued::by(&sts, 'A');
    sts.script_identity(Reply::throttled());
    let shown = home.run(["token", "-w", "-t", CODES[0]]).sts(&sts).output();
    assert_eq!(
        shown,
        done("", &format!("{}{}", WROTE.replace("someaccount", "token"), started("12 hours", "token")))
    );
}
