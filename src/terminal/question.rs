//! Questions other than that for the code: a line of text, yes or no.

use zeroize::Zeroizing;

use super::{Echo, Meanwhile, NoCode, Terminal};

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// No terminal to ask on.
    NoTerminal,
    /// Ctrl-C, Ctrl-D, Esc in a list, SIGINT, SIGTERM, SIGHUP or SIGQUIT.
    Cancelled,
}

/// More than the longest ARN of a device (256).
const LONGEST: usize = 300;

/// A line, the white space around it taken away.
///
/// # Errors
/// See [`NoAnswer`].
pub fn ask(question: &str, echo: Echo) -> Result<Zeroizing<String>, NoAnswer> {
    let nothing = Meanwhile { is_pointless: &|| false };
    let mut terminal = Terminal::open(&nothing)?;
    terminal.print(question);
    let typed = terminal.read_line(echo, LONGEST)?;
    Ok(Zeroizing::new(typed.trim().to_owned()))
}

/// Yes or no; Enter alone is yes.
///
/// # Errors
/// See [`NoAnswer`].
pub fn confirm(question: &str) -> Result<bool, NoAnswer> {
    loop {
        let answer = ask(&format!("{question} [Y/n] "), Echo::Text)?;
        match answer.to_ascii_lowercase().as_str() {
            "" | "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}

impl From<NoCode> for NoAnswer {
    fn from(no_code: NoCode) -> Self {
        match no_code {
            NoCode::NoTerminal => Self::NoTerminal,
            NoCode::Cancelled | NoCode::Pointless => Self::Cancelled,
        }
    }
}
