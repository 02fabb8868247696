//! Pure: a change to one of AWS's files, as a list of ranges and new texts, and the proof that all other
//! bytes stay. Knows sections, lines and line endings, but not which of them are ours.

pub(crate) mod reading;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::aws_files::EditError;
use crate::aws_files::ini::{Property, Section};

/// Changes to a text. [`finish`](Self::finish) applies them in the order of their positions.
pub(crate) struct Splice<'t> {
    text: &'t str,
    line_ending: &'static str,
    /// Ranges of the text, and their replacements.
    changes: Vec<(Range<usize>, String)>,
    /// Ranges that may be replaced although they aren't lines with our keys.
    others: Vec<Range<usize>>,
    /// Whether the changes add the line ending that the file's last line lacked.
    pub(crate) completes_last_line: bool,
}

/// What an edit adds to a file around its lines, so that an undo can remove it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Added {
    /// The header.
    pub(crate) header: bool,
    /// A blank line before the header.
    pub(crate) blank_line: bool,
    /// The line ending at the end of the file.
    pub(crate) line_ending: bool,
}

impl Added {
    /// Removes the header, unless the section has lines that stay, or a comment. Returns whether it did.
    pub(crate) fn remove_header(
        &self,
        splice: &mut Splice<'_>,
        section: &Section<'_>,
        keeps_lines: bool,
    ) -> bool {
        let header_goes = self.header && !keeps_lines && holds_only_properties(section);
        if header_goes {
            splice.remove_header(section, self.blank_line);
        }
        header_goes
    }

    /// Removes the line ending that was added at the end of the file, if our lines are still the last ones there. Call
    /// this after all other changes. `end_of_ours` is the end of our last line.
    pub(crate) fn remove_line_ending(&self, splice: &mut Splice<'_>, header_goes: bool, end_of_ours: usize) {
        if self.line_ending && end_of_ours == splice.text.len() && (header_goes || !self.header) {
            splice.remove_last_line_ending();
        }
    }
}

/// Whether the body of the section has only properties and blank lines, and no comment.
fn holds_only_properties(section: &Section<'_>) -> bool {
    let mut at = section.body.start;
    let mut spans: Vec<_> = section.properties().into_iter().map(|property| property.span).collect();
    spans.push(section.body.end..section.body.end);
    spans.into_iter().all(|span| {
        let between = &section.text[at..span.start];
        at = span.end;
        between.trim().is_empty()
    })
}

/// The only one of these sections; `None` if there is none.
pub(crate) fn only_one<'s, 'a>(
    all: impl Iterator<Item = &'s Section<'a>>,
) -> Result<Option<&'s Section<'a>>, EditError> {
    let all: Vec<_> = all.collect();
    match all[..] {
        [] => Ok(None),
        [section] => Ok(Some(section)),
        _ => Err(EditError::Duplicate { lines: all.iter().map(|section| section.line).collect() }),
    }
}

/// The only line with that key (in lower case), without continuation lines; `None` if there is none.
pub(crate) fn only_line<'a>(section: &Section<'a>, key: &str) -> Result<Option<Property<'a>>, EditError> {
    let mut all = section.properties();
    all.retain(|property| property.key == key);
    if all.len() > 1 {
        let lines = all.iter().map(|property| property.line).collect();
        return Err(EditError::DuplicateKey { key: key.to_owned(), lines });
    }
    let Some(property) = all.pop() else { return Ok(None) };
    match property.continued_in {
        None => Ok(Some(property)),
        Some(line) => Err(EditError::Continued { key: key.to_owned(), line }),
    }
}

impl<'t> Splice<'t> {
    /// Changes to a file that the parser accepted. New lines get the line ending of that section's header, or
    /// else of the file's first line.
    pub(crate) fn new(bytes: &'t [u8], section: Option<&Section<'_>>) -> Self {
        let text = std::str::from_utf8(bytes).expect("the parser took it");
        let header = section.map(|section| &text[section.header.clone()]);
        let header = header.filter(|header| header.ends_with('\n'));
        let line = header.or_else(|| text.split_inclusive('\n').next()).unwrap_or_default();
        let line_ending = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        Self { text, line_ending, changes: Vec::new(), others: Vec::new(), completes_last_line: false }
    }

    /// Replaces a whole line. Its key must be one of ours.
    fn replace(&mut self, line: &Property<'_>, with: String) {
        self.changes.push((line.span.clone(), with));
    }

    /// Replaces something that isn't one of our keys, but that we may change: a section's name, or a line or
    /// line ending that we added.
    pub(crate) fn replace_other(&mut self, range: Range<usize>, with: String) {
        self.others.push(range.clone());
        self.changes.push((range, with));
    }

    /// A new line.
    pub(crate) fn line(&self, key: &str, value: &str) -> String {
        format!("{key} = {value}{}", self.line_ending)
    }

    /// Inserts whole lines, or nothing, at the start of a line or at the end of the text.
    pub(crate) fn insert_lines(&mut self, at: usize, lines: &str) {
        if at == self.text.len() && !lines.is_empty() {
            self.complete_last_line();
        }
        self.insert(at, lines.to_owned());
    }

    /// Adds a header at the end. Returns whether it added a blank line before it.
    pub(crate) fn add_header(&mut self, name: &str) -> bool {
        self.complete_last_line();
        let is_blank = |line: &str| matches!(line, "\n" | "\r\n");
        let needs_blank_line =
            self.text.split_inclusive('\n').next_back().is_some_and(|last| !is_blank(last));
        let blank_line = if needs_blank_line { self.line_ending } else { "" };
        self.insert(self.text.len(), format!("{blank_line}[{name}]{}", self.line_ending));
        needs_blank_line
    }

