//! Tests that fail today: each shows a bug of the binary's. Not committed.

use fake_sts::Reply;

use crate::harness::*;
use crate::terminal::*;

const QUESTION: &str = "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): ";

fn asked(home: &Home, sts: &fake_sts::FakeSts) -> Terminal {
    let run = home.run(["someaccount", "-w"]).sts(sts).env("NO_COLOR", "1");
    let mut terminal = Terminal::start(run);
    terminal.wait_for(QUESTION);
    terminal
}

#[test]
fn ctrl_c_while_sts_is_silent_ends_it_with_the_terminal_as_it_was() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(Reply::NeverAnswer);
    let mut terminal = asked(&home, &sts);
    terminal.press(&format!("{CODE}\r"));
    terminal.wait_for("\r\n");
    while logins(&sts).is_empty() {
        std::thread::yield_now();
    }
    terminal.press(CTRL_C);
    // The terminal's own SIGINT, which a shell shows as 130.
    assert_eq!(terminal.end(), (-2, format!("{QUESTION}******\n^C")));
}

#[test]
fn a_session_written_while_another_is_asked_for_keeps_the_way_back() {
    let section = |name, region| keys_in(name, &format!("mfa_serial = {SERIAL}\nregion = {region}\n"));
    let text = section("one", "r-1") + &section("two", "r-2");
    for (before, options) in [(keys_in("default", "").as_str(), &["--force"][..]), ("", &[])] {
        let home = Home::new().credentials(format!("{before}{text}"));
        let (slow, fast) = (sts(), sts());
        let run = home.run(["one", "-w"]).args(options).sts(&slow).env("NO_COLOR", "1");
        let mut terminal = Terminal::start(run);
        terminal.wait_for("MFA code for one");
        let shown = home.run(["two", "-w", "-t", CODE]).args(options).sts(&fast).output();
        assert_eq!(shown, done("", STARTED));
        terminal.press(&format!("{CODE}\r"));
        assert_eq!(terminal.end().0, 0);
        assert_eq!(home.run(["unset", "-w"]).output().status, 0);
        assert_eq!(home.read_credentials(), format!("{before}{text}"));
    }
}

#[test]
fn an_endpoint_variable_that_is_empty_counts_as_not_set() {
    for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] {
        let (home, sts) = (Home::someaccount(), sts());
        home.write(".aws/config", format!("[profile someaccount]\nendpoint_url = {}\n", sts.url()));
        home.run(["someaccount", "-t", CODE]).env(name, "").output().session();
        // Today: a panic of the SDK's with a proxy or without, nothing on standard output, and so an
        // `eval` that succeeds.
        home.write(".aws/config", "");
        let shown =
            home.run(["someaccount", "-t", CODES[1]]).env(name, "").env("MFA_ENV_TIMEOUT", "1").output();
        assert_eq!((shown.status, shown.stdout.as_str()), (5, "(exit 5);\n"), "{shown:?}");
    }
}

#[test]
fn a_profile_whose_command_asks_for_itself_is_named() {
    let home = Home::new().config(
        "[profile someaccount]\nmfa_serial = GAHT12345678\n\
         credential_process = touch again-$(ls | wc -l); test $(ls | wc -l) -lt 5 && mfa-env -p someaccount --format json -t 918273\n",
    );
    let shown = home.run(["someaccount", "-t", CODE]).output();
    assert_eq!(home.program("sh").args(["-c", "ls | wc -l"]).output().stdout, "1\n", "{shown:?}");
}

#[test]
fn unset_finds_the_way_back_by_another_path_to_the_same_file() {
    let (home, sts) = (Home::someaccount(), sts());
    std::os::unix::fs::symlink(".aws/credentials", home.path("link")).expect("a new link");
    let run = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts);
    assert_eq!(run.env("AWS_SHARED_CREDENTIALS_FILE", "link").output(), done("", STARTED));
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
}

#[test]
fn a_command_finds_a_signal_ignored_that_was() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = format!(
        "trap '' PIPE HUP; grep SigIgn /proc/self/status; mfa-env someaccount -t {CODE} -- grep SigIgn /proc/self/status"
    );
    let shown = home.program("bash").args(["--norc", "-c", &script]).sts(&sts).output();
    let (before, after) = shown.stdout.split_once('\n').expect("two lines");
    assert_eq!(before, after.trim_end());
}
