//! Promise 8 in failures: whatever fails, at every log level, no secret and no code appears on standard
//! error, in an `eval`, or in a wrong file.

use std::fs;
use std::path::Path;

use fake_sts::{FakeSts, Reply};
use support::{
    CANARY, CODE, CODES, Home, KEY_ID, Run, SECRET, SERIAL, SOMEACCOUNT, Shown, assert_no_secrets, failed,
    keys_in, sts,
};

/// Variables that make libraries and programs print more.
const NOISE: [(&str, &str); 10] = [
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_LIB_BACKTRACE", "1"),
    ("AWS_SDK_LOG_LEVEL", "trace"),
    ("AWS_LOG_LEVEL", "debug"),
    ("SMITHY_LOG", "trace"),
    ("HYPER_LOG", "trace"),
    ("DEBUG", "*"),
    ("TRACE", "1"),
    ("LOG_LEVEL", "debug"),
];

/// The four ways to get a session.
const WAYS: [&[&str]; 4] = [&[], &["-w"], &["--format", "json"], &["--", "true"]];

/// A command with all of them set. Its temporary files and TLS keys would be in `home`.
fn noisy<'h>(home: &'h Home, arguments: &[&str]) -> Run<'h> {
    fs::create_dir_all(home.path("tmp")).expect("ours");
    let run = home.run(arguments).envs(&NOISE).env("TMPDIR", home.path("tmp"));
    run.env("SSLKEYLOGFILE", home.path("tmp/keys"))
}

/// Runs all four ways, with `-v` and the code on standard input.
fn by_every_way(home: &Home, sts: &FakeSts, profile: &str) -> Vec<Shown> {
    let run = |way: &[&str]| noisy(home, &[&[profile, "-v", "-r", "-t", "-"], way].concat());
    WAYS.iter().map(|way| run(way).stdin(CODE).sts(sts).output()).collect()
}

/// The files below a folder that contain that text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable")) {
        let path = entry.path();
        if entry.file_type().expect("known").is_dir() {
            found.extend(holding(&path, text));
        } else if String::from_utf8_lossy(&fs::read(&path).expect("readable")).contains(text) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

fn assert_in_no_file(home: &Home, text: &str) {
    assert_eq!(holding(&home.path(""), text), Vec::<String>::new());
}

