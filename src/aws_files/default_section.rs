//! Pure: writes a session to the `[default]` section of a credentials file, and removes it again, by
//! splicing bytes. Refuses if lines that aren't ours would change.
//!
//! Writes the form that all of AWS's parsers read in the same way: header at column 0, `key = value`,
//! lower-case keys, no inline comments, no quotes.
//!
//! Longer than 300 lines, so that writing and its undo can be read side by side.

mod force;
#[cfg(test)]
mod tests;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

pub use self::force::FromConfig;

use self::force::{RenamedUndo, rename, rename_back};
use crate::aws::{Region, Session, is_temporary};
use crate::aws_files::EditError;
use crate::aws_files::ini::{self, BrokenLine, Section};
use crate::aws_files::lint::{self, Finding};
use crate::aws_files::splice::{Splice, only_line, only_one, reading};

/// What to write to `[default]`.
pub struct Content<'a> {
    pub profile: &'a str,
    pub session: &'a Session,
    pub region: Option<&'a Region>,
    /// `2026-11-22 10:00:00-05:00`, as `aws-login.py` wrote it.
    pub started: &'a str,
    pub expires: &'a str,
}

/// What `unset` needs to remove a session again. Contains no secret. It comes from a file, so reading
/// checks it: it can add one `region` line at most, and can't remove a line of the user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Undo {
    /// We added the header.
    header: bool,
    /// We added a blank line before the header.
    blank_line: bool,
    /// We added the line ending at the end of the file.
    line_ending: bool,
    region: Option<RegionUndo>,
    renamed: Option<RenamedUndo>,
}

/// The sessions that we wrote to one credentials file: access key ids, each with its undo.
#[derive(Default)]
pub struct OurKeys(Vec<(String, Undo)>);

impl FromIterator<(String, Undo)> for OurKeys {
    fn from_iter<T: IntoIterator<Item = (String, Undo)>>(sessions: T) -> Self {
        Self(sessions.into_iter().collect())
    }
}

impl OurKeys {
    pub fn contain(&self, access_key_id: &str) -> bool {
        self.undo(access_key_id).is_some()
    }

    fn undo(&self, access_key_id: &str) -> Option<&Undo> {
        self.0.iter().find(|(id, _)| id == access_key_id).map(|(_, undo)| undo)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RegionUndo {
    /// What we wrote. If the file has another value, the user set it, and it stays.
    written: String,
    /// The line that we replaced, without its line ending.
    #[serde(deserialize_with = "region_line")]
    original: Option<String>,
}

impl Undo {
    /// Whether `--force` has moved long-term keys.
    pub fn has_moved_keys(&self) -> bool {
        self.renamed.is_some()
    }
}

fn region_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let line = Option::<String>::deserialize(deserializer)?;
    match line {
        Some(line) if !is_region_line(&line) => Err(D::Error::custom("not a line with `region`")),
        line => Ok(line),
    }
}

fn is_region_line(line: &str) -> bool {
    if line.contains(['\n', '\r']) {
        return false;
    }
    let text = format!("[{DEFAULT}]\n{line}");
    match ini::parse(text.as_bytes()).as_deref() {
        Ok([section]) => matches!(&section.properties()[..], [property] if property.key == "region"),
        Ok(_) | Err(_) => false,
    }
}

/// The keys that `[default]` has now.
enum DefaultKeys {
    /// None: there is no section, or no key in it.
    None,
    /// A session's keys. With their undo if we wrote them.
    OfSession { undo: Option<Undo> },
    /// Anything else. It may be the only copy.
    LongTerm { access_key_id: Option<String> },
}

/// What happened to the long-term keys that `--force` had moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovedKeys {
    /// `--force` had moved none.
    None,
    /// They are back in `[default]`.
    Back,
    /// They stay where they are: their section or `[default]` has changed since.
    Stay,
}

