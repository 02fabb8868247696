//! starship draws the whole prompt itself: it shows our session from the environment or from
//! `[default]`, with no configuration of its `aws` module.

use crate::default::{expiration, installed, written_with};
use crate::harness::Home;
use crate::segment::{LONG, with_session};
use crate::typed::{Kind, all};

/// `2h5m30s` and what it is some seconds later.
fn left(text: &str) -> bool {
    (0..=25).any(|seconds| text == format!("2h5m{}s", 30 - seconds))
}

/// What `starship module aws` shows with these variables: what it says of the profile, and whether
/// the time left is right.
fn module(home: &Home, variables: &[(&str, &str)]) -> (String, bool) {
    let run = home.program(installed("starship")).args(["module", "aws"]).env("TERM", "xterm");
    let shown = run.envs(variables).output();
    let (status, stderr) = (shown.status, shown.stderr.as_str());
    assert_eq!((status, stderr), (0, ""), "{shown:?}");
    let text = shown.stdout.strip_prefix("on \u{1b}[1;33m☁️  ").expect("its symbol");
    let (profile, time) = text.split_once(" [").expect("a time");
    (profile.to_owned(), left(time.strip_suffix("] \u{1b}[0m").expect("its end")))
}

#[test]
fn shows_profile_and_time_of_an_exported_session() {
    let expiration = expiration(LONG);
    let variables = [
        ("AWS_VAULT", "prod"),
        ("AWS_ACCESS_KEY_ID", "ASIAOURS"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_SESSION_TOKEN", "x"),
        ("AWS_CREDENTIAL_EXPIRATION", expiration.as_str()),
    ];
    assert_eq!(module(&Home::new(), &variables), ("prod".to_owned(), true));
}

/// It shows nothing at all of `[default]` where neither the environment names a profile nor config
/// a region: it does not look for one in the credentials file.
#[test]
fn shows_region_and_time_of_a_session_in_default() {
    let home = written_with("[default]\nregion = eu-west-1\n");
    assert_eq!(module(&home, &[]), ("(eu-west-1)".to_owned(), true));
}

#[test]
fn shows_profile_and_time_of_a_session_in_default_where_the_shell_names_it() {
    let home = written_with("");
    assert_eq!(module(&home, &[("AWS_PROFILE", "default")]), ("default".to_owned(), true));
}

#[test]
fn its_prompt_is_not_touched() {
    let starship = installed("starship").display().to_string();
    for program in all() {
        // starship's code for bash asks for more than macOS's has.
        if program.path.contains("3.2") || program.path.contains("4.2") {
            continue;
        }
        let home = Home::new();
        home.write(
            "starship.toml",
            "add_newline = false\nformat = '[$env_var]()@@> '\n[env_var.AWS_VAULT]\nformat = '$env_value '\n",
        );
        let name = ["bash", "zsh", "fish"][program.kind as usize];
        let load = match program.kind {
            Kind::Bash | Kind::Zsh => format!("eval \"$({starship} init {name})\""),
            Kind::Fish => format!("{starship} init fish | source"),
        };
        let setup = with_session(&program, &home, "prod", LONG).env("AWS_VAULT", "prod");
        let configuration = home.path("starship.toml").display().to_string();
        let mut shell = setup.before(&load).env("STARSHIP_CONFIG", &configuration).start();
        shell.run("true");
        assert_eq!(shell.prompt(), "prod @@>", "{program}");
    }
}
