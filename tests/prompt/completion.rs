//! Presses TAB, and checks the words that the shell then passes to the function.

use support::Home;

use crate::typed::{Kind, Program, Setup, Shell, all, bashes};

/// Names that shells would split. The first characters of each are unique.
const NAMES: [&str; 13] = [
    "team:prod",
    "user@corp",
    "a b",
    "it's",
    "q\"x",
    "dir/sub",
    "v=y",
    "$d$(touch pwn)",
    "back\\slash",
    "zz`touch pwn`",
    "new york:east side",
    "émile",
    "bang!x",
];

fn home() -> Home {
    let home = Home::new();
    let section = |name: &&str| format!("[{name}]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n");
    home.credentials(NAMES.iter().map(section).collect::<String>())
}

/// A shell whose function stores its words.
fn completing<'h>(program: &Program, home: &'h Home) -> Setup<'h> {
    let (before, after) = match program.kind {
        Kind::Bash => ("", "mfa-env() { printf '%s\\n' \"$@\" >words; }"),
        Kind::Zsh => {
            ("autoload -Uz compinit; compinit -u -D", "function mfa-env { printf '%s\\n' \"$@\" >words; }")
        }
        Kind::Fish => ("", "function mfa-env; printf '%s\\n' $argv >words; end"),
    };
    program.on(home).before(before).after(after)
}

/// Types `mfa-env`, these keys, TAB and Enter. Returns the words.
fn words(home: &Home, shell: &mut Shell, typed: &str) -> Vec<String> {
    home.write("words", "");
    shell.run(&format!("mfa-env {typed}\t"));
    home.read("words").lines().map(str::to_owned).collect()
}

fn assert_completes(home: &Home, shell: &mut Shell, cases: &[(&str, &[&str])]) {
    for (typed, expected) in cases {
        assert_eq!(words(home, shell, typed), *expected, "{}: `{typed}`", shell.program);
    }
    assert!(!home.path("pwn").exists(), "{}", shell.program);
}

/// Plain beginnings, which no shell has to quote.
const PLAIN: [(&str, &[&str]); 11] = [
    ("team:pr", &["team:prod"]),
    ("tea", &["team:prod"]),
    ("user@c", &["user@corp"]),
    ("us", &["user@corp"]),
    ("it", &["it's"]),
    ("q", &["q\"x"]),
    ("dir/s", &["dir/sub"]),
    ("v=", &["v=y"]),
    ("bac", &["back\\slash"]),
    ("zz", &["zz`touch pwn`"]),
    ("ne", &["new york:east side"]),
];

#[test]
fn a_name_typed_in_part_is_one_right_word() {
    for program in all() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        assert_completes(&home, &mut shell, &PLAIN);
    }
}

#[test]
fn a_name_with_a_space_goes_on_after_it() {
    for program in all() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        let cases: [(&str, &[&str]); 5] = [
            ("a\\ ", &["a b"]),
            ("'a ", &["a b"]),
            ("\"a ", &["a b"]),
            ("new\\ york:e", &["new york:east side"]),
            ("'new york:e", &["new york:east side"]),
        ];
        assert_completes(&home, &mut shell, &cases);
    }
}

#[test]
fn a_name_in_open_quotes_is_one_right_word() {
    for program in all() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        let cases: [(&str, &[&str]); 8] = [
            ("\"it", &["it's"]),
            ("'q", &["q\"x"]),
            ("'team:p", &["team:prod"]),
            ("\"team:p", &["team:prod"]),
            ("\"user@", &["user@corp"]),
            ("'$d", &["$d$(touch pwn)"]),
            ("'zz", &["zz`touch pwn`"]),
            ("'dir/", &["dir/sub"]),
        ];
        assert_completes(&home, &mut shell, &cases);
    }
}

#[test]
fn letters_of_other_languages_are_completed() {
    for program in all() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        assert_completes(&home, &mut shell, &[("é", &["émile"])]);
    }
}

#[test]
fn the_values_of_options_and_commands_are_names_too() {
    for program in all() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        let cases: [(&str, &[&str]); 8] = [
            ("--profile team:p", &["--profile", "team:prod"]),
            ("--profile=team:p", &["--profile=team:prod"]),
            ("--profile=user@", &["--profile=user@corp"]),
            ("--profile=ne", &["--profile=new york:east side"]),
            ("-p user@", &["-p", "user@corp"]),
            ("forget it", &["forget", "it's"]),
            ("-w user@", &["-w", "user@corp"]),
            ("-d 12h team:", &["-d", "12h", "team:prod"]),
        ];
        assert_completes(&home, &mut shell, &cases);
    }
}

