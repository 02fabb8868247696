//! The segment for a session in the environment: its text, its colour, and when it disappears.

use std::time::Instant;

use support::{DEADLINE, Home, SERIAL, keys_in, sts};

use crate::default::scripted;
use crate::typed::{MARK, Program, Setup, Shell, all, bashes, bashes_and_zsh, fishes, zsh};

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A shell with a session of `profile` in its environment that expires in so many seconds.
pub fn with_session<'h>(program: &Program, home: &'h Home, profile: &str, left: i64) -> Setup<'h> {
    program.on(home).envs(&[
        ("AWS_ACCESS_KEY_ID", "ASIAOURS"),
        ("MFA_ENV_KEY", "ASIAOURS"),
        ("MFA_ENV_PROFILE", profile),
        ("AWS_VAULT", profile),
        ("MFA_ENV_EXPIRES", &(now() + left).to_string()),
    ])
}

/// 2 h 5 min, plus half a minute so that a slow test sees the same minute.
pub const LONG: i64 = 2 * 3600 + 5 * 60 + 30;
pub const SEGMENT: &str = "<green>(prod 2h05m)</>";

/// Exports a variable. Returns the segment after that.
fn segment_with(shell: &mut Shell, name: &str, value: &str) -> String {
    let line = shell.program.export(name, value);
    assert_eq!(shell.run(&line), "", "{}: {line}", shell.program);
    shell.segment()
}

#[test]
fn says_profile_and_time_left_in_the_colour_of_its_urgency() {
    for program in all() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        assert_eq!(shell.segment(), SEGMENT, "{program}");
        for (left, expected) in [
            (36 * 3600 + 30, "<green>(prod 36h00m)</>"),
            (3600 + 30, "<green>(prod 1h00m)</>"),
            (3600 - 30, "<green>(prod 59m)</>"),
            (16 * 60 + 30, "<green>(prod 16m)</>"),
            (15 * 60 + 30, "<green>(prod 15m)</>"),
            (15 * 60 - 30, "<yellow>(prod 14m)</>"),
            (9 * 60 + 30, "<yellow>(prod 9m)</>"),
            (60 + 30, "<yellow>(prod 1m)</>"),
            (-1, "<red>(prod expired)</>"),
            (-100_000, "<red>(prod expired)</>"),
        ] {
            let expires = (now() + left).to_string();
            assert_eq!(segment_with(&mut shell, "MFA_ENV_EXPIRES", &expires), expected, "{program}");
        }
        // Never `0s`. A shell's clock may be some milliseconds behind ours: time(2) is not as fine.
        let shown = segment_with(&mut shell, "MFA_ENV_EXPIRES", &now().to_string());
        assert!(["<red>(prod 1s)</>", "<red>(prod expired)</>"].contains(&&*shown), "{program}: {shown}");
    }
}

#[test]
fn counts_the_last_minute_in_seconds_and_in_red() {
    for program in all() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        let expires = now() + 45;
        let shown = segment_with(&mut shell, "MFA_ENV_EXPIRES", &expires.to_string());
        // bash 3.2 only knows whole seconds, so it may be one off.
        let possible: Vec<_> =
            (expires - now() - 1..=46).map(|left| format!("<red>(prod {left}s)</>")).collect();
        assert!(possible.contains(&shown), "{program}: {shown}");
    }
}

#[test]
fn goes_on_with_the_time_from_prompt_to_prompt() {
    let home = Home::new();
    let cases = [
        (63, "<yellow>(prod 1m)</>", &["<red>(prod 59s)</>"][..]),
        (2, "", &["<red>(prod expired)</>"]),
        (903, "<green>(prod 15m)</>", &["<yellow>(prod 15m)</>", "<yellow>(prod 14m)</>"]),
    ];
    let mut shells = Vec::new();
    for program in [bashes(), vec![zsh()], fishes()].concat() {
        for (left, before, after) in cases {
            let setup = with_session(&program, &home, "prod", LONG);
            shells.push((setup.start(), left, before, after));
        }
    }
    for (shell, left, before, _) in &mut shells {
        let shown = segment_with(shell, "MFA_ENV_EXPIRES", &(now() + *left).to_string());
        assert!(before.is_empty() || shown == *before, "{}: {shown}", shell.program);
    }
    let deadline = Instant::now() + DEADLINE;
    for (shell, _, _, after) in &mut shells {
        // Some seconds pass while the other shells are checked.
        let is_after = |shown: &str| {
            after.contains(&shown) || after[0].ends_with("s)</>") && shown.starts_with("<red>(prod 5")
        };
        while !is_after(&shell.segment()) {
            assert!(Instant::now() < deadline, "{}: still {}", shell.program, shell.segment());
            shell.run("true");
        }
    }
}

