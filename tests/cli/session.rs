//! A session in the shell: the request to STS, the printed lines, and the options.

use fake_sts::{FakeSts, Recorded, User};
use jiff::Timestamp;
use support::{
    CODE, Home, KEY_ID, SERIAL, SOMEACCOUNT, STARTED, bob, done, failed, keys_in, logins, started, sts,
};

/// The exports of a profile without a region, in the order of the output.
const LINES: &str = "\
if (export AWS_ACCESS_KEY_ID= AWS_SECRET_ACCESS_KEY= AWS_SESSION_TOKEN= AWS_CREDENTIAL_EXPIRATION= AWS_VAULT= MFA_ENV_PROFILE= MFA_ENV_EXPIRES= MFA_ENV_KEY= AWS_PROFILE= AWS_DEFAULT_PROFILE= AWS_SECURITY_TOKEN= \
&& case \"$(declare -p AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWS_VAULT MFA_ENV_PROFILE MFA_ENV_EXPIRES MFA_ENV_KEY AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN 2>/dev/null)\" in *'declare -n'*) false;; esac \
&& unset -v AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWS_VAULT MFA_ENV_PROFILE MFA_ENV_EXPIRES MFA_ENV_KEY AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN \
&& [ -z \"${AWS_PROFILE+x}\" ] && [ -z \"${AWS_DEFAULT_PROFILE+x}\" ] && [ -z \"${AWS_SECURITY_TOKEN+x}\" ] \
&& export AWS_ACCESS_KEY_ID=mfa-env && [ \"${AWS_ACCESS_KEY_ID-}\" = mfa-env ]) >/dev/null; then
unset -v AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWS_VAULT MFA_ENV_PROFILE MFA_ENV_EXPIRES MFA_ENV_KEY AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN &&
export AWS_ACCESS_KEY_ID='~KEY~' &&
export AWS_SECRET_ACCESS_KEY='~SECRET~' &&
export AWS_SESSION_TOKEN='~TOKEN~' &&
export AWS_CREDENTIAL_EXPIRATION='~EXPIRATION~' &&
export AWS_VAULT='someaccount' &&
export MFA_ENV_PROFILE='someaccount' &&
export MFA_ENV_EXPIRES='~EPOCH~' &&
export MFA_ENV_KEY='~KEY~';
else
echo 'mfa-env: this shell was not changed' >&2; (exit 1);
fi;
";

/// All parts of a request as text.
pub fn said(request: &Recorded) -> String {
    let parameters = request.parameters.iter().map(|(key, value)| format!("{key}={value}"));
    let parameters = parameters.collect::<Vec<_>>().join(" ");
    let key = request.access_key_id.as_deref().unwrap_or("nobody");
    let region = request.region.as_deref().unwrap_or("nowhere");
    let token = if request.has_session_token { " with a session token" } else { "" };
    format!("{parameters}, signed by {key} for {region}{token}")
}

pub fn asked_of(sts: &FakeSts) -> Vec<String> {
    logins(sts).iter().map(said).collect()
}

#[test]
fn prints_the_lines_to_evaluate_and_says_how_long_it_lasts() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = home.run(["someaccount", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.masked(), done(LINES, STARTED));
}

