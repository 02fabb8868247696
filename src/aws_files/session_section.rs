//! Pure: writes a session to `[default]` or another section of a credentials file, and removes it again, by
//! splicing bytes. Refuses if lines that aren't ours would change.
//!
//! Writes the form that all of AWS's parsers read in the same way: header at column 0, `key = value`,
//! lower-case keys, no inline comments, no quotes.

mod force;
#[cfg(test)]
mod tests;
mod undo;

pub use self::force::FromConfig;
pub use self::undo::{OurKeys, Undo};

use self::force::{rename, rename_back};
use self::undo::RegionUndo;
use crate::aws::{Region, Session};
use crate::aws_files::EditError;
use crate::aws_files::ini::{self, BrokenLine, Section};
use crate::aws_files::splice::{Splice, only_line, only_one};

/// What to write.
pub struct Content<'a> {
    /// The name of the section.
    pub section: &'a str,
    pub profile: &'a str,
    pub session: &'a Session,
    pub region: Option<&'a Region>,
    /// `2026-11-22 10:00:00-05:00`, as `aws-login.py` wrote it.
    pub started: &'a str,
    pub expires: &'a str,
}

/// The keys that the section has now.
enum Keys<'k> {
    /// None: there is no section, or no key in it.
    None,
    /// A session's keys. With their undo if we wrote them.
    OfSession(Option<&'k Undo>),
    /// Anything else. It may be the only copy.
    LongTerm { access_key_id: Option<String> },
}

/// What happened to the long-term keys that `--force` had moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovedKeys {
    /// `--force` had moved no keys.
    None,
    /// They are back in the section.
    Back,
    /// They stay where they are: their section or the one of the session has changed since.
    Stay,
}

/// The result of [`unset`].
#[derive(Debug, PartialEq, Eq)]
pub enum Unset {
    /// `[default]` has no session that mfa-env wrote.
    Nothing,
    Done {
        bytes: Vec<u8>,
        moved_keys: MovedKeys,
    },
}

pub const DEFAULT: &str = "default";
/// The keys that are always ours in a session.
const OWN_KEYS: [&str; 8] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "expiration",
    "__profile__",
    "__started__",
    "__expires__",
];
/// Those of [`OWN_KEYS`] that aren't secret. If the section had no access key before, these lines are the user's, and
/// the undo restores them.
const PLAIN_KEYS: [&str; 4] = ["expiration", "__profile__", "__started__", "__expires__"];
/// Ours only if [`Undo`] says so.
const REGION: &str = "region";

/// Returns the file with the session in its section, and how to undo that. `our_keys` are those of the section.
///
/// # Errors
/// See [`EditError`].
pub fn write(
    bytes: &[u8],
    content: &Content<'_>,
    our_keys: &OurKeys,
    force: Option<&FromConfig>,
) -> Result<(Vec<u8>, Undo), EditError> {
    let sections = ini::parse(bytes).map_err(EditError::Broken)?;
    let mut section = section_of(&sections, content.section)?;
    let mut splice = Splice::new(bytes, section);
    let mut undo = Undo::default();
    if let Some(there) = section {
        refuse_second_keys(there)?;
        match (keys_in(there, our_keys), force) {
            (Keys::None, _) => {
                let line = |key: &str| Some((key.to_owned(), splice.line_of(&there.get(key)?).to_owned()));
                undo.replaced = PLAIN_KEYS.into_iter().filter_map(line).collect();
            }
            (Keys::OfSession(last), _) => undo = last.cloned().unwrap_or_default(),
            (Keys::LongTerm { access_key_id }, None) => {
                return Err(EditError::LongTermKeys { access_key_id });
            }
            (Keys::LongTerm { .. }, Some(from_config)) => {
                undo.renamed = Some(rename(&mut splice, &sections, there, from_config)?);
                section = None;
            }
        }
    }
    let region = change_region(&mut splice, section, content.region, &mut undo);
    let pairs = pairs(content, region);

    let mut insert_at = match section {
        Some(section) => section.body.start,
        None => {
            undo.added.header = true;
            undo.added.blank_line = splice.add_header(content.section);
            bytes.len()
        }
    };
    let mut missing = String::new();
    for (key, value) in &pairs {
        match section.and_then(|section| section.get(key)) {
            Some(line) => {
                splice.replace_line(&line, key, value);
                insert_at = insert_at.max(line.span.end);
            }
            None => missing += &splice.line(key, value),
        }
    }
    if let Some(stale) = section.and_then(|section| section.get("aws_security_token")) {
        splice.put_back(&stale, "");
    }
    splice.insert_lines(insert_at, &missing);
    undo.added.line_ending |= splice.completes_last_line;

    let value_of = |key: &str| pairs.iter().find(|(other, _)| *other == key).map(|(_, value)| value.as_str());
    let expected = OWN_KEYS.map(|key| (key, value_of(key)));
    let region = value_of(REGION).map(|region| (REGION, Some(region)));
    let expected: Vec<_> = expected.into_iter().chain(region).collect();
    Ok((splice.finish(section, &missing, &expected, &[REGION])?, undo))
}

