//! How property tests run: always from the same seed, unless `PROPTEST_RNG_SEED` gives another one.

use std::env;

use proptest::test_runner::{Config, RngSeed};

/// So that a run of all tests depends on nothing but the source.
const SEED: u64 = 20;

/// `cases` of a property, or as many as `PROPTEST_CASES` says. Prints what repeats the run.
pub fn config(cases: u32) -> Config {
    // The default is what the variables say.
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
