//! Pure: what AWS's tools read differently in one of the user's files, as measured with botocore,
//! the Rust, Go and JavaScript SDKs. For `doctor`; decides nothing.

use crate::ini::{Document, Section};
use crate::profiles::FileKind;

/// A place that not all tools read alike.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// 1-based.
    pub line: usize,
    pub what: String,
    pub remedy: String,
    /// Whether a tool can't read the whole file because of it.
    pub is_fatal: bool,
}

/// All of them, in the order of the lines.
pub fn differences(document: &Document<'_>, text: &str, file: FileKind) -> Vec<Difference> {
    let mut found = Vec::new();
    for (index, section) in document.sections.iter().enumerate() {
        found.extend(of_header(section, file));
        let first = document.sections[..index].iter().find(|other| other.name == section.name);
        if let Some(first) = first {
            found.push(Difference {
                line: section.line,
                what: format!("`[{}]` is there already in line {}: botocore (the AWS CLI, boto3) can't read the whole file", section.name, first.line),
                remedy: "join the two sections".to_owned(),
                is_fatal: true,
            });
        }
        found.extend(of_properties(section, text));
    }
    found.sort_by_key(|difference| difference.line);
    found
}

fn of_header(section: &Section<'_>, file: FileKind) -> Vec<Difference> {
    let (line, name) = (section.line, section.name);
    let mut found = Vec::new();
    let mut push =
        |what: String, remedy: String| found.push(Difference { line, what, remedy, is_fatal: false });
    if section.raw_name != name {
        push(
            format!(
                "the spaces within the brackets of `[{}]`: botocore and the JavaScript SDK take them as a part of the name",
                section.raw_name
            ),
            format!("write `[{name}]`"),
        );
    }
    if name == "DEFAULT" {
        push(
            "`[DEFAULT]`: botocore gives its keys to every profile".to_owned(),
            "rename it, or write `[default]` in small letters".to_owned(),
        );
    }
    match file {
        FileKind::Credentials if name.starts_with("profile ") => push(
            format!("`[{name}]`: in the credentials file a name has no `profile ` in front"),
            format!("write `[{}]`", name.trim_start_matches("profile ").trim()),
        ),
        FileKind::Credentials if !is_identifier(name) => push(
            format!("the name `{name}`: the Rust and JavaScript SDKs leave such a profile out"),
            "use letters, digits and _-/.%@:+ alone".to_owned(),
        ),
        FileKind::Config => match name.split_once([' ', '\t']) {
            None if name != "default" => push(
                format!(
                    "`[{name}]`: every tool leaves it out, since a profile in the config file has `profile ` in front"
                ),
                format!("write `[profile {name}]`"),
            ),
            Some(("profile", profile)) if !is_identifier(profile.trim()) => push(
                format!(
                    "the name `{}`: the Rust and JavaScript SDKs leave such a profile out",
                    profile.trim()
                ),
                "use letters, digits and _-/.%@:+ alone".to_owned(),
            ),
            Some(_) | None => {}
        },
        FileKind::Credentials => {}
    }
    found
}

fn of_properties(section: &Section<'_>, text: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    for (index, property) in section.properties.iter().enumerate() {
        let key = &property.key;
        if let Some(first) = section.properties[..index].iter().find(|other| other.key == *key) {
            found.push(Difference {
                line: property.line,
                what: format!("`{key}` is in `[{}]` already in line {}: botocore (the AWS CLI, boto3) can't read the whole file", section.name, first.line),
                remedy: "leave one of the two lines".to_owned(),
                is_fatal: true,
            });
        }
        let line = text[property.span.clone()].trim_end();
        if !line.ends_with(property.value) {
            found.push(Difference {
                line: property.line,
                what: format!(
                    "the comment after the value of `{key}`: botocore takes it as a part of the value"
                ),
                remedy: "put the comment on a line of its own".to_owned(),
                is_fatal: false,
            });
        }
        if key == "aws_security_token" {
            found.push(Difference {
                line: property.line,
                what: format!("`aws_security_token` in `[{}]`: botocore prefers it to `aws_session_token`, however old it is", section.name),
                remedy: "delete this line".to_owned(),
                is_fatal: false,
            });
        }
        if let Some((line, _)) = property.continuation.first().filter(|_| !property.value.is_empty()) {
            found.push(Difference {
                line: *line,
                what: format!("an indented line after `{key}`: some tools join it to the value, others take it for a line of its own"),
                remedy: "move it to the left margin".to_owned(),
                is_fatal: false,
            });
        }
    }
    found
}

/// The Rust SDK's identifier: `[A-Za-z0-9_\-/.%@:+]+`.
fn is_identifier(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, file: FileKind) -> Vec<(usize, String)> {
        let document = crate::ini::parse(text.as_bytes()).expect("well-formed");
        let of = |difference: Difference| {
            let words = difference.what.split(':').next().unwrap_or_default().to_owned();
            (difference.line, words)
        };
        differences(&document, text, file).into_iter().map(of).collect()
    }

    #[test]
    fn finds_what_tools_read_differently() {
        let text = "[a]\nk = v\n[ b ]\nk = v # c\nK = w\n[a]\n[DEFAULT]\n[profile c]\n[d e]\naws_security_token = t\nregion = x\n  y\n";
        let found: Vec<_> = lines(text, FileKind::Credentials).into_iter().map(|(line, _)| line).collect();
        assert_eq!(found, [3, 4, 5, 6, 7, 8, 9, 10, 12]);
        let config = "[default]\n[foo]\n[profile a b]\n[profile c]\ns3 =\n  a = b\n[sso-session s]\n";
        let found: Vec<_> = lines(config, FileKind::Config).into_iter().map(|(line, _)| line).collect();
        assert_eq!(found, [2, 3]);
    }

    #[test]
    fn is_silent_about_a_file_that_all_read_alike() {
        let text =
            "# c\n[default]\naws_access_key_id = A\naws_secret_access_key = A1#c\n\n[team/prod]\nregion=x\n";
        assert_eq!(lines(text, FileKind::Credentials), []);
    }
}