#[test]
fn is_plain_where_no_colour_is_wanted() {
    for program in all() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).env("NO_COLOR", "1").start();
        assert_eq!(shell.segment(), "(prod 2h05m)", "{program}");
        shell.run(&program.unset("NO_COLOR"));
        assert_eq!(shell.segment(), SEGMENT, "{program}");
        // fish shows no right prompt in a dumb terminal.
        let mut shell = with_session(&program, &home, "prod", LONG).env("TERM", "dumb").start();
        assert_eq!(shell.run("echo \"<$MFA_ENV_PROMPT>\""), "<(prod 2h05m) >", "{program}");
        assert!(!shell.text().contains("32m"), "{program}: {}", shell.text());
        if !program.is_fish() {
            assert_eq!(shell.segment(), "(prod 2h05m)", "{program}");
        }
    }
}

#[test]
fn is_empty_without_a_session() {
    for program in all() {
        let home = Home::new();
        assert_eq!(program.on(&home).start().segment(), "", "{program}");
    }
}

#[test]
fn goes_when_another_key_takes_the_place_of_ours_and_comes_back_with_it() {
    for program in all() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        assert_eq!(segment_with(&mut shell, "AWS_ACCESS_KEY_ID", "other"), "", "{program}");
        assert_eq!(segment_with(&mut shell, "AWS_ACCESS_KEY_ID", "ASIAOURS"), SEGMENT, "{program}");
        shell.run(&program.unset("AWS_ACCESS_KEY_ID"));
        assert_eq!(shell.segment(), "", "{program}");
    }
}

#[test]
fn is_left_to_the_user_where_he_places_it_himself() {
    for program in all() {
        let home = Home::new();
        let setup = with_session(&program, &home, "prod", LONG).env("MFA_ENV_PROMPT_AUTO", "0");
        assert_eq!(setup.start().segment(), "", "{program}");
        let prompt = program.say(
            "PS1='[${MFA_ENV_PROMPT}]@@> '",
            "function fish_prompt; printf '[%s]@@> ' $MFA_ENV_PROMPT; end",
        );
        let options = if program.path == "zsh" { "setopt prompt_subst" } else { "" };
        let setup = with_session(&program, &home, "prod", LONG).env("MFA_ENV_PROMPT_AUTO", "0");
        let mut shell = setup.after(options).after(prompt).start();
        assert_eq!(shell.prompt(), "[<green>(prod 2h05m)</> ]@@>", "{program}");
        shell.run(&program.export("AWS_ACCESS_KEY_ID", "other"));
        assert_eq!(shell.prompt(), "[]@@>", "{program}");
    }
}

#[test]
fn stands_once_where_the_user_has_placed_it_without_saying_so() {
    for program in bashes_and_zsh() {
        let home = Home::new();
        let options = if program.path == "zsh" { "setopt prompt_subst" } else { "" };
        for place in [Setup::before, Setup::after] {
            let setup = with_session(&program, &home, "prod", LONG);
            let setup = place(place(setup, options), "PS1='[${MFA_ENV_PROMPT}]@@> '");
            assert_eq!(setup.start().prompt(), "[<green>(prod 2h05m)</> ]@@>", "{program}");
        }
    }
}

#[test]
fn can_be_taken_out_and_put_back_while_the_shell_runs() {
    for program in all() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        assert_eq!(segment_with(&mut shell, "MFA_ENV_PROMPT_AUTO", "0"), "", "{program}");
        shell.run(&program.unset("MFA_ENV_PROMPT_AUTO"));
        assert_eq!(shell.segment(), SEGMENT, "{program}");
    }
}

#[test]
fn an_expiry_that_is_no_number_is_never_evaluated() {
    for program in all() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        let hostile = ["a[$(touch pwn)]", "$(touch pwn)", "`touch pwn`", "x=1", "-1", "1e9", "0x99999999"];
        for value in hostile.into_iter().chain(["", " 5", "1 2", "99999999999", "PATH", "1.5", "9999999999)"])
        {
            let shown = segment_with(&mut shell, "MFA_ENV_EXPIRES", value);
            assert_eq!(shown, "<red>(prod ?)</>", "{program}: {value}");
            assert!(!home.path("pwn").exists(), "{program}: {value}");
        }
        // 08 must not be read as octal.
        for value in ["0", "08", "0000000099"] {
            let shown = segment_with(&mut shell, "MFA_ENV_EXPIRES", value);
            assert_eq!(shown, "<red>(prod expired)</>", "{program}: {value}");
        }
    }
}

