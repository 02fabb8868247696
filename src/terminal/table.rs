//! Pure: formats rows in columns with two spaces between them, and makes them fit the terminal.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A cell of a table.
pub struct Cell {
    pub text: String,
    pub style: Style,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, style: Style::new() }
    }
}

const GAP: usize = 2;
/// The columns in the middle shrink to this width. Then all columns except the last shrink further.
const NARROW: usize = 8;
const NARROWEST: usize = 3;

/// Formats a table with a bold header. If `width` is too small, cells are cut with `…`. The columns in the
/// middle are cut first, since a row starts with a name and ends with what changes.
pub fn table<const N: usize>(header: [&str; N], rows: &[[Cell; N]], width: Option<usize>) -> String {
    let mut widths = header.map(UnicodeWidthStr::width);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.text.width().max(*width);
        }
    }
    if let Some(width) = width {
        shrink(&mut widths, width.saturating_sub(GAP * (N - 1)));
    }
    let bold = Style::new().bold();
    let header = line(&header.map(|text| Cell::from(text.to_owned())), &widths);
    let rows = rows.iter().flat_map(|row| ["\n".to_owned(), line(row, &widths)]);
    format!("{bold}{header}{bold:#}{}\n", rows.collect::<String>())
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
        line += &if *style == Style::new() { text } else { format!("{style}{text}{style:#}") };
    }
    line
}

/// Cuts text to at most `width` columns.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut left = width.saturating_sub(1);
    for c in text.chars() {
        match left.checked_sub(c.width().unwrap_or(0)) {
            Some(rest) => left = rest,
            None => break,
        }
        cut.push(c);
    }
    cut + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: Option<usize>) -> String {
        let row = |cells: [&str; 3]| cells.map(|text| Cell::from(text.to_owned()));
        let rows = [row(["prod", "user bob of somewhere", "12 hours"]), row(["東京", "-", "-"])];
        let text = table(["NAME", "WHO", "LEFT"], &rows, width);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn columns_are_as_wide_as_their_text() {
        let expected = "\
NAME  WHO                    LEFT
prod  user bob of somewhere  12 hours
東京  -                      -
";
        assert_eq!(plain(None), expected);
        assert_eq!(plain(Some(37)), expected);
    }

    #[test]
    fn what_does_not_fit_is_cut_in_the_middle_columns_first() {
        assert_eq!(plain(Some(24)).lines().nth(1), Some("prod  user bo…  12 hours"));
        assert_eq!(plain(Some(20)).lines().nth(1), Some("prod  use…  12 hours"));
        assert_eq!(plain(Some(4)).lines().nth(2), Some("東…  -    -"));
        for width in 18..40 {
            let text = plain(Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
        }
    }
}
