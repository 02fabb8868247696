//! Every pair of a file, as our parser and as rust-ini read it: the second opinion on a splice, by one
//! who knows nothing of ours.

use crate::ini::{self, Property, Section};

/// Section, key in lower case, value.
pub(crate) type Pair = (String, String, String);

pub(crate) fn pairs_by_us(text: &str) -> Option<Vec<Pair>> {
    let document = ini::parse(text.as_bytes()).ok()?;
    let of_section = |section: &Section<'_>| {
        let pair = |property: &Property<'_>| {
            (section.name.to_owned(), property.key.to_string(), property.full_value().into_owned())
        };
        section.properties.iter().map(pair).collect::<Vec<_>>()
    };
    Some(document.sections.iter().flat_map(of_section).collect())
}

/// For private use (Unicode); a file that has it reads as one with backslashes, before and after.
const STAND_IN: &str = "\u{e05c}";

pub(crate) fn pairs_by_rust_ini(text: &str) -> Option<Vec<Pair>> {
    let option = ::ini::ParseOption { enabled_quote: false, enabled_escape: false, ..Default::default() };
    // What rust-ini reads as no tool of AWS's does: an indented line as a key of its own, what follows
    // the first `]` of a header as a key, and an end of line, a `]` or a `=` behind a backslash as text
    // of no meaning. It sees another character in place of each backslash.
    let lines = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    let header = |line: &str| line.find(']').filter(|_| line.starts_with('['));
    let lines = lines.map(|line| header(line).map_or(line, |end| &line[..=end]));
    let text: String = lines.map(|line| format!("{line}\n").replace('\\', STAND_IN)).collect();
    let document = ::ini::Ini::load_from_str_opt(&text, option).ok()?;
    let mut pairs = Vec::new();
    for (section, properties) in &document {
        let as_it_was = |text: &str| text.replace(STAND_IN, "\\");
        let section = as_it_was(section.unwrap_or_default().trim());
        for (key, value) in properties.iter() {
            pairs.push((section.clone(), as_it_was(key).to_ascii_lowercase(), as_it_was(value)));
        }
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_opinion_reads_the_file_by_itself() {
        let pair =
            |section: &str, key: &str, value: &str| (section.to_owned(), key.to_owned(), value.to_owned());
        let text = "[a]\nKey = 'v' # c\nback = x\\\nnext = \\n\n  s3 = 1\n[b]\nk = \"w\"\n";
        let expected = vec![
            pair("a", "key", "'v' # c"),
            pair("a", "back", "x\\"),
            pair("a", "next", "\\n"),
            pair("b", "k", "\"w\""),
        ];
        assert_eq!(pairs_by_rust_ini(text), Some(expected));
        assert_eq!(pairs_by_rust_ini("[a\n"), None);
    }
}
