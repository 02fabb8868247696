//! What a session is as text, and whose variables go.

use super::*;
use crate::session::{AccessKeyId, Expiration, Secret};

fn session() -> Session {
    let secret = |text: &str| Secret::new(text.to_owned()).expect("in form");
    let time = |text: &str| text.parse().expect("a timestamp");
    let (expires, now) = (time("2026-11-22T22:00:00Z"), time("2026-11-22T10:00:00Z"));
    Session {
        access_key_id: AccessKeyId::new("ASIAOURSOURSOURSOURS").expect("in form"),
        secret_access_key: secret("SECRET"),
        session_token: secret("TOKEN"),
        expiration: Expiration::new(expires, now).expect("ahead"),
        identity: None,
    }
}

const SESSION_LINES: &str = "set-env AWS_ACCESS_KEY_ID 'ASIAOURSOURSOURSOURS';\n\
    set-env AWS_SECRET_ACCESS_KEY 'SECRET';\nset-env AWS_SESSION_TOKEN 'TOKEN';\n\
    set-env AWS_CREDENTIAL_EXPIRATION '2026-11-22T22:00:00Z';\nset-env AWS_VAULT 'bob';\n\
    set-env MFA_ENV_PROFILE 'bob';\nset-env MFA_ENV_EXPIRES '1795384800';\n\
    set-env MFA_ENV_KEY 'ASIAOURSOURSOURSOURS';\n";

#[test]
fn exports_a_session_and_takes_out_what_would_win_over_it() {
    let lines = |region: Option<&str>, variables: &[(&str, &str)]| {
        let region = region.map(|region| Region::new(region).expect("in form"));
        let environment = Environment::of(variables);
        let variables = super::variables("bob", &session(), region.as_ref(), &environment);
        export_lines(Shell::Elvish, &variables).to_string()
    };
    let unset = "unset-env AWS_PROFILE;\nunset-env AWS_DEFAULT_PROFILE;\nunset-env AWS_SECURITY_TOKEN;\n";
    assert_eq!(lines(None, &[]), format!("{SESSION_LINES}{unset}"));
    let ours =
        [("MFA_ENV_REGION", "us-east-1"), ("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "eu-west-1")];
    assert_eq!(
        lines(Some("eu-west-1"), &ours),
        format!(
            "{SESSION_LINES}set-env AWS_REGION 'eu-west-1';\nset-env MFA_ENV_REGION 'eu-west-1';\n{unset}"
        )
    );
    let regions = [("MFA_ENV_REGION", "us-east-1"), ("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "x")];
    assert_eq!(
        lines(None, &regions),
        format!("{SESSION_LINES}{unset}unset-env AWS_REGION;\nunset-env MFA_ENV_REGION;\n")
    );
}

#[test]
fn credential_process_gets_its_json() {
    assert_eq!(
        *credential_process_json(&session()),
        "{\n  \"AccessKeyId\": \"ASIAOURSOURSOURSOURS\",\n  \"Expiration\": \"2026-11-22T22:00:00Z\",\n  \
         \"SecretAccessKey\": \"SECRET\",\n  \"SessionToken\": \"TOKEN\",\n  \"Version\": 1\n}\n"
    );
}

#[test]
fn a_closed_pipe_is_no_error_and_a_full_disk_is_one() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert!(write_whole(writer, "x").is_ok());
    let full = File::options().write(true).open("/dev/full").expect("Linux");
    let error = write_whole(full, "x").expect_err("full");
    assert!(error.what().starts_with("failed to write the output: "), "{error}");
}

#[test]
fn unsets_only_what_is_ours() {
    let ours: &[(&str, &str)] = &[
        ("AWS_ACCESS_KEY_ID", "ASIA1"),
        ("MFA_ENV_KEY", "ASIA1"),
        ("MFA_ENV_PROFILE", "p"),
        ("MFA_ENV_EXPIRES", "1"),
        ("MFA_ENV_REGION", "eu-west-1"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_VAULT", "p"),
    ];
    assert_eq!(
        unset_lines(Shell::Elvish, &Environment::of(ours)),
        "unset-env AWS_ACCESS_KEY_ID;\nunset-env AWS_SECRET_ACCESS_KEY;\nunset-env AWS_SESSION_TOKEN;\nunset-env AWS_CREDENTIAL_EXPIRATION;\nunset-env AWS_REGION;\nunset-env MFA_ENV_REGION;\nunset-env AWS_VAULT;\nunset-env MFA_ENV_PROFILE;\nunset-env MFA_ENV_EXPIRES;\nunset-env MFA_ENV_KEY;\n"
    );
    let mut others = ours.to_vec();
    others[0].1 = "AKIAOTHER";
    others[7].1 = "q";
    assert_eq!(
        unset_lines(Shell::Elvish, &Environment::of(&others)),
        "unset-env MFA_ENV_REGION;\nunset-env MFA_ENV_PROFILE;\nunset-env MFA_ENV_EXPIRES;\nunset-env MFA_ENV_KEY;\n"
    );
    assert_eq!(unset_lines(Shell::Elvish, &Environment::of(&[("AWS_VAULT", "q")])), "");
}
