//! `-w` and `unset -w`: the credentials file afterwards, and what is restored.

use support::{
    CODE, CODES, Home, KEY_ID, SECRET, SERIAL, SOMEACCOUNT, Shown, Terminal, WRITTEN, assert_no_secrets,
    done, failed, keys_in, logins, sts, written_by,
};

use crate::issued::{Issued, with_now, written};

const TAKEN_OUT: &str = "removed someaccount from [default] in ~/.aws/credentials\n";

fn write(home: &Home, sts: &fake_sts::FakeSts, arguments: &[&str]) {
    let shown = home.run(arguments).args(["-w", "-r", "-t", CODE]).sts(sts).output();
    assert_eq!(shown, done("", WRITTEN), "{arguments:?}");
}

/// What `--force` moves.
const MOVED: &str = "; moved your key to [default-long-term]";
const BACK: &str = "; moved your key back from [default-long-term]\n";

/// The same for a session with scripted values.
fn write_issued(home: &Home, sts: &fake_sts::FakeSts, profile: &str, options: &[&str]) {
    let run = home.run(["-w", "--no-cache", "-t", CODE]).args(options).sts(sts);
    let moved = if options.contains(&"--force") { MOVED } else { "" };
    assert_eq!(run.output(), done("", &written_by(profile, moved)), "{profile}");
}

fn unset(home: &Home) -> Shown {
    home.run(["unset", "-w"]).output()
}

#[test]
fn writes_a_section_at_the_end_where_there_is_none() {
    let (home, sts) = (Home::someaccount(), sts());
    let session = Issued::by(&sts, 'A');
    write_issued(&home, &sts, "someaccount", &["someaccount"]);
    let expected = format!("{SOMEACCOUNT}\n[default]\n{}", session.lines("someaccount", None));
    assert_eq!(written(&home), expected);
    assert_eq!(logins(&sts)[0].parameters["TokenCode"], CODE);
}

#[test]
fn says_when_it_started_and_ends_in_local_time() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).env("TZ", "EST5").output();
    assert_eq!(shown, done("", WRITTEN));
    let text = home.read_credentials();
    with_now(&text);
    for key in ["__started__", "__expires__"] {
        let value = support::between(&text, &format!("{key} = "), "\n").expect("it is there");
        assert!(value.ends_with("-05:00") && value.len() == "2026-11-22 10:00:00-05:00".len(), "{value}");
    }
}

/// Files in which every byte outside `[default]` must stay.
fn files() -> Vec<String> {
    let plain = format!("# mine\n\n{SOMEACCOUNT}s3 =\n  max_queue_size = 10\n; end\n");
    vec![
        plain.clone(),
        plain.replace('\n', "\r\n"),
        plain.trim_end().to_owned(),
        format!("{plain}\n"),
        format!("{plain}\n\n\n"),
        format!("# first\n[default]\n# in it\n\n{plain}"),
        format!("# first\r\n[default] # here\r\nregion=us-west-2\r\noutput = json\r\n\r\n{plain}"),
        format!("{plain}[default]"),
        format!("[other]\nKey=Value ; c\n\n\n{plain}\t\n   \n[zzz]\n"),
        format!("{plain}[unicode]\nname = Zürich – ελ\n"),
    ]
}

#[test]
fn all_other_bytes_stay_and_unset_gives_the_file_back() {
    let sts = sts();
    for text in files() {
        for config in ["", "[profile someaccount]\nregion = eu-west-1\n"] {
            let home = Home::new().credentials(&text).config(config);
            let session = Issued::by(&sts, 'A');
            write_issued(&home, &sts, "someaccount", &["someaccount"]);
            let now = home.read_credentials();
            let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
            assert!(now.contains(&format!("\nexpiration = {}{ending}", session.expiration())), "{now:?}");
            // The old lines are still there in order, except for a region that was replaced.
            let mut rest = now.lines();
            for line in text.lines().filter(|line| !line.starts_with("region")) {
                assert!(rest.any(|other| other == line), "`{line}` is gone from {now:?}");
            }
            assert_eq!(unset(&home), done("", TAKEN_OUT));
            assert_eq!(home.read_credentials(), text);
        }
    }
}

