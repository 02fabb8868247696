//! csh, tcsh, xonsh and PowerShell can't evaluate our lines: mfa-env prints none, and shows the command to
//! use instead. A POSIX shell runs under each of these names.

use std::os::unix::fs::symlink;

use support::{CODE, Home, Run, Shown, WRITTEN, done, failed, logins, sts, unset_lines};

const NAMES: [&str; 4] = ["csh", "tcsh", "xonsh", "pwsh"];

/// The variables of a session of `someaccount`.
const SESSION: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "ASIAOURS"), ("MFA_ENV_KEY", "ASIAOURS"), ("MFA_ENV_PROFILE", "someaccount")];

/// Runs a line in a process of that name.
fn run<'h>(home: &'h Home, name: &str, line: &str) -> Run<'h> {
    symlink("/bin/dash", home.path(name)).expect("a new link");
    // Not the last command, since dash would exec it.
    home.program(home.path(name)).args(["-c", &format!("{line}; exit $?")])
}

/// The output of a failure, for any evaluator.
fn refused(stderr: &str) -> Shown {
    Shown { stdout: "false\n".to_owned(), ..failed(2, stderr) }
}

#[test]
fn a_login_prints_no_lines_and_names_the_command_to_use() {
    for name in NAMES {
        for (arguments, command) in [
            ("someaccount", "mfa-env someaccount"),
            ("someaccount --format env", "mfa-env someaccount"),
            ("", "mfa-env"),
            ("--pick", "mfa-env --pick"),
            ("-p list", "mfa-env --profile list"),
        ] {
            let (home, sts) = (Home::someaccount().config("[profile list]\n"), sts());
            let shown = run(&home, name, &format!("mfa-env {arguments}")).sts(&sts).output();
            let expected = format!(
                "error: mfa-env can't set variables in {name}\n\
                 hint: start {name} with the session: {command} -- {name}\n"
            );
            assert_eq!(shown, refused(&expected), "{arguments}");
            assert!(logins(&sts).is_empty());
        }
    }
}

#[test]
fn the_command_to_use_starts_the_shell_with_the_session() {
    for name in NAMES {
        let (home, sts) = (Home::someaccount(), sts());
        let line = format!("mfa-env someaccount -t {CODE} -- ./{name} -c 'echo $AWS_VAULT'");
        let shown = run(&home, name, &line).sts(&sts).output();
        assert_eq!(shown, done("someaccount\n", ""), "{name}");
    }
}

#[test]
fn unset_prints_no_lines_and_says_how_the_session_ends() {
    for name in NAMES {
        let home = Home::someaccount();
        let shown = run(&home, name, "mfa-env unset").envs(&SESSION).output();
        let expected = format!(
            "error: mfa-env can't unset variables in {name}\n\
             hint: exit ends a {name} that was started with the session: mfa-env someaccount -- {name}\n"
        );
        assert_eq!(shown, refused(&expected));
    }
}

#[test]
fn unset_succeeds_where_there_is_nothing_to_unset() {
    for name in NAMES {
        let home = Home::someaccount();
        assert_eq!(run(&home, name, "mfa-env unset").output(), done("", ""));
    }
}

#[test]
fn a_session_in_default_is_written_and_no_lines_are_printed() {
    let (home, sts) = (Home::someaccount(), sts());
    let line = format!("mfa-env someaccount -w -t {CODE}");
    let shown = run(&home, "tcsh", &line).sts(&sts).envs(&SESSION).output();
    let warning = "warning: this shell goes on with the session that was exported to it\nhint: exit\n";
    let (wrote, started) = WRITTEN.split_once('\n').expect("two lines");
    assert_eq!(shown, done("", &format!("{wrote}\n{warning}{started}")));
    assert!(home.read_credentials().contains("__profile__ = someaccount\n"));
}

#[test]
fn a_shell_that_is_named_gets_its_lines() {
    let home = Home::someaccount();
    let shown = run(&home, "tcsh", "mfa-env unset --shell posix").envs(&SESSION[2..]).output();
    assert_eq!(shown, done(&unset_lines(&["MFA_ENV_PROFILE"]), ""));
}

#[test]
fn an_evaluation_fails_with_every_other_error_too() {
    for (arguments, status) in [("someaccount --typo", 2), ("unset --typo", 2), ("init zhs", 2)] {
        let home = Home::someaccount();
        let shown = run(&home, "tcsh", &format!("mfa-env {arguments}")).output();
        assert_eq!((shown.status, shown.stdout.as_str()), (status, "false\n"), "{arguments}");
    }
}

#[test]
fn what_is_for_people_and_programs_is_printed_as_ever() {
    for arguments in ["list --names", "policy", "--help"] {
        let home = Home::someaccount();
        let by_hand = home.run(arguments.split(' ')).output();
        assert_eq!(run(&home, "tcsh", &format!("mfa-env {arguments}")).output(), by_hand, "{arguments}");
    }
}

#[test]
fn their_names_are_refused_with_the_command_to_use() {
    for (argument, name) in
        [("csh", "csh"), ("tcsh", "tcsh"), ("xonsh", "xonsh"), ("pwsh", "pwsh"), ("powershell", "pwsh")]
    {
        let home = Home::someaccount();
        let hint = format!("hint: to start {name} with a session: mfa-env PROFILE -- {name}\n");
        for (arguments, option) in [
            (vec!["someaccount", "--shell", argument], "--shell <SHELL>"),
            (vec!["unset", "--shell", argument], "--shell <SHELL>"),
            (vec!["init", argument], "<SHELL>"),
        ] {
            let shown = home.run(&arguments).output();
            let what = format!("error: invalid value '{argument}' for '{option}'\n");
            assert!(!shown.stderr.contains("tip:"), "{shown:?}");
            assert_eq!((shown.status, shown.stdout.as_str()), (2, "(exit 2);\n"));
            assert!(shown.stderr.starts_with(&what) && shown.stderr.ends_with(&hint), "{shown:?}");
        }
    }
}

#[test]
fn doctor_names_the_command_to_use() {
    for name in NAMES {
        let home = Home::someaccount();
        let shown = run(&home, name, "mfa-env doctor --offline").output();
        let line = format!("     ok  shell: to start {name} with a session: mfa-env PROFILE -- {name}\n");
        assert!(shown.stdout.contains(&line), "{shown:?}");
    }
}
