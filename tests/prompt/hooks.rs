//! The user's own hooks, exit statuses, prompts and key maps stay.

use support::Home;

use crate::segment::{LONG, SEGMENT, with_session};
use crate::typed::{Kind, Setup, Shell, all, bashes, bashes_and_zsh, fishes, zsh};

/// Counts our hook in PROMPT_COMMAND.
const COUNT: &str =
    "IFS=' '; all=${PROMPT_COMMAND[*]}; rest=${all//_mfa_env_hook/}; echo $(((${#all} - ${#rest}) / 13))";

#[test]
fn the_status_of_the_last_command_is_kept() {
    for program in all() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        for status in ["9", "0", "255"] {
            shell.run(&format!("sh -c 'exit {status}'"));
            assert_eq!(shell.status(), status, "{program}");
        }
    }
}

#[test]
fn a_prompt_that_shows_the_status_shows_the_right_one() {
    for program in all() {
        let home = Home::new();
        let prompt = match program.kind {
            Kind::Bash => "PS1='$?@@> '",
            Kind::Zsh => "PROMPT='%?@@> '",
            Kind::Fish => "function fish_prompt; printf '%s@@> ' $status; end",
        };
        let mut shell = with_session(&program, &home, "prod", LONG).before(prompt).start();
        shell.run("sh -c 'exit 9'");
        let expected = program.say("<green>(prod 2h05m)</> 9@@>", "9@@>");
        assert!(shell.prompt().starts_with(expected), "{program}: {}", shell.prompt());
    }
}

/// A hook of the user that stores the status that it sees.
const LATER: &str = "later() { seen=\"$? ${PIPESTATUS[*]}\"; }";

fn assert_sees_all_statuses(mut shell: Shell, place: &str) {
    let program = shell.program.clone();
    shell.run("true");
    shell.run(program.say("false | (exit 3)", "false | sh -c 'exit 3'"));
    assert_eq!(shell.value("seen"), "3 1 3", "{program}: {place}");
    assert!(shell.prompt().contains("(prod 2h05m)"), "{program}: {place}");
}

#[test]
fn other_hooks_of_bash_see_every_status_of_a_pipeline() {
    for program in bashes() {
        let home = Home::new();
        let with_later = || with_session(&program, &home, "prod", LONG).before(LATER);
        assert_sees_all_statuses(with_later().before("PROMPT_COMMAND=later").start(), "before");
        for line in [
            "PROMPT_COMMAND=\"${PROMPT_COMMAND:+$PROMPT_COMMAND; }later\"",
            "PROMPT_COMMAND=\"${PROMPT_COMMAND:+$PROMPT_COMMAND\n}later\"",
            "PROMPT_COMMAND=\"later${PROMPT_COMMAND:+;$PROMPT_COMMAND}\"",
        ] {
            assert_sees_all_statuses(with_later().after(line).start(), line);
        }
    }
}

#[test]
fn other_hooks_of_bash_in_the_array_see_every_status_of_a_pipeline() {
    // bash before 5.1 only uses element 0.
    for program in bashes() {
        let home = Home::new();
        let setup = with_session(&program, &home, "prod", LONG).before(LATER);
        let line = "if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then PROMPT_COMMAND+=(later); \
                    else PROMPT_COMMAND+='; later'; fi";
        assert_sees_all_statuses(setup.after(line).start(), line);
    }
}

#[test]
fn other_hooks_of_zsh_see_every_status_of_a_pipeline() {
    let home = Home::new();
    for hook in [
        "precmd() { seen=\"$? $pipestatus\" }",
        "later() { seen=\"$? $pipestatus\" }; precmd_functions+=(later)",
    ] {
        for place in [Setup::before, Setup::after] {
            assert_sees_all_statuses(place(with_session(&zsh(), &home, "prod", LONG), hook).start(), hook);
        }
    }
}

