#![no_main]
//! See tests/fuzzed/reader.rs.

#[path = "../../tests/fuzzed/reader.rs"]
mod reader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| reader::check(bytes));
