//! The findings of `doctor`, as text and as JSON.

use std::fmt;

use crate::error::{Error, Hint, Result, escape};
use crate::output::{self, Label};
use crate::shell::hint_text;

#[derive(Default)]
pub struct Report {
    findings: Vec<Finding>,
}

#[derive(PartialEq, Eq, serde::Serialize)]
struct Finding {
    level: Label,
    /// What was checked.
    subject: String,
    what: String,
    #[serde(serialize_with = "as_text")]
    remedy: Vec<Hint>,
}

impl Report {
    pub fn ok(&mut self, subject: impl fmt::Display, what: impl AsRef<str>) {
        self.add(Label::Ok, subject, what, Vec::new());
    }

    pub fn warning(&mut self, subject: impl fmt::Display, what: impl AsRef<str>, remedy: impl Into<Hint>) {
        self.add(Label::Warning, subject, what, vec![remedy.into()]);
    }

    pub fn error(&mut self, subject: impl fmt::Display, what: impl AsRef<str>, remedy: impl Into<Hint>) {
        self.add(Label::Error, subject, what, vec![remedy.into()]);
    }

    /// The text and the hints of an error.
    pub fn add_error(&mut self, label: Label, subject: impl fmt::Display, error: &Error) {
        self.add(label, subject, error.what(), error.hints().to_vec());
    }

    pub fn add(
        &mut self,
        level: Label,
        subject: impl fmt::Display,
        what: impl AsRef<str>,
        remedy: Vec<Hint>,
    ) {
        let (subject, what) = (escape(&subject.to_string()), escape(what.as_ref()));
        let finding = Finding { level, subject, what, remedy };
        // Without a home, both files are missing for the same reason, which is said once.
        if self.findings.last() != Some(&finding) {
            self.findings.push(finding);
        }
    }

    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.level == Label::Error).count()
    }

    pub fn print(&self, json: bool) -> Result<()> {
        if json {
            return output::print_json(&self.findings);
        }
        for Finding { level, subject, what, remedy } in &self.findings {
            output::print_finding(*level, &format!("{subject}: {what}"), remedy)?;
        }
        Ok(())
    }
}

/// `null` if there is no remedy.
fn as_text<S: serde::Serializer>(remedy: &[Hint], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let texts: Vec<_> = remedy.iter().map(|hint| escape(&hint_text(hint))).collect();
    serde::Serialize::serialize(&(!texts.is_empty()).then(|| texts.join("; ")), serializer)
}