#[test]
fn a_name_that_would_steer_the_terminal_or_hide_in_it_is_not_offered() {
    let names = ["esc\u{1b}[31m", "tag\u{e0041}", "filler\u{115f}", "bidi\u{202e}x"];
    let section = |name: &&str| format!("[{name}]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n");
    for program in all() {
        let home = Home::new().credentials(names.iter().map(section).collect::<String>());
        let mut shell = completing(&program, &home).start();
        let cases: [(&str, &[&str]); 8] = [
            ("es", &["es"]),
            ("'es\t'", &["es"]),
            ("\"es\t\"", &["es"]),
            ("ta", &["ta"]),
            ("fil", &["fil"]),
            ("'bid\t'", &["bid"]),
            ("-p es", &["-p", "es"]),
            ("forget fil", &["forget", "fil"]),
        ];
        assert_completes(&home, &mut shell, &cases);
    }
}

#[test]
fn options_their_values_and_commands_are_completed() {
    for program in all() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        let cases: [(&str, &[&str]); 10] = [
            ("--form", &["--format"]),
            ("--format j", &["--format", "json"]),
            ("--format=j", &["--format=json"]),
            ("--shell pos", &["--shell", "posix"]),
            ("--write", &["--write-default"]),
            ("stat", &["status"]),
            ("pol", &["policy"]),
            ("forget --a", &["forget", "--all"]),
            ("init fi", &["init", "fish"]),
            ("team:prod --no-c", &["team:prod", "--no-cache"]),
        ];
        assert_completes(&home, &mut shell, &cases);
    }
}

#[test]
fn what_no_name_begins_with_stays_as_typed() {
    for program in all() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        assert_completes(&home, &mut shell, &[("nosuch", &["nosuch"]), ("team:x", &["team:x"])]);
    }
}

#[test]
fn word_breaks_that_the_user_chose_make_no_difference_in_bash() {
    for program in bashes() {
        for breaks in [" \\t\\n", " \\t\\n\"'><=;|&(", " \\t\\n\"'@><=;|&(:", " \\t\\n:/@=."] {
            let home = home();
            let line = format!("COMP_WORDBREAKS=$'{}'", breaks.replace('\'', "\\'"));
            let mut shell = completing(&program, &home).after(&line).start();
            let cases: [(&str, &[&str]); 8] = [
                ("team:pr", &["team:prod"]),
                ("user@c", &["user@corp"]),
                ("a\\ ", &["a b"]),
                ("dir/s", &["dir/sub"]),
                ("'new york:e", &["new york:east side"]),
                ("--profile=team:p", &["--profile=team:prod"]),
                ("--format=j", &["--format=json"]),
                ("--format j", &["--format", "json"]),
            ];
            for (typed, expected) in cases {
                assert_eq!(words(&home, &mut shell, typed), expected, "{program}: {breaks:?}: `{typed}`");
            }
            let after = shell.run("printf %q \"$COMP_WORDBREAKS\"");
            shell.run(&line);
            assert_eq!(after, shell.run("printf %q \"$COMP_WORDBREAKS\""), "{program}");
        }
    }
}

#[test]
fn a_name_that_begins_with_a_tilde_or_a_dash_is_completed() {
    for program in all() {
        let section = |name: &str| format!("[{name}]\naws_access_key_id = AKIAX\n");
        let home = Home::new().credentials(section("~x") + &section("-y"));
        let mut shell = completing(&program, &home).start();
        let cases: [(&str, &[&str]); 3] =
            [("\\~", &["~x"]), ("'~", &["~x"]), ("--profile=-", &["--profile=-y"])];
        assert_completes(&home, &mut shell, &cases);
    }
}

#[test]
fn bash_quotes_what_it_would_expand() {
    for program in bashes() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        let cases: [(&str, &[&str]); 9] = [
            ("\\$", &["$d$(touch pwn)"]),
            ("\"\\$", &["$d$(touch pwn)"]),
            ("\"q", &["q\"x"]),
            ("'it", &["it's"]),
            ("\"back", &["back\\slash"]),
            ("'back", &["back\\slash"]),
            ("\"zz", &["zz`touch pwn`"]),
            ("bang", &["bang!x"]),
            ("'bang", &["bang!x"]),
        ];
        assert_completes(&home, &mut shell, &cases);
    }
}

