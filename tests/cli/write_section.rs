//! `-w --section NAME`: another section than `[default]`, with the same guarantees.

use support::{CODE, Home, SOMEACCOUNT, Shown, Terminal, done, failed, keys_in, started_by, sts};

use crate::roles::role;

const OTHER: &str =
    "# mine\r\n[default]\r\naws_access_key_id = AKIAIOSFODNN7EXAMPLF\r\naws_secret_access_key = other\r\n";

fn wrote(section: &str) -> String {
    format!(
        "wrote someaccount to [{section}] in ~/.aws/credentials (undo: mfa-env unset -w --section {section})\n{}",
        started_by("someaccount")
    )
}

fn unset(home: &Home, section: &str) -> Shown {
    home.run(["unset", "-w", "--section", section]).output()
}

#[test]
fn writes_and_undoes_only_that_section_and_leaves_default_alone() {
    let text = format!("{OTHER}{SOMEACCOUNT}");
    let (home, sts) = (Home::new().credentials(&text), sts());
    let shown = home.run(["someaccount", "-w", "--section", "ci", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown, done("", &wrote("ci")));
    let written = home.read_credentials();
    assert!(written.starts_with(&text) && written[text.len()..].starts_with("\r\n[ci]\r\n"), "{written}");
    // The prompt shows `[default]` only.
    assert!(home.read(".local/state/mfa-env/default").starts_with('\n'));
    assert_eq!(unset(&home, "ci"), done("", "removed someaccount from [ci] in ~/.aws/credentials\n"));
    assert_eq!(home.read_credentials(), text);
    assert_eq!(unset(&home, "ci"), done("", "nothing to remove: [ci] has no mfa-env session\n"));
}

/// Both have the same cached session, so the same key.
#[test]
fn two_sections_with_one_session_are_undone_one_by_one() {
    let (home, sts) = (Home::someaccount(), sts());
    let write = |options: &[&str]| {
        let shown = home.run(["someaccount", "-w"]).args(options).sts(&sts).output();
        assert_eq!(shown.status, 0, "{shown:?}");
        home.read_credentials()
    };
    let one = write(&["-t", CODE]);
    let two = write(&["--section", "ci"]);
    assert!(home.read(".local/state/mfa-env/default").starts_with("someaccount\t"));
    assert_eq!(unset(&home, "ci").status, 0);
    assert_eq!(home.read_credentials(), one);
    // Its start is the time of the write.
    let without_start =
        |text: String| text.lines().filter(|line| !line.starts_with("__started__")).collect::<String>();
    assert_eq!(without_start(write(&["--section", "ci"])), without_start(two));
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    assert_eq!(unset(&home, "ci").status, 0);
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
}

#[test]
fn long_term_keys_in_it_are_refused_and_moved_by_force() {
    let (home, sts) = (Home::someaccount(), sts());
    let write = |options: &[&str]| {
        home.run(["someaccount", "-w", "--section", "someaccount"]).args(options).sts(&sts).output()
    };
    let refused = "error: `~/.aws/credentials` was not changed: `[someaccount]` holds a long-term key (AKIAIOSFODNN7EXAMPLE), and mfa-env won't overwrite it\n\
                   hint: move it to `[someaccount-long-term]` in the same step: mfa-env someaccount -w --force --section someaccount\n\
                   hint: or rename the section yourself, e.g. to `[personal]`\n";
    assert_eq!(write(&[]), failed(1, refused));
    assert_eq!(sts.connections(), 0);
    assert_eq!(write(&["--force", "-t", CODE]).status, 0);
    assert!(home.read_credentials().starts_with("[someaccount-long-term]\n"));
    // The layout of aws-mfa: the next login signs with the keys that were moved.
    assert_eq!(home.run(["someaccount", "-r", "--no-input"]).sts(&sts).output().status, 4);
    let shown = unset(&home, "someaccount");
    assert_eq!(shown.status, 0, "{shown:?}");
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
}

#[test]
fn keys_that_the_session_would_hide_are_refused_and_what_hides_the_session_is_named() {
    let sts = sts();
    let in_config =
        Home::new().config(keys_in("profile x", "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n"));
    let shown = in_config.run(["x", "-w", "--section", "x", "-t", CODE]).sts(&sts).output();
    let refused = "error: a session in `[x]` would hide the keys of profile `x` in `~/.aws/config`\n\
                   hint: move these keys to `[x-long-term]` in `~/.aws/credentials`, where mfa-env finds them\n\
                   hint: write to another section: mfa-env x -w --section x-mfa\n";
    assert_eq!(shown, failed(2, refused));
    let other = Home::someaccount().config(keys_in("profile b", ""));
    let shown = other.run(["someaccount", "-w", "--section", "b", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.status, 2, "{shown:?}");
    let hidden = Home::someaccount().config(role("ci", "someaccount", ""));
    let shown = hidden.run(["someaccount", "-w", "--section", "ci", "-t", CODE]).sts(&sts).output();
    let warning =
        "warning: the session in `[ci]` has no effect here: `role_arn` of `ci` in the config file wins\n";
    assert!(shown.status == 0 && shown.stderr.contains(warning), "{shown:?}");
}

/// A terminal breaks a line at spaces, but not in a command that the user may copy.
#[test]
fn the_command_that_undoes_it_stays_in_one_line() {
    let (home, sts) = (Home::someaccount(), sts());
    let run = home.run(["someaccount", "-w", "--section", "some-other-section", "-t", CODE]).sts(&sts);
    let (status, text) = Terminal::of_width(run.env("NO_COLOR", "1"), 80).end();
    let undo = "(undo: mfa-env unset -w --section some-other-section)\n";
    assert_eq!((status, text), (0, undo.to_owned() + &started_by("someaccount")));
}

#[test]
fn a_section_needs_w_and_a_name_that_all_tools_read() {
    let home = Home::someaccount();
    assert_eq!(home.run(["someaccount", "--section", "ci"]).output().status, 2);
    for name in ["a]", "a-long-term", "DEFAULT", " a", "a # b", "", "a\nb"] {
        let shown = home.run(["someaccount", "-w", "--section", name]).output();
        assert_eq!(shown.status, 2, "{name}");
        assert!(shown.stderr.ends_with("hint: take letters, digits and _-/.%@:+\n"), "{shown:?}");
    }
}
