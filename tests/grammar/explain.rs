//! Which difference between two readings is explained by what `doctor` says of the files.

use std::collections::BTreeSet;

use mfa_env::differences::{Difference, Rule, differences};
use mfa_env::ini::{self, Document, Section};
use mfa_env::profiles::FileKind;

use crate::readers::{Files, Reader, Reading};

/// What `doctor` says of a pair of files that we can read.
pub struct Said {
    by_file: Vec<OfFile>,
}

struct OfFile {
    sections: Vec<OfSection>,
    found: Vec<Difference>,
}

struct OfSection {
    lines: std::ops::RangeInclusive<usize>,
    /// What a tool may take as its name.
    names: BTreeSet<String>,
    /// Line, and what a tool may take as the key there.
    keys: Vec<(usize, BTreeSet<String>)>,
}

impl Said {
    pub fn of(files: &Files) -> Self {
        let by_file = files.with_kind().into_iter().map(|(file, bytes)| {
            let document = ini::parse(bytes).expect("we can read it");
            let text = std::str::from_utf8(bytes).expect("we can read it");
            OfFile { sections: sections(&document, text, file), found: differences(&document, text, file) }
        });
        Self { by_file: by_file.collect() }
    }

    pub fn rules(&self) -> BTreeSet<Rule> {
        self.all().map(|difference| difference.rule).collect()
    }

    pub fn all(&self) -> impl Iterator<Item = &Difference> {
        self.by_file.iter().flat_map(|file| &file.found)
    }

    /// Whether botocore can, and whether it must fail on one of the files.
    pub fn fatal(&self) -> (bool, bool) {
        let rules = self.rules();
        let has = |rule| rules.contains(&rule);
        // Where botocore sees other lines than we do, two that are alike for us need not be so for it.
        let sees_other_lines = has(Rule::OddSpace) || has(Rule::BracketInComment) || has(Rule::ColonInKey);
        let is_fatal = has(Rule::DuplicateSection) || has(Rule::DuplicateKey) || has(Rule::NoName);
        (is_fatal || sees_other_lines || has(Rule::OddKey), is_fatal && !sees_other_lines)
    }

    /// Whether a rule says that `reader` may read this key of this profile otherwise than we do;
    /// no key: whether it has the profile at all.
    pub fn explains(&self, reader: Reader, profile: &str, key: Option<&str>) -> bool {
        self.by_file.iter().any(|file| {
            file.found.iter().any(|difference| {
                let Some(section) = file.sections.iter().find(|s| s.lines.contains(&difference.line)) else {
                    return false;
                };
                let of_profile = section.names.contains(profile);
                let of_key = || {
                    let at = section.keys.iter().rev().find(|(line, _)| *line <= difference.line);
                    at.is_some_and(|(_, keys)| key.is_some_and(|key| keys.contains(key)))
                };
                let in_section = || key.is_some_and(|key| section.keys.iter().any(|(_, k)| k.contains(key)));
                match (difference.rule, reader) {
                    (Rule::DefaultForAll, Reader::Botocore) => of_profile || in_section(),
                    (Rule::TwoSpellings | Rule::OddSpace, _) => of_profile,
                    (
                        Rule::TwoDefaults
                        | Rule::SpacesInBrackets
                        | Rule::BracketInComment
                        | Rule::LooksLikePrefix
                        | Rule::ShellWords,
                        Reader::Botocore,
                    )
                    | (Rule::OddName | Rule::ProfileInCredentials, Reader::RustSdk) => of_profile,
                    (
                        Rule::InlineComment
                        | Rule::ColonInKey
                        | Rule::Continuation
                        | Rule::IndentedComment
                        | Rule::NestedInLine,
                        Reader::Botocore,
                    )
                    | (Rule::OddKey, _) => of_profile && of_key(),
                    _ => false,
                }
            })
        })
    }

    /// The differences between what we read and what `reader` does that nothing explains.
    pub fn unexplained(&self, reader: Reader, ours: &Reading, theirs: &Reading) -> Vec<String> {
        unexplained(reader, ours, theirs, |name, key| self.explains(reader, name, key))
    }
}

/// All differences: what would be unexplained if there were no rules.
pub fn differences_of(reader: Reader, ours: &Reading, theirs: &Reading) -> Vec<String> {
    unexplained(reader, ours, theirs, |_, _| false)
}

