//! Parses one of AWS's files into sections and properties, with their positions, by the rules of the
//! Rust SDK (aws-runtime's `env_config/parse.rs`). Pure.
//!
//! One deviation: a section's name is any text between the brackets, so that names with spaces work as
//! in botocore. As there, `#` or `;` in a header starts a comment. tests/grammar and tests/seeds check all
//! of it.
//!
//! Longer than 300 lines, since a parser is easier to check in one place.

use std::borrow::Cow;
use std::ops::Range;

/// A header, and the lines below it. Several sections of a file may have the same name.
#[derive(Clone)]
pub struct Section<'a> {
    /// The text between the brackets, trimmed.
    pub name: &'a str,
    /// The text between the brackets, untrimmed: botocore keeps spaces that the SDKs trim.
    pub raw_name: &'a str,
    /// The text of the whole file.
    pub text: &'a str,
    /// The bytes of the header's line, including its line ending.
    pub header: Range<usize>,
    /// The bytes of the lines below it, up to the next header.
    pub body: Range<usize>,
    /// 1-based.
    pub line: usize,
}

/// `key = value` and its continuation lines.
pub struct Property<'a> {
    /// In lower case: keys are case-insensitive.
    pub key: Cow<'a, str>,
    /// Trimmed, without inline comment. Continuation lines follow after line feeds, as in the Rust SDK.
    pub value: Cow<'a, str>,
    /// The 1-based number of the first continuation line.
    pub continued_in: Option<usize>,
    /// The bytes of the first line, including its line ending.
    pub span: Range<usize>,
    /// 1-based.
    pub line: usize,
}

/// A line that AWS's tools can't parse. Most of them then refuse the whole file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BrokenLine {
    /// 1-based.
    pub line: usize,
    /// What is wrong, and what is expected.
    pub problem: &'static str,
}

/// The sections of a config or credentials file, in order. Checks every line, but keeps no properties: a
/// command needs those of a few sections out of perhaps thousands.
///
/// # Errors
/// The first line that the Rust SDK can't parse.
pub fn parse(bytes: &[u8]) -> Result<Vec<Section<'_>>, BrokenLine> {
    let text = decode(bytes)?;
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in Lines::of(text) {
        let Line { number, span, content } = line?;
        if let Content::Header { raw_name } = content {
            if let Some(last) = sections.last_mut() {
                last.body.end = span.start;
            }
            let body = span.end..text.len();
            sections.push(Section { name: trim(raw_name), raw_name, text, header: span, body, line: number });
        }
    }
    Ok(sections)
}

/// The section names, in the order of the file. Checks every line, like [`parse`].
///
/// # Errors
/// As [`parse`].
pub fn section_names(bytes: &[u8]) -> Result<Vec<&str>, BrokenLine> {
    let mut names = Vec::new();
    for line in Lines::of(decode(bytes)?) {
        if let Content::Header { raw_name } = line?.content {
            names.push(trim(raw_name));
        }
    }
    Ok(names)
}

/// The lines of a file, without comments and empty lines. Looks at bytes: decoding characters takes a third of
/// the time in a file with thousands of sections.
struct Lines<'a> {
    text: &'a str,
    /// The position of the next line, and the number of the last one.
    at: usize,
    number: usize,
    before: Before<'a>,
}

/// What an indented line would continue.
#[derive(Clone, Copy)]
enum Before<'a> {
    Nothing,
    Header,
    Property(KeyAndValue<'a>),
}

/// A line with a property. Its value is read only if it is needed: most lines are only checked.
#[derive(Clone, Copy)]
struct KeyAndValue<'a> {
    line: &'a str,
    /// The position of the first `=`.
    equals: usize,
}

struct Line<'a> {
    /// 1-based.
    number: usize,
    /// With its line ending.
    span: Range<usize>,
    content: Content<'a>,
}

enum Content<'a> {
    Header { raw_name: &'a str },
    Property(KeyAndValue<'a>),
    Continuation(&'a str),
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, at: 0, number: 0, before: Before::Nothing }
    }

    fn content(&mut self, line: &'a str) -> Result<Content<'a>, &'static str> {
        match (line.as_bytes()[0], self.before) {
            (b'[', _) => {
                self.before = Before::Header;
                Ok(Content::Header { raw_name: header_name(line)? })
            }
            (b' ' | b'\t', Before::Nothing | Before::Header) if trim(line).starts_with('[') => {
                Err("a section that is indented: expected its `[` at the line's start")
            }
            (_, Before::Nothing) => Err("expected a section such as `[default]` before anything else"),
            (b' ' | b'\t', Before::Header) => {
                Err("an indented line right after a section: expected `key = value` at the line's start")
            }
            (b' ' | b'\t', Before::Property(continued)) => {
                let line = trim(line);
                // Below an empty value, each line is a nested property: `s3 =\n  max_queue_size = 10`.
                if continued.value().is_empty() {
                    KeyAndValue::of(line)?;
                }
                Ok(Content::Continuation(line))
            }
            (_, Before::Header | Before::Property(_)) => {
                let property = KeyAndValue::of(line)?;
                self.before = Before::Property(property);
                Ok(Content::Property(property))
            }
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, BrokenLine>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.text.len() {
            let rest = &self.text.as_bytes()[self.at..];
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |line_feed| line_feed + 1);
            let span = self.at..self.at + length;
            self.at = span.end;
            self.number += 1;
            let (number, text) = (self.number, without_line_ending(&self.text[span.clone()]));
            let says_nothing = match text.as_bytes().first() {
                None | Some(b'#' | b';') => true,
                Some(b' ' | b'\t') => trim(text).is_empty(),
                Some(_) => false,
            };
            if says_nothing {
                continue;
            }
            let content = self.content(text).map_err(|problem| BrokenLine { line: number, problem });
            return Some(content.map(|content| Line { number, span, content }));
        }
        None
    }
}

