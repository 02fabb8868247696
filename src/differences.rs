//! Pure: what AWS's tools read differently in one of the user's files, as measured with botocore,
//! the Rust, Go and JavaScript SDKs. For `doctor`; decides nothing.
//!
//! `tests/grammar` holds these rules against botocore and the Rust SDK themselves: a file that they
//! read otherwise than we do, and that no rule here explains, is a failure there.

mod headers;
mod properties;

use crate::ini::{Document, is_odd_space};
use crate::profiles::FileKind;

/// A place that not all tools read alike.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// 1-based.
    pub line: usize,
    pub rule: Rule,
    pub what: String,
    pub remedy: String,
}

/// The kinds of such places. docs/grammar.md shows what each tool makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    DuplicateSection,
    /// `[profile a]` and `[profile "a"]`, `[a]` and `[ a ]`.
    TwoSpellings,
    /// `[default]` and `[profile default]`.
    TwoDefaults,
    NoName,
    SpacesInBrackets,
    BracketInComment,
    /// `[DEFAULT]`.
    DefaultForAll,
    ProfileInCredentials,
    NoPrefix,
    /// `[profiles x]`, `[services-old x]`.
    LooksLikePrefix,
    OddName,
    /// Quotes, backslashes and spaces in the name of a config profile.
    ShellWords,
    DuplicateKey,
    InlineComment,
    OddKey,
    ColonInKey,
    Continuation,
    IndentedComment,
    /// `sts = endpoint_url = …` in `[services x]`.
    NestedInLine,
    /// White space that is neither a space nor a tab.
    OddSpace,
    SecurityToken,
}

impl Rule {
    pub const ALL: [Self; 21] = [
        Self::DuplicateSection,
        Self::TwoSpellings,
        Self::TwoDefaults,
        Self::NoName,
        Self::SpacesInBrackets,
        Self::BracketInComment,
        Self::DefaultForAll,
        Self::ProfileInCredentials,
        Self::NoPrefix,
        Self::LooksLikePrefix,
        Self::OddName,
        Self::ShellWords,
        Self::DuplicateKey,
        Self::InlineComment,
        Self::OddKey,
        Self::ColonInKey,
        Self::Continuation,
        Self::IndentedComment,
        Self::NestedInLine,
        Self::OddSpace,
        Self::SecurityToken,
    ];
}

/// All of them, in the order of the lines.
pub fn differences(document: &Document<'_>, text: &str, file: FileKind) -> Vec<Difference> {
    let mut found = headers::of_all(document, file);
    for (index, section) in document.sections.iter().enumerate() {
        found.extend(properties::of(section, &document.sections[..index], text, file));
    }
    found.sort_by_key(|difference| difference.line);
    found
}

/// The Rust SDK's identifier: `[A-Za-z0-9_\-/.%@:+]+`.
fn is_identifier(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c))
}

fn has_odd_space(text: &str) -> bool {
    text.trim_end_matches(['\n', '\r']).contains(is_odd_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, file: FileKind) -> Vec<(usize, Rule)> {
        let document = crate::ini::parse(text.as_bytes()).expect("well-formed");
        let found = differences(&document, text, file);
        found.into_iter().map(|difference| (difference.line, difference.rule)).collect()
    }

    #[test]
    fn finds_what_tools_read_differently() {
        let text = "[a]\nk = v\n[ b ]\nk = v # c\nK = w\n[a]\n[DEFAULT]\n[profile c]\n[d e]\naws_security_token = t\nregion = x\n  y\n";
        let found: Vec<_> = lines(text, FileKind::Credentials).into_iter().map(|(line, _)| line).collect();
        assert_eq!(found, [3, 4, 5, 6, 7, 8, 9, 10, 12]);
        let both = lines("[DEFAULT]\nk = v\n[DEFAULT]\nk = w\n", FileKind::Credentials);
        let keys: Vec<_> = both.into_iter().filter(|(_, rule)| *rule == Rule::DuplicateKey).collect();
        assert_eq!(keys, [(4, Rule::DuplicateKey)], "to Python they are one section");
        let config = "[default]\n[foo]\n[profile a b]\n[profile c]\ns3 =\n  a = b\n[sso-session s]\n";
        assert_eq!(
            lines(config, FileKind::Config),
            [(2, Rule::NoPrefix), (3, Rule::OddName), (3, Rule::ShellWords)]
        );
    }

    #[test]
    fn a_comment_is_found_whatever_it_says() {
        for value in ["v # v", "# v", "v ;v", "v # c"] {
            let found = lines(&format!("[a]\nk = {value}\n"), FileKind::Credentials);
            assert_eq!(found, [(2, Rule::InlineComment)], "{value}");
        }
    }

    #[test]
    fn is_silent_about_a_file_that_all_read_alike() {
        let text = "# c\n[default]\naws_access_key_id = A\naws_secret_access_key = A1#c \t\r\n\n[team/prod] # c\nregion=x\n";
        assert_eq!(lines(text, FileKind::Credentials), []);
        let config = "[profile a] ; c\ns3 =\n  x = 1\n\n[services s]\n[sso-session t]\n[default]\n";
        assert_eq!(lines(config, FileKind::Config), []);
    }
}
