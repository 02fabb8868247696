//! A list to choose from, on the terminal itself: with a filter that is typed, or, where a terminal
//! can't move its cursor, by numbers.

use std::cmp::Reverse;
use std::fmt;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use inquire::ui::RenderConfig;
use inquire::{InquireError, Select};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{tcgetattr, tcgetwinsize};

use super::{Echo, FOUND, NoAnswer, Signals, ask, open_device, restore};

/// A row of the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// As it is shown, in one line.
    pub text: String,
    /// What a filter looks at, where the terminal is too narrow for all of it.
    pub searched: String,
    /// What stays on the screen once it is chosen.
    pub name: String,
}

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It can't move its cursor.
    Dumb,
    Plain,
    Colored,
}

/// Characters beside the rows: the mark, a blank, and the last column, in which some terminals wrap.
const MARGIN: usize = 3;
/// Lines beside the rows: the question, the keys, and one for the shell's own.
const OTHER_LINES: usize = 3;
const MOST_ROWS: usize = 15;
const KEYS: &str = "type to filter, Enter takes it, Esc leaves";

/// How many columns a row may have; none where that can't be told.
pub fn columns() -> Option<usize> {
    let (columns, _) = size()?;
    Some(columns.saturating_sub(MARGIN).max(1))
}

/// The index of the row that was chosen.
///
/// # Errors
/// See [`NoAnswer`].
pub fn choose(question: &str, rows: &[Row], look: Look) -> Result<usize, NoAnswer> {
    match look {
        Look::Dumb => choose_by_number(question, rows),
        Look::Plain => choose_by_keys(question, rows, RenderConfig::empty()),
        Look::Colored => choose_by_keys(question, rows, RenderConfig::default_colored()),
    }
}

fn choose_by_number(question: &str, rows: &[Row]) -> Result<usize, NoAnswer> {
    let lines = rows.iter().enumerate().map(|(index, row)| format!("{:>3}  {}\n", index + 1, row.text));
    let mut text = lines.collect::<String>() + question + " (number): ";
    loop {
        match ask(&text, Echo::Text)?.parse::<usize>() {
            Ok(number) if (1..=rows.len()).contains(&number) => return Ok(number - 1),
            Ok(_) | Err(_) => text = format!("a number from 1 to {}, or Ctrl-C: ", rows.len()),
        }
    }
}

/// The list is drawn by a thread: it waits for keys for ever, and a signal must end us with the
/// terminal as it was found.
fn choose_by_keys(question: &str, rows: &[Row], style: RenderConfig<'static>) -> Result<usize, NoAnswer> {
    let device = open_device().map_err(|_| NoAnswer::NoTerminal)?;
    let found = tcgetattr(&device).map_err(|_| NoAnswer::NoTerminal)?;
    let signals = Signals::catch().map_err(|_| NoAnswer::NoTerminal)?;
    let (done, woken) = UnixStream::pair().map_err(|_| NoAnswer::NoTerminal)?;
    if let Ok(mut place) = FOUND.lock() {
        *place = Some(found);
    }
    let (sender, receiver) = mpsc::channel();
    let (question, rows) = (question.to_owned(), rows.to_vec());
    thread::spawn(move || {
        // Nobody listens where a signal was faster.
        let _ = sender.send(draw(&question, rows, style));
        drop(done);
    });
    let answer = wait(&device, &signals, &woken, &receiver);
    restore();
    answer.unwrap_or_else(|| {
        // The cursor is hidden while the list is drawn.
        let _ = (&device).write_all(b"\x1b[?25h\r\n");
        Err(NoAnswer::Cancelled)
    })
}

/// None where a signal or the end of the terminal came first.
fn wait(
    device: &impl AsFd,
    signals: &Signals,
    woken: &UnixStream,
    answer: &Receiver<Result<usize, NoAnswer>>,
) -> Option<Result<usize, NoAnswer>> {
    loop {
        let mut watched = [
            PollFd::new(woken, PollFlags::IN),
            PollFd::new(&signals.wake_up, PollFlags::IN),
            // The end of a terminal is told without being asked for.
            PollFd::new(device, PollFlags::empty()),
        ];
        match poll(&mut watched, None) {
            Ok(_) if !watched[0].revents().is_empty() => return answer.recv().ok(),
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => return None,
        }
    }
}

fn draw(question: &str, rows: Vec<Row>, style: RenderConfig<'_>) -> Result<usize, NoAnswer> {
    let score =
        |typed: &str, one: &Numbered, _: &str, _: usize| score(typed, &one.row.searched.to_lowercase());
    let sort = |rated: &mut [(usize, i64)]| rated.sort_by_key(|(index, score)| (Reverse(*score), *index));
    let name = |chosen: inquire::list_option::ListOption<&Numbered>| chosen.value.row.name.clone();
    let lines = size().map_or(MOST_ROWS, |(_, lines)| lines.saturating_sub(OTHER_LINES));
    let options = rows.into_iter().enumerate().map(|(index, row)| Numbered { index, row }).collect();
    let select = Select::new(question, options)
        .with_scorer(&score)
        .with_sorter(&sort)
        .with_formatter(&name)
        .with_page_size(lines.clamp(1, MOST_ROWS))
        .with_render_config(style);
    // A line that wraps would be drawn over.
    let is_wide = columns().is_none_or(|columns| columns >= KEYS.len());
    let select = if is_wide { select.with_help_message(KEYS) } else { select.without_help_message() };
    match select.prompt() {
        Ok(chosen) => Ok(chosen.index),
        Err(
            InquireError::OperationCanceled
            | InquireError::OperationInterrupted
            // The terminal was there: it has gone.
            | InquireError::NotTTY
            | InquireError::IO(_)
            | InquireError::InvalidConfiguration(_)
            | InquireError::Custom(_),
        ) => Err(NoAnswer::Cancelled),
    }
}

/// How well a row (in lower case) fits what was typed: all of its words are in it, best at the
/// start; or, last, its letters in their order.
fn score(typed: &str, row: &str) -> Option<i64> {
    let typed = typed.trim().to_lowercase();
    if row.starts_with(&typed) {
        return Some(3);
    }
    if typed.split_whitespace().all(|word| row.contains(word)) {
        return Some(2);
    }
    let mut letters = row.chars();
    typed.chars().filter(|c| !c.is_whitespace()).all(|c| letters.any(|letter| letter == c)).then_some(1)
}

/// Columns and lines of the terminal.
fn size() -> Option<(usize, usize)> {
    let size = tcgetwinsize(open_device().ok()?).ok()?;
    // One that does not know its size (a serial line) says 0.
    (size.ws_col > 0 && size.ws_row > 0).then(|| (size.ws_col.into(), size.ws_row.into()))
}

struct Numbered {
    index: usize,
    row: Row,
}

impl fmt::Display for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.row.text)
    }
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn a_filter_takes_the_start_first_then_words_then_letters() {
        for (typed, row, expected) in [
            ("", "prod", Some(3)),
            ("pr", "prod  bob", Some(3)),
            ("BOB", "prod  bob", Some(2)),
            ("bob prod", "prod  bob", Some(2)),
            ("pd", "prod  bob", Some(1)),
            ("x", "prod  bob", None),
        ] {
            assert_eq!(score(typed, row), expected, "{typed}");
        }
    }
}
