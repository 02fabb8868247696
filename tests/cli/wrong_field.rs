//! Promise 8: a secret key that the user put into the wrong field is shown by no command.

use support::{CODE, Home, SOMEACCOUNT, failed, keys_in, sts};

/// Secret keys in AWS's form. One has `/` and `+`, which some fields don't allow.
const MISPLACED: [&str; 2] =
    ["Zk3bQ9xLm7TvR2nYc8WpHs5JdF1gKa6EuXo4MiNq", "Zk3bQ9xL/7TvR2nYc8WpHs5J+F1gKa6EuXo4MiNq"];

#[test]
fn a_secret_key_in_the_wrong_field_is_not_shown() {
    let fields = [
        "aws_access_key_id",
        "region",
        "mfa_serial",
        "__mfa__",
        "source_profile",
        "role_arn",
        "role_session_name",
        "external_id",
        "duration_seconds",
        "endpoint_url",
        "services",
        "ca_bundle",
        "__profile__",
        "expiration",
        "aws_session_token",
        "output",
    ];
    let commands: [&[&str]; 12] = [
        &["x", "-t", CODE],
        &["x", "-v", "-t", CODE],
        &["x", "-w", "-t", CODE],
        &["r", "-v", "-t", CODE],
        &["list"],
        &["list", "--json"],
        &["status"],
        &["status", "--json"],
        &["doctor", "--offline"],
        &["doctor", "--offline", "--json"],
        &["setup", "x", "--no-input", "-t", CODE],
        &["forget", "x"],
    ];
    let sts = sts();
    for secret in MISPLACED {
        for field in fields {
            let line = format!("{field} = {secret}\n");
            let serial = "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n";
            let roles = [
                keys_in("x", &format!("{serial}{line}")),
                format!("[r]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = x\n{line}"),
                format!("[default]\n{line}"),
            ];
            let home = Home::new().credentials(roles.concat());
            for command in commands {
                let shown = home.run(command).sts(&sts).output();
                for output in [&shown.stdout, &shown.stderr] {
                    assert!(!output.contains(secret), "{field}, {command:?}: {shown:?}");
                }
            }
        }
    }
}

#[test]
fn a_secret_key_in_the_place_of_a_profiles_name_is_not_shown() {
    let home = Home::someaccount();
    for secret in MISPLACED {
        let length = secret.len();
        assert_eq!(
            home.run([secret]).output(),
            failed(
                2,
                &format!(
                    "error: there is no profile `({length} characters, not shown)` in \
                     `~/.aws/credentials` or `~/.aws/config`\n\
                     hint: the only profile is `someaccount`\n"
                )
            )
        );
    }
}

#[test]
fn a_secret_key_in_the_place_of_an_argument_is_not_shown() {
    for secret in MISPLACED {
        for line in [
            "--format SECRET",
            "--format=SECRET",
            "--shell SECRET",
            "init SECRET",
            "someaccount SECRET",
            "list SECRET",
            "forget a SECRET",
            "help SECRET",
            "--SECRET",
            "--region SECRET",
            "-d SECRET",
            "-tSECRET",
            "--serial-number SECRET",
            "--role-arn SECRET",
            "status --min-ttl SECRET",
            "setup SECRET",
            "-w --section SECRET",
        ] {
            let line = line.replace("SECRET", secret);
            for home in [Home::new(), Home::someaccount()] {
                let shown = home.run(line.split(' ')).output();
                assert!(!shown.stderr.contains(secret) && !shown.stderr.is_empty(), "{line}: {shown:?}");
            }
        }
    }
    let shown = Home::new().run(["--format", MISPLACED[0]]).output();
    let first = shown.stderr.lines().next();
    assert_eq!(first, Some("error: invalid value '(40 characters, not shown)' for '--format <FORMAT>'"));
}

#[test]
fn a_secret_key_in_the_wrong_variable_is_not_shown() {
    let variables = [
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_VAULT",
        "AWS_MFA_SERIAL",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_SIGNIN",
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "HTTPS_PROXY",
    ];
    let commands = [
        "someaccount --no-input -v",
        "someaccount -t 918273",
        "--no-input",
        "status",
        "list",
        "doctor --offline",
        "console r",
    ];
    let role = "[r]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";
    let home = Home::new().credentials(SOMEACCOUNT.to_owned() + role);
    for secret in MISPLACED {
        for variable in variables {
            for command in commands {
                let shown = home.run(command.split(' ')).env(variable, secret).output();
                for output in [&shown.stdout, &shown.stderr] {
                    assert!(!output.contains(secret), "{variable}, {command}: {shown:?}");
                }
            }
        }
    }
}

#[test]
fn a_value_of_a_bad_form_is_named_by_its_key_its_length_and_its_line() {
    let home = Home::new().credentials(keys_in("x", "mfa_serial = bob\n"));
    assert_eq!(
        home.run(["x"]).output(),
        failed(
            1,
            "error: `mfa_serial` of profile `x` (3 characters) is not 9 to 256 characters long\n\
             hint: correct line 4 of `~/.aws/credentials`\n\
             hint: list your devices: aws iam list-mfa-devices\n"
        )
    );
}
