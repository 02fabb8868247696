//! The function: the variables and the output after `mfa-env PROFILE` was typed, and that it prints the lines
//! inside a command substitution.

use fake_sts::{FakeSts, Reply};
use support::{CANARY, CODE, CTRL_C, CTRL_Z, Home, WRONG_CODE, logins, sts, wait_until};

use crate::typed::{Kind, Program, Shell, all, bashes, bashes_and_zsh, fishes, zsh};

const QUESTION: &str = "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): ";

/// Stores all AWS and mfa-env variables of a child, except those of the test itself.
const SHOW: &str = "env | grep -E '^(AWS|MFA|COMP)' | grep -v ENDPOINT | sort >shown";

/// Checks that a login shows one line. tests/cli checks its text.
fn assert_started(shown: &str, program: &Program) {
    assert!(shown.starts_with("Session started; expires in "), "{program}: {shown}");
    assert_eq!(shown.lines().count(), 1, "{program}: {shown}");
}

/// Scripts the next session. Returns what [`SHOW`] shows after the login.
fn scripted(sts: &FakeSts) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(3);
    let expiration = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    sts.script(Reply::Credentials {
        access_key_id: "ASIARETURNEDRETURNED".into(),
        secret_access_key: format!("{CANARY}/secret+="),
        session_token: format!("{CANARY}/token+=="),
        expiration: expiration.clone(),
    });
    format!(
        "AWS_ACCESS_KEY_ID=ASIARETURNEDRETURNED\nAWS_CREDENTIAL_EXPIRATION={expiration}\n\
         AWS_SECRET_ACCESS_KEY={CANARY}/secret+=\nAWS_SESSION_TOKEN={CANARY}/token+==\nAWS_VAULT=someaccount\n\
         MFA_ENV_EXPIRES={}\nMFA_ENV_KEY=ASIARETURNEDRETURNED\nMFA_ENV_PROFILE=someaccount\n",
        at.as_second()
    )
}

/// Types the command, and waits for the question.
fn asked(shell: &mut Shell, line: &str) {
    shell.press(&format!("{line}\r"));
    shell.wait_for(QUESTION);
}

/// Checks the segment of a session that has just started.
fn assert_shows_segment(shell: &Shell, context: &str) {
    let is_so = ["12h00m", "11h59m"].map(|left| format!("<green>(someaccount {left})</>"));
    assert!(is_so.contains(&shell.segment()), "{}, {context}: {}", shell.program, shell.prompt());
}

#[test]
fn a_profile_typed_sets_the_shell_until_it_is_taken_out_and_nothing_else_of_ours_is_exported() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let expected = scripted(&sts);
        let mut shell = program.on(&home).sts(&sts).start();
        assert_started(&shell.run("mfa-env someaccount -t $CODE0"), &program);
        assert_eq!(shell.status(), "0", "{program}");
        shell.run(SHOW);
        assert_eq!(home.read("shown"), expected, "{program}");
        // `-w` takes it out, too, since it would hide `[default]`.
        for (command, line) in [("mfa-env unset", 0), ("mfa-env someaccount -w", 1)] {
            shell.run("mfa-env someaccount");
            let shown = shell.run(command);
            let removed = shown.lines().nth(line);
            assert_eq!(removed, Some("removed someaccount from this shell"), "{program}: {shown}");
            shell.run(SHOW);
            assert_eq!(home.read("shown"), "", "{program}: {command}");
        }
        assert_eq!(shell.exit(), 0, "{program}");
    }
}

#[test]
fn stale_variables_are_gone() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let saved = r#"MFA_ENV_SAVED={"AWS_DEFAULT_PROFILE":["x",null],"AWS_PROFILE":["x",null]}"#;
        let expected = format!("{}{saved}\n", scripted(&sts));
        let stale = [("AWS_PROFILE", "x"), ("AWS_DEFAULT_PROFILE", "x"), ("AWS_SECURITY_TOKEN", "x")];
        let mut shell = program.on(&home).sts(&sts).envs(&stale).start();
        shell.run("mfa-env someaccount -t $CODE0");
        shell.run(SHOW);
        assert_eq!(home.read("shown"), expected, "{program}");
    }
}

