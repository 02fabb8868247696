//! A pool with one thread for each processor.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

static THREADS: OnceLock<usize> = OnceLock::new();

/// So many threads, at least one, in place of one for each processor.
pub fn set_threads(threads: usize) {
    THREADS.get_or_init(|| threads.max(1));
}

/// Runs `work` for each item. Returns the results in the order of the items.
pub fn each<Item: Sync, Place, Made: Send>(
    items: &[Item],
    place: impl Fn() -> Place + Sync,
    work: impl Fn(&Place, &Item) -> Made + Sync,
) -> Vec<Made> {
    let next = AtomicUsize::new(0);
    let made = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        let threads = THREADS.get().copied();
        for _ in 0..threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)) {
            scope.spawn(|| {
                let place = place();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    let one = work(&place, item);
                    made.lock().expect("no thread panics with it").push((index, one));
                }
            });
        }
    });
    let mut made = made.into_inner().expect("no thread panics with it");
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, one)| one).collect()
}
