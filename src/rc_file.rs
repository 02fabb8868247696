//! Pure: the line that loads us in the file that a shell reads as it starts. Finds it in its other
//! forms, too; adds it at the end, and changes no other byte.

use crate::shell::Interactive;

/// The line of `mfa-env init --help`.
pub fn line(shell: Interactive) -> &'static str {
    match shell {
        Interactive::Bash => "eval \"$(mfa-env init bash)\"",
        Interactive::Zsh => "eval \"$(mfa-env init zsh)\"",
        Interactive::Fish => "mfa-env init fish | source",
    }
}

/// What says to a reader of that file where the line is from.
pub const COMMENT: &str = "# AWS sessions with MFA; added by `mfa-env setup`";

/// Whether a line that is no comment loads us: whatever evaluates it, by whatever path.
pub fn loads(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines().any(|line| !line.trim_start().starts_with('#') && runs_init(line))
}

/// The file with the line, in the line ending that it has.
pub fn add(bytes: &[u8], shell: Interactive) -> Vec<u8> {
    let first_line_end = bytes.iter().position(|byte| *byte == b'\n');
    let is_crlf = first_line_end.is_some_and(|end| bytes[..end].ends_with(b"\r"));
    let line_ending = if is_crlf { "\r\n" } else { "\n" };
    let mut new = bytes.to_vec();
    if !bytes.is_empty() {
        if !bytes.ends_with(b"\n") {
            new.extend(line_ending.bytes());
        }
        if !bytes.ends_with(b"\n\n") && !bytes.ends_with(b"\r\n\r\n") {
            new.extend(line_ending.bytes());
        }
    }
    for line in [COMMENT, line(shell)] {
        new.extend(line.bytes().chain(line_ending.bytes()));
    }
    new
}

/// `mfa-env init …`, `/usr/bin/mfa-env  init …`, `"$bin/mfa-env" init …`.
fn runs_init(line: &str) -> bool {
    line.match_indices("mfa-env").any(|(at, name)| {
        let rest = line[at + name.len()..].trim_start_matches(['"', '\'']);
        let word = rest.trim_start();
        let follows = word.strip_prefix("init").is_some_and(|rest| rest.starts_with([' ', '\t', ')', '`']));
        follows && word.len() < rest.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_line_in_every_form() {
        for text in [
            line(Interactive::Bash),
            line(Interactive::Zsh),
            line(Interactive::Fish),
            "x\nsource <(mfa-env init zsh)\n",
            "if command -v mfa-env; then eval \"`/opt/bin/mfa-env  init bash`\"; fi",
            "  eval \"$(\"$HOME/.cargo/bin/mfa-env\" init bash)\"",
            "command mfa-env init fish | builtin source # ours",
        ] {
            assert!(loads(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "# eval \"$(mfa-env init bash)\"",
            "mfa-env initial",
            "mfa-env-init x",
            "mfa-envinit x",
            "alias m=mfa-env",
        ] {
            assert!(!loads(text.as_bytes()), "{text}");
        }
        assert!(loads(b"\xff\xfe\neval \"$(mfa-env init bash)\"\n"));
    }

    #[test]
    fn adds_it_at_the_end_and_changes_nothing_else() {
        let added = |old: &str| String::from_utf8(add(old.as_bytes(), Interactive::Bash)).expect("text");
        let lines = format!("{COMMENT}\n{}\n", line(Interactive::Bash));
        assert_eq!(added(""), lines);
        assert_eq!(added("x\n"), format!("x\n\n{lines}"));
        assert_eq!(added("x\n\n"), format!("x\n\n{lines}"));
        assert_eq!(added("x"), format!("x\n\n{lines}"));
        assert_eq!(added("x\r\ny"), format!("x\r\ny\r\n\r\n{}", lines.replace('\n', "\r\n")));
        assert_eq!(added("x\r\n\r\n"), format!("x\r\n\r\n{}", lines.replace('\n', "\r\n")));
        assert!(loads(&add(b"x", Interactive::Fish)));
    }
}
