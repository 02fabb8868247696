//! Why mfa-env doesn't change one of AWS's files, and what the user can do.

use std::fmt;

use super::SectionRef;
use super::ini::BrokenLine;
use super::profiles::long_term_name;
use crate::error::{Exit, Explain, Hint, shown_value};

/// Why an edit was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    Broken(BrokenLine),
    /// The section occurs more than once: botocore can't read the file, and the SDKs merge the sections.
    Duplicate {
        lines: Vec<usize>,
    },
    /// A key that we would write occurs more than once in the section.
    DuplicateKey {
        key: String,
        lines: Vec<usize>,
    },
    /// An indented line continues the value of the key. Without the key, it would continue another one.
    Continued {
        key: String,
        line: usize,
    },
    /// A section's name or a key's value would be read back as something else.
    Unwritable {
        what: String,
    },
    /// We can't prove that all other lines stay. We know no file that causes this.
    Unproved,
    /// botocore would read this line of `[default]` as a second one of our keys, and then can't read the
    /// file.
    SecondKey {
        line: usize,
        key: String,
    },
    /// `[default]` has long-term keys, and there is no `--force`.
    LongTermKeys {
        access_key_id: Option<String>,
    },
    /// `--force` needs the name `[default-long-term]`, which exists already.
    NameTaken {
        line: usize,
    },
}

/// A refused edit.
pub struct NotChanged {
    pub why: EditError,
    pub section: SectionRef,
    /// The profile whose session we wanted to write.
    pub profile: Option<String>,
}

impl fmt::Display for NotChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let section = format!("`[{}]`", self.section.header);
        let list = |lines: &[usize]| lines.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ");
        write!(f, "`{}` was not changed: ", self.section.file.display())?;
        match &self.why {
            EditError::Broken(BrokenLine { line, problem }) => write!(f, "line {line}: {problem}"),
            EditError::Duplicate { lines } => {
                let lines = list(lines);
                write!(
                    f,
                    "{section} is there more than once (lines {lines}), and tools disagree which counts"
                )
            }
            EditError::DuplicateKey { key, lines } => write!(
                f,
                "`{key}` is in {section} more than once (lines {}), and tools disagree which counts",
                list(lines)
            ),
            EditError::Continued { key, line } => {
                write!(f, "line {line} is indented, so it belongs to the value of `{key}`")
            }
            EditError::Unwritable { what } => match &self.profile {
                Some(profile) if what == "__profile__" => {
                    write!(f, "the name `{profile}` would not read back as it is")
                }
                Some(_) | None => write!(f, "`{what}` would not read back as it is"),
            },
            EditError::Unproved => write!(f, "the change could not be checked, so it was not made"),
            EditError::SecondKey { line, key } => {
                write!(f, "in line {line}, botocore (the AWS CLI, boto3) would read a second `{key}`")
            }
            EditError::LongTermKeys { access_key_id } => {
                let id = access_key_id.as_ref().map(|id| format!(" ({})", shown_value(id)));
                let id = id.unwrap_or_default();
                write!(f, "{section} holds a long-term key{id}, and mfa-env won't overwrite it")
            }
            EditError::NameTaken { line } => {
                let taken = long_term_name(&self.section.header);
                write!(
                    f,
                    "`--force` would move {section} to `[{taken}]`, which is there already (line {line})"
                )
            }
        }
    }
}

impl Explain for NotChanged {
    fn exit(&self) -> Exit {
        Exit::Files
    }

    fn hints(&self) -> Vec<Hint> {
        let SectionRef { header, file } = &self.section;
        let hint = match &self.why {
            EditError::Broken(BrokenLine { line, .. }) | EditError::SecondKey { line, .. } => {
                format!("correct line {line} of `{}`", file.display()).into()
            }
            EditError::Duplicate { .. } => "join these sections".into(),
            EditError::DuplicateKey { .. } => "leave one of these lines".into(),
            EditError::Continued { line, .. } => {
                format!("move line {line} to the left margin, or away").into()
            }
            EditError::Unwritable { .. } => match &self.profile {
                Some(profile) => Hint::into_this_shell("into this shell it works", profile),
                None => "take a name of letters, digits and _.-".into(),
            },
            EditError::Unproved => format!(
                "please report it, with the names of the sections and keys around `[{header}]`, without values"
            )
            .into(),
            EditError::LongTermKeys { .. } => {
                let why = format!("move it to `[{}]` in the same step", long_term_name(header));
                return vec![
                    Hint::mfa_env(&why, self.profile.as_deref().unwrap_or(header), &["-w", "--force"]),
                    "or rename the section yourself, e.g. to `[personal]`".into(),
                ];
            }
            EditError::NameTaken { .. } => "rename one of the two sections".into(),
        };
        vec![hint]
    }
}
