//! Which profile of a chain signs, which roles follow, and whose device is asked for: in each case what
//! AWS's tools would do, or a clear refusal.

use fake_sts::{Codes, FakeSts, Role, User};
use support::{CODE, Home, KEY_ID, SERIAL, Shown, failed, keys_in, logins, started, started_by, sts};

use crate::roles::{arn, role};

const DEVICE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n";

/// Each call as the key that signs it and what it asks for.
fn walked(home: &Home, profile: &str) -> (Vec<String>, Shown) {
    let bob = User { codes: Codes::Any, ..User::bob() };
    let sue = User {
        name: "sue".into(),
        access_key_id: "AKIAIOSFODNN7EXAMSUE".into(),
        serial_numbers: vec!["arn:aws:iam::123456789012:mfa/sue".into()],
        ..bob.clone()
    };
    let roles = ["one", "two", "three"].map(arn);
    let sts =
        roles.into_iter().fold(FakeSts::builder().user(bob).user(sue), |sts, arn| sts.role(Role::new(arn)));
    let sts = sts.start();
    let shown = home.run([profile, "--no-cache", "-t", CODE]).sts(&sts).output();
    let call = |request: fake_sts::Recorded| {
        let of = |name: &str| request.parameters.get(name).and_then(|value| value.rsplit('/').next());
        let signer = request.access_key_id.as_deref().unwrap_or_default();
        let signer = if signer.starts_with("ASIA") { "session" } else { signer };
        let what = of("RoleArn").unwrap_or("user");
        let device = of("SerialNumber").map(|name| format!(" by {name}")).unwrap_or_default();
        format!("{signer}: {what}{device}")
    };
    (logins(&sts).into_iter().map(call).collect(), shown)
}

fn sue_in(section: &str, more: &str) -> String {
    keys_in(section, more).replace(KEY_ID, "AKIAIOSFODNN7EXAMSUE")
}

const BY_BOB: &str = "AKIAIOSFODNN7EXAMPLE: user by bob";
const BY_SUE: &str = "AKIAIOSFODNN7EXAMSUE: user by sue";

#[test]
fn a_source_with_keys_signs_with_them_and_not_through_its_role() {
    for broken in ["three", "gone", "two"] {
        let home = Home::new()
            .config(role("one", "two", "") + &role("two", broken, ""))
            .credentials(keys_in("two", DEVICE) + &sue_in("three", ""));
        let (calls, shown) = walked(&home, "one");
        assert_eq!(calls, [BY_BOB, "session: one"], "{broken}");
        assert_eq!(shown.stderr, started("1 hour", "one: role one of 123456789012"), "{broken}");
    }
}

#[test]
fn a_profile_that_is_named_takes_its_role_and_not_its_keys() {
    let home = Home::new()
        .config(role("two", "three", ""))
        .credentials(keys_in("two", DEVICE) + &sue_in("three", &DEVICE.replace("bob", "sue")));
    // Its device is the first role's, which is not that of the other user.
    let (calls, _) = walked(&home, "two");
    assert_eq!(calls, ["AKIAIOSFODNN7EXAMSUE: user by bob"]);
}

#[test]
fn the_code_is_that_of_the_role_that_is_assumed_first() {
    let sue = DEVICE.replace("bob", "sue");
    for (of_one, of_two, of_keys) in [
        (DEVICE, sue.as_str(), ""),
        (DEVICE, sue.as_str(), DEVICE),
        (DEVICE, "", sue.as_str()),
        (sue.as_str(), "", ""),
    ] {
        let config = role("one", "two", of_one) + &role("two", "three", of_two);
        let home = Home::new().config(config).credentials(sue_in("three", of_keys));
        assert_eq!(walked(&home, "one").0, [BY_SUE, "session: two", "session: one"]);
    }
}

