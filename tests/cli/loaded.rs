//! Loads the output of `mfa-env init` in elvish and nushell, as docs/shells.md says.

use support::{CODE, Home, Run, STARTED, Terminal, done, sts};

use crate::guides::blocks;
use crate::more_shells::nu;

/// The page's block that begins with this text.
fn documented(begins: &str) -> String {
    let found = blocks("docs/shells.md").into_iter().find(|block| block.starts_with(begins));
    found.unwrap_or_else(|| panic!("docs/shells.md has no block `{begins}`"))
}

/// Shows the environment of a program that the shell starts.
const SHOW: &str = "echo \"vault ${AWS_VAULT-gone}, key ${AWS_ACCESS_KEY_ID-gone}\" | cut -c 1-30\n";

/// A home with bob's profile, and the programs that the tests run.
fn home() -> Home {
    let home = Home::someaccount();
    home.write("show", SHOW);
    home
}

mod elvish {
    use super::*;

    /// Starts elvish on a terminal, with the documented line in its file, and waits for the prompt. Without a
    /// terminal elvish has no editor, and a function can only be added with one.
    fn start(home: &Home, sts: &fake_sts::FakeSts) -> Terminal {
        std::fs::create_dir_all(home.path(".config/elvish")).expect("a new directory");
        let prompt = "set edit:prompt = { put '@@> ' }\nset edit:rprompt = { put '' }\n";
        home.write(".config/elvish/rc.elv", documented("eval (mfa-env init elvish") + prompt);
        let run = home.program("elvish").env("LC_ALL", "C.UTF-8").sts(sts);
        // elvish's daemon puts its socket there.
        let mut elvish = Terminal::start(run.env("TMPDIR", home.path("")));
        elvish.wait_for("@@> ");
        elvish
    }

    /// Enters a line, and waits for this text.
    fn enter(elvish: &mut Terminal, line: &str, shown: &str) {
        elvish.press(line);
        elvish.press("\r");
        elvish.wait_for(shown);
    }

    #[test]
    fn the_function_sets_elvish_and_takes_the_session_out_again() {
        let (home, sts) = (home(), sts());
        let mut elvish = start(&home, &sts);
        enter(&mut elvish, "mfa-env someaccount", "MFA code for someaccount");
        enter(&mut elvish, CODE, "Session started; expires in 12 hours");
        enter(&mut elvish, "sh show", "vault someaccount, key ASIA");
        enter(&mut elvish, "mfa-env status", "this shell's environment");
        enter(&mut elvish, "mfa-env doctor --offline", "shell: the function is loaded");
        enter(&mut elvish, "mfa-env someaccount -- sh -c 'echo \"<$AWS_VAULT>\"'", "<someaccount>");
        enter(&mut elvish, "mfa-env unset; sh show", "vault gone, key gone");
        elvish.press("exit\r");
        assert_eq!(elvish.end().0, 0);
    }

    #[test]
    fn nothing_of_the_line_runs_after_a_failure() {
        let (home, sts) = (home(), sts());
        let mut elvish = start(&home, &sts);
        for arguments in ["nobody", "--typo", "list --typo", "status"] {
            let line = format!("mfa-env {arguments}; touch ran");
            enter(&mut elvish, &line, "Exception: ");
            elvish.wait_for("mfa-env exited with ");
            elvish.wait_for("@@> ");
        }
        elvish.press("exit\r");
        elvish.end();
        assert!(!home.path("ran").exists());
    }

    #[test]
    fn tab_completes_a_profile() {
        let (home, sts) = (home(), sts());
        let mut elvish = start(&home, &sts);
        elvish.press("mfa-env some\t");
        elvish.wait_for("account");
        enter(&mut elvish, "", "MFA code for someaccount");
        enter(&mut elvish, CODE, "Session started; expires in 12 hours");
        elvish.press("exit\r");
        elvish.end();
    }
}

mod nushell {
    use super::*;

    /// Runs the line with the documented file loaded.
    fn run<'h>(home: &'h Home, line: &str) -> Run<'h> {
        let nu = nu();
        let saved = home.program(&nu).args(["-n", "-c", &documented("mkdir $nu.user")]).output();
        assert_eq!(saved, done("", ""));
        home.program(nu).args(["-e", &format!("{line}; exit 0")]).env("NO_COLOR", "1")
    }

    #[test]
    fn the_command_sets_nushell_and_takes_the_session_out_again() {
        let (home, sts) = (home(), sts());
        let line = format!("mfa-env someaccount -d 12h -t {CODE}; sh show; mfa-env unset; sh show");
        let shown = run(&home, &line).sts(&sts).output();
        let (first, rest) = shown.stdout.split_once('\n').expect("two lines");
        assert!(first.starts_with("vault someaccount, key ASIA"), "{shown:?}");
        assert_eq!(
            (rest, shown.stderr.as_str()),
            ("vault gone, key gone\n", &*format!("{STARTED}removed someaccount from this shell\n"))
        );
    }

    #[test]
    fn nothing_of_the_line_runs_after_a_failure() {
        for arguments in ["nobody", "--typo", "list --typo", "status"] {
            let (home, sts) = (home(), sts());
            run(&home, &format!("mfa-env {arguments}; touch ran")).sts(&sts).output();
            assert!(!home.path("ran").exists(), "{arguments}");
        }
    }

    #[test]
    fn what_is_for_people_and_programs_is_shown_and_not_loaded() {
        let home = home();
        for arguments in ["list --names", "list", "--help", "policy"] {
            let by_hand = home.run(arguments.split(' ')).env("NO_COLOR", "1").output();
            let shown = run(&home, &format!("mfa-env {arguments}")).output();
            assert_eq!(shown.stdout, by_hand.stdout, "{arguments}");
        }
        let doctor = run(&home, "mfa-env doctor --offline").output().stdout;
        assert!(doctor.contains("     ok  shell: the function is loaded\n"), "{doctor}");
    }
}
