//! What `mfa-env setup` makes of the user's files: config, and the shell's own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::harness::{CODE, Home, SERIAL, Shown, keys_in, sts};
use crate::setup::LINES;

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
        let shown = set_up(&home, profile, &["--no-shell", "--serial-number", SERIAL]);
        assert_eq!(shown.status, 0, "{shown:?}");
        assert_eq!(home.read(".aws/config"), new, "{old}");
        assert_eq!(home.read_credentials(), keys_in(profile, ""));
    }
}

#[test]
fn a_config_that_is_not_there_is_made_for_its_owner_alone() {
    let home = Home::new().credentials(keys_in("x", ""));
    assert_eq!(set_up(&home, "x", &["--no-shell"]).status, 0);
    assert_eq!(mode(&home, ".aws/config"), 0o600);
}

#[test]
fn a_linked_config_stays_a_link_and_keeps_its_mode() {
    let home = Home::new().credentials(keys_in("x", ""));
    home.write("real", "# mine\n");
    home.set_mode("real", 0o640);
    symlink(home.path("real"), home.path(".aws/config")).expect("linked");
    assert_eq!(set_up(&home, "x", &["--no-shell"]).status, 0);
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
            "error: `~HOME~/.aws/config` was not changed: `[profile x]` is there more than once (lines 1 and 3), \
             and tools disagree which counts\nhint: join these sections\n",
        ),
        (
            keys_in("x", another),
            "",
            "error: profile `x` has another MFA device in its credentials\n\
             hint: correct `mfa_serial` in line 4 of `~HOME~/.aws/credentials`\n",
        ),
    ] {
        let home = Home::new().credentials(&credentials).config(config);
        let sts = sts();
        let run = home.run(["setup", "x", "--no-shell", "--serial-number", SERIAL, "-t", CODE]).sts(&sts);
        let shown = run.output();
        let expected = format!("Profile `x`: user bob of 123456789012\n{error}");
        assert_eq!((shown.status, shown.stderr), (1, expected));
        assert_eq!(crate::harness::logins(&sts).len(), 0);
        assert_eq!((home.read_credentials(), home.read(".aws/config")), (credentials, config.to_owned()));
    }
}

#[test]
fn a_device_under_an_older_name_is_tried_and_left_where_it_is() {
    let home = Home::someaccount();
    let before = home.read_credentials();
    let shown = set_up(&home, "someaccount", &["--no-shell"]);
    assert!(shown.stderr.contains("`someaccount` has this MFA device in your files already\n"), "{shown:?}");
    assert_eq!(home.read_credentials(), before);
    assert!(!home.path(".aws/config").exists());
}

#[test]
fn the_line_goes_to_the_end_of_the_shells_own_file() {
    let zsh = LINES.replace("bash", "zsh");
    let fish = "# AWS sessions with MFA; added by `mfa-env setup`\nmfa-env init fish | source\n";
    for (shell, variables, path, old, new) in [
        ("bash", &[][..], ".bashrc", "x=1\n", format!("x=1\n\n{LINES}")),
        ("bash", &[], ".bashrc", "x=1\r\ny=2", format!("x=1\r\ny=2\r\n\r\n{}", LINES.replace('\n', "\r\n"))),
        ("zsh", &[], ".zshrc", "x=1", format!("x=1\n\n{zsh}")),
        ("zsh", &[("ZDOTDIR", "~HOME~/.config")], ".config/.zshrc", "", zsh.clone()),
        ("fish", &[], ".config/fish/config.fish", "# mine\n\n", format!("# mine\n\n{fish}")),
        ("fish", &[("XDG_CONFIG_HOME", "~HOME~/c")], "c/fish/config.fish", "", fish.to_owned()),
    ] {
        let home = Home::new().credentials(keys_in("x", ""));
        if !old.is_empty() {
            fs::create_dir_all(home.path(path).parent().expect("in a directory")).expect("made");
            home.write(path, old);
            home.set_mode(path, 0o644);
        }
        let mut run = home.run(["setup", "--yes", "-t", CODE, "--shell", shell]);
        for (name, value) in variables {
            run = run.env(name, value.replace("~HOME~", &home.path("").display().to_string()));
        }
        let sts = sts();
        let shown = run.sts(&sts).output();
        assert_eq!(shown.status, 0, "{shown:?}");
        assert_eq!(home.read(path), new, "{shell} {old:?}");
        assert_eq!(mode(&home, path), if old.is_empty() { 0o600 } else { 0o644 });
        let beside = home.path(path).parent().expect("in a directory").to_owned();
        let ours = fs::read_dir(beside).expect("readable").flatten().map(|entry| entry.file_name());
        assert!(
            !ours.into_iter().any(|name| name.to_string_lossy().contains("rc.mfa-env")),
            "a lock file is left"
        );
    }
}

