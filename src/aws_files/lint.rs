//! Pure: finds lines that AWS's tools read differently, for `doctor`. Makes no decisions. Walks the file
//! once and looks up by hash, since people have thousands of profiles.

use std::collections::HashMap;

use crate::aws_files::ini::{self, Property, Section};
use crate::aws_files::profiles::{FileKind, Profile, Profiles, section_of_config};

const BOTOCORE: &str = "botocore (the AWS CLI, boto3)";

/// A line that tools read differently.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// 1-based.
    pub line: usize,
    pub what: String,
    pub remedy: String,
}

/// The findings in one file, in the order of its lines.
pub fn findings(all: &[Section<'_>], file: FileKind) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut sections = HashMap::new();
    for section in all {
        let mut add = |line, what: String, remedy: String| found.push(Finding { line, what, remedy });
        if section.raw_name == "DEFAULT" {
            add(
                section.line,
                format!("`[DEFAULT]`: {BOTOCORE} gives its keys to every profile"),
                "rename it, or write `[default]`".to_owned(),
            );
        } else {
            if let Some(first) = sections.insert(identity(section.name, file), section) {
                add(section.line, repeated_section(section, first), "join the two sections".to_owned());
            }
            if let Some((what, remedy)) = ignored_name(section.name, file) {
                add(section.line, what, remedy);
            }
        }
        if let Some((what, remedy)) = other_name_for_botocore(section) {
            add(section.line, what, remedy);
        }
        let mut keys = HashMap::new();
        let properties = section.properties();
        for property in &properties {
            let Property { key, line, .. } = property;
            if let Some(first) = keys.insert(&**key, line) {
                let what = format!("`{key}` is already in line {first}: {BOTOCORE} can't read the file");
                add(*line, what, "delete one of the two lines".to_owned());
            }
            if has_comment(property, section.text) {
                let what = format!("{BOTOCORE} reads the comment as part of the value of `{key}`");
                add(*line, what, "put the comment on a line of its own".to_owned());
            }
        }
    }
    found
}

/// The profiles that have keys in both files, but not the same ones. Sorted.
pub fn split_keys<'f>(profiles: &Profiles<'f>) -> Vec<&'f str> {
    let is_split = |profile: &Profile<'f>| {
        let settings = |file| profile.settings().iter().filter(move |setting| setting.file == file);
        let keys_in = |file| {
            ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]
                .map(|key| settings(file).rfind(|setting| setting.key == key).map(|setting| &*setting.value))
        };
        let both = [keys_in(FileKind::Config), keys_in(FileKind::Credentials)];
        both[0] != both[1] && both.iter().all(|keys| keys.iter().any(Option::is_some))
    };
    profiles.names().filter(|name| profiles.get(name).is_some_and(|profile| is_split(&profile))).collect()
}

/// The lines of a section that hide the session from botocore, but not from the SDKs.
pub fn findings_in_section(name: &str, bytes: &[u8]) -> Vec<Finding> {
    let sections = ini::parse(bytes).unwrap_or_default();
    let Some(section) = sections.iter().find(|section| section.name == name) else { return Vec::new() };
    let name = other_name_for_botocore(section);
    let name = name.map(|(what, remedy)| Finding { line: section.line, what, remedy });
    let mut joined = section.properties();
    joined.retain(|property| property.key.starts_with(ini::is_python_only_space));
    let joined = joined.into_iter().map(|property| Finding {
        line: property.line,
        what: format!("{BOTOCORE} joins the line to the one above"),
        remedy: "remove the white space in front".to_owned(),
    });
    name.into_iter().chain(joined).collect()
}

/// Canonical kind and name of a section: equal for `[profile a]` and `[profile "a"]`.
fn identity(name: &str, file: FileKind) -> (&str, &str) {
    match file {
        FileKind::Credentials => ("profile", name),
        FileKind::Config if name == "default" => ("profile", name),
        FileKind::Config => section_of_config(name).unwrap_or(("", name)),
    }
}

fn repeated_section(section: &Section<'_>, first: &Section<'_>) -> String {
    if section.raw_name == first.raw_name {
        format!("`[{}]` is already in line {}: {BOTOCORE} can't read the file", section.raw_name, first.line)
    } else {
        format!(
            "`[{}]` and `[{}]` in line {} are one profile: tools disagree about which section counts",
            section.raw_name, first.raw_name, first.line
        )
    }
}

