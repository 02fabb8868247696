//! After a splice: everything that is ours reads back, and nothing else has changed. By our parser,
//! and by one that knows nothing of ours.

use super::force::RenamedUndo;
use super::{DEFAULT, OWN_KEYS, Refusal, default_of};
use crate::ini;
use crate::profiles::long_term_name;
use crate::session::Region;
use crate::splice::Refusal::{Unwritable, WouldChangeOthers};
use crate::splice::pairs::{Pair, pairs_by_rust_ini, pairs_by_us};

/// Each value reads back as it was meant.
pub(super) fn check_values(
    new: &str,
    pairs: &[(&'static str, String)],
    region: Option<&Region>,
) -> Result<(), Refusal> {
    let document = ini::parse(new.as_bytes()).map_err(|_| WouldChangeOthers)?;
    let section = default_of(&document)?.ok_or(WouldChangeOthers)?;
    let region = region.map(|region| ("region", region.as_str().to_owned()));
    for (key, value) in pairs.iter().chain(&region) {
        if section.get(key).is_none_or(|property| property.full_value() != **value) {
            return Err(Unwritable { what: (*key).to_owned() }.into());
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
        return Err(WouldChangeOthers.into());
    }
    match (rest(pairs_by_rust_ini, without, false), rest(pairs_by_rust_ini, with, true)) {
        (Some(without), Some(with)) if without != with => Err(WouldChangeOthers.into()),
        (Some(_) | None, _) => Ok(()),
    }
}

fn others(mut pairs: Vec<Pair>, renamed: Option<&RenamedUndo>, is_with: bool) -> Vec<Pair> {
    if let Some(renamed) = renamed {
        let long_term = long_term_name(DEFAULT);
        for (section, ..) in pairs.iter_mut().filter(|(section, ..)| !is_with && section == DEFAULT) {
            section.clone_from(&long_term);
        }
        let is_added = |key: &str, value: &str| renamed.added.iter().any(|(k, v)| k == key && v == value);
        pairs.retain(|(section, key, value)| *section != long_term || !is_added(key, value));
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
            assert_eq!(check_others(without, &with.replace(lost, ""), None), Err(WouldChangeOthers.into()));
        }
        for (old, new) in
            [("json", "text"), ("[a]", "[b]"), ("k = v", "k = w"), ("k = v", "K2 = v"), ("[a]\n", "")]
        {
            assert_eq!(check_others(without, &with.replace(old, new), None), Err(WouldChangeOthers.into()));
        }
        // What our parser leaves out the second opinion sees.
        let (without, with) = (format!("{without}c = d # e\n"), format!("{with}c = d # e\n"));
        assert_eq!(check_others(&without, &with, None), Ok(()));
        let changed = with.replace("# e", "# f");
        assert_eq!(check_others(&without, &changed, None), Err(WouldChangeOthers.into()));
        let added = format!("{with}more = 1\n");
        assert_eq!(check_others(&without, &added, None), Err(WouldChangeOthers.into()));
        for (without, with) in [("broken", "[default]\n"), ("[default]\n", "broken")] {
            assert_eq!(check_others(without, with, None), Err(WouldChangeOthers.into()));
        }
    }

    #[test]
    fn a_section_that_was_renamed_is_the_same_but_for_what_was_added() {
        let added = vec![("mfa_serial".to_owned(), "s".to_owned())];
        let renamed = RenamedUndo { added };
        let without = "[default]\naws_access_key_id = AKIA\noutput = json\n";
        let with = format!(
            "[default-long-term]\naws_access_key_id = AKIA\noutput = json\nmfa_serial = s\n[default]\n{KEYS}"
        );
        assert_eq!(check_others(without, &with, Some(&renamed)), Ok(()));
        for (old, new) in [("AKIA", "AKIB"), ("output = json\n", ""), ("mfa_serial = s", "mfa_serial = t")] {
            let changed = with.replace(old, new);
            assert_eq!(
                check_others(without, &changed, Some(&renamed)),
                Err(WouldChangeOthers.into()),
                "{old}"
            );
        }
    }
}
