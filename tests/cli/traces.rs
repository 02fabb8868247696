//! What other programs on the machine can see of a run: arguments, core dumps, memory. Looks from outside
//! while the process waits for STS.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};

use fake_sts::{FakeSts, Reply};
use rustix::process::{Pid, Signal, kill_process};
use support::{
    CODE, CODES, Home, KEY_ID, Run, SECRET, SERIAL, assert_no_secrets, keys_in, logins, sts, wait_until,
};

/// A child that is killed when the test ends, even if the test fails.
struct Waiting(Child);

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Waiting {
    /// Runs with the code on standard input, until STS has got this many calls.
    fn start(home: &Home, arguments: &[&str], sts: &FakeSts, calls: usize) -> Waiting {
        // Only root can look into a process that forbids debuggers.
        Waiting::of(home.as_root("mfa-env").args(arguments), sts, calls)
    }

    fn of(run: Run<'_>, sts: &FakeSts, calls: usize) -> Waiting {
        let mut command = run.sts(sts).into_command();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut waiting = Waiting(command.spawn().expect("built"));
        let mut stdin = waiting.0.stdin.take().expect("piped");
        stdin.write_all(CODE.as_bytes()).expect("it reads its code");
        drop(stdin);
        wait_until("the call to STS", || {
            assert!(waiting.0.try_wait().expect("ours").is_none(), "it ended before it called STS");
            logins(sts).len() >= calls
        });
        waiting
    }

    fn proc(&self, file: &str) -> String {
        let bytes = fs::read(format!("/proc/{}/{file}", self.0.id())).expect("it runs");
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    }
}

#[test]
fn the_arguments_and_the_environment_of_a_run_hold_no_code_and_no_key() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(Reply::NeverAnswer);
    let waiting = Waiting::start(&home, &["someaccount", "-t", "-"], &sts, 1);
    assert!(waiting.proc("cmdline").ends_with("mfa-env someaccount -t - "), "{}", waiting.proc("cmdline"));
    assert_no_secrets("the environment of the run", &waiting.proc("environ"));
}

#[test]
fn a_run_leaves_no_core_dump() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(Reply::NeverAnswer);
    let waiting = Waiting::start(&home, &["someaccount", "-t", "-"], &sts, 1);
    let limits = waiting.proc("limits");
    let core =
        limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit of every process");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}

#[test]
fn a_run_that_is_aborted_leaves_no_core_dump_where_another_program_does() {
    let of_another = ["-c", "ulimit -c unlimited; kill -QUIT $$"];
    let status = Home::new().program("sh").args(of_another).into_command().status().expect("a shell");
    assert!(status.core_dumped(), "{status}: nobody can dump core here (ulimit -Hc)");
    for signal in [Signal::QUIT, Signal::ABORT] {
        let (home, sts) = (Home::someaccount(), sts());
        sts.script(Reply::NeverAnswer);
        let script = "ulimit -c unlimited; exec mfa-env someaccount -t -";
        let mut waiting = Waiting::of(home.program("sh").args(["-c", script]), &sts, 1);
        kill_process(Pid::from_child(&waiting.0), signal).expect("it runs");
        let status = waiting.0.wait().expect("ours");
        assert_eq!((status.signal(), status.core_dumped()), (Some(signal.as_raw()), false));
        let holding = |text: &str| home.program("grep").args(["-rl", text, "."]).output().stdout;
        assert_eq!(holding(SECRET), "./.aws/credentials\n");
        assert_eq!(holding(CODE), "");
    }
}

#[test]
fn memory_is_closed_to_debuggers_before_a_key_or_a_code_is_used() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = "strace -f -o trace -e trace=prctl,connect,prlimit64 mfa-env someaccount -t -";
    let shown = home.as_root("sh").args(["-c", script]).stdin(CODE).sts(&sts).output();
    assert_eq!(shown.status, 0, "{shown:?}");
    let trace = home.read("trace");
    let line = |sign: &str| {
        trace.lines().position(|line| line.contains(sign)).unwrap_or_else(|| panic!("{sign}: {trace}"))
    };
    let no_core = line("RLIMIT_CORE, {rlim_cur=0");
    let not_dumpable = line("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE) = 0");
    assert!(no_core < not_dumpable && not_dumpable < line("connect("), "{trace}");
}

#[test]
fn every_file_that_a_login_makes_is_born_for_the_owner_alone() {
    let credentials = keys_in("someaccount", &format!("mfa_serial = {SERIAL}\n"));
    for way in [&[][..], &["-w"], &["--format", "json"], &["--", "true"]] {
        let (home, sts) = (Home::new().credentials(&credentials), sts());
        let script = "umask 000; exec strace -f -o trace -e trace=open,openat,creat,mkdir,mkdirat,mknod,mknodat,\
                      memfd_create,symlink,symlinkat,link,linkat mfa-env someaccount -t - \"$@\"";
        let run = home.as_root("sh").args(["-c", script, "sh"]).args(way);
        assert_eq!(run.stdin(CODES[0]).sts(&sts).output().status, 0);
        let trace = home.read("trace");
        let mut made = BTreeSet::new();
        // strace splits a call if another thread interrupts it; the second half has no arguments.
        for line in trace.lines().filter(|line| !line.contains(" resumed>")) {
            if line.contains("O_CREAT") {
                assert!(line.contains(", 0600"), "{line}");
                made.insert("file");
            } else if line.contains(" mkdir") {
                assert!(line.contains(", 0700"), "{line}");
                made.insert("folder");
            }
            for other in ["creat(", "mknod", "memfd_create", "link"] {
                assert!(!line.contains(&format!(" {other}")), "{line}");
            }
        }
        assert_eq!(made.into_iter().collect::<Vec<_>>(), ["file", "folder"], "{trace}");
    }
}

#[test]
fn a_login_that_waits_for_sts_has_written_nothing_but_locks() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.script(Reply::NeverAnswer);
    let _waiting = Waiting::start(&home, &["someaccount", "-w", "-t", "-"], &sts, 1);
    assert_eq!(logins(&sts)[0].access_key_id.as_deref(), Some(KEY_ID));
    let found = home.program("find").args([".", "-type", "f", "-size", "+0", "-printf", "%P\n"]).output();
    assert_eq!(found.stdout, ".aws/credentials\n");
    assert!(home.read_credentials().contains(SECRET));
}
