//! How to undo a write to a section. It is kept in the state file.

use serde::{Deserialize, Serialize};

use super::{DEFAULT, PLAIN_KEYS, REGION};
use crate::aws::is_temporary;
use crate::aws_files::ini;
use crate::aws_files::splice::Added;

/// What `unset` needs to remove a session again. Contains no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Undo {
    #[serde(flatten)]
    pub(super) added: Added,
    pub(super) region: Option<RegionUndo>,
    /// Other keys, and the lines that we replaced, without their line endings.
    pub(super) replaced: Vec<(String, String)>,
    pub(super) renamed: Option<RenamedUndo>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RegionUndo {
    /// What we wrote. If the file has another value, the user set it, and it stays.
    pub(super) written: String,
    /// The line that we replaced, without its line ending.
    pub(super) original: Option<String>,
}

/// `--force` has renamed the section with the long-term keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RenamedUndo {
    /// The old text between the brackets.
    pub(super) name: String,
    /// The keys and values that we added.
    pub(super) added: Vec<(String, String)>,
}

impl Undo {
    /// Whether `--force` has moved long-term keys.
    pub fn has_moved_keys(&self) -> bool {
        self.renamed.is_some()
    }

    /// The line with that key that we replaced. Empty if there was none.
    pub(super) fn replaced(&self, key: &str) -> &str {
        let line = self.replaced.iter().find(|(replaced, _)| replaced == key);
        line.map_or("", |(_, line)| line.as_str())
    }

    /// Whether mfa-env can have written this undo. It then adds one line at most for `region` and for each of the keys
    /// without a secret, and removes no line of the user.
    pub fn is_in_form(&self, section: &str) -> bool {
        let original = self.region.as_ref().and_then(|region| region.original.as_deref());
        let is_space = |c| matches!(c, ' ' | '\t') || ini::is_python_only_space(c);
        original.is_none_or(|line| is_line_of(REGION, line))
            && self.replaced.iter().all(|(key, line)| PLAIN_KEYS.contains(&&**key) && is_line_of(key, line))
            && self.renamed.as_ref().is_none_or(|RenamedUndo { name, added }| {
                name.trim_matches(is_space) == section
                    && added.iter().all(|(key, _)| ["mfa_serial", REGION].contains(&key.as_str()))
            })
    }
}

fn is_line_of(key: &str, line: &str) -> bool {
    let text = format!("[{DEFAULT}]\n{line}");
    match ini::parse(text.as_bytes()).as_deref() {
        Ok([section]) if !line.contains(['\n', '\r']) => {
            matches!(&section.properties()[..], [property] if property.key == key)
        }
        Ok(_) | Err(_) => false,
    }
}

/// The sessions that we wrote to one credentials file or section: access key ids, each with its undo.
#[derive(Default)]
pub struct OurKeys(Vec<(String, Undo)>);

impl FromIterator<(String, Undo)> for OurKeys {
    fn from_iter<T: IntoIterator<Item = (String, Undo)>>(sessions: T) -> Self {
        Self(sessions.into_iter().collect())
    }
}

impl OurKeys {
    pub fn contain(&self, access_key_id: &str) -> bool {
        self.0.iter().any(|(id, _)| id == access_key_id)
    }

    /// Whether an access key id belongs to a session, and not to a user. `has_token`: there is a session token
    /// beside it.
    pub fn is_of_a_session(&self, access_key_id: &str, has_token: bool) -> bool {
        is_temporary(access_key_id) || has_token && self.contain(access_key_id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The undo of a section with this key and region. If a process died between state and file, there may be one
    /// for before and one for after that write, the latter first. Only their regions differ.
    pub(super) fn undo(&self, access_key_id: &str, region: Option<&str>) -> Option<&Undo> {
        let of_key = || self.0.iter().filter(|(id, _)| id == access_key_id).map(|(_, undo)| undo);
        let has_written = |undo: &&Undo| undo.region.as_ref().map(|region| region.written.as_str()) == region;
        of_key().find(|undo| region.is_some() && has_written(undo)).or_else(|| of_key().next())
    }
}
