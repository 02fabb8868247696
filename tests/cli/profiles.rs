//! The two files: which keys sign, with which device, in which region; and the messages for profiles that
//! can't log in.

use support::{CODE, Home, KEY_ID, SERIAL, SOMEACCOUNT, Shown, failed, keys_in, logins, started_by, sts};

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
        let user = fake_sts::User { serial_number: Some(serial.clone()), ..support::bob() };
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

fn unknown(name: &str, home: &Home) -> Shown {
    home.run([name, "-t", CODE]).output()
}

const NOWHERE: &str = "in `~/.aws/credentials` or `~/.aws/config`";

#[test]
fn an_unknown_profile_with_a_near_one() {
    for (name, hint) in [
        ("someacount", "hint: did you mean `mfa-env someaccount`?\n"),
        ("SomeAccount", "hint: did you mean `mfa-env someaccount`?\n"),
        ("unste", "hint: did you mean the command `mfa-env unset`?\n"),
        ("zzz", "hint: the only profile is `someaccount`\n"),
    ] {
        let expected = failed(2, &format!("error: there is no profile `{name}` {NOWHERE}\n{hint}"));
        assert_eq!(unknown(name, &Home::someaccount()), expected);
    }
}

#[test]
fn an_unknown_profile_that_is_equally_near_to_several_names_them_all_or_none() {
    for (names, hint) in [
        (&["prod-a", "prod-b"][..], "did you mean `mfa-env prod-a` or `mfa-env prod-b`?"),
        (
            &["prod-a", "prod-b", "prod-c", "web"],
            "did you mean `mfa-env prod-a`, `mfa-env prod-b` or `mfa-env prod-c`?",
        ),
        (
            &["prod-a", "prod-b", "prod-c", "prod-d"],
            "the profiles are `prod-a`, `prod-b`, `prod-c`, `prod-d`",
        ),
    ] {
        let home =
            Home::new().credentials(names.iter().map(|name| keys_in(name, DEVICE)).collect::<String>());
        let expected = format!("error: there is no profile `prod-x` {NOWHERE}\nhint: {hint}\n");
        assert_eq!(unknown("prod-x", &home), failed(2, &expected), "{names:?}");
    }
}

#[test]
fn a_source_profile_that_is_equally_near_to_two_names_both() {
    let home = Home::new()
        .credentials(keys_in("prod-a", DEVICE) + &keys_in("prod-b", DEVICE))
        .config("[profile x]\nsource_profile = prod-x\n");
    let shown = home.run(["x", "-t", CODE]).output();
    let hint = "hint: did you mean `prod-a` or `prod-b`? correct it in `[profile x]` in `~/.aws/config`\n";
    assert!(shown.stderr.ends_with(hint), "{shown:?}");
}

#[test]
fn an_unknown_profile_near_one_that_is_named_like_a_command() {
    let home = Home::new().credentials(keys_in("status", DEVICE));
    let expected = format!(
        "error: there is no profile `statos` {NOWHERE}\nhint: did you mean `mfa-env --profile status`?\n"
    );
    assert_eq!(unknown("statos", &home), failed(2, &expected));
}

#[test]
fn an_unknown_profile_where_there_is_no_file() {
    let home = Home::new();
    std::fs::remove_dir(home.path(".aws")).expect("it is empty");
    let expected =
        format!("error: there is no profile `zzz` {NOWHERE}\nhint: create it: mfa-env setup zzz\n");
    assert_eq!(unknown("zzz", &home), failed(2, &expected));
    assert!(!home.path(".aws").exists());
}

