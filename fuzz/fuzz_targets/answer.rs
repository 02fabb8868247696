#![no_main]
//! See tests/fuzzed/answer.rs.

#[path = "../../tests/fuzzed/answer.rs"]
mod answer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| answer::check(bytes));