#[test]
fn the_old_scripts_file_is_updated_where_its_lines_are() {
    let old = format!(
        "{SOMEACCOUNT}\n[default]\n__profile__ = someaccount\n__started__ = 2018-03-01 10:00:00-05:00\n\
         __expires__ = 2018-03-01 22:00:00-05:00\naws_access_key_id = ASIAOLDOLDOLDOLDOLDO\n\
         aws_secret_access_key = old\naws_session_token = old\n\n[last]\nregion = us-east-1\n"
    );
    let (home, sts) = (Home::new().credentials(old), sts());
    let session = Issued::by(&sts, 'A');
    // Without a name, `default` stands for the profile of its session.
    write_issued(&home, &sts, "someaccount", &[]);
    let expected = format!(
        "{SOMEACCOUNT}\n[default]\n__profile__ = someaccount\n__started__ = ~NOW~\n__expires__ = {}\n\
         aws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\nexpiration = {}\n\n\
         [last]\nregion = us-east-1\n",
        session.expiration.strftime("%Y-%m-%d %H:%M:%S+00:00"),
        session.access_key_id,
        session.secret_access_key,
        session.session_token,
        session.expiration()
    );
    assert_eq!(written(&home), expected);
    assert_eq!(unset(&home), done("", TAKEN_OUT));
    assert_eq!(home.read_credentials(), format!("{SOMEACCOUNT}\n[default]\n\n[last]\nregion = us-east-1\n"));
}

#[test]
fn a_stale_security_token_goes() {
    let old = "[default]\naws_access_key_id = ASIAOLDOLDOLDOLDOLDO\naws_secret_access_key = old\n\
               aws_security_token = stale\noutput = json\n";
    let (home, sts) = (Home::new().credentials(format!("{old}{SOMEACCOUNT}")), sts());
    write(&home, &sts, &["someaccount"]);
    let now = home.read_credentials();
    assert!(!now.contains("security_token") && now.contains("output = json\n"), "{now}");
}

#[test]
fn the_next_session_replaces_the_last_and_unset_gives_the_first_file_back() {
    let other = keys_in("plain", &format!("mfa_serial = {SERIAL}\n"));
    let own = "__Profile__ = plain # mine\nregion = us-west-2 # mine\nexpiration=never";
    let text = format!("[default]\n{own}\n\n{SOMEACCOUNT}{other}");
    let home = Home::new().credentials(&text).config("[profile someaccount]\nregion = eu-west-1\n");
    let sts = sts();
    let sessions = ['A', 'B', 'C'].map(|letter| {
        let session = Issued::by(&sts, letter);
        let profile = if letter == 'B' { "plain" } else { "someaccount" };
        write_issued(&home, &sts, profile, &[profile]);
        let now = home.read_credentials();
        let region = if letter == 'B' { "region = us-west-2 # mine\n" } else { "region = eu-west-1\n" };
        assert!(now.contains(region), "{now}");
        assert_eq!(now.matches("[default]").count(), 1);
        session
    });
    let now = home.read_credentials();
    assert!(!now.contains(&sessions[1].session_token) && now.contains(&sessions[2].session_token));
    assert_eq!(unset(&home), done("", TAKEN_OUT));
    assert_eq!(home.read_credentials(), text);
}

#[test]
fn unset_leaves_what_the_user_added_since() {
    let (home, sts) = (Home::someaccount(), sts());
    write(&home, &sts, &["someaccount"]);
    let now = home.read_credentials();
    home.write(".aws/credentials", format!("{now}output = json\n[more]\nregion = us-east-1\n"));
    assert_eq!(unset(&home), done("", TAKEN_OUT));
    let expected = format!("{SOMEACCOUNT}\n[default]\noutput = json\n[more]\nregion = us-east-1\n");
    assert_eq!(home.read_credentials(), expected);
}

#[test]
fn unset_touches_no_session_of_another_tool() {
    let theirs = "[default]\naws_access_key_id = ASIATHEIRSTHEIRSTHEI\naws_secret_access_key = theirs\n";
    for text in [theirs, SOMEACCOUNT, "", "[default]\nregion = us-east-1\n"] {
        let home = Home::new().credentials(text);
        let nothing = "nothing to remove: [default] has no mfa-env session\n";
        assert_eq!(unset(&home), done("", nothing));
        assert_eq!(home.read_credentials(), text);
    }
    let home = Home::new();
    assert_eq!(unset(&home).status, 0);
    assert!(!home.path(".aws/credentials").exists());
}

