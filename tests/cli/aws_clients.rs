//! The AWS CLI and boto3 use the exported session and the one in `[default]`.

use std::path::PathBuf;

use support::{CODE, CODES, Home, Run, SOMEACCOUNT, STARTED, Shown, WRITTEN, WRONG_CODE, done, logins, sts};

use crate::shells::{FISH, POSIX, shell};

/// A program in target/venv.
pub fn installed(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin").join(name);
    assert!(path.exists(), "run tests/run once: it installs {}", path.display());
    path
}

/// With `aws` on the PATH.
pub fn with_aws(run: Run<'_>) -> Run<'_> {
    let directory = installed("aws").parent().expect("a file is in a directory").display().to_string();
    let binary = support::binary();
    let binary = binary.parent().expect("a file is in a directory").display().to_string();
    run.env("PATH", format!("{binary}:{directory}:/usr/local/bin:/usr/bin:/bin")).env("AWS_PAGER", "")
}

fn aws(home: &Home, arguments: &str, sts: &fake_sts::FakeSts) -> Shown {
    let run = with_aws(home.program("sh").args(["-c", &format!("aws {arguments}")])).sts(sts);
    run.env("AWS_REGION", "us-east-1").env("AWS_DEFAULT_REGION", "us-east-1").output()
}

const BOB: &str = "arn:aws:iam::123456789012:user/bob\n";
const IDENTITY: &str = "sts get-caller-identity --region us-east-1 --query Arn --output text";

/// The calls of AWS's tools: those of mfa-env are signed by long-term keys.
fn asked_with_a_session(sts: &fake_sts::FakeSts) -> Vec<String> {
    let by_session = sts.requests().into_iter().filter(|request| request.has_session_token);
    by_session.map(|request| request.action).collect()
}

/// One test for each shell, so that they run in parallel: each starts Python.
fn identity_after_a_right_code_and_nothing_after_a_wrong_one(program: &[&str]) {
    let (home, sts) = (Home::someaccount(), sts());
    let eval = |code| match program[0] {
        "fish" => format!("eval (mfa-env someaccount -t {code}); and aws {IDENTITY}"),
        _ => format!("eval \"$(mfa-env someaccount -t {code})\" && aws {IDENTITY}"),
    };
    let shown = with_aws(shell(&home, program, &eval(WRONG_CODE))).sts(&sts).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (3, ""), "{shown:?}");
    assert_eq!(logins(&sts).len(), 1);
    let shown = with_aws(shell(&home, program, &eval(CODE))).sts(&sts).output();
    assert_eq!(shown, done(BOB, STARTED));
    assert_eq!(asked_with_a_session(&sts), ["GetCallerIdentity"]);
}

#[test]
fn in_bash_the_cli_has_the_session_after_a_right_code_only() {
    identity_after_a_right_code_and_nothing_after_a_wrong_one(POSIX[0]);
}

#[test]
fn in_zsh_the_cli_has_the_session_after_a_right_code_only() {
    identity_after_a_right_code_and_nothing_after_a_wrong_one(POSIX[1]);
}

#[test]
fn in_dash_the_cli_has_the_session_after_a_right_code_only() {
    identity_after_a_right_code_and_nothing_after_a_wrong_one(POSIX[2]);
}

#[test]
fn in_fish_the_cli_has_the_session_after_a_right_code_only() {
    identity_after_a_right_code_and_nothing_after_a_wrong_one(FISH);
}

#[test]
fn the_cli_lists_what_was_exported_as_the_environments() {
    let (home, sts) = (Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n"), sts());
    let script = format!(
        "eval \"$(mfa-env someaccount -t {CODE})\" && echo ${{AWS_ACCESS_KEY_ID#????????????????}} && aws configure list"
    );
    let shown = with_aws(shell(&home, POSIX[0], &script)).sts(&sts).output();
    let (id, list) = shown.stdout.split_once('\n').expect("two parts");
    let words = list.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("access_key ****************{id} env ")), "{list}");
    assert!(words.ends_with("region eu-west-1 env AWS_DEFAULT_REGION"), "{list}");
}

#[test]
fn the_cli_has_the_session_that_was_written_and_lists_it() {
    let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    let sts = sts();
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown, done("", WRITTEN));
    assert_eq!(aws(&home, IDENTITY, &sts), done(BOB, ""));
    let now = home.read_credentials();
    let id = support::between(&now, "[default]\naws_access_key_id = ASIA", "\n").expect("a session's key");
    let list = aws(&home, "configure list", &sts);
    let words = list.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let row = format!("access_key ****************{} shared-credentials-file ", &id[id.len() - 4..]);
    assert!(words.contains(&row), "{list:?}");
}

