//! `mfa-env init SHELL`: the function, the prompt's segment and the completion, to be evaluated.

use std::path::PathBuf;

use super::Context;
use crate::cli::{self, InitOptions};
use crate::error::{Error, Kind, Result};
use crate::shell::{self, Shell};

/// # Errors
/// Where the text can't be written.
pub fn run(options: &InitOptions, context: &Context) -> Result<()> {
    let binary = path_of_binary()?;
    // clap puts it between double quotes. A path with anything in it that is special there is not
    // used: by its name it is found, too, and the function steps aside where a shell completes.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._+@,:-".contains(c);
    let binary = binary.to_str().filter(|path| path.chars().all(is_plain)).unwrap_or("mfa-env");
    let completion = cli::completion(options.shell, binary);
    let completion = match options.shell {
        // Where compinit has not run there is nothing to register with: it may run later in the user's
        // file, so we look once more before the first prompt. The text is clap's, and breaks at an
        // alias such as `local`.
        Shell::Zsh => format!(
            "function _mfa_env_register {{\n  \
               builtin emulate -L zsh -o no_aliases -o no_xtrace\n  \
               precmd_functions=(${{precmd_functions:#_mfa_env_register}})\n  \
               if builtin whence compdef >/dev/null 2>&1; then\n    \
                 builtin eval {}\n  \
               elif [[ -n ${{1-}} ]]; then\n    \
                 precmd_functions+=(_mfa_env_register)\n  \
               fi\n\
             }}\n\
             _mfa_env_register again\n",
            Shell::Zsh.quote(&completion)
        ),
        Shell::Bash | Shell::Fish | Shell::Elvish | Shell::Nu | Shell::Posix => completion,
    };
    let commands: Vec<_> = cli::command_names().collect();
    context.evaluator.send(&(shell::init_text(options.shell, &commands) + &completion))
}

/// The absolute path by which a shell finds us: the completion calls it, since there `mfa-env` is
/// the function. Where PATH leads to this very file, that path: it outlives an update, which the
/// real file behind a package manager's link does not.
fn path_of_binary() -> Result<PathBuf> {
    let real = std::env::current_exe().map_err(|error| {
        Error::new(Kind::Files, format!("failed to find the path of mfa-env itself: {error}"))
    })?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join("mfa-env"))
        .find(|file| file.canonicalize().is_ok_and(|file| file == real));
    Ok(on_path.unwrap_or(real))
}