/// The result of [`unset`].
#[derive(Debug, PartialEq, Eq)]
pub enum Unset {
    /// There is no session of ours.
    Nothing,
    Done {
        bytes: Vec<u8>,
        moved_keys: MovedKeys,
    },
}

const DEFAULT: &str = "default";
/// All keys that we may write or replace.
const ALL_KEYS: [&str; 9] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "expiration",
    "__profile__",
    "__started__",
    "__expires__",
    "region",
];
/// The keys that are always ours in a session. `region` is ours only if [`Undo`] says so.
const OWN_KEYS: &[&str] = ALL_KEYS.split_at(8).0;

/// The lines of `[default]` because of which botocore won't find the session where the SDKs find it.
pub fn warnings(bytes: &[u8]) -> Vec<Finding> {
    let Ok(sections) = ini::parse(bytes) else { return Vec::new() };
    let Ok(Some(section)) = default_of(&sections) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some((what, remedy)) = lint::other_name_for_botocore(section) {
        found.push(Finding { line: section.line, what, remedy });
    }
    let mut joined = section.properties();
    joined.retain(|property| property.key.starts_with(ini::is_python_only_space));
    found.extend(joined.into_iter().map(|property| Finding {
        line: property.line,
        what: "botocore (the AWS CLI, boto3) joins the line to the one above".to_owned(),
        remedy: "remove the white space in front".to_owned(),
    }));
    found
}

/// Returns the file with the session in `[default]`, and how to undo that.
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
    let text = std::str::from_utf8(bytes).expect("the parser took it");
    let section = default_of(&sections)?;
    if let Some(section) = section {
        refuse_second_keys(section)?;
    }
    let mut undo = Undo::default();
    let mut splice = Splice::new(text, section);

    let section = match section {
        Some(section) => match (keys_in(section, our_keys), force) {
            (DefaultKeys::None, _) => Some(section),
            (DefaultKeys::OfSession { undo: last }, _) => {
                undo = last.unwrap_or_default();
                Some(section)
            }
            (DefaultKeys::LongTerm { access_key_id }, None) => {
                return Err(EditError::LongTermKeys { access_key_id });
            }
            (DefaultKeys::LongTerm { .. }, Some(from_config)) => {
                let renamed = rename(&mut splice, &sections, section, from_config)?;
                undo = Undo { renamed: Some(renamed), ..Undo::default() };
                None
            }
        },
        None => None,
    };

    let pairs = pairs(content);
    let mut insert_at = match section {
        Some(section) => section.header.end,
        None => {
            splice.complete_last_line();
            undo.header = true;
            undo.blank_line = !splice.ends_with_blank_line();
            let blank_line = if undo.blank_line { splice.line_ending } else { "" };
            splice.insert(text.len(), format!("{blank_line}[{DEFAULT}]{}", splice.line_ending));
            text.len()
        }
    };
    let mut missing = Vec::new();
    for (key, value) in &pairs {
        match section.and_then(|section| section.get(key)) {
            Some(property) => {
                splice.replace_line(&property, key, value);
                insert_at = insert_at.max(property.span.end);
            }
            None => missing.push((*key, value.as_str())),
        }
    }
    if let Some(property) = section.and_then(|section| section.get("aws_security_token")) {
        splice.remove_line(&property);
    }
    if let Some(section) = section {
        insert_at = region_in(&mut splice, section, content.region, &mut undo, insert_at, &mut missing);
    } else if let Some(region) = content.region {
        missing.push(("region", region.as_str()));
        undo.region = Some(RegionUndo { written: region.as_str().to_owned(), original: None });
    }
    if insert_at == text.len() && !missing.is_empty() {
        splice.complete_last_line();
    }
    // AWS's keys first, then ours.
    missing.sort_by_key(|(key, _)| key.starts_with("__"));
    let lines = missing.iter().map(|(key, value)| format!("{key} = {value}{}", splice.line_ending));
    let lines: String = lines.collect();
    splice.insert(insert_at, lines.clone());

    undo.line_ending |= splice.completes_last_line();
    let body = section.map(|section| section.body.clone()).unwrap_or_default();
    // A new section has no other lines.
    let after = if section.is_some() { splice.changed(body.clone()) } else { lines };
    let meant = |key: &str| pairs.iter().find(|(other, _)| *other == key).map(|(_, value)| value.as_str());
    let mut expected: Vec<_> = OWN_KEYS.iter().map(|key| (*key, meant(key))).collect();
    expected.extend(content.region.map(|region| ("region", Some(region.as_str()))));
    reading::check(&text[body.clone()], &after, &expected, &["region"])?;
    Ok((splice.finish(body, &ALL_KEYS)?.into_bytes(), undo))
}

