//! The screen of a terminal: characters, colours and the cursor, from the bytes that a shell sends.

use std::num::NonZeroU16;

use vt100::{Color, Parser};

/// The width of the pseudo-terminals in terminal.rs.
const WIDTH: u16 = 400;
/// More rows than any output between two prompts.
const HEIGHT: u16 = 200;

pub struct Screen(Parser<Events>);

#[derive(Default)]
struct Events {
    /// Whether the shell has asked for the kind of terminal, and waits for an answer.
    is_asked: bool,
    /// The rows that have scrolled off the screen.
    scrolled: usize,
}

impl vt100::Callbacks for Events {
    fn on_scroll(&mut self, _: vt100::capture::RowContents<'_>, _: bool) {
        self.scrolled += 1;
    }

    fn unhandled_csi(
        &mut self,
        _: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        _: &[&[u16]],
        last: char,
    ) {
        self.is_asked |= first.is_none() && last == 'c';
    }
}

impl Screen {
    pub fn new() -> Screen {
        let size = |number| NonZeroU16::new(number).expect("not zero");
        Screen(Parser::new_with_callbacks(size(HEIGHT), size(WIDTH), 0, Events::default()))
    }

    /// Draws the bytes of the shell. Returns the answer that it waits for, if any.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<&'static str> {
        self.0.process(bytes);
        std::mem::take(&mut self.0.callbacks_mut().is_asked).then_some("\x1b[?62c")
    }

    /// The cursor's row, counted from the first row ever.
    pub fn row(&self) -> usize {
        self.0.callbacks().scrolled + usize::from(self.0.screen().cursor_position().0)
    }

    /// The cursor's column: `WIDTH` after the last one.
    pub fn column(&self) -> u16 {
        self.0.screen().cursor_position().1
    }

    /// The characters of a row with their colours, including spaces.
    fn cells(&self, row: usize) -> impl Iterator<Item = (&str, Color)> {
        let on_screen = row.checked_sub(self.0.callbacks().scrolled).and_then(|row| u16::try_from(row).ok());
        let row = on_screen.unwrap_or(HEIGHT);
        let cells = (0..WIDTH).filter_map(move |column| self.0.screen().cell(row, column));
        cells.filter(|cell| !cell.is_wide_continuation()).map(|cell| {
            let character = if cell.has_contents() { cell.contents() } else { " " };
            (character, cell.fgcolor())
        })
    }

    /// The row's text without trailing spaces.
    fn text(&self, row: usize) -> String {
        self.cells(row).map(|(character, _)| character).collect::<String>().trim_end().to_owned()
    }

    /// The texts of the rows from that row to the cursor's.
    pub fn rows_from(&self, row: usize) -> Vec<String> {
        (row..=self.row()).map(|row| self.text(row)).collect()
    }

    /// The row's text up to the cursor.
    pub fn before_cursor(&self) -> String {
        self.cells(self.row()).take(self.column().into()).map(|(character, _)| character).collect()
    }

    /// The text of the cursor's row with its colours: `<green>(prod 9m)</> $`.
    pub fn coloured(&self) -> String {
        let (mut text, mut colour) = (String::new(), Color::Default);
        for (character, next) in self.cells(self.row()) {
            if character != " " && next != colour {
                let at = if next == Color::Default { text.trim_end().len() } else { text.len() };
                text.insert_str(at, &mark(next));
                colour = next;
            }
            text.push_str(character);
        }
        let end = if colour == Color::Default { "" } else { "</>" };
        format!("{}{end}", text.trim_end())
    }
}

fn mark(colour: Color) -> String {
    match colour {
        Color::Default => "</>".to_owned(),
        Color::Idx(1) => "<red>".to_owned(),
        Color::Idx(2) => "<green>".to_owned(),
        Color::Idx(3) => "<yellow>".to_owned(),
        Color::Idx(number) => format!("<{number}>"),
        Color::Rgb(..) => "<rgb>".to_owned(),
    }
}
