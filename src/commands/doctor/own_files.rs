//! The findings of `doctor` about mfa-env's own files: folders that it does not use, and files of killed
//! runs.

use std::path::Path;

use super::report::Report;
use crate::environment::Environment;
use crate::error::{Explain as _, Hint};
use crate::files;
use crate::store;

pub(super) fn check(report: &mut Report, environment: &Environment) {
    for refused in store::refused(environment) {
        let hint = refused.hints().swap_remove(0);
        report.warning("own files", format!("not used: {refused}"), hint);
    }
    let aws_files = [environment.credentials_file(), environment.config_file()].into_iter().flatten();
    for left in aws_files.flat_map(|path| files::leftovers(&path)) {
        warn(report, &left, "a copy of your keys");
    }
    for left in store::leftovers(environment) {
        warn(report, &left, "a part of a session or of its state");
    }
}

fn warn(report: &mut Report, path: &Path, what: &str) {
    let remedy = Hint::run("", ["rm", &path.to_string_lossy()]);
    report.warning(path.display(), format!("left by a run that was killed: {what}"), remedy);
}
