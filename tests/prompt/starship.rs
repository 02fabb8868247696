//! starship, which draws the whole prompt: it shows a session in the environment, and one in `[default]` with
//! the lines of docs/prompt.md.

use support::{CODE, Home, SOMEACCOUNT, done, sts};

use crate::default::{expiration, installed, scripted, written_with};
use crate::segment::{LONG, with_session};
use crate::typed::{Kind, Program, Setup, all};

/// Whether the text is `2h5m30s` or some seconds less.
fn left(text: &str) -> bool {
    (0..=25).any(|seconds| text == format!("2h5m{}s", 30 - seconds))
}

/// What `starship module aws` shows with these variables: the text about the profile, and whether the time
/// left is right.
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

/// The line of docs/prompt.md that begins with this text.
fn documented(begins: &str) -> &'static str {
    let lines = include_str!("../../docs/prompt.md").lines();
    lines.into_iter().find(|line| line.starts_with(begins)).expect("a line of the page")
}

#[test]
fn shows_region_and_time_of_a_session_in_default_with_the_documented_region() {
    let home = written_with("");
    let aws = installed("aws");
    let venv = aws.parent().expect("a folder").display();
    let line = format!("PATH={}:$PATH; {}", venv, documented("aws configure"));
    assert_eq!(home.program("bash").args(["-c", &line]).output(), done("", ""));
    assert_eq!(module(&home, &[]), ("(eu-west-1)".to_owned(), true));
}

#[test]
fn shows_profile_and_time_of_a_session_in_default_with_the_documented_profile() {
    let home = written_with("");
    let line = documented("export AWS_PROFILE");
    let variable = line.strip_prefix("export ").and_then(|line| line.split_once('=')).expect("a variable");
    assert_eq!(module(&home, &[variable]), ("default".to_owned(), true));
}

#[test]
fn its_prompt_is_not_touched() {
    let starship = installed("starship").display().to_string();
    for program in all().into_iter().filter(supported) {
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

/// starship's code for bash needs a newer bash than macOS's.
fn supported(program: &Program) -> bool {
    !program.path.contains("3.2") && !program.path.contains("4.2")
}

/// Adds lines that load starship with its default modules, and a last character that the tests know.
fn with_starship<'h>(home: &'h Home, program: &Program, setup: Setup<'h>, is_first: bool) -> Setup<'h> {
    home.write("starship.toml", "[character]\nsuccess_symbol = '@@>'\nerror_symbol = '@@>'\n");
    let starship = installed("starship").display().to_string();
    let load = match program.kind {
        Kind::Bash => format!("eval \"$({starship} init bash)\""),
        Kind::Zsh => format!("eval \"$({starship} init zsh)\""),
        Kind::Fish => format!("{starship} init fish | source"),
    };
    let setup = setup.env("STARSHIP_CONFIG", &home.path("starship.toml").display().to_string());
    if is_first { setup.before(&load) } else { setup.after(&load) }
}

#[test]
fn its_prompt_shows_profile_and_time_of_an_exported_session() {
    for program in all().into_iter().filter(supported) {
        for is_first in [true, false] {
            let home = Home::someaccount();
            let mut shell = with_starship(&home, &program, program.on(&home), is_first).start_showing().0;
            let exported = [
                ("AWS_ACCESS_KEY_ID", "ASIAOURS".to_owned()),
                ("MFA_ENV_KEY", "ASIAOURS".to_owned()),
                ("MFA_ENV_PROFILE", "prod".to_owned()),
                ("AWS_VAULT", "prod".to_owned()),
                ("AWS_CREDENTIAL_EXPIRATION", expiration(LONG)),
            ];
            let lines = exported.map(|(name, value)| program.export(name, &value)).join("; ");
            let shown = shell.run(&lines);
            assert!(shown.contains("☁️  prod [2h5m"), "{program}, {is_first}: {shown}");
            assert!(!shown.contains("(prod"), "{program}, {is_first}: {shown}");
        }
    }
}

#[test]
fn its_prompt_gets_our_segment_with_the_documented_lines() {
    for program in all().into_iter().filter(supported) {
        let home = written_with("");
        let auto = documented("MFA_ENV_PROMPT_AUTO").trim_start();
        let auto = program.say(auto, "set -g MFA_ENV_PROMPT_AUTO 1");
        let setup = program.on(&home).before(auto);
        let (mut shell, shown) = with_starship(&home, &program, setup, true).start_showing();
        // In bash and zsh the segment is above the cursor's line, in fish at its right end.
        let shown = format!("{shown}\n{}", shell.prompt());
        assert!(shown.contains("(someaccount* 2h05m)"), "{program}: {shown}");
        // Another terminal removes the session, and writes a new one.
        assert_eq!(home.run(["unset", "-w"]).output().status, 0);
        let shown = format!("{}\n{}", shell.run("true"), shell.prompt());
        assert!(!shown.contains("someaccount"), "{program}: {shown}");
        home.write(".aws/credentials", SOMEACCOUNT);
        let sts = sts();
        scripted(&sts, "ASIAWRITTENWRITTEN02", 3 * 3600 + 330);
        let run = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts);
        assert_eq!(run.output().status, 0);
        let shown = format!("{}\n{}", shell.run("true"), shell.prompt());
        assert!(shown.contains("(someaccount* 3h05m)"), "{program}: {shown}");
    }
}
