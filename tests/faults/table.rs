//! The table: for each kind of case, how many there were and how many were lost.

use std::collections::BTreeMap;

/// One kind of case.
pub struct Row {
    name: String,
    cases: usize,
    /// The lost cases.
    lost: usize,
    /// Events that are counted, but aren't a loss.
    notes: BTreeMap<&'static str, usize>,
}

/// How many failures of a row to show in full.
const SHOWN: usize = 5;

impl Row {
    pub fn new(name: impl Into<String>) -> Row {
        Row { name: name.into(), cases: 0, lost: 0, notes: BTreeMap::new() }
    }

    /// Counts a case, and prints what went wrong in it.
    pub fn case(&mut self, what: &str, result: Result<(), Vec<String>>) {
        self.cases += 1;
        if let Err(wrong) = result {
            self.lost += 1;
            if self.lost <= SHOWN {
                eprintln!("{}: {what}\n  {}", self.name, wrong.join("\n  "));
            }
        }
    }

    /// A row with the counts of another process.
    pub fn counted(name: impl Into<String>, cases: usize, lost: usize) -> Row {
        Row { cases, lost, ..Row::new(name) }
    }

    pub fn note_count(&mut self, what: &'static str, count: usize) {
        *self.notes.entry(what).or_default() += count;
    }

    pub fn counts(&self) -> (usize, usize) {
        (self.cases, self.lost)
    }

    pub fn is_lost(&self) -> bool {
        // A row without a case proves nothing.
        self.lost > 0 || self.cases == 0
    }
}

/// Markdown.
pub fn text(rows: &[Row]) -> String {
    let mut text = "| | cases | lost | |\n|---|--:|--:|---|\n".to_owned();
    for Row { name, cases, lost, notes } in rows {
        let notes: Vec<_> = notes.iter().map(|(what, count)| format!("{what}: {count}")).collect();
        text += &format!("| {name} | {cases} | {lost} | {} |\n", notes.join(", "));
    }
    text
}