/// Puts a script in the place of the binary, after `init`.
fn stand_in(program: &Program, home: &Home, script: &str) -> String {
    std::fs::create_dir(home.path("stand-in")).expect("a new directory");
    home.write("stand-in/mfa-env", format!("#!/bin/sh\n{script}\n"));
    home.set_mode("stand-in/mfa-env", 0o700);
    program.say("PATH=$HOME/stand-in:$PATH", "set -gx PATH $HOME/stand-in $PATH").to_owned()
}

#[test]
fn the_binary_has_the_terminal_as_its_three_streams() {
    for program in all() {
        let home = Home::new();
        let script = "for n in 0 1 2; do test -t $n && echo $n; done; test -p /dev/fd/3 && echo $MFA_ENV_EVAL_FD $MFA_ENV_SHELL; \
                      test -e /dev/fd/4 && echo 4 is open; echo \"$# $1 $2\"";
        let after = stand_in(&program, &home, script);
        let mut shell = program.on(&home).after(&after).start();
        let name = ["bash", "zsh", "fish"][program.kind as usize];
        assert_eq!(shell.run("mfa-env 'a  b' '*'"), format!("0\n1\n2\n3 {name}\n2 a  b *"), "{program}");
    }
}

#[test]
fn a_table_is_shown_and_not_evaluated() {
    for program in all() {
        let home = Home::someaccount();
        let mut shell = program.on(&home).start();
        let table = home.run(["list"]).output().stdout;
        assert_eq!(shell.run("mfa-env list"), table.trim_end(), "{program}");
        assert_eq!(shell.status(), "0", "{program}");
    }
}

#[test]
fn text_on_standard_output_that_looks_like_ours_sets_nothing() {
    for program in all() {
        let home = Home::new();
        let after = stand_in(&program, &home, "echo 'export EVIL=1'");
        let mut shell = program.on(&home).after(&after).start();
        assert_eq!(shell.run("mfa-env --help"), "export EVIL=1", "{program}");
        assert_eq!(shell.value("EVIL"), "", "{program}");
    }
}

#[test]
fn the_status_is_the_binarys_and_a_failure_keeps_the_session_that_was_there() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).env("WRONG", WRONG_CODE).start();
        shell.run("mfa-env someaccount -t $CODE0");
        for (line, status) in [
            ("mfa-env nobody", "2"),
            ("mfa-env someaccount --typo", "2"),
            ("mfa-env someaccount -r -t $WRONG", "3"),
            ("mfa-env someaccount -r --no-input", "4"),
            ("mfa-env status --min-ttl 13h", "4"),
            ("mfa-env status", "0"),
        ] {
            shell.run(line);
            assert_eq!(shell.status(), status, "{program}: {line}");
            assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}: {line}");
        }
    }
}

#[test]
fn nothing_runs_after_a_failure() {
    for program in all() {
        let home = Home::someaccount();
        let mut shell = program.on(&home).start();
        shell.run(program.say("mfa-env nobody && touch ran", "mfa-env nobody; and touch ran"));
        shell.run(
            program.say("eval \"$(mfa-env nobody)\" && touch ran", "eval (mfa-env nobody); and touch ran"),
        );
        assert!(!home.path("ran").exists(), "{program}");
    }
}

#[test]
fn a_strict_script_ends_at_a_failure() {
    for program in bashes_and_zsh() {
        let home = Home::someaccount();
        for line in ["mfa-env nobody", "eval \"$(mfa-env nobody)\""] {
            let shown = program.script(&home, &["-eu"], &format!("{line}\ntouch ran")).output();
            assert_eq!(shown.status, 2, "{program}: {line}");
        }
        assert!(!home.path("ran").exists(), "{program}");
    }
}

