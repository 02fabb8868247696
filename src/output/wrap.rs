//! Pure: messages that fit the terminal.

use unicode_width::UnicodeWidthStr;

/// Breaks text at spaces, and adds a line to paste. The first line starts in column `indent`, and the others
/// are indented as far. Doesn't break text between backticks or the line to paste: if the terminal wraps
/// them, the user can still copy them. Without `width`, all is one line.
pub fn wrap(prose: &str, paste: Option<&str>, indent: usize, width: Option<usize>) -> String {
    let mut text = String::new();
    let mut column = indent;
    let prose = if prose.is_empty() { Vec::new() } else { parts(prose) };
    for (at, part) in prose.into_iter().chain(paste).enumerate() {
        let is_first = at == 0;
        if !is_first && width.is_some_and(|width| column + 1 + part.width() > width) {
            text += &format!("\n{}", " ".repeat(indent));
            column = indent;
        } else if !is_first {
            text.push(' ');
            column += 1;
        }
        text += part;
        column += part.width();
    }
    text
}

/// The words of a text. Text between backticks is one word, with what is joined to it.
fn parts(prose: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut is_quoted = false;
    for (at, c) in prose.char_indices() {
        match c {
            '`' => is_quoted = !is_quoted,
            ' ' if !is_quoted => {
                parts.push(&prose[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&prose[start..]);
    parts
}
