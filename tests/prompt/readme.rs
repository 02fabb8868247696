//! Types the transcript at the top of the README, and compares what the terminal shows.

use std::fs;
use std::path::Path;

use support::{CODE, Home, keys_in, sts};

use crate::typed::bashes;

/// The hook may run in the next second.
fn rounded(text: &str) -> String {
    text.replace("11h59m", "12h00m").replace("59m)", "1h00m)")
}

#[test]
fn the_transcript_of_the_readme_is_what_a_terminal_shows() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("UTF-8");
    let (_, rest) = readme.split_once("```console\n").expect("a transcript");
    let (transcript, _) = rest.split_once("\n```").expect("its end");

    let serial = "mfa_serial = arn:aws:iam::123456789012:mfa/bob";
    let role = "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = prod";
    let home = Home::new()
        .credentials(keys_in("prod", ""))
        .config(format!("[profile prod]\n{serial}\n[profile admin]\n{role}\n"));
    let sts = sts();
    let mut shell = bashes()[0].on(&home).sts(&sts).start();

    let mut shown = String::new();
    for line in transcript.lines() {
        let (segment, command) = match line.split_once('$') {
            Some((segment, command)) => (segment.trim(), command.trim()),
            None => continue,
        };
        let colours = |text: String| text.replace("<green>", "").replace("</>", "");
        assert_eq!(rounded(&colours(shell.segment())), segment, "before `{command}`");
        shown += &format!("{line}\n");
        if !command.is_empty() {
            shell.press(&format!("{command}\r"));
            if command == "mfa-env prod" {
                shell.wait_for("MFA code for");
                shell.press(&format!("{CODE}\r"));
            }
            shown += &format!("{}\n", shell.wait_for_prompt());
        }
    }
    assert_eq!(shown.trim_end(), transcript);
    shell.exit();
}
