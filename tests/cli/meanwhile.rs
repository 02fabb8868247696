//! While the user looks for the code, mfa-env opens the connection and checks the keys.

use std::time::Duration;

use fake_sts::{FakeSts, Recorded, Reply};
use support::{
    CODE, CODES, CTRL_C, Home, REUSED, Terminal, WRONG_CODE, codes_sent, finish, keys_in, logins, started,
    sts, wait_for, wait_until, within,
};

use crate::asking::asked;
use crate::issued::Issued;

const QUESTION: &str = "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): ";

/// Waits for the GetCallerIdentity of the login.
fn wait_for_identity(sts: &FakeSts) -> Recorded {
    wait_for("the question who the keys belong to", || sts.requests().into_iter().next())
}

/// Waits until the identity has arrived, and mfa-env only waits for the user.
#[cfg(target_os = "linux")]
fn wait_for_quiet(terminal: &Terminal) {
    let threads = format!("/proc/{}/task", terminal.process_id());
    wait_until("the end of the other threads", || std::fs::read_dir(&threads).expect("it asks").count() == 1);
}

#[cfg(target_os = "linux")]
#[test]
fn the_code_goes_out_on_the_connection_that_was_opened_before() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut terminal = asked(&home, &sts);
    assert_eq!(wait_for_identity(&sts).action, "GetCallerIdentity");
    wait_for_quiet(&terminal);
    terminal.press(&format!("{WRONG_CODE}\r"));
    terminal.wait_for("wait for the next one");
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end().0, 0);
    let actions: Vec<_> = sts.requests().into_iter().map(|request| request.action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "GetSessionToken", "GetSessionToken"]);
    assert_eq!(sts.connections(), 1);
}

#[test]
fn a_name_that_comes_after_the_session_is_cached_too() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script_identity(Reply::Held);
    let mut terminal = asked(&home, &sts);
    wait_for_identity(&sts);
    terminal.press(&format!("{CODE}\r"));
    wait_until("the cached session", || home.path(".cache/mfa-env").exists() && !home.cached().is_empty());
    sts.release();
    assert_eq!(terminal.end().0, 0);
    assert_eq!(home.run(["someaccount"]).sts(&sts).output().stderr, REUSED);
}

#[test]
fn keys_that_are_no_good_end_the_question_before_a_code_is_typed() {
    let wrong = |code: &str, message: &str| Some(Reply::error(403, code, message));
    for (reply, message) in [
        (None, "the clock of this machine is 20 minutes behind"),
        (
            wrong("InvalidClientTokenId", "The security token included in the request is invalid."),
            "AWS doesn't know the access key AKIAIOSFODNN7EXAMPLE of profile `someaccount`",
        ),
        (
            wrong("SignatureDoesNotMatch", "The request signature we calculated does not match…"),
            "the secret access key does not belong to the access key AKIAIOSFODNN7EXAMPLE",
        ),
        (Some(Reply::region_disabled("123456789012")), "STS is not activated in region us-east-1"),
    ] {
        let (home, sts) = (Home::someaccount(), sts());
        match reply {
            Some(reply) => sts.script_identity(reply),
            None => sts.set_clock_offset(jiff::SignedDuration::from_mins(20)),
        }
        let (status, shown) = asked(&home, &sts).end();
        assert_eq!(status, 3);
        assert!(shown.starts_with(&format!("{QUESTION}\nerror: {message}")), "{shown}");
        assert_eq!(logins(&sts).len(), 0);
        assert_eq!(home.read_credentials(), support::SOMEACCOUNT);
    }
}

#[test]
fn what_else_goes_wrong_there_keeps_nobody_from_logging_in() {
    for reply in [
        Reply::throttled(),
        Reply::Close,
        Reply::NeverAnswer,
        Reply::error(403, "AccessDenied", "a policy of the endpoint forbids it"),
    ] {
        let (home, sts) = (Home::someaccount(), sts());
        sts.script_identity(reply);
        let mut terminal = asked(&home, &sts);
        wait_for_identity(&sts);
        terminal.press(&format!("{CODE}\r"));
        let expected =
            format!("{QUESTION}******\n{}", started("12 hours", "someaccount: account 123456789012"));
        assert_eq!(terminal.end(), (0, expected));
        assert_eq!(codes_sent(&sts), [CODE]);
    }
}

#[test]
fn a_hardware_token_tells_no_account() {
    let (home, sts) = (Home::new().credentials(keys_in("token", "mfa_serial = GAHT12345678\n")), sts());
    Issued::by(&sts, 'A');
    sts.script_identity(Reply::throttled());
    let shown = home.run(["token", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.stderr, started("12 hours", "token"));
}

#[test]
fn a_session_is_kept_before_the_answer_is_waited_for() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script_identity(Reply::NeverAnswer);
    let mut terminal = asked(&home, &sts);
    wait_for_identity(&sts);
    terminal.press(&format!("{CODE}\r"));
    terminal.wait_for("\r\n");
    wait_until("the session in the cache", || !home.cached().is_empty());
    terminal.press(CTRL_C);
    assert_ne!(terminal.end().0, 0);
    home.run(["someaccount", "--no-input"]).sts(&sts).output().session();
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn ctrl_c_waits_for_no_answer() {
    // It would wait for three seconds, however fast the machine is.
    within(Duration::from_secs(2), || {
        let (home, sts) = (Home::someaccount(), sts());
        sts.script_identity(Reply::NeverAnswer);
        let mut terminal = asked(&home, &sts);
        wait_for_identity(&sts);
        terminal.press(CTRL_C);
        assert_eq!(terminal.end().0, 130);
    });
}

/// Waits until the thread has ended: the server's answer has arrived then.
#[cfg(target_os = "linux")]
fn wait_for_end_of_thread(process: u32, name: &str) {
    let is_there = || {
        let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
        let mut names =
            threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
        names.any(|found| found.trim_end() == name)
    };
    wait_until(&format!("the end of the thread `{name}`"), || !is_there());
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_is_run_while_the_connection_is_opened_and_its_code_is_kept_from_bad_keys() {
    let home = Home::someaccount()
        .config(format!("[profile someaccount]\nmfa_process = until test -e go; do :; done; echo {CODE}\n"));
    let sts = sts();
    sts.script_identity(Reply::error(403, "InvalidClientTokenId", "The security token is invalid."));
    let run = home.run(["someaccount"]).sts(&sts);
    let mut command = run.into_command();
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("started");
    wait_for_identity(&sts);
    wait_for_end_of_thread(child.id(), "identity");
    home.write("go", "");
    let output = finish(child, "the login");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(codes_sent(&sts), [""; 0]);
}

#[test]
fn nobody_is_asked_where_the_code_is_at_hand_for_a_role() {
    let role = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n\
                duration_seconds = 7200\n";
    let (home, sts) = (Home::someaccount().config(role), sts());
    home.run(["admin", "-t", CODES[0]]).sts(&sts).output().session();
    let actions: Vec<_> = sts.requests().into_iter().map(|request| request.action).collect();
    assert_eq!(actions, ["AssumeRole"]);
}

#[test]
fn without_a_question_nothing_is_opened() {
    let (home, sts) = (Home::someaccount(), sts());
    assert_eq!(home.run(["someaccount", "--no-input"]).sts(&sts).output().status, 4);
    let terminal = Terminal::start(home.run(["someaccount", "--no-input", "-w"]).sts(&sts));
    assert_eq!(terminal.end().0, 4);
    assert_eq!(sts.connections(), 0);
}
