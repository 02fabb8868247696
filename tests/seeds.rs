//! Runs the checks of the fuzz targets on the seeds in `fuzz/`: inputs to start from, and inputs that found a
//! bug. The targets themselves need a nightly toolchain.

#[path = "../fuzz/checks/answer.rs"]
mod answer;
#[path = "../fuzz/checks/reader.rs"]
mod reader;
#[path = "../fuzz/checks/splice.rs"]
mod splice;

use std::fs;
use std::path::Path;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let seeds: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    assert!(!seeds.is_empty(), "{}", folder.display());
    for seed in seeds {
        println!("{}", seed.display());
        check(&fs::read(&seed).expect("readable"));
    }
}

#[test]
fn the_reader_names_a_line_or_finds_everything_in_its_place() {
    replay("reader", reader::check);
}

#[test]
fn the_splice_changes_nothing_of_others_and_can_be_undone() {
    replay("splice", splice::check);
}

#[test]
fn an_answer_is_a_session_in_form_or_a_failure() {
    replay("answer", answer::check);
}
