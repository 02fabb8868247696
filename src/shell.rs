//! Pure: text that a shell evaluates. Knows quoting, setting, unsetting and failing; not AWS.

use std::fmt::Write as _;

/// The family of the shell that reads our lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    /// `sh`, dash, ksh and every other shell of POSIX
    Posix,
}

impl Shell {
    /// The shell of that name, by the name of its process or its path: `-zsh`, `/usr/bin/fish`.
    pub fn of_process(name: &str) -> Option<Self> {
        let name = name.trim().trim_start_matches('-');
        match name.rsplit('/').next().unwrap_or(name) {
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            "sh" | "dash" | "ksh" | "mksh" | "ash" | "busybox" => Some(Self::Posix),
            _ => None,
        }
    }

    /// `export NAME='value';`: good in fish, too.
    pub fn export(self, name: &str, value: &str) -> String {
        format!("export {name}={};\n", quote(value))
    }

    /// Lines that unset these, set or not.
    pub fn unset(self, names: &[&str]) -> String {
        match self {
            Self::Bash | Self::Zsh | Self::Posix => format!("unset {};\n", names.join(" ")),
            // `set -e` of a name that is not set has a status other than 0, and takes each scope
            // by itself: an exported variable of ours is global.
            Self::Fish => {
                let mut lines = String::new();
                for name in names {
                    writeln!(lines, "set -q {name}; and set -eg {name};")
                        .expect("a String takes all that is written");
                }
                lines.push_str("true;\n");
                lines
            }
        }
    }

    /// The line that makes an `eval` end with that status (1 to 255). `eval ""` would be a success.
    pub fn fail(self, status: u8) -> String {
        match self {
            Self::Bash | Self::Zsh | Self::Posix => format!("(exit {status});\n"),
            // fish has no sub-shell to exit from.
            Self::Fish => format!("sh -c 'exit {status}';\n"),
        }
    }
}

/// A shell with a prompt, for which there is a function, a segment and a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Interactive {
    Bash,
    Zsh,
    Fish,
}

impl Interactive {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }
}

impl From<Interactive> for Shell {
    fn from(shell: Interactive) -> Self {
        match shell {
            Interactive::Bash => Self::Bash,
            Interactive::Zsh => Self::Zsh,
            Interactive::Fish => Self::Fish,
        }
    }
}

/// The function and the segment, as they stand in `shell/`.
pub fn init_text(shell: Interactive) -> &'static str {
    match shell {
        Interactive::Bash => include_str!("../shell/mfa-env.bash"),
        Interactive::Zsh => include_str!("../shell/mfa-env.zsh"),
        Interactive::Fish => include_str!("../shell/mfa-env.fish"),
    }
}

/// What follows clap's registration of the completion.
pub fn after_completion(shell: Interactive) -> &'static str {
    match shell {
        Interactive::Bash => include_str!("../shell/completion.bash"),
        Interactive::Zsh => include_str!("../shell/completion.zsh"),
        Interactive::Fish => "",
    }
}

/// A word for any of these shells, always quoted: a quote and a backslash go out of the single
/// quotes (fish knows `\'` and `\\` within them, POSIX knows neither), and both read `"'"` and
/// `"\\"` alike.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str(r#"'"'"'"#),
            '\\' => quoted.push_str(r#"'"\\"'"#),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_shells_by_the_names_of_their_processes() {
        for (name, shell) in [
            ("bash", Some(Shell::Bash)),
            ("-zsh\n", Some(Shell::Zsh)),
            ("/usr/local/bin/fish", Some(Shell::Fish)),
            ("dash", Some(Shell::Posix)),
            ("make", None),
            ("", None),
        ] {
            assert_eq!(Shell::of_process(name), shell, "{name:?}");
        }
    }

    #[test]
    fn quotes_so_that_nothing_is_special() {
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's"), r#"'it'"'"'s'"#);
        assert_eq!(quote(r"a\b"), r#"'a'"\\"'b'"#);
        assert_eq!(quote("$(id)`id`!"), "'$(id)`id`!'");
    }
}
