//! Generated files, read by us, the Rust SDK and botocore: whatever is read differently is named by
//! `doctor`. And after a session is written to `[default]`, all of them read everything else as before.
//!
//! `GRAMMAR_FILES=1000000` tries as many; `GRAMMAR_FIRST=17 GRAMMAR_FILES=1` tries one of them again.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::thread;

use mfa_env::differences::Rule;

use crate::explain::{Said, differences_of};
use crate::generator::Generator;
use crate::readers::{Botocore, Files, Reader, Reading, by_rust_sdk, by_us};
use crate::written::{Written, write};

/// Pairs of files in one run of the tests.
const FILES: u64 = 10_000;
/// Pairs that botocore is sent at a time.
const AT_A_TIME: u64 = 100;

/// Failures that a thread simplifies before it gives up.
const ENOUGH: usize = 5;

/// What was tried.
#[derive(Debug, Default)]
struct Count {
    files: u64,
    /// We refuse the file, with the line.
    refused: u64,
    /// botocore can't read it, and `doctor` says so.
    not_by_botocore: u64,
    /// All three read it, and alike.
    alike: u64,
    /// All three read it, and `doctor` names what they read differently.
    explained: u64,
    written: u64,
    rules: BTreeMap<Rule, u64>,
    failures: Vec<String>,
}

#[test]
fn what_is_read_differently_is_named_by_doctor() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let (first, files) = (number("GRAMMAR_FIRST").unwrap_or(0), number("GRAMMAR_FILES").unwrap_or(FILES));
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
        // Else nothing would have been tried.
        let missing: Vec<_> = Rule::ALL.iter().filter(|rule| !count.rules.contains_key(rule)).collect();
        assert!(missing.is_empty(), "never generated: {missing:?}");
        for part in [count.alike, count.explained, count.not_by_botocore, count.refused, count.written] {
            assert!(part > count.files / 50, "{count:?}");
        }
    }
}

fn run(from: u64, to: u64) -> Count {
    let (generator, mut botocore, mut count) = (Generator::new(), Botocore::start(), Count::default());
    let mut at = from;
    while at < to {
        let numbers: Vec<u64> = (at..to.min(at + AT_A_TIME)).collect();
        at += AT_A_TIME;
        let all: Vec<Files> = numbers.iter().map(|number| generator.files(*number).current()).collect();
        for (number, checked) in numbers.iter().zip(check(&all, &mut botocore, &mut count)) {
            let Err(problems) = checked else { continue };
            let fails = |files: &Files| {
                check(std::slice::from_ref(files), &mut botocore, &mut Count::default())[0].is_err()
            };
            let simplest = generator.files(*number).simplest(fails);
            let again = check(std::slice::from_ref(&simplest), &mut botocore, &mut Count::default());
            count.failures.push(format!(
                "GRAMMAR_FIRST={number} GRAMMAR_FILES=1: {problems:#?}\nat its simplest: {again:#?}\n\
                 config: \"{}\"\ncredentials: \"{}\"",
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

fn check(all: &[Files], botocore: &mut Botocore, count: &mut Count) -> Vec<Result<(), Vec<String>>> {
    let ours: Vec<_> = all.iter().map(by_us).collect();
    let written: Vec<Option<Written>> = all.iter().map(write).collect();
    // What we refuse concerns nobody else. Most of the time is botocore's.
    let mut to_read: Vec<Files> = Vec::new();
    for ((files, ours), written) in all.iter().zip(&ours).zip(&written) {
        to_read.extend(ours.is_ok().then(|| files.clone()));
        to_read.extend(written.as_ref().map(|written| written.files.clone()));
    }
    let mut by_botocore = botocore.read(&to_read).into_iter();
    let mut results = Vec::new();
    for ((files, ours), written) in all.iter().zip(ours).zip(written) {
        count.files += 1;
        let problems = match ours {
            Err((_, broken)) => {
                count.refused += 1;
                check_refusal(files, broken.problem, broken.line)
            }
            Ok(ours) => {
                let before = by_botocore.next().expect("it was sent");
                let mut problems = check_reading(files, &ours, &before, count);
                if let Some(written) = written {
                    let after = by_botocore.next().expect("it was sent");
                    count.written += 1;
                    problems.extend(written.check(files, &before, &after));
                }
                problems
            }
        };
        results.push(if problems.is_empty() { Ok(()) } else { Err(problems) });
    }
    results
}

fn check_reading(
    files: &Files,
    ours: &Reading,
    botocore: &Result<Reading, String>,
    count: &mut Count,
) -> Vec<String> {
    let mut problems = Vec::new();
    let said = Said::of(files);
    for rule in said.rules() {
        *count.rules.entry(rule).or_default() += 1;
    }
    let rust_sdk = match by_rust_sdk(files) {
        Ok(rust_sdk) => rust_sdk,
        Err(error) => return vec![format!("the Rust SDK fails, and we do not: {error}")],
    };
    problems.extend(said.unexplained(Reader::RustSdk, ours, &rust_sdk));
    let (may_fail, must_fail) = said.fatal();
    match botocore {
        Err(error) if !may_fail => {
            problems.push(format!("botocore fails, and doctor does not say so: {error}"))
        }
        Err(_) => count.not_by_botocore += 1,
        Ok(_) if must_fail => problems.push("doctor says that botocore fails, and it does not".to_owned()),
        Ok(botocore) => {
            problems.extend(said.unexplained(Reader::Botocore, ours, botocore));
            let is_alike = differences_of(Reader::RustSdk, ours, &rust_sdk).is_empty()
                && differences_of(Reader::Botocore, ours, botocore).is_empty();
            *(if is_alike { &mut count.alike } else { &mut count.explained }) += 1;
        }
    }
    problems
}

/// What we refuse the Rust SDK refuses, too, and at the same line; but for what we refuse since it
/// is read as two different files.
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
        self.not_by_botocore += other.not_by_botocore;
        self.alike += other.alike;
        self.explained += other.explained;
        self.written += other.written;
        self.failures.extend(other.failures);
        for (rule, count) in other.rules {
            *self.rules.entry(rule).or_default() += count;
        }
        self
    }
}
