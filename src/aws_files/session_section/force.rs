//! `--force`: renames a section with long-term keys, such as `[default]` to `[default-long-term]`, and back.

use std::ops::Range;

use super::undo::RenamedUndo;
use crate::aws_files::EditError;
use crate::aws_files::chain::SERIAL_KEYS;
use crate::aws_files::ini::Section;
use crate::aws_files::profiles::long_term_name;
use crate::aws_files::splice::{Splice, only_one, reading};

/// Settings of the profile that only config has. `--force` copies them to the section with the new name.
#[derive(Default)]
pub struct FromConfig {
    pub mfa_serial: Option<String>,
    pub region: Option<String>,
}

pub(super) fn rename(
    splice: &mut Splice<'_>,
    sections: &[Section<'_>],
    section: &Section<'_>,
    from_config: &FromConfig,
) -> Result<RenamedUndo, EditError> {
    let new_name = long_term_name(section.name);
    if let Some(taken) = sections.iter().find(|section| section.name == new_name) {
        return Err(EditError::NameTaken { line: taken.line });
    }
    splice.replace_other(name_span(section), new_name);
    let mut added = Vec::new();
    for (key, value, same) in [
        ("mfa_serial", &from_config.mfa_serial, &SERIAL_KEYS[..]),
        ("region", &from_config.region, &["region"]),
    ] {
        let is_there = same.iter().any(|key| section.get(key).is_some());
        added.extend(value.clone().filter(|_| !is_there).map(|value| (key.to_owned(), value)));
    }
    let lines: String = added.iter().map(|(key, value)| splice.line(key, value)).collect();
    let expected: Vec<_> = added.iter().map(|(key, value)| (key.as_str(), Some(value.as_str()))).collect();
    reading::check("", &lines, &expected, &[])?;
    splice.insert_lines(section.body.start, &lines);
    Ok(RenamedUndo { name: section.raw_name.to_owned(), added })
}

pub(super) fn rename_back(
    splice: &mut Splice<'_>,
    sections: &[Section<'_>],
    name: &str,
    renamed: &RenamedUndo,
) -> bool {
    let name = long_term_name(name);
    let Ok(Some(section)) = only_one(sections.iter().filter(|section| section.name == name)) else {
        return false;
    };
    splice.replace_other(name_span(section), renamed.name.clone());
    for (key, value) in &renamed.added {
        if let Some(property) = section.get(key).filter(|property| property.value == *value) {
            splice.replace_other(property.span, String::new());
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
