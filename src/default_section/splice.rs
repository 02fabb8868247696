//! Replacements of whole lines in a text. Knows lines and their endings; not what is ours.

use std::ops::Range;

use super::Undo;
use crate::ini::{Property, Section};

/// Replacements in a text, applied at the end, in the order of their places.
pub(crate) struct Splice<'t> {
    pub(crate) text: &'t str,
    pub(crate) line_ending: &'static str,
    edits: Vec<(Range<usize>, String)>,
    last_line_completed: bool,
}

impl<'t> Splice<'t> {
    pub(crate) fn new(text: &'t str, line_ending: &'static str) -> Self {
        Self { text, line_ending, edits: Vec::new(), last_line_completed: false }
    }

    pub(crate) fn replace(&mut self, span: Range<usize>, with: String) {
        self.edits.push((span, with));
    }

    pub(crate) fn remove(&mut self, span: Range<usize>) {
        self.replace(span, String::new());
    }

    pub(crate) fn insert(&mut self, at: usize, text: String) {
        self.replace(at..at, text);
    }

    pub(crate) fn replace_line(&mut self, property: &Property<'_>, key: &str, value: &str, undo: &mut Undo) {
        let old = &self.text[property.span.clone()];
        let ending = if old.ends_with("\r\n") {
            "\r\n"
        } else if old.ends_with('\n') {
            "\n"
        } else {
            // The last line of a file without a line ending: it gets one, which is ours.
            self.last_line_completed = true;
            undo.line_ending = true;
            self.line_ending
        };
        self.replace(property.span.clone(), format!("{key} = {value}{ending}"));
    }

    /// A property's line without its line ending.
    pub(crate) fn line_of(&self, property: &Property<'_>) -> &'t str {
        self.text[property.span.clone()].trim_end_matches(['\n', '\r'])
    }

    /// The line that stood there once, with the line ending that stands there now; none at all where
    /// there was no line.
    pub(crate) fn put_back(&mut self, property: &Property<'_>, original: &str) {
        let whole = &self.text[property.span.clone()];
        let ending = if original.is_empty() { "" } else { &whole[self.line_of(property).len()..] };
        self.replace(property.span.clone(), format!("{original}{ending}"));
    }

    /// A last line without its line ending gets one, so that another can follow.
    pub(crate) fn complete_last_line(&mut self, undo: &mut Undo) {
        if !self.text.is_empty() && !self.text.ends_with('\n') && !self.last_line_completed {
            self.last_line_completed = true;
            undo.line_ending = true;
            self.insert(self.text.len(), self.line_ending.to_owned());
        }
    }

    pub(crate) fn ends_with_blank_line(&self) -> bool {
        let mut lines = self.text.split_inclusive('\n').rev();
        match lines.next() {
            None => true,
            Some(last) => last.ends_with('\n') && last.trim_end_matches(['\n', '\r']).is_empty(),
        }
    }

    pub(crate) fn remove_header(&mut self, section: &Section<'_>, blank_line: bool) {
        let before = &self.text[..section.header.start];
        let without = before.strip_suffix('\n').map(|rest| rest.strip_suffix('\r').unwrap_or(rest));
        let is_blank = without.is_some_and(|rest| rest.is_empty() || rest.ends_with('\n'));
        let start = if blank_line && is_blank { without.map_or(0, str::len) } else { before.len() };
        self.remove(start..section.header.end);
    }

    /// Stable: of two edits at one place the one that was asked for first comes first.
    pub(crate) fn finish(mut self) -> String {
        self.edits.sort_by_key(|(span, _)| (span.start, span.end));
        let mut new = String::with_capacity(self.text.len() + 2048);
        let mut at = 0;
        for (span, with) in self.edits {
            new.push_str(&self.text[at..span.start]);
            new.push_str(&with);
            at = span.end;
        }
        new.push_str(&self.text[at..]);
        new
    }
}
