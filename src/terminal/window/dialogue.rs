//! The dialogue with a pinentry in the Assuan protocol.

use std::io::{self, Read, Write};
use std::mem;
use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::process::signals;

const TICK: Duration = Duration::from_millis(25);
/// In bytes. The protocol allows 1,000 for a line.
const LONGEST_LINE: usize = 1000;

/// Why a command has no reply, or another one than OK.
pub(super) enum End<S> {
    NotStarted(io::Error),
    Stopped(S),
    Cancelled,
    Timeout,
    /// A number of libgpg-error.
    Error(u32),
    /// The program ended, or what it prints isn't the protocol.
    Gone,
}

/// The pipes of a pinentry, and what ends the wait for it.
pub(super) struct Dialogue<'d, F> {
    pub(super) stdin: ChildStdin,
    pub(super) lines: Receiver<Zeroizing<String>>,
    pub(super) deadline: Option<Instant>,
    pub(super) stop: &'d F,
}

impl<S, F: Fn() -> Option<S>> Dialogue<'_, F> {
    /// Opens the window, and returns what was typed.
    pub(super) fn hold(&mut self, commands: &[String]) -> Result<Zeroizing<String>, End<S>> {
        // The greeting.
        self.reply()?;
        for command in commands {
            match self.send(command) {
                // Not every pinentry knows all commands.
                Ok(_) | Err(End::Error(_)) => {}
                Err(end) => return Err(end),
            }
        }
        self.send("GETPIN")
    }

    fn send(&mut self, command: &str) -> Result<Zeroizing<String>, End<S>> {
        self.stdin.write_all(format!("{command}\n").as_bytes()).map_err(|_| End::Gone)?;
        self.reply()
    }

    fn reply(&mut self) -> Result<Zeroizing<String>, End<S>> {
        let mut text = Zeroizing::new(String::new());
        loop {
            let line = match self.lines.recv_timeout(TICK) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => Zeroizing::new(String::new()),
                Err(RecvTimeoutError::Disconnected) => return Err(End::Gone),
            };
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match word {
                "OK" => return Ok(text),
                "ERR" => {
                    let number = rest.split(' ').next().and_then(|number| number.parse::<u32>().ok());
                    // The upper half names the source.
                    return Err(End::Error(number.unwrap_or_default() & 0xffff));
                }
                // Not decoded: a code has no character that the protocol escapes.
                "D" => text = Zeroizing::new(rest.to_owned()),
                // A comment, a status, or nothing.
                _ => {}
            }
            if signals::ended_by().is_some() {
                return Err(End::Cancelled);
            }
            if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(End::Timeout);
            }
            if let Some(found) = (self.stop)() {
                return Err(End::Stopped(found));
            }
        }
    }
}

/// Sends each line to the channel, until one is too long. Reads single bytes, so that no buffer keeps the code.
pub(super) fn send_lines(mut stdout: ChildStdout, lines: &SyncSender<Zeroizing<String>>) {
    let new = || Zeroizing::new(String::with_capacity(LONGEST_LINE));
    let (mut line, mut byte) = (new(), [0]);
    while line.len() < LONGEST_LINE && stdout.read(&mut byte).is_ok_and(|count| count == 1) {
        if byte != *b"\n" {
            // Only ASCII matters.
            line.push(if byte[0].is_ascii() { byte[0].into() } else { '?' });
        } else if lines.send(mem::replace(&mut line, new())).is_err() {
            return;
        }
    }
}
