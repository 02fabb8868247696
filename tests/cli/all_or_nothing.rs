//! Promise 1: the lines that a shell evaluates change all variables or none, whatever attributes the names
//! have in that shell.

use std::fmt::Write as _;

use support::{CODE, Home, Run, SOMEACCOUNT, Shown, sts};

use crate::shells::{POSIX, shell};

const NAMES: [&str; 14] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_VAULT",
    "MFA_ENV_PROFILE",
    "MFA_ENV_EXPIRES",
    "MFA_ENV_KEY",
    "MFA_ENV_SAVED",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SECURITY_TOKEN",
];
const REFUSED: &str = "mfa-env: this shell was not changed\n";

fn home() -> Home {
    Home::new().credentials(SOMEACCOUNT).config("[profile someaccount]\nregion = eu-west-1\n")
}

/// Prints the values that programs started by the shell see, one per line.
fn show() -> String {
    NAMES.iter().fold(String::new(), |mut script, name| {
        writeln!(script, "sh -c 'echo \"{name} ${{{name}-none}}\"'").expect("a String takes it");
        script
    })
}

/// The same for a session of `someaccount`, with placeholders for secrets.
fn session(shown: &Shown) -> String {
    let value = |line: &str| line.split_once(' ').map(|(_, value)| value.to_owned()).unwrap_or_default();
    let lines: Vec<_> = shown.stdout.lines().collect();
    let of = |name: &str| value(lines.iter().find(|line| line.starts_with(name)).expect("shown"));
    assert!(of("AWS_ACCESS_KEY_ID").starts_with("ASIA"), "{shown:?}");
    assert!(of("AWS_SECRET_ACCESS_KEY").len() > 20 && of("AWS_SESSION_TOKEN").len() > 20, "{shown:?}");
    assert_eq!(of("MFA_ENV_KEY"), of("AWS_ACCESS_KEY_ID"));
    [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_VAULT",
        "MFA_ENV_PROFILE",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SECURITY_TOKEN",
    ]
    .map(of)
    .join(" ")
}

const WHOLE: &str = "eu-west-1 eu-west-1 someaccount someaccount none none none";

/// Runs a script in that shell, with an STS that gives one session.
fn run(program: &[&str], script: &str) -> Shown {
    let (home, sts) = (home(), sts());
    let run: Run<'_> = shell(&home, program, script);
    run.sts(&sts).output()
}

/// The eval form, and the function if the shell has one.
fn forms(program: &str) -> Vec<(String, String)> {
    let eval = format!("eval \"$(mfa-env someaccount -t {CODE})\"");
    let mut forms = vec![(String::new(), eval)];
    if program != "dash" {
        let init = format!("eval \"$(mfa-env init {program})\"\n");
        forms.push((init, format!("mfa-env someaccount -t {CODE}")));
    }
    forms
}

#[test]
fn a_readonly_name_leaves_the_shell_as_it_was() {
    for program in POSIX {
        for (init, login) in forms(program[0]) {
            for name in NAMES {
                let script = format!(
                    "{init}export AWS_ACCESS_KEY_ID=old AWS_PROFILE=mine\nexport {name}=old\nreadonly {name}\n\
                     if {login}; then echo logged in; else echo refused; fi\n{}",
                    show()
                );
                let shown = run(program, &script);
                let mut expected = String::from("refused\n");
                for other in NAMES {
                    let value = match other {
                        _ if other == name => "old",
                        "AWS_ACCESS_KEY_ID" => "old",
                        "AWS_PROFILE" => "mine",
                        _ => "none",
                    };
                    writeln!(expected, "{other} {value}").expect("a String takes it");
                }
                assert_eq!((shown.status, &shown.stdout), (0, &expected), "{program:?} {name}: {shown:?}");
                assert!(shown.stderr.ends_with(REFUSED) && shown.stderr.contains(name), "{shown:?}");
            }
        }
    }
}

#[test]
fn a_readonly_region_that_is_right_already_is_no_reason_to_fail() {
    for program in POSIX {
        for (init, login) in forms(program[0]) {
            let script = format!(
                "{init}export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1\nreadonly AWS_REGION\n{login}\n{}",
                show()
            );
            assert_eq!(session(&run(program, &script)), WHOLE, "{program:?}");
        }
    }
}

