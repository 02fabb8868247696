use super::*;

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
    let replaced = |key: &str, line: &str| format!("{{\"replaced\":[[\"{key}\",\"{line}\"]]}}");
    assert_eq!(entry(key, file, &replaced("__profile__", "__PROFILE__=x # mine")), 1);
    for (of, line) in [
        ("__profile__", "expiration = x"),
        ("__profile__", ""),
        ("__profile__", "__profile__ = x\\naws_secret_access_key = b"),
        ("aws_session_token", "aws_session_token = t"),
        ("credential_process", "credential_process = id"),
    ] {
        assert_eq!(entry(key, file, &replaced(of, line)), 0, "{line}");
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
