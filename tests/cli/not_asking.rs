//! Cases in which mfa-env asks for no code: it needs none, it can't ask, or nobody would evaluate the result.

use support::{Home, Terminal, WRONG_CODE, failed, keys_in, logins, sts};

use crate::asking::bash;

#[test]
fn without_a_terminal_it_fails_at_once() {
    let (home, sts) = (Home::someaccount(), sts());
    let run = home.program("setsid").args(["--wait", "mfa-env", "someaccount"]);
    let shown = run.sts(&sts).output();
    let expected = failed(
        4,
        "error: profile `someaccount` needs an MFA code, and there is no terminal to ask on\n\
         hint: log in first: mfa-env someaccount\n",
    );
    assert_eq!(shown, expected);
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn no_input_fails_at_once_on_a_terminal_too() {
    let (home, sts) = (Home::someaccount(), sts());
    let terminal =
        Terminal::start(bash(&home, r#"eval "$(mfa-env someaccount --no-input)"; echo $?"#).sts(&sts));
    let expected = "error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it\n\
                    hint: log in first: mfa-env someaccount\n4\n";
    assert_eq!(terminal.end(), (0, expected.to_owned()));
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn a_given_code_that_is_wrong_is_not_asked_for_again() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = format!(r#"eval "$(mfa-env someaccount -t {WRONG_CODE})"; echo $?"#);
    let expected = "error: AWS rejected the MFA code\n\
        hint: wait for the next code of arn:aws:iam::123456789012:mfa/bob, and check the clock of the device\n3\n";
    assert_eq!(Terminal::start(bash(&home, &script).sts(&sts)).end(), (0, expected.to_owned()));
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn nothing_to_evaluate_is_said_before_a_code_is_asked_for() {
    let home = Home::someaccount();
    let terminal = Terminal::start(home.run(["someaccount"]).env("NO_COLOR", "1"));
    let expected = "error: the shell function isn't loaded, so mfa-env can't set this shell\n\
         hint: how to load it: mfa-env init --help\n\
         hint: or without it: eval \"$(mfa-env someaccount)\"\n\
         hint: or into `[default]`, for every program: mfa-env someaccount -w\n";
    assert_eq!(terminal.end(), (2, expected.to_owned()));
}

#[test]
fn nothing_to_evaluate_is_said_in_the_words_of_the_shell() {
    for (shell, file, line, evaluated) in [
        ("bash", "~/.bashrc", "eval \"$(mfa-env init bash)\"", "eval \"$(mfa-env a.b)\""),
        ("zsh", "\"${ZDOTDIR:-$HOME}/.zshrc\"", "eval \"$(mfa-env init zsh)\"", "eval \"$(mfa-env a.b)\""),
        ("fish", "$__fish_config_dir/config.fish", "mfa-env init fish | source", "mfa-env a.b | source"),
    ] {
        let home = Home::new().credentials(keys_in("a.b", "mfa_serial = GAHT12345678\n"));
        // Not the last command, since some shells exec that one.
        let without_files: &[&str] = if shell == "fish" { &["--no-config", "--private"] } else { &[] };
        let run = home.program(shell).args(without_files).args(["-c", "mfa-env a.b; true"]);
        let before = if shell == "fish" { "mkdir -p $__fish_config_dir; and " } else { "" };
        let expected = format!(
            "error: the shell function isn't loaded, so mfa-env can't set this shell\n\
             hint: load it in this terminal: {line}\n\
             hint: and in new ones: {before}printf '\\n%s\\n' '{line}' >> {file}\n\
             hint: or without it: {evaluated}\n\
             hint: or into `[default]`, for every program: mfa-env a.b -w\n"
        );
        assert_eq!(Terminal::start(run.env("NO_COLOR", "1")).end(), (0, expected), "{shell}");
    }
}

#[test]
fn unset_with_nothing_to_evaluate_says_so() {
    let home = Home::new();
    let expected = "error: the shell function isn't loaded, so mfa-env can't set this shell\n\
         hint: eval \"$(mfa-env unset)\"\n";
    let terminal = Terminal::start(home.run(["unset"]).env("NO_COLOR", "1"));
    assert_eq!(terminal.end(), (2, expected.to_owned()));
}

#[test]
fn messages_wrap_at_words_on_a_terminal_and_commands_stay_whole() {
    let home = Home::new().credentials(keys_in("two words", ""));
    let terminal = Terminal::of_width(home.run(["two words", "-w"]).env("NO_COLOR", "1"), 60);
    let (status, text) = terminal.end();
    let expected = "\
error: profile `two words` has no MFA device
hint: set one up: mfa-env setup 'two words'
hint: or add to `[two words]` in `~/.aws/credentials`:
      mfa_serial = arn:aws:iam::123456789012:mfa/NAME
hint: or just once: mfa-env 'two words' --serial-number ARN
";
    assert_eq!((status, text.as_str()), (1, expected));
    let terminal = Terminal::of_width(home.run(["gone", "-w"]).env("NO_COLOR", "1"), 60);
    let expected = "\
error: there is no profile `gone` in `~/.aws/credentials` or
       `~/.aws/config`
hint: the only profile is `two words`
";
    assert_eq!(terminal.end(), (2, expected.to_owned()));
}
