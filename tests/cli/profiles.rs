//! The two files: which keys sign, with which device, in which region; and the messages for profiles that
//! can't log in.

use support::{CODE, Home, KEY_ID, SERIAL, SOMEACCOUNT, failed, keys_in, logins, started_by, str, sts};

const DEVICE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n";

/// Profile `x` must fail without calling STS.
fn refused(home: &Home, status: i32, stderr: &str) {
    let sts = sts();
    let shown = home.run(["x", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown, failed(status, stderr));
    assert_eq!(sts.connections(), 0);
}

/// Logs in with profile `x`. Returns the key id that signed, and the region of the call.
fn signed(home: &Home, variables: &[(&str, &str)]) -> (String, String) {
    let sts = sts();
    let shown = home.run(["x", "--no-cache", "-t", CODE]).sts(&sts).envs(variables).output();
    shown.session();
    assert_eq!(shown.stderr, started_by("x"));
    let request = &logins(&sts)[0];
    (request.access_key_id.clone().expect("it is signed"), request.region.clone().expect("it is signed"))
}

fn us_east_1() -> (String, String) {
    (KEY_ID.to_owned(), "us-east-1".to_owned())
}

#[test]
fn the_serial_may_be_in_either_file_under_either_name() {
    let keys = keys_in("x", "");
    for (credentials, config) in [
        (keys_in("x", DEVICE), ""),
        (keys_in("x", &format!("__mfa__={SERIAL}\n")), ""),
        (keys_in("x", &format!("__MFA__ = {SERIAL}  # phone\n")), ""),
        (keys.clone(), "[profile x]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\n"),
        (keys.clone(), "[profile x]\r\n__mfa__ = arn:aws:iam::123456789012:mfa/bob\r\n"),
        (keys.clone(), "[profile 'x']\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\n"),
        (keys_in("x", DEVICE), "[profile x]\nmfa_serial = arn:aws:iam::123456789012:mfa/other\n"),
    ] {
        let home = Home::new().credentials(&credentials).config(config);
        assert_eq!(signed(&home, &[]), us_east_1(), "{credentials}{config}");
    }
}

#[test]
fn the_keys_may_be_in_the_config_file_too() {
    let home = Home::new().config(keys_in("profile x", DEVICE));
    assert_eq!(signed(&home, &[]), us_east_1());
}

#[test]
fn the_files_may_be_elsewhere() {
    let home = Home::new();
    home.write("creds", keys_in("x", ""));
    home.write("conf", format!("[profile x]\n{DEVICE}region = eu-west-1\n"));
    let variables = [("AWS_SHARED_CREDENTIALS_FILE", "~/creds"), ("AWS_CONFIG_FILE", "conf")];
    assert_eq!(signed(&home, &variables), (KEY_ID.into(), "eu-west-1".into()));
}

#[test]
fn the_region_of_the_call_is_the_profiles_else_the_environments_else_the_partitions_first() {
    let plain = Home::new().credentials(keys_in("x", DEVICE));
    let region = |home: &Home, variables: &[(&str, &str)]| signed(home, variables).1;
    assert_eq!(region(&plain, &[]), "us-east-1");
    assert_eq!(region(&plain, &[("AWS_REGION", "eu-west-1")]), "eu-west-1");
    assert_eq!(region(&plain, &[("AWS_DEFAULT_REGION", "eu-west-2")]), "eu-west-2");
    assert_eq!(
        region(&plain, &[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2")]),
        "eu-west-1"
    );
    assert_eq!(region(&plain, &[("AWS_REGION", "cn-north-1")]), "us-east-1");
    assert_eq!(
        region(&plain, &[("AWS_REGION", "cn-north-1"), ("AWS_DEFAULT_REGION", "eu-west-2")]),
        "eu-west-2"
    );
    let own = Home::new().credentials(keys_in("x", DEVICE)).config("[profile x]\nregion = eu-central-1\n");
    assert_eq!(region(&own, &[("AWS_REGION", "eu-west-1")]), "eu-central-1");
}

#[test]
fn another_partition_has_a_first_region_of_its_own() {
    for (partition, first) in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        let serial = SERIAL.replace("arn:aws:", &format!("arn:{partition}:"));
        let user = fake_sts::User { serial_numbers: vec![serial.clone()], ..support::bob() };
        let sts = fake_sts::FakeSts::builder().user(user).start();
        let home = Home::new().credentials(keys_in("x", &format!("mfa_serial = {serial}\n")));
        home.run(["x", "-t", CODE]).sts(&sts).env("AWS_REGION", "us-east-1").output().session();
        assert_eq!(logins(&sts)[0].region.as_deref(), Some(first));
    }
}

#[test]
fn a_session_in_default_stands_for_the_profile_it_came_from() {
    let session = "[default]\naws_access_key_id = ASIAOLDOLDOLDOLDOLDO\naws_secret_access_key = old\n\
                   aws_session_token = old\n__profile__ = someaccount\n";
    let home = Home::new().credentials(format!("{session}{SOMEACCOUNT}"));
    let sts = sts();
    let shown = home.run(["-t", CODE]).sts(&sts).output();
    assert!(shown.stdout.contains("export MFA_ENV_PROFILE='someaccount'"), "{shown:?}");
}

#[test]
fn an_unknown_profile_is_answered_by_the_nearest_names() {
    let section = |name| keys_in(name, DEVICE);
    let credentials =
        ["prod-a", "prod-b", "web-a", "web-b", "web-c", "db-a", "db-b", "db-c", "db-d", "status"];
    let home = Home::someaccount().config("[profile x]\nsource_profile = prod-x\n");
    home.write(".aws/credentials", SOMEACCOUNT.to_owned() + &credentials.map(section).concat());
    home.session(str![[r#"
$ try() { eval "$(mfa-env "$@")"; }
$ try someacount
2> error: there is no profile `someacount` in `~/.aws/credentials` or `~/.aws/config`
2> hint: did you mean `mfa-env someaccount`?
? 2
$ try SomeAccount
2> error: there is no profile `SomeAccount` in `~/.aws/credentials` or `~/.aws/config`
2> hint: did you mean `mfa-env someaccount`?
? 2
$ try unste
2> error: there is no profile `unste` in `~/.aws/credentials` or `~/.aws/config`
2> hint: did you mean the command `mfa-env unset`?
? 2
$ try statos
2> error: there is no profile `statos` in `~/.aws/credentials` or `~/.aws/config`
2> hint: did you mean `mfa-env --profile status`?
? 2
$ try prod-x
2> error: there is no profile `prod-x` in `~/.aws/credentials` or `~/.aws/config`
2> hint: did you mean `mfa-env prod-a` or `mfa-env prod-b`?
? 2
$ try web-x
2> error: there is no profile `web-x` in `~/.aws/credentials` or `~/.aws/config`
2> hint: did you mean `mfa-env web-a`, `mfa-env web-b` or `mfa-env web-c`?
? 2
$ try db-x
2> error: there is no profile `db-x` in `~/.aws/credentials` or `~/.aws/config`
2> hint: there are 12 profiles: `db-a`, `db-b`, `db-c`, `db-d`, `prod-a`, `prod-b`, `someaccount`, `status`, …
? 2
$ try x
2> error: `source_profile` of profile `x` is `prod-x`, and there is no such profile
2> hint: did you mean `prod-a` or `prod-b`? correct it in `[profile x]` in `~/.aws/config`
? 1
"#]]);
    home.session(str![[r#"
$ rm -r .aws; mfa-env prod
(exit 2);
2> error: there is no profile `prod` in `~/.aws/credentials` or `~/.aws/config`
2> hint: create it: mfa-env setup prod
? 2
$ ls -a
.
..
"#]]);
}

#[test]
fn what_is_missing_is_named_with_its_place() {
    let home = Home::new()
        .credentials(
            keys_in("bare", "")
                + &keys_in("in-config", "")
                + &format!("[no-secret]\naws_access_key_id = {KEY_ID}\n{DEVICE}")
                + "[no-id]\naws_secret_access_key = CANARYCANARYCANARY\n"
                + "[temporary]\naws_access_key_id = ASIAOLDOLDOLDOLDOLDO\naws_secret_access_key = CANARYCANARYCANARY\n"
                + &format!("[odd-secret]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = CANARYCANARYCANARY x\n")
                + "[odd-id]\naws_access_key_id = AKIA\naws_secret_access_key = CANARYCANARYCANARY\n",
        )
        .config(
            "[profile in-config]\nregion = eu-west-1\n[profile no-keys]\nregion = eu-west-1\n\
             [profile sso]\nsso_session = s\nsso_account_id = 123456789012\n\
             [profile web]\nrole_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = /t\n\
             [profile \"a b\"]\nrole_arn = arn:aws:iam::123456789012:role/r\n\
             [profile\ttab]\nrole_arn = arn:aws:iam::123456789012:role/r\n\
             [profile near]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = bar\n\
             [profile one]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = two\n\
             [profile two]\nrole_arn = arn:aws:iam::123456789012:role/s\nsource_profile = three\n\
             [profile three]\nrole_arn = arn:aws:iam::123456789012:role/t\nsource_profile = one\n\
             [profile gone]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = elsewhere\n\
             [profile keyless]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = no-keys\n",
        );
    let sts = sts();
    home.calling(sts.url()).session(str![[r#"
$ try() { eval "$(mfa-env "$@" -t 918273)"; }
$ try bare
2> error: profile `bare` has no MFA device
2> hint: set one up: mfa-env setup bare
2> hint: or add to `[bare]` in `~/.aws/credentials`: mfa_serial = arn:aws:iam::123456789012:mfa/NAME
2> hint: or just once: mfa-env bare --serial-number ARN
? 1
$ try in-config
2> error: profile `in-config` has no MFA device
2> hint: set one up: mfa-env setup in-config
2> hint: or add to `[profile in-config]` in `~/.aws/config`: mfa_serial = arn:aws:iam::123456789012:mfa/NAME
2> hint: or just once: mfa-env in-config --serial-number ARN
? 1
$ try no-keys
2> error: profile `no-keys` has no access key
2> hint: add one: mfa-env setup no-keys
? 1
$ try no-secret
2> error: profile `no-secret` has no `aws_secret_access_key`
2> hint: add `aws_secret_access_key = …` to `[no-secret]` in `~/.aws/credentials`
? 1
$ try no-id
2> error: profile `no-id` has no `aws_access_key_id`
2> hint: add `aws_access_key_id = …` to `[no-id]` in `~/.aws/credentials`
? 1
$ try temporary
2> error: profile `temporary` holds only temporary keys, and these can't ask for a session
2> hint: put the long-term keys into `[temporary-long-term]` in `~/.aws/credentials`
? 1
$ try odd-secret
2> error: `aws_secret_access_key` of profile `odd-secret` (20 characters) has characters that no AWS key has
2> hint: correct line 17 of `~/.aws/credentials`
? 1
$ try odd-id
2> error: `aws_access_key_id` of profile `odd-id` (4 characters) is not 16 to 128 letters and digits
2> hint: correct line 19 of `~/.aws/credentials`
? 1
$ try sso
2> error: profile `sso` logs in by SSO, not by an MFA code
2> hint: aws sso login --profile sso
? 1
$ try web
2> error: profile `web` logs in by a web identity token, not by an MFA code
2> hint: AWS's tools use it as it is, without mfa-env
? 1
$ try 'a b'
2> error: profile `a b` has `role_arn` and no `source_profile`
2> hint: name the profile with your keys: `source_profile = NAME` in `[profile "a b"]` in `~/.aws/config`
? 1
$ try tab
2> error: profile `tab` has `role_arn` and no `source_profile`
2> hint: name the profile with your keys: `source_profile = NAME` in `[profile\u{9}tab]` in `~/.aws/config`
? 1
$ try near
2> error: `source_profile` of profile `near` is `bar`, and there is no such profile
2> hint: did you mean `bare`? correct it in `[profile near]` in `~/.aws/config`
? 1
$ try gone
2> error: `source_profile` of profile `gone` is `elsewhere`, and there is no such profile
2> hint: correct it in `[profile gone]` in `~/.aws/config`
? 1
$ try keyless
2> error: profile `no-keys` has no access key
2> hint: add one: mfa-env setup no-keys
? 1
$ try one
2> error: the profiles are each other's `source_profile`: `one` → `two` → `three` → `one`
2> hint: one of them must have keys of its own
? 1
"#]]);
    assert_eq!(sts.connections(), 0);
}

#[test]
fn a_role_that_can_never_be_assumed_is_named() {
    let role = |name: &str, more: &str| {
        format!("[profile {name}]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = {more}\n")
    };
    let sts = sts();
    let config = "[profile user]\nrole_arn = arn:aws:iam::123456789012:user/a\nsource_profile = someaccount\n"
        .to_owned()
        + &role("name", "someaccount\nrole_session_name = b b")
        + &role("id", "someaccount\nexternal_id = x y")
        + &role("long", "someaccount\nduration_seconds = 43201")
        + &role("a", "someaccount") + &role("b", "a");
    Home::someaccount().config(config).calling(sts.url()).session(str![[r#"
$ try() { eval "$(mfa-env "$@" -t 918273)"; }
$ try user
2> error: `role_arn` of profile `user` (32 characters) is not the ARN of a role such as arn:aws:iam::123456789012:role/NAME
2> hint: correct line 2 of `~/.aws/config`
? 1
$ try name
2> error: `role_session_name` of profile `name` (3 characters) is not 2 to 64 letters, digits and _+=,.@-
2> hint: correct line 7 of `~/.aws/config`
? 1
$ try id
2> error: `external_id` of profile `id` (3 characters) is not 2 to 1224 letters, digits and _+=,.@:/-
2> hint: correct line 11 of `~/.aws/config`
? 1
$ try long
2> error: AWS limits roles to 12 hours; you asked for 12 hours
2> hint: mfa-env long -d 12h
? 2
$ try a -d 12h1s
2> error: AWS limits roles to 12 hours; you asked for 12 hours
2> hint: mfa-env a -d 12h
? 2
$ try b -d 2h
2> error: AWS limits chained roles to 1 hour; you asked for 2 hours
2> hint: mfa-env b -d 1h
? 2
"#]]);
    assert_eq!(sts.connections(), 0);
}

#[test]
fn a_device_that_gives_no_code() {
    for (serial, why) in [
        ("arn:aws:iam::123456789012:user/bob", "is the ARN of a user, not of an MFA device"),
        ("arn:aws:iam::123456789012:u2f/user/bob/k", "is a FIDO security key, and STS takes codes only"),
        ("12345678", "is not 9 to 256 characters long"),
        ("arn:aws:iam::123456789012:mfa/b b", "has a character other than letters, digits and _+=/:,.@-"),
    ] {
        let home = Home::new().credentials(keys_in("x", &format!("mfa_serial = {serial}\n")));
        let length = serial.len();
        let message = format!(
            "error: `mfa_serial` of profile `x` ({length} characters) {why}\n\
             hint: correct line 4 of `~/.aws/credentials`\n\
             hint: list your devices: aws iam list-mfa-devices\n"
        );
        refused(&home, 1, &message);
        let home = Home::new().credentials(keys_in("x", DEVICE));
        let sts = sts();
        let shown = home.run(["x", "-t", CODE, "--serial-number", serial]).sts(&sts).output();
        let message = format!(
            "error: `--serial-number {serial}` {why}\n\
             hint: the ARN of an MFA device looks like arn:aws:iam::123456789012:mfa/NAME\n"
        );
        assert_eq!(shown, failed(2, &message));
        assert_eq!(sts.connections(), 0);
    }
}

#[test]
fn a_value_that_is_empty_counts_as_not_there() {
    let sts = sts();
    let home = Home::someaccount().config("[profile someaccount]\nregion =\nmfa_process =\n");
    let shown = home.run(["someaccount", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.stderr, started_by("someaccount"));
    assert_eq!(logins(&sts)[0].region.as_deref(), Some("us-east-1"));
}

/// Files that a team shares can't name each member's device.
#[test]
fn aws_mfa_serial_is_the_device_of_a_chain_without_one() {
    let sent = |home: &Home, options: &[&str]| {
        let sts = sts();
        let run = home.run(["x", "--no-cache", "-t", CODE]).args(options).env("AWS_MFA_SERIAL", SERIAL);
        run.sts(&sts).output();
        logins(&sts)[0].parameters.get("SerialNumber").cloned()
    };
    let other = "mfa_serial = arn:aws:iam::123456789012:mfa/other\n";
    let role = "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = y\n";
    let without = Home::new().credentials(keys_in("x", ""));
    assert_eq!(sent(&without, &[]).as_deref(), Some(SERIAL));
    assert_eq!(sent(&without, &["--serial-number", "GAHT12345678"]).as_deref(), Some("GAHT12345678"));
    assert_eq!(
        sent(&Home::new().credentials(keys_in("x", other)), &[]),
        other[13..].trim().to_owned().into()
    );
    let of_source = Home::new().config(role).credentials(keys_in("y", ""));
    assert_eq!(sent(&of_source, &[]).as_deref(), Some(SERIAL));
    // `setup` looks for profiles whose device no file names.
    let setup = without.run(["setup", "--yes"]).env("AWS_MFA_SERIAL", SERIAL).output();
    assert!(!setup.stderr.contains("All profiles with keys have an MFA device"), "{setup:?}");
}

#[test]
fn an_invalid_aws_mfa_serial_is_named_where_it_would_be_used() {
    let of = |device: &str| {
        let home = Home::new().credentials(keys_in("x", device));
        home.run(["x", "-t", CODE]).env("AWS_MFA_SERIAL", "bob").output()
    };
    let expected = "error: `AWS_MFA_SERIAL` (3 characters) is not 9 to 256 characters long\n\
                    hint: unset AWS_MFA_SERIAL\n";
    assert_eq!(of(""), failed(1, expected));
    assert!(!of(DEVICE).stderr.contains("AWS_MFA_SERIAL"));
}

#[test]
fn the_command_that_was_meant_keeps_its_options() {
    Home::someaccount().session(str![[r#"
$ hint() { mfa-env "$@" 2>&1 >/dev/null | grep hint; }
$ hint someacount -w --section ci
hint: did you mean `mfa-env someaccount -w --section ci`?
$ hint protect --undo someacount
hint: did you mean `mfa-env protect someaccount --undo`?
"#]]);
}

#[test]
fn a_profile_that_gets_its_session_from_mfa_env_names_the_other_one() {
    let process = "credential_process = mfa-env --profile someaccount --format json";
    Home::someaccount().config(format!("[profile tools]\n{process}\n")).session(str![[r#"
$ mfa-env tools -w --section ci
(exit 2);
2> error: profile `tools` gets the session of `someaccount` from mfa-env
2> hint: use that profile: mfa-env someaccount -w --section ci
? 2
$ mfa-env setup tools
2> error: profile `tools` gets the session of `someaccount` from mfa-env
2> hint: set up that profile: mfa-env setup someaccount
? 2
"#]]);
}
