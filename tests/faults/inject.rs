//! Faults in system calls. strace lists the calls of a command once. Then each call gets a run of its own, in
//! which it fails, or the process is killed in it.

use std::collections::HashMap;
use std::fs;

use support::{Home, Run};

use crate::Amount;
use crate::pool;
use crate::scene::{Scene, Unheard};
use crate::table::Row;

/// The faults. EINTR must be retried or reported.
const FAULTS: [&str; 5] = ["signal=KILL", "error=EIO", "error=ENOSPC", "error=EACCES", "error=EINTR"];

/// Runs differ in a few calls: because of threads, or because mfa-env checks a time once more.
const TRIES: usize = 5;
/// One in so many may stay out of reach, and two of a sample; with more of them the row proves too little.
const MOST_UNREACHED: usize = 20;

/// A system call of a run: its number among the calls of that name in its thread, as strace counts.
#[derive(Clone)]
struct Call {
    name: String,
    number: usize,
    is_ours: bool,
    touches_home: bool,
}

struct Injection<'s> {
    scene: &'s Scene,
    call: Call,
    fault: &'static str,
    mends_at_once: bool,
}

/// A sample takes one in so many. Not a multiple of two or of the number of faults, so that each fault
/// occurs.
const SAMPLE: usize = 21;

/// Tries every fault in every call (`Full`), or a kill and one error in every call that names a file of the
/// user or uses an open one.
pub fn rows(scenes: &[Scene], endpoint_url: &str, amount: Amount) -> Vec<Row> {
    scenes.iter().map(|scene| row(scene, endpoint_url, amount)).collect()
}

fn row(scene: &Scene, endpoint_url: &str, amount: Amount) -> Row {
    let short = amount != Amount::Full;
    let home = Home::new().calling(endpoint_url);
    scene.before.restore(&home);
    let calls = calls(&home, scene);
    let mut injections = Vec::new();
    for (index, call) in calls.iter().filter(|call| !short || call.touches_home).enumerate() {
        for (which, fault) in FAULTS.into_iter().enumerate() {
            // Nothing can fail after the process has asked to exit.
            let can_fail = call.name != "exit_group" || which == 0;
            let is_chosen = !short || which == 0 || which == 1 + index % (FAULTS.len() - 1);
            if can_fail && is_chosen {
                for mends_at_once in [true, false] {
                    if !short || mends_at_once == (index % 2 == 0) {
                        injections.push(Injection { scene, call: call.clone(), fault, mends_at_once });
                    }
                }
            }
        }
    }
    if amount == Amount::Sample {
        injections = injections.into_iter().step_by(SAMPLE).collect();
    }
    let mut row = Row::new(format!("{}: a kill or an error in a system call", scene.name));
    let mut unreached = 0;
    let results =
        pool::each(&injections, || Home::new().calling(endpoint_url), |home, injection| injection.run(home));
    for (injection, result) in injections.iter().zip(results) {
        let Call { name, number, .. } = &injection.call;
        match result {
            Some(result) => row.case(&format!("{} in {name} number {number}", injection.fault), result),
            None => unreached += 1,
        }
    }
    row.note_count("not reached", unreached);
    if unreached > 2 + injections.len() / MOST_UNREACHED {
        row.case("faults", Err(vec![format!("{unreached} of {} were not reached", injections.len())]));
    }
    row
}

/// Runs as root, if need be in a user namespace: otherwise strace can't read the paths of a process that forbids
/// debuggers.
fn strace(home: &Home) -> Run<'_> {
    if rustix::process::geteuid().is_root() {
        return home.program("strace");
    }
    home.program("unshare").args(["--user", "--map-root-user", "strace"])
}

/// The calls of an undisturbed run, in order.
fn calls(home: &Home, scene: &Scene) -> Vec<Call> {
    let trace = home.path("trace");
    let run = strace(home).args(["-f", "-y", "-e", "signal=none", "-o"]).args([&trace]);
    let end = run.args(["mfa-env"]).args(scene.arguments).output();
    assert_eq!(end.status, 0, "{end:?}");
    let trace = fs::read_to_string(trace).expect("strace wrote it");
    let place = home.path("").display().to_string();
    let mut numbers = HashMap::new();
    let mut is_ours = false;
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((name, _)) = call.trim().split_once('(') else { continue };
        let number = numbers.entry((thread, name.to_owned())).or_insert(0);
        *number += 1;
        // The first call of main. The loader made those before it.
        is_ours |= line.contains("RLIMIT_CORE");
        // strace itself starts the program.
        if name != "execve" {
            let touches_home = line.contains(&place) && name != "readlink" && name != "getcwd";
            calls.push(Call { name: name.to_owned(), number: *number, is_ours, touches_home });
        }
    }
    assert!(is_ours && calls.iter().any(|call| call.name.starts_with("rename")), "no trace:\n{trace}");
    calls
}

impl Injection<'_> {
    /// `None` if no run reached that call.
    fn run(&self, home: &Home) -> Option<Result<(), Vec<String>>> {
        (0..TRIES).find_map(|_| self.try_once(home))
    }

    fn try_once(&self, home: &Home) -> Option<Result<(), Vec<String>>> {
        self.scene.before.restore(home);
        let Call { name, number, is_ours, .. } = &self.call;
        // Not in the home, whose files are counted.
        let trace = tempfile::NamedTempFile::new().expect("a temporary file");
        let run = strace(home).args(["-f", "-y", "-e", &format!("trace={name}")]);
        // Faster, but strace 6.1 can't send signals with it.
        let run = run.args(self.fault.starts_with("error=").then_some("--seccomp-bpf"));
        let inject = format!("inject={name}:{}:when={number}", self.fault);
        let run = run.args(["-e", &inject, "-o"]).args([trace.path()]).args(["mfa-env"]);
        let end = run.args(self.scene.arguments).output();
        let trace = fs::read_to_string(trace.path()).expect("strace wrote it");
        let hit = trace.lines().find(|line| line.contains("(INJECTED)"));
        let died = trace.lines().last().is_some_and(|line| line.contains("killed by SIGKILL"));
        if hit.is_none() && !died {
            return None;
        }
        let hit = hit.unwrap_or_default();
        let on = |descriptor: &str| {
            hit.contains(&format!("({descriptor}<")) && !hit.contains(&home.path("").display().to_string())
        };
        let unheard = Unheard { stdout: on("1"), stderr: on("2"), everything: !is_ours };
        let mut wrong = self.scene.wrong(home, &end, unheard);
        wrong.extend(self.scene.unmended(home, self.mends_at_once));
        if wrong.is_empty() {
            return Some(Ok(()));
        }
        wrong.push(hit.to_owned());
        Some(Err(wrong))
    }
}
