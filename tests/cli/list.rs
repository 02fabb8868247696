//! `mfa-env list`: all profiles, for people and for programs.

use fake_sts::FakeSts;
use support::{CODE, Home, SERIAL, SOMEACCOUNT, Terminal, keys_in, str, sts};

/// One profile of each kind, and cached sessions of `admin` and `someaccount`.
fn home() -> (Home, FakeSts) {
    let device = format!("mfa_serial = {SERIAL}\n");
    let credentials = SOMEACCOUNT.to_owned()
        + &keys_in("plain", "")
        + &keys_in("vault", &device).replace("AKIAIOS", "AKIAVAU")
        + &keys_in("work-long-term", "aws_mfa_device = GAHT12345678\n")
        + "[work]\nregion = us-west-2\n"
        + &keys_in("only-long-term", "aws_mfa_device = GAHT12345678\n");
    let home = Home::new().credentials(credentials).config(
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n\
         region = eu-west-1\n[profile sso]\nsso_session = s\n[profile lost]\nsource_profile = gone\n\
         role_arn = arn:aws:iam::123456789012:role/r\n[profile served]\nregion = eu-north-1\n\
         credential_process = mfa-env --profile someaccount --format json\n[profile two words]\ncredential_process = true\n\
         mfa_serial = short\n",
    );
    let sts = sts();
    home.run(["admin", "-t", CODE]).sts(&sts).output().session();
    (home, sts)
}