#[test]
fn the_forms_for_eval_go_on_working() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        let eval =
            program.say("eval \"$(mfa-env someaccount -t $CODE0)\"", "eval (mfa-env someaccount -t $CODE0)");
        assert_started(&shell.run(eval), &program);
        assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
    }
    for program in fishes() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        assert_started(&shell.run("mfa-env someaccount -t $CODE0 | source"), &program);
        assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_after_dashes_has_the_session_and_no_descriptor_of_ours() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        let command = "for n in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$n && echo $n; done; \
                       echo \"$AWS_VAULT <$MFA_ENV_EVAL_FD>\"; test -t 1 && exit 7";
        let line = format!("mfa-env someaccount -t $CODE0 -- sh -c '{command}'");
        assert_eq!(shell.run(&line), "someaccount <>", "{program}");
        assert_eq!(shell.status(), "7", "{program}");
        shell.run(SHOW);
        assert_eq!(home.read("shown"), "", "{program}");
    }
}

#[test]
fn a_command_after_dashes_cannot_change_the_shell() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        shell.run("mfa-env someaccount -t $CODE0 -- sh -c 'echo export EVIL=1 >&3'");
        assert_eq!(shell.value("EVIL"), "", "{program}");
    }
}

#[test]
fn a_command_after_dashes_is_stopped_and_goes_on_in_the_foreground() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        let command = "trap \"echo again\" CONT; echo ready; until read -r -t 1 typed; do :; done; echo \"$typed\" >out; exit 7";
        shell.press(&format!("mfa-env someaccount -t $CODE0 -- bash -c '{command}'\r"));
        shell.wait_for("ready");
        shell.press(CTRL_Z);
        shell.wait_for_prompt();
        shell.press("fg\r");
        shell.wait_for("again");
        shell.press("typed\r");
        shell.wait_for_prompt();
        // zsh and fish report 0 for a stopped function, whatever it does.
        let expected = if program.kind == Kind::Bash { "7" } else { "0" };
        assert_eq!((shell.status().as_str(), home.read("out").as_str()), (expected, "typed\n"), "{program}");
    }
}

#[test]
fn a_command_after_dashes_is_ended_by_ctrl_c() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        shell.press("mfa-env someaccount -t $CODE0 -- sh -c 'echo ready; exec cat'\r");
        shell.wait_for("ready");
        shell.press(CTRL_C);
        shell.wait_for_prompt();
        assert_eq!(shell.status(), "130", "{program}");
    }
}

#[test]
fn a_child_that_a_command_leaves_behind_does_not_hold_the_shell() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        shell.run("mkfifo fifo");
        let line = "mfa-env someaccount -t $CODE0 -- sh -c 'cat fifo >out & echo left'";
        assert_eq!(shell.run(line), "left", "{program}");
        let run = home.program("timeout").args(["9", "sh", "-c", "echo goes on >fifo"]);
        assert_eq!(run.output().status, 0, "{program}: the child has ended");
        wait_until("the child", || home.read("out") == "goes on\n");
    }
}

#[test]
fn tracing_shows_no_secret_and_goes_on() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let expected = scripted(&sts);
        let mut shell = program.on(&home).sts(&sts).start();
        shell.run(program.say("set -xv", "set -g fish_trace 1"));
        shell.run("mfa-env someaccount -t $CODE0");
        shell.run("mfa-env someaccount");
        let trace = shell.run("true");
        let line = ["+ true", "+zsh:4> true", "> true"][program.kind as usize];
        assert!(trace.lines().any(|shown| shown == line), "{program}: {trace}");
        assert!(!shell.text().contains(CANARY), "{program}: {}", shell.text());
        shell.run(program.say("set +xv", "set -e fish_trace"));
        shell.run(SHOW);
        assert_eq!(home.read("shown"), expected, "{program}");
    }
}

