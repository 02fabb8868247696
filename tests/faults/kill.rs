//! SIGKILL at a random moment of a run.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;

use crate::home::{End, Home, MFA_ENV};
use crate::pool;
use crate::scene::{Scene, Unheard};
use crate::table::Row;

/// So many kills in a row, each in what the one before left, before all must be mended.
const SERIES: usize = 5;

/// So many kills at moments spread evenly over the run.
pub fn row(scenes: &[Scene], endpoint_url: &str, kills: usize) -> Row {
    let calm = scenes.iter().map(|scene| calm(&Home::new(endpoint_url), scene)).collect::<Vec<_>>();
    let series: Vec<_> = (0..kills.div_ceil(SERIES)).collect();
    let results = pool::each(
        &series,
        || Home::new(endpoint_url),
        |home, number| {
            let which = number % scenes.len();
            one_series(home, &scenes[which], calm[which])
        },
    );
    let mut row = Row::new("SIGKILL at a random moment");
    for (number, (died, results)) in results.into_iter().enumerate() {
        row.note_count("died before their end", died);
        for result in results {
            row.case(scenes[number % scenes.len()].name, result);
        }
    }
    row
}

/// How many were still running when they were killed, and what each left behind.
fn one_series(home: &Home, scene: &Scene, calm: Duration) -> (usize, Vec<Result<(), Vec<String>>>) {
    home.restore(&scene.before);
    let mut died = 0;
    let mut results = Vec::new();
    for number in 1..=SERIES {
        let mut command = home.program(MFA_ENV);
        let child = piped(command.args(scene.arguments));
        let end = kill(child, || thread::sleep(calm.mul_f64(fastrand::f64())));
        died += usize::from(end.status.is_none());
        let mut wrong = scene.wrong(home, &end, Unheard::default());
        if number == SERIES {
            wrong.extend(scene.unmended(home, fastrand::bool()));
        }
        results.push(if wrong.is_empty() { Ok(()) } else { Err(wrong) });
    }
    (died, results)
}

/// How long a run takes that nobody disturbs: the middle one of five.
fn calm(home: &Home, scene: &Scene) -> Duration {
    let mut took = [(); 5].map(|()| {
        home.restore(&scene.before);
        let began = Instant::now();
        assert_eq!(home.run(scene.arguments).status, Some(0));
        began.elapsed()
    });
    took.sort();
    took[2]
}

pub fn piped(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is installed")
}

/// Waits for the moment, then kills it.
pub fn kill(mut child: Child, moment: impl FnOnce()) -> End {
    moment();
    child.kill().expect("it is ours");
    End::of(child.wait_with_output().expect("it was started"))
}

/// Tells when something changes in a directory.
pub struct Watch(OwnedFd);

impl Watch {
    /// From now on.
    pub fn new(directory: &Path) -> Watch {
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let watch = inotify::init(flags).expect("inotify");
        let events = inotify::WatchFlags::CREATE
            | inotify::WatchFlags::MODIFY
            | inotify::WatchFlags::MOVED_TO
            | inotify::WatchFlags::ATTRIB;
        inotify::add_watch(&watch, directory, events).expect("a directory of ours");
        Watch(watch)
    }

    /// Waits for the next change, at most that long; whether there was one.
    pub fn next(&self, patience: Duration) -> bool {
        let timeout = Timespec::try_from(patience).expect("seconds");
        let count = poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&timeout)).expect("poll");
        // All that is there by now: they are one change.
        let mut events = [0; 4096];
        while rustix::io::read(&self.0, &mut events).is_ok() {}
        count > 0
    }
}

/// From the first change that a run makes in a directory to the last: the middle one of five runs.
pub fn writing_time(directory: &Path, restore: impl Fn(), start: impl Fn() -> Child) -> Duration {
    let mut took = [(); 5].map(|()| {
        restore();
        let watch = Watch::new(directory);
        let mut child = start();
        let (mut first, mut last) = (None, None);
        while child.try_wait().expect("it is ours").is_none() {
            if watch.next(Duration::from_millis(1)) {
                last = Some(Instant::now());
                first = first.or(last);
            }
        }
        child.wait_with_output().expect("it was started");
        let (first, last) = first.zip(last).expect("it writes");
        last - first
    });
    took.sort();
    took[2]
}

/// Exactly so long: a thread that sleeps comes back up to a tenth of a millisecond late.
pub fn spin(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        std::hint::spin_loop();
    }
}
