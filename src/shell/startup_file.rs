//! Pure: the line by which a shell loads us as it starts, the file that the line belongs in, and the
//! command that adds it there.

use crate::shell::Shell;

pub struct StartupLine {
    /// The line of `mfa-env init --help`.
    pub line: &'static str,
    /// The file, where it is by default.
    pub file: &'static str,
    /// Makes the folder, if a new user may have none.
    make_folder: &'static str,
    /// The file as that shell finds it.
    file_of_shell: &'static str,
}

impl StartupLine {
    /// `None` for a shell without a prompt of ours.
    pub fn of(shell: Shell) -> Option<Self> {
        let (line, file, make_folder, file_of_shell) = match shell {
            // A terminal of macOS starts bash as a login shell.
            Shell::Bash if cfg!(target_os = "macos") => {
                ("eval \"$(mfa-env init bash)\"", "~/.bash_profile", "", "~/.bash_profile")
            }
            Shell::Bash => ("eval \"$(mfa-env init bash)\"", "~/.bashrc", "", "~/.bashrc"),
            Shell::Zsh => ("eval \"$(mfa-env init zsh)\"", "~/.zshrc", "", "\"${ZDOTDIR:-$HOME}/.zshrc\""),
            // Not conf.d, which is read before config.fish: PATH may be set there, and the prompt.
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

    /// A command for that shell. It starts a new line, since a file may end without a line ending.
    pub fn command_to_add(&self) -> String {
        let Self { line, file_of_shell, make_folder, .. } = self;
        format!("{make_folder}printf '\\n%s\\n' '{line}' >> {file_of_shell}")
    }
}
