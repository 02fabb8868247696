//! `mfa-env forget`: deletes cached sessions, and says which profiles lose theirs.

use fake_sts::{FakeSts, User};
use support::{Home, KEY_ID, SERIAL, SOMEACCOUNT, bob, keys_in, str, sts};

use crate::cache::ADMIN;

#[test]
fn deletes_the_session_of_a_profile_and_no_other() {
    let user = User { access_key_id: "AKIAOTHEROTHEROTHERO".into(), ..bob() };
    let sts = FakeSts::builder().user(bob()).user(user).start();
    let other = keys_in("other", &format!("mfa_serial = {SERIAL}\n")).replace(KEY_ID, "AKIAOTHEROTHEROTHERO");
    let home = Home::new().credentials(format!("{SOMEACCOUNT}{other}")).calling(sts.url());
    home.session(str![[r#"
$ mfa-env someaccount -t 918273 &>one; mfa-env other -t 827364 >other 2>/dev/null
$ mfa-env forget someaccount
2> deleted someaccount's cached session; shells that use it keep it until it expires
$ mfa-env someaccount --no-input
(exit 4);
2> error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env someaccount
? 4
$ mfa-env other --no-input | cmp - other
2> Session reused; expires in 12 hours (other: user bob of 123456789012)
$ mfa-env forget someaccount
2> no session of someaccount was cached
"#]]);
}

#[test]
fn names_the_profiles_that_lose_the_same_session_and_forgets_the_way_to_a_role() {
    let sts = sts();
    let more = ["prod", "staging"].map(|name| ADMIN.replace("admin]", &format!("{name}]"))).concat();
    let home = Home::someaccount().config(format!("{ADMIN}{more}")).calling(sts.url());
    home.session(str![[r#"
$ mfa-env admin -t 918273 &>session
$ mfa-env forget admin
2> deleted admin's cached session (also used by prod, someaccount and staging); shells that use it keep it until it expires
$ mfa-env admin --no-input
(exit 4);
2> error: profile `admin` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env admin
? 4
"#]]);
}

#[test]
fn all_counts_what_it_deletes() {
    let sts = sts();
    let home = Home::someaccount().config(ADMIN).calling(sts.url());
    home.session(str![[r#"
$ mfa-env forget --all
2> no session was cached
$ mfa-env admin -t 918273 &>session
$ mfa-env forget --all
2> deleted 2 cached sessions
$ mfa-env someaccount -t 827364 &>session
$ mfa-env forget --all
2> deleted 1 cached session
$ ls .cache/mfa-env/*.json
2> ls: cannot access '.cache/mfa-env/*.json': No such file or directory
? 2
"#]]);
}

#[test]
fn needs_to_know_what() {
    Home::someaccount().session(str![[r#"
$ mfa-env forget
2> error: `forget` needs a profile, or `--all`
2> hint: one profile: mfa-env forget PROFILE
2> hint: all of them: mfa-env forget --all
? 2
$ mfa-env forget someaccount --all
2> error: the argument '[PROFILE]' cannot be used with '--all'
2>
2> Usage: mfa-env forget <PROFILE>
2>
2> For more information, try '--help'.
? 2
$ mfa-env forget nobody
2> error: there is no profile `nobody` in `~/.aws/credentials` or `~/.aws/config`
2> hint: the only profile is `someaccount`
? 2
$ mfa-env forget someacount
2> error: there is no profile `someacount` in `~/.aws/credentials` or `~/.aws/config`
2> hint: did you mean `mfa-env forget someaccount`?
? 2
"#]]);
}