#[test]
fn long_term_keys_that_aws_configure_puts_on_top_make_the_next_write_refuse() {
    let (home, sts) = (Home::someaccount(), sts());
    assert_eq!(home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output(), done("", WRITTEN));
    assert_eq!(aws(&home, "configure set aws_access_key_id AKIANEWNEWNEWNEWNEWN", &sts), done("", ""));
    assert_eq!(aws(&home, "configure set aws_secret_access_key newnewnew", &sts), done("", ""));
    let before = home.read_credentials();
    assert!(before.contains("aws_access_key_id = AKIANEWNEWNEWNEWNEWN\n"), "{before}");
    assert!(
        before.contains("aws_session_token = ") && before.contains("__profile__ = someaccount\n"),
        "{before}"
    );
    let shown = home.run(["someaccount", "-w", "-r", "-t", CODES[1]]).sts(&sts).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (1, "(exit 1);\n"));
    let says = "`[default]` holds a long-term key (AKIANEWNEWNEWNEWNEWN), and mfa-env won't overwrite it\n";
    assert!(shown.stderr.contains(says), "{shown:?}");
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    assert_eq!(home.read_credentials(), before);
    assert_eq!(logins(&sts).len(), 1);
}

/// Asks for the identity with the environment, and with only the files. One start of Python for both.
const BOTO3: &str = r#"
import boto3, os
def arn():
    return boto3.Session().client("sts", region_name="us-east-1").get_caller_identity()["Arn"]
print(arn(), boto3.Session().get_credentials().method)
for name in list(os.environ):
    if name.startswith("AWS_") and name != "AWS_ENDPOINT_URL_STS":
        del os.environ[name]
print(arn(), boto3.Session().get_credentials().method, boto3.Session().region_name)
"#;

#[test]
fn boto3_has_the_session_that_was_exported_and_the_one_that_was_written() {
    let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    let sts = sts();
    assert_eq!(home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output(), done("", WRITTEN));
    home.write("who.py", BOTO3);
    let python = installed("python");
    let script = format!("eval \"$(mfa-env someaccount -r -t {})\" && {} who.py", CODES[1], python.display());
    let shown = shell(&home, POSIX[0], &script).sts(&sts).output();
    let bob = BOB.trim_end();
    let expected = format!("{bob} env\n{bob} shared-credentials-file eu-west-1\n");
    assert_eq!(shown, done(&expected, STARTED));
    assert_eq!(asked_with_a_session(&sts), ["GetCallerIdentity"; 2]);
}

const PROCESS: &str = "[profile someaccount-mfa]\ncredential_process = mfa-env --profile someaccount --format json --no-input\n";

#[test]
fn the_cli_takes_the_cached_session_by_credential_process() {
    let (home, sts) = (Home::someaccount().config(PROCESS), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    assert_eq!(aws(&home, &format!("{IDENTITY} --profile someaccount-mfa"), &sts), done(BOB, ""));
    assert_eq!(asked_with_a_session(&sts), ["GetCallerIdentity"]);
}

#[test]
fn the_cli_fails_at_once_where_credential_process_would_have_to_ask() {
    let (home, sts) = (Home::someaccount().config(PROCESS), sts());
    let shown = aws(&home, &format!("{IDENTITY} --profile someaccount-mfa"), &sts);
    assert_eq!((shown.status, shown.stdout.as_str()), (255, ""));
    for says in [
        "error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it",
        "hint: log in first: mfa-env someaccount",
    ] {
        assert!(shown.stderr.contains(says), "{shown:?}");
    }
    assert_eq!(sts.connections(), 0);
}

/// Asks twice, as a long-running program: boto3 gets the session from the process, and knows when it expires.
const BOTO3_BY_PROCESS: &str = r#"
import boto3
session = boto3.Session(profile_name="someaccount-mfa", region_name="us-east-1")
print(session.client("sts").get_caller_identity()["Arn"], session.get_credentials().method)
credentials = session.get_credentials()
print(credentials.refresh_needed(), credentials.refresh_needed(13 * 3600))
"#;

#[test]
fn boto3_takes_the_cached_session_by_credential_process_and_knows_its_end() {
    let (home, sts) = (Home::someaccount().config(PROCESS), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    home.write("who.py", BOTO3_BY_PROCESS);
    let shown = home.program(installed("python")).args(["who.py"]).sts(&sts).output();
    let expected = format!("{} custom-process\nFalse True\n", BOB.trim_end());
    assert_eq!(shown, done(&expected, ""));
}

#[test]
fn the_cli_gets_a_session_by_credential_process() {
    let home = Home::new().credentials(SOMEACCOUNT).config(format!(
        "[profile mfa]\ncredential_process = mfa-env --profile someaccount --format json -t {CODE}\n"
    ));
    let sts = sts();
    assert_eq!(aws(&home, &format!("{IDENTITY} --profile mfa"), &sts), done(BOB, ""));
}
