#![no_main]
//! See fuzz/checks/answer.rs.

#[path = "../checks/answer.rs"]
mod answer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| answer::check(bytes));
