//! Waits with a common deadline. A failure says what the test waited for.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Output};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};

/// How long a test waits for anything: ten times what a slow machine needs.
pub const DEADLINE: Duration = Duration::from_secs(200);

/// Waits until a condition holds.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || is_so().then_some(()));
}

/// Waits until there is a value, and returns it.
pub fn wait_for<T>(what: &str, mut value: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = value() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited for {what}");
        // Without this, the loop would take processor time from the program that we wait for.
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until the child ends, and collects its output. Kills it after the deadline.
pub fn finish(child: Child, what: &str) -> Output {
    let process = Pid::from_child(&child);
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver.recv_timeout(DEADLINE).unwrap_or_else(|_| {
        let _ = kill_process(process, Signal::KILL);
        panic!("waited for the end of {what}")
    });
    output.expect("it was started")
}

/// The lines of a stream. Waits for each; returns none after the end.
pub struct Lines(Receiver<String>);

impl Lines {
    pub fn of(stream: impl Read + Send + 'static) -> Lines {
        let (sender, receiver) = channel();
        // Goes on reading when nobody needs the lines, or the writer would block.
        thread::spawn(move || {
            let lines = BufReader::new(stream).lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
        Lines(receiver)
    }
}

impl Iterator for Lines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        match self.0.recv_timeout(DEADLINE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("waited for a line"),
        }
    }
}

/// Repeats `attempt` until it returns a value. It returns `None` if the machine was too slow.
pub fn in_time<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        assert!(Instant::now() < deadline, "this machine is too slow for what is tested");
    }
}

/// Repeats `attempt` until it takes less than `limit`.
pub fn within<T>(limit: Duration, mut attempt: impl FnMut() -> T) -> T {
    in_time(|| {
        let begun = Instant::now();
        let result = attempt();
        (begun.elapsed() < limit).then_some(result)
    })
}

/// Repeats `attempt` until it falls into the 30 seconds of one code.
pub fn while_a_code_lasts<T>(mut attempt: impl FnMut() -> T) -> T {
    let now = || SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs() / 30;
    in_time(|| {
        let begun = now();
        let result = attempt();
        (begun == now()).then_some(result)
    })
}
