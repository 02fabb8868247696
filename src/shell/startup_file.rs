//! Pure: the line that makes a shell load mfa-env, its start-up file, and the command that adds the line.

use crate::shell::Shell;

pub struct StartupLine {
    /// The line of `mfa-env init --help`.
    pub line: &'static str,
    /// The default path of the file.
    pub file: &'static str,
    /// Makes the folder, which a new user may not have.
    make_folder: &'static str,
    /// The file, as the shell itself finds it.
    file_of_shell: &'static str,
}

impl StartupLine {
    /// `None` for a shell without our prompt segment.
    pub fn of(shell: Shell) -> Option<Self> {
        let (line, file, make_folder, file_of_shell) = match shell {
            // Terminals in macOS start bash as a login shell.
            Shell::Bash if cfg!(target_os = "macos") => {
                ("eval \"$(mfa-env init bash)\"", "~/.bash_profile", "", "~/.bash_profile")
            }
            Shell::Bash => ("eval \"$(mfa-env init bash)\"", "~/.bashrc", "", "~/.bashrc"),
            Shell::Zsh => ("eval \"$(mfa-env init zsh)\"", "~/.zshrc", "", "\"${ZDOTDIR:-$HOME}/.zshrc\""),
            // Not conf.d, which is read before config.fish: that may set PATH and the prompt.
            Shell::Fish => (
                "mfa-env init fish | source",
                "~/.config/fish/config.fish",
                "mkdir -p $__fish_config_dir; and ",
                "$__fish_config_dir/config.fish",
            ),
            Shell::Posix | Shell::Elvish | Shell::Nu => return None,
        };
        Some(Self { line, file, make_folder, file_of_shell })
    }

    /// The command for that shell. It starts with a new line, since the file may end without a line ending.
    pub fn command_to_add(&self) -> String {
        let Self { line, file_of_shell, make_folder, .. } = self;
        format!("{make_folder}printf '\\n%s\\n' '{line}' >> {file_of_shell}")
    }
}
