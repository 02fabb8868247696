//! What to tell the user where a file of theirs is left as it is.

use std::path::Path;

use crate::aws_files::splice::Refusal;
use crate::error::{Error, Kind, escape};
use crate::files::shown_path;

/// Why `[section]` of that file stays as it is.
pub fn not_changed(refusal: &Refusal, path: &Path, section: &str) -> Error {
    let (path, section) = (shown_path(path), format!("`[{}]`", escape(section)));
    let lines = |lines: &[usize]| lines.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ");
    let not_changed = |why: String| Error::new(Kind::Files, format!("`{path}` was not changed: {why}"));
    match refusal {
        Refusal::Broken(broken) => not_changed(format!("line {}: {}", broken.line, broken.problem))
            .hint(format!("correct line {} of `{path}`", broken.line)),
        Refusal::Duplicate { lines: all } => not_changed(format!(
            "{section} is there more than once (lines {}), and tools disagree which counts",
            lines(all)
        ))
        .hint("join these sections"),
        Refusal::DuplicateKey { key, lines: all } => not_changed(format!(
            "`{key}` is in {section} more than once (lines {}), and tools disagree which counts",
            lines(all)
        ))
        .hint("leave one of these lines"),
        Refusal::Continued { key, line } => {
            not_changed(format!("line {line} is indented, so it belongs to the value of `{key}`"))
                .hint(format!("move line {line} to the left margin, or away"))
        }
        Refusal::Unwritable { what } => {
            not_changed(format!("`{}` would not read back as it is", escape(what)))
                .hint("take a name of letters, digits and _.-")
        }
        Refusal::Unproved => not_changed("the change could not be checked, so it was not made".to_owned())
            .hint(format!(
                "please report it, with the names of the sections and keys around {section}, without values"
            )),
    }
}