#[test]
fn a_trap_sees_no_secret_and_goes_on() {
    let (bash, zsh) = ("echo \"$BASH_COMMAND $code\" >>seen", "print -r -- \"$ZSH_DEBUG_CMD $code\" >>seen");
    for program in bashes_and_zsh() {
        let traps = match program.kind {
            Kind::Bash => vec![format!("set -TE; trap '{bash}' DEBUG RETURN ERR")],
            Kind::Zsh | Kind::Fish => vec![
                format!("trap '{zsh}' DEBUG"),
                format!("TRAPDEBUG() {{ {zsh} }}"),
                format!("setopt debug_before_cmd; trap '{zsh}' DEBUG ZERR"),
                format!("TRAPDEBUG() {{ {zsh} }}; TRAPZERR() {{ {zsh} }}"),
            ],
        };
        for trap in traps {
            let (home, sts) = (Home::someaccount(), sts());
            scripted(&sts);
            let mut shell = program.on(&home).sts(&sts).start();
            shell.run(&trap);
            shell.run("mfa-env someaccount -t $CODE0");
            shell.run("mfa-env nobody");
            shell.run("mfa-env someaccount; (exit 3)");
            shell.run("echo after");
            let seen = home.read("seen");
            assert!(!seen.contains(CANARY), "{program}, {trap}: {seen}");
            assert!(seen.contains("echo after"), "{program}, {trap}: {seen}");
            assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}, {trap}");
        }
    }
}

/// A command after the login, which shows its variables.
const DEPLOY: &str = "sh -c 'echo deploy $AWS_VAULT $AWS_SESSION_TOKEN'";

#[test]
fn a_subshell_and_a_pipeline_are_set_and_get_no_lines() {
    for program in bashes_and_zsh() {
        for line in [
            "{ mfa-env someaccount -t $CODE0 && DEPLOY; } | cat >log",
            "( mfa-env someaccount -t $CODE0 && DEPLOY ) >log",
            "( mfa-env someaccount -t $CODE0 && DEPLOY ) | cat >log",
            "{ mfa-env someaccount -t $CODE0 >log && DEPLOY >>log; }",
        ] {
            let (home, sts) = (Home::someaccount(), sts());
            scripted(&sts);
            let mut shell = program.on(&home).sts(&sts).start();
            shell.run(&line.replace("DEPLOY", DEPLOY));
            assert_eq!(
                home.read("log"),
                format!("deploy someaccount {CANARY}/token+==\n"),
                "{program}: {line}"
            );
        }
    }
}

#[test]
fn a_command_substitution_gets_the_lines() {
    for program in bashes_and_zsh() {
        for line in [
            "lines=$(mfa-env someaccount -t $CODE0)",
            "lines=`mfa-env someaccount -t $CODE0`",
            "lines=$(cat <<<\"$(mfa-env someaccount -t $CODE0)\")",
        ] {
            let (home, sts) = (Home::someaccount(), sts());
            scripted(&sts);
            let mut shell = program.on(&home).sts(&sts).start();
            shell.run(line);
            assert_eq!(shell.value("AWS_VAULT"), "", "{program}: {line}");
            shell.run("eval \"$lines\"");
            assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}: {line}");
        }
    }
}

#[test]
fn a_process_substitution_gets_the_lines() {
    // bash 3.2 can't source one.
    for program in bashes_and_zsh().into_iter().filter(|program| !program.path.contains("3.2")) {
        let lines = ["source <(mfa-env someaccount -t $CODE0)", "source =(mfa-env someaccount -t $CODE0)"];
        for line in &lines[..if program.kind == Kind::Zsh { 2 } else { 1 }] {
            let (home, sts) = (Home::someaccount(), sts());
            scripted(&sts);
            let mut shell = program.on(&home).sts(&sts).start();
            shell.run(line);
            assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}: {line}");
        }
    }
}

#[test]
fn an_alias_of_a_word_in_the_lines_changes_nothing_and_lives_on() {
    for program in bashes_and_zsh() {
        let (home, sts) = (Home::someaccount(), sts());
        scripted(&sts);
        let aliases = "alias export=declare unset=true case=false if=false; alias e='echo an alias'";
        let mut shell = program.on(&home).sts(&sts).after(aliases).start();
        shell.run("mfa-env someaccount -t $CODE0");
        assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
        assert_eq!(shell.run("e"), "an alias", "{program}");
        shell.run("mfa-env unset");
        assert_eq!(shell.value("AWS_VAULT"), "", "{program}");
    }
}

