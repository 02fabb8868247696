//! Files that aws-mfa wrote, with its `[X-long-term]` sections.

use support::{CODE, Home, KEY_ID, SERIAL, Shown, done, keys_in, logins, started_by, sts, written_by};

const DEVICE: &str = "aws_mfa_device = arn:aws:iam::123456789012:mfa/bob\n";

/// What aws-mfa leaves after a login.
const SESSION: &str = "[work]\nassumed_role = False\naws_access_key_id = ASIAOLDOLDOLDOLDOLDO\n\
                       aws_secret_access_key = old\naws_session_token = old\naws_security_token = old\n\
                       expiration = 2018-03-01 22:00:00\n";

fn login(home: &Home, profile: &str) -> Shown {
    let sts = sts();
    let shown = home.run([profile, "-t", CODE]).sts(&sts).output();
    let request = logins(&sts).remove(0);
    assert_eq!(request.access_key_id.as_deref(), Some(KEY_ID));
    assert_eq!(request.parameters["SerialNumber"], SERIAL);
    shown
}

#[test]
fn a_profile_is_logged_in_by_its_long_term_section_before_and_after_the_first_login() {
    for rest in ["", SESSION, "[work]\nregion = eu-west-1\n", "[work]\n"] {
        let home = Home::new().credentials(keys_in("work-long-term", DEVICE) + rest);
        let shown = login(&home, "work");
        assert_eq!(shown.stderr, started_by("work"), "{rest}");
        assert!(shown.stdout.contains("export MFA_ENV_PROFILE='work'"), "{rest}");
    }
}

#[test]
fn the_section_may_be_in_the_config_file_and_the_device_in_either() {
    let config = keys_in("profile work-long-term", "");
    let home = Home::new().config(config).credentials(format!("[work-long-term]\n{DEVICE}"));
    login(&home, "work").session();
    let home =
        Home::new().credentials(keys_in("work-long-term", "")).config(format!("[profile work]\n{DEVICE}"));
    login(&home, "work").session();
}

#[test]
fn the_region_is_that_of_the_profile_else_of_the_section() {
    let region = |rest: &str| {
        let more = format!("{DEVICE}region = eu-west-1\n");
        let home = Home::new().credentials(keys_in("work-long-term", &more) + rest);
        support::between(&login(&home, "work").stdout, "export AWS_REGION='", "'")
    };
    assert_eq!(region("").as_deref(), Some("eu-west-1"));
    assert_eq!(region("[work]\nregion = us-west-2\n").as_deref(), Some("us-west-2"));
}

#[test]
fn the_section_itself_is_a_profile_too() {
    let home = Home::new().credentials(keys_in("work-long-term", DEVICE));
    assert_eq!(login(&home, "work-long-term").stderr, started_by("work-long-term"));
}

#[test]
fn default_has_a_long_term_section_too() {
    let session = SESSION.replace("[work]", "[default]");
    let home = Home::new().credentials(keys_in("default-long-term", DEVICE) + &session);
    assert_eq!(login(&home, "default").stderr, started_by("default"));
    let shown = home.run(["-w"]).sts(&sts()).output();
    assert_eq!(shown.status, 4, "another STS, no code");
}

#[test]
fn a_write_leaves_the_long_term_section_as_it_is() {
    let text = keys_in("work-long-term", DEVICE) + SESSION;
    let (home, sts) = (Home::new().credentials(&text), sts());
    let shown = home.run(["work", "-w", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown, done("", &written_by("work", "")));
    assert!(home.read_credentials().starts_with(&text));
}

#[test]
fn a_profile_with_keys_of_its_own_signs_itself() {
    let other = keys_in("work-long-term", DEVICE).replace(KEY_ID, "AKIAOTHEROTHEROTHERO");
    let home = Home::new().credentials(keys_in("work", DEVICE) + &other);
    login(&home, "work").session();
}
