//! `mfa-env setup` from a home with only a key pair to a prompt that shows the session.

use support::{CODE, Home, keys_in, logins, sts};

use crate::typed::{Kind, MARK, Program, all};

/// The shell's start-up file, with the prompt that the tests look for.
fn own_file(program: &Program) -> (&'static str, String) {
    match program.kind {
        Kind::Bash => (".bashrc", format!("PS1='{MARK}'\n")),
        Kind::Zsh => (".zshrc", format!("PROMPT='{MARK}'\n")),
        Kind::Fish => {
            let prompt = format!("function fish_prompt; printf '{MARK}'; end");
            (".config/fish/config.fish", format!("set -g fish_greeting\n{prompt}\n"))
        }
    }
}

#[test]
fn setup_takes_a_home_with_only_keys_to_a_working_prompt() {
    for program in all() {
        let (home, sts) = (Home::new().credentials(keys_in("x", "")), sts());
        let (path, text) = own_file(&program);
        std::fs::create_dir_all(home.path(path).parent().expect("in a directory")).expect("made");
        home.write(path, &text);
        let name = name(&program);
        let login_shell = format!("/usr/bin/{name}");
        let mut shell = program.on(&home).with_own_file().env("SHELL", &login_shell).sts(&sts).start();
        shell.press("mfa-env setup\r");
        for (question, answer) in [
            ("MFA device [arn:aws:iam::123456789012:mfa/bob]:", ""),
            ("MFA code for x (arn:aws:iam::123456789012:mfa/bob):", CODE),
        ] {
            shell.wait_for(question);
            shell.press(&format!("{answer}\r"));
        }
        let shown = shell.wait_for_prompt();
        assert!(shown.ends_with("\nNext, in a new terminal: mfa-env x"), "{program}: {shown}");
        let command = shown.lines().find(|line| line.contains("printf")).expect("a command to paste");
        assert_eq!(shell.run(command.trim()), "", "{program}");
        assert_eq!(shell.exit(), 0, "{program}");

        let mut shell = program.on(&home).with_own_file().sts(&sts).start();
        assert!(shell.run("mfa-env x").starts_with("Session reused; expires in "), "{program}");
        let expected = ["12h00m", "11h59m"].map(|left| format!("<green>(x {left})</>"));
        assert!(expected.contains(&shell.segment()), "{program}: {}", shell.prompt());
        assert_eq!(shell.value("AWS_VAULT"), "x", "{program}");
        let again = shell.run("mfa-env setup --yes");
        let first = format!(
            "All profiles with keys have an MFA device.\nTo add another profile: mfa-env setup NAME\n\
             This {name} has loaded mfa-env."
        );
        assert!(again.starts_with(&first) && again.ends_with("\nNext: mfa-env x"), "{program}: {again}");
        assert_eq!(logins(&sts).len(), 1, "{program}");
        shell.exit();
    }
}

fn name(program: &Program) -> &'static str {
    match program.kind {
        Kind::Bash => "bash",
        Kind::Zsh => "zsh",
        Kind::Fish => "fish",
    }
}

#[test]
fn a_profile_that_is_chosen_from_the_list_is_that_of_the_shell() {
    let other = keys_in("y", "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n");
    for program in all() {
        let home = Home::someaccount().credentials(format!("{}{other}", support::SOMEACCOUNT));
        let sts = sts();
        let mut shell = program.on(&home).sts(&sts).start();
        shell.press("mfa-env\r");
        shell.wait_for("Profile:");
        shell.press("y\r");
        shell.wait_for("MFA code for y (arn:aws:iam::123456789012:mfa/bob):");
        shell.press(&format!("{CODE}\r"));
        shell.wait_for_prompt();
        assert_eq!(shell.value("AWS_VAULT"), "y", "{program}");
        shell.press("mfa-env --pick\r");
        shell.wait_for("Profile:");
        shell.press("\x1b");
        shell.wait_for_prompt();
        assert_eq!(shell.value("AWS_VAULT"), "y", "{program}");
        assert_eq!(shell.exit(), 0, "{program}");
    }
}
