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
        if section.get(key).map(Property::full_value).as_ref() != Some(value) {
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
type Pair = (String, String, String);

fn pairs_by_us(text: &str) -> Option<Vec<Pair>> {
    let document = ini::parse(text.as_bytes()).ok()?;
    let of_section = |section: &Section<'_>| {
        let pair =
            |property: &Property<'_>| (section.name.to_owned(), property.key.clone(), property.full_value());
        section.properties.iter().map(pair).collect::<Vec<_>>()
    };
    Some(document.sections.iter().flat_map(of_section).collect())
}

fn pairs_by_rust_ini(text: &str) -> Option<Vec<Pair>> {
    let option = ::ini::ParseOption { enabled_quote: false, enabled_escape: false, ..Default::default() };
    // What rust-ini reads as no tool of AWS's does: an indented line as a key of its own, a line that
    // ends in a backslash as one with the next.
    let lines = text.lines().filter(|line| !line.starts_with([' ', '\t']));
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