#[test]
fn other_hooks_of_fish_see_every_status_of_a_pipeline() {
    let hook = "function later --on-event fish_prompt; set -g seen $status $pipestatus; end";
    let home = Home::new();
    for program in fishes() {
        for place in [Setup::before, Setup::after] {
            assert_sees_all_statuses(place(with_session(&program, &home, "prod", LONG), hook).start(), hook);
        }
    }
}

#[test]
fn every_form_of_prompt_command_goes_on_with_our_hook_in_it_once() {
    for program in bashes() {
        for form in [
            "",
            "x",
            "x;",
            "x; ",
            "x &",
            "x & ",
            "x\\n",
            "x\\n\\n",
            "(x; x)",
            "x # a comment",
            "if true; then x; fi",
        ] {
            let home = Home::new();
            let setup = with_session(&program, &home, "prod", LONG).before("set +m; x() { : >ran; }");
            let setup = if form.is_empty() {
                setup.before("unset PROMPT_COMMAND; : >ran")
            } else {
                setup.before(&format!("PROMPT_COMMAND=$'{form}'"))
            };
            let (mut shell, shown) = setup.after(program.init()).after(program.init()).start_showing();
            if !form.contains('&') {
                assert_eq!(shown, "", "{program}: {form}");
            }
            assert!(!shown.contains("syntax"), "{program}: {form}: {shown}");
            let before = shell.run("(exit 9)");
            assert!(!before.contains("syntax"), "{program}: {form}: {before}");
            // Background jobs print a line when they are done.
            let is_shown = |shown: String, expected| shown.lines().any(|line| line == expected);
            assert!(is_shown(shell.status(), "9"), "{program}: {form}");
            assert_eq!(shell.segment(), SEGMENT, "{program}: {form}");
            assert!(home.path("ran").exists(), "{program}: {form}");
            assert!(is_shown(shell.run(COUNT), "1"), "{program}: {form}");
        }
    }
}

#[test]
fn a_prompt_command_that_is_an_array_keeps_its_elements() {
    for program in bashes() {
        let home = Home::new();
        let setup = with_session(&program, &home, "prod", LONG).before("PROMPT_COMMAND=(': >one' ': >two')");
        let mut shell = setup.after(program.init()).start();
        let is_array = shell.run("((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); echo $?") == "0";
        assert!(home.path("one").exists(), "{program}");
        assert_eq!(home.path("two").exists(), is_array, "{program}");
        assert_eq!((shell.run(COUNT).as_str(), shell.segment().as_str()), ("1", SEGMENT), "{program}");
    }
}

/// At the first prompt, bash-preexec puts its own hooks around all others. It would treat a hook after them
/// as the user's first command.
#[test]
fn the_hook_that_installs_bash_preexec_stays_the_last() {
    for program in bashes() {
        for form in ["PROMPT_COMMAND='__bp_install \"$_\"'", "PROMPT_COMMAND=$'x\\n__bp_install \"$_\"'"] {
            let home = Home::new();
            let setup =
                with_session(&program, &home, "prod", LONG).before("x() { :; }; __bp_install() { :; }");
            let mut shell = setup.before(form).after(program.init()).start();
            assert_eq!(shell.segment(), SEGMENT, "{program}: {form}");
            let hooks = shell.run("printf '%s\\n' \"${PROMPT_COMMAND[@]}\" | sed '/^x$/d'");
            assert_eq!(hooks, "_mfa_env_hook\n__bp_install \"$_\"", "{program}: {form}");
        }
    }
}