#[test]
fn an_error_of_the_lines_ends_a_strict_shell_and_a_list_of_commands() {
    for program in POSIX {
        for (init, login) in forms(program[0]) {
            let unquoted = login.replace("\"$(", "$(").replace(")\"", ")");
            for line in [
                format!("set -eu; {login}; touch ran"),
                format!("{login} && touch ran"),
                format!("{unquoted} && touch ran"),
            ] {
                let (home, sts) = (home(), sts());
                let script = format!("{init}AWS_VAULT=x; readonly AWS_VAULT\n{line}");
                let shown = shell(&home, program, &script).sts(&sts).output();
                assert_ne!(shown.status, 0, "{program:?} {line}");
                assert!(shown.stderr.ends_with(REFUSED), "{program:?} {line}: {shown:?}");
                assert!(!home.path("ran").exists(), "{program:?} {line}");
            }
        }
    }
}

/// The function ignores Ctrl-C while it evaluates the lines. An `eval` of the user's own can't.
#[test]
fn ctrl_c_between_two_lines_leaves_no_half_session() {
    for program in [&["bash", "--norc"][..], &["zsh", "-f"]] {
        let (init, login) =
            forms(program[0]).into_iter().find(|(init, _)| !init.is_empty()).expect("a function");
        let script = format!(
            "{init}function export {{ kill -INT $$; builtin export \"$@\"; }}\n{login}\nunset -f export; {}",
            show()
        );
        assert_eq!(session(&run(program, &script)), WHOLE, "{program:?}");
    }
}

#[test]
fn an_eval_without_quotes_takes_the_lines() {
    for program in [POSIX[0], POSIX[2], &["bash", "--posix"]] {
        let script = format!("eval $(mfa-env someaccount -t {CODE})\n{}", show());
        assert_eq!(session(&run(program, &script)), WHOLE, "{program:?}");
    }
}

#[test]
fn attributes_of_a_name_do_not_change_its_value() {
    for (program, attributes) in [
        (
            POSIX[0],
            "declare -i AWS_REGION MFA_ENV_KEY; declare -l AWS_SESSION_TOKEN; declare -u MFA_ENV_PROFILE; AWS_VAULT=(a b)",
        ),
        (
            POSIX[1],
            "typeset -i AWS_REGION MFA_ENV_EXPIRES; typeset -l AWS_SESSION_TOKEN; typeset -u MFA_ENV_PROFILE; AWS_VAULT=(a b)",
        ),
    ] {
        for (init, login) in forms(program[0]) {
            let script = format!("{init}{attributes}\n{login}\n{}", show());
            let shown = run(program, &script);
            assert_eq!(session(&shown), WHOLE, "{program:?}");
            // The scripted token has capital letters, which `declare -l` would change.
            assert!(
                shown.stdout.lines().any(|line| line.starts_with("AWS_SESSION_TOKEN ")
                    && line.bytes().skip(18).any(|b| b.is_ascii_uppercase())),
                "{shown:?}"
            );
        }
    }
}

#[test]
fn a_name_that_stands_for_another_variable_leaves_the_shell_as_it_was() {
    for (init, login) in forms("bash") {
        for name in ["AWS_SESSION_TOKEN", "AWS_PROFILE"] {
            let script = format!(
                "{init}declare -n {name}=other\nexport AWS_ACCESS_KEY_ID=old other=mine\n\
                 if {login}; then echo logged in; else echo refused; fi\n\
                 sh -c 'echo $AWS_ACCESS_KEY_ID $other ${{AWS_SECRET_ACCESS_KEY-none}}'"
            );
            let shown = run(POSIX[0], &script);
            assert_eq!((shown.status, shown.stdout.as_str()), (0, "refused\nold mine none\n"), "{shown:?}");
            assert!(shown.stderr.ends_with(REFUSED), "{shown:?}");
        }
    }
}

#[test]
fn a_callers_local_variable_never_uncovers_half_a_session() {
    for (program, name, is_refused) in [
        // In bash, `unset` removes the caller's variable, and the outer one appears.
        (POSIX[0], "AWS_SESSION_TOKEN", false),
        (POSIX[0], "AWS_PROFILE", true),
        (POSIX[1], "AWS_SESSION_TOKEN", true),
        (POSIX[1], "AWS_PROFILE", true),
        (POSIX[1], "AWS_VAULT", true),
    ] {
        let (init, login) = forms(program[0]).remove(1);
        let script = format!(
            "{init}export AWS_PROFILE=outer\nwork() {{ local {name}=inner; {login}; }}\n\
             if work; then echo logged in; else echo refused; fi\n{}",
            show()
        );
        let shown = run(program, &script);
        if is_refused {
            assert!(
                shown.stdout.starts_with("refused\nAWS_ACCESS_KEY_ID none\n"),
                "{program:?} {name}: {shown:?}"
            );
            assert!(shown.stdout.contains("AWS_PROFILE outer\n"), "{program:?} {name}: {shown:?}");
            assert!(shown.stderr.ends_with(REFUSED), "{shown:?}");
        } else {
            assert_eq!(session(&shown), WHOLE, "{program:?} {name}");
        }
    }
}

