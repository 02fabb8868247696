//! After a splice: everything that is ours reads back, and nothing else has changed. By our parser,
//! and by one that knows nothing of ours.

use super::force::{LONG_TERM_SECTION, RenamedUndo};
use super::{DEFAULT, OWN_KEYS, Refusal, default_of};
use crate::ini::{self, Property, Section};
use crate::session::Region;

/// Each value reads back as it was meant.
pub(super) fn check_values(
    new: &str,
    pairs: &[(&'static str, String)],
    region: Option<&Region>,
) -> Result<(), Refusal> {
    let document = ini::parse(new.as_bytes()).map_err(|_| Refusal::WouldChangeOthers)?;
    let section = default_of(&document)?.ok_or(Refusal::WouldChangeOthers)?;
    let region = region.map(|region| ("region", region.as_str().to_owned()));
    for (key, value) in pairs.iter().chain(&region) {
        if section.get(key).is_none_or(|property| property.full_value() != **value) {
            return Err(Refusal::Unwritable { key: (*key).to_owned() });
        }
    }
    Ok(())
}

/// All that is not ours reads alike in the file `without` our session and in the one `with` it, by
/// our parser and by rust-ini as a second opinion, which knows nothing of ours. Where it can't read
/// one of the two, our parser stands alone.
///
/// `renamed`: where `--force` renamed the section between the two.
pub(super) fn check_others(without: &str, with: &str, renamed: Option<&RenamedUndo>) -> Result<(), Refusal> {
    let rest = |pairs: fn(&str) -> Option<Vec<Pair>>, text: &str, is_with: bool| {
        pairs(text).map(|pairs| others(pairs, renamed, is_with))
    };
    let by_us = (rest(pairs_by_us, without, false), rest(pairs_by_us, with, true));
    if by_us.0.is_none() || by_us.0 != by_us.1 {
        return Err(Refusal::WouldChangeOthers);
    }
    match (rest(pairs_by_rust_ini, without, false), rest(pairs_by_rust_ini, with, true)) {
        (Some(without), Some(with)) if without != with => Err(Refusal::WouldChangeOthers),
        (Some(_) | None, _) => Ok(()),
    }
}

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

pub(crate) fn pairs_by_rust_ini(text: &str) -> Option<Vec<Pair>> {
    let option = ::ini::ParseOption { enabled_quote: false, enabled_escape: false, ..Default::default() };
    // What rust-ini reads as no tool of AWS's does: an indented line as a key of its own, a line that
    // ends in a backslash as one with the next, what follows the first `]` of a header as a key.
    let lines = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    let header = |line: &str| line.find(']').filter(|_| line.starts_with('['));
    let lines = lines.map(|line| header(line).map_or(line, |end| &line[..=end]));
    let text: String = lines
        .map(|line| if line.ends_with('\\') { format!("{line} \n") } else { format!("{line}\n") })
        .collect();
    let document = ::ini::Ini::load_from_str_opt(&text, option).ok()?;
    let mut pairs = Vec::new();
    for (section, properties) in &document {
        let section = section.unwrap_or_default().trim();
        for (key, value) in properties.iter() {
            pairs.push((section.to_owned(), key.to_ascii_lowercase(), value.to_owned()));
        }
    }
    Some(pairs)
}

fn others(mut pairs: Vec<Pair>, renamed: Option<&RenamedUndo>, is_with: bool) -> Vec<Pair> {
    if let Some(renamed) = renamed {
        for (section, ..) in pairs.iter_mut().filter(|(section, ..)| !is_with && section == DEFAULT) {
            *section = LONG_TERM_SECTION.to_owned();
        }
        let is_added = |key: &str, value: &str| renamed.added.iter().any(|(k, v)| k == key && v == value);
        pairs.retain(|(section, key, value)| section != LONG_TERM_SECTION || !is_added(key, value));
    }
    let is_ours = |key: &str| OWN_KEYS.contains(&key) || key == "region";
    pairs.retain(|(section, key, _)| section != DEFAULT || !is_ours(key));
    pairs.sort();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = "aws_access_key_id = ASIA\naws_secret_access_key = x\nregion = eu-west-1\n";

    #[test]
    fn what_is_not_ours_must_be_the_same_before_and_after() {
        let without = "[default]\noutput = json\n[a]\nk = v\nregion = r\n";
        let with = format!("[default]\n{KEYS}output = json\n[a]\nk = v\nregion = r\n");
        assert_eq!(check_others(without, &with, None), Ok(()));
        for lost in ["output = json\n", "k = v\n", "region = r\n"] {
            assert_eq!(check_others(without, &with.replace(lost, ""), None), Err(Refusal::WouldChangeOthers));
        }
        for (old, new) in
            [("json", "text"), ("[a]", "[b]"), ("k = v", "k = w"), ("k = v", "K2 = v"), ("[a]\n", "")]
        {
            assert_eq!(check_others(without, &with.replace(old, new), None), Err(Refusal::WouldChangeOthers));
        }
        // What our parser leaves out the second opinion sees.
        let (without, with) = (format!("{without}c = d # e\n"), format!("{with}c = d # e\n"));
        assert_eq!(check_others(&without, &with, None), Ok(()));
        let changed = with.replace("# e", "# f");
        assert_eq!(check_others(&without, &changed, None), Err(Refusal::WouldChangeOthers));
        let added = format!("{with}more = 1\n");
        assert_eq!(check_others(&without, &added, None), Err(Refusal::WouldChangeOthers));
        for (without, with) in [("broken", "[default]\n"), ("[default]\n", "broken")] {
            assert_eq!(check_others(without, with, None), Err(Refusal::WouldChangeOthers));
        }
    }

    #[test]
    fn a_section_that_was_renamed_is_the_same_but_for_what_was_added() {
        let added = vec![("mfa_serial".to_owned(), "s".to_owned())];
        let renamed = RenamedUndo { name: "default".to_owned(), added };
        let without = "[default]\naws_access_key_id = AKIA\noutput = json\n";
        let with = format!(
            "[default-long-term]\naws_access_key_id = AKIA\noutput = json\nmfa_serial = s\n[default]\n{KEYS}"
        );
        assert_eq!(check_others(without, &with, Some(&renamed)), Ok(()));
        for (old, new) in [("AKIA", "AKIB"), ("output = json\n", ""), ("mfa_serial = s", "mfa_serial = t")] {
            let changed = with.replace(old, new);
            assert_eq!(
                check_others(without, &changed, Some(&renamed)),
                Err(Refusal::WouldChangeOthers),
                "{old}"
            );
        }
    }

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
