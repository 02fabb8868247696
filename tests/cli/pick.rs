//! The list of profiles: when it appears, what it shows, how it ends.

use std::time::Duration;

use support::{
    BACKSPACE, CODE, CTRL_C, CTRL_D, CTRL_U, Home, SOMEACCOUNT, Terminal, failed, keys_in, logins, sts,
};

use crate::asking::bash;

const KEYS: &str = "type to filter, Enter selects, Esc cancels";
const CANCELLED: &str = "error: cancelled; nothing was changed\n";
const EVAL: &str = r#"eval "$(mfa-env --pick 2>err)"; echo "status $?, ${AWS_VAULT-nobody}""#;
const NO_LIST: &str = "error: no profile is named, and no list can be shown here\n\
                       hint: name one of these: `admin`, `other`, `someaccount`\n";

const UP: &str = "\x1b[A";
const DOWN: &str = "\x1bOB";
const PAGE_UP: &str = "\x1b[5~";
const PAGE_DOWN: &str = "\x1b[6~";
const HOME: &str = "\x1b[H";
const END: &str = "\x1b[4~";
const CTRL_A: &str = "\x01";
const CTRL_E: &str = "\x05";
const CTRL_W: &str = "\x17";
const ESCAPE: &str = "\x1b";

/// The profiles of two users, a role, and one without a device.
fn several() -> Home {
    let other = "[other]\naws_access_key_id = AKIAOTHERNN7EXAMPLE1\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nmfa_serial = arn:aws:iam::210987654321:mfa/eve\n";
    let role =
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";
    Home::new().credentials(format!("{SOMEACCOUNT}{other}{}", keys_in("plain", ""))).config(role)
}

/// The profiles `account-000` and so on.
fn many(count: usize) -> Home {
    let section = |n: usize| keys_in(&format!("account-{n:03}"), "mfa_serial = GAHT12345678\n");
    Home::new().credentials((0..count).map(section).collect::<String>())
}

/// The last list that was drawn, without cursor movements. Its first line has the filter.
fn list(terminal: &Terminal) -> Vec<String> {
    let text = terminal.text();
    let last = text.rsplit("\x1b[J").next().expect("there is a last").to_owned();
    last.split("\x1b[").next().expect("text").lines().map(str::to_owned).collect()
}

fn rows(terminal: &Terminal) -> Vec<String> {
    let list = list(terminal);
    list[1..list.len() - 1].to_vec()
}

/// A terminal with the list on its screen.
fn picking(home: &Home) -> Terminal {
    let mut terminal = Terminal::start(home.run(["--pick", "-w"]).env("NO_COLOR", "1"));
    terminal.wait_for(KEYS);
    terminal
}

/// Presses the keys, and waits until the last one has drawn the list.
fn press(terminal: &mut Terminal, keys: &str) {
    terminal.press(keys);
    terminal.wait_for("Esc cancels");
}

#[test]
fn a_profile_is_chosen_inside_an_eval_by_typing_a_part_of_it() {
    let (home, sts) = (several(), sts());
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for(KEYS);
    assert_eq!(
        list(&terminal),
        [
            "Profile: ",
            "> admin        123456789012  role admin",
            "  other        210987654321  eve",
            "  someaccount  123456789012  bob",
            KEYS,
        ]
    );
    terminal.press("BO");
    terminal.wait_for("Profile: BO");
    terminal.wait_for(KEYS);
    assert_eq!(list(&terminal), ["Profile: BO", "> someaccount  123456789012  bob", KEYS]);
    terminal.press("\r");
    terminal.wait_for("Profile: someaccount\r\nMFA code for someaccount");
    terminal.press(&format!("{CODE}\r"));
    let (status, text) = terminal.end();
    assert!(status == 0 && text.ends_with("status 0, someaccount\n"), "{text}");
    assert_eq!(home.read("err"), support::STARTED);
}

#[test]
fn the_recent_ones_are_first_with_the_time_left() {
    let (home, sts) = (several(), sts());
    assert_eq!(home.run(["someaccount", "-t", CODE]).sts(&sts).output().status, 0);
    home.pass(Duration::from_secs(3600 * 10));
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for(KEYS);
    assert_eq!(
        rows(&terminal),
        [
            "> someaccount  123456789012  2 hours left  bob",
            "  admin        123456789012                role admin",
            "  other        210987654321                eve",
        ]
    );
    terminal.press("\r");
    assert!(terminal.end().1.ends_with("status 0, someaccount\n"));
    // It stays the first one after it has expired.
    home.pass(Duration::from_secs(3600 * 3));
    let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
    terminal.wait_for(KEYS);
    assert_eq!(rows(&terminal)[0], "> someaccount  123456789012  bob");
    terminal.press(CTRL_C);
    terminal.end();
}