#[test]
fn completes_under_strict_options_after_a_path_and_after_assignments_in_bash() {
    for program in bashes() {
        let home = home();
        let mut shell = completing(&program, &home).after("set -u; set -o pipefail").start();
        for line in ["X=1 mfa-env team:\t", "true; mfa-env team:\t", "true && Y=a\\ b mfa-env team:\t"] {
            // bash before 4.3 completes an assignment as if it were the command.
            if ["3.2", "4.2"].iter().any(|old| program.path.contains(old)) && line.contains('=') {
                continue;
            }
            home.write("words", "");
            let shown = shell.run(line);
            assert_eq!(
                (home.read("words").as_str(), shown.as_str()),
                ("team:prod\n", ""),
                "{program}: {line}"
            );
        }
    }
}

#[test]
fn a_command_after_dashes_has_its_own_completion() {
    for program in all() {
        let home = home();
        home.write("some where", "");
        // fish only has completions of other programs with its configuration.
        let (mut shell, _) = completing(&program, &home).with_configuration().start_showing();
        let cases: [(&str, &[&str]); 4] = [
            ("team:prod -- realpa", &["team:prod", "--", "realpath"]),
            ("-d 12h 'a b' -- realpa", &["-d", "12h", "a b", "--", "realpath"]),
            ("team:prod -- cat some", &["team:prod", "--", "cat", "some where"]),
            ("-- cat 'some", &["--", "cat", "some where"]),
        ];
        // bash 3.2 can't be told that candidates are file names.
        let cases = if program.path.contains("3.2") { &cases[..2] } else { &cases };
        assert_completes(&home, &mut shell, cases);
        let options: &[(&str, &[&str])] = match program.kind {
            Kind::Bash => &[],
            Kind::Zsh | Kind::Fish => &[("it\\'s -- ls --rever", &["it's", "--", "ls", "--reverse"])],
        };
        assert_completes(&home, &mut shell, options);
    }
}

#[test]
fn after_a_profile_come_options() {
    for program in all() {
        let home = home();
        let mut shell = completing(&program, &home).start();
        // The first TAB inserts the common dashes. bash lists at the second TAB after that.
        shell.press("mfa-env team:prod \t");
        shell.wait("the dashes", |shell| shell.line().ends_with("team:prod --"));
        shell.press(if program.kind == Kind::Bash { "\t\t" } else { "\t" });
        shell.wait("the options", |shell| shell.text().contains("--renew"));
        assert!(!shell.text().contains("policy"), "{program}: {}", shell.text());
    }
}

#[test]
fn bash_completion_loaded_before_or_after_completes_the_command_after_dashes() {
    const LOAD: &str = "source /usr/share/bash-completion/bash_completion";
    assert!(std::path::Path::new(&LOAD["source ".len()..]).exists(), "run tests/run once: it installs it");
    // macOS's bash can't do this.
    for program in bashes().into_iter().filter(|program| !program.path.contains("3.2")) {
        let home = home();
        home.write("somewhere", "");
        for place in [Setup::before, Setup::after] {
            let mut shell = place(completing(&program, &home), LOAD).start();
            assert_completes(&home, &mut shell, &PLAIN);
            let cases: [(&str, &[&str]); 4] = [
                ("team:prod -- realpa", &["team:prod", "--", "realpath"]),
                ("team:prod -- cat somew", &["team:prod", "--", "cat", "somewhere"]),
                ("team:prod -- kill -TER", &["team:prod", "--", "kill", "-TERM"]),
                ("status --mi", &["status", "--min-ttl"]),
            ];
            assert_completes(&home, &mut shell, &cases);
        }
    }
}

#[test]
fn names_are_listed_where_more_than_one_fits() {
    for program in bashes() {
        let home = Home::new().credentials("[team:prod]\n[team:dev]\n[other]\n");
        let mut shell = completing(&program, &home).start();
        shell.press("mfa-env team:\t\t");
        shell.wait_for("dev");
        shell.press("d\t\r");
        shell.wait_for_prompt();
        assert_eq!(home.read("words"), "team:dev\n", "{program}");
    }
}

#[test]
fn completing_asks_for_nothing_where_the_files_are_broken() {
    for program in all() {
        let home = Home::new().credentials("[a\nbroken");
        let mut shell = completing(&program, &home).start();
        assert_completes(&home, &mut shell, &[("nosuch", &["nosuch"])]);
        assert!(!shell.text().contains("error"), "{program}: {}", shell.text());
    }
}
