//! From a home with nothing but a pair of keys to a prompt that shows the session, without an editor.

use crate::harness::{CODE, Home, keys_in, logins, sts};
use crate::typed::{Kind, MARK, Program, all};

/// The shell's own file, with the prompt that the tests look for.
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
        let mut shell = program.on(&home).with_own_file().sts(&sts).start();
        shell.press("mfa-env setup\r");
        for (question, answer) in [
            ("MFA device [arn:aws:iam::123456789012:mfa/bob]:", ""),
            ("Add them? [Y/n]", ""),
            ("MFA code for x (arn:aws:iam::123456789012:mfa/bob):", CODE),
        ] {
            shell.wait_for(question);
            shell.press(&format!("{answer}\r"));
        }
        let shown = shell.wait_for_prompt();
        let last =
            format!("Next, in a new terminal: mfa-env x\nhint: in this one, first: {}", line(&program));
        assert!(shown.ends_with(&last), "{program}: {shown}");
        assert_eq!(shell.exit(), 0, "{program}");

        let mut shell = program.on(&home).with_own_file().sts(&sts).start();
        assert!(shell.run("mfa-env x").starts_with("Session reused; expires in "), "{program}");
        let expected = ["12h00m", "11h59m"].map(|left| format!("<green>(x {left})</>"));
        assert!(expected.contains(&shell.segment()), "{program}: {}", shell.prompt());
        assert_eq!(shell.value("AWS_VAULT"), "x", "{program}");
        // A shell that has loaded the function needs no line.
        let again = shell.run("mfa-env setup --yes");
        assert_eq!(
            again, "Every profile that has keys has an MFA device, too.\nNext: mfa-env x",
            "{program}"
        );
        assert_eq!(logins(&sts).len(), 1, "{program}");
        shell.exit();
    }
}

fn line(program: &Program) -> &'static str {
    match program.kind {
        Kind::Bash => "eval \"$(mfa-env init bash)\"",
        Kind::Zsh => "eval \"$(mfa-env init zsh)\"",
        Kind::Fish => "mfa-env init fish | source",
    }
}

#[test]
fn a_profile_that_is_chosen_from_the_list_is_that_of_the_shell() {
    let other = keys_in("y", "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n");
    for program in all() {
        let home = Home::someaccount().credentials(format!("{}{other}", crate::harness::SOMEACCOUNT));
        let sts = sts();
        let mut shell = program.on(&home).sts(&sts).start();
        shell.press("mfa-env\r");
        shell.wait_for("? Profile:");
        shell.press("y\r");
        shell.wait_for("MFA code for y (arn:aws:iam::123456789012:mfa/bob):");
        shell.press(&format!("{CODE}\r"));
        shell.wait_for_prompt();
        assert_eq!(shell.value("AWS_VAULT"), "y", "{program}");
        shell.press("mfa-env --pick\r");
        shell.wait_for("? Profile:");
        shell.press("\x1b");
        shell.wait_for_prompt();
        assert_eq!(shell.value("AWS_VAULT"), "y", "{program}");
        assert_eq!(shell.exit(), 0, "{program}");
    }
}