fn unexplained(
    reader: Reader,
    ours: &Reading,
    theirs: &Reading,
    explains: impl Fn(&str, Option<&str>) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    let names: BTreeSet<_> = ours.profiles.keys().chain(theirs.profiles.keys()).collect();
    for name in names {
        let (our, their) = (ours.profiles.get(name), theirs.profiles.get(name));
        if our.is_some() && their.is_none() && is_before_first_login(ours, name) {
            continue;
        }
        if our.is_some() != their.is_some() && !explains(name, None) {
            found.push(format!("profile {name:?}: we {our:?}, {reader:?} {their:?}"));
        }
        let (Some(our), Some(their)) = (our, their) else { continue };
        let keys: BTreeSet<_> = our.keys().chain(their.keys()).collect();
        for key in keys.into_iter().filter(|key| our.get(*key) != their.get(*key)) {
            if !explains(name, Some(key)) {
                let (our, their) = (our.get(key), their.get(key));
                found.push(format!("{key:?} of {name:?}: we {our:?}, {reader:?} {their:?}"));
            }
        }
    }
    let services: BTreeSet<_> = ours.sts_endpoints.keys().chain(theirs.sts_endpoints.keys()).collect();
    for name in services {
        let (our, their) = (ours.sts_endpoints.get(name), theirs.sts_endpoints.get(name));
        if our != their && !explains(name, Some("sts")) {
            found.push(format!("endpoint of {name:?}: we {our:?}, {reader:?} {their:?}"));
        }
    }
    found
}

/// A profile of aws-mfa's layout that is in no file until its first login: we list it, since one can
/// log in to it.
fn is_before_first_login(ours: &Reading, name: &str) -> bool {
    ours.profiles[name].is_empty() && ours.profiles.contains_key(&format!("{name}-long-term"))
}

fn sections(document: &Document<'_>, text: &str, file: FileKind) -> Vec<OfSection> {
    let mut found = Vec::new();
    for (index, section) in document.sections.iter().enumerate() {
        let end = document.sections.get(index + 1).map_or(usize::MAX, |next| next.line - 1);
        let keys = section.properties.iter().map(|property| {
            let until_colon = property.key.split(':').next().unwrap_or_default();
            // Python trims more than Rust does: U+001F, for one.
            fn trim(text: &str) -> &str {
                text.trim_matches(|c: char| c.is_whitespace() || ini::is_odd_space(c))
            }
            let spellings = [&*property.key, trim(&property.key), until_colon, trim(until_colon)];
            (
                property.line,
                spellings.iter().flat_map(|key| [(*key).to_owned(), key.to_lowercase()]).collect(),
            )
        });
        let names = names(section, text, file);
        found.push(OfSection { lines: section.line..=end, names, keys: keys.collect() });
    }
    found
}

/// All that a tool may make of the text between the brackets.
fn names(section: &Section<'_>, text: &str, file: FileKind) -> BTreeSet<String> {
    let header = &text[section.header.clone()];
    let start = header.find('[').expect("a header has its bracket") + 1;
    let until_last = &header[start..header.rfind(']').expect("a header has both brackets")];
    let mut names = BTreeSet::new();
    for name in [section.raw_name, until_last] {
        let own = match file {
            FileKind::Credentials => name,
            FileKind::Config => {
                name.trim_matches([' ', '\t']).split_once([' ', '\t']).map_or(name, |(_, n)| n)
            }
        };
        let bare = own.trim_matches([' ', '\t']);
        let unquoted = ['"', '\''].iter().find_map(|q| bare.strip_prefix(*q)?.strip_suffix(*q));
        names.extend([own, bare, own.trim(), unquoted.unwrap_or(bare)].map(str::to_owned));
        names.insert(bare.replace(['"', '\''], ""));
        names.insert(bare.replace(['"', '\'', '\\'], ""));
        names.insert(by_shlex(bare));
    }
    names
}

/// Python's `shlex.split`, all of it as one word.
fn by_shlex(text: &str) -> String {
    let (mut word, mut quote, mut rest) = (String::new(), None, text.chars().peekable());
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            (None, '\\') => word.extend(rest.next()),
            (Some('"'), '\\') if matches!(rest.peek(), Some('"' | '\\')) => word.extend(rest.next()),
            _ => word.push(c),
        }
    }
    word
}