#[test]
fn shows_a_line_for_each_profile() {
    let (home, sts) = home();
    let asked = sts.requests().len();
    home.bash().sts(&sts).session(str![[r#"
$ mfa-env list
PROFILE         ACCOUNT       ROLE OR USER                           REGION      LEFT
admin           123456789012  role admin                             eu-west-1   1 hour
lost            -             (no source_profile gone)               -           -
only            -             user                                   -           -
only-long-term  -             user                                   -           -
plain           -             (no MFA device)                        -           -
served          123456789012  user bob                               eu-north-1  12 hours
someaccount     123456789012  user bob                               -           12 hours
sso             -             (SSO: aws sso login)                   -           -
two words       -             (bad mfa_serial in line 15 of config)  -           -
vault           123456789012  user                                   -           -
work            -             user                                   us-west-2   -
work-long-term  -             user                                   -           -
$ mfa-env list --names | paste -sd,
admin,lost,only,only-long-term,plain,served,someaccount,sso,two words,vault,work,work-long-term
$ mfa-env list --json | grep -A10 '"admin"'
    "profile": "admin",
    "account": "123456789012",
    "role_arn": "arn:aws:iam::123456789012:role/admin",
    "user": null,
    "region": "eu-west-1",
    "mfa_serial": "arn:aws:iam::123456789012:mfa/bob",
    "signing_profile": "someaccount",
    "keys_in": "credentials",
    "expiration": "[..]",
    "seconds_left": [..],
    "problem": null
$ mfa-env list --json | grep -A10 '"lost"'
    "profile": "lost",
    "account": null,
    "role_arn": "arn:aws:iam::123456789012:role/r",
    "user": null,
    "region": null,
    "mfa_serial": null,
    "signing_profile": null,
    "keys_in": null,
    "expiration": null,
    "seconds_left": null,
    "problem": "no source_profile gone"
$ mfa-env list --json | grep -A10 '"work"'
    "profile": "work",
    "account": null,
    "role_arn": null,
    "user": null,
    "region": "us-west-2",
    "mfa_serial": "GAHT12345678",
    "signing_profile": "work-long-term",
    "keys_in": "credentials",
    "expiration": null,
    "seconds_left": null,
    "problem": null
$ mfa-env list -v
PROFILE         ACCOUNT       ROLE OR USER                           REGION      DEVICE        KEYS               LEFT
admin           123456789012  role admin                             eu-west-1   bob           of someaccount     1 hour
lost            -             (no source_profile gone)               -           -             -                  -
only            -             user                                   -           GAHT12345678  of only-long-term  -
only-long-term  -             user                                   -           GAHT12345678  from credentials   -
plain           -             (no MFA device)                        -           -             from credentials   -
served          123456789012  user bob                               eu-north-1  bob           of someaccount     12 hours
someaccount     123456789012  user bob                               -           bob           from credentials   12 hours
sso             -             (SSO: aws sso login)                   -           -             -                  -
two words       -             (bad mfa_serial in line 15 of config)  -           short         -                  -
vault           123456789012  user                                   -           bob           from credentials   -
work            -             user                                   us-west-2   GAHT12345678  of work-long-term  -
work-long-term  -             user                                   -           GAHT12345678  from credentials   -
"#]]);
    let table = home.run(["list"]).sts(&sts).output().stdout;
    // The terminal of a serial line reports the width 0.
    for columns in [120, 0] {
        let terminal = Terminal::of_width(home.run(["list"]).sts(&sts).env("NO_COLOR", "1"), columns);
        assert_eq!(terminal.end(), (0, table.clone()), "{columns}");
    }
    assert_eq!(sts.requests().len(), asked, "it asks nobody");
}

#[test]
fn keeps_to_the_width_of_the_terminal() {
    let (home, sts) = home();
    let table = &home.run(["list"]).sts(&sts).output().stdout;
    for columns in [80, 60, 40] {
        let terminal = Terminal::of_width(home.run(["list"]).sts(&sts).env("NO_COLOR", "1"), columns);
        let (status, text) = terminal.end();
        assert_eq!(status, 0);
        for line in text.lines() {
            assert!(line.chars().count() <= columns.into(), "{columns}: {line}\n{text}");
        }
        let times = |text: &str| text.lines().filter(|line| line.ends_with("hours")).count();
        assert_eq!((text.lines().count(), times(&text)), (table.lines().count(), times(table)), "{text}");
    }
}

#[test]
fn has_colours_on_a_terminal_that_wants_them_and_nowhere_else() {
    let (home, sts) = home();
    let on_terminal = |name, value| Terminal::start(home.run(["list"]).sts(&sts).env(name, value)).end().1;
    let text = on_terminal("TERM", "xterm-256color");
    assert!(text.contains("\u{1b}[1mPROFILE ") && text.contains("\u{1b}[32m12 hours\u{1b}[0m\n"), "{text:?}");
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        assert_eq!(on_terminal(name, value), home.run(["list"]).sts(&sts).output().stdout);
    }
}

#[test]
fn sources_that_lead_back_are_a_problem() {
    let role = |name, source| {
        format!("[profile {name}]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = {source}\n")
    };
    let itself = "[profile x]\ncredential_process = '/opt/my tools/mfa-env' -p x --format=json\n";
    Home::someaccount().config(role("a", "b") + &role("b", "a") + itself).session(str![[r#"
$ mfa-env list
PROFILE      ACCOUNT       ROLE OR USER               REGION  LEFT
a            -             (its sources form a loop)  -       -
b            -             (its sources form a loop)  -       -
someaccount  123456789012  user                       -       -
x            -             (it is its own source)     -       -
"#]]);
}

#[test]
fn without_profiles_it_says_how_to_make_one() {
    Home::new().session(str![[r#"
$ mfa-env list
2> no profiles yet
2> hint: create one: mfa-env setup
$ mfa-env list --json
[]
$ mfa-env list --names
$ echo broken >.aws/credentials; mfa-env list
2> error: can't read `~/.aws/credentials`: line 1: expected a section such as `[default]` before anything else
2> hint: correct line 1 of `~/.aws/credentials`; some AWS tools can't read it either
? 1
"#]]);
}

#[test]
fn a_hostile_name_is_shown_and_not_executed() {
    let name = "a\u{1b}[2Jb\u{202e}c\u{9b}31m\u{200b}";
    // Completion and menus print what `--names` prints.
    Home::new().credentials(keys_in(name, "mfa_serial = GAHT12345678\n")).session(str![[r#"
$ mfa-env list
PROFILE                                ACCOUNT  ROLE OR USER  REGION  LEFT
a\u{1b}[2Jb\u{202e}c\u{9b}31m\u{200b}  -        user          -       -
$ mfa-env list --json | grep profile
    "profile": "a\u001b[2Jb\u202ec\u009b31m\u200b",
    "signing_profile": "a\u001b[2Jb\u202ec\u009b31m\u200b",
$ mfa-env list --names
"#]]);
}
