//! The same kills, errors and writers at once for the tools that others use, beside ours in one table.
//! Judged mildly: only sections, keys and values that a tool has no business with count, not comments,
//! order or spaces.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::home::{CREDENTIALS, End, Home, MFA_ENV, Snapshot};
use crate::kill::{Watch, kill, spin, writing_time};
use crate::pool;
use crate::writers::WRITERS;

/// A tool that writes a session of profile `p0`, `p1` … into the credentials file.
struct Peer {
    name: &'static str,
    program: PathBuf,
    /// What it is given for a profile's number.
    arguments: fn(usize) -> Vec<String>,
    /// The section that it writes for that number.
    section: fn(usize) -> String,
    version: String,
}

/// What was counted of one tool.
#[derive(Default)]
struct Counts {
    comments_kept: bool,
    faults: usize,
    faults_lost: usize,
    false_success: usize,
    /// In which it had not come to its end.
    kills: usize,
    kills_lost: usize,
    /// Of these: nothing is left of the file.
    kills_emptied: usize,
    rounds_lost: usize,
    updates: usize,
}

const FAULTS: [&str; 3] = ["signal=KILL", "error=ENOSPC", "error=EIO"];

/// The table. `installed` is the folder in which `bench/reliability` installed the tools.
pub fn table(endpoint_url: &str, installed: &Path, kills: usize, rounds: usize) -> String {
    let mut text = format!(
        "| | comments kept | a kill or an error in a call on `~/.aws`: file damaged | \
         exit 0, nothing written | {kills} kills as it writes: came before its end | \
         file damaged | file empty | \
         {WRITERS} writers at once: rounds of {rounds} with damage | updates that survive, of {} |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|\n",
        WRITERS * rounds
    );
    for peer in peers(installed) {
        let counts = count(&peer, endpoint_url, kills, rounds);
        // Ours all write the same section.
        let updates =
            if peer.program == Path::new(MFA_ENV) { "–".to_owned() } else { counts.updates.to_string() };
        text += &format!(
            "| {} {} | {} | {} of {} | {} | {} | {} | {} | {} | {updates} |\n",
            peer.name,
            peer.version,
            if counts.comments_kept { "yes" } else { "no" },
            counts.faults_lost,
            counts.faults,
            counts.false_success,
            counts.kills,
            counts.kills_lost,
            counts.kills_emptied,
            counts.rounds_lost,
        );
    }
    text
}

