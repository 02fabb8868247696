//! Pure: text that a shell evaluates. Knows quoting, setting, unsetting and failing; not AWS.

mod words;

use std::fmt::Write as _;

use zeroize::Zeroizing;

pub use words::quote;

/// The family of the shell that reads our lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    /// `sh`, dash, ksh and every other shell of POSIX
    Posix,
    Elvish,
    /// csh and tcsh
    #[value(alias = "tcsh")]
    Csh,
    /// nushell, which evaluates nothing: JSON for `from json | load-env`
    #[value(alias = "nushell")]
    Nu,
    /// Python, for `execx`
    Xonsh,
    #[value(alias = "pwsh")]
    Powershell,
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
            "elvish" => Some(Self::Elvish),
            "csh" | "tcsh" => Some(Self::Csh),
            "nu" => Some(Self::Nu),
            "xonsh" => Some(Self::Xonsh),
            "pwsh" => Some(Self::Powershell),
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
            lines.push_str(&Zeroizing::new(self.export(name, value)));
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

    /// One variable; `export NAME='value';` is good in fish, too.
    fn export(self, name: &str, value: &str) -> String {
        match self {
            Self::Bash | Self::Zsh | Self::Fish | Self::Posix => {
                format!("export {name}={};\n", words::quote(value))
            }
            Self::Elvish => format!("set-env {name} {};\n", words::elvish(value)),
            Self::Csh => format!("setenv {name} {};\n", words::csh(value)),
            Self::Nu => format!("\"{name}\": {},\n", words::json(value)),
            // What JSON writes in a string, Python reads.
            Self::Xonsh => format!("${name} = {}\n", words::json(value)),
            Self::Powershell => format!("$env:{name} = {};\n", words::powershell(value)),
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
            Self::Csh => each(&|name| format!("unsetenv {name};\n")),
            // A program that nu starts does not get a variable that is null.
            Self::Nu => each(&|name| format!("\"{name}\": null,\n")),
            Self::Xonsh => each(&|name| format!("${{...}}.pop(\"{name}\", None)\n")),
            Self::Powershell => each(&|name| format!("$env:{name} = $null;\n")),
        }
    }

    /// The line that makes an `eval` end with that status (1 to 255), or throw. `eval ""` would be a
    /// success.
    pub fn fail(self, status: u8) -> String {
        match self {
            Self::Bash | Self::Zsh | Self::Posix | Self::Csh => format!("(exit {status});\n"),
            // fish has no sub-shell to exit from.
            Self::Fish => format!("sh -c 'exit {status}';\n"),
            Self::Elvish => format!("fail 'mfa-env: exit status {status}';\n"),
            // No record: `load-env` fails. `from json` takes nearly every text for something.
            Self::Nu => format!("[\"mfa-env: exit status {status}\"]\n"),
            Self::Xonsh => format!("raise Exception(\"mfa-env: exit status {status}\")\n"),
            Self::Powershell => format!("throw 'mfa-env: exit status {status}';\n"),
        }
    }

    /// What csh's alias evaluates to run us by hand, as it were: with these words, past the alias.
    pub fn csh_command<'w>(words: impl Iterator<Item = std::borrow::Cow<'w, str>>) -> String {
        let words = words.map(|word| words::csh(&word));
        std::iter::once("\\mfa-env".to_owned()).chain(words).collect::<Vec<_>>().join(" ") + ";\n"
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
    /// the alias and the completion
    #[value(alias = "tcsh")]
    Csh,
}

impl From<Loader> for Shell {
    fn from(shell: Loader) -> Self {
        match shell {
            Loader::Bash => Self::Bash,
            Loader::Zsh => Self::Zsh,
            Loader::Fish => Self::Fish,
            Loader::Elvish => Self::Elvish,
            Loader::Nu => Self::Nu,
            Loader::Csh => Self::Csh,
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
        // Without a comment: in csh an `eval` of a command makes one line of what that prints.
        Loader::Csh => include_str!("../shell/mfa-env.csh"),
    }
}

/// What follows clap's registration of the completion.
pub fn after_completion(shell: Loader) -> &'static str {
    match shell {
        Loader::Bash => include_str!("../shell/completion.bash"),
        Loader::Zsh => include_str!("../shell/completion.zsh"),
        Loader::Fish | Loader::Elvish | Loader::Nu | Loader::Csh => "",
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
            ("-tcsh", Some(Shell::Csh)),
            ("nu", Some(Shell::Nu)),
            ("xonsh", Some(Shell::Xonsh)),
            ("make", None),
            ("", None),
        ] {
            assert_eq!(Shell::of_process(name), shell, "{name:?}");
        }
    }

    #[test]
    fn each_shell_sets_and_unsets_in_its_own_words() {
        let set = [("A", Zeroizing::new("it's".to_owned())), ("B", Zeroizing::new("b".to_owned()))];
        for (shell, lines) in [
            (Shell::Posix, "export A='it'\"'\"'s';\nexport B='b';\nunset C D;\n"),
            (Shell::Elvish, "set-env A 'it''s';\nset-env B 'b';\nunset-env C;\nunset-env D;\n"),
            (Shell::Csh, "setenv A 'it'\\''s';\nsetenv B 'b';\nunsetenv C;\nunsetenv D;\n"),
            (Shell::Nu, "{\"A\": \"it's\",\n\"B\": \"b\",\n\"C\": null,\n\"D\": null}\n"),
            (Shell::Xonsh, "$A = \"it's\"\n$B = \"b\"\n${...}.pop(\"C\", None)\n${...}.pop(\"D\", None)\n"),
            (Shell::Powershell, "$env:A = 'it''s';\n$env:B = 'b';\n$env:C = $null;\n$env:D = $null;\n"),
        ] {
            assert_eq!(*shell.lines(&set, &["C", "D"]), lines, "{shell:?}");
        }
        assert_eq!(*Shell::Nu.lines(&[], &[]), "{}\n");
        assert_eq!(*Shell::Posix.lines(&[], &[]), "");
    }
}