#[test]
fn a_source_alone_gives_its_session_with_the_region_of_the_profile() {
    let config = "[profile x]\nsource_profile = base\nregion = eu-west-1\n";
    let home =
        Home::new().config(config).credentials(keys_in("base", &format!("{DEVICE}region = us-west-2\n")));
    let sts = sts();
    let shown = home.run(["x", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.stderr, started_by("x"));
    assert!(shown.stdout.contains("export AWS_REGION='eu-west-1'"), "{shown:?}");
    // It is the source's: one code serves both.
    let shown = home.run(["base"]).sts(&sts).output();
    assert_eq!(shown.status, 0, "{shown:?}");
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn the_role_that_aws_mfa_assumes_is_assumed() {
    let more = format!("aws_mfa_device = {SERIAL}\nassume_role = {}\n", arn("one"));
    let home = Home::new().credentials(keys_in("work-long-term", &more));
    let (calls, shown) = walked(&home, "work");
    assert_eq!(calls, [BY_BOB, "session: one"]);
    assert_eq!(shown.stderr, started("1 hour", "work: role one of 123456789012"));
    let home = home.config(role("two", "work", ""));
    let (calls, shown) = walked(&home, "two");
    assert_eq!(calls, [BY_BOB, "session: one", "session: two"], "{shown:?}");
}

#[test]
fn addresses_are_ignored_where_the_profile_says_so() {
    let lines = "endpoint_url = http://127.0.0.1:1\nignore_configured_endpoint_urls = true\n";
    let home = Home::new().credentials(keys_in("x", &format!("{DEVICE}{lines}")));
    let address = |variables: &[(&str, &str)]| {
        let shown = home.run(["doctor", "--offline"]).envs(variables).output();
        let line = shown.stdout.lines().find(|line| line.contains("STS")).map(str::to_owned);
        line.expect("doctor names the address")
    };
    for variables in [&[][..], &[("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:2")]] {
        assert!(address(variables).contains("https://sts.us-east-1.amazonaws.com"), "{variables:?}");
    }
    let variables =
        [("AWS_ENDPOINT_URL", "http://127.0.0.1:2"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")];
    assert!(address(&variables).contains("http://127.0.0.1:2"));
}

#[test]
fn what_aws_refuses_is_refused_before_a_code_is_asked_for() {
    let file = "`~/.aws/config`";
    let cases = [
        (
            role("x", "someaccount", "credential_source = Environment\n"),
            format!(
                "error: profile `x` has both `source_profile` and `credential_source`\n\
                 hint: delete one of the two in `[profile x]` in {file}\n"
            ),
        ),
        (
            role("x", "someaccount", "").replace("role/x", "role/x y"),
            format!(
                "error: `role_arn` of profile `x` (34 characters) is not the ARN of a role such as \
                 arn:aws:iam::123456789012:role/NAME\nhint: correct line 2 of {file}\n"
            ),
        ),
        (
            role("x", "someaccount", "duration_seconds = banana\n"),
            format!(
                "error: `duration_seconds` of profile `x` is not a duration such as `12h`, `90m` or `43200`\n\
                 hint: correct it in `[profile x]` in {file}, or give `-d`\n"
            ),
        ),
        (
            "[profile x]\nsource_profile = gone\n".to_owned(),
            format!(
                "error: `source_profile` of profile `x` is `gone`, and there is no such profile\n\
                 hint: correct it in `[profile x]` in {file}\n"
            ),
        ),
        (
            role("x", "y", "") + "[profile y]\naws_secret_access_key = abc\n" + &role("z", "y", ""),
            "error: profile `y` has no `aws_access_key_id`\n\
             hint: add `aws_access_key_id = …` to `[y]` in `~/.aws/credentials`\n"
                .to_owned(),
        ),
    ];
    for (config, message) in cases {
        let (home, sts) = (Home::someaccount().config(&config), sts());
        let shown = home.run(["x", "-t", CODE]).sts(&sts).output();
        assert_eq!(shown, failed(1, &message), "{config}");
        assert_eq!(sts.connections(), 0, "{config}");
    }
    // A profile that takes no role may say where it would come from.
    let config = "[profile someaccount]\nsource_profile = gone\ncredential_source = Environment\n";
    let shown = Home::someaccount().config(config).run(["someaccount", "-t", CODE]).sts(&sts()).output();
    assert_eq!(shown.status, 0, "{shown:?}");
}

#[test]
fn a_profile_that_asks_for_more_than_an_hour_in_a_chain_gets_an_hour_and_is_told_when_the_session_is_new() {
    let config = role("one", "two", "duration_seconds = 7200\n") + &role("two", "someaccount", "");
    let home = Home::someaccount().config(config);
    let sts = FakeSts::builder().user(support::bob()).role(Role::new(arn("one"))).role(Role::new(arn("two")));
    let sts = sts.start();
    let run = |options: &[&str]| home.run(["one"]).args(options).sts(&sts).output();
    let shown = run(&["-t", CODE]);
    let asks = "AWS limits chained roles to 1 hour; `one` asks for 2 hours\n";
    assert_eq!(shown.stderr, asks.to_owned() + &started("1 hour", "one: role one of 123456789012"));
    assert_eq!(run(&[]).stderr, support::reused("1 hour", "one: role one of 123456789012"));
    let error = "error: AWS limits chained roles to 1 hour; you asked for 2 hours\nhint: mfa-env one -d 1h\n";
    assert_eq!(run(&["-d", "2h"]), failed(2, error));
}

#[test]
fn what_doctor_says_of_settings_that_only_aws_vault_reads() {
    let base = "[profile x]\nsource_profile = someaccount\n[profile y]\nrole_arn = arn:aws:iam::123456789012:role/y\n\
                source_profile = someaccount\ninclude_profile = x\nsession_tags = a=b\n\
                transitive_session_tags = a\nsource_identity = bob\n\
                [profile base-long-term]\nrole_arn = arn:aws:iam::123456789012:role/z\nsource_profile = gone\n";
    let shown = Home::someaccount().config(base).run(["doctor", "--offline"]).output();
    let of_profiles = shown.stdout.lines().filter(|line| line.contains("profile"));
    let of_aws_vault =
        |key: &str| format!("warning  profile y: `{key}` has no effect: only aws-vault reads it");
    let expected = [
        "warning  profile base-long-term: `source_profile` is `gone`, and there is no such profile"
            .to_owned(),
        of_aws_vault("include_profile"),
        of_aws_vault("session_tags"),
        of_aws_vault("transitive_session_tags"),
        of_aws_vault("source_identity"),
        "     ok  profile x: gets the session of `someaccount`, as in aws-vault; AWS's tools find no credentials in it"
            .to_owned(),
    ];
    let of_profiles: Vec<_> = of_profiles.map(str::to_owned).collect();
    for line in &expected {
        assert!(of_profiles.contains(line), "{line}\n{}", shown.stdout);
    }
    assert!(!shown.stdout.contains("understood as"), "{}", shown.stdout);
}

#[test]
fn a_profile_whose_name_looks_like_an_option_is_hinted_at_in_a_form_that_works() {
    let home = Home::new().credentials(keys_in("-x", ""));
    let shown = home.run(["--profile=-x", "-t", CODE]).output();
    assert!(shown.stderr.contains("mfa-env --profile=-x --serial-number ARN"), "{shown:?}");
}

#[test]
fn a_device_of_another_account_is_refused_by_sts_and_named() {
    let serial = SERIAL.replace("123456789012", "210987654321");
    let (home, sts) = (Home::new().credentials(keys_in("x", &format!("mfa_serial = {serial}\n"))), sts());
    let shown = home.run(["x", "-t", CODE]).sts(&sts).output();
    assert!(
        shown.status == 3
            && shown.stderr.starts_with(&format!("error: AWS doesn't know the MFA device `{serial}`")),
        "{shown:?}"
    );
}
