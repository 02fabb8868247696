//! Pure: text that a shell evaluates. Knows quoting, setting, unsetting and failing; not AWS.

use std::fmt::Write as _;

use zeroize::Zeroizing;

/// The family of the shell that reads our lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    /// `sh`, dash, ksh and every other shell of POSIX
    Posix,
    Elvish,
    /// nushell, which evaluates nothing: JSON for `from json | load-env`
    #[value(alias = "nushell")]
    Nu,
}

impl Shell {
    /// The shell of that name, by the name of its process or its path: `-zsh`, `/usr/bin/fish`.
    pub fn of_process(name: &str) -> Option<Self> {
        match program_name(name) {
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            "sh" | "dash" | "ksh" | "mksh" | "ash" | "busybox" => Some(Self::Posix),
            "elvish" => Some(Self::Elvish),
            "nu" => Some(Self::Nu),
            _ => None,
        }
    }

    /// The whole text that sets these variables and unsets those, set or not.
    pub fn lines(self, set: &[(&str, Zeroizing<String>)], unset: &[&str]) -> Zeroizing<String> {
        // With room for all of it: a buffer that grows leaves copies behind.
        let mut lines = Zeroizing::new(String::with_capacity(16 * 1024));
        if self == Self::Nu {
            lines.push('{');
        }
        for (name, value) in set {
            lines.push_str(&Zeroizing::new(self.set(name, value)));
        }
        if !unset.is_empty() {
            lines.push_str(&self.unset(unset));
        }
        if self == Self::Nu {
            let end = lines.trim_end_matches(",\n").len();
            lines.truncate(end);
            lines.push_str("}\n");
        }
        lines
    }

    /// A value as one word, always quoted, in which nothing is special.
    pub fn quote(self, text: &str) -> String {
        match self {
            // Quotes and backslashes go outside the single quotes, as `"'"` and `"\\"`: inside them only
            // fish has escapes.
            Self::Bash | Self::Zsh | Self::Fish | Self::Posix => {
                format!("'{}'", text.replace('\'', r#"'"'"'"#).replace('\\', r#"'"\\"'"#))
            }
            Self::Elvish => format!("'{}'", text.replace('\'', "''")),
            Self::Nu => serde_json::Value::from(text).to_string(),
        }
    }

    /// Sets and exports one variable; `export NAME='value';` works in fish, too.
    fn set(self, name: &str, value: &str) -> String {
        let value = Zeroizing::new(self.quote(value));
        match self {
            Self::Bash | Self::Zsh | Self::Fish | Self::Posix => format!("export {name}={};\n", *value),
            Self::Elvish => format!("set-env {name} {};\n", *value),
            Self::Nu => format!("\"{name}\": {},\n", *value),
        }
    }

    fn unset(self, names: &[&str]) -> String {
        let each = |line: &dyn Fn(&str) -> String| names.iter().map(|name| line(name)).collect();
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
            Self::Elvish => each(&|name| format!("unset-env {name};\n")),
            // A program that nu starts does not get a variable that is null.
            Self::Nu => each(&|name| format!("\"{name}\": null,\n")),
        }
    }

    /// The line that makes an `eval` end with that status (1 to 255), or throw. `eval ""` would be a
    /// success.
    pub fn fail(self, status: u8) -> String {
        match self {
            Self::Bash | Self::Zsh | Self::Posix => format!("(exit {status});\n"),
            // fish has no sub-shell to exit from.
            Self::Fish => format!("sh -c 'exit {status}';\n"),
            Self::Elvish => format!("fail 'mfa-env: exit status {status}';\n"),
            // No record: `load-env` fails. `from json` takes nearly every text for something.
            Self::Nu => format!("[\"mfa-env: exit status {status}\"]\n"),
        }
    }
}

/// A shell that can't evaluate our lines: it gets a session from `mfa-env PROFILE -- SHELL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The name of its program.
    pub name: &'static str,
}

impl Unsupported {
    /// A line that fails in csh as in every shell that runs programs by their names.
    pub const FAIL: &str = "false\n";

    /// The shell of that name, by the name of its process or its path.
    pub fn of_process(name: &str) -> Option<Self> {
        let name = match program_name(name) {
            "csh" => "csh",
            "tcsh" => "tcsh",
            "xonsh" => "xonsh",
            "pwsh" | "powershell" => "pwsh",
            _ => return None,
        };
        Some(Self { name })
    }
}

