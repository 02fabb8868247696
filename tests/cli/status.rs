//! `mfa-env status`: which session this shell uses, how long it lasts, and what hides it (hidden.rs).

use std::time::{Duration, Instant};

use support::{CODE, Home, SOMEACCOUNT, in_time, keys_in, str, sts, within};

use crate::roles::{chained, sts_with_roles};

#[test]
fn shows_account_role_or_user_region_and_local_time() {
    let sts = sts_with_roles();
    chained().calling(sts.url()).session(str![[r#"
$ eval "$(mfa-env someaccount --region eu-west-1 -t 918273 2>log)"; mfa-env status
profile  someaccount
account  123456789012
user     bob
region   eu-west-1
from     this shell's environment
key      [..]
expires  [..] (in 12 hours)
$ export TZ=EST5; eval "$(mfa-env admin 2>log)"; mfa-env status
profile  admin
account  123456789012
role     admin
from     this shell's environment
key      [..]
expires  [..] (in 1 hour)
$ test "$(mfa-env status | sed -n 's/expires  \(.*\) (.*/\1/p')" = "$(date -d @$MFA_ENV_EXPIRES +'%F %R %:z')"
$ mfa-env status --json
{
  "access_key_id": "[..]",
  "account": "123456789012",
  "expiration": "[..]",
  "profile": "admin",
  "region": null,
  "role_arn": "arn:aws:iam::123456789012:role/admin",
  "seconds_left": [..],
  "source": "environment",
  "user": null
}
$ eval "$(mfa-env unset 2>log)"; mfa-env status
2> error: no session: neither this shell nor `[default]` in `~/.aws/credentials` has keys
2> hint: start one: mfa-env PROFILE
2> hint: the profiles: mfa-env list
? 4
"#]]);
}

#[test]
fn shows_the_role_of_role_arn() {
    let sts = sts_with_roles();
    let home = Home::someaccount().calling(sts.url());
    home.session(str![[r#"
$ eval "$(mfa-env someaccount --role-arn arn:aws:iam::123456789012:role/admin -t 918273 2>log)"; mfa-env status
profile  someaccount
account  123456789012
role     admin
from     this shell's environment
key      [..]
expires  [..] (in 1 hour)
$ mfa-env status --json | grep -e role -e user
  "role_arn": "arn:aws:iam::123456789012:role/admin",
  "user": null
$ mfa-env status --min-ttl 90m >log
2> error: the session of `someaccount` expires in 1 hour; you asked for at least 1 hour 30 minutes
2> hint: start a new one: mfa-env someaccount --role-arn arn:aws:iam::123456789012:role/admin -r -d 90m
? 4
$ MFA_ENV_EXPIRES=1 mfa-env status >log
2> error: the session of `someaccount` expired [..] days ago
2> hint: start a new one: mfa-env someaccount --role-arn arn:aws:iam::123456789012:role/admin
? 4
"#]]);
    home.pass(Duration::from_secs(2 * 3600));
    home.session(str![[r#"
$ export MFA_ENV_PROFILE=someaccount MFA_ENV_EXPIRES=1
$ export AWS_ACCESS_KEY_ID=$(grep -l role/admin .cache/mfa-env/*.json | xargs sed 's/.*"access_key_id":"\([A-Z0-9]*\)".*/\1/')
$ export MFA_ENV_KEY=$AWS_ACCESS_KEY_ID; AWS_CREDENTIAL_EXPIRATION=2026-01-01T00:00:00Z mfa-env doctor --offline | grep -A1 expired
warning  this shell: the session of `someaccount` expired [..] days ago
         -> start a new one: mfa-env someaccount --role-arn arn:aws:iam::123456789012:role/admin
$ mfa-env status
profile  someaccount
account  123456789012
role     admin
from     this shell's environment
key      [..]
expires  [..] (expired)
2> error: the session of `someaccount` expired [..] days ago
2> hint: start a new one: mfa-env someaccount --role-arn arn:aws:iam::123456789012:role/admin
? 4
"#]]);
}

#[test]
fn compares_the_time_left_with_what_is_asked_for() {
    Home::someaccount().session(str![[r#"
$ export AWS_ACCESS_KEY_ID=ASIAOURSOURSOURSOURS MFA_ENV_KEY=ASIAOURSOURSOURSOURS MFA_ENV_PROFILE=prod
$ expires() { export MFA_ENV_EXPIRES=$((EPOCHSECONDS + $1)); }
$ expires 5405; mfa-env status --min-ttl 1h
profile  prod
from     this shell's environment
key      ASIAOURSOURSOURSOURS
expires  [..] (in 1 hour 30 minutes)
$ expires 1195; mfa-env status --min-ttl 20m
profile  prod
from     this shell's environment
key      ASIAOURSOURSOURSOURS
expires  [..] (in 20 minutes)
2> error: the session of `prod` expires in 20 minutes; you asked for at least 20 minutes
2> hint: start a new one: mfa-env prod
? 4
$ expires -300; mfa-env status
profile  prod
from     this shell's environment
key      ASIAOURSOURSOURSOURS
expires  [..] (expired)
2> error: the session of `prod` expired 5 minutes ago
2> hint: start a new one: mfa-env prod
? 4
$ mfa-env status --json
{
  "access_key_id": "ASIAOURSOURSOURSOURS",
  "account": null,
  "expiration": "[..]",
  "profile": "prod",
  "region": null,
  "role_arn": null,
  "seconds_left": 0,
  "source": "environment",
  "user": null
}
2> error: the session of `prod` expired 5 minutes ago
2> hint: start a new one: mfa-env prod
? 4
$ mfa-env status --min-ttl soon
2> error: `--min-ttl soon` is not a duration such as `12h`, `90m` or `43200`
2> hint: for example: --min-ttl 20m
? 2
$ mfa-env status --min-ttl 129601
2> error: `--min-ttl 129601` is longer than any session (at most 36 hours)
2> hint: for example: --min-ttl 20m
? 2
"#]]);
}

#[test]
fn a_broken_file_does_not_hide_the_session_of_this_shell() {
    Home::someaccount().config("[default]\nregion\n").session(str![[r#"
$ export AWS_ACCESS_KEY_ID=ASIAOURSOURSOURSOURS MFA_ENV_KEY=ASIAOURSOURSOURSOURS MFA_ENV_PROFILE=prod
$ MFA_ENV_EXPIRES=$((EPOCHSECONDS + 3600)) mfa-env status
profile  prod
from     this shell's environment
key      ASIAOURSOURSOURSOURS
expires  [..] (in 1 hour)
$ unset AWS_ACCESS_KEY_ID; mfa-env status
2> error: can't read `~/.aws/config`: line 2: expected `key = value`: there is no `=`
2> hint: correct line 2 of `~/.aws/config`; some AWS tools can't read it either
? 1
"#]]);
}

#[test]
fn the_hint_asks_for_as_long_a_session_as_was_asked_for() {
    chained().session(str![[r#"
$ export AWS_ACCESS_KEY_ID=ASIAOURSOURSOURSOURS MFA_ENV_KEY=ASIAOURSOURSOURSOURS
$ hint() { MFA_ENV_PROFILE=$1 MFA_ENV_EXPIRES=$((EPOCHSECONDS + 600)) mfa-env status --min-ttl $2 2>&1 | grep hint; }
$ hint someaccount 12h; hint someaccount 36h
hint: start a new one: mfa-env someaccount
hint: start a new one: mfa-env someaccount -d 36h
$ hint admin 1h; hint admin 90m; hint admin 13h; hint two 2h
hint: start a new one: mfa-env admin
hint: start a new one: mfa-env admin -d 90m
hint: the maximum is 12 hours: mfa-env admin -d 12h
hint: the maximum is 1 hour: mfa-env two -d 1h
$ hint not-in-the-files 13h
hint: start a new one: mfa-env not-in-the-files
$ echo broken >.aws/config; hint prod 13h
hint: start a new one: mfa-env prod
$ unset AWS_ACCESS_KEY_ID; rm .aws/config; hint someaccount 13h
hint: start one: mfa-env PROFILE -d 13h
hint: the profiles: mfa-env list
"#]]);
}

/// The plain login needs no code while the user's MFA session lasts; only one that would give the same
/// session again has to be told.
#[test]
fn the_hint_to_renew_has_the_option_only_if_the_plain_login_would_reuse_a_session() {
    let sts = sts_with_roles();
    let home = chained().calling(sts.url());
    home.session(str![[r#"
$ eval "$(mfa-env admin -t 918273 2>log)"
$ MFA_ENV_EXPIRES=$((EPOCHSECONDS + 600)) mfa-env status --min-ttl 20m 2>&1 | grep hint
hint: start a new one: mfa-env admin
$ MFA_ENV_EXPIRES=$((EPOCHSECONDS + 600)) mfa-env status --min-ttl 2h 2>&1 | grep hint
hint: start a new one: mfa-env admin -r -d 2h
"#]]);
    home.pass(Duration::from_secs(1800));
    home.session(str![[r#"
$ eval "$(mfa-env admin 2>log)"; mfa-env status --min-ttl 50m 2>&1 | grep hint
hint: start a new one: mfa-env admin -r
"#]]);
    home.pass(Duration::from_secs(1740));
    home.session(str![[r#"
$ eval "$(mfa-env admin --min-ttl 0 2>log)"; mfa-env status --min-ttl 50m 2>&1 | grep hint
hint: start a new one: mfa-env admin
"#]]);
}

#[test]
fn shows_the_session_in_default() {
    let sts = sts();
    Home::someaccount().calling(sts.url()).session(str![[r#"
$ mfa-env someaccount -w -t 918273 2>log
$ mfa-env status
profile  someaccount
account  123456789012
user     bob
from     [default] of the credentials file (* in the prompt)
key      [..]
expires  [..] (in 12 hours)
$ grep -c "$(mfa-env status | sed -n 's/^key *//p')" .aws/credentials
1
$ mfa-env status --min-ttl 13h 2>&1 | tail -2
error: the session of `someaccount` expires in 12 hours; you asked for at least 13 hours
hint: start a new one: mfa-env someaccount -w -r -d 13h
$ AWS_PROFILE=x mfa-env status --json
{
  "profile": null,
  "reason": "AWS_PROFILE is `x`, so AWS's tools use that profile's own settings",
  "seconds_left": 0,
  "source": null
}
2> error: no session: AWS_PROFILE is `x`, so AWS's tools use that profile's own settings
2> hint: to use the session in `[default]`: unset AWS_PROFILE
? 4
$ eval "$(mfa-env someaccount 2>log)"; mfa-env status | grep from
from     this shell's environment (hides [default]: someaccount)
$ eval "$(mfa-env unset 2>log)"; mfa-env unset -w 2>log; mfa-env status
2> error: no session: neither this shell nor `[default]` in `~/.aws/credentials` has keys
2> hint: start one: mfa-env PROFILE
2> hint: the profiles: mfa-env list
? 4
"#]]);
}

#[test]
fn other_keys_in_default_are_named() {
    let script = "[default]\naws_access_key_id = ASIATHEIRSTHEIRSTHEI\naws_secret_access_key = x\n\
                  aws_session_token = x\nexpiration = 2018-03-01T22:00:00Z\n__profile__ = work\n";
    Home::new().credentials(script).session(str![[r#"
$ mfa-env status
profile  work
from     [default] of the credentials file (* in the prompt)
key      [..]
expires  [..] (expired)
2> error: the session of `work` expired [..] days ago
2> hint: start a new one: mfa-env work -w
? 4
"#]]);
    Home::new().credentials(keys_in("default", "")).session(str![[r#"
$ mfa-env status
2> error: no session: `[default]` in `~/.aws/credentials` holds a long-term key (AKIAIOSFODNN7EXAMPLE)
2> hint: start one: mfa-env PROFILE
2> hint: the profiles: mfa-env list
? 4
"#]]);
}

const STATE: &str = ".local/state/mfa-env/default";

/// Runs the check of the prompt. Returns its exit status, and the time of the state file in seconds.
fn default_only(home: &Home) -> (i32, String) {
    let shown = home.run(["status", "--default-only"]).output();
    (shown.status, home.program("stat").args(["-c", "%Y", STATE]).output().stdout)
}

/// A home with a session in `[default]`, written so many seconds ago.
fn written(seconds: u32) -> Home {
    let (home, sts) = (Home::someaccount(), sts());
    assert_eq!(home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output().status, 0);
    age(&home, seconds);
    home
}

fn age(home: &Home, seconds: u32) {
    let time = format!("{seconds} seconds ago");
    assert_eq!(home.program("touch").args(["-d", &time, ".aws/credentials"]).output().status, 0);
}

fn time_of_credentials(home: &Home) -> String {
    home.program("stat").args(["-c", "%Y", ".aws/credentials"]).output().stdout
}

#[test]
fn default_only_marks_the_state_file_with_the_time_of_the_credentials_file() {
    // Also after the clock was set back.
    for time in ["10 seconds ago", "1 day"] {
        let home = written(10);
        assert_eq!(home.program("touch").args(["-d", time, ".aws/credentials"]).output().status, 0);
        assert_eq!(default_only(&home), (0, time_of_credentials(&home)), "{time}");
    }
    // A file that was just written may change again in the same second.
    let home = written(10);
    let (_, time) = within(Duration::from_millis(900), || {
        assert_eq!(home.program("touch").args(["-d", "@0", STATE]).output().status, 0);
        age(&home, 0);
        default_only(&home)
    });
    assert_eq!(time, "0\n");
}

#[test]
fn default_only_forgets_what_the_prompt_shows_but_not_the_way_back() {
    for damage in ["sed -i s/ASIA/ASIB/ .aws/credentials", "rm .aws/credentials", "echo > .aws/credentials"] {
        let (home, state) = in_time(|| {
            let home = written(10);
            let state = home.read(STATE);
            let begun = Instant::now();
            assert_eq!(home.program("sh").args(["-c", damage]).output().status, 0);
            if !home.path(".aws/credentials").exists() {
                return Some((home, state));
            }
            let answer = default_only(&home);
            if begun.elapsed() > Duration::from_millis(900) {
                return None;
            }
            assert_eq!(
                (answer, home.read(STATE)),
                ((4, "0\n".to_owned()), state.clone()),
                "{damage}: just now"
            );
            age(&home, 10);
            Some((home, state))
        });
        assert_eq!(default_only(&home), (4, "0\n".to_owned()), "{damage}");
        let (shown, undo) = state.split_once('\n').expect("two lines");
        assert!(!shown.is_empty());
        assert_eq!(home.read(STATE), format!("\n{undo}"), "{damage}");
    }
}

#[test]
fn default_only_leaves_the_state_of_another_credentials_file() {
    let home = written(10);
    let state = home.read(STATE);
    let run = home.run(["status", "--default-only"]).env("AWS_SHARED_CREDENTIALS_FILE", home.path("other"));
    assert_eq!((run.output().status, home.read(STATE)), (4, state));
}

#[cfg(target_os = "linux")]
#[test]
fn default_only_is_unsettled_where_the_answer_cannot_be_kept_or_found() {
    let home = written(10);
    let inject = ["-f", "-o", "trace", "--inject=utimensat,renameat:error=EPERM", "mfa-env"];
    let unsettled = || home.program("strace").args(inject).args(["status", "--default-only"]).output().status;
    assert_eq!(unsettled(), 1);
    home.write(".aws/credentials", SOMEACCOUNT);
    age(&home, 10);
    assert_eq!(unsettled(), 1);
    home.write(".aws/credentials", "broken\n");
    age(&home, 10);
    assert_eq!(default_only(&home).0, 1);
}