#[test]
fn a_line_in_another_form_or_file_is_enough() {
    for (shell, path, line) in [
        ("bash", ".bashrc", "eval \"$(mfa-env init bash)\"\n"),
        ("bash", ".bash_profile", "  source <( ~/.cargo/bin/mfa-env init bash )\n"),
        ("zsh", ".zshrc", "(( $+commands[mfa-env] )) && eval \"$(command mfa-env init zsh)\"\n"),
        ("fish", ".config/fish/conf.d/aws.fish", "mfa-env init fish | source\n"),
    ] {
        let home = Home::new().credentials(keys_in("x", ""));
        fs::create_dir_all(home.path(path).parent().expect("in a directory")).expect("made");
        home.write(path, line);
        assert_eq!(set_up(&home, "x", &["--shell", shell]).status, 0);
        assert_eq!(home.read(path), line);
        for own in [".bashrc", ".zshrc", ".config/fish/config.fish"] {
            assert!(own == path || !home.path(own).exists(), "{own}");
        }
    }
}

#[test]
fn a_linked_file_stays_a_link_and_one_that_can_not_be_replaced_is_left() {
    let home = Home::new().credentials(keys_in("x", ""));
    fs::create_dir(home.path("dotfiles")).expect("made");
    home.write("dotfiles/bashrc", "x=1\n");
    symlink("dotfiles/bashrc", home.path(".bashrc")).expect("linked");
    assert_eq!(set_up(&home, "x", &["--shell", "bash"]).status, 0);
    assert!(fs::symlink_metadata(home.path(".bashrc")).expect("there").is_symlink());
    assert_eq!(home.read("dotfiles/bashrc"), format!("x=1\n\n{LINES}"));

    let home = Home::new().credentials(keys_in("x", ""));
    home.write("other", "x=1\n");
    fs::hard_link(home.path("other"), home.path(".bashrc")).expect("linked");
    let shown = set_up(&home, "x", &["--shell", "bash"]);
    let expected = "warning: can't write to `~HOME~/.bashrc`: it has 2 hard links, and the others would keep the old \
         content\nhint: add it where that file is made: eval \"$(mfa-env init bash)\"\n";
    assert!(shown.status == 0 && shown.stderr.contains(expected), "{shown:?}");
    assert_eq!(home.read(".bashrc"), "x=1\n");
}

#[test]
fn a_shell_that_would_not_find_us_gets_no_line() {
    let home = Home::new().credentials(keys_in("x", ""));
    let sts = sts();
    let run =
        home.run(["setup", "--yes", "-t", CODE, "--shell", "bash"]).env("PATH", "/usr/bin:/bin").sts(&sts);
    let shown = run.output();
    assert!(
        shown.stderr.ends_with(
            "Next: eval \"$(mfa-env x)\"\n\
         hint: no directory of PATH has `mfa-env`; once one has, `mfa-env setup` can set the shell up, too\n"
        ),
        "{shown:?}"
    );
    assert!(!home.path(".bashrc").exists());
}