/// Returns the file without our session in this section. If the state file has no session for the section (it is
/// lost, or `aws-login.py` wrote the section), `__profile__` marks the session as ours, and only our own keys are
/// removed.
///
/// # Errors
/// See [`EditError`].
pub fn unset(bytes: &[u8], section: &str, our_keys: &OurKeys) -> Result<Unset, EditError> {
    let sections = ini::parse(bytes).map_err(EditError::Broken)?;
    let Some(section) = section_of(&sections, section)? else { return Ok(Unset::Nothing) };
    let Keys::OfSession(undo) = keys_in(section, our_keys) else { return Ok(Unset::Nothing) };
    // Without `__profile__`, another tool wrote these session keys.
    if undo.is_none() && (!our_keys.is_empty() || section.get("__profile__").is_none()) {
        return Ok(Unset::Nothing);
    }
    let undo = undo.cloned().unwrap_or_default();
    let mut splice = Splice::new(bytes, Some(section));
    let mut keeps_lines = false;
    let mut end_of_ours = section.body.start;
    for property in section.properties() {
        let original = match &undo.region {
            Some(region) if property.key == REGION && property.value == region.written => {
                Some(region.original.as_deref().unwrap_or_default())
            }
            _ => OWN_KEYS.contains(&&*property.key).then(|| undo.replaced(&property.key)),
        };
        keeps_lines |= original != Some("");
        if let Some(original) = original {
            splice.put_back(&property, original);
            end_of_ours = property.span.end;
        }
    }
    let header_goes = undo.added.remove_header(&mut splice, section, keeps_lines);
    let moved_keys = match &undo.renamed {
        Some(renamed) if header_goes && rename_back(&mut splice, &sections, section.name, renamed) => {
            MovedKeys::Back
        }
        Some(_) => MovedKeys::Stay,
        None => MovedKeys::None,
    };
    undo.added.remove_line_ending(&mut splice, header_goes, end_of_ours);
    let (restored, removed): (Vec<_>, Vec<_>) =
        OWN_KEYS.into_iter().partition(|key| !undo.replaced(key).is_empty());
    let expected: Vec<_> = removed.into_iter().map(|key| (key, None)).collect();
    let bytes = splice.finish(Some(section), "", &expected, &[&restored[..], &[REGION]].concat())?;
    Ok(Unset::Done { bytes, moved_keys })
}

/// The keys and values to write, in the order in which new lines are added.
fn pairs<'a>(content: &Content<'a>, region: Option<&'a Region>) -> Vec<(&'static str, String)> {
    let session = content.session;
    let mut pairs = vec![
        ("aws_access_key_id", session.access_key_id.as_str().to_owned()),
        ("aws_secret_access_key", session.secret_access_key.expose().to_owned()),
        ("aws_session_token", session.session_token.expose().to_owned()),
        ("expiration", session.expiration.rfc3339()),
    ];
    pairs.extend(region.map(|region| (REGION, region.as_str().to_owned())));
    pairs.extend([
        ("__profile__", content.profile.to_owned()),
        ("__started__", content.started.to_owned()),
        ("__expires__", content.expires.to_owned()),
    ]);
    pairs
}

/// Returns the region if it has to be written. If the profile has no region, restores the `region` line that
/// the last session replaced. A value that we didn't write belongs to the user, and stays.
fn change_region<'r>(
    splice: &mut Splice<'_>,
    section: Option<&Section<'_>>,
    region: Option<&'r Region>,
    undo: &mut Undo,
) -> Option<&'r Region> {
    let there = section.and_then(|section| section.get(REGION));
    let is_there = |value: &str| there.as_ref().is_some_and(|there| there.value == value);
    let last = undo.region.take().filter(|last| is_there(&last.written));
    match (region, &there) {
        (Some(region), _) if is_there(region.as_str()) => {
            undo.region = last;
            None
        }
        (Some(region), there) => {
            let original = match last {
                Some(last) => last.original,
                None => there.as_ref().map(|there| splice.line_of(there).to_owned()),
            };
            undo.region = Some(RegionUndo { written: region.as_str().to_owned(), original });
            Some(region)
        }
        (None, Some(there)) => {
            if let Some(last) = last {
                splice.put_back(there, last.original.as_deref().unwrap_or_default());
            }
            None
        }
        (None, None) => None,
    }
}

/// The only section of that name, if we can edit it.
fn section_of<'s, 'a>(sections: &'s [Section<'a>], name: &str) -> Result<Option<&'s Section<'a>>, EditError> {
    let is_named = |section: &&Section<'_>| section.name.trim_matches(ini::is_python_only_space) == name;
    let Some(section) = only_one(sections.iter().filter(is_named))? else { return Ok(None) };
    if section.name != name {
        // If we added our own section, the Rust SDK would find two.
        let problem = "a section's name with white space that is neither a space nor a tab";
        return Err(EditError::Broken(BrokenLine { line: section.line, problem }));
    }
    for key in OWN_KEYS.into_iter().chain([REGION]) {
        only_line(section, key)?;
    }
    Ok(Some(section))
}

/// Refuses lines such as `aws_session_token: x = y`. For botocore the key ends at the colon, and white
/// space that only Python trims isn't part of it.
fn refuse_second_keys(section: &Section<'_>) -> Result<(), EditError> {
    for property in section.properties() {
        let before_colon = property.key.split(':').next().unwrap_or_default();
        let key = before_colon.trim_end().trim_end_matches(ini::is_python_only_space).to_lowercase();
        if (OWN_KEYS.contains(&&*key) || key == REGION) && property.key != key {
            return Err(EditError::SecondKey { line: property.line, key });
        }
    }
    Ok(())
}

fn keys_in<'k>(section: &Section<'_>, our_keys: &'k OurKeys) -> Keys<'k> {
    let value = |key| section.get(key).map(|property| property.value).filter(|value| !value.is_empty());
    let id = value("aws_access_key_id");
    let id = id.as_deref();
    if id.is_none() && value("aws_secret_access_key").is_none() {
        return Keys::None;
    }
    let has_token = value("aws_session_token").is_some();
    match id.filter(|id| our_keys.is_of_a_session(id, has_token)) {
        Some(id) => Keys::OfSession(our_keys.undo(id, value(REGION).as_deref()).filter(|_| has_token)),
        None => Keys::LongTerm { access_key_id: id.map(str::to_owned) },
    }
}
