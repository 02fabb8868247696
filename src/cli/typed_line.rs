//! A half-typed line, as the shell reads it that completes it.

use crate::shell::Shell;

/// A half-typed line, as its shell reads it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TypedLine {
    /// The complete words after the command's name.
    pub words: Vec<String>,
    /// The word at the cursor so far, without its quotes.
    pub word: String,
    /// The open quote of that word.
    pub quote: Option<char>,
    /// How many characters of that word the shell keeps. It replaces the rest by a candidate.
    pub kept: usize,
}

impl TypedLine {
    /// `breaks` are the characters at which bash starts a new word to complete (`COMP_WORDBREAKS`); empty for
    /// other shells.
    pub fn read(text: &str, shell: Shell, breaks: &str) -> Self {
        let mut line = Self::split(text, shell, breaks);
        // The name may be an alias. Assignments may come before it, and in fish a keyword.
        let is_ours = |word: &String| word.rsplit('/').next() == Some("mfa-env");
        let is_assignment = |word: &String| word.contains('=');
        let name = line.words.iter().position(is_ours);
        let name = name.or_else(|| line.words.iter().position(|word| !is_assignment(word)));
        line.words.drain(..name.map_or(line.words.len(), |at| at + 1));
        line
    }

    /// Like `read`, with the command's name and the words before it.
    fn split(text: &str, shell: Shell, breaks: &str) -> Self {
        let mut line = Self::default();
        let mut is_word = false;
        let mut text = text.chars();
        while let Some(c) = text.next() {
            match (line.quote, c) {
                (Some(open), c) if c == open => {
                    line.quote = None;
                    continue;
                }
                (None, '\'' | '"') => {
                    (line.quote, line.kept) = (Some(c), line.word.chars().count());
                    is_word = true;
                    continue;
                }
                (None, c) if c.is_whitespace() => {
                    if is_word {
                        line.words.push(std::mem::take(&mut line.word));
                    }
                    (is_word, line.kept) = (false, 0);
                    continue;
                }
                (quote, '\\') if quote != Some('\'') || shell == Shell::Fish => {
                    let Some(next) = text.next() else { break };
                    let is_escape = match quote {
                        None => true,
                        Some('\'') => "'\\".contains(next),
                        Some(_) => "\\\"$`".contains(next),
                    };
                    if !is_escape {
                        line.word.push(c);
                    }
                    line.word.push(next);
                }
                (None, c) if breaks.contains(c) => {
                    // readline treats these two as part of the word, for host names and variables.
                    line.kept = line.word.chars().count() + usize::from(!"@$".contains(c));
                    line.word.push(c);
                }
                (_, c) => line.word.push(c),
            }
            is_word = true;
        }
        line
    }
}

/// The words of a complete command line; none if a quote is open at its end.
pub fn words(line: &str) -> Vec<String> {
    let line = TypedLine::split(&format!("{line} "), Shell::Posix, "");
    if line.quote.is_some() { Vec::new() } else { line.words }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// bash's default `COMP_WORDBREAKS`.
    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn read(text: &str, shell: Shell) -> (Vec<String>, String, Option<char>, usize) {
        let TypedLine { words, word, quote, kept } =
            TypedLine::read(text, shell, if shell == Shell::Bash { BREAKS } else { "" });
        (words, word, quote, kept)
    }

    #[test]
    fn reads_the_word_at_the_cursor_as_bash_does() {
        for (typed, word, quote, kept) in [
            ("", "", None, 0),
            ("pr", "pr", None, 0),
            ("a\\ b", "a b", None, 0),
            ("'a b", "a b", Some('\''), 0),
            ("\"it's", "it's", Some('"'), 0),
            ("\"a\\$\\x", "a$\\x", Some('"'), 0),
            ("'a\\", "a\\", Some('\''), 0),
            ("a\\", "a", None, 0),
            ("team:pr", "team:pr", None, 5),
            ("'team:pr", "team:pr", Some('\''), 0),
            ("user@c", "user@c", None, 4),
            ("--profile=team:p", "--profile=team:p", None, 15),
            ("--profile='a b", "--profile=a b", Some('\''), 10),
            ("übär:ü", "übär:ü", None, 5),
            ("~x", "~x", None, 0),
        ] {
            let expected = (Vec::new(), word.to_owned(), quote, kept);
            assert_eq!(read(&format!("mfa-env {typed}"), Shell::Bash), expected, "{typed}");
        }
    }

    #[test]
    fn reads_the_words_before_it() {
        for (typed, words) in [
            ("mfa-env ", &[][..]),
            ("X=1 Y='a b' mfa-env ", &[]),
            ("/usr/bin/mfa-env prod ", &["prod"]),
            ("m prod  -w ", &["prod", "-w"]),
            ("and mfa-env 'a b' \"\" ", &["a b", ""]),
            ("mfa-env a=b ", &["a=b"]),
            ("", &[]),
        ] {
            assert_eq!(read(typed, Shell::Fish).0, words, "{typed}");
        }
    }

    #[test]
    fn fish_has_escapes_in_single_quotes() {
        assert_eq!(read(r"mfa-env 'it\'s a\\b\n", Shell::Fish).1, r"it's a\b\n");
        assert_eq!(read(r"mfa-env 'a\\", Shell::Zsh).1, r"a\\");
    }
}