#[test]
fn no_mfa_device_says_what_to_add_and_where() {
    let home = Home::new().credentials(keys_in("x", ""));
    let message = |place: &str| {
        format!(
            "error: profile `x` has no MFA device\n\
             hint: set one up: mfa-env setup x\n\
             hint: or add to {place}: mfa_serial = arn:aws:iam::123456789012:mfa/NAME\n\
             hint: or just once: mfa-env x --serial-number ARN\n"
        )
    };
    refused(&home, 1, &message("`[x]` in `~/.aws/credentials`"));
    let home = home.config("[profile x]\nregion = eu-west-1\n");
    refused(&home, 1, &message("`[profile x]` in `~/.aws/config`"));
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
fn a_hint_names_the_section_as_it_is_in_the_file() {
    for (header, name) in [
        ("profile default", "default"),
        ("default", "default"),
        ("profile \"a b\"", "a b"),
        ("profile  'a b' ", "a b"),
        ("profile\tx", "x"),
    ] {
        let shown_header = header.replace('\t', "\\u{9}");
        let config = format!("[{header}]\nrole_arn = arn:aws:iam::123456789012:role/r\n");
        let message = format!(
            "error: profile `{name}` has `role_arn` and no `source_profile`\n\
             hint: name the profile with your keys: `source_profile = NAME` in `[{shown_header}]` in `~/.aws/config`\n"
        );
        assert_eq!(Home::new().config(config).run([name]).output(), failed(1, &message));
    }
}

#[test]
fn keys_that_are_missing_or_temporary() {
    for (credentials, message) in [
        (
            "[x]\nregion = eu-west-1\n",
            "error: profile `x` has no access key\nhint: add one: mfa-env setup x\n",
        ),
        (
            "[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n",
            "error: profile `x` has no `aws_secret_access_key`\n\
             hint: add `aws_secret_access_key = …` to `[x]` in `~/.aws/credentials`\n",
        ),
        (
            "[x]\naws_secret_access_key = CANARYCANARYCANARY\n",
            "error: profile `x` has no `aws_access_key_id`\n\
             hint: add `aws_access_key_id = …` to `[x]` in `~/.aws/credentials`\n",
        ),
        (
            "[x]\naws_access_key_id = ASIAOLDOLDOLDOLDOLDO\naws_secret_access_key = CANARYCANARYCANARY\n",
            "error: profile `x` holds only temporary keys, and these can't ask for a session\n\
             hint: put the long-term keys into `[x-long-term]` in `~/.aws/credentials`\n",
        ),
        (
            "[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = CANARYCANARYCANARY x\n",
            "error: `aws_secret_access_key` of profile `x` (20 characters) has characters that no AWS key has\n\
             hint: correct line 3 of `~/.aws/credentials`\n",
        ),
        (
            "[x]\naws_access_key_id = AKIA\naws_secret_access_key = CANARYCANARYCANARY\n",
            "error: `aws_access_key_id` of profile `x` (4 characters) is not 16 to 128 letters and digits\n\
             hint: correct line 2 of `~/.aws/credentials`\n",
        ),
    ] {
        let home = Home::new().credentials(format!("{credentials}{DEVICE}"));
        refused(&home, 1, message);
    }
}

#[test]
fn a_profile_that_logs_in_elsewhere() {
    for (config, message) in [
        (
            "[profile x]\nsso_session = s\nsso_account_id = 123456789012\n",
            "error: profile `x` logs in by SSO, not by an MFA code\nhint: aws sso login --profile x\n",
        ),
        (
            "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = /t\n",
            "error: profile `x` logs in by a web identity token, not by an MFA code\n\
             hint: AWS's tools use it as it is, without mfa-env\n",
        ),
        (
            "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/r\n",
            "error: profile `x` has `role_arn` and no `source_profile`\n\
             hint: name the profile with your keys: `source_profile = NAME` in `[profile x]` in `~/.aws/config`\n",
        ),
        (
            "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = bobb\n[profile bob]\n",
            "error: `source_profile` of profile `x` is `bobb`, and there is no such profile\n\
             hint: did you mean `bob`? correct it in `[profile x]` in `~/.aws/config`\n",
        ),
        (
            "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = y\n\
             [profile y]\nrole_arn = arn:aws:iam::123456789012:role/s\nsource_profile = x\n",
            "error: the profiles are each other's `source_profile`: `x` → `y` → `x`\n\
             hint: one of them must have keys of its own\n",
        ),
    ] {
        refused(&Home::new().config(config), 1, message);
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
