//! Why mfa-env does not use a folder or file of its own, and what the user can do about it.

use std::io;
use std::path::PathBuf;

use super::{SIZE_LIMIT, effective_user};
use crate::error::{Error, Hint, Kind};

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

impl Refused {
    /// The end of a sentence that starts with the path.
    fn why(&self) -> String {
        match &self.why {
            Why::Link => "is a symbolic link".to_owned(),
            Why::WrongKind if self.is_folder => "is not a folder".to_owned(),
            Why::WrongKind => "is not a regular file".to_owned(),
            Why::OtherUser(user) => format!("belongs to another user (uid {user})"),
            Why::WritableByOthers => "can be changed by other users".to_owned(),
            Why::TooLarge => format!("is larger than {} KiB", SIZE_LIMIT / 1024),
            Why::NotOpened(error) => format!("can't be opened: {error}"),
            Why::NotMade(error) => format!("can't be made: {error}"),
        }
    }

    pub fn what(&self) -> String {
        format!("`{}` {}", self.path.display(), self.why())
    }

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

    pub fn into_error(self) -> Error {
        Error::new(Kind::Files, self.what()).hint(self.hint())
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
