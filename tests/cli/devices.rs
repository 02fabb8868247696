//! A user with several MFA devices: Tab at the question chooses one, and the last one is remembered.

use fake_sts::{FakeSts, Role, User};
use support::{CODES, Home, Run, SERIAL, STARTED, Shown, Terminal, bob, codes_sent, logins, reused, started};

use crate::roles::role;

const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";
/// bob's device in the files, then the other one.
const QUESTIONS: [&str; 2] = [
    "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob; Tab: phone): ",
    "MFA code for someaccount (arn:aws:iam::123456789012:mfa/phone; Tab: bob): ",
];

fn sts() -> FakeSts {
    let user = User { serial_numbers: vec![SERIAL.to_owned(), PHONE.to_owned()], ..bob() };
    FakeSts::builder().user(user).role(Role::admin()).start()
}

fn home() -> Home {
    Home::someaccount().config(role("admin", "someaccount", ""))
}

fn someaccount<'h>(home: &'h Home, sts: &FakeSts) -> Run<'h> {
    home.run(["someaccount", "-r", "--format", "env"]).sts(sts)
}

fn with_phone(home: &Home, sts: &FakeSts, code: &str) -> Shown {
    someaccount(home, sts).args(["--serial-number", PHONE, "-t", code]).output()
}

/// The devices of the calls.
fn devices(sts: &FakeSts) -> Vec<String> {
    logins(sts).iter().filter_map(|request| request.parameters.get("SerialNumber").cloned()).collect()
}

#[test]
fn the_last_device_is_remembered_and_tab_chooses_another() {
    let (home, sts) = (home(), sts());
    with_phone(&home, &sts, CODES[0]).session();
    // Its session is that of the profile, also for roles.
    let again = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    assert_eq!(again.stderr, reused("12 hours", "someaccount: user bob of 123456789012"));
    let admin = home.run(["admin", "--no-input"]).sts(&sts).output();
    assert_eq!(admin.stderr, started("1 hour", "admin: role admin of 123456789012"));
    let name = &logins(&sts)[1].parameters["RoleSessionName"];
    assert_eq!(name, "bob", "the name in CloudTrail stays");

    let mut terminal = Terminal::start(someaccount(&home, &sts));
    terminal.wait_for(QUESTIONS[1]);
    terminal.press("12\t");
    terminal.wait_for(QUESTIONS[0]);
    terminal.press("\t");
    terminal.wait_for(QUESTIONS[1]);
    terminal.press("\t");
    terminal.wait_for(QUESTIONS[0]);
    terminal.press(&format!("{}\r", CODES[1]));
    let (status, shown) = terminal.end();
    assert!(status == 0 && shown.ends_with(STARTED), "{shown}");
    let again = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    assert_eq!(again.stderr, reused("12 hours", "someaccount: user bob of 123456789012"));

    let mut terminal = Terminal::start(someaccount(&home, &sts));
    terminal.wait_for(QUESTIONS[0]);
    terminal.press(&format!("{}\r", CODES[2]));
    assert_eq!(terminal.end().0, 0);
    assert_eq!(devices(&sts), [PHONE, SERIAL, SERIAL]);
    assert_eq!(codes_sent(&sts), CODES);
}

#[test]
fn a_device_that_was_refused_is_not_remembered() {
    let (home, sts) = (home(), support::sts());
    let shown = with_phone(&home, &sts, CODES[0]);
    let expected = format!("error: AWS doesn't know the MFA device `{PHONE}` of this user\n")
        + "hint: list the user's devices: aws iam list-mfa-devices --profile someaccount\n";
    assert_eq!(shown.stderr, expected);
    assert!(!home.path(".local/state/mfa-env/devices").exists());
    let mut terminal = Terminal::start(someaccount(&home, &sts));
    terminal.wait_for(crate::asking::QUESTION);
    terminal.press("\t");
    terminal.press(&format!("{}\r", CODES[0]));
    let (status, shown) = terminal.end();
    assert_eq!((status, codes_sent(&sts).len()), (0, 2), "{shown}");
}

#[test]
fn a_file_that_names_no_devices_is_ignored() {
    let (home, sts) = (home(), sts());
    with_phone(&home, &sts, CODES[0]).session();
    let device = |name: &str| {
        let shown = home.run(["list", "-v"]).output();
        assert!(shown.stdout.contains(&format!(" {name} ")), "{name}: {shown:?}");
    };
    device("phone");
    let none = format!("{{\"{SERIAL}\": []}}");
    for text in ["", "[]", "{\"x\": 1}", &none, &none.replace("[]", "[\"a b\"]")] {
        home.write(".local/state/mfa-env/devices", text);
        device("bob");
    }
}

#[test]
fn mfa_process_prints_the_codes_of_the_device_in_the_files() {
    let (home, sts) = (home(), sts());
    with_phone(&home, &sts, CODES[0]).session();
    let home = home.config(format!("[profile someaccount]\nmfa_process = echo {}\n", CODES[1]));
    someaccount(&home, &sts).output().session();
    assert_eq!(devices(&sts), [PHONE, SERIAL]);
}
