//! The answers to a shell that completes: candidates and their order. tests/prompt presses TAB in the shells.

use support::{Home, done};

const NAMES: [&str; 4] = ["prod", "staging", "a:b", "list"];

fn home() -> Home {
    let section = |name: &&str| format!("[{name}]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n");
    Home::new().credentials(NAMES.iter().map(section).collect::<String>())
}

fn answer(home: &Home, shell: &str, typed: &str) -> String {
    let line = format!("mfa-env {typed}");
    let no_arguments: [&str; 0] = [];
    let run = home.run(no_arguments).env("MFA_ENV_COMPLETE", shell).env("MFA_ENV_LINE", &line);
    let shown = run.output();
    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""), "{typed}");
    shown.stdout
}

fn words(home: &Home, typed: &str) -> Vec<String> {
    answer(home, "bash", typed).lines().map(str::to_owned).collect()
}

#[test]
fn profiles_come_first_and_commands_where_the_word_matches_one() {
    let home = home();
    for (typed, expected) in [
        ("", &["a:b", "prod", "staging"][..]),
        ("sta", &["staging", "status"]),
        ("l", &["list"]),
        ("-w l", &[]),
        ("forget l", &["list"]),
        ("p", &["prod", "protect", "policy"]),
        ("help li", &["list"]),
        ("-w sta", &["staging"]),
        ("-p ", &["a:b", "list", "prod", "staging"]),
        ("--profile=st", &["--profile=staging"]),
        ("forget st", &["staging"]),
        ("prod st", &[]),
        ("nosuch", &[]),
        ("prod --shell po", &["posix"]),
        ("--format=j", &["--format=json"]),
        ("init fi", &["fish"]),
    ] {
        assert_eq!(words(&home, typed), expected, "{typed}");
    }
}

#[test]
fn options_come_after_a_profile_and_after_a_dash() {
    let home = home();
    for typed in ["prod ", "-p prod ", "--profile=list ", "-d 12h prod ", "-w prod ", "--re", "prod --re"] {
        let offered = words(&home, typed);
        assert!(offered.contains(&"--renew".to_owned()), "{typed}: {offered:?}");
        assert!(offered.iter().all(|word| word.starts_with("--")), "{typed}: {offered:?}");
    }
}

#[test]
fn without_profiles_the_commands_are_offered() {
    assert_eq!(words(&Home::new(), "").first().map(String::as_str), Some("setup"));
}

#[test]
fn zsh_and_fish_get_descriptions() {
    let home = home();
    let about = "Show which session this shell uses, and the time left";
    assert_eq!(answer(&home, "zsh", "statu"), format!("status:{about}\n"));
    assert_eq!(answer(&home, "fish", "statu"), format!("status\t{about}\n"));
    assert_eq!(answer(&home, "zsh", "a"), "a\\:b\n");
}

#[test]
fn a_broken_file_or_an_unknown_shell_is_no_candidate_and_no_error() {
    assert_eq!(answer(&Home::new().credentials("[a\nbroken"), "bash", "prod"), "");
    assert_eq!(answer(&home(), "xonsh", "pro"), "");
}

/// A shell that loaded the file of 0.1.0 asks in clap's way.
#[test]
fn the_shells_of_an_older_version_are_answered() {
    let home = home();
    let run = home.run(["--", "mfa-env", "stag"]).env("MFA_ENV_COMPLETE", "zsh");
    assert_eq!(run.env("_CLAP_COMPLETE_INDEX", "1").output(), done("staging", ""));
}