fn peers(installed: &Path) -> Vec<Peer> {
    let python = |package: &str| {
        let script = format!("import importlib.metadata as m; print(m.version('{package}'))");
        let output = Command::new(installed.join("bin/python")).args(["-c", &script]).output();
        End::of(output.expect("bench/reliability installs it")).stdout.trim().to_owned()
    };
    let mut all = vec![
        Peer {
            name: "mfa-env",
            program: PathBuf::from(MFA_ENV),
            arguments: |n| words_of(&format!("p{n}-long-term -w -t 827364")),
            section: |_| "default".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        Peer {
            name: "`aws configure set`, AWS CLI",
            program: installed.join("bin/aws"),
            arguments: |n| words_of(&format!("configure set aws_session_token token-{n} --profile p{n}")),
            section: |n| format!("p{n}"),
            version: python("awscli"),
        },
        Peer {
            name: "aws-mfa",
            program: installed.join("bin/aws-mfa"),
            arguments: |n| words_of(&format!("--profile p{n} --duration 3600")),
            section: |n| format!("p{n}"),
            version: python("aws-mfa"),
        },
        Peer {
            name: "awsume",
            program: installed.join("bin/awsumepy"),
            arguments: |n| words_of(&format!("p{n}-long-term --mfa-token 827364 -o p{n}")),
            section: |n| format!("p{n}"),
            version: python("awsume"),
        },
    ];
    for peer in &all {
        assert!(peer.program.exists(), "{} is missing: run bench/reliability", peer.program.display());
    }
    let rust = installed.join("bin/aws-mfa-session");
    if rust.exists() {
        let output = Command::new(&rust).arg("--version").output().expect("it is there");
        let version = End::of(output).stdout;
        all.push(Peer {
            name: "aws-mfa-session",
            program: rust,
            arguments: |n| {
                words_of(&format!(
                    "--profile p{n}-long-term --arn {SERIAL} --code 827364 --update-profile p{n}"
                ))
            },
            section: |n| format!("p{n}"),
            version: version.trim().rsplit(' ').next().unwrap_or_default().to_owned(),
        });
    }
    all
}

fn words_of(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/bob";

/// One user under twenty names, and the session that each of the tools wrote for each of them
/// yesterday, so that it has something to replace.
fn credentials() -> String {
    let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";
    let old = "aws_access_key_id = ASIAOLDOLDOLDOLDOLDO\naws_secret_access_key = old\n\
               aws_session_token = old\nexpiration = 2026-01-01 00:00:00\n";
    let section = |n| {
        format!(
            "# account {n}\n[p{n}-long-term]\n{keys}mfa_serial = {SERIAL}\naws_mfa_device = {SERIAL}\n\n\
             [p{n}]\nmanager = awsume\n{old}\n"
        )
    };
    format!("[default]\n{old}\n") + &(0..WRITERS).map(section).collect::<String>()
}

impl Peer {
    fn command(&self, home: &Home, number: usize) -> Command {
        self.given_to(home.program(&self.program), number)
    }

    /// With its arguments and variables at the end of any command that starts it.
    fn given_to(&self, mut command: Command, number: usize) -> Command {
        command.args((self.arguments)(number));
        // The same system calls in each run, and no file of Python's own.
        command.envs([("PYTHONHASHSEED", "0"), ("PYTHONDONTWRITEBYTECODE", "1")]);
        command.env("AWS_DEFAULT_REGION", "us-east-1");
        command
    }

    fn start(command: &mut Command) -> Child {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it is installed");
        // aws-mfa asks there for the code; who doesn't read it ends the pipe.
        let _ = child.stdin.take().expect("it is piped").write_all(b"827364\n");
        child
    }

    fn run(&self, home: &Home, number: usize) -> End {
        End::of(Self::start(&mut self.command(home, number)).wait_with_output().expect("it was started"))
    }

    /// A home in which it has run once, so that its own files are there, and the credentials file is as
    /// it was.
    fn ready(&self, home: &Home) -> Snapshot {
        home.write(CREDENTIALS, credentials());
        let end = self.run(home, 0);
        assert!(
            end.status == Some(0) && self.has_written(home, 0),
            "{}: {}{}",
            self.name,
            end.stdout,
            end.stderr
        );
        let _ = fs::remove_dir_all(home.path(".local"));
        home.write(CREDENTIALS, credentials());
        home.snapshot()
    }

    fn has_written(&self, home: &Home, number: usize) -> bool {
        let text = String::from_utf8_lossy(&home.credentials()).into_owned();
        let section = (self.section)(number);
        let is_new = |value: &str| value != "old" && !value.is_empty();
        let mut all = settings(&text).into_iter();
        all.any(|(name, key, value)| name == section && key == "aws_session_token" && is_new(&value))
    }
}

/// Whether a setting is gone or changed that so many writers have no business with.
fn is_damaged(home: &Home, writers: usize) -> bool {
    let text = String::from_utf8_lossy(&home.credentials()).into_owned();
    let mut others = settings(&credentials());
    others.retain(|(section, _, _)| {
        section != "default" && !(0..writers).any(|number| *section == format!("p{number}"))
    });
    !settings(&text).is_superset(&others)
}

/// Section, key and value of each line that is one.
fn settings(text: &str) -> BTreeSet<(String, String, String)> {
    let mut section = "";
    let mut all = BTreeSet::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name;
        } else if let Some((key, value)) = line.split_once('=') {
            all.insert((section.to_owned(), key.trim().to_lowercase(), value.trim().to_owned()));
        }
    }
    all
}