/// The finding and its remedy if SDKs ignore a section of that name.
fn ignored_name(name: &str, file: FileKind) -> Option<(String, String)> {
    let rename = || "rename it (allowed: letters, digits and _-/.%@:+)".to_owned();
    let (kind, rest) = match name.split_once([' ', '\t']) {
        Some((kind, rest)) => (kind, rest.trim()),
        None => ("", name),
    };
    match (file, kind) {
        (FileKind::Credentials, "profile") => Some((
            format!("the SDKs ignore `[{name}]`: names in the credentials file have no `profile `"),
            format!("write `[{rest}]`"),
        )),
        (FileKind::Credentials, _) if !is_identifier(name) => {
            Some((format!("the Rust and JavaScript SDKs ignore the profile `{name}`"), rename()))
        }
        (FileKind::Config, "") if !["default", "plugins", "preview"].contains(&name) => Some((
            format!("all tools ignore `[{name}]`: in the config file it has to be `[profile {name}]`"),
            format!("write `[profile {name}]`"),
        )),
        (FileKind::Config, "profile" | "services") if !is_identifier(rest) => {
            Some((format!("the Rust and JavaScript SDKs ignore `[{name}]`"), rename()))
        }
        (FileKind::Config, _) if kind != "profile" && kind.to_ascii_lowercase().starts_with("profile") => {
            Some((format!("the SDKs ignore `[{name}]`"), format!("write `[profile {rest}]`")))
        }
        (FileKind::Credentials | FileKind::Config, _) => None,
    }
}

/// The Rust SDK's identifier: `[A-Za-z0-9_\-/.%@:+]+`.
fn is_identifier(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c))
}

/// The finding and its remedy if botocore reads another name in a header than the SDKs.
fn other_name_for_botocore(section: &Section<'_>) -> Option<(String, String)> {
    let Section { name, raw_name, .. } = section;
    if section.has_bracket_in_comment() {
        let what = format!("{BOTOCORE} ends the name of `[{name}]` at the `]` in the comment");
        Some((what, "put the comment on a line of its own".to_owned()))
    } else if raw_name != name {
        let what = format!("{BOTOCORE} reads the spaces in `[{raw_name}]` as part of the name");
        Some((what, format!("write `[{name}]`")))
    } else {
        None
    }
}

fn has_comment(property: &Property<'_>, text: &str) -> bool {
    let line = text[property.span.clone()].trim_end_matches(['\n', '\r']);
    let first_line = property.value.lines().next().unwrap_or_default();
    line.split_once('=').is_some_and(|(_, value)| value.trim_matches([' ', '\t']) != first_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// tests/cli/doctor.rs has the other findings, and their words.
    #[test]
    fn names_each_line_that_tools_read_differently_and_no_other() {
        let credentials = FileKind::Credentials;
        for (file, text, lines) in [
            (credentials, "[f] # ]\n[ b ]\n[b]\n", &[1, 2, 3][..]),
            (credentials, "[a]\nk = v # v\nl = # v\nm = v ;v\nn = v # c\n", &[2, 3, 4, 5]),
            (
                FileKind::Config,
                "[default]\n[foo]\n[profile a b]\n[profiles c]\n[profile default]\n[sso-session s]\n",
                &[2, 3, 4, 5],
            ),
            (credentials, "# c\n[default]\nk = A1#c \t\r\n\n[team/prod] # c\nregion=x\n", &[]),
            (
                FileKind::Config,
                "[profile a] ; c\ns3 =\n  x = 1\n\n[services s]\n[sso-session t]\n[default]\n[plugins]\n",
                &[],
            ),
        ] {
            let sections = ini::parse(text.as_bytes()).expect("well-formed");
            let found: Vec<_> = findings(&sections, file).iter().map(|finding| finding.line).collect();
            assert_eq!(found, lines, "{text:?}");
        }
    }

    #[test]
    fn warns_of_what_botocore_reads_otherwise_in_default_alone() {
        for (text, lines) in [
            ("[ default ]\n", &[1][..]),
            ("[default] # c]\n", &[1]),
            ("[default]\nk = v\n\u{a0}l = w\n", &[3]),
            ("[default] # c\nk = v # c\n[ a ]\n", &[]),
        ] {
            let found: Vec<_> =
                findings_in_section("default", text.as_bytes()).iter().map(|found| found.line).collect();
            assert_eq!(found, lines, "{text:?}");
        }
    }

    #[test]
    fn finds_keys_that_are_split_over_the_two_files() {
        let pair = "aws_access_key_id = A\naws_secret_access_key = S\n";
        let token = "aws_session_token = T\n";
        for (config, credentials, is_split) in [
            ("aws_access_key_id = A\n", "aws_secret_access_key = S\n", true),
            (pair, &pair.replace('S', "T"), true),
            (pair, &format!("{pair}{token}"), true),
            (token, pair, true),
            ("region = x\n", pair, false),
            (pair, "region = x\n", false),
            (pair, pair, false),
            ("", "", false),
        ] {
            let (config, credentials) = (format!("[profile a]\n{config}"), format!("[a]\n{credentials}"));
            let profiles = Profiles::read(config.as_bytes(), credentials.as_bytes()).expect("well-formed");
            assert_eq!(!split_keys(&profiles).is_empty(), is_split, "{config} {credentials}");
        }
    }
}
