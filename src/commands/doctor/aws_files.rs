//! The findings of `doctor` about AWS's files that other users could change.

use super::report::Report;
use crate::environment::Environment;
use crate::error::Hint;
use crate::files::{self, Others};

pub(super) fn check(report: &mut Report, environment: &Environment) {
    let paths: Vec<_> =
        [environment.config_file(), environment.credentials_file()].into_iter().flatten().collect();
    for exposed in files::exposed(paths.iter().map(AsRef::as_ref)) {
        let path = exposed.path.to_string_lossy();
        let (what, remedy) = match exposed.by {
            Others::Mode => {
                ("other users can write to it".to_owned(), Hint::run("", ["chmod", "go-w", &path]))
            }
            Others::Owner(owner) => (format!("belongs to another user (uid {owner})"), own(&path)),
        };
        let what = format!("{what}, and a `credential_process` of theirs would run as you");
        report.warning(exposed.path.display(), what, remedy);
    }
}

fn own(path: &str) -> Hint {
    let user = rustix::process::geteuid();
    if user.is_root() {
        return "use root's own home: sudo -H, or export HOME=~root".into();
    }
    Hint::run("", ["sudo", "chown", &user.as_raw().to_string(), path])
}