fn count(peer: &Peer, endpoint_url: &str, kills: usize, rounds: usize) -> Counts {
    let home = Home::new(endpoint_url);
    let before = peer.ready(&home);
    let mut counts = Counts::default();
    peer.run(&home, 0);
    let text = String::from_utf8_lossy(&home.credentials()).into_owned();
    counts.comments_kept = text.matches("# account").count() == WRITERS;

    let injections = injections(peer, &home, &before);
    let place = || Home::new(endpoint_url);
    let ends = pool::each(&injections, place, |home, injection| inject(peer, home, &before, injection));
    for (is_lost, is_false_success) in ends.into_iter().flatten() {
        counts.faults += 1;
        counts.faults_lost += usize::from(is_lost);
        counts.false_success += usize::from(is_false_success);
    }

    let restore = || home.restore(&before);
    let writing = writing_time(&home.path(".aws"), restore, || Peer::start(&mut peer.command(&home, 0)));
    let numbers: Vec<_> = (0..kills).collect();
    let ends = pool::each(&numbers, place, |home, number| {
        home.restore(&before);
        let watch = Watch::new(&home.path(".aws"));
        let child = Peer::start(&mut peer.command(home, 0));
        let end = kill(child, || {
            watch.next(Duration::from_secs(30));
            spin(moment(writing, *number, kills));
        });
        (end.status.is_none(), is_damaged(home, 1), home.credentials().is_empty())
    });
    for (died, is_lost, is_empty) in ends {
        counts.kills += usize::from(died);
        counts.kills_lost += usize::from(is_lost);
        counts.kills_emptied += usize::from(is_empty);
    }

    for _ in 0..rounds {
        home.restore(&before);
        let children: Vec<_> =
            (0..WRITERS).map(|number| Peer::start(&mut peer.command(&home, number))).collect();
        for child in children {
            child.wait_with_output().expect("it was started");
        }
        counts.rounds_lost += usize::from(is_damaged(&home, WRITERS));
        counts.updates += (0..WRITERS).filter(|number| peer.has_written(&home, *number)).count();
    }
    counts
}

/// When after the first change in `~/.aws` that kill comes: spread evenly over as long as a calm run
/// goes on to change something there, and half of that more. The change itself is heard of some
/// hundredths of a millisecond late.
fn moment(writing: Duration, number: usize, kills: usize) -> Duration {
    writing.max(Duration::from_micros(100)).mul_f64(1.5 * number as f64 / kills as f64)
}

/// Name and number of a system call, and what happens in it.
type Injection = (String, usize, &'static str);

/// Every fault in every call of a calm run that opens, changes or closes something in `~/.aws`.
fn injections(peer: &Peer, home: &Home, before: &Snapshot) -> Vec<Injection> {
    home.restore(before);
    let trace = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut strace = home.program("strace");
    strace.args(["-f", "-y", "-e", "signal=none", "-o"]).arg(trace.path()).arg(&peer.program);
    let child = Peer::start(&mut peer.given_to(strace, 0));
    child.wait_with_output().expect("it was started");
    let trace = fs::read_to_string(trace.path()).expect("strace wrote it");
    let mut numbers = std::collections::HashMap::new();
    let mut all = Vec::new();
    for line in trace.lines() {
        let Some((name, _)) = line.split_once(' ').and_then(|(_, call)| call.trim().split_once('(')) else {
            continue;
        };
        let number = numbers.entry(name.to_owned()).or_insert(0);
        *number += 1;
        let looks = ["stat", "readlink", "access", "lseek", "ioctl", "fcntl", "getdents"];
        if touches(line) && !looks.iter().any(|look| name.contains(look)) {
            all.extend(FAULTS.map(|fault| (name.to_owned(), *number, fault)));
        }
    }
    assert!(!all.is_empty(), "{} has touched nothing:\n{trace}", peer.name);
    all
}

fn touches(line: &str) -> bool {
    line.contains("/.aws/") || line.contains("/.aws>")
}

/// Whether the file is damaged, and whether it says that it has written what it has not; none where the
/// call of that number was another one this time.
fn inject(peer: &Peer, home: &Home, before: &Snapshot, injection: &Injection) -> Option<(bool, bool)> {
    let (name, number, fault) = injection;
    home.restore(before);
    let trace = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut strace = home.program("strace");
    strace.args(["-f", "-y", "-e", &format!("trace={name}")]);
    strace.args(fault.starts_with("error=").then_some("--seccomp-bpf"));
    let fault = format!("inject={name}:{fault}:when={number}");
    strace.args(["-e", &fault, "-o"]).arg(trace.path()).arg(&peer.program);
    let child = Peer::start(&mut peer.given_to(strace, 0));
    let end = End::of(child.wait_with_output().expect("it was started"));
    let trace = fs::read_to_string(trace.path()).expect("strace wrote it");
    let died = trace.lines().rev().find(|line| line.ends_with("= ?"));
    let hit = trace.lines().find(|line| line.contains("(INJECTED)")).or(died)?;
    touches(hit).then(|| (is_damaged(home, 1), end.status == Some(0) && !peer.has_written(home, 0)))
}
