//! Why mfa-env doesn't change one of AWS's files, and what the user can do.

use super::SectionRef;
use super::ini::BrokenLine;
use super::profiles::long_term_name;
use super::session_section::DEFAULT;
use crate::error::{Error, Exit, Hint, shown_value};

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
    /// AWS's tools would read a section's name or a key's value differently.
    Unwritable {
        what: String,
    },
    /// We can't prove that all other lines stay. We know no file that causes this.
    Unproved,
    /// botocore would read this line of the section as a second one of our keys, and then can't read the
    /// file.
    SecondKey {
        line: usize,
        key: String,
    },
    /// The section has long-term keys, and there is no `--force`.
    LongTermKeys {
        access_key_id: Option<String>,
    },
    /// `--force` needs the name `[default-long-term]`, which exists already.
    NameTaken {
        line: usize,
    },
}

impl EditError {
    /// The error for the user: why the section was not changed, and what to do. `profile` is the profile
    /// whose session we wanted to write there.
    pub fn explain(&self, SectionRef { header, file }: &SectionRef, profile: Option<&str>) -> Error {
        let file = file.display();
        let duplicate = |what: String, lines: &[usize]| {
            let lines = lines.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ");
            format!("{what} (lines {lines}), and tools disagree about which one counts")
        };
        let (what, hint): (String, Hint) = match self {
            Self::Broken(BrokenLine { line, problem }) => {
                (format!("line {line}: {problem}"), format!("correct line {line} of `{file}`").into())
            }
            Self::Duplicate { lines } => {
                (duplicate(format!("`[{header}]` occurs more than once"), lines), "join these sections".into())
            }
            Self::DuplicateKey { key, lines } => (
                duplicate(format!("`{key}` occurs more than once in `[{header}]`"), lines),
                "delete all but one of these lines".into(),
            ),
            Self::Continued { key, line } => (
                format!("line {line} is indented, so it belongs to the value of `{key}`"),
                format!("delete line {line}, or remove its indentation").into(),
            ),
            Self::Unwritable { what } => {
                let what = match profile {
                    Some(profile) if what == "__profile__" => format!("the name `{profile}`"),
                    Some(_) | None => format!("`{what}`"),
                };
                let hint = match profile {
                    Some(profile) => Hint::into_this_shell("it works in this shell", profile),
                    None if what == "`mfa_env_fetch`" => "put the command into a script".into(),
                    None => "choose a name of letters, digits and _.-".into(),
                };
                (format!("AWS's tools would read {what} differently"), hint)
            }
            Self::Unproved => (
                "the change could not be checked, so it was not made".to_owned(),
                format!("please report it, with the names of the sections and keys around `[{header}]`, without values")
                    .into(),
            ),
            Self::SecondKey { line, key } => (
                format!("in line {line}, botocore (the AWS CLI, boto3) would read a second `{key}`"),
                format!("correct line {line} of `{file}`").into(),
            ),
            Self::LongTermKeys { access_key_id } => {
                let id = access_key_id.as_ref().map(|id| format!(" ({})", shown_value(id)));
                let id = id.unwrap_or_default();
                let why = format!("move it to `[{}]` in the same step", long_term_name(header));
                let section = if header == DEFAULT { &[][..] } else { &["--section", header] };
                let command = [&["-w", "--force"][..], section].concat();
                (
                    format!("`[{header}]` holds a long-term key{id}, and mfa-env won't overwrite it"),
                    Hint::mfa_env(&why, profile.unwrap_or(header), &command),
                )
            }
            Self::NameTaken { line } => {
                let taken = long_term_name(header);
                (
                    format!("`--force` would move `[{header}]` to `[{taken}]`, which already exists (line {line})"),
                    "rename one of the two sections".into(),
                )
            }
        };
        let error = Error::new(Exit::Files, format!("`{file}` was not changed: {what}")).hint(hint);
        match self {
            Self::LongTermKeys { .. } => error.hint("or rename the section yourself, e.g. to `[personal]`"),
            _ => error,
        }
    }
}