#[test]
fn sends_one_request_with_all_that_sts_needs_and_nothing_else() {
    let (home, sts) = (Home::someaccount(), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    let expected = format!(
        "Action=GetSessionToken DurationSeconds=43200 SerialNumber={SERIAL} TokenCode={CODE} \
         Version=2011-06-15, signed by {KEY_ID} for us-east-1"
    );
    assert_eq!(asked_of(&sts), [expected]);
}

#[test]
fn signs_with_the_keys_of_the_profile_whatever_is_in_the_environment() {
    let (home, sts) = (Home::someaccount(), sts());
    let run = home.run(["someaccount", "-t", CODE]).sts(&sts).envs(&[
        ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENTENVIR"),
        ("AWS_SECRET_ACCESS_KEY", "other"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_SECURITY_TOKEN", "token"),
        ("AWS_PROFILE", "nobody"),
        ("AWS_DEFAULT_PROFILE", "nobody"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/admin"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/"),
    ]);
    let saved = r#"{"AWS_DEFAULT_PROFILE":["nobody",null],"AWS_PROFILE":["nobody",null]}"#;
    let lines = LINES
        .replace("MFA_ENV_KEY= ", "MFA_ENV_KEY= MFA_ENV_SAVED= ")
        .replace("MFA_ENV_KEY AWS", "MFA_ENV_KEY MFA_ENV_SAVED AWS")
        .replace("MFA_ENV_KEY='~KEY~';", &format!("MFA_ENV_KEY='~KEY~' &&\nexport MFA_ENV_SAVED='{saved}';"));
    let replaced = "replaced the keys that were set in this shell\n";
    assert_eq!(run.output().masked(), done(&lines, &format!("{replaced}{STARTED}")));
    assert_eq!(logins(&sts)[0].access_key_id.as_deref(), Some(KEY_ID));
    assert!(!logins(&sts)[0].has_session_token);
}

#[test]
fn the_duration_is_asked_for_in_seconds_however_it_is_written() {
    for (option, seconds, said) in [
        ("900", "900", "15 minutes"),
        ("15m", "900", "15 minutes"),
        ("1h40m", "6000", "1 hour 40 minutes"),
        ("5h59m", "21540", "5 hours 59 minutes"),
        ("6h40m", "24000", "7 hours"),
        ("36h", "129600", "36 hours"),
        ("3600", "3600", "1 hour"),
    ] {
        let (home, sts) = (Home::someaccount(), sts());
        let shown = home.run(["someaccount", "-t", CODE, "-d", option]).sts(&sts).output();
        assert_eq!(shown.stderr, started(said, "someaccount: user bob of 123456789012"));
        assert_eq!(logins(&sts)[0].parameters["DurationSeconds"], seconds, "{option}");
        let left = shown.session().expiration.parse::<Timestamp>().expect("RFC 3339") - Timestamp::now();
        let asked: i64 = seconds.parse().expect("a number");
        assert!(
            (asked - 60..=asked).contains(&left.total(jiff::Unit::Second).map(|s| s as i64).expect("fixed"))
        );
    }
}

#[test]
fn a_serial_number_on_the_command_line_wins() {
    let sts = sts();
    let home = Home::new().credentials(keys_in("someaccount", "mfa_serial = GAHT12345678\n"));
    let run = home.run(["someaccount", "-t", CODE, "--serial-number", SERIAL]).sts(&sts);
    assert_eq!(run.output().masked(), done(LINES, STARTED));
    assert_eq!(logins(&sts)[0].parameters["SerialNumber"], SERIAL);
}

#[test]
fn sends_the_odd_serial_of_the_old_script_and_hints_when_sts_refuses_it() {
    let sts = sts();
    let serial = "arn:aws:iam:123456789:987654321:mfa/bob";
    let home = Home::new().credentials(keys_in("someaccount", &format!("__mfa__ = {serial}\n")));
    let shown = home.run(["someaccount", "-t", CODE]).sts(&sts).output();
    let stderr = format!(
        "error: AWS doesn't know the MFA device `{serial}` of this user\n\
         hint: correct the MFA device of profile `someaccount`; find it: aws iam list-mfa-devices --profile someaccount\n"
    );
    assert_eq!(shown, failed(3, &stderr));
    assert_eq!(logins(&sts)[0].parameters["SerialNumber"], serial);
}

#[test]
fn a_hardware_token_has_no_arn() {
    let user = User { serial_numbers: vec!["GAHT12345678".into()], ..bob() };
    let sts = FakeSts::builder().user(user).start();
    let home = Home::new().credentials(keys_in("someaccount", "mfa_serial = GAHT12345678\n"));
    let shown = home.run(["someaccount", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.masked(), done(LINES, STARTED));
}

#[test]
fn a_code_may_come_from_standard_input() {
    for typed in [format!("{CODE}\n"), CODE.to_owned(), format!(" {} {}\r\n", &CODE[..3], &CODE[3..])] {
        let (home, sts) = (Home::someaccount(), sts());
        let shown = home.run(["someaccount", "-t", "-"]).stdin(&typed).sts(&sts).output();
        assert_eq!(shown.masked(), done(LINES, STARTED), "{typed:?}");
        assert_eq!(logins(&sts)[0].parameters["TokenCode"], CODE);
    }
}

#[test]
fn a_code_of_a_bad_form_is_never_sent() {
    for bad in ["", "12345", "1234567", "12345a", "-12345", "１２３４５６"] {
        let (home, sts) = (Home::someaccount(), sts());
        let expected = failed(
            2,
            "error: the code of `--token-code` is not six digits\n\
             hint: give the six digits that the MFA device shows, or leave `-t` out to be asked\n",
        );
        assert_eq!(home.run(["someaccount", "-t", bad]).sts(&sts).output(), expected, "{bad:?}");
        assert_eq!(home.run(["someaccount", "-t", "-"]).stdin(bad).sts(&sts).output(), expected, "{bad:?}");
        assert_eq!(sts.connections(), 0);
    }
}

#[test]
fn format_json_is_what_a_credential_process_prints() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = home.run(["-p", "someaccount", "--format", "json", "-t", CODE]).sts(&sts).output();
    let json = shown.masked();
    assert_eq!(json.status, 0, "{json:?}");
    assert_eq!(json.stderr, "");
    let mut lines: Vec<_> = json.stdout.lines().map(|line| line.trim().trim_end_matches(',')).collect();
    lines.sort_unstable();
    let expected = [
        "\"AccessKeyId\": \"~KEY~\"",
        "\"Expiration\": \"~EXPIRATION~\"",
        "\"SecretAccessKey\": \"~SECRET~\"",
        "\"SessionToken\": \"~TOKEN~\"",
        "\"Version\": 1",
        "{",
        "}",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn format_env_prints_the_same_lines() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = home.run(["someaccount", "--format", "env", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.masked(), done(LINES, STARTED));
}

#[test]
fn a_failure_with_format_json_prints_nothing_to_parse() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = home.run(["someaccount", "--format", "json", "--no-input"]).sts(&sts).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (4, ""));
}

#[test]
fn without_a_name_it_takes_this_shells_session_then_aws_profile_then_default() {
    let credentials = SOMEACCOUNT.to_owned()
        + &keys_in("other", &format!("mfa_serial = {SERIAL}\n"))
        + &keys_in("default", &format!("mfa_serial = {SERIAL}\n"));
    let ours = [("MFA_ENV_PROFILE", "someaccount"), ("MFA_ENV_KEY", "ASIA1"), ("AWS_ACCESS_KEY_ID", "ASIA1")];
    let not_ours = [ours[0], ours[1], ("AWS_ACCESS_KEY_ID", "AKIA2")];
    let cases: [(&[(&str, &str)], &str); 4] =
        [(&ours, "someaccount"), (&not_ours, "other"), (&[], "other"), (&[("AWS_PROFILE", "")], "default")];
    for (variables, profile) in cases {
        let (home, sts) = (Home::new().credentials(&credentials), sts());
        let run = home.run(["-t", CODE]).sts(&sts).env("AWS_PROFILE", "other").envs(variables);
        let shown = run.output();
        assert!(shown.stdout.contains(&format!("export MFA_ENV_PROFILE='{profile}'")), "{shown:?}");
    }
}

#[test]
fn verbose_says_what_is_done_and_why_without_a_secret() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = home.run(["someaccount", "-v", "-t", CODE]).sts(&sts).output();
    let stderr = format!(
        "profile `someaccount`: signed by the long-term keys {KEY_ID} of profile `someaccount`\n\
         region us-east-1; a user with an MFA device: a session by GetSessionToken\n\
         calls ~STS~ without TLS\n\
         GetSessionToken for 12 hours, MFA device {SERIAL}\n{STARTED}"
    );
    assert_eq!(shown.masked(), done(LINES, &stderr));
}

#[test]
fn quiet_leaves_questions_warnings_and_errors() {
    let (home, sts) = (Home::someaccount(), sts());
    let quiet = |options: &[&str]| home.run(["someaccount", "-q"]).args(options).sts(&sts).output();
    let shown = quiet(&["-t", CODE]);
    shown.session();
    assert_eq!(shown.stderr, "");
    // Reused, with a code that isn't needed, and written.
    assert_eq!(quiet(&["-t", CODE]).stderr, "");
    assert_eq!(quiet(&["-w"]).stderr, "");
    let needed = quiet(&["-r", "--no-input"]);
    assert!(needed.stderr.starts_with("error: profile `someaccount` needs an MFA code"), "{needed:?}");
    assert_eq!(quiet(&["-v"]).status, 2);
}
