//! Why mfa-env does not use a folder or file, and what the user can do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::own_folder::SIZE_LIMIT;
use crate::error::{Error, Exit, Hint};

/// A folder or file that mfa-env does not use.
#[derive(Debug)]
pub struct Refused {
    pub(super) path: PathBuf,
    pub(super) is_folder: bool,
    pub(super) why: Why,
}

#[derive(Debug)]
pub(super) enum Why {
    Link,
    WrongKind,
    OtherUser(u32),
    WritableByOthers,
    TooLarge,
    NotOpened(io::Error),
    NotMade(io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.path.display())?;
        match &self.why {
            Why::Link => write!(f, "is a symbolic link"),
            Why::WrongKind if self.is_folder => write!(f, "is not a folder"),
            Why::WrongKind => write!(f, "is not a regular file"),
            Why::OtherUser(user) => write!(f, "belongs to another user (uid {user})"),
            Why::WritableByOthers => write!(f, "can be changed by other users"),
            Why::TooLarge => write!(f, "is larger than {} KiB", SIZE_LIMIT / 1024),
            Why::NotOpened(error) => write!(f, "can't be opened: {error}"),
            Why::NotMade(error) => write!(f, "can't be made: {error}"),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::new(Exit::Files, refused.to_string()).hint(refused.hint())
    }
}

impl Refused {
    pub fn hint(&self) -> Hint {
        let path = self.path.to_string_lossy();
        match &self.why {
            Why::Link | Why::TooLarge => Hint::run("remove it", ["rm", &path]),
            Why::WrongKind => {
                let aside = self.path.with_extension("old");
                Hint::run("move it away", ["mv", &path, &aside.to_string_lossy()])
            }
            Why::OtherUser(_) if self.is_folder && effective_user() == 0 => {
                "use root's own home: sudo -H, or export HOME=~root".into()
            }
            Why::OtherUser(_) if self.is_folder => ELSEWHERE.into(),
            Why::OtherUser(_) => Hint::run("remove it", ["rm", "-f", &path]),
            Why::WritableByOthers => Hint::run("", ["chmod", "go-w", &path]),
            Why::NotOpened(_) | Why::NotMade(_) => ELSEWHERE.into(),
        }
    }

    /// Whether a system call failed, so that we don't know whose it is.
    pub fn is_failure(&self) -> bool {
        matches!(self.why, Why::NotOpened(_) | Why::NotMade(_))
    }

    /// Equal for refusals that are one problem to the user: everything in another user's home is one.
    pub fn problem(&self) -> String {
        match self.why {
            Why::OtherUser(user) if self.is_folder => format!("user {user}"),
            _ => self.path.display().to_string(),
        }
    }
}

const ELSEWHERE: &str = "set XDG_CACHE_HOME and XDG_STATE_HOME to folders of your own";

pub(super) fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}
