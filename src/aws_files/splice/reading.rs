//! Reads a section before and after a change, by our parser and by rust-ini. rust-ini is a second
//! opinion: it shares no code with our parser.

use crate::aws_files::EditError;
use crate::aws_files::ini;

/// Keys in lower case, and values.
type Pairs = Vec<(String, String)>;

/// Checks the lines below a section's header. `expected` has the new value of each of our keys, or `None` if
/// the key is removed. The keys in `ignored` may have any value. If rust-ini and our parser disagree about
/// the old lines already, rust-ini is ignored.
///
/// # Errors
/// [`EditError::Unwritable`] with the first of our keys that would have another value;
/// [`EditError::Unproved`] if another key would change.
pub(crate) fn check(
    before: &str,
    after: &str,
    expected: &[(&str, Option<&str>)],
    ignored: &[&str],
) -> Result<(), EditError> {
    let by_us_before = by_us(before);
    for read in [by_us, by_rust_ini] {
        let old = read(before);
        if old.is_none() || old != by_us_before {
            continue;
        }
        let Some(new) = read(after) else { return Err(EditError::Unproved) };
        for (key, value) in expected {
            let mut found = new.iter().filter(|(other, _)| other == key).map(|(_, value)| value.as_str());
            if found.next() != *value || found.next().is_some() {
                return Err(EditError::Unwritable { what: (*key).to_owned() });
            }
        }
        let others = |mut pairs: Pairs| {
            pairs.retain(|(key, _)| {
                !ignored.contains(&&**key) && expected.iter().all(|(ours, _)| ours != key)
            });
            pairs
        };
        if old.map(others) != Some(others(new)) {
            return Err(EditError::Unproved);
        }
    }
    Ok(())
}

fn by_us(lines: &str) -> Option<Pairs> {
    let text = format!("[x]\n{lines}");
    let sections = ini::parse(text.as_bytes()).ok()?;
    let [section] = &sections[..] else { return None };
    let pair = |property: ini::Property<'_>| (property.key.to_string(), property.value.into_owned());
    Some(section.properties().into_iter().map(pair).collect())
}

fn by_rust_ini(lines: &str) -> Option<Pairs> {
    // A character for private use. rust-ini joins lines at a backslash; AWS's tools don't.
    const BACKSLASH: &str = "\u{e05c}";
    let option = ::ini::ParseOption { enabled_quote: false, enabled_escape: false, ..Default::default() };
    let document = ::ini::Ini::load_from_str_opt(&lines.replace('\\', BACKSLASH), option).ok()?;
    if document.sections().flatten().next().is_some() {
        return None;
    }
    let as_it_was = |text: &str| text.replace(BACKSLASH, "\\");
    let pair = |(key, value): (&str, &str)| (as_it_was(key).to_ascii_lowercase(), as_it_was(value));
    Some(document.general_section().iter().map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_ini_reads_the_lines_by_itself() {
        let pairs = |all: &[(&str, &str)]| {
            Some(all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
        };
        let text = "Key = 'v' # c\nback = x\\\nnext = \\n\n";
        assert_eq!(by_rust_ini(text), pairs(&[("key", "'v' # c"), ("back", "x\\"), ("next", "\\n")]));
        assert_eq!(by_us(text), pairs(&[("key", "'v'"), ("back", "x\\"), ("next", "\\n")]));
        assert_eq!(by_rust_ini("k = v\n[b]\n"), None);
        assert_eq!(by_us("k = v\n[b]\n"), None);
    }

    #[test]
    fn what_is_ours_reads_as_expected_and_the_rest_as_before() {
        let before = "k = 1\nours = old\nregion = x\n";
        let checked = |before: &str, after: &str| check(before, after, &[("ours", Some("v"))], &["region"]);
        assert_eq!(checked(before, "k = 1\nours = v\nregion = y\n"), Ok(()));
        assert_eq!(checked("", "ours = v\n"), Ok(()));
        let unwritable = Err(EditError::Unwritable { what: "ours".to_owned() });
        for after in ["k = 1\n", "k = 1\nours = w\n", "k = 1\nours = v\nours = v\n", "k = 1\nours = v #w\n"] {
            assert_eq!(checked(before, after), unwritable, "{after}");
        }
        for after in ["ours = v\n", "ours = v\nk = 2\n", "k = 1\nl = 1\nours = v\n", "k = 1\n[x]\nours = v\n"]
        {
            assert_eq!(checked(before, after), Err(EditError::Unproved), "{after}");
        }
        // Only rust-ini keeps the comment, so it doesn't count for these lines.
        assert_eq!(checked("k = 1 # c\n", "k = 1 # d\nours = v\n"), Ok(()));
    }

    #[test]
    fn rust_ini_has_a_say_of_its_own() {
        // Our parser drops comments, so it doesn't see that this one changed.
        let expected: &[(&str, Option<&str>)] = &[("ours", Some("v"))];
        assert_eq!(check("k = v\n", "k = v # d\nours = v\n", expected, &[]), Err(EditError::Unproved));
    }
}