#[test]
fn unset_changes_all_or_nothing_too() {
    for program in POSIX {
        let ours =
            "AWS_ACCESS_KEY_ID=ASIAOURSOURSOURSOURS MFA_ENV_KEY=ASIAOURSOURSOURSOURS AWS_SESSION_TOKEN=t";
        let unset = "eval \"$(mfa-env unset)\"";
        let show = "echo ${AWS_ACCESS_KEY_ID-none} ${MFA_ENV_KEY-none} ${AWS_SESSION_TOKEN-none}";
        let script = format!("export {ours}\n{unset} || exit\n{show}");
        assert_eq!(run(program, &script).stdout, "none none none\n", "{program:?}");
        let script = format!("export {ours}\nreadonly MFA_ENV_KEY\n{unset} || {show}");
        let shown = run(program, &script);
        assert_eq!(shown.stdout, "ASIAOURSOURSOURSOURS ASIAOURSOURSOURSOURS t\n", "{program:?}");
        assert!(shown.stderr.ends_with(REFUSED), "{shown:?}");
    }
}

/// fish refuses if a variable of another scope would still win.
#[test]
fn in_fish_a_variable_of_another_scope_leaves_the_shell_as_it_was() {
    let universal = "mfa-env: a universal variable would still count: set -eU AWS_PROFILE\n";
    let local = "mfa-env: a function or block has variables of its own: AWS_PROFILE\n";
    let lines = [
        format!("mfa-env someaccount -t {CODE} | source"),
        format!("eval (mfa-env someaccount -t {CODE})"),
        format!("eval (mfa-env someaccount -t {CODE} | string collect)"),
    ];
    let logins: Vec<_> = lines
        .iter()
        .map(|line| (String::new(), line.clone()))
        .chain([("mfa-env init fish | source\n".to_owned(), format!("mfa-env someaccount -t {CODE}"))])
        .collect();
    for (init, login) in logins {
        for (before, after, message) in [
            ("set -Ux AWS_PROFILE pinned", "", universal),
            ("begin; set -lx AWS_PROFILE pinned", "end", local),
            ("function work; set -lx AWS_PROFILE pinned", "end; work", local),
            // Not exported, but it still hides the global one from the rest of `work`.
            ("function work; set -l AWS_PROFILE pinned", "end; work", local),
        ] {
            let (home, sts) = (home(), sts());
            let script = format!(
                "{init}set -gx AWS_ACCESS_KEY_ID old\n{before}\n{login}; and echo logged in; or echo refused $status\n{after}\n{}",
                show()
            );
            let shown = shell(&home, &["fish"], &script).sts(&sts).output();
            assert!(
                shown.stdout.starts_with("refused 1\nAWS_ACCESS_KEY_ID old\nAWS_SECRET_ACCESS_KEY none\n"),
                "{login}, {before}: {shown:?}"
            );
            assert!(shown.stderr.ends_with(&format!("{message}{REFUSED}")), "{login}, {before}: {shown:?}");
        }
    }
}

#[test]
fn in_fish_a_universal_variable_that_we_set_ourselves_is_covered() {
    let (home, sts) = (home(), sts());
    let script = format!(
        "set -Ux AWS_REGION pinned; set -U AWS_PROFILE mine\nmfa-env someaccount -t {CODE} | source\n{}",
        show()
    );
    assert_eq!(session(&shell(&home, &["fish"], &script).sts(&sts).output()), WHOLE);
}

#[test]
fn an_export_that_sets_nothing_leaves_the_shell_as_it_was() {
    let keyword = "set -k";
    let function = "export() { :; }";
    for (form, (init, login)) in forms("bash").into_iter().enumerate() {
        for setup in [keyword, function] {
            let script = format!(
                "{init}AWS_ACCESS_KEY_ID=old AWS_PROFILE=mine; export AWS_ACCESS_KEY_ID AWS_PROFILE\n{setup}\n\
                 if {login}; then echo logged in; else echo refused; fi\n{}",
                show()
            );
            let shown = run(&["bash"], &script);
            // The function switches `set -k` off.
            if form == 1 && setup == keyword {
                assert!(shown.stdout.starts_with("logged in\n"), "{shown:?}");
                assert_eq!(session(&shown), WHOLE);
            } else {
                assert!(shown.stdout.starts_with("refused\nAWS_ACCESS_KEY_ID old\n"), "{setup}: {shown:?}");
                assert!(shown.stdout.contains("\nAWS_PROFILE mine\n"), "{setup}: {shown:?}");
                assert!(shown.stderr.ends_with(REFUSED), "{setup}: {shown:?}");
            }
        }
    }
}
