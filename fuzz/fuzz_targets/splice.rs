#![no_main]
//! See tests/fuzzed/splice.rs.

#[path = "../../tests/fuzzed/splice.rs"]
mod splice;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| splice::check(bytes));
