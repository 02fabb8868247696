//! Generated files: mfa-env reads what the Rust SDK reads, and refuses the lines that it refuses. After `-w`,
//! the Rust SDK and botocore read the session, and everything else as before.
//!
//! `GRAMMAR_FILES=1000000` tries as many; `GRAMMAR_FIRST=17 GRAMMAR_FILES=1` tries one of them again.

use std::num::NonZero;
use std::thread;

use crate::generator::Generator;
use crate::readers::{Files, Reader, Reading, by_rust_sdk, by_us, has_names_of_botocore, has_two_spellings};
use crate::written::{Written, write};

/// Pairs of files in one run of the tests.
const FILES: u64 = 2_000;
/// How many pairs botocore gets at a time.
const AT_A_TIME: u64 = 100;
/// How many failures a thread simplifies before it stops.
const ENOUGH: usize = 5;

/// How many pairs were tried, by what happened.
#[derive(Debug, Default)]
struct Count {
    files: u64,
    /// We refuse the file.
    refused: u64,
    /// Compared with the Rust SDK.
    read: u64,
    /// A session was written to it.
    written: u64,
    failures: Vec<String>,
}

#[test]
fn reads_and_writes_what_other_tools_read() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    compare(number("GRAMMAR_FIRST").unwrap_or(0), number("GRAMMAR_FILES").unwrap_or(FILES));
}

#[test]
#[ignore = "takes long; tests/run includes it"]
fn reads_and_writes_more_of_what_other_tools_read() {
    compare(FILES, 4 * FILES);
}

fn compare(first: u64, files: u64) {
    println!("GRAMMAR_FIRST={first} GRAMMAR_FILES={files}");
    let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let share = files.div_ceil(threads);
    let of_thread = |thread: u64| (first + thread * share, first + ((thread + 1) * share).min(files));
    let count = thread::scope(|scope| {
        let all: Vec<_> =
            (0..threads).map(of_thread).map(|(from, to)| scope.spawn(move || run(from, to))).collect();
        let counts = all.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panic!("see above")));
        counts.fold(Count::default(), Count::plus)
    });
    assert!(count.failures.is_empty(), "{}", count.failures.join("\n\n"));
    println!("{count:#?}\ncases: {}", count.files);
    if files >= FILES {
        // A zero would mean that a part was never tested.
        for part in [count.refused, count.read, count.written] {
            assert!(part > count.files / 10, "{count:?}");
        }
    }
}

fn run(from: u64, to: u64) -> Count {
    let (generator, mut botocore, mut count) = (Generator::new(), Reader::start(), Count::default());
    let mut at = from;
    while at < to {
        let numbers: Vec<u64> = (at..to.min(at + AT_A_TIME)).collect();
        at += AT_A_TIME;
        let all: Vec<Files> = numbers.iter().map(|number| generator.files(*number).current()).collect();
        for (number, problems) in numbers.iter().zip(check(&all, &mut botocore, &mut count)) {
            if problems.is_empty() {
                continue;
            }
            let mut again = |files: &Files| {
                check(std::slice::from_ref(files), &mut botocore, &mut Count::default()).remove(0)
            };
            let simplest = generator.files(*number).simplest(|files| !again(files).is_empty());
            count.failures.push(format!(
                "GRAMMAR_FIRST={number} GRAMMAR_FILES=1: {problems:#?}\nat its simplest: {:#?}\n\
                 config: \"{}\"\ncredentials: \"{}\"",
                again(&simplest),
                simplest.config.escape_ascii(),
                simplest.credentials.escape_ascii()
            ));
            if count.failures.len() == ENOUGH {
                return count;
            }
        }
    }
    count
}

/// The problems of each pair.
fn check(all: &[Files], botocore: &mut Reader, count: &mut Count) -> Vec<Vec<String>> {
    let written: Vec<Option<Written>> = all.iter().map(write).collect();
    // botocore takes most of the time, so it reads only files that were written.
    let mut to_read: Vec<Files> = Vec::new();
    for (files, written) in all.iter().zip(&written) {
        to_read.extend(written.iter().flat_map(|written| [files.clone(), written.files.clone()]));
    }
    let mut by_botocore = botocore.read(&to_read).into_iter();
    let mut results = Vec::new();
    for (files, written) in all.iter().zip(written) {
        count.files += 1;
        let mut problems = match by_us(files) {
            Err((_, broken)) => {
                count.refused += 1;
                check_refusal(files, broken.problem, broken.line)
            }
            Ok(ours) => check_reading(files, ours, count),
        };
        if let Some(written) = written {
            count.written += 1;
            let (before, after) = (by_botocore.next(), by_botocore.next());
            let (before, after) = (before.expect("it was sent"), after.expect("it was sent"));
            problems.extend(written.check(files, &before, &after));
        }
        results.push(problems);
    }
    results
}

fn check_reading(files: &Files, ours: Reading, count: &mut Count) -> Vec<String> {
    let theirs = match by_rust_sdk(files) {
        Ok(theirs) => theirs,
        Err(error) => return vec![format!("the Rust SDK fails, and we do not: {error}")],
    };
    if has_two_spellings(files) || has_names_of_botocore(files) {
        return Vec::new();
    }
    count.read += 1;
    let mut ours = ours.without_what_the_sdk_ignores();
    // We list a profile that has only a section with long-term keys: aws-mfa adds the other one at a login.
    let long_term = |name: &str| theirs.profiles.contains_key(&format!("{name}-long-term"));
    ours.profiles
        .retain(|name, keys| theirs.profiles.contains_key(name) || !keys.is_empty() || !long_term(name));
    if ours == theirs { Vec::new() } else { vec![format!("we read {ours:?}, the Rust SDK {theirs:?}")] }
}

/// The Rust SDK must refuse the same line. We alone refuse lines in which AWS's other tools would read something
/// different.
fn check_refusal(files: &Files, problem: &str, line: usize) -> Vec<String> {
    let is_ours_alone =
        ["UTF-8", "byte order mark", "carriage return"].iter().any(|words| problem.contains(words));
    match by_rust_sdk(files) {
        _ if is_ours_alone => Vec::new(),
        Err(error) if error.contains(&format!(" on line {line}:")) => Vec::new(),
        other => vec![format!("we refuse line {line}: {problem}; the Rust SDK: {other:?}")],
    }
}

impl Count {
    fn plus(mut self, other: Self) -> Self {
        self.files += other.files;
        self.refused += other.refused;
        self.read += other.read;
        self.written += other.written;
        self.failures.extend(other.failures);
        self
    }
}