#[test]
fn keys_move_the_mark_and_edit_the_filter() {
    let home = many(40);
    let mut terminal = picking(&home);
    for (keys, marked) in [
        (UP, "039"),
        (DOWN, "000"),
        (DOWN, "001"),
        (PAGE_DOWN, "016"),
        (PAGE_DOWN, "031"),
        (PAGE_DOWN, "039"),
        (PAGE_UP, "024"),
        (HOME, "000"),
        (END, "039"),
        (CTRL_A, "000"),
        (CTRL_E, "039"),
        ("nt-0 x", ""),
        (BACKSPACE, ""),
        (CTRL_W, "000"),
        (CTRL_U, "000"),
        ("t-03", "030"),
        ("\u{1a}", "030"),
        ("\x1b[15~", "030"),
        (DOWN, "031"),
    ] {
        for key in if keys.starts_with('\x1b') { vec![keys] } else { keys.split("").collect() } {
            if !key.is_empty() {
                press(&mut terminal, key);
            }
        }
        let rows = rows(&terminal);
        let is_marked = |row: &&String| row.starts_with('>');
        let expected =
            if marked.is_empty() { vec![] } else { vec![format!("> account-{marked}  GAHT12345678")] };
        assert_eq!(rows.iter().filter(is_marked).cloned().collect::<Vec<_>>(), expected, "{keys:?}");
        assert!(rows.len() <= 15, "{keys:?}: {rows:?}");
    }
    terminal.press("\r");
    terminal.wait_for("MFA code for account-031 (GAHT12345678): ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
}

#[test]
fn enter_takes_the_row_that_is_marked_when_it_is_read() {
    let home = many(40);
    let mut terminal = picking(&home);
    // All at once, as in a paste.
    terminal.press(&format!("\x1b[200~nosuch{CTRL_U}t-03\x1b[201~\r"));
    terminal.wait_for("MFA code for account-030");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
    let mut terminal = picking(&home);
    press(&mut terminal, "~");
    assert_eq!(list(&terminal), ["Profile: ~", "no match: Ctrl-U clears the filter, Esc cancels"]);
    press(&mut terminal, "\r");
    press(&mut terminal, BACKSPACE);
    assert_eq!(rows(&terminal).len(), 15);
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
}

#[test]
fn escape_and_ctrl_c_fail_the_eval_and_leave_the_terminal_as_it_was() {
    for key in [ESCAPE, CTRL_C, CTRL_D] {
        let (home, sts) = (several(), sts());
        let mut terminal = Terminal::start(bash(&home, EVAL).sts(&sts));
        terminal.wait_for(KEYS);
        terminal.press(key);
        let (_, text) = terminal.end();
        assert!(text.ends_with("\x1b[JProfile: \nstatus 130, nobody\n"), "{key:?}: {text}");
        assert!(!text.contains("\x1b[?25l"), "the cursor was hidden: {text:?}");
        assert_eq!(home.read("err"), CANCELLED);
    }
}

#[test]
fn signals_and_a_closed_window_leave_the_terminal_as_it_was() {
    for (name, expected) in [("INT", 130), ("TERM", -15), ("HUP", -1), ("QUIT", -3)] {
        let home = several();
        let terminal = picking(&home);
        terminal.signal(name);
        let (status, text) = terminal.end();
        assert_eq!(status, expected, "{name}");
        assert!(text.ends_with(&format!("\x1b[JProfile: \n{CANCELLED}")), "{name}: {text}");
    }
    assert_eq!(picking(&several()).hang_up(), -1);
    let home = several();
    let mut terminal = picking(&home);
    terminal.signal("TSTP");
    terminal.signal("CONT");
    terminal.wait_for(KEYS);
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
}

#[test]
fn without_an_argument_it_comes_up_if_no_profile_is_the_one() {
    let (home, sts) = (several(), sts());
    let script = r#"eval "$(mfa-env)"; echo "status $?, ${AWS_VAULT-nobody}""#;
    for (variables, first) in [
        (&[][..], KEYS),
        (&[("AWS_PROFILE", "someaccount")], "MFA code for someaccount"),
        // Not skipped, since AWS's tools would use it.
        (&[("AWS_PROFILE", "plain")], "error: profile `plain` has no MFA device"),
    ] {
        let mut terminal = Terminal::start(bash(&home, script).envs(variables).sts(&sts));
        terminal.wait_for(first);
        terminal.press(CTRL_C);
        terminal.end();
    }
    let default = keys_in("default", "mfa_serial = GAHT12345678\n");
    for (home, asked) in [
        (Home::someaccount(), "MFA code for someaccount"),
        (Home::new().credentials(format!("{SOMEACCOUNT}{default}")), "MFA code for default"),
    ] {
        let mut terminal = Terminal::start(bash(&home, script).sts(&sts));
        terminal.wait_for(asked);
        terminal.press(CTRL_C);
        assert!(terminal.end().1.ends_with("status 130, nobody\n"));
    }
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn where_no_list_can_be_shown_the_names_are() {
    let home = several();
    for arguments in ["--no-input", "--format json"] {
        let run = bash(&home, &format!("mfa-env {arguments} >out; echo \"status $?\""));
        assert_eq!(Terminal::start(run).end(), (0, format!("{NO_LIST}status 2\n")));
    }
    for arguments in [&[][..], &["--pick"]] {
        let run = home.program("setsid").args(["--wait", "mfa-env"]).args(arguments);
        assert_eq!(run.output(), failed(2, NO_LIST));
        let run = home.run(arguments).args(["-w"]).env("NO_COLOR", "1").env("TERM", "dumb");
        assert_eq!(Terminal::start(run).end(), (2, NO_LIST.to_owned()));
    }
    let home = many(40);
    let run = home.program("setsid").args(["--wait", "mfa-env", "--pick"]);
    let names: Vec<_> = (0..8).map(|n| format!("`account-{n:03}`")).collect();
    assert!(run.output().stderr.ends_with(&format!("these: {}, …\n", names.join(", "))));
}

#[test]
fn pick_says_why_there_is_nothing_to_choose() {
    let home = several();
    for arguments in [&["--pick", "someaccount"][..], &["--pick", "-p", "x"], &["--pick", "--no-input"]] {
        let shown = home.run(arguments).output();
        assert!(shown.status == 2 && shown.stderr.contains("cannot be used with"), "{shown:?}");
    }
    let none = failed(1, "error: no profile can log in with a code yet\nhint: mfa-env setup\n");
    assert_eq!(Home::new().credentials(keys_in("x", "")).run(["--pick"]).output(), none);
    assert_eq!(Home::new().run([""; 0]).output(), none);
    // Not `default`, which can't.
    assert_eq!(Home::new().credentials(keys_in("default", "")).run([""; 0]).output(), none);
    let nosuch = failed(
        2,
        "error: AWS_PROFILE names profile `nosuch`, which doesn't exist\n\
         hint: the profiles: mfa-env list\nhint: unset AWS_PROFILE\n",
    );
    assert_eq!(home.run([""; 0]).env("AWS_PROFILE", "nosuch").output(), nosuch);
    // That the profile doesn't exist is said first, not that nobody would evaluate the lines.
    let (status, text) = Terminal::start(home.run(["nosuch"]).env("NO_COLOR", "1")).end();
    assert!(status == 2 && text.starts_with("error: there is no profile `nosuch`"), "{text}");
    // Nobody would evaluate the lines.
    for (arguments, command) in [(&["--pick"][..], "mfa-env --pick"), (&[], "mfa-env")] {
        let terminal = Terminal::start(home.run(arguments).env("NO_COLOR", "1"));
        let (status, text) = terminal.end();
        assert!(
            status == 2 && text.contains(&format!("\nhint: or without it: eval \"$({command})\"\n")),
            "{text}"
        );
    }
}

#[test]
fn a_narrow_window_cuts_neither_the_name_nor_the_account() {
    let home = several();
    for (columns, expected) in [
        (80, ["> admin        123456789012  role admin", "  other        210987654321  eve"]),
        (35, ["> admin        123456789012  role…", "  other        210987654321  eve"]),
        (20, ["> admin", "  other"]),
        (8, ["> admin", "  other"]),
    ] {
        let run = home.run(["--pick", "-w"]).env("NO_COLOR", "1");
        let mut terminal = Terminal::of_width(run, columns);
        terminal.wait_for("A\r\x1b[");
        assert_eq!(rows(&terminal)[..2], expected, "{columns}");
        assert!(list(&terminal).iter().all(|line| line.chars().count() < columns.into()));
        terminal.press(CTRL_C);
        assert_eq!(terminal.end().0, 130);
    }
    let mut terminal = Terminal::of_width(home.run(["--pick", "-w"]).env("NO_COLOR", "1"), 80);
    terminal.wait_for("123456789012  role admin");
    terminal.resize(35, 5);
    terminal.wait_for("\x1b[3A\r");
    assert_eq!(rows(&terminal), ["> admin        123456789012  role…", "  other        210987654321  eve"]);
    terminal.press(UP);
    terminal.wait_for("\x1b[3A\r");
    assert_eq!(rows(&terminal), ["  other        210987654321  eve", "> someaccount  123456789012  bob"]);
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
}

#[test]
fn wide_characters_are_measured_by_the_columns_that_they_take() {
    let profile = |name: &str, account: &str| {
        format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::{account}:role/admin\nsource_profile = someaccount\n"
        )
    };
    let names = ["東京本番", "⚠\u{fe0f} prod", "a-name-of-28-columns-in-all-"];
    let config: String = names.iter().map(|name| profile(name, "210987654321")).collect();
    let home = Home::someaccount().config(config);
    for (columns, expected) in [
        (
            80,
            [
                "> a-name-of-28-columns-in-all-  210987654321  role admin",
                "  someaccount                   123456789012  bob",
                "  ⚠\u{fe0f} prod                       210987654321  role admin",
                "  東京本番                      210987654321  role admin",
            ],
        ),
        (
            40,
            [
                "> a-name-of-28-columns-in-all-",
                "  someaccount              123456789012",
                "  ⚠\u{fe0f} prod                  210987654321",
                "  東京本番                 210987654321",
            ],
        ),
        (
            30,
            [
                "> a-name-of-28-columns-in-al…",
                "  someaccount    123456789012",
                "  ⚠\u{fe0f} prod        210987654321",
                "  東京本番       210987654321",
            ],
        ),
        (9, ["> a-nam…", "  somea…", "  ⚠\u{fe0f} pr…", "  東京…"]),
    ] {
        let mut terminal = Terminal::of_width(home.run(["--pick", "-w"]).env("NO_COLOR", "1"), columns);
        terminal.wait_for("A\r\x1b[");
        assert_eq!(rows(&terminal), expected, "{columns}");
        press_character(&mut terminal);
        assert_eq!(rows(&terminal).len(), 1, "{columns}");
        terminal.press(CTRL_C);
        assert_eq!(terminal.end().0, 130);
    }
}

/// Presses a character that the terminal sends as three bytes.
fn press_character(terminal: &mut Terminal) {
    terminal.press("京");
    terminal.wait_for("A\r\x1b[");
}

#[test]
fn colour_is_for_the_marked_row_alone_and_only_where_it_is_wanted() {
    let home = several();
    let mut terminal = Terminal::start(home.run(["--pick", "-w"]));
    terminal.wait_for("\x1b[1m> admin        123456789012  role admin\x1b[0m\r\n  other");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
    let mut terminal = picking(&home);
    terminal.press(CTRL_C);
    let (_, text) = terminal.end();
    assert!(!text.contains("\x1b[1m") && !text.contains("\x1b[0m"), "{text:?}");
}

#[test]
fn names_that_steer_a_terminal_are_shown() {
    let evil = "[evil\x1b[45m\x07]\naws_access_key_id = AKIAOTHERNN7EXAMPLE1\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nmfa_serial = GAHT12345678\n";
    let home = Home::someaccount().credentials(format!("{SOMEACCOUNT}{evil}"));
    let mut terminal = picking(&home);
    assert_eq!(rows(&terminal)[0], "> evil?[45m?                 GAHT12345678");
    // A pasted direction mark in the filter, too.
    press(&mut terminal, "\u{202e}");
    assert_eq!(list(&terminal)[0], "Profile: ");
    terminal.press(CTRL_C);
    let (_, text) = terminal.end();
    assert!(!text.contains("\x1b[45m") && !text.contains('\x07'), "{text:?}");
}
