//! Runs the built binary under kills, failing system calls and other writers, checks that no byte is lost,
//! and prints a table. See `docs/reliability.md`.

mod inject;
mod kill;
mod others;
mod places;
mod pool;
mod scene;
mod table;
mod writers;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use fake_sts::{Codes, FakeSts, User};

use crate::table::Row;

/// Kills, faults and simultaneous writers with the built binary; fails if anything is lost
#[derive(Parser)]
struct Options {
    /// Only the kinds with this in their names: faults, kills, places, writers
    filters: Vec<String>,
    /// More than a sample, as tests/run has it.
    #[arg(long)]
    include_ignored: bool,
    /// Everything: takes hours
    #[arg(long)]
    full: bool,
    /// Kills, at moments spread evenly over a run [100; 2000 with --include-ignored; 100000 with --full].
    #[arg(long)]
    kills: Option<usize>,
    /// Rounds of twenty writers at once [1; 10; 1000].
    #[arg(long)]
    rounds: Option<usize>,
    /// How many run at a time [one for each processor].
    #[arg(long)]
    test_threads: Option<usize>,
    /// Of cargo's test programs; has no effect here.
    #[arg(long)]
    nocapture: bool,
    /// Also the tests in other folders
    #[arg(long)]
    others: bool,
    #[arg(long, hide = true)]
    inside: bool,
}

/// How much of everything is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// A few seconds: whether it works at all.
    Sample,
    Short,
    Full,
}

impl Amount {
    pub fn of<T>(self, [sample, short, full]: [T; 3]) -> T {
        match self {
            Self::Sample => sample,
            Self::Short => short,
            Self::Full => full,
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let sts = FakeSts::builder().user(User { codes: Codes::Any, ..User::bob() }).start();
    let url = sts.url();
    let scenes = scene::all(&url);
    if options.inside {
        places::inside(&scenes, &url);
        return ExitCode::SUCCESS;
    }
    if let Some(threads) = options.test_threads {
        pool::set_threads(threads);
    }
    let amount = match (options.full, options.include_ignored) {
        (true, _) => Amount::Full,
        (false, true) => Amount::Short,
        (false, false) => Amount::Sample,
    };
    let kills = options.kills.unwrap_or(amount.of([100, 2_000, 100_000]));
    let rounds = options.rounds.unwrap_or(amount.of([1, 10, 1_000]));
    let aws = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/aws");
    let mut rows = Vec::new();
    let mut kind = |name: &str, make: &dyn Fn() -> Vec<Row>| {
        let is_wanted = |filter: &String| name.contains(filter.as_str());
        if options.filters.is_empty() || options.filters.iter().any(is_wanted) {
            let began = Instant::now();
            rows.extend(make());
            eprintln!("{name}: {:.1} s", began.elapsed().as_secs_f64());
        }
    };
    kind("faults", &|| inject::rows(&scenes, &url, amount));
    kind("kills", &|| vec![kill::row(&scenes, &url, kills)]);
    kind("places", &|| {
        let step = amount.of([700, 100, 1]);
        let mut rows = places::mounts();
        rows.extend([places::file_size(&scenes, &url, step), places::attributes(&scenes, &url)]);
        rows
    });
    kind("writers", &|| vec![writers::row(&url, rounds), writers::beside_the_cli(&url, &aws, rounds)]);
    if options.others {
        kind("others", &others::rows);
    }
    println!("{}", table::text(&rows));
    if rows.iter().any(Row::is_lost) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
