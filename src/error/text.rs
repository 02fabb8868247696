//! Makes untrusted text fit for a terminal and for a message.

use std::fmt::Write as _;
use std::sync::OnceLock;

/// Escapes control and invisible characters in untrusted text: a profile name, a path, STS's message.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_control_or_invisible(c) {
            write!(out, "{}", c.escape_unicode()).expect("writing to a String can't fail");
        } else {
            out.push(c);
        }
    }
    out
}

/// The user's home, which messages show as `~`. Global, since every room shows paths.
static HOME: OnceLock<String> = OnceLock::new();

/// Sets the home for messages. Only the first call counts. Ignores the root and relative paths.
pub fn shorten_home(home: &str) {
    let home = home.trim_end_matches('/');
    if home.starts_with('/') {
        let _ = HOME.set(home.to_owned());
    }
}

/// The part of a path after the user's home, starting with the slash.
pub fn after_home(path: &str) -> Option<&str> {
    path.strip_prefix(HOME.get()?.as_str()).filter(|rest| rest.starts_with('/'))
}

/// Text for people: escaped like [`escape`], and with `~` for the user's home at the start of a path.
pub fn for_people(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        match after_home(rest).filter(|_| !before.is_alphanumeric() && !"._-/".contains(before)) {
            Some(after) => {
                out.push('~');
                rest = after;
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        before = c;
    }
    escape(&out)
}

/// Replaces each control or invisible character by `?`, for prompts, questions and lists.
pub fn clean_name(name: &str) -> String {
    name.chars().map(|c| if is_control_or_invisible(c) { '?' } else { c }).collect()
}

/// A value from the user's files, for messages. Any field may hold a secret key by mistake, so this
/// shows only what can't be one: an ARN, or at most 32 characters without `+`, `/` and `=` (a secret
/// access key has 40).
pub fn shown_value(text: &str) -> String {
    const LONGEST: usize = 32;
    let length = text.chars().count();
    if text.starts_with("arn:") || (length <= LONGEST && !text.contains(['+', '/', '='])) {
        escape(text)
    } else {
        format!("({length} characters, not shown)")
    }
}

/// A path from a setting, for messages. Hidden if it may be a secret key or a token, which have at least 40 characters.
pub fn shown_path(path: &str) -> String {
    let in_secret = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    if path.len() >= 40 && path.chars().all(in_secret) { shown_value(path) } else { escape(path) }
}

/// Escapes control and invisible characters in JSON. Programs still read the same text.
pub fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_control_or_invisible(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("writing to a String can't fail");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The control characters C0 and C1 (terminals obey both), line and paragraph separators, format
/// characters without a glyph, and Unicode's `Default_Ignorable_Code_Point` (direction marks,
/// zero-width characters, fillers, tags). Not the variation selectors, which emoji need.
pub fn is_control_or_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cleaned_of_what_steers_a_terminal_or_hides_in_it() {
        // Unicode 16, DerivedCoreProperties.txt, Default_Ignorable_Code_Point, without FE00 to FE0F.
        let ignorable = [
            '\u{ad}'..='\u{ad}',
            '\u{34f}'..='\u{34f}',
            '\u{61c}'..='\u{61c}',
            '\u{115f}'..='\u{1160}',
            '\u{17b4}'..='\u{17b5}',
            '\u{180b}'..='\u{180f}',
            '\u{200b}'..='\u{200f}',
            '\u{202a}'..='\u{202e}',
            '\u{2060}'..='\u{206f}',
            '\u{3164}'..='\u{3164}',
            '\u{feff}'..='\u{feff}',
            '\u{ffa0}'..='\u{ffa0}',
            '\u{fff0}'..='\u{fff8}',
            '\u{1bca0}'..='\u{1bca3}',
            '\u{1d173}'..='\u{1d17a}',
            '\u{e0000}'..='\u{e0fff}',
        ];
        let controls = ['\u{0}'..='\u{1f}', '\u{7f}'..='\u{9f}', '\u{2028}'..='\u{2029}'];
        for c in ignorable.into_iter().chain(controls).flatten() {
            assert_eq!(clean_name(&format!("a{c}b")), "a?b", "{}", c.escape_unicode());
        }
        for plain in ["team:prod `x`", "東京", "⚠\u{fe0f} prod", "עברית", "a b?"] {
            assert_eq!(clean_name(plain), plain);
        }
    }

    #[test]
    fn a_value_that_may_be_a_secret_key_is_not_shown() {
        let longest = "A".repeat(32);
        for text in ["AKIAIOSFODNN7EXAMPLE", "eu-west-1", "", "arn:aws:iam::123456789012:mfa/bob", &longest] {
            assert_eq!(shown_value(text), text);
        }
        assert_eq!(shown_value("A\u{1b}B"), "A\\u{1b}B");
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        for secret in [secret, &secret.replace('/', "x")] {
            assert_eq!(shown_value(secret), "(40 characters, not shown)");
        }
        assert_eq!(shown_value("a/b"), "(3 characters, not shown)");
    }

    #[test]
    fn json_says_the_same_without_steering_a_terminal() {
        let text = "a\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{e0041}\u{7f}é⚠\u{fe0f}";
        let json = serde_json::to_string_pretty(&[text]).expect("text has a JSON form");
        let shown = escape_json(&json);
        assert_eq!(shown, "[\n  \"a\\u001b[2J\\u009b31m\\u202e\\u200b\\udb40\\udc41\\u007fé⚠\u{fe0f}\"\n]");
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).expect("JSON"), [text]);
    }
}
