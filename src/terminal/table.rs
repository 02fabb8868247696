//! Pure: formats rows in columns with two spaces between them, and makes them fit the terminal.

use unicode_width::UnicodeWidthStr;

use crate::output::{BOLD, paint};

/// A cell of a table.
pub struct Cell {
    pub text: String,
    /// A colour of `output`; empty for none.
    pub style: &'static str,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, style: "" }
    }
}

const GAP: usize = 2;
/// The columns in the middle shrink to this width. Then all columns except the last shrink further.
const NARROW: usize = 8;
const NARROWEST: usize = 3;

/// Formats a table with a bold header. If `width` is too small, cells are cut with `…`. The columns in the
/// middle are cut first, since a row starts with a name and ends with what changes.
pub fn table(header: &[&str], rows: &[Vec<Cell>], width: Option<usize>) -> String {
    let mut widths: Vec<_> = header.iter().map(|text| text.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.text.width().max(*width);
        }
    }
    if let Some(width) = width {
        shrink(&mut widths, width.saturating_sub(GAP * (header.len() - 1)));
    }
    let header: Vec<_> = header.iter().map(|text| Cell::from((*text).to_owned())).collect();
    let header = paint(BOLD, &line(&header, &widths));
    let rows = rows.iter().flat_map(|row| ["\n".to_owned(), line(row, &widths)]);
    format!("{header}{}\n", rows.collect::<String>())
}

fn shrink(widths: &mut [usize], available: usize) {
    let last = widths.len().saturating_sub(1);
    for (columns, narrowest) in [(1..last, NARROW), (0..last, NARROWEST)] {
        while widths.iter().sum::<usize>() > available {
            let Some(widest) = widths[columns.clone()].iter_mut().max() else { break };
            if *widest <= narrowest {
                break;
            }
            *widest -= 1;
        }
    }
}

fn line(row: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    let mut gap = 0;
    for (Cell { text, style }, width) in row.iter().zip(widths) {
        let text = cut(text, *width);
        line += &" ".repeat(gap);
        gap = GAP + width - text.width();
        line += &paint(style, &text);
    }
    line
}

/// Cuts the text to at most `columns` columns.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(at, _)| at);
    let end = ends.take_while(|&end| text[..end].width() < columns).last();
    end.map_or_else(String::new, |end| format!("{}…", &text[..end]))
}
