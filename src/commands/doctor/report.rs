//! The findings of `doctor`, as text and as JSON.

use std::fmt;

use crate::error::{Error, Hint, Result, escape};
use crate::output;
use crate::shell::hint_text;

#[derive(Default)]
pub struct Report {
    findings: Vec<Finding>,
}

#[derive(serde::Serialize)]
struct Finding {
    level: Level,
    /// What was checked.
    subject: String,
    what: String,
    #[serde(serialize_with = "as_text")]
    remedy: Vec<Hint>,
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Warning,
    Error,
}

impl Report {
    pub fn ok(&mut self, subject: impl fmt::Display, what: &str) {
        self.add(Level::Ok, subject, what, Vec::new());
    }

    pub fn warning(&mut self, subject: impl fmt::Display, what: impl AsRef<str>, remedy: impl Into<Hint>) {
        self.add(Level::Warning, subject, what.as_ref(), vec![remedy.into()]);
    }

    pub fn warnings(&mut self, subject: impl fmt::Display, what: &str, remedy: Vec<Hint>) {
        self.add(Level::Warning, subject, what, remedy);
    }

    pub fn error(&mut self, subject: impl fmt::Display, what: impl AsRef<str>, remedy: impl Into<Hint>) {
        self.add(Level::Error, subject, what.as_ref(), vec![remedy.into()]);
    }

    /// A warning with the text and the hints of an error.
    pub fn warn_of(&mut self, subject: impl fmt::Display, error: &Error) {
        self.add(Level::Warning, subject, error.what(), error.hints().to_vec());
    }

    pub fn failure(&mut self, subject: impl fmt::Display, error: &Error) {
        self.add(Level::Error, subject, error.what(), error.hints().to_vec());
    }

    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.level == Level::Error).count()
    }

    pub fn print(&self, json: bool) -> Result<()> {
        if json {
            return output::print_json(&self.findings);
        }
        for Finding { level, subject, what, remedy } in &self.findings {
            let label = match level {
                Level::Ok => output::Label::Ok,
                Level::Warning => output::Label::Warning,
                Level::Error => output::Label::Error,
            };
            output::print_finding(label, &format!("{subject}: {what}"), remedy)?;
        }
        Ok(())
    }

    fn add(&mut self, level: Level, subject: impl fmt::Display, what: &str, remedy: Vec<Hint>) {
        self.findings.push(Finding {
            level,
            subject: escape(&subject.to_string()),
            what: escape(what),
            remedy,
        });
    }
}

/// `null` if there is no remedy.
fn as_text<S: serde::Serializer>(remedy: &[Hint], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let texts: Vec<_> = remedy.iter().map(|hint| escape(&hint_text(hint))).collect();
    serde::Serialize::serialize(&(!texts.is_empty()).then(|| texts.join("; ")), serializer)
}
