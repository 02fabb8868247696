//! Twenty writers at once; and `aws configure set`, which takes no lock, together with ours.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use support::{Home, Snapshot};

use crate::scene::{CREDENTIALS, credentials_of};
use crate::table::Row;

pub const WRITERS: usize = 20;

/// The unrelated section that `aws configure set` changes.
const OTHER: &str = "[other]\naws_session_token = t-0\n";

/// Twenty profiles of twenty users, with comments between them.
fn profiles() -> String {
    let section = |number| {
        format!(
            "# {number}\n[p{number}]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
             aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
             mfa_serial = arn:aws:iam::123456789012:mfa/bob\nregion = r-{number}\n\n"
        )
    };
    (0..WRITERS).map(section).collect::<String>() + OTHER
}

/// Puts a session of each profile into the cache.
fn ready(home: &Home) -> Snapshot {
    home.write(CREDENTIALS, profiles());
    let end = home.run(["p0", "-t", "918273"]).output();
    assert_eq!(end.status, 0, "{end:?}");
    Snapshot::of(home)
}

pub fn row(endpoint_url: &str, rounds: usize) -> Row {
    let home = Home::new().calling(endpoint_url);
    let before = ready(&home);
    let mut row = Row::new(format!("{WRITERS} writers at once (`-w`)"));
    for round in 1..=rounds {
        before.restore(&home);
        let start = |number| {
            // In every other round, each one gets a new session.
            let own = if round % 2 == 0 { ["--no-cache", "-t", "827364"] } else { ["--no-input"; 3] };
            let name = format!("p{number}");
            home.run([name.as_str(), "-w"]).args(&own[..if round % 2 == 0 { 3 } else { 1 }]).start()
        };
        let children: Vec<_> = (0..WRITERS).map(start).collect();
        let mut wrong = Vec::new();
        for child in children {
            let end = child.end();
            if end.status != 0 {
                wrong.push(format!("{end:?}"));
            }
        }
        wrong.extend(mixed_up(&home));
        wrong.extend(not_original(&home, &profiles()));
        row.case(&format!("round {round}"), if wrong.is_empty() { Ok(()) } else { Err(wrong) });
    }
    row
}

/// An error if `[default]` isn't one complete session of one profile, or the state file describes another
/// one.
fn mixed_up(home: &Home) -> Option<String> {
    let text = home.read_credentials();
    let default = text.split_once("\n[default]\n").map(|(_, default)| default.to_owned());
    let Some(default) = default else { return Some(format!("no session: {text}")) };
    let value = |key: &str| {
        let line = default.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
        line.unwrap_or_default().to_owned()
    };
    let profile = value("__profile__");
    let number = profile.strip_prefix('p').unwrap_or("?");
    let state = fs::read_to_string(home.path(".local/state/mfa-env/default")).unwrap_or_default();
    let fits = default.lines().count() == 8
        && value("region") == format!("r-{number}")
        && state.starts_with(&format!("{profile}\t"))
        && state.lines().next().is_some_and(|line| line.contains(&value("aws_access_key_id")));
    (!fits).then(|| format!("mixed up: {default}\nstate: {state}"))
}

/// An error if `unset -w` doesn't restore the file byte for byte.
fn not_original(home: &Home, original: &str) -> Option<String> {
    let end = home.run(["unset", "-w"]).output();
    let now = String::from_utf8_lossy(&credentials_of(home)).into_owned();
    let strays = Snapshot::of(home).strays();
    let fits = end.status == 0 && now == original && strays.is_empty();
    (!fits).then(|| format!("unset: {end:?}, temporary files {strays:?}, file:\n{now}"))
}

/// Runs `aws configure set` for another section, while `-w` and `unset -w` run in a loop. If we write after
/// the CLI has read the file, it overwrites our session: that is counted, but not as a loss.
pub fn beside_the_cli(endpoint_url: &str, aws: &Path, rounds: usize) -> Row {
    let home = Home::new().calling(endpoint_url);
    let before = ready(&home);
    let mut row = Row::new("`-w` and `unset -w` all the time beside `aws configure set`");
    for round in 1..=rounds {
        before.restore(&home);
        let token = format!("t-{round}");
        let is_done = AtomicBool::new(false);
        let mut wrong = Vec::new();
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut failed = Vec::new();
                while !is_done.load(Ordering::Relaxed) {
                    for arguments in [["p0", "-w"], ["unset", "-w"], ["p1", "-w"]] {
                        let end = home.run(arguments).output();
                        if end.status != 0 {
                            failed.push(format!("{arguments:?}: {end:?}"));
                        }
                    }
                }
                failed
            });
            let set = ["configure", "set", "aws_session_token", &token, "--profile", "other"];
            let end = home.program(aws).args(set).output();
            // Do this first: the writer runs until then, and the scope waits for it, even after a panic.
            is_done.store(true, Ordering::Relaxed);
            wrong.extend(writer.join().expect("it does not panic"));
            if end.status != 0 {
                wrong.push(format!("aws: {end:?}"));
            }
        });
        let now = String::from_utf8_lossy(&credentials_of(&home)).into_owned();
        let (others, default) = now.split_once("\n[default]\n").unwrap_or((&now, ""));
        let others = others.trim_end().to_owned() + "\n";
        row.note_count("its value overwritten by us", usize::from(others == profiles()));
        row.note_count("our session overwritten by it", usize::from(!default.contains("__profile__ = p1\n")));
        if others != profiles().replace(OTHER, &OTHER.replace("t-0", &token)) && others != profiles() {
            wrong.push(format!("bytes were lost: {now}"));
        }
        row.case(&format!("round {round}"), if wrong.is_empty() { Ok(()) } else { Err(wrong) });
    }
    row
}