/// VS Code's hook takes the next command for the user's. Its script runs an older hook in its own.
#[test]
fn the_hook_of_vs_code_stays_the_last() {
    let load = "__vsc_prompt_cmd() { armed=1; }; __vsc_original=${PROMPT_COMMAND-}; \
                __vsc_prompt_cmd_original() { eval \"$__vsc_original\"; armed=1; }; \
                PROMPT_COMMAND=__vsc_prompt_cmd${__vsc_original:+_original}; \
                trap 'if [[ -n ${armed-} ]]; then seen=$BASH_COMMAND; armed=; fi' DEBUG";
    for program in bashes() {
        let home = Home::new();
        for place in [Setup::before, Setup::after] {
            let mut shell = place(with_session(&program, &home, "prod", LONG), load).start();
            shell.run("true");
            assert_eq!(shell.run("echo \"$seen\""), "echo \"$seen\"", "{program}");
            assert_eq!(shell.segment(), SEGMENT, "{program}");
        }
    }
}

#[test]
fn a_readonly_prompt_command_is_left_alone() {
    for program in bashes() {
        let home = Home::new();
        let setup = with_session(&program, &home, "prod", LONG).before("readonly PROMPT_COMMAND=:");
        assert_eq!(setup.start().segment(), "", "{program}");
    }
}

#[test]
fn a_prompt_that_another_hook_sets_anew_has_the_segment_too() {
    for program in bashes() {
        let home = Home::new();
        let setup = with_session(&program, &home, "prod", LONG);
        let mut shell = setup.before("PROMPT_COMMAND='n=$((n + 1)); PS1=\"$n@@> \"'").start();
        assert_eq!(shell.prompt(), "<green>(prod 2h05m)</> 1@@>", "{program}");
        shell.run("true");
        assert_eq!(shell.prompt(), "<green>(prod 2h05m)</> 2@@>", "{program}");
    }
    let home = Home::new();
    let setup = with_session(&zsh(), &home, "prod", LONG);
    let mut shell = setup.before("precmd() { n=$((n + 1)); PROMPT=\"$n@@> \" }").start();
    assert_eq!(shell.prompt(), "<green>(prod 2h05m)</> 1@@>");
    shell.run("true");
    assert_eq!(shell.prompt(), "<green>(prod 2h05m)</> 2@@>");
}

#[test]
fn a_later_hook_that_builds_the_prompt_anew_is_overtaken() {
    let build = "build() { PS1='new @@> '; }";
    let arrays = ["PROMPT_COMMAND+=(build)", "PROMPT_COMMAND=(: \"${PROMPT_COMMAND[@]}\" build)"];
    let strings = ["PROMPT_COMMAND=\"${PROMPT_COMMAND:+$PROMPT_COMMAND; }build\""];
    for program in bashes() {
        let home = Home::new();
        let is_array = program.script(&home, &[], "((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501))");
        let arrays: &[&str] = if is_array.output().status == 0 { &arrays } else { &[] };
        for line in strings.iter().chain(arrays) {
            let mut shell = with_session(&program, &home, "prod", LONG).after(build).after(line).start();
            for _ in 0..2 {
                shell.run("(exit 3)");
                assert_eq!(shell.prompt(), "<green>(prod 2h05m)</> new @@>", "{program}: {line}");
                assert_eq!(shell.status(), "3", "{program}: {line}");
            }
            assert_eq!(shell.run(COUNT), "1", "{program}: {line}");
        }
    }
    let home = Home::new();
    let build = "build() { PROMPT='new @@> ' }; precmd_functions+=(build)";
    let mut shell = with_session(&zsh(), &home, "prod", LONG).after(build).start();
    shell.run("true");
    assert_eq!(shell.prompt(), "<green>(prod 2h05m)</> new @@>");
}

/// Terminals such as VS Code's put their marks around PS1 at the first prompt.
#[test]
fn bashs_prompt_has_the_segment_as_soon_as_the_file_is_loaded() {
    for program in bashes() {
        let home = Home::new();
        let mut shell = program.on(&home).after("seen=$PS1").start();
        assert_eq!(shell.value("seen"), "${MFA_ENV_PROMPT+$MFA_ENV_PROMPT}@@>", "{program}");
    }
}

