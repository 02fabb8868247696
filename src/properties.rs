//! The configuration of property tests: a fixed seed, unless `PROPTEST_RNG_SEED` gives another one.

use std::env;

use proptest::test_runner::{Config, RngSeed};

/// Fixed, so that a test run depends only on the source.
const SEED: u64 = 20;

/// Runs `cases` cases, or `PROPTEST_CASES`. Prints the variables that repeat the run.
pub fn config(cases: u32) -> Config {
    // `Config::default` reads the variables.
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    let RngSeed::Fixed(seed) = config.rng_seed else { panic!("PROPTEST_RNG_SEED is not a number") };
    println!("PROPTEST_RNG_SEED={seed} PROPTEST_CASES={}", config.cases);
    config
}
