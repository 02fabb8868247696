//! Loads `mfa-env.plugin.zsh` and `conf.d/mfa-env.fish` like plugin managers, and `completions/` like a
//! package.

use std::fs;
use std::path::{Path, PathBuf};

use support::{Home, done};

use crate::segment::{LONG, SEGMENT, with_session};
use crate::typed::{Kind, all, fishes, zsh};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A PATH without the binary.
const WITHOUT: &str = "/usr/bin:/bin";

/// A home with fisher's copy of the folder.
fn fisher() -> Home {
    let home = Home::new();
    fs::create_dir_all(home.path(".config/fish/conf.d")).expect("a new directory");
    fs::copy(file("conf.d/mfa-env.fish"), home.path(".config/fish/conf.d/mfa-env.fish")).expect("copied");
    home
}

#[test]
fn a_plugin_manager_of_zsh_loads_function_and_segment() {
    let source = format!("source {}", file("mfa-env.plugin.zsh").display());
    // Some plugin managers source it in a function.
    for load in [source.clone(), format!("function load {{ {source} }}; load")] {
        let home = Home::new();
        let mut shell = with_session(&zsh(), &home, "prod", LONG).instead_of_init(&load).start();
        assert_eq!(shell.segment(), SEGMENT, "{load}");
        assert_eq!(shell.run("whence -w mfa-env"), "mfa-env: function", "{load}");
    }
}

#[test]
fn fisher_loads_function_and_segment() {
    for program in fishes() {
        let home = fisher();
        let setup = with_session(&program, &home, "prod", LONG).with_configuration().instead_of_init("");
        // fish prints a greeting if it has a configuration.
        let (mut shell, _) = setup.start_showing();
        assert_eq!(shell.segment(), SEGMENT, "{program}");
        assert_eq!(shell.run("functions -q mfa-env; echo $status"), "0", "{program}");
    }
}

#[test]
fn without_the_program_they_say_what_is_missing() {
    let home = fisher();
    let script = format!("source {}", file("mfa-env.plugin.zsh").display());
    let shown = home.program("zsh").args(["-f", "-c", &script]).env("PATH", WITHOUT).output();
    let zsh = "mfa-env: the program is not on the PATH: install it, or set the PATH before this plugin\n";
    assert_eq!(shown, done("", zsh));
    let run = home.program("fish").args(["--private", "-i", "-c", "true"]);
    let shown = run.env("PATH", WITHOUT).env("TERM", "dumb").output();
    let fish = "mfa-env: the program is not on the PATH: install it, or run fish_add_path with its folder\n";
    assert_eq!(shown, done("", fish));
    let shown = home.program("fish").args(["--private", "-c", "true"]).env("PATH", WITHOUT).output();
    assert_eq!(shown, done("", ""), "a script has no prompt to say it at");
}

#[test]
fn the_completions_of_a_package_work_at_the_first_tab_with_and_without_init() {
    for program in all() {
        for with_init in [true, false] {
            let home = Home::someaccount();
            let fish_folder = home.path(".config/fish/completions");
            fs::create_dir_all(&fish_folder).expect("a new directory");
            fs::copy(file("completions/mfa-env.fish"), fish_folder.join("mfa-env.fish")).expect("copied");
            let load = match program.kind {
                Kind::Bash => format!("source {}", file("completions/mfa-env.bash").display()),
                Kind::Zsh => {
                    let folder = file("completions");
                    format!("fpath=({} $fpath); autoload -Uz compinit; compinit -u -D", folder.display())
                }
                Kind::Fish => String::new(),
            };
            let setup = program.on(&home).with_configuration().before(&load);
            let setup = if with_init { setup } else { setup.instead_of_init("") };
            let (mut shell, _) = setup.start_showing();
            shell.press("mfa-env some\t");
            shell.wait("mfa-env someaccount", |shell| shell.line().ends_with("mfa-env someaccount "));
        }
    }
}
