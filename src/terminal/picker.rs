//! A list to choose from, with a filter.

use unicode_width::UnicodeWidthStr;

use super::keys::{Event, Key};
use super::question::NoAnswer;
use super::table::cut;
use super::{RawTerminal, hold};
use crate::output::paint;

/// A row of the list: name, account, and two columns that are cut if the terminal is narrow.
pub type Row = [String; 4];

const MOST_ROWS: usize = 15;
/// The question, the help line, and one free line.
const OTHER_LINES: usize = 3;
const KEYS: &str = "type to filter, Enter selects, Esc cancels";
const NO_MATCH: &str = "no match: Ctrl-U clears the filter, Esc cancels";

/// Shows the list, with the marked row in `style`, one of the styles of `output`. Returns the index of the
/// chosen row.
pub fn choose(question: &str, rows: &[Row], style: &str) -> Result<usize, NoAnswer> {
    let widths = [0, 1, 2, 3].map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0));
    let found = (0..rows.len()).collect();
    let mut list =
        List { question, rows, widths, style, filter: String::new(), found, marked: 0, top: 0, size: (0, 0) };
    hold(|terminal| list.run(terminal))
}

struct List<'l> {
    question: &'l str,
    rows: &'l [Row],
    /// The width of each column, in columns of the terminal.
    widths: [usize; 4],
    style: &'l str,
    filter: String,
    /// The indices of the rows that match the filter.
    found: Vec<usize>,
    /// The marked row and the first visible row, as indices in `found`.
    marked: usize,
    top: usize,
    /// The size of the terminal: columns and lines.
    size: (usize, usize),
}

impl List<'_> {
    fn run(&mut self, terminal: &mut RawTerminal) -> Result<usize, NoAnswer> {
        self.draw(terminal);
        let chosen = loop {
            match terminal.next() {
                Event::Tick if self.size == terminal.size() => continue,
                Event::Tick | Event::Resumed => {}
                Event::Key(Key::Escape | Key::Cancel) | Event::End => break None,
                Event::Key(Key::Enter) if !self.found.is_empty() => break Some(self.found[self.marked]),
                Event::Key(key) => self.press(key),
            }
            self.draw(terminal);
        };
        let name = chosen.map(|index| self.rows[index][0].as_str()).unwrap_or_default();
        let line = format!("{} {name}", self.question);
        terminal.print(&format!("\r\x1b[J{}\n", cut(&line, self.size.0 - 1)));
        chosen.ok_or(NoAnswer::Cancelled)
    }

    fn page(&self) -> usize {
        self.size.1.saturating_sub(OTHER_LINES).clamp(1, MOST_ROWS)
    }

    fn press(&mut self, key: Key) {
        let last = self.found.len().saturating_sub(1);
        match key {
            Key::Up => self.marked = self.marked.checked_sub(1).unwrap_or(last),
            Key::Down => self.marked = if self.marked < last { self.marked + 1 } else { 0 },
            Key::PageUp => self.marked = self.marked.saturating_sub(self.page()),
            Key::PageDown => self.marked = (self.marked + self.page()).min(last),
            Key::Home => self.marked = 0,
            Key::End => self.marked = last,
            Key::Char(c) => self.search(format!("{}{c}", self.filter)),
            Key::Backspace => {
                self.filter.pop();
                self.search(self.filter.clone());
            }
            Key::DeleteLine => self.search(String::new()),
            Key::DeleteWord => {
                let words = self.filter.trim_end();
                self.search(words[..words.rfind(' ').map_or(0, |space| space + 1)].to_owned());
            }
            Key::Enter | Key::Tab | Key::Escape | Key::Cancel | Key::Other => {}
        }
    }

    fn search(&mut self, filter: String) {
        let lower = filter.to_lowercase();
        let is_found = |index: &usize| self.rows[*index].join(" ").to_lowercase().contains(&lower);
        self.found = (0..self.rows.len()).filter(is_found).collect();
        (self.filter, self.marked, self.top) = (filter, 0, 0);
    }

    /// Draws from the question's line downwards. Leaves the cursor after the filter.
    fn draw(&mut self, terminal: &mut RawTerminal) {
        self.size = terminal.size();
        let (page, width) = (self.page(), self.size.0 - 1);
        self.top = self.top.clamp((self.marked + 1).saturating_sub(page), self.marked);
        let question = cut(&format!("{} {}", self.question, self.filter), width);
        let mut text = format!("\r\x1b[J{question}");
        let page = self.found.iter().enumerate().skip(self.top).take(page);
        let (lines, style) = (page.len() + 1, self.style);
        for (at, &index) in page {
            let (mark, style) = if at == self.marked { ('>', style) } else { (' ', "") };
            let row = self.line(&self.rows[index], width.saturating_sub(2));
            text += &format!("\n{}", paint(style, &format!("{mark} {row}")));
        }
        let keys = cut(if self.found.is_empty() { NO_MATCH } else { KEYS }, width);
        terminal.print(&format!("{text}\n{keys}\x1b[{lines}A\r\x1b[{}C", question.width()));
    }

    /// The text of a row. Shows name and account in full, or just the name if both don't fit. Cuts the
    /// rest.
    fn line(&self, row: &Row, room: usize) -> String {
        if row[0].width() + 2 + row[1].width() > room {
            return cut(&row[0], room);
        }
        let mut widths = self.widths;
        widths[0] = widths[0].min(room.saturating_sub(2 + widths[1]));
        let mut line = String::new();
        for (text, width) in row.iter().zip(widths).filter(|(_, width)| *width > 0) {
            let text = cut(text, room.saturating_sub(line.width()));
            line += &format!("{text}{}  ", " ".repeat(width.saturating_sub(text.width())));
        }
        line.trim_end().to_owned()
    }
}
