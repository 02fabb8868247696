//! Single system calls that fail: messages about them were wrong when tests/faults found them. They must say
//! what was done and what was not.

use support::{CODE, Home, Shown, WRITTEN, done, failed, sts};

/// A system call that fails.
struct Fault<'f> {
    call: &'f str,
    /// The path in its arguments.
    path: &'f str,
}

impl Fault<'_> {
    /// Lets each such call fail.
    fn run(&self, home: &Home, arguments: &[&str]) -> Shown {
        let path = home.path(self.path).display().to_string();
        self.inject(home, &format!("--inject={}:error=EIO", self.call), &["-P", &path], arguments)
    }

    /// Lets the last of these calls fail. An undisturbed run in a similar home shows how many there are.
    fn run_at_the_last(&self, home: &Home, arguments: &[&str]) -> Shown {
        let calm = Home::new().credentials(home.read_credentials());
        // A file that was just written would be read several times.
        for home in [&calm, home] {
            home.program("touch").args(["-d", "1 minute ago", ".aws/credentials"]).output();
        }
        let trace = format!("--trace={}", self.call);
        assert_eq!(strace(&calm, &[&trace], arguments).status, 0);
        let (trace, path) = (calm.read("trace"), format!("\"{}\"", calm.path(self.path).display()));
        let lines: Vec<_> = trace.lines().collect();
        let last = lines.iter().rposition(|line| line.contains(&path)).expect("it makes one");
        // strace counts for each thread and call: `12 openat(…`.
        let (call, _) = lines[last].split_once('(').expect("a call");
        let number = lines[..=last].iter().filter(|line| line.starts_with(&format!("{call}("))).count();
        let (_, name) = call.rsplit_once(' ').expect("a thread and a name");
        self.inject(home, &format!("--inject={name}:error=EIO:when={number}"), &[], arguments)
    }

    fn inject(&self, home: &Home, inject: &str, only: &[&str], arguments: &[&str]) -> Shown {
        let shown = strace(home, &[&[inject], only].concat(), arguments);
        let trace = home.read("trace");
        assert!(trace.lines().any(|line| line.contains("(INJECTED)") && line.contains(self.path)), "{trace}");
        shown
    }
}

fn strace(home: &Home, options: &[&str], arguments: &[&str]) -> Shown {
    let strace = home.as_root("strace").args(["-f", "-y", "-o", "trace"]).args(options);
    strace.args(["mfa-env"]).args(arguments).sts(&sts()).output()
}

const WRITE: [&str; 4] = ["someaccount", "-w", "-t", CODE];

#[test]
fn says_that_it_is_written_where_it_cannot_be_read_back() {
    let home = Home::someaccount();
    // glibc calls the one, musl the other, and ARM does not have it (`?`).
    let fault = Fault { call: "openat,?open", path: ".aws/credentials" };
    let said = "error: failed to read back `~/.aws/credentials`: Input/output error (os error 5)
\
                hint: it is written; look at it before you go on\n\
                hint: or into this shell: eval \"$(mfa-env someaccount)\"\n";
    assert_eq!(fault.run_at_the_last(&home, &WRITE), failed(1, said));
    assert!(home.read_credentials().contains("[default]\naws_access_key_id = ASIA"));
}

#[test]
fn says_that_nothing_was_changed_where_the_disk_may_not_have_the_way_back() {
    let home = Home::someaccount();
    let before = home.read_credentials();
    let fault = Fault { call: "fsync", path: ".local/state/mfa-env" };
    let said = "error: `~/.aws/credentials` was not changed: failed to make sure that the disk has the new \
                version of `~/.local/state/mfa-env/default`: Input/output error (os error 5)\n\
                hint: or into this shell: eval \"$(mfa-env someaccount)\"\n";
    assert_eq!(fault.run(&home, &WRITE), failed(1, said));
    assert_eq!(home.read_credentials(), before);
}

#[test]
fn unset_that_takes_the_session_out_succeeds_though_prompts_go_on_showing_it() {
    let home = Home::someaccount();
    let before = home.read_credentials();
    assert_eq!(home.run(WRITE).sts(&sts()).output(), done("", WRITTEN));
    let fault = Fault { call: "renameat", path: ".local/state/mfa-env" };
    let said = "warning: prompts may go on showing the session: failed to write \
                `~/.local/state/mfa-env/default`: Input/output error (os error 5)\n\
                removed someaccount from [default] in ~/.aws/credentials\n";
    assert_eq!(fault.run(&home, &["unset", "-w"]), done("", said));
    assert_eq!(home.read_credentials(), before);
}

#[test]
fn a_directory_that_cannot_be_closed_keeps_nothing_from_being_written() {
    let home = Home::someaccount();
    let fault = Fault { call: "close", path: ".aws" };
    assert_eq!(fault.run(&home, &WRITE), done("", WRITTEN));
    assert!(home.read_credentials().contains("[default]\naws_access_key_id = ASIA"));
}

#[test]
fn a_file_system_that_refuses_the_stronger_sync_gets_the_plain_one() {
    let home = Home::someaccount();
    let fault = Fault { call: "fsync", path: ".aws" };
    // Each first call of two, as SMB on macOS refuses F_FULLFSYNC and takes fsync.
    let shown = fault.inject(&home, "--inject=fsync:error=EOPNOTSUPP:when=1+2", &[], &WRITE);
    assert_eq!(shown, done("", WRITTEN));
    assert!(home.read_credentials().contains("[default]\naws_access_key_id = ASIA"));
}
