//! How `mfa-env setup` changes AWS's files, and the command that it prints for the shell.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use support::{CODE, Home, SERIAL, Shown, keys_in, sts};

const LINE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n";

fn set_up(home: &Home, profile: &str, arguments: &[&str]) -> Shown {
    let sts = sts();
    home.run(["setup", profile, "--yes", "-t", CODE]).args(arguments).sts(&sts).output()
}

fn mode(home: &Home, path: &str) -> u32 {
    fs::metadata(home.path(path)).expect("there").permissions().mode() & 0o777
}

#[test]
fn only_one_line_of_config_changes() {
    for (profile, old, new) in [
        ("x", "", format!("[profile x]\n{LINE}")),
        (
            "x",
            "# mine\n[profile y]\nregion = eu-west-1",
            format!("# mine\n[profile y]\nregion = eu-west-1\n\n[profile x]\n{LINE}"),
        ),
        (
            "x",
            "[profile x]\r\nregion=eu-west-1\r\n",
            format!("[profile x]\r\n{}\r\nregion=eu-west-1\r\n", LINE.trim_end()),
        ),
        ("x", "[profile \"x\"] # c\ns3 =\n  a = b\n", format!("[profile \"x\"] # c\n{LINE}s3 =\n  a = b\n")),
        (
            "x",
            "[profile x]\nmfa_serial = GAHT12345678\nregion = eu-west-1\n",
            format!("[profile x]\n{LINE}region = eu-west-1\n"),
        ),
        ("default", "", format!("[default]\n{LINE}")),
        (
            "default",
            "[profile default]\nregion = eu-west-1\n",
            format!("[profile default]\n{LINE}region = eu-west-1\n"),
        ),
        ("a b", "", format!("[profile \"a b\"]\n{LINE}")),
    ] {
        let home = Home::new().credentials(keys_in(profile, "")).config(old);
        let shown = set_up(&home, profile, &["--serial-number", SERIAL]);
        assert_eq!(shown.status, 0, "{shown:?}");
        assert_eq!(home.read(".aws/config"), new, "{old}");
        assert_eq!(home.read_credentials(), keys_in(profile, ""));
    }
}

#[test]
fn a_config_that_is_not_there_is_made_for_its_owner_alone() {
    let home = Home::new().credentials(keys_in("x", ""));
    assert_eq!(set_up(&home, "x", &[]).status, 0);
    assert_eq!(mode(&home, ".aws/config"), 0o600);
}

#[test]
fn a_linked_config_stays_a_link_and_keeps_its_mode() {
    let home = Home::new().credentials(keys_in("x", ""));
    home.write("real", "# mine\n");
    home.set_mode("real", 0o640);
    symlink(home.path("real"), home.path(".aws/config")).expect("linked");
    assert_eq!(set_up(&home, "x", &[]).status, 0);
    assert_eq!(home.read("real"), format!("# mine\n\n[profile x]\n{LINE}"));
    assert_eq!(mode(&home, "real"), 0o640);
    assert!(fs::symlink_metadata(home.path(".aws/config")).expect("there").is_symlink());
}

#[test]
fn what_can_not_be_written_is_said_before_a_code_is_used() {
    let another = "mfa_serial = GAHT12345678\n";
    for (credentials, config, error) in [
        (
            keys_in("x", ""),
            "[profile x]\nregion = a-b-1\n[profile x]\n",
            "error: `~/.aws/config` was not changed: `[profile x]` occurs more than once (lines 1 and 3), \
             and tools disagree about which one counts\nhint: join these sections\n",
        ),
        (
            keys_in("x", another),
            "",
            "error: profile `x` has another MFA device in the credentials file\n\
             hint: correct `mfa_serial` in line 4 of `~/.aws/credentials`\n",
        ),
    ] {
        let home = Home::new().credentials(&credentials).config(config);
        let sts = sts();
        let run = home.run(["setup", "x", "--serial-number", SERIAL, "-t", CODE]).sts(&sts);
        let shown = run.output();
        let expected = format!("Profile `x`: user bob of 123456789012\n{error}");
        assert_eq!((shown.status, shown.stderr), (1, expected));
        assert_eq!(support::logins(&sts).len(), 0);
        assert_eq!((home.read_credentials(), home.read(".aws/config")), (credentials, config.to_owned()));
    }
}

#[test]
fn a_device_under_an_older_name_is_tried_and_left_where_it_is() {
    let home = Home::someaccount();
    let before = home.read_credentials();
    let shown = set_up(&home, "someaccount", &[]);
    assert!(shown.stderr.contains("`someaccount` has this MFA device in your files already\n"), "{shown:?}");
    assert_eq!(home.read_credentials(), before);
    assert!(!home.path(".aws/config").exists());
}

/// Its message for that shell, given by option or as the login shell.
fn next(home: &Home, shell: &str, by_option: bool) -> String {
    let run = home.run(["setup"]);
    let run = if by_option {
        run.args(["--shell", shell]).env("SHELL", "/bin/sh")
    } else {
        run.env("SHELL", format!("/usr/bin/{shell}"))
    };
    let shown = run.output();
    assert_eq!((shown.status, shown.stdout.as_str()), (0, ""), "{shown:?}");
    shown.stderr
}

#[test]
fn the_command_to_paste_adds_the_line_where_the_shell_reads_it() {
    for (shell, variables, path, line) in [
        ("bash", &[][..], ".bashrc", "eval \"$(mfa-env init bash)\""),
        ("zsh", &[], ".zshrc", "eval \"$(mfa-env init zsh)\""),
        ("zsh", &[("ZDOTDIR", "~HOME~/.aws")], ".aws/.zshrc", "eval \"$(mfa-env init zsh)\""),
        ("fish", &[], ".config/fish/config.fish", "mfa-env init fish | source"),
        ("fish", &[("XDG_CONFIG_HOME", "~HOME~/c")], "c/fish/config.fish", "mfa-env init fish | source"),
    ] {
        let home = Home::someaccount();
        let texts = [true, false].map(|by_option| next(&home, shell, by_option));
        assert_eq!(texts[0], texts[1]);
        let command = texts[0].lines().find_map(|line| line.strip_prefix("  ")).expect("a command");
        assert!(texts[0].contains(&format!("(Nix, chezmoi), give it this line:\n  {line}\n")), "{texts:?}");
        assert_eq!(texts[0].contains("\n  autoload -Uz compinit && compinit\n"), shell == "zsh");
        assert!(texts[0].ends_with("Next, in a new terminal: mfa-env someaccount\n"), "{texts:?}");
        for expected in [format!("\n{line}\n"), format!("\n{line}\nx\n{line}\n")] {
            let mut run = home.program(shell);
            for (name, value) in variables {
                run = run.env(name, value.replace("~HOME~", &home.path("").display().to_string()));
            }
            assert_eq!(run.args(["-c", command]).output().status, 0, "{command}");
            assert_eq!(home.read(path), expected, "{command}");
            // Without a final line ending, as some editors leave it.
            fs::write(home.path(path), format!("{expected}x")).expect("ours");
        }
    }
}