#[test]
fn a_prompt_that_begins_with_an_empty_line_has_the_segment_after_it() {
    for program in bashes() {
        let home = Home::new();
        let setup = with_session(&program, &home, "prod", LONG).before("PS1='\\n@@> '");
        assert_eq!(setup.start_showing().0.segment(), SEGMENT, "{program}");
    }
    let home = Home::new();
    let setup = with_session(&zsh(), &home, "prod", LONG).before("PROMPT=$'\\n@@> '");
    assert_eq!(setup.start_showing().0.segment(), SEGMENT);
}

#[test]
fn the_users_own_right_prompt_stays() {
    let home = Home::new();
    for place in [Setup::before, Setup::after] {
        let setup = place(with_session(&zsh(), &home, "prod", LONG), "RPROMPT=right");
        let prompt = setup.start().prompt();
        assert!(prompt.starts_with("<green>(prod 2h05m)</> @@>") && prompt.ends_with(" right"), "{prompt}");

        let right = "function fish_right_prompt; printf 'right%s' $status; end";
        for program in fishes() {
            let mut shell = place(with_session(&program, &home, "prod", LONG), right).start();
            assert_eq!(shell.segment(), "right0 <green>(prod 2h05m)</>", "{program}");
            shell.run("sh -c 'exit 9'");
            assert_eq!(shell.segment(), "right9 <green>(prod 2h05m)</>", "{program}");
        }
    }
}

#[test]
fn a_right_prompt_that_is_set_or_erased_later_has_the_segment_again() {
    for program in fishes() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        shell.run("function fish_right_prompt; printf new; end");
        shell.run("true");
        assert_eq!(shell.segment(), "new <green>(prod 2h05m)</>", "{program}");
        shell.run("functions -e fish_right_prompt");
        shell.run("true");
        assert_eq!(shell.segment(), SEGMENT, "{program}");
    }
}

#[test]
fn the_users_fish_prompt_is_not_touched() {
    for program in fishes() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).start();
        assert_eq!(shell.run("functions fish_prompt | grep -c MFA"), "0", "{program}");
    }
}

#[test]
fn vi_mode_goes_on() {
    for program in all() {
        let home = Home::new();
        let vi = ["set -o vi", "bindkey -v", "fish_vi_key_bindings"][program.kind as usize];
        let setup = with_session(&program, &home, "prod", LONG).with_configuration();
        // fish prints a greeting.
        let (mut shell, _) = setup.start_showing();
        shell.run(vi);
        // Escape, to the start of the line, insert mode: types `echo` before the text.
        shell.press("typed\x1b");
        // A key right after Escape would mean Alt with that key.
        shell.wait("the command mode", |shell| shell.line().ends_with("@@> type"));
        shell.press("0");
        shell.press("iecho \r");
        assert_eq!(shell.wait_for_prompt(), "typed", "{program}");
        assert!(shell.prompt().contains("<green>(prod 2h05m)</>"), "{program}: {}", shell.prompt());
    }
}

#[test]
fn psvar_of_the_user_stays() {
    let home = Home::new();
    let setup = with_session(&zsh(), &home, "prod", LONG);
    let mut shell = setup.before("psvar=(one two); PROMPT='%1v@@> '").start();
    assert_eq!(shell.prompt(), "<green>(prod 2h05m)</> one@@>");
    shell.run("psvar=(three)");
    assert_eq!(shell.prompt(), "<green>(prod 2h05m)</> three@@>");
}

#[test]
fn strict_options_survive_the_prompts() {
    for program in bashes_and_zsh() {
        let home = Home::new();
        let mut shell = with_session(&program, &home, "prod", LONG).after("set -euo pipefail").start();
        for line in ["true", "! true", "false || true", "unset MFA_ENV_PROFILE AWS_ACCESS_KEY_ID"] {
            assert_eq!(shell.run(line), "", "{program}: {line}");
        }
        assert_eq!(shell.segment(), "", "{program}");
        assert_eq!(shell.exit(), 0, "{program}");
    }
}