    fn insert(&mut self, at: usize, text: String) {
        self.changes.push((at..at, text));
    }

    pub(crate) fn replace_line(&mut self, property: &Property<'_>, key: &str, value: &str) {
        let old = &self.text[property.span.clone()];
        let ending = if old.ends_with("\r\n") {
            "\r\n"
        } else if old.ends_with('\n') {
            "\n"
        } else {
            self.completes_last_line = true;
            self.line_ending
        };
        self.replace(property, format!("{key} = {value}{ending}"));
    }

    /// A property's line, without its line ending.
    pub(crate) fn line_of(&self, property: &Property<'_>) -> &'t str {
        self.text[property.span.clone()].trim_end_matches(['\n', '\r'])
    }

    /// Restores the original line, with the current line ending. Removes the line if `original` is empty.
    pub(crate) fn put_back(&mut self, property: &Property<'_>, original: &str) {
        let whole = &self.text[property.span.clone()];
        let ending = if original.is_empty() { "" } else { &whole[self.line_of(property).len()..] };
        self.replace(property, format!("{original}{ending}"));
    }

    /// Adds a line ending to the last line if it has none, so that another line can follow.
    fn complete_last_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') && !self.completes_last_line {
            self.completes_last_line = true;
            self.insert(self.text.len(), self.line_ending.to_owned());
        }
    }

    fn remove_header(&mut self, section: &Section<'_>, blank_line: bool) {
        let before = &self.text[..section.header.start];
        let without = before.strip_suffix('\n').map(|rest| rest.strip_suffix('\r').unwrap_or(rest));
        let is_blank = without.is_some_and(|rest| rest.is_empty() || rest.ends_with('\n'));
        let start = if blank_line && is_blank { without.map_or(0, str::len) } else { before.len() };
        self.replace_other(start..section.header.end, String::new());
    }

    /// Removes the line ending at the end of the result.
    fn remove_last_line_ending(&mut self) {
        let stripped = |text: &str| {
            let text = text.strip_suffix('\n').unwrap_or(text);
            text.strip_suffix('\r').unwrap_or(text).len()
        };
        self.sort();
        let mut end = self.text.len();
        for (range, with) in self.changes.iter_mut().rev() {
            if range.end < end {
                break;
            }
            if !with.is_empty() {
                with.truncate(stripped(with));
                return;
            }
            end = range.start;
        }
        self.replace_other(stripped(&self.text[..end])..end, String::new());
    }

    /// A stable sort: two changes at one position keep their order.
    fn sort(&mut self) {
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
    }

    /// This part of the text, with the changes applied.
    fn changed(&mut self, part: Range<usize>) -> String {
        self.sort();
        let mut new = String::with_capacity(part.len() + 2048);
        let mut at = part.start;
        for (range, with) in &self.changes {
            if part.start <= range.start && range.end <= part.end {
                new.push_str(&self.text[at..range.start]);
                new.push_str(with);
                at = range.end;
            }
        }
        new.push_str(&self.text[at..part.end]);
        new
    }

    /// The new file, checked. `section` is the section before, and `new` the lines of a new section.
    /// `expected` has the new value of each of our keys (in lower case), or `None` if the key is removed. The
    /// keys in `ignored` may have any value.
    ///
    /// # Errors
    /// [`EditError::Unwritable`] if one of our keys would have another value. [`EditError::Unproved`] if the
    /// new text differs from the old one elsewhere, or if a change is not allowed. A change may insert text,
    /// or replace a whole line of the section with one of these keys, or one of the `others`.
    pub(crate) fn finish(
        mut self,
        section: Option<&Section<'_>>,
        new: &str,
        expected: &[(&str, Option<&str>)],
        ignored: &[&str],
    ) -> Result<Vec<u8>, EditError> {
        let body = section.map(|section| section.body.clone()).unwrap_or_default();
        let after = if section.is_some() { &self.changed(body.clone()) } else { new };
        reading::check(&self.text[body.clone()], after, expected, ignored)?;
        let keys: Vec<_> = expected.iter().map(|(key, _)| *key).chain(ignored.iter().copied()).collect();
        let text = self.changed(0..self.text.len());
        let may_go = |range: &Range<usize>| {
            let in_body = body.start <= range.start && range.end <= body.end;
            range.is_empty() || self.others.contains(range) || in_body && is_line_of(self.text, range, &keys)
        };
        let is_permitted = self.changes.iter().all(|(range, _)| may_go(range));
        let is_proved = is_permitted && differs_only_by(&self.changes, self.text, &text);
        if is_proved { Ok(text.into_bytes()) } else { Err(EditError::Unproved) }
    }
}

/// Whether a range is one whole line with one of these keys.
fn is_line_of(text: &str, range: &Range<usize>, keys: &[&str]) -> bool {
    let (before, line) = (&text[..range.start], &text[range.clone()]);
    let starts = before.is_empty() || before.ends_with('\n');
    let ends = match line.find('\n') {
        Some(end) => end + 1 == line.len(),
        None => range.end == text.len(),
    };
    let key = line.split_once('=').map(|(key, _)| key.trim_matches([' ', '\t']).to_ascii_lowercase());
    starts && ends && key.is_some_and(|key| keys.contains(&&*key))
}

/// Whether the changes are in order and don't overlap, and the old text without their ranges equals the
/// new text without their replacements.
fn differs_only_by(changes: &[(Range<usize>, String)], old: &str, new: &str) -> bool {
    let (mut at, mut rest) = (0, new);
    for (range, with) in changes {
        let kept = old.get(at..range.start);
        let Some(after) = kept.and_then(|kept| rest.strip_prefix(kept)?.strip_prefix(with.as_str())) else {
            return false;
        };
        (at, rest) = (range.end, after);
    }
    old.get(at..) == Some(rest)
}
