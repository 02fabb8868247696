//! `mfa-env forget`: deletes cached sessions, and says how many.

use fake_sts::{FakeSts, User};
use support::{CODES, Home, KEY_ID, SERIAL, SOMEACCOUNT, bob, done, keys_in, sts};

use crate::cache::{ADMIN, code_needed, logged_in};

#[test]
fn forget_deletes_the_session_of_a_profile_and_no_other() {
    let user = User { access_key_id: "AKIAOTHEROTHEROTHERO".into(), ..bob() };
    let sts = FakeSts::builder().user(bob()).user(user).start();
    let other = keys_in("other", &format!("mfa_serial = {SERIAL}\n")).replace(KEY_ID, "AKIAOTHEROTHEROTHERO");
    let (home, first) = logged_in(Home::new().credentials(format!("{SOMEACCOUNT}{other}")), &sts);
    let kept = home.run(["other", "-t", CODES[1]]).sts(&sts).output().session().access_key_id;
    assert_ne!(kept, first);
    let forgotten = "deleted someaccount's cached session; shells that use it keep it until it expires\n";
    assert_eq!(home.run(["forget", "someaccount"]).sts(&sts).output(), done("", forgotten));
    assert_eq!(home.run(["someaccount", "--no-input"]).sts(&sts).output(), code_needed("someaccount"));
    let shown = home.run(["other", "--no-input"]).sts(&sts).output();
    assert_eq!(shown.session().access_key_id, kept);
    let nothing = "no session of someaccount was cached\n";
    assert_eq!(home.run(["forget", "someaccount"]).sts(&sts).output(), done("", nothing));
}

#[test]
fn forgetting_a_role_forgets_the_way_to_it() {
    let sts = sts();
    let (home, _) = logged_in(Home::someaccount().config(ADMIN), &sts);
    home.run(["admin", "--no-input"]).sts(&sts).output().session();
    assert_eq!(home.cached().len(), 2);
    let forgotten = "deleted admin's cached session (also used by someaccount); shells that use it keep it until it expires\n";
    assert_eq!(home.run(["forget", "admin"]).sts(&sts).output(), done("", forgotten));
    assert_eq!(home.cached().len(), 0);
    assert_eq!(home.run(["admin", "--no-input"]).sts(&sts).output(), code_needed("admin"));
}

#[test]
fn forget_names_the_profiles_that_lose_the_same_session() {
    let sts = sts();
    let more =
        ["prod", "staging"].map(|name| ADMIN.replace("profile admin", &format!("profile {name}"))).concat();
    let (home, _) = logged_in(Home::someaccount().config(format!("{ADMIN}{more}")), &sts);
    let forgotten = "deleted admin's cached session (also used by prod, someaccount and staging); \
                     shells that use it keep it until it expires\n";
    assert_eq!(home.run(["forget", "admin"]).sts(&sts).output(), done("", forgotten));
}

#[test]
fn forget_all_counts_what_it_deletes() {
    let sts = sts();
    let (home, _) = logged_in(Home::someaccount().config(ADMIN), &sts);
    home.run(["admin", "--no-input"]).sts(&sts).output().session();
    let all = || home.run(["forget", "--all"]).output();
    assert_eq!(all(), done("", "deleted 2 cached sessions\n"));
    assert_eq!(all(), done("", "no session was cached\n"));
    home.run(["someaccount", "-t", CODES[1]]).sts(&sts).output().session();
    assert_eq!(all(), done("", "deleted 1 cached session\n"));
    assert_eq!(home.cached().len(), 0);
    assert_eq!(Home::new().run(["forget", "--all"]).output(), done("", "no session was cached\n"));
}

#[test]
fn forget_needs_to_know_what() {
    let home = Home::someaccount();
    for (arguments, says) in [
        (&["forget", "someaccount", "--all"][..], "cannot be used with"),
        (&["forget", "nobody"], "there is no profile `nobody`"),
    ] {
        let shown = home.run(arguments).output();
        // Nobody evaluates its output, so it prints no line that fails an eval.
        assert_eq!((shown.status, shown.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(shown.stderr.starts_with("error: ") && shown.stderr.contains(says), "{shown:?}");
    }
}

#[test]
fn a_slip_in_a_name_is_no_hint_to_log_in() {
    let shown = Home::someaccount().run(["forget", "someacount"]).output();
    assert_eq!(shown.status, 2);
    assert!(shown.stderr.ends_with("\nhint: did you mean `mfa-env forget someaccount`?\n"), "{shown:?}");
}
