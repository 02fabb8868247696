//! Pure: replacements of whole lines in one of AWS's files. Knows sections, lines and their endings;
//! not what is ours.

pub(crate) mod pairs;

use std::ops::Range;

use crate::ini::{BrokenLine, Property, Section};

/// Why a file was not touched, whatever was to be written.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    Broken(BrokenLine),
    /// The section more than once: botocore can't read such a file, the SDKs merge them.
    Duplicate {
        lines: Vec<usize>,
    },
    /// A key that is to be written twice in it.
    DuplicateKey {
        key: String,
        lines: Vec<usize>,
    },
    /// An indented line belongs to the key; without the key it would belong to another.
    Continued {
        key: String,
        line: usize,
    },
    /// A section's name or the value of a key would not be read back as it is.
    Unwritable {
        what: String,
    },
    /// What we made of the file would change somebody else's lines. Never seen; checked each time.
    WouldChangeOthers,
}

/// Replacements in a text, applied at the end, in the order of their places.
pub(crate) struct Splice<'t> {
    pub(crate) text: &'t str,
    pub(crate) line_ending: &'static str,
    edits: Vec<(Range<usize>, String)>,
    completes_last_line: bool,
}

/// The one of these sections; none where there is none.
pub(crate) fn only_one<'d, 'a>(all: &[&'d Section<'a>]) -> Result<Option<&'d Section<'a>>, Refusal> {
    match all {
        [] => Ok(None),
        [section] => Ok(Some(section)),
        _ => Err(Refusal::Duplicate { lines: all.iter().map(|section| section.line).collect() }),
    }
}

/// The one line of that key (in lower case), which has no other lines; none where there is none.
pub(crate) fn only_line<'s, 'a>(
    section: &'s Section<'a>,
    key: &str,
) -> Result<Option<&'s Property<'a>>, Refusal> {
    let all: Vec<_> = section.properties.iter().filter(|property| property.key == key).collect();
    match all[..] {
        [] => Ok(None),
        [property] => match property.continuation.first() {
            None => Ok(Some(property)),
            Some((line, _)) => Err(Refusal::Continued { key: key.to_owned(), line: *line }),
        },
        _ => {
            let lines = all.iter().map(|property| property.line).collect();
            Err(Refusal::DuplicateKey { key: key.to_owned(), lines })
        }
    }
}

impl<'t> Splice<'t> {
    /// New lines end as the header of that section does, else as the file's first line.
    pub(crate) fn new(text: &'t str, section: Option<&Section<'_>>) -> Self {
        let header = section.map(|section| &text[section.header.clone()]);
        let header = header.filter(|header| header.ends_with('\n'));
        let line = header.or_else(|| text.split_inclusive('\n').next()).unwrap_or_default();
        let line_ending = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        Self { text, line_ending, edits: Vec::new(), completes_last_line: false }
    }

    /// Whether a file that ended without a line ending gets one.
    pub(crate) fn completes_last_line(&self) -> bool {
        self.completes_last_line
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
    pub(crate) fn complete_last_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') && !self.completes_last_line {
            self.completes_last_line = true;
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