/// Answers of STS, or of a server in its place, with the code in every text.
fn answers() -> Vec<Reply> {
    let errors = [
        (403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "),
        (403, "AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code."),
        (403, "AccessDenied", "Cannot call GetSessionToken with session credentials"),
        (403, "AccessDenied", "User: u is not authorized to perform: sts:AssumeRole on resource: r"),
        (400, "ValidationError", "Value '918273' at 'tokenCode' failed to satisfy constraint"),
        (400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration; 918273"),
        (400, "ValidationError", "exceeds the 1 hour session limit for roles assumed by role chaining"),
        (403, "InvalidClientTokenId", "The security token included in the request is invalid. 918273"),
        (403, "SignatureDoesNotMatch", "The request signature we calculated does not match TokenCode=918273"),
        (403, "SignatureDoesNotMatch", "Signature expired: 918273"),
        (403, "ExpiredToken", "The security token included in the request is expired"),
        (403, "RegionDisabledException", "STS is not activated in this region for account:1"),
        (400, "Throttling", "Rate exceeded"),
        (500, "InternalFailure", "918273"),
        (503, "ServiceUnavailable", "918273"),
        (418, "Odd918273", "TokenCode=918273"),
    ];
    let mut answers: Vec<_> =
        errors.into_iter().map(|(status, code, message)| Reply::error(status, code, message)).collect();
    // A log-in page that repeats the request, truncated XML, and an answer of another service.
    for (status, body) in [
        (200, format!("<html>TokenCode={CODE}</html>")),
        (403, format!("<html>TokenCode={CODE}</html>")),
        (500, format!("TokenCode={CODE}")),
        (200, format!("<GetSessionTokenResponse><SecretAccessKey>{CANARY}</SecretAccessKey>")),
        (200, format!("{{\"SecretAccessKey\":\"{CANARY}\"}}")),
    ] {
        answers.push(Reply::Raw { status, content_type: "text/xml".into(), body });
    }
    answers.extend([
        Reply::Close,
        Reply::Endless { status: 200, is_chunked: true },
        Reply::Redirect(format!("http://127.0.0.1:1/{CODE}")),
    ]);
    answers
}

#[test]
fn no_answer_of_sts_brings_a_secret_out() {
    for answer in answers() {
        let (home, sts) = (Home::someaccount(), sts());
        for way in WAYS {
            sts.script(answer.clone());
            let arguments = [&["someaccount", "-v", "-r", "-t", "-"], way].concat();
            // The harness looks for secrets on standard error, and in the output for an `eval`.
            let shown = noisy(&home, &arguments).stdin(CODE).sts(&sts).output();
            assert!([3, 5].contains(&shown.status), "{answer:?} {way:?}: {shown:?}");
        }
        assert_in_no_file(&home, CODE);
        assert_in_no_file(&home, CANARY);
        assert_eq!(holding(&home.path(""), SECRET), ["credentials"]);
        assert!(holding(&home.path("tmp"), "").is_empty(), "{answer:?}");
    }
}

#[test]
fn a_secret_of_the_signer_is_hidden_in_what_sts_says() {
    let role =
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";
    let (home, sts) = (Home::someaccount().config(role), sts());
    let token = "CANARYCANARYCANARY+token/of=the==session".repeat(40);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    sts.script(Reply::Credentials {
        access_key_id: "ASIARETURNEDRETURNED".into(),
        secret_access_key: "IssuedSecret/+=".into(),
        session_token: token.clone(),
        expiration: soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    let encoded = token.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let said = format!("{token}, {encoded}. IssuedSecret/+= is of ASIARETURNEDRETURNED");
    sts.script(Reply::error(418, format!("Odd {token}"), said));
    let shown = home.run(["admin", "-t", CODE]).sts(&sts).output();
    let stderr = "error: STS refused: Odd ******: ******/+= is of ASIARETURNEDRETURNED\n\
                  hint: `mfa-env -v` shows the request\n";
    assert_eq!(shown, failed(3, stderr));
    // The keys that sign the first call.
    let sts = support::sts();
    let body = format!("TokenCode={CODE}, secret {SECRET}, key {KEY_ID}");
    sts.script(Reply::error(400, format!("Odd{SECRET}"), body));
    let shown = Home::someaccount().run(["someaccount", "-t", CODE]).sts(&sts).output();
    let stderr = format!(
        "error: STS refused: Odd******: TokenCode=******, secret ******, key {KEY_ID}\n\
         hint: `mfa-env -v` shows the request\n"
    );
    assert_eq!(shown, failed(3, &stderr));
}

#[test]
fn a_secret_of_the_signer_is_hidden_in_other_forms_too() {
    let escaped = |slash: &str| SECRET.replace('/', slash);
    for (said, expected) in [
        ("the code 9 1 8 2 7 3, or 91-82-73, 918'273, %3918273".to_owned(), "the code ******, or ******"),
        (escaped("\\/"), "******"),
        (escaped("\\u002f"), "******"),
        (escaped("%2f"), "******"),
        (escaped("&#x2F;"), "******"),
        (escaped("/\n"), "******"),
        (SECRET.to_lowercase(), "******"),
        (format!("begins with {}", &SECRET[..20]), "begins with ******"),
        (format!("ends with {}", &SECRET[20..]), "ends with ******"),
        (format!("has {} of it", &SECRET[..16]), "has wJalrXUtnFEMI/K7 of it"),
    ] {
        let sts = sts();
        sts.script(Reply::error(400, "Odd", &said));
        let shown = Home::someaccount().run(["someaccount", "-t", CODE]).sts(&sts).output();
        let stderr = format!("error: STS refused: Odd: {expected}\nhint: `mfa-env -v` shows the request\n");
        assert_eq!(shown, failed(3, &stderr), "{said}");
    }
}

#[test]
fn a_login_that_works_says_no_secret_either() {
    for (index, way) in WAYS.iter().enumerate() {
        let (home, sts) = (Home::someaccount(), sts());
        let shown =
            noisy(&home, &[&["someaccount", "-v", "-t", "-"], *way].concat()).stdin(CODE).sts(&sts).output();
        assert_eq!(shown.status, 0, "{shown:?}");
        let cached = fs::read_to_string(&home.cached()[0]).expect("kept");
        let token = support::between(&cached, "\"session_token\":\"", "\"").expect("the form of the cache");
        assert!(!shown.stderr.contains(&token), "{shown:?}");
        assert_eq!(shown.stdout.contains(&token), [0, 2].contains(&index), "{shown:?}");
        assert_in_no_file(&home, CODE);
        assert!(holding(&home.path("tmp"), "").is_empty(), "{way:?}");
        // Only `-w` puts the token into the credentials file. The cache always has it.
        assert_eq!(holding(&home.path(".aws"), &token).len(), usize::from(index == 1), "{way:?}");
    }
}

#[test]
fn a_secret_on_a_broken_line_is_not_repeated() {
    let sts = sts();
    let lines = [
        format!("aws_secret_access_key {SECRET}"),
        SECRET.to_owned(),
        format!("[{SECRET}"),
        format!("[x] {SECRET}"),
        format!("= {SECRET}"),
        format!("[y]\n {SECRET} = 1"),
        format!("aws_secret_access_key = {SECRET}\rx"),
    ];
    for line in lines {
        let home = Home::new().credentials(format!("{SOMEACCOUNT}{line}\n"));
        for shown in by_every_way(&home, &sts, "someaccount") {
            assert_eq!(shown.status, 1, "{line:?}: {shown:?}");
        }
        for command in [&["list"][..], &["status"], &["doctor"], &["doctor", "--json"], &["unset", "-w"]] {
            let shown = noisy(&home, command).sts(&sts).output();
            assert_eq!(shown.status, 1, "{line:?} {command:?}: {shown:?}");
            assert_no_secrets("standard output", &shown.stdout);
        }
    }
    assert_eq!(sts.connections(), 0);
}

#[test]
fn a_secret_in_the_place_of_another_value_is_not_shown() {
    // Only letters and digits, as in a quarter of AWS's secret keys.
    let plain = "CANARYCANARYCANARYwJalrXUtnFEMIK7MDENGb2";
    let sections = |secret: &str| {
        [
            format!(
                "aws_access_key_id = {secret}\naws_secret_access_key = {KEY_ID}\nmfa_serial = {SERIAL}\n"
            ),
            format!("aws_access_key_id = {secret}\nmfa_serial = {SERIAL}\n"),
            format!(
                "aws_access_key_id = {KEY_ID}\naws_secret_access_key = '{secret}'\nmfa_serial = {SERIAL}\n"
            ),
        ]
    };
    let sts = sts();
    for section in [SECRET, plain].into_iter().flat_map(sections) {
        for name in ["someaccount", "default"] {
            let home = Home::new().credentials(format!("[{name}]\n{section}"));
            for shown in by_every_way(&home, &sts, name) {
                assert!(shown.status == 1 || shown.status == 3, "{section}: {shown:?}");
            }
            for command in
                [&["list"][..], &["status"], &["status", "--json"], &["doctor"], &["doctor", "--json"]]
            {
                let shown = noisy(&home, command).sts(&sts).output();
                assert_no_secrets(&format!("{command:?} of\n{section}"), &shown.stdout);
            }
        }
    }
    let home = Home::someaccount();
    for secret in [SECRET, plain] {
        let shown = noisy(&home, &["status"]).env("AWS_ACCESS_KEY_ID", secret).output();
        assert_no_secrets("standard output", &shown.stdout);
    }
}

#[test]
fn what_a_command_of_the_profile_prints_is_not_repeated() {
    let keys = |more: &str| format!("printf '%s' '{{\"SecretAccessKey\":\"{CANARY}\"{more}'");
    let commands = [
        keys(""),
        keys("}"),
        keys(",\"Version\":1}"),
        keys(&format!(",\"Version\":2,\"AccessKeyId\":\"{KEY_ID}\"}}")),
        keys(&format!(",\"Version\":1,\"AccessKeyId\":\"{CANARY}\",\"SessionToken\":\"{CANARY}\"}}")),
        keys(&format!(",\"Version\":\"{CANARY}\",\"AccessKeyId\":\"{KEY_ID}\"}}")),
        format!(
            "printf '%s' '{{\"Version\":1,\"AccessKeyId\":\"{CANARY} x\",\"SecretAccessKey\":\"{CANARY}$\"}}'"
        ),
        format!("echo {CANARY}"),
        format!("echo {CANARY}; exit 1"),
        format!("echo {CANARY}; kill -9 $$"),
        format!("echo {CANARY}; exec 1>&-; sleep 0; exit 7"),
    ];
    let sts = sts();
    for command in commands {
        let home =
            Home::new().credentials(keys_in("code", &format!("mfa_serial = {SERIAL}\n"))).config(format!(
                "[profile code]\nmfa_process = {command}\n\
             [profile keys]\nmfa_serial = {SERIAL}\ncredential_process = {command}\n"
            ));
        for profile in ["code", "keys"] {
            for way in WAYS {
                let code: &[&str] = if profile == "keys" { &["-t", "-"] } else { &[] };
                let run = noisy(&home, &[&[profile, "-v"], code, way].concat());
                let shown = run.stdin(CODES[1]).sts(&sts).output();
                assert_ne!(shown.status, 0, "{command}: {shown:?}");
            }
        }
    }
}
