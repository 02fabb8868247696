#![no_main]
//! See fuzz/checks/splice.rs.

#[path = "../checks/splice.rs"]
mod splice;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| splice::check(bytes));
