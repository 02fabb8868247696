//! What is read differently in the lines of the sections' names.

use super::{Difference, Rule, has_odd_space, is_identifier};
use crate::ini::{Document, Section};
use crate::profiles::{FileKind, section_of_config};

pub(super) fn of_all(document: &Document<'_>, file: FileKind) -> Vec<Difference> {
    let mut found = Vec::new();
    for (index, section) in document.sections.iter().enumerate() {
        let before = &document.sections[..index];
        found.extend(beside_others(section, before, file));
        of_one(section, file, |rule, what, remedy| {
            found.push(Difference { line: section.line, rule, what, remedy });
        });
    }
    found
}

/// Two sections of one name.
fn beside_others(section: &Section<'_>, before: &[Section<'_>], file: FileKind) -> Option<Difference> {
    let line = section.line;
    // Python's own exception: sections of that name are merged.
    let is_alike = |other: &&Section<'_>| other.raw_name == section.raw_name && section.raw_name != "DEFAULT";
    if let Some(first) = before.iter().find(is_alike) {
        return Some(Difference {
            line,
            rule: Rule::DuplicateSection,
            what: format!(
                "`[{}]` is there already in line {}: botocore (the AWS CLI, boto3) can't read the whole file",
                section.name, first.line
            ),
            remedy: "join the two sections".to_owned(),
        });
    }
    let identity = identity(section.name, file);
    let first =
        before.iter().find(|other| identity.is_some() && self::identity(other.name, file) == identity)?;
    let is_prefixed = |name| file == FileKind::Config && section_of_config(name).is_some();
    let (rule, what) = if is_prefixed(section.name) != is_prefixed(first.name) {
        let what = format!(
            "`[{}]` beside `[{}]` in line {}: the SDKs take the one with `profile ` alone, botocore (the AWS CLI, boto3) the later one alone",
            section.name, first.name, first.line
        );
        (Rule::TwoDefaults, what)
    } else {
        let botocore = match file {
            FileKind::Config => "takes one of them alone",
            FileKind::Credentials => "takes them for two profiles",
        };
        let what = format!(
            "`[{}]` is the profile of line {} in another spelling: the Rust SDK mixes the two at random, botocore (the AWS CLI, boto3) {botocore}",
            section.raw_name, first.line
        );
        (Rule::TwoSpellings, what)
    };
    Some(Difference { line, rule, what, remedy: "join the two sections".to_owned() })
}

/// What a section is about, so that two spellings of it are alike; none where that is nothing to us.
fn identity(name: &str, file: FileKind) -> Option<(String, String)> {
    // As the SDK does, which trims all white space here, and no more than spaces and tabs elsewhere.
    let name = name.trim();
    match (file, section_of_config(name)) {
        (FileKind::Credentials, _) => Some((String::new(), name.to_owned())),
        (FileKind::Config, Some((kind, name))) => Some((kind.to_owned(), name.trim().to_owned())),
        (FileKind::Config, None) => (name == "default").then(|| ("profile".to_owned(), name.to_owned())),
    }
}

fn of_one(section: &Section<'_>, file: FileKind, mut push: impl FnMut(Rule, String, String)) {
    let name = section.name;
    if section.raw_name.is_empty() {
        push(
            Rule::NoName,
            "`[]`: botocore (the AWS CLI, boto3) can't read the whole file".to_owned(),
            "give the section a name".to_owned(),
        );
        return;
    }
    if section.raw_name != name {
        push(
            Rule::SpacesInBrackets,
            format!(
                "the spaces within the brackets of `[{}]`: botocore and the JavaScript SDK take them as a part of the name",
                section.raw_name
            ),
            format!("write `[{name}]`"),
        );
    }
    if section.has_bracket_in_comment() {
        push(
            Rule::BracketInComment,
            format!("the `]` in the comment after `[{name}]`: botocore takes all up to it as the name"),
            "put the comment on a line of its own".to_owned(),
        );
    }
    if has_odd_space(section.header_text) {
        push(
            Rule::OddSpace,
            format!(
                "`[{name}]` has white space that is neither a space nor a tab: tools differ about where the name ends"
            ),
            "type the line anew".to_owned(),
        );
    }
    if section.raw_name == "DEFAULT" {
        push(
            Rule::DefaultForAll,
            "`[DEFAULT]`: botocore gives its keys to every profile".to_owned(),
            "rename it, or write `[default]` in small letters".to_owned(),
        );
        return;
    }
    match file {
        FileKind::Credentials => of_credentials(name, push),
        FileKind::Config => of_config(name, push),
    }
}

fn of_credentials(name: &str, mut push: impl FnMut(Rule, String, String)) {
    if let Some(profile) = name.strip_prefix("profile").filter(|rest| rest.starts_with([' ', '\t'])) {
        push(
            Rule::ProfileInCredentials,
            format!("`[{name}]`: in the credentials file a name has no `profile ` in front"),
            format!("write `[{}]`", profile.trim()),
        );
    } else if !is_identifier(name) {
        push(
            Rule::OddName,
            format!("the name `{name}`: the Rust and JavaScript SDKs leave such a profile out"),
            "use letters, digits and _-/.%@:+ alone".to_owned(),
        );
    }
}

fn of_config(name: &str, mut push: impl FnMut(Rule, String, String)) {
    let Some((kind, rest)) = name.split_once([' ', '\t']) else {
        if name != "default" {
            push(
                Rule::NoPrefix,
                format!(
                    "`[{name}]`: every tool leaves it out, since a profile in the config file has `profile ` in front"
                ),
                format!("write `[profile {name}]`"),
            );
        }
        return;
    };
    let rest = rest.trim();
    for word in ["profile", "services"] {
        if kind.starts_with(word) && kind != word {
            push(
                Rule::LooksLikePrefix,
                format!("`[{name}]`: botocore reads it as `[{word} {rest}]`, the SDKs leave it out"),
                format!("write `[{word} {rest}]`, or another word in front"),
            );
        }
    }
    if !["profile", "services"].contains(&kind) {
        return;
    }
    let of = if kind == "profile" { "profile" } else { "section" };
    if !is_identifier(rest) {
        push(
            Rule::OddName,
            format!("the name `{rest}`: the Rust and JavaScript SDKs leave such a {of} out"),
            "use letters, digits and _-/.%@:+ alone".to_owned(),
        );
    }
    if !is_one_word_of_the_shell(rest) {
        push(
            Rule::ShellWords,
            format!(
                "the name `{rest}`: botocore reads it as a shell would, and leaves out what is not one word"
            ),
            format!("write `[{kind} \"NAME\"]`, without backslashes and further quotes"),
        );
    }
}

/// `a`, `"a b"` and `'a b'`: what means the same to us and to Python's shlex.
fn is_one_word_of_the_shell(name: &str) -> bool {
    let quoted = ['"', '\''].iter().find_map(|quote| name.strip_prefix(*quote)?.strip_suffix(*quote));
    let has = |text: &str, chars: &[char]| text.contains(chars);
    match quoted {
        Some(text) => !has(text, &['"', '\'', '\\']),
        None => !has(name, &['"', '\'', '\\', ' ', '\t']),
    }
}