/// Returns the file without our session. If we know no session of this file (the state file is lost, or
/// `aws-login.py` wrote the section), `__profile__` marks it as ours, and only our own keys go.
///
/// # Errors
/// See [`EditError`].
pub fn unset(bytes: &[u8], our_keys: &OurKeys) -> Result<Unset, EditError> {
    let sections = ini::parse(bytes).map_err(EditError::Broken)?;
    let text = std::str::from_utf8(bytes).expect("the parser took it");
    let Some(section) = default_of(&sections)? else { return Ok(Unset::Nothing) };
    let DefaultKeys::OfSession { undo } = keys_in(section, our_keys) else { return Ok(Unset::Nothing) };
    // Without `__profile__`, another tool wrote these session keys.
    if undo.is_none() && (!our_keys.0.is_empty() || section.get("__profile__").is_none()) {
        return Ok(Unset::Nothing);
    }
    let undo = undo.unwrap_or_default();
    let mut splice = Splice::new(text, Some(section));
    let mut kept = 0;
    let mut end_of_ours = section.header.end;
    for property in &section.properties() {
        let original = match &undo.region {
            Some(region) if property.key == "region" && property.full_value() == region.written => {
                Some(region.original.as_deref().unwrap_or_default())
            }
            _ => OWN_KEYS.contains(&&*property.key).then_some(""),
        };
        match original {
            Some(original) => {
                kept += usize::from(!original.is_empty());
                splice.put_back(property, original);
                end_of_ours = end_of_ours.max(property.span.end);
            }
            None => kept += 1,
        }
    }
    let body = section.body.clone();
    let expected: Vec<_> = OWN_KEYS.iter().map(|key| (*key, None)).collect();
    reading::check(&text[body.clone()], &splice.changed(body.clone()), &expected, &["region"])?;
    let header_goes = undo.header && kept == 0 && holds_only_properties(section);
    if header_goes {
        splice.remove_header(section, undo.blank_line);
    }
    let moved_keys = match &undo.renamed {
        Some(renamed) if header_goes && rename_back(&mut splice, &sections, renamed) => MovedKeys::Back,
        Some(_) => MovedKeys::Stay,
        None => MovedKeys::None,
    };
    if undo.line_ending && end_of_ours == text.len() && (header_goes || !undo.header) {
        splice.remove_last_line_ending();
    }
    Ok(Unset::Done { bytes: splice.finish(body, &ALL_KEYS)?.into_bytes(), moved_keys })
}

/// Whether the body of the section has only properties and blank lines, and no comment.
fn holds_only_properties(section: &Section<'_>) -> bool {
    let mut at = section.body.start;
    let mut spans: Vec<_> = section.properties().into_iter().map(|property| property.span).collect();
    spans.push(section.body.end..section.body.end);
    spans.into_iter().all(|span| {
        let between = &section.text[at..span.start];
        at = span.end;
        between.trim().is_empty()
    })
}

