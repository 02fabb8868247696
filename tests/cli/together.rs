//! Several processes at once that need the same code, with and without terminals.

use std::process::{Child, Stdio};

use fake_sts::{FakeSts, Reply};
use support::{
    CODE, CODE_NOT_SENT, CTRL_C, Home, Lines, REUSED, Running, STARTED, Terminal, codes_sent, failed, finish,
    logins, sts,
};

const QUESTION: &str = "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): ";
const ANOTHER: &str = "another terminal or window is asking too; answer in either one\n";
const ADMIN: &str =
    "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";

fn asking(home: &Home, sts: &FakeSts) -> Terminal {
    Terminal::start(home.run(["someaccount", "-w"]).sts(sts).env("NO_COLOR", "1"))
}

#[test]
fn twenty_at_once_with_one_code_spend_it_once_and_all_succeed() {
    let (home, sts) = (Home::someaccount().config(ADMIN), sts());
    // The first one gets its answer when all have started.
    sts.script(Reply::Held);
    let profile = |number| if number % 4 == 3 { "admin" } else { "someaccount" };
    let start = |number| home.run([profile(number), "-t", CODE]).sts(&sts).start();
    let children: Vec<_> = (0..20).map(start).collect();
    sts.release();
    let all: Vec<_> = children.into_iter().map(Running::end).collect();
    let first = all[0].session().access_key_id;
    for (number, one) in all.iter().enumerate() {
        let id = one.session().access_key_id;
        if profile(number) == "someaccount" {
            assert_eq!(id, first);
            assert!([STARTED, &format!("{CODE_NOT_SENT}{REUSED}")].contains(&one.stderr.as_str()), "{one:?}");
        }
    }
    assert_eq!(codes_sent(&sts), [CODE]);
    assert_eq!(home.cached().len(), 2);
}

#[test]
fn where_the_first_one_fails_the_next_one_tries() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(Reply::Close);
    let children: Vec<_> = (0..3).map(|_| home.run(["someaccount", "-t", CODE]).sts(&sts).start()).collect();
    let mut statuses: Vec<_> = children.into_iter().map(|child| child.end().status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [0, 0, 5]);
    // The connection closed before the code was used up, so the next one sent it.
    assert_eq!(codes_sent(&sts), [CODE, CODE]);
}

#[test]
fn an_answer_in_either_terminal_serves_both() {
    for answered in [0, 1] {
        let (home, sts) = (Home::someaccount(), sts());
        let mut terminals = [(); 2].map(|()| {
            let mut terminal = asking(&home, &sts);
            terminal.wait_for(QUESTION);
            terminal
        });
        terminals[answered].press(&format!("{CODE}\r"));
        for (number, terminal) in terminals.into_iter().enumerate() {
            let (status, text) = terminal.end();
            let another = if number == 1 { ANOTHER } else { "" };
            let code = if number == answered { "******" } else { "" };
            let said = text.strip_prefix(&format!("{another}{QUESTION}{code}\n")).expect("the question");
            assert!(status == 0 && (said == STARTED || number != answered && said == REUSED), "{text}");
        }
        assert_eq!(codes_sent(&sts), [CODE]);
    }
}

#[test]
fn a_terminal_that_gives_up_leaves_the_other_asking() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut first = asking(&home, &sts);
    first.wait_for(QUESTION);
    let mut second = asking(&home, &sts);
    second.wait_for(QUESTION);
    first.press(CTRL_C);
    assert_eq!(first.end().0, 130);
    second.press(&format!("{CODE}\r"));
    assert_eq!(second.end(), (0, format!("{ANOTHER}{QUESTION}******\n{STARTED}")));
}

#[test]
fn without_a_terminal_it_says_that_it_waits_for_one_and_is_served() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut first = asking(&home, &sts);
    first.wait_for(QUESTION);
    let (waiter, mut lines) = without_terminal(&home, &sts);
    assert_eq!(lines.next().as_deref(), Some("waiting for the answer in another terminal or window"));
    first.press(&format!("{CODE}\r"));
    assert_eq!(first.end().0, 0);
    assert_eq!(lines.next().map(|line| line + "\n").as_deref(), Some(STARTED));
    assert!(finish(waiter, "the one that waits").status.success());
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn without_a_terminal_it_fails_where_the_other_gives_up() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut first = asking(&home, &sts);
    first.wait_for(QUESTION);
    let (waiter, mut lines) = without_terminal(&home, &sts);
    assert_eq!(lines.next().as_deref(), Some("waiting for the answer in another terminal or window"));
    first.press(CTRL_C);
    assert_eq!(first.end().0, 130);
    let expected = [
        "error: profile `someaccount` needs an MFA code, and the question in the other terminal or window had no answer",
        "hint: log in first: mfa-env someaccount",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    assert_eq!(finish(waiter, "the one that waits").status.code(), Some(4));
}

/// A process in its own session, and the lines of its standard error.
fn without_terminal(home: &Home, sts: &FakeSts) -> (Child, Lines) {
    let run = home.program("setsid").args(["--wait", "mfa-env", "someaccount"]);
    let mut command = run.sts(sts).into_command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("setsid is there");
    let lines = Lines::of(child.stderr.take().expect("it is piped"));
    (child, lines)
}

#[test]
fn with_no_input_nobody_is_waited_for() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut first = asking(&home, &sts);
    first.wait_for(QUESTION);
    let expected = failed(
        4,
        "error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it\n\
         hint: log in first: mfa-env someaccount\n",
    );
    assert_eq!(home.run(["someaccount", "--no-input"]).sts(&sts).output(), expected);
    first.press(CTRL_C);
    assert_eq!(first.end().0, 130);
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn another_profile_of_the_same_key_is_served_too() {
    let two = support::keys_in("two", "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n");
    let (home, sts) = (Home::someaccount(), sts());
    home.write(".aws/credentials", home.read_credentials() + &two);
    let mut first = asking(&home, &sts);
    first.wait_for(QUESTION);
    let mut second = Terminal::start(home.run(["two", "--format", "env"]).sts(&sts).env("NO_COLOR", "1"));
    second.wait_for(ANOTHER.trim_end());
    second.wait_for("MFA code for two");
    first.press(&format!("{CODE}\r"));
    assert_eq!(first.end().0, 0);
    second.wait_for("export MFA_ENV_PROFILE='two'");
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn a_code_at_hand_does_not_wait_for_an_open_question_and_answers_it() {
    let (home, sts) = (Home::someaccount(), sts());
    let mut first = asking(&home, &sts);
    first.wait_for(QUESTION);
    let second = home.run(["someaccount", "-t", CODE]).sts(&sts).output();
    assert_eq!(second.stderr, STARTED);
    let (status, text) = first.end();
    assert_eq!((status, text), (0, format!("{QUESTION}\n{STARTED}")));
    assert_eq!(codes_sent(&sts), [CODE]);
}