impl<'a> Section<'a> {
    /// An empty section, for a name that isn't in the file.
    pub fn empty(name: &'a str) -> Self {
        Self { name, raw_name: name, text: "", header: 0..0, body: 0..0, line: 0 }
    }

    /// Parses the lines below the header.
    pub fn properties(&self) -> Vec<Property<'a>> {
        let text = &self.text[..self.body.end];
        let lines = Lines { text, at: self.body.start, number: self.line, before: Before::Header };
        let mut properties: Vec<Property<'a>> = Vec::new();
        for line in lines {
            let Line { number, span, content } = line.expect("every line was checked");
            match content {
                Content::Header { .. } => unreachable!("the section ends at the next header"),
                Content::Property(property) => {
                    let (mut key, value) = (Cow::Borrowed(property.key()), Cow::Borrowed(property.value()));
                    if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
                        key.to_mut().make_ascii_lowercase();
                    }
                    properties.push(Property { key, value, continued_in: None, span, line: number });
                }
                Content::Continuation(text) => {
                    let property = properties.last_mut().expect("there is one to continue");
                    property.value += "\n";
                    property.value += text;
                    property.continued_in.get_or_insert(number);
                }
            }
        }
        properties
    }

    /// The last property with that key (in lower case), since later ones win.
    pub fn get(&self, key: &str) -> Option<Property<'a>> {
        self.properties().into_iter().rfind(|property| property.key == key)
    }

    /// Whether a `]` follows in the comment: for botocore, the name ends at the last one.
    pub fn has_bracket_in_comment(&self) -> bool {
        let header = &self.text[self.header.clone()];
        let end = header.find('[').unwrap_or(0) + 1 + self.raw_name.len();
        header.rfind(']').is_some_and(|last| last > end)
    }
}

impl Property<'_> {
    /// The value of a nested key (`sts =\n  endpoint_url = …`). Case-sensitive, as in the Rust SDK and
    /// botocore.
    pub fn nested(&self, key: &str) -> Option<String> {
        let mut pairs = self.value.lines().filter_map(|line| line.split_once('='));
        pairs.rfind(|(other, _)| trim(other) == key).map(|(_, value)| trim(value).to_owned())
    }
}

/// Whether only Python, and so botocore, treats a character as white space (it trims it, and sees an
/// indentation). For AWS's SDKs, only space and tab are white space.
pub fn is_python_only_space(c: char) -> bool {
    !matches!(c, ' ' | '\t') && (c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

fn decode(bytes: &[u8]) -> Result<&str, BrokenLine> {
    let line_of = |offset: usize| 1 + bytes[..offset].iter().filter(|b| **b == b'\n').count();
    let text = std::str::from_utf8(bytes).map_err(|error| BrokenLine {
        line: line_of(error.valid_up_to()),
        problem: "a byte that is not UTF-8: save the file as UTF-8",
    })?;
    if text.starts_with('\u{feff}') {
        return Err(BrokenLine {
            line: 1,
            problem: "a byte order mark (BOM) in front of the first line: save the file as UTF-8 without it",
        });
    }
    // Python, and so botocore, ends a line at a lone CR. The SDKs don't, so the two would read two
    // different files; even a comment can hide a line this way.
    let mut returns = memchr::memchr_iter(b'\r', bytes);
    if let Some(offset) = returns.find(|at| bytes.get(at + 1) != Some(&b'\n')) {
        return Err(BrokenLine {
            line: line_of(offset),
            problem: "a carriage return without a line feed: lines must end in LF or CRLF",
        });
    }
    Ok(text)
}

fn without_line_ending(line: &str) -> &str {
    let ending = match line.as_bytes() {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    };
    &line[..line.len() - ending]
}

/// Without space and tab at both ends.
pub(crate) fn trim(text: &str) -> &str {
    let is_word = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let bytes = text.as_bytes();
    let Some(start) = bytes.iter().position(is_word) else { return "" };
    let end = bytes.iter().rposition(is_word).map_or(start, |last| last + 1);
    &text[start..end]
}

fn header_name(line: &str) -> Result<&str, &'static str> {
    let comment = memchr::memchr2(b'#', b';', line.as_bytes());
    let header = trim(comment.map_or(line, |comment| &line[..comment]));
    match header.as_bytes() {
        [b'[', .., b']'] => Ok(&header[1..header.len() - 1]),
        _ => Err("expected a section such as `[default]`; after its `]`, only a comment"),
    }
}

impl<'a> KeyAndValue<'a> {
    fn of(line: &'a str) -> Result<Self, &'static str> {
        // Most lines have no comment before their `=`.
        let mark = memchr::memchr3(b'=', b'#', b';', line.as_bytes());
        let equals =
            mark.filter(|at| line.as_bytes()[*at] == b'=').or_else(|| without_comment(line).find('='));
        let property = Self { line, equals: equals.ok_or("expected `key = value`: there is no `=`")? };
        if property.key().is_empty() {
            return Err("expected `key = value`: there is no key before the `=`");
        }
        Ok(property)
    }

    fn key(self) -> &'a str {
        trim(&self.line[..self.equals])
    }

    fn value(self) -> &'a str {
        trim(&without_comment(self.line)[self.equals + 1..])
    }
}

/// `#` or `;` starts a comment only after white space: `A1#c` is a value.
fn without_comment(line: &str) -> &str {
    let is_comment = |at: &usize| line[..*at].chars().next_back().is_some_and(char::is_whitespace);
    memchr::memchr2_iter(b'#', b';', line.as_bytes()).find(is_comment).map_or(line, |at| &line[..at])
}
