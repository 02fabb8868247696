//! Pure: a text as one word of a shell's language, quoted so that nothing in it is special.

/// For POSIX and fish alike, always quoted: a quote and a backslash go out of the single quotes (fish
/// knows `\'` and `\\` within them, POSIX knows neither), and both read `"'"` and `"\\"` alike.
pub fn quote(text: &str) -> String {
    replaced(text, |c| match c {
        '\'' => Some(r#"'"'"'"#),
        '\\' => Some(r#"'"\\"'"#),
        _ => None,
    })
}

/// In elvish's single quotes only the quote itself is special.
pub(super) fn elvish(text: &str) -> String {
    replaced(text, |c| (c == '\'').then_some("''"))
}

/// Outside the quotes, since csh sees `!` within them, too, and with `backslash_quote` the backslash.
pub(super) fn csh(text: &str) -> String {
    replaced(text, |c| match c {
        '\'' => Some(r"'\''"),
        '\\' => Some(r"'\\'"),
        '!' => Some(r"'\!'"),
        _ => None,
    })
}

pub(super) fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// PowerShell takes four typographic quotes for the plain one (about_Quoting_Rules).
pub(super) fn powershell(text: &str) -> String {
    replaced(text, |c| match c {
        '\'' => Some("''"),
        '\u{2018}' => Some("\u{2018}\u{2018}"),
        '\u{2019}' => Some("\u{2019}\u{2019}"),
        '\u{201a}' => Some("\u{201a}\u{201a}"),
        '\u{201b}' => Some("\u{201b}\u{201b}"),
        _ => None,
    })
}

/// Between single quotes, with some characters put otherwise.
fn replaced(text: &str, put: impl Fn(char) -> Option<&'static str>) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for c in text.chars() {
        match put(c) {
            Some(other) => word.push_str(other),
            None => word.push(c),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_so_that_nothing_is_special() {
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's"), r#"'it'"'"'s'"#);
        assert_eq!(quote(r"a\b"), r#"'a'"\\"'b'"#);
        assert_eq!(quote("$(id)`id`!"), "'$(id)`id`!'");
    }

    #[test]
    fn quotes_in_the_language_of_each_shell() {
        assert_eq!(elvish(r"it's \n $x"), r"'it''s \n $x'");
        assert_eq!(csh(r"it's \n !x"), r"'it'\''s '\\'n '\!'x'");
        assert_eq!(json("it's \"\\\u{1b}"), r#""it's \"\\\u001b""#);
        assert_eq!(powershell("it's ‘a’ ‚b‛ $x `n"), "'it''s ‘‘a’’ ‚‚b‛‛ $x `n'");
    }
}
