//! Pure: the line by which a shell loads us as it starts, the file that the line belongs in, and the
//! command that adds it there.

use crate::shell::{Interactive, Shell};

/// The shell, if there is such a line for it.
pub fn interactive(shell: Shell) -> Option<Interactive> {
    let known = [Interactive::Bash, Interactive::Zsh, Interactive::Fish];
    known.into_iter().find(|known| Shell::from(*known) == shell)
}

/// The line of `mfa-env init --help`.
pub fn line(shell: Interactive) -> &'static str {
    match shell {
        Interactive::Bash => "eval \"$(mfa-env init bash)\"",
        Interactive::Zsh => "eval \"$(mfa-env init zsh)\"",
        Interactive::Fish => "mfa-env init fish | source",
    }
}

/// The file, where it is by default.
pub fn file(shell: Interactive) -> &'static str {
    match shell {
        // A terminal of macOS starts bash as a login shell.
        Interactive::Bash if cfg!(target_os = "macos") => "~/.bash_profile",
        Interactive::Bash => "~/.bashrc",
        Interactive::Zsh => "~/.zshrc",
        // Not conf.d, which is read before config.fish: PATH may be set there, and the prompt.
        Interactive::Fish => "~/.config/fish/config.fish",
    }
}

/// A command for that shell. It starts a new line, since a file may end without a line ending.
pub fn command_to_add(shell: Interactive) -> String {
    let print = format!("printf '\\n%s\\n' '{}'", line(shell));
    match shell {
        Interactive::Bash => format!("{print} >> {}", file(shell)),
        Interactive::Zsh => format!("{print} >> \"${{ZDOTDIR:-$HOME}}/.zshrc\""),
        Interactive::Fish => {
            format!("mkdir -p $__fish_config_dir; and {print} >> $__fish_config_dir/config.fish")
        }
    }
}
