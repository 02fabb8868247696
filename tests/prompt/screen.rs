//! What a terminal shows: characters, colours and the cursor, from the bytes that a shell sends. Rows
//! never scroll away, so that a row's number says when it was drawn.

/// Of the pseudo-terminals in terminal.rs.
const WIDTH: usize = 400;

#[derive(Default)]
pub struct Screen {
    rows: Vec<Vec<Cell>>,
    pub row: usize,
    /// `WIDTH` after the last column: the next character begins a row.
    pub column: usize,
    colour: Option<u8>,
    /// The beginning of a sequence that has not come whole.
    pending: Vec<u8>,
    /// The shell asked what terminal this is, and waits for an answer.
    pub is_asked: bool,
}

#[derive(Clone, Copy)]
struct Cell {
    character: char,
    colour: Option<u8>,
}

const BLANK: Cell = Cell { character: ' ', colour: None };

impl Screen {
    pub fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.pending);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let length = length_of_first(rest);
            if length == 0 || length > rest.len() {
                break;
            }
            self.draw(&rest[..length]);
            rest = &rest[length..];
        }
        self.pending = rest.to_vec();
    }

    /// The row's text without the blanks at its end.
    pub fn text(&self, row: usize) -> String {
        let cells = self.rows.get(row).map_or(&[][..], Vec::as_slice);
        cells.iter().map(|cell| cell.character).collect::<String>().trim_end().to_owned()
    }

    /// The row's text up to the cursor.
    pub fn before_cursor(&self) -> String {
        let cells = self.rows.get(self.row).map_or(&[][..], Vec::as_slice);
        let text: String = cells.iter().map(|cell| cell.character).collect();
        format!("{text:<WIDTH$}").chars().take(self.column).collect()
    }

    /// The row's text with its colours: `<green>(prod 9m)</> $`.
    pub fn coloured(&self, row: usize) -> String {
        let (mut text, mut colour) = (String::new(), None);
        for cell in self.rows.get(row).map_or(&[][..], Vec::as_slice) {
            if cell.character != ' ' && cell.colour != colour {
                let at = if cell.colour.is_none() { text.trim_end().len() } else { text.len() };
                let mark = cell.colour.map_or("</>".to_owned(), |colour| format!("<{}>", name_of(colour)));
                text.insert_str(at, &mark);
                colour = cell.colour;
            }
            text.push(cell.character);
        }
        let text = text.trim_end();
        if colour.is_some() { format!("{text}</>") } else { text.to_owned() }
    }

    fn draw(&mut self, unit: &[u8]) {
        match unit {
            [0x1b, b'[', middle @ .., last] => self.control(&String::from_utf8_lossy(middle), *last),
            b"\r" => self.column = 0,
            b"\n" => self.row += 1,
            b"\x08" => self.column = self.column.min(WIDTH - 1).saturating_sub(1),
            b"\t" => self.column = (self.column / 8 + 1) * 8,
            [0x1b, ..] | [0..0x20] | [0x7f] => {}
            character => {
                if self.column == WIDTH {
                    (self.row, self.column) = (self.row + 1, 0);
                }
                let character = String::from_utf8_lossy(character).chars().next().expect("not empty");
                let (column, colour) = (self.column, self.colour);
                let cells = self.cells();
                if cells.len() <= column {
                    cells.resize(column + 1, BLANK);
                }
                cells[column] = Cell { character, colour };
                self.column += 1;
            }
        }
    }

    fn control(&mut self, parameters: &str, last: u8) {
        if parameters.starts_with(['?', '>', '<', '=']) {
            return;
        }
        let numbers: Vec<usize> =
            parameters.split(';').map(|number| number.parse().unwrap_or_default()).collect();
        let (first, count, column) = (numbers[0], numbers[0].max(1), self.column);
        match last {
            b'm' => self.colour(&numbers),
            b'A' => self.row = self.row.saturating_sub(count),
            b'B' => self.row += count,
            b'C' => self.column = (column + count).min(WIDTH - 1),
            b'D' => self.column = column.saturating_sub(count),
            b'G' => self.column = count - 1,
            b'K' => match first {
                0 => self.cells().truncate(column),
                1 => self.cells().iter_mut().take(column + 1).for_each(|cell| *cell = BLANK),
                _ => self.cells().clear(),
            },
            b'J' if first == 0 => {
                self.cells().truncate(column);
                self.rows.truncate(self.row + 1);
            }
            b'P' => {
                let cells = self.cells();
                let end = (column + count).min(cells.len());
                cells.drain(column.min(end)..end);
            }
            b'@' => {
                let cells = self.cells();
                let at = column.min(cells.len());
                cells.splice(at..at, std::iter::repeat_n(BLANK, count));
            }
            b'c' => self.is_asked = true,
            b'h' | b'l' | b'n' | b'q' | b'r' | b't' => {}
            last => panic!("ESC [ {parameters} {}: unknown to this screen", char::from(last)),
        }
    }

    fn colour(&mut self, numbers: &[usize]) {
        let mut numbers = numbers.iter().copied();
        while let Some(number) = numbers.next() {
            match number {
                0 | 39 => self.colour = None,
                30..=37 => self.colour = Some((number - 30) as u8),
                90..=97 => self.colour = Some((number - 82) as u8),
                38 => {
                    numbers.next();
                    self.colour = numbers.next().map(|colour| colour as u8);
                }
                _ => {}
            }
        }
    }

    fn cells(&mut self) -> &mut Vec<Cell> {
        if self.rows.len() <= self.row {
            self.rows.resize_with(self.row + 1, Vec::new);
        }
        &mut self.rows[self.row]
    }
}

fn name_of(colour: u8) -> String {
    match colour {
        1 => "red".to_owned(),
        2 => "green".to_owned(),
        3 => "yellow".to_owned(),
        other => other.to_string(),
    }
}

/// How many bytes the first character or sequence has; more than there are, or 0, where it is not whole.
fn length_of_first(bytes: &[u8]) -> usize {
    let end_of = |end: &dyn Fn(&[u8]) -> bool| (3..=bytes.len()).find(|&length| end(&bytes[..length]));
    match bytes {
        [0x1b] => 0,
        [0x1b, b'[', ..] => end_of(&|unit| (0x40..=0x7e).contains(&unit[unit.len() - 1])).unwrap_or_default(),
        [0x1b, b']' | b'P' | b'_', ..] => {
            end_of(&|unit| unit.ends_with(b"\x07") || unit.ends_with(b"\x1b\\")).unwrap_or_default()
        }
        [0x1b, b'(' | b')', ..] => 3,
        [0x1b, ..] => 2,
        [0xc0..=0xdf, ..] => 2,
        [0xe0..=0xef, ..] => 3,
        [0xf0..=0xf7, ..] => 4,
        _ => 1,
    }
}
