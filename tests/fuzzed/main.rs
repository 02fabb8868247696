//! What `fuzz/` checks with libFuzzer on a nightly toolchain, checked by proptest on any; and every
//! input that a fuzzer found something with, or started from.

mod answer;
mod reader;
mod splice;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let entries = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let seeds: Vec<_> =
        entries.map(|entry| fs::read(entry.expect("readable").path()).expect("readable")).collect();
    assert!(!seeds.is_empty(), "{}", directory.display());
    seeds
}

#[test]
fn the_seeds_of_the_reader_hold() {
    seeds("reader").iter().for_each(|bytes| reader::check(bytes));
}

#[test]
fn the_seeds_of_the_splice_hold() {
    seeds("splice").iter().for_each(|bytes| splice::check(bytes));
}

#[test]
fn the_seeds_of_the_answer_hold() {
    seeds("answer").iter().for_each(|bytes| answer::check(bytes));
}

/// A seed with a piece of it replaced by a piece of another, or by bytes.
fn mutated(target: &str) -> impl Strategy<Value = Vec<u8>> {
    let seeds = seeds(target);
    let index = any::<prop::sample::Index>;
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        prop::sample::select(vec![
            "\n", "\r\n", " ", "[", "]", "=", "#", "\u{a0}", "<", ">", "&#10;", "'", "\0"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let piece = (index(), index(), index(), index(), index(), prop::option::of(bytes));
    (prop::sample::select(seeds.clone()), prop::collection::vec(piece, 1..4)).prop_map(
        move |(mut seed, pieces): (Vec<u8>, Vec<_>)| {
            for (from, to, other, other_from, other_to, bytes) in pieces {
                let part = |seed: &[u8], from: &prop::sample::Index, to: &prop::sample::Index| {
                    let from = from.index(seed.len() + 1);
                    from..from + to.index(seed.len() - from + 1).min(24)
                };
                let other = &seeds[other.index(seeds.len())];
                let with = bytes.unwrap_or_else(|| other[part(other, &other_from, &other_to)].to_vec());
                let replaced = part(&seed, &from, &to);
                seed.splice(replaced, with);
            }
            seed
        },
    )
}

/// As many inputs, or as many as `PROPTEST_CASES` says; one that fails is made simpler first.
fn check_mutated(target: &str, cases: u32, check: fn(&[u8])) {
    let cases = std::env::var("PROPTEST_CASES").map_or(cases, |text| text.parse().expect("a number"));
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&mutated(target), |bytes| {
        check(&bytes);
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    println!("cases: {cases}");
}

#[test]
fn the_reader_names_a_line_or_finds_all_in_its_place() {
    check_mutated("reader", 5000, reader::check);
}

#[test]
fn the_splice_changes_nothing_of_others_and_can_be_undone() {
    check_mutated("splice", 5000, splice::check);
}

#[test]
fn an_answer_is_a_session_in_form_or_a_failure() {
    check_mutated("answer", 2000, answer::check);
}