/// Names that a prompt would expand.
const HOSTILE: [&str; 10] = [
    "$(touch pwn)`id`\\u%F{red}",
    "`touch pwn`",
    "${HOME}$HOME",
    "a b",
    "%n%%%(?.a.b)",
    "\\w\\n\\[\\$",
    "!!1!",
    "émile 'x' \"y\"",
    "*?[a]~",
    "-n",
];

#[test]
fn a_hostile_name_is_shown_as_it_is() {
    for program in all() {
        let options: &[&str] = match program.path.as_str() {
            "zsh" => &["", "setopt prompt_subst", "setopt prompt_bang", "setopt prompt_subst prompt_bang"],
            _ => &[""],
        };
        for options in options {
            for name in HOSTILE {
                let home = Home::new();
                let mut shell = with_session(&program, &home, name, LONG).before(options).start();
                assert_eq!(shell.segment(), format!("<green>({name} 2h05m)</>"), "{program}: {options}");
                shell.run("true");
                assert_eq!(shell.segment(), format!("<green>({name} 2h05m)</>"), "{program}: {options}");
                assert!(!home.path("pwn").exists(), "{program}: {options} {name}");
            }
        }
    }
}

#[test]
fn an_escape_sequence_in_a_name_does_not_reach_the_terminal() {
    let controls = ["a\u{1b}[2Jb", "a\u{7}b", "a\tb", "a\rb", "a\u{80}b", "a\u{9b}31mb"];
    let unseen = ["a\u{202e}b", "a\u{2066}b", "a\u{200b}b", "a\u{2028}b", "a\u{61c}b"];
    for program in all() {
        for name in controls.into_iter().chain(unseen) {
            // A terminal may know UTF-8 even if the locale doesn't.
            for locale in ["C.UTF-8", "C"] {
                let home = Home::new();
                let shell = with_session(&program, &home, name, LONG).env("LC_ALL", locale).start();
                assert_eq!(shell.segment(), "<green>(? 2h05m)</>", "{program}: {name:?} {locale}");
            }
        }
    }
}

#[test]
fn a_login_exports_a_name_without_what_turns_text_around_or_hides_in_it() {
    let name = "a\u{202e}b\u{200b}c\u{2066}d\u{e0041}e\u{9b}31mf\u{115f}g\u{1d173}h\u{3164}é\u{1b}[2J";
    for program in all() {
        let home = Home::new().credentials(keys_in(name, &format!("mfa_serial = {SERIAL}\n")));
        let sts = sts();
        scripted(&sts, "ASIARETURNEDRETURNED", 9 * 60 + 30);
        let mut shell = program.on(&home).sts(&sts).env("NAME", name).start();
        let shown = shell.run("mfa-env \"$NAME\" -t $CODE0");
        assert!(
            shown.starts_with("Session started; expires in 9 minutes (a\\u{202e}b"),
            "{program}: {shown}"
        );
        assert_eq!(shell.segment(), "<yellow>(a?b?c?d?e?31mf?g?h?é?[2J 9m)</>", "{program}");
        assert!(shell.run("mfa-env unset").starts_with("removed a\\u{202e}b"), "{program}");
        assert_eq!(shell.segment(), "", "{program}");
        assert_eq!(shell.run("env | grep -c -e '^AWS_' -e '^MFA_ENV_P'"), "1", "{program}");
        for unseen in name.chars().filter(|c| !c.is_ascii() && *c != 'é') {
            assert!(!shell.text().contains(unseen), "{program}: {:?}", shell.text());
        }
    }
}

#[test]
fn the_line_editor_knows_how_wide_the_prompt_is() {
    for program in all() {
        let home = Home::new();
        // fish 3.4 doesn't know Ctrl-A without its configuration.
        let setup = with_session(&program, &home, "prod", LONG).with_configuration();
        let (mut shell, _) = setup.start_showing();
        let start = shell.column();
        let visible = if program.is_fish() { MARK.len() } else { "(prod 2h05m) @@> ".len() };
        assert_eq!(usize::from(start), visible, "{program}");
        let long = "x".repeat(430);
        shell.press(&format!("#{long}"));
        shell.wait("the whole line", |shell| shell.line().ends_with("xxxx") && shell.column() < 100);
        shell.press("\x01");
        shell.wait("the beginning", |shell| shell.column() == start && shell.line().ends_with(MARK));
    }
}

#[test]
fn goes_with_unset() {
    for program in all() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        assert_eq!(shell.run("mfa-env unset"), "removed prod from this shell", "{program}");
        assert_eq!(shell.segment(), "", "{program}");
        assert_eq!(shell.exit(), 0, "{program}");
    }
}
