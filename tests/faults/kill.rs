//! Kills runs at evenly spread moments.

use std::thread;
use std::time::{Duration, Instant};

use support::Home;

use crate::pool;
use crate::scene::{Scene, Unheard, is_killed};
use crate::table::Row;

/// The kills in a row, each on the files that the one before left. After them, everything must be repaired.
const SERIES: usize = 5;

pub fn row(scenes: &[Scene], endpoint_url: &str, kills: usize) -> Row {
    let calm = scenes.iter().map(|scene| calm(&Home::new().calling(endpoint_url), scene)).collect::<Vec<_>>();
    let series: Vec<_> = (0..kills.div_ceil(SERIES)).collect();
    let results = pool::each(
        &series,
        || Home::new().calling(endpoint_url),
        |home, number| {
            let which = number % scenes.len();
            one_series(home, &scenes[which], calm[which], *number)
        },
    );
    let mut row = Row::new("SIGKILL at any moment");
    for (number, (died, results)) in results.into_iter().enumerate() {
        row.note_count("died before their end", died);
        for result in results {
            row.case(scenes[number % scenes.len()].name, result);
        }
    }
    row
}

/// Returns how many runs were killed before their end, and what each left.
fn one_series(
    home: &Home,
    scene: &Scene,
    calm: Duration,
    series: usize,
) -> (usize, Vec<Result<(), Vec<String>>>) {
    scene.before.restore(home);
    let mut died = 0;
    let mut results = Vec::new();
    for number in 1..=SERIES {
        // The fractional parts of multiples of the golden ratio are spread evenly for any number of them.
        let moment = ((series * SERIES + number) as f64 * 0.618_034).fract();
        let mut running = home.run(scene.arguments).start();
        thread::sleep(calm.mul_f64(moment));
        running.child.kill().expect("it is our child");
        let end = running.end();
        died += usize::from(is_killed(&end));
        let mut wrong = scene.wrong(home, &end, Unheard::default());
        if number == SERIES {
            wrong.extend(scene.unmended(home, series.is_multiple_of(2)));
        }
        results.push(if wrong.is_empty() { Ok(()) } else { Err(wrong) });
    }
    (died, results)
}

/// The duration of an undisturbed run: the median of five.
fn calm(home: &Home, scene: &Scene) -> Duration {
    let mut took = [(); 5].map(|()| {
        scene.before.restore(home);
        let began = Instant::now();
        assert_eq!(home.run(scene.arguments).output().status, 0);
        began.elapsed()
    });
    took.sort();
    took[2]
}
