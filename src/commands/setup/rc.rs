//! The line that loads us in the shell's own file: which file, whether it is there, adding it.

use std::path::{Path, PathBuf};

use crate::commands::Context;
use crate::environment::Environment;
use crate::error::Result;
use crate::files::{self, Edit, Target};
use crate::rc_file;
use crate::shell::{Interactive, Shell};

/// What there is to do for a shell.
#[derive(Debug, PartialEq, Eq)]
pub enum Rc {
    /// The function called us, or a file of the shell has the line.
    Loaded,
    Add {
        shell: Interactive,
        path: PathBuf,
    },
    /// No shell that we have a function for.
    NoShell,
    /// The shell would not find us by our name.
    NotOnPath,
}

impl Rc {
    /// # Errors
    /// Where the home or a file can't be read.
    pub fn find(option: Option<Interactive>, context: &Context) -> Result<Self> {
        let environment = &context.environment;
        if option.is_none() && context.evaluator.is_function() {
            return Ok(Self::Loaded);
        }
        let of_login = || Shell::of_process(environment.get("SHELL")?).and_then(interactive);
        let shell = option.or_else(|| interactive(context.evaluator.shell.ok()?)).or_else(of_login);
        let Some(shell) = shell else { return Ok(Self::NoShell) };
        if is_in_a_file(shell, environment)? {
            return Ok(Self::Loaded);
        }
        if !is_on_path() {
            return Ok(Self::NotOnPath);
        }
        Ok(Self::Add { shell, path: own(shell, environment)? })
    }
}

/// The line that loads us, of a shell in whose files it is.
pub fn line_that_loads(shell: Shell, environment: &Environment) -> Option<&'static str> {
    let shell = interactive(shell)?;
    is_in_a_file(shell, environment).ok()?.then(|| rc_file::line(shell))
}

fn is_in_a_file(shell: Interactive, environment: &Environment) -> Result<bool> {
    // A directory of that name is no file of a shell's.
    let loads = |path: &PathBuf| files::read(path).ok().flatten().is_some_and(|bytes| rc_file::loads(&bytes));
    Ok(all(shell, environment)?.iter().any(loads))
}

/// Adds the line; by now it may be there.
///
/// # Errors
/// Where the file can't be replaced; it is then as it was.
pub fn add(shell: Interactive, path: &Path, environment: &Environment) -> Result<()> {
    let lock = environment.state_directory()?.join("rc.lock");
    let edit = |old: &[u8]| {
        Ok(if rc_file::loads(old) { Edit::Unchanged } else { Edit::Replace(rc_file::add(old, shell)) })
    };
    Target::new(path)?.with_lock(lock)?.replace(edit, || Ok(()))
}

fn interactive(shell: Shell) -> Option<Interactive> {
    match shell {
        Shell::Bash => Some(Interactive::Bash),
        Shell::Zsh => Some(Interactive::Zsh),
        Shell::Fish => Some(Interactive::Fish),
        Shell::Posix | Shell::Elvish | Shell::Nu => None,
    }
}

/// The file that gets the line.
fn own(shell: Interactive, environment: &Environment) -> Result<PathBuf> {
    let home = environment.home()?;
    Ok(match shell {
        Interactive::Bash if cfg!(target_os = "macos") => of_login_bash(home),
        Interactive::Bash => home.join(".bashrc"),
        Interactive::Zsh => zdotdir(environment)?.join(".zshrc"),
        // Not conf.d, which is read before config.fish: PATH may be set there, and the prompt.
        Interactive::Fish => fish_directory(environment)?.join("config.fish"),
    })
}

/// A terminal of macOS starts bash as a login shell, which reads the first of these; most of them
/// read ~/.bashrc in turn. A new ~/.bash_profile would hide the ones after it.
fn of_login_bash(home: &Path) -> PathBuf {
    let names = [".bash_profile", ".bash_login", ".profile"];
    let first = names.iter().map(|name| home.join(name)).find(|path| path.exists());
    let first = first.unwrap_or_else(|| home.join(names[0]));
    let text = files::read(&first).ok().flatten().unwrap_or_default();
    if String::from_utf8_lossy(&text).contains(".bashrc") { home.join(".bashrc") } else { first }
}

/// The files in which users put such a line.
fn all(shell: Interactive, environment: &Environment) -> Result<Vec<PathBuf>> {
    let home = environment.home()?;
    let of = |directory: &Path, names: &[&str]| names.iter().map(|name| directory.join(name)).collect();
    Ok(match shell {
        Interactive::Bash => {
            of(home, &[".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases"])
        }
        Interactive::Zsh => of(&zdotdir(environment)?, &[".zshrc", ".zshenv", ".zprofile", ".zlogin"]),
        Interactive::Fish => {
            let directory = fish_directory(environment)?;
            let mut paths = vec![directory.join("config.fish")];
            let entries = std::fs::read_dir(directory.join("conf.d")).into_iter().flatten().flatten();
            paths.extend(
                entries
                    .map(|entry| entry.path())
                    .filter(|path| path.extension().is_some_and(|e| e == "fish")),
            );
            paths
        }
    })
}

fn zdotdir(environment: &Environment) -> Result<PathBuf> {
    match environment.get("ZDOTDIR") {
        Some(directory) => Ok(PathBuf::from(directory)),
        None => environment.home().map(Path::to_owned),
    }
}

fn fish_directory(environment: &Environment) -> Result<PathBuf> {
    let base = environment.get("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = match base {
        Some(base) => base,
        None => environment.home()?.join(".config"),
    };
    Ok(base.join("fish"))
}

fn is_on_path() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join("mfa-env").is_file())
}