#[test]
fn a_local_variable_of_the_caller_keeps_no_part_of_the_session() {
    for program in bashes() {
        for option in ["", "shopt -s localvar_unset 2>/dev/null;"] {
            let (home, sts) = (Home::someaccount(), sts());
            scripted(&sts);
            let mut shell = program.on(&home).sts(&sts).start();
            let call = "f() { local AWS_VAULT=old; mfa-env someaccount -t $CODE0; }; f";
            shell.run(&format!("{option} shopt >before; {call}; shopt >after"));
            assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}: {option}");
            assert_eq!(home.read("after"), home.read("before"), "{program}: {option}");
        }
    }
}

/// bash can't tell whether this is a command substitution: it prints the lines, and sets the subshell as
/// well.
#[test]
fn a_nested_subshell_is_set_whether_or_not_the_lines_are_wanted() {
    for program in bashes_and_zsh() {
        let (home, sts) = (Home::someaccount(), sts());
        scripted(&sts);
        let mut shell = program.on(&home).sts(&sts).start();
        let line = "( ( mfa-env someaccount -t $CODE0 && DEPLOY ) | tail -n 1 >log )";
        shell.run(&line.replace("DEPLOY", DEPLOY));
        assert_eq!(home.read("log"), format!("deploy someaccount {CANARY}/token+==\n"), "{program}");
        shell.run("( lines=$(mfa-env someaccount); eval \"$lines\"; echo \"$AWS_VAULT\" >log )");
        assert_eq!(home.read("log"), "someaccount\n", "{program}");
    }
}

#[test]
fn in_a_script_a_pipeline_is_set_and_a_substitution_gets_the_lines() {
    for program in bashes_and_zsh() {
        let (home, sts) = (Home::someaccount(), sts());
        let script = format!(
            "{{ mfa-env someaccount -t {CODE} && sh -c 'echo deploy $AWS_VAULT'; }} | tail -n 1\n\
             eval \"$(mfa-env someaccount)\" && echo \"$AWS_VAULT\""
        );
        let shown = program.script(&home, &["-eu"], &script).sts(&sts).output();
        assert_eq!(
            (shown.status, shown.stdout.as_str()),
            (0, "deploy someaccount\nsomeaccount\n"),
            "{program}"
        );
    }
}

#[test]
fn an_alias_of_the_same_name_makes_way() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).before("alias mfa-env='echo alias'").start();
        assert_started(&shell.run("mfa-env someaccount -t $CODE0"), &program);
        assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
    }
}

/// Shell options, each as a line that sets them.
fn options(program: &Program) -> &'static [&'static str] {
    match program.kind {
        Kind::Bash => &[
            "set -eu",
            "set -o pipefail",
            "set -f",
            "shopt -s nullglob extglob",
            "IFS=a",
            "set -euo pipefail",
        ],
        Kind::Zsh => &[
            "setopt err_exit no_unset pipe_fail",
            "setopt ksh_arrays",
            "setopt sh_word_split",
            "setopt err_return",
            "setopt ksh_arrays no_unset sh_word_split err_return pipe_fail",
            "emulate sh",
            "emulate ksh",
            "setopt no_match glob_subst ksh_glob",
            "setopt warn_create_global warn_nested_var",
            "setopt no_multios no_clobber",
            "alias read='echo r' typeset='echo t' print='echo p' emulate='echo e' local='echo l'",
            "IFS=a",
        ],
        Kind::Fish => &[],
    }
}

#[test]
fn works_under_the_options_that_people_set_before_or_after_it_is_loaded() {
    for program in bashes_and_zsh() {
        for options in options(&program) {
            for is_first in [false, true] {
                let (home, sts) = (Home::someaccount(), sts());
                let setup = program.on(&home).sts(&sts);
                let setup = if is_first { setup.before(options) } else { setup.after(options) };
                let mut shell = setup.start();
                assert_started(&shell.run("mfa-env someaccount -t $CODE0"), &program);
                assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}: {options}");
                let failure = shell.run("mfa-env someaccount -r --no-input || echo failed");
                assert_eq!(failure.lines().last(), Some("failed"), "{program}: {options}");
                assert_shows_segment(&shell, options);
            }
        }
    }
}

