//! `mfa-env init`: prints nothing when it is loaded, passes the shells' own checkers, and starts no process
//! at a prompt.

use std::path::PathBuf;

use support::{Home, done};

use crate::default::{age, written};
use crate::segment::with_session;
use crate::typed::{Kind, Program, Setup, all, bashes, fishes, zsh};

/// Strict options, as arguments of the shell.
fn strict(program: &Program) -> &'static [&'static [&'static str]] {
    match program.kind {
        Kind::Bash => &[&[], &["-eu"], &["-euo", "pipefail"], &["--posix", "-euo", "pipefail"], &["-Eeuf"]],
        Kind::Zsh => &[
            &[],
            &["-eu"],
            &["-euo", "pipefail"],
            &["-o", "ksh_arrays", "-o", "no_unset"],
            &["-o", "sh_word_split", "-o", "err_return"],
            &["-o", "warn_create_global", "-o", "warn_nested_var"],
            &["--emulate", "sh", "-eu"],
            &["--emulate", "ksh", "-eu"],
            &["-o", "no_aliases", "-o", "no_bare_glob_qual", "-o", "extended_glob"],
        ],
        Kind::Fish => &[&[]],
    }
}

#[test]
fn loaded_three_times_under_strict_options_it_says_nothing() {
    for program in all() {
        for options in strict(&program) {
            let home = Home::new();
            let script = format!("{0}\n{0}", program.init());
            // zsh only accepts its emulation as the first option.
            let (first, rest) = options.split_at(if options.first() == Some(&"--emulate") { 2 } else { 0 });
            let run = if first.is_empty() {
                program.script(&home, rest, &script)
            } else {
                let script = format!("{}\n{script}", program.init());
                home.program(&program.path).args(first).args(["-f"]).args(rest).args(["-c", &script])
            };
            assert_eq!(run.output(), done("", ""), "{program}: {options:?}");
        }
    }
}

#[test]
fn loaded_three_times_in_a_terminal_it_says_nothing() {
    for program in all() {
        let home = Home::new();
        let mut shell = program.on(&home).after(program.init()).after(program.init()).start();
        assert_eq!(shell.run("true"), "", "{program}");
    }
}

#[test]
fn loaded_in_posix_mode_in_a_terminal_it_says_nothing() {
    for program in bashes() {
        let home = Home::new();
        assert_eq!(program.on(&home).options("--posix").start().run("true"), "", "{program}");
    }
}

#[test]
fn loads_with_zshs_completion_too() {
    let home = Home::new();
    // As oh-my-zsh does, before or after our line.
    for place in [Setup::before, Setup::after] {
        let mut shell = place(zsh().on(&home), "autoload -Uz compinit; compinit -u -D").start();
        assert_eq!(shell.run("echo $_comps[mfa-env]"), "_mfa-env");
        assert_eq!(shell.run("echo $precmd_functions"), "_mfa_env_hook");
    }
    let mut shell = zsh().on(&home).start();
    assert_eq!(shell.run("echo $precmd_functions"), "_mfa_env_hook");
}

#[test]
fn exports_nothing() {
    for program in all() {
        let home = Home::new();
        let script = format!("env | sort >before; {}; env | sort >after", program.init());
        assert_eq!(program.script(&home, &[], &script).output(), done("", ""), "{program}");
        assert_eq!(home.read("after"), home.read("before"), "{program}");
    }
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_shells_own_checkers_find_nothing_in_the_files() {
    let home = Home::new();
    let check = |words: &[&str], name: &str| {
        let run = home.program(words[0]).args(&words[1..]).args([file(name)]);
        assert_eq!(run.output(), done("", ""), "{words:?} {name}");
    };
    for program in bashes() {
        check(&[&program.path, "-n"], "shell/mfa-env.bash");
        check(&[&program.path, "-n"], "completions/mfa-env.bash");
    }
    check(&["shellcheck"], "shell/mfa-env.bash");
    check(&["shellcheck"], "completions/mfa-env.bash");
    check(&["zsh", "-n"], "shell/mfa-env.zsh");
    check(&["zsh", "-n"], "completions/_mfa-env");
    for program in fishes() {
        check(&[&program.path, "--no-execute"], "shell/mfa-env.fish");
        check(&[&program.path, "--no-execute"], "completions/mfa-env.fish");
    }
}

#[test]
fn fish_formats_its_files_as_they_are() {
    let home = Home::new();
    for name in ["shell/mfa-env.fish", "completions/mfa-env.fish"] {
        let text = std::fs::read_to_string(file(name)).expect("there");
        assert_eq!(home.program("fish_indent").stdin(&text).output(), done(&text, ""), "{name}");
    }
}

#[test]
fn what_is_printed_are_the_two_files() {
    let home = Home::new();
    for (name, completion) in [("bash", "mfa-env.bash"), ("zsh", "_mfa-env"), ("fish", "mfa-env.fish")] {
        let read = |path: String| std::fs::read_to_string(file(&path)).expect("there");
        let text = read(format!("shell/mfa-env.{name}")) + &read(format!("completions/{completion}"));
        assert_eq!(home.run(["init", name]).output(), done(&text, ""), "{name}");
    }
}

/// Counts the processes that a shell starts until it has shown that many prompts.
#[cfg(target_os = "linux")]
fn processes(program: &Program, mode: &str, prompts: usize) -> usize {
    let home = match mode {
        "default" | "changed" => written(),
        _ => Home::new(),
    };
    if mode == "changed" {
        home.write(".aws/credentials", home.read_credentials() + "[more]\nregion = x\n");
        age(&home, ".aws/credentials", 5);
    }
    let tracer =
        ["strace", "-f", "--seccomp-bpf", "-e", "trace=execve,clone,clone3,fork,vfork", "-o", "calls"];
    let setup = match mode {
        "environment" => with_session(program, &home, "prod", 9000),
        "last minute" => with_session(program, &home, "prod", 30),
        _ => program.on(&home),
    };
    let mut shell = setup.started_by(&tracer).start();
    for _ in 0..prompts {
        shell.run("true");
    }
    let has_segment = shell.segment() != "";
    assert_eq!(has_segment, mode != "none", "{program}: {mode}");
    assert_eq!(shell.exit(), 0, "{program}: {mode}");
    let calls = home.read("calls");
    // fish highlights in threads, which don't count.
    let is_process = |line: &&str| line.contains('(') && !line.contains("CLONE_THREAD");
    calls.lines().filter(is_process).count()
}

#[cfg(target_os = "linux")]
fn assert_no_process_per_prompt(program: &Program) {
    for mode in ["none", "environment", "last minute", "default", "changed"] {
        let few = processes(program, mode, 5);
        assert!(few > 1, "{program}: {mode}: strace saw nothing");
        assert_eq!(processes(program, mode, 45), few, "{program}: {mode}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn bash_starts_no_process_at_a_prompt() {
    for program in bashes() {
        assert_no_process_per_prompt(&program);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn zsh_starts_no_process_at_a_prompt() {
    assert_no_process_per_prompt(&zsh());
}

#[cfg(target_os = "linux")]
#[test]
fn fish_starts_no_process_at_a_prompt() {
    for program in fishes() {
        // fish before 3.5 has no builtin for the time.
        let home = Home::new();
        let path = program.script(&home, &[], "contains path (builtin -n); and echo path").output();
        if path.stdout == "path\n" {
            assert_no_process_per_prompt(&program);
        }
    }
}