fn program_name(name: &str) -> &str {
    // A login shell's name begins with `-`.
    let name = name.trim().trim_start_matches('-');
    name.rsplit('/').next().unwrap_or(name)
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

/// A shell that loads what `init` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Loader {
    Bash,
    Zsh,
    Fish,
    /// the function and the completion
    Elvish,
    /// the command
    #[value(alias = "nushell")]
    Nu,
}

impl From<Loader> for Shell {
    fn from(shell: Loader) -> Self {
        match shell {
            Loader::Bash => Self::Bash,
            Loader::Zsh => Self::Zsh,
            Loader::Fish => Self::Fish,
            Loader::Elvish => Self::Elvish,
            Loader::Nu => Self::Nu,
        }
    }
}

/// The function and the segment, as they stand in `shell/`.
pub fn init_text(shell: Loader) -> &'static str {
    match shell {
        Loader::Bash => include_str!("../shell/mfa-env.bash"),
        Loader::Zsh => include_str!("../shell/mfa-env.zsh"),
        Loader::Fish => include_str!("../shell/mfa-env.fish"),
        Loader::Elvish => include_str!("../shell/mfa-env.elv"),
        Loader::Nu => include_str!("../shell/mfa-env.nu"),
    }
}

/// What follows clap's registration of the completion.
pub fn after_completion(shell: Loader) -> &'static str {
    match shell {
        Loader::Bash => include_str!("../shell/completion.bash"),
        Loader::Zsh => include_str!("../shell/completion.zsh"),
        Loader::Fish | Loader::Elvish | Loader::Nu => "",
    }
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
            ("nu", Some(Shell::Nu)),
            ("-tcsh", None),
            ("make", None),
            ("", None),
        ] {
            assert_eq!(Shell::of_process(name), shell, "{name:?}");
        }
        for (name, shell) in [
            ("csh", Some("csh")),
            ("-tcsh\n", Some("tcsh")),
            ("/usr/bin/xonsh", Some("xonsh")),
            ("powershell", Some("pwsh")),
            ("bash", None),
            ("make", None),
        ] {
            assert_eq!(Unsupported::of_process(name).map(|shell| shell.name), shell, "{name:?}");
        }
    }

    #[test]
    fn each_shell_sets_and_unsets_in_its_own_words() {
        let set = [("A", Zeroizing::new("it's".to_owned())), ("B", Zeroizing::new("b".to_owned()))];
        for (shell, lines) in [
            (Shell::Posix, "export A='it'\"'\"'s';\nexport B='b';\nunset C D;\n"),
            (Shell::Elvish, "set-env A 'it''s';\nset-env B 'b';\nunset-env C;\nunset-env D;\n"),
            (Shell::Nu, "{\"A\": \"it's\",\n\"B\": \"b\",\n\"C\": null,\n\"D\": null}\n"),
        ] {
            assert_eq!(*shell.lines(&set, &["C", "D"]), lines, "{shell:?}");
        }
        assert_eq!(*Shell::Nu.lines(&[], &[]), "{}\n");
        assert_eq!(*Shell::Posix.lines(&[], &[]), "");
    }

    #[test]
    fn quotes_so_that_nothing_is_special() {
        for (text, posix, elvish, nu) in [
            ("a b", "'a b'", "'a b'", r#""a b""#),
            ("", "''", "''", r#""""#),
            ("it's", r#"'it'"'"'s'"#, "'it''s'", r#""it's""#),
            (r"a\b", r#"'a'"\\"'b'"#, r"'a\b'", r#""a\\b""#),
            ("\"\u{1b}", "'\"\u{1b}'", "'\"\u{1b}'", r#""\"\u001b""#),
            ("$(id)`id`!", "'$(id)`id`!'", "'$(id)`id`!'", r#""$(id)`id`!""#),
        ] {
            assert_eq!(Shell::Posix.quote(text), posix);
            assert_eq!(Shell::Fish.quote(text), posix);
            assert_eq!(Shell::Elvish.quote(text), elvish);
            assert_eq!(Shell::Nu.quote(text), nu);
        }
    }
}