#[test]
fn works_in_posix_mode() {
    for program in bashes() {
        for before in ["", "set -o posix"] {
            let (home, sts) = (Home::someaccount(), sts());
            let options = if before.is_empty() { "--posix" } else { "" };
            let mut shell = program.on(&home).sts(&sts).options(options).before(before).start();
            assert_started(&shell.run("mfa-env someaccount -t $CODE0"), &program);
            assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
            assert_shows_segment(&shell, "posix");
            shell.run("mfa-env unset; eval \"$(mfa-env someaccount)\"");
            assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
        }
    }
}

#[test]
fn descriptors_3_and_4_of_the_user_stay_open() {
    for program in bashes_and_zsh() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        shell.run("exec 3>three 4>four");
        assert_started(&shell.run("mfa-env someaccount -t $CODE0"), &program);
        assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
        shell.run("echo 3 >&3; echo 4 >&4");
        assert_eq!((home.read("three").as_str(), home.read("four").as_str()), ("3\n", "4\n"), "{program}");
    }
}

#[test]
fn ctrl_c_at_the_question_fails_runs_and_sets_nothing_and_leaves_the_shell_usable() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        let rest = program.say("&& touch ran", "; and touch ran");
        asked(&mut shell, &format!("mfa-env someaccount {rest}"));
        shell.press(&format!("{}{CTRL_C}", &CODE[..2]));
        let shown = shell.wait_for_prompt();
        assert!(shown.starts_with(&format!("{QUESTION}**\nerror: cancelled")), "{program}: {shown}");
        assert_eq!(shell.status(), "130", "{program}");
        assert!(!home.path("ran").exists(), "{program}");
        shell.run(SHOW);
        assert_eq!(home.read("shown"), "", "{program}");
        asked(&mut shell, "mfa-env someaccount");
        shell.press(&format!("{CODE}\r"));
        shell.wait_for_prompt();
        assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
        assert_eq!(shell.exit(), 0, "{program}");
    }
}

#[test]
fn ctrl_c_while_sts_is_silent_fails_and_sets_nothing() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        sts.script(Reply::NeverAnswer);
        let mut shell = program.on(&home).sts(&sts).start();
        // fish continues after `;` if Ctrl-C interrupted a function.
        let rest = program.say("; touch ran", "; and touch ran");
        shell.press(&format!("mfa-env someaccount -t $CODE0{rest}\r"));
        wait_until("the login", || !logins(&sts).is_empty());
        shell.press(CTRL_C);
        shell.wait_for_prompt();
        // bash 3.2 and zsh report 1 for an interrupted function. A trap would make it 130, but then the rest
        // of the line would run.
        assert_ne!(shell.status(), "0", "{program}");
        assert!(!home.path("ran").exists(), "{program}");
        shell.run(SHOW);
        assert_eq!(home.read("shown"), "", "{program}");
    }
}

#[test]
fn asks_at_the_terminal_where_ctrl_z_does_nothing() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = program.on(&home).sts(&sts).start();
        asked(&mut shell, "mfa-env someaccount");
        shell.press(&format!("{CTRL_Z}{CODE}\r"));
        let shown = shell.wait_for_prompt();
        let (question, rest) = shown.split_once('\n').expect("two lines");
        assert_eq!(question, format!("{QUESTION}******"), "{program}");
        assert_started(rest, &program);
        assert_eq!(shell.run("jobs").replace("jobs: There are no jobs", ""), "", "{program}");
        assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
    }
}

#[test]
fn a_session_of_one_shell_is_another_ones_without_a_code() {
    let (home, sts) = (Home::someaccount(), sts());
    for program in [vec![zsh()], fishes(), bashes()].concat() {
        let mut shell = program.on(&home).sts(&sts).start();
        shell.run("mfa-env someaccount -t $CODE0");
        assert_eq!(shell.value("AWS_VAULT"), "someaccount", "{program}");
    }
    assert_eq!(logins(&sts).len(), 1);
}
