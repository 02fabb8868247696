//! Machines that lack something: certificates, locks, hard links, a terminal, TERM.

use fake_sts::{Authority, FakeSts, Valid};

use support::{CODE, Home, Run, SOMEACCOUNT, Shown, Terminal, bob, failed, logins, sts};

use crate::roles::role;

/// Runs mfa-env with an empty folder in the place of each of these.
fn without(places: &str, home: &Home, sts: &FakeSts, arguments: &[&str]) -> Shown {
    without_for(home, places, arguments).sts(sts).output()
}

fn without_for<'h>(home: &'h Home, places: &str, arguments: &[&str]) -> Run<'h> {
    std::fs::create_dir(home.path("empty")).expect("a new folder");
    let script = format!(
        "for place in {places}; do [ ! -e $place ] || mount --bind ~/empty $place; done; exec mfa-env \"$@\""
    );
    let run = home.program("unshare").args(["--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
    run.args(arguments)
}

/// Where systems keep them.
const CERTIFICATES: &str =
    "/etc/ssl /etc/pki /usr/lib/ssl /usr/share/ca-certificates /var/lib/ca-certificates";

#[test]
fn without_certificates_the_package_is_named_and_no_code_sent() {
    let certificate = Authority::new().certificate("127.0.0.1", Valid::Now);
    let sts = FakeSts::builder().user(bob()).tls(certificate).start();
    let home = Home::someaccount();
    let shown = without(CERTIFICATES, &home, &sts, &["someaccount", "-t", CODE]);
    let expected = "error: can't reach STS (~STS~): no CA certificates were found on this machine\n\
                    hint: install the package ca-certificates, unset SSL_CERT_DIR, or set AWS_CA_BUNDLE\n";
    assert_eq!((shown, sts.requests().len()), (failed(5, expected), 0));
}

#[test]
fn without_certificates_the_package_is_named_to_console_too() {
    let certificate = Authority::new().certificate("127.0.0.1", Valid::Now);
    let (sts, sign_in) = (sts(), FakeSts::builder().tls(certificate).start());
    let home = Home::someaccount().config(role("admin", "someaccount", ""));
    home.run(["admin", "-t", CODE]).sts(&sts).output().session();
    let run = without_for(&home, CERTIFICATES, &["console", "admin", "--print", "--no-input"]).sts(&sts);
    let shown = run.env("AWS_ENDPOINT_URL_SIGNIN", sign_in.url()).output();
    let what = ": no CA certificates were found on this machine\nhint: install the package ca-certificates";
    assert!(shown.status == 5 && shown.stderr.contains(what), "{shown:?}");
    assert_eq!(sign_in.requests().len(), 0);
}

#[test]
fn without_a_terminal_device_nobody_is_asked() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = without("/dev", &home, &sts, &["someaccount"]);
    let expected = "error: profile `someaccount` needs an MFA code, and there is no terminal to ask on\n\
                    hint: log in first: mfa-env someaccount\n";
    assert_eq!((shown, logins(&sts).len()), (failed(4, expected), 0));
}

#[test]
fn without_term_a_code_is_asked_for_all_the_same() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = "unset TERM; eval \"$(mfa-env someaccount)\" && echo \"in $AWS_VAULT\"";
    let mut terminal = Terminal::start(home.program("bash").args(["--norc", "-c", script]).sts(&sts));
    terminal.wait_for(": ");
    terminal.press(&format!("{CODE}\r"));
    terminal.wait_for("in someaccount");
    assert_eq!(terminal.end().0, 0);
}

/// As on some network file systems.
#[test]
fn where_files_have_no_locks_a_session_starts_and_write_refuses_before_the_code() {
    for error in ["ENOLCK", "ENOSYS", "EOPNOTSUPP"] {
        let (home, sts) = (Home::someaccount(), sts());
        let inject = format!("--inject=flock:error={error}");
        let run = |arguments: &[&str]| {
            let strace =
                home.as_root("strace").args(["-f", "-o", "trace", &inject, "mfa-env", "someaccount"]);
            strace.args(arguments).sts(&sts).output()
        };
        let shown = run(&["-w", "-t", CODE]);
        let says = "error: failed to lock `~/.aws/.credentials.mfa-env.lock`: ";
        assert!(shown.status == 1 && shown.stderr.starts_with(says), "{shown:?}");
        let hints = "\nhint: AWS_SHARED_CREDENTIALS_FILE, XDG_STATE_HOME and XDG_CACHE_HOME name other places\n\
                     hint: or into this shell: eval \"$(mfa-env someaccount)\"\n";
        assert!(shown.stderr.ends_with(hints), "{shown:?}");
        assert_eq!((sts.connections(), home.read_credentials().as_str()), (0, SOMEACCOUNT));

        let shown = run(&["-t", CODE]);
        let says = "warning: the session was not cached: failed to lock `~/.cache/";
        assert!(shown.status == 0 && shown.stderr.starts_with(says), "{shown:?}");
        shown.session();
    }
}

/// As on FAT.
#[test]
fn where_files_have_no_hard_links_write_works_and_can_be_undone() {
    let (home, sts) = (Home::someaccount(), sts());
    let inject = "--inject=link,linkat:error=EPERM";
    let run = |arguments: &[&str]| {
        let strace = home.as_root("strace").args(["-f", "-o", "trace", inject, "mfa-env"]);
        strace.args(arguments).sts(&sts).output()
    };
    assert_eq!(run(&["someaccount", "-w", "-t", CODE]).status, 0);
    assert!(home.read_credentials().contains("__profile__ = someaccount"));
    assert_eq!(run(&["unset", "-w"]).status, 0);
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
}
