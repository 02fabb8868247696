//! The environment variables, read once at the start, and the paths that follow from them. Other code
//! must not read the process's environment: unit tests pass in an `Environment` of their own.

mod replaced;

use std::collections::{HashMap, HashSet};
use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use self::replaced::{SAVED_VARIABLE, Saved, saved};
use crate::error::{Error, Exit, Hint, Result};

/// The variables that name a region; the first one that is set counts.
pub const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// A snapshot of the environment. Empty variables count as unset.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: HashMap<String, String>,
    /// The names of variables whose values aren't UTF-8.
    unreadable: HashSet<String>,
    users_own: OnceLock<Box<Environment>>,
}

impl Environment {
    pub fn of_process() -> Self {
        let mut environment = Self::default();
        for (name, value) in env::vars_os().filter(|(_, value)| !value.is_empty()) {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => drop(environment.variables.insert(name, value)),
                Err(_) => drop(environment.unreadable.insert(name)),
            }
        }
        environment
    }

    pub fn of(variables: &[(&str, &str)]) -> Self {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self { variables: variables.iter().map(pair).collect(), ..Self::default() }
    }

    /// The user's own environment: this one without our session.
    pub fn users_own(&self) -> &Self {
        self.users_own.get_or_init(|| Box::new(replaced::users_own(self)))
    }

    /// The variables that differ in the user's own environment, with the user's values.
    pub fn differences_to_users_own(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        replaced::differences(self)
    }

    /// Sets or removes a variable of this snapshot.
    fn put(&mut self, name: &str, value: Option<&str>) {
        self.unreadable.remove(name);
        match value {
            Some(value) => drop(self.variables.insert(name.to_owned(), value.to_owned())),
            None => drop(self.variables.remove(name)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.put(name, None);
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// Whether a variable is set to something that isn't UTF-8.
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.contains(name)
    }

    /// The path in a variable; `None` if it isn't set.
    fn path(&self, name: &'static str) -> Result<Option<&str>> {
        if self.is_unreadable(name) {
            return Err(Error::new(Exit::Files, format!("the path in `{name}` is not UTF-8"))
                .hint(Hint::Unset { variables: vec![name], or: ", or give the file another name" }));
        }
        Ok(self.get(name))
    }

    /// Whether mfa-env exported the keys that are set here.
    pub fn holds_our_session(&self) -> bool {
        self.get("MFA_ENV_KEY").is_some_and(|key| self.get("AWS_ACCESS_KEY_ID") == Some(key))
    }

    /// Whether there are keys that mfa-env did not export.
    pub fn has_keys_of_others(&self) -> bool {
        self.is_set("AWS_ACCESS_KEY_ID") && !self.holds_our_session()
    }

    /// The profile of the session in this shell, if it is ours.
    pub fn profile_of_session(&self) -> Option<&str> {
        self.get("MFA_ENV_PROFILE").filter(|_| self.holds_our_session())
    }

    /// Whether the terminal can't move its cursor. Without TERM, we know nothing about it.
    pub fn is_dumb(&self) -> bool {
        self.get("TERM").is_none_or(|term| term == "dumb")
    }

    /// `AWS_CONFIG_FILE`, or `~/.aws/config`.
    pub fn config_file(&self) -> Result<PathBuf> {
        self.aws_file("AWS_CONFIG_FILE", "config")
    }

    /// `AWS_SHARED_CREDENTIALS_FILE`, or `~/.aws/credentials`.
    pub fn credentials_file(&self) -> Result<PathBuf> {
        self.aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    }

    /// `$XDG_STATE_HOME/mfa-env`, or `~/.local/state/mfa-env`.
    pub fn state_directory(&self) -> Result<PathBuf> {
        self.xdg("XDG_STATE_HOME", ".local/state")
    }

    /// `$XDG_CACHE_HOME/mfa-env`, or `~/.cache/mfa-env`.
    pub fn cache_directory(&self) -> Result<PathBuf> {
        self.xdg("XDG_CACHE_HOME", ".cache")
    }

    pub fn home(&self) -> Result<&Path> {
        self.path("HOME")?.map(Path::new).ok_or_else(|| {
            Error::new(Exit::Files, "`HOME` is not set, so your AWS files can't be found")
                .hint("export HOME, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE")
        })
    }

    fn aws_file(&self, variable: &'static str, name: &str) -> Result<PathBuf> {
        let path = match self.path(variable)? {
            None => self.home()?.join(".aws").join(name),
            // Like the Rust SDK, expands `~/` and nothing else.
            Some(path) => match path.strip_prefix("~/") {
                Some(rest) => self.home()?.join(rest),
                None => PathBuf::from(path),
            },
        };
        std::path::absolute(&path)
            .map_err(|error| Error::new(Exit::Files, format!("failed to find `{}`: {error}", path.display())))
    }

    /// Ignores a relative path, as the XDG Base Directory Specification demands.
    fn xdg(&self, variable: &'static str, fallback: &str) -> Result<PathBuf> {
        let base = self.path(variable)?.map(Path::new).filter(|path| path.is_absolute());
        let base = match base {
            Some(base) => base.to_owned(),
            None => match self.path("HOME")? {
                Some(home) => Path::new(home).join(fallback),
                None => {
                    return Err(Error::new(Exit::Files, "`HOME` is not set")
                        .hint("export HOME, or XDG_CACHE_HOME and XDG_STATE_HOME"));
                }
            },
        };
        Ok(base.join("mfa-env"))
    }
}
