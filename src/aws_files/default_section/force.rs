//! `--force`: renames `[default]` with long-term keys to `[default-long-term]`, and back.

use std::ops::Range;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::DEFAULT;
use crate::aws_files::EditError;
use crate::aws_files::chain::SERIAL_KEYS;
use crate::aws_files::ini::{self, Section};
use crate::aws_files::profiles::long_term_name;
use crate::aws_files::splice::{Splice, only_one, reading};

/// Settings that only config's `[default]` has. `--force` copies them to `[default-long-term]`.
#[derive(Default)]
pub struct FromConfig {
    pub mfa_serial: Option<String>,
    pub region: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RenamedUndo {
    /// The old text between the brackets.
    #[serde(deserialize_with = "name_of_default")]
    pub(super) name: String,
    /// The keys and values that we added.
    #[serde(deserialize_with = "addable")]
    pub(super) added: Vec<(String, String)>,
}

fn name_of_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.trim_matches(|c| matches!(c, ' ' | '\t') || ini::is_python_only_space(c)) == DEFAULT {
        Ok(name)
    } else {
        Err(D::Error::custom("not the name of [default]"))
    }
}

/// The settings that we may add to a renamed section.
const ADDABLE: [&str; 2] = ["mfa_serial", "region"];

fn addable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    let added = Vec::<(String, String)>::deserialize(deserializer)?;
    if added.iter().all(|(key, _)| ADDABLE.contains(&key.as_str())) {
        Ok(added)
    } else {
        Err(D::Error::custom("not a setting that is added"))
    }
}

pub(super) fn rename(
    splice: &mut Splice<'_>,
    sections: &[Section<'_>],
    section: &Section<'_>,
    from_config: &FromConfig,
) -> Result<RenamedUndo, EditError> {
    let new_name = long_term_name(DEFAULT);
    if let Some(taken) = sections.iter().find(|section| section.name == new_name) {
        return Err(EditError::NameTaken { line: taken.line });
    }
    splice.replace_other(name_span(section), new_name);
    let mut added = Vec::new();
    let has_serial = SERIAL_KEYS.iter().any(|key| section.get(key).is_some());
    if let Some(serial) = from_config.mfa_serial.as_ref().filter(|_| !has_serial) {
        added.push(("mfa_serial".to_owned(), serial.clone()));
    }
    if let Some(region) = from_config.region.as_ref().filter(|_| section.get("region").is_none()) {
        added.push(("region".to_owned(), region.clone()));
    }
    let line = |(key, value): &(String, String)| format!("{key} = {value}{}", splice.line_ending);
    let lines: String = added.iter().map(line).collect();
    let expected: Vec<_> = added.iter().map(|(key, value)| (key.as_str(), Some(value.as_str()))).collect();
    reading::check("", &lines, &expected, &[])?;
    splice.insert(section.header.end, lines);
    Ok(RenamedUndo { name: section.raw_name.to_owned(), added })
}

pub(super) fn rename_back(splice: &mut Splice<'_>, sections: &[Section<'_>], renamed: &RenamedUndo) -> bool {
    let name = long_term_name(DEFAULT);
    let Ok(Some(section)) = only_one(sections.iter().filter(|section| section.name == name)) else {
        return false;
    };
    splice.replace_other(name_span(section), renamed.name.clone());
    for (key, value) in &renamed.added {
        if let Some(property) = section.get(key).filter(|property| property.full_value() == *value) {
            splice.replace_other(property.span.clone(), String::new());
        }
    }
    true
}

/// The position of the name between the brackets.
fn name_span(section: &Section<'_>) -> Range<usize> {
    let offset = section.text[section.header.clone()].find('[').expect("a header has its bracket");
    let start = section.header.start + offset + 1;
    start..start + section.raw_name.len()
}