#[test]
fn the_state_file_holds_no_secret_and_is_the_owners() {
    let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    let sts = sts();
    let session = Issued::by(&sts, 'A');
    let run = home.program("sh").args(["-c", "umask 000; exec mfa-env someaccount -w -t $0", CODE]);
    assert_eq!(run.sts(&sts).output(), done("", WRITTEN));
    let state = home.read(".local/state/mfa-env/default");
    let line = format!(
        "someaccount\t{}\t{}\t{}\t~HOME~/.aws/credentials\n",
        session.expiration.as_second(),
        session.access_key_id,
        session.expiration
    );
    assert!(home.without_places(&state, None).starts_with(&line), "{state}");
    assert_no_secrets("the state file", &state);
    let modes =
        home.program("stat").args(["-c", "%a", ".local/state/mfa-env/default", ".local/state/mfa-env"]);
    assert_eq!(modes.output().stdout, "600\n700\n");
    unset(&home);
    assert!(!home.read(".local/state/mfa-env/default").contains(&session.access_key_id));
}

#[test]
fn an_empty_or_cut_off_state_file_harms_nothing() {
    for state in ["", "x", "someaccount\t17", "\0\0\0", "a\tb\tc\td\n[{"] {
        let (home, sts) = (Home::someaccount(), sts());
        std::fs::create_dir_all(home.path(".local/state/mfa-env")).expect("a new directory");
        home.write(".local/state/mfa-env/default", state);
        write(&home, &sts, &["someaccount"]);
        assert_eq!(unset(&home), done("", TAKEN_OUT));
        assert_eq!(home.read_credentials(), SOMEACCOUNT);
    }
}

#[test]
fn without_the_state_file_unset_takes_out_what_is_surely_ours() {
    let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    let sts = sts();
    write(&home, &sts, &["someaccount"]);
    std::fs::remove_dir_all(home.path(".local")).expect("it is there");
    assert_eq!(unset(&home), done("", TAKEN_OUT));
    assert_eq!(home.read_credentials(), format!("{SOMEACCOUNT}\n[default]\nregion = eu-west-1\n"));
}

/// A home with long-term keys in `[default]`.
fn long_term_default() -> Home {
    Home::new()
        .credentials(format!("{}# mine\n{SOMEACCOUNT}", keys_in("default", "")))
        .config(format!("[default]\nmfa_serial = {SERIAL}\nregion = us-west-2\n"))
}

#[test]
fn force_moves_long_term_keys_aside_and_unset_moves_them_back() {
    let home = long_term_default();
    let before = home.read_credentials();
    let sts = sts();
    let session = Issued::by(&sts, 'A');
    write_issued(&home, &sts, "someaccount", &["someaccount", "--force"]);
    let moved = format!(
        "[default-long-term]\nmfa_serial = {SERIAL}\nregion = us-west-2\naws_access_key_id = {KEY_ID}\n\
         aws_secret_access_key = {SECRET}\n# mine\n{SOMEACCOUNT}\n[default]\n{}",
        session.lines("someaccount", None)
    );
    assert_eq!(written(&home), moved);
    assert_eq!(unset(&home), done("", &TAKEN_OUT.replace('\n', BACK)));
    assert_eq!(home.read_credentials(), before);
}

#[test]
fn default_goes_on_with_the_keys_that_force_moved() {
    let (home, sts) = (long_term_default(), sts());
    let shown = home.run(["-w", "-t", CODE, "--force"]).sts(&sts).output();
    assert_eq!(shown, done("", &written_by("default", MOVED)));
    let shown = home.run(["-w", "-r", "-t", CODES[1]]).sts(&sts).output();
    assert_eq!(shown, done("", &written_by("default", "")));
    assert_eq!(logins(&sts)[1].access_key_id.as_deref(), Some(KEY_ID));
    unset(&home);
    assert_eq!(home.read_credentials(), long_term_default().read_credentials());
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
        let (moved, back) = if options.is_empty() { ("", "\n") } else { (MOVED, BACK) };
        assert_eq!(shown, done("", &written_by("two", moved)));
        terminal.press(&format!("{}\r", CODES[1]));
        assert_eq!(terminal.end().0, 0);
        let removed = TAKEN_OUT.replace("someaccount", "one").replace('\n', back);
        assert_eq!(unset(&home), done("", &removed));
        assert_eq!(home.read_credentials(), format!("{before}{text}"));
    }
}

#[test]
fn force_refuses_where_the_name_is_taken() {
    let home = long_term_default();
    let text = home.read_credentials() + "[default-long-term]\n";
    home.write(".aws/credentials", &text);
    let sts = sts();
    let shown = home.run(["someaccount", "-w", "--force", "-t", CODE]).sts(&sts).output();
    let message = "error: `~/.aws/credentials` was not changed: `--force` would move `[default]` to \
                   `[default-long-term]`, which already exists (line 9)\nhint: rename one of the two sections\n";
    assert_eq!(shown, failed(1, message));
    assert_eq!((home.read_credentials(), sts.connections()), (text, 0));
}
