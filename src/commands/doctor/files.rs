//! The findings of `doctor` about files and folders: what other users could change, what we don't use, and
//! what killed runs left.

use super::report::Report;
use crate::environment::Environment;
use crate::error::Hint;
use crate::files::{self, Others};
use crate::store;

pub(super) fn check(report: &mut Report, environment: &Environment) {
    for refused in store::refused(environment) {
        report.warning("own files", format!("not used: {refused}"), refused.hint());
    }
    let aws_files: Vec<_> =
        [environment.config_file(), environment.credentials_file()].into_iter().flatten().collect();
    let copies = aws_files.iter().flat_map(|path| files::leftovers(path));
    let copies = copies.map(|path| (path, "a copy of your keys"));
    let parts = store::leftovers(environment).into_iter();
    let parts = parts.map(|path| (path, "a part of a session or of its state"));
    for (path, what) in copies.chain(parts) {
        let remedy = Hint::run("", ["rm", &path.to_string_lossy()]);
        report.warning(path.display(), format!("left by a run that was killed: {what}"), remedy);
    }
    for exposed in files::exposed(aws_files.iter().map(AsRef::as_ref)) {
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
