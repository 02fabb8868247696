#![no_main]
//! See fuzz/checks/reader.rs.

#[path = "../checks/reader.rs"]
mod reader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| reader::check(bytes));
