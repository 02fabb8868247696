//! Pure: sets keys in one section of an AWS file by splicing bytes. Refuses if anything else in the file
//! would change.

use crate::aws_files::EditError;
use crate::aws_files::profiles::{FileKind, name_in_config};
use crate::aws_files::splice::{Added, Splice, only_line, only_one};
use crate::aws_files::{ini, lint};

/// The file with these keys (in lower case) and values in the section of that name, and what it adds beside
/// them. Adds the section at the end if it doesn't exist.
///
/// # Errors
/// See [`EditError`].
pub fn set(bytes: &[u8], name: &str, pairs: &[(&str, &str)]) -> Result<(Vec<u8>, Added), EditError> {
    // Tools disagree about where such a name ends.
    if name.contains(['[', ']']) || !reads_back(name) {
        return Err(EditError::Unwritable { what: name.to_owned() });
    }
    if let Some((key, _)) = pairs.iter().find(|(_, value)| value.contains(['\n', '\r'])) {
        return Err(EditError::Unwritable { what: (*key).to_owned() });
    }
    let sections = ini::parse(bytes).map_err(EditError::Broken)?;
    let section = only_one(sections.iter().filter(|section| section.name == name))?;
    let mut splice = Splice::new(bytes, section);
    let mut added = Added { header: section.is_none(), ..Added::default() };
    if added.header {
        added.blank_line = splice.add_header(name);
    }
    let mut missing = String::new();
    for (key, value) in pairs {
        match section.map(|section| only_line(section, key)).transpose()?.flatten() {
            Some(property) => splice.replace_line(&property, key, value),
            None => missing += &splice.line(key, value),
        }
    }
    splice.insert_lines(section.map_or(bytes.len(), |section| section.body.start), &missing);
    let expected: Vec<_> = pairs.iter().map(|(key, value)| (*key, Some(*value))).collect();
    added.line_ending = splice.completes_last_line;
    Ok((splice.finish(section, &missing, &expected, &[])?, added))
}

/// The file without these keys (in lower case) in the section of that name, and without what [`set`] added.
///
/// # Errors
/// See [`EditError`].
pub fn remove(bytes: &[u8], name: &str, keys: &[&str], added: &Added) -> Result<Vec<u8>, EditError> {
    let sections = ini::parse(bytes).map_err(EditError::Broken)?;
    let section = only_one(sections.iter().filter(|section| section.name == name))?;
    let Some(section) = section else { return Ok(bytes.to_vec()) };
    let mut splice = Splice::new(bytes, Some(section));
    let (mut keeps_lines, mut end_of_ours) = (false, section.header.end);
    for property in section.properties() {
        if keys.contains(&&*property.key) {
            splice.put_back(&property, "");
            end_of_ours = property.span.end;
        } else {
            keeps_lines = true;
        }
    }
    let header_goes = added.remove_header(&mut splice, section, keeps_lines);
    added.remove_line_ending(&mut splice, header_goes, end_of_ours);
    let expected: Vec<_> = keys.iter().map(|key| (*key, None)).collect();
    splice.finish(Some(section), "", &expected, &[])
}

/// Whether all of AWS's tools read a profile of that name, in both files.
pub fn is_good_name(name: &str) -> bool {
    let is_good = |section: &str, file| {
        let text = set(b"", section, &[]).ok().and_then(|(bytes, _)| String::from_utf8(bytes).ok());
        text.is_some_and(|text| {
            ini::parse(text.as_bytes()).is_ok_and(|sections| lint::findings(&sections, file).is_empty())
        })
    };
    is_good(name, FileKind::Credentials) && is_good(&name_in_config(&[], name), FileKind::Config)
}

fn reads_back(name: &str) -> bool {
    let header = format!("[{name}]\n");
    ini::section_names(header.as_bytes()).is_ok_and(|names| names == [name])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIAL: (&str, &str) = ("mfa_serial", "arn:aws:iam::123456789012:mfa/bob");

    fn spliced(text: &str, name: &str) -> Result<String, EditError> {
        set(text.as_bytes(), name, &[SERIAL]).map(|(new, _)| String::from_utf8(new).expect("text"))
    }

    proptest::proptest! {
        #![proptest_config(crate::properties::config(4000))]

        /// The new file without our line is the old file, except for a new header and the blank line before
        /// it.
        #[test]
        fn every_other_byte_stays(
            lines in proptest::collection::vec(
                proptest::sample::select(&[
                    "[profile a]", "[profile a] # c", "[profile b]", "[default]", "region = x", "s3 =", "  y = z",
                    "# c", "", "mfa_serial = old", "Region=é", "path = a\\",
                ]),
                0..8,
            ),
            ending in proptest::sample::select(&["\n", "\r\n"]),
            is_complete in proptest::bool::ANY,
        ) {
            let mut old = lines.join(ending);
            if is_complete {
                old.push_str(ending);
            }
            let new = spliced(&old, "profile a");
            proptest::prop_assert_ne!(&new, &Err(EditError::Unproved));
            if let Ok(new) = new {
                let is_ours = |line: &&str| line.contains("mfa_serial = ");
                let rest = |text: &str| text.lines().filter(|line| !is_ours(line)).map(str::to_owned).collect::<Vec<_>>();
                let (before, after) = (rest(&old), rest(&new));
                proptest::prop_assert_eq!(&after[..before.len()], &before[..]);
                let added: Vec<_> = after[before.len()..].iter().filter(|line| !line.is_empty()).collect();
                proptest::prop_assert!(added.is_empty() || added == ["[profile a]"], "{added:?}");
                proptest::prop_assert_eq!(new.matches(SERIAL.1).count(), 1);
                proptest::prop_assert_eq!(spliced(&new, "profile a"), Ok(new));
            }
        }
    }

    #[test]
    fn refuses_what_tools_would_read_differently() {
        let key = || "mfa_serial".to_owned();
        for (old, expected) in [
            ("[a]\nk=1\n[a]\n", EditError::Duplicate { lines: vec![1, 3] }),
            ("[a]\nmfa_serial=1\nmfa_serial=2\n", EditError::DuplicateKey { key: key(), lines: vec![2, 3] }),
            ("[a]\nmfa_serial=1\n 2\n", EditError::Continued { key: key(), line: 3 }),
        ] {
            assert_eq!(spliced(old, "a"), Err(expected), "{old}");
        }
        for name in ["a]b", "a #b", "a\nb", " a"] {
            assert_eq!(spliced("", name), Err(EditError::Unwritable { what: name.to_owned() }), "{name}");
        }
        for value in ["v #w", "v\nw = x", "v\r", "v\n"] {
            let unwritable = set(b"", "a", &[("k", value)]);
            assert_eq!(unwritable, Err(EditError::Unwritable { what: "k".to_owned() }), "{value:?}");
        }
    }
}