fn pairs<'a>(content: &Content<'a>) -> Vec<(&'static str, String)> {
    let session = content.session;
    vec![
        ("aws_access_key_id", session.access_key_id.as_str().to_owned()),
        ("aws_secret_access_key", session.secret_access_key.expose().to_owned()),
        ("aws_session_token", session.session_token.expose().to_owned()),
        ("expiration", session.expiration.rfc3339()),
        ("__profile__", content.profile.to_owned()),
        ("__started__", content.started.to_owned()),
        ("__expires__", content.expires.to_owned()),
    ]
}

/// The only `[default]`, if we can edit it.
fn default_of<'s, 'a>(sections: &'s [Section<'a>]) -> Result<Option<&'s Section<'a>>, EditError> {
    let is_default = |section: &&Section<'_>| section.name.trim_matches(ini::is_python_only_space) == DEFAULT;
    let Some(section) = only_one(sections.iter().filter(is_default))? else { return Ok(None) };
    if section.name != DEFAULT {
        // If we added our own section, the Rust SDK would find two.
        let problem = "`[default]` with white space that is neither a space nor a tab";
        return Err(EditError::Broken(BrokenLine { line: section.line, problem }));
    }
    for key in ALL_KEYS {
        only_line(section, key)?;
    }
    Ok(Some(section))
}

/// Refuses lines such as `aws_session_token: x = y`. For botocore the key ends at the colon, and white
/// space that only Python trims isn't part of it.
fn refuse_second_keys(section: &Section<'_>) -> Result<(), EditError> {
    for property in &section.properties() {
        let before_colon = property.key.split(':').next().unwrap_or_default();
        let for_botocore = before_colon.trim_end().trim_end_matches(ini::is_python_only_space).to_lowercase();
        if ALL_KEYS.contains(&&*for_botocore) && property.key != for_botocore {
            return Err(EditError::SecondKey { line: property.line, key: for_botocore });
        }
    }
    Ok(())
}

fn keys_in(section: &Section<'_>, our_keys: &OurKeys) -> DefaultKeys {
    let value = |key| section.get(key).map(|property| property.value).filter(|value| !value.is_empty());
    match (value("aws_access_key_id"), value("aws_secret_access_key")) {
        (None, None) => DefaultKeys::None,
        (id, _) => match id.and_then(|id| our_keys.undo(id)).filter(|_| value("aws_session_token").is_some())
        {
            Some(undo) => DefaultKeys::OfSession { undo: Some(undo.clone()) },
            None if id.is_some_and(is_temporary) => DefaultKeys::OfSession { undo: None },
            None => DefaultKeys::LongTerm { access_key_id: id.map(str::to_owned) },
        },
    }
}

/// Writes the profile's region. If the profile has none, restores the line that the last one replaced. A
/// value that we didn't write is the user's, and stays.
fn region_in<'c>(
    splice: &mut Splice<'_>,
    section: &Section<'_>,
    region: Option<&'c Region>,
    undo: &mut Undo,
    insert_at: usize,
    missing: &mut Vec<(&'static str, &'c str)>,
) -> usize {
    let there = section.get("region");
    let last = undo.region.take();
    let last = last.filter(|last| there.as_ref().is_some_and(|there| there.value == last.written));
    match (region, there) {
        (None, Some(there)) => {
            if let Some(last) = last {
                splice.put_back(&there, last.original.as_deref().unwrap_or_default());
            }
            insert_at
        }
        (None, None) => insert_at,
        (Some(region), None) => {
            missing.push(("region", region.as_str()));
            undo.region = Some(RegionUndo { written: region.as_str().to_owned(), original: None });
            insert_at
        }
        (Some(region), Some(there)) => {
            if there.value == region.as_str() {
                undo.region = last;
                return insert_at;
            }
            let original = last.map_or_else(|| Some(splice.line_of(&there).to_owned()), |last| last.original);
            splice.replace_line(&there, "region", region.as_str());
            undo.region = Some(RegionUndo { written: region.as_str().to_owned(), original });
            insert_at.max(there.span.end)
        }
    }
}
