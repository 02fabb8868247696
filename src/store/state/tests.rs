use super::*;

fn state() -> State {
    let shown = Shown {
        profile: "a b".to_owned(),
        expires: 1_795_384_800,
        access_key_id: "ASIAOURSOURSOURSOURS".to_owned(),
        credentials_file: PathBuf::from("/h/.aws/credentials"),
    };
    let entry = WrittenSession {
        credentials_file: shown.credentials_file.clone(),
        access_key_id: shown.access_key_id.clone(),
        undo: Undo::default(),
    };
    State { shown: Some(shown), entries: vec![entry] }
}

#[test]
fn reads_back_what_it_writes() {
    let text = state().to_text();
    let line = "a b\t1795384800\tASIAOURSOURSOURSOURS\t2026-11-22T22:00:00Z\t/h/.aws/credentials\n";
    assert!(text.starts_with(line), "{text}");
    assert_eq!(State::parse(text.as_bytes()), state());
}

#[test]
fn an_entry_that_we_could_not_have_written_is_none() {
    let entry = |key: &str, file: &str, undo: &str| {
        let json = format!("{{\"credentials_file\":\"{file}\",\"access_key_id\":\"{key}\",\"undo\":{undo}}}");
        State::parse(format!("\n[{json}]\n").as_bytes()).entries.len()
    };
    let (key, file) = ("ASIAOURSOURSOURSOURS", "/h/.aws/credentials");
    let region = |original: &str| format!("{{\"region\":{{\"written\":\"r\",\"original\":{original}}}}}");
    let renamed = |name: &str, key: &str| {
        format!("{{\"renamed\":{{\"name\":\"{name}\",\"added\":[[\"{key}\",\"x\"]]}}}}")
    };
    for undo in [
        "{}".to_owned(),
        region("null"),
        region("\"Region=a # b\""),
        renamed("default", "mfa_serial"),
        renamed(" default ", "region"),
    ] {
        assert_eq!(entry(key, file, &undo), 1, "{undo}");
    }
    for original in [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        "region = a\\naws_secret_access_key = b",
        "region = a\\n# b",
        "region = a\\r",
        " region = a",
        "[default]",
        "# region = a",
        "region",
        "",
    ] {
        assert_eq!(entry(key, file, &region(&format!("\"{original}\""))), 0, "{original}");
    }
    assert_eq!(entry(key, file, &renamed("default", "aws_access_key_id")), 0);
    assert_eq!(entry(key, file, &renamed("evil", "region")), 0);
    assert_eq!(entry("A'; id; '", file, "{}"), 0);
    assert_eq!(entry(key, "credentials", "{}"), 0);
}

#[test]
fn an_empty_cut_off_or_foreign_file_is_an_empty_state() {
    let text = state().to_text();
    for end in 0..text.len() {
        let _ = State::parse(&text.as_bytes()[..end]);
    }
    for foreign in ["", "\n", "x\ty\n{}", "\u{0}\u{0}", "a\t1", "[1,2]\n[1,2]"] {
        assert_eq!(State::parse(foreign.as_bytes()), State::default(), "{foreign:?}");
    }
}
