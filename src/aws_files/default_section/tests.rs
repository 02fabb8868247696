//! Table tests, and property tests over random files.

use proptest::prelude::*;

use super::*;
use crate::aws::{AccessKeyId, Expiration, Secret};

const OURS: &str = "ASIAOURSOURSOURSOURS";

fn session() -> Session {
    let now = "2026-11-22T10:00:00Z".parse().expect("a timestamp");
    let expiration = "2026-11-22T22:00:00Z".parse().expect("a timestamp");
    Session {
        access_key_id: AccessKeyId::new(OURS).expect("valid"),
        secret_access_key: Secret::new("SECRET".to_owned()).expect("valid"),
        session_token: Secret::new("TOKEN".to_owned()).expect("valid"),
        expiration: Expiration::new(expiration, now).expect("valid"),
        identity: None,
    }
}

/// What the state file knows about our session.
fn known(undo: Option<&Undo>) -> OurKeys {
    OurKeys(vec![(OURS.to_owned(), undo.cloned().unwrap_or_default())])
}

struct Spliced {
    text: String,
    undo: Undo,
}

fn write_as(
    old: &str,
    profile: &str,
    region: Option<&str>,
    last: Option<&Undo>,
    force: Option<&FromConfig>,
) -> Result<Spliced, EditError> {
    let session = session();
    let region = region.map(|region| Region::new(region).expect("valid"));
    let content = Content {
        profile,
        session: &session,
        region: region.as_ref(),
        started: "2026-11-22 10:00:00+00:00",
        expires: "2026-11-22 22:00:00+00:00",
    };
    let (bytes, undo) = write(old.as_bytes(), &content, &known(last), force)?;
    Ok(Spliced { text: String::from_utf8(bytes).expect("text"), undo })
}

fn unset_of(text: &str, undo: Option<&Undo>) -> Option<(String, bool)> {
    let our_keys = undo.map(|undo| known(Some(undo))).unwrap_or_default();
    match unset(text.as_bytes(), &our_keys).expect("no refusal") {
        Unset::Nothing => None,
        Unset::Done { bytes, moved_keys } => {
            Some((String::from_utf8(bytes).expect("text"), moved_keys != MovedKeys::Stay))
        }
    }
}

const BLOCK: &str = "aws_access_key_id = ASIAOURSOURSOURSOURS
aws_secret_access_key = SECRET
aws_session_token = TOKEN
expiration = 2026-11-22T22:00:00Z
__profile__ = bob
__started__ = 2026-11-22 10:00:00+00:00
__expires__ = 2026-11-22 22:00:00+00:00
";

#[test]
fn writes_where_default_is_and_changes_nothing_else() {
    let crlf = BLOCK.replace('\n', "\r\n");
    let cases: &[(&str, &str, String)] = &[
        ("no file", "", format!("[default]\n{BLOCK}")),
        ("no default", "[a]\nk = v\n", format!("[a]\nk = v\n\n[default]\n{BLOCK}")),
        ("no line ending at the end", "[a]\nk = v", format!("[a]\nk = v\n\n[default]\n{BLOCK}")),
        ("a blank line at the end", "[a]\nk = v\n\n", format!("[a]\nk = v\n\n[default]\n{BLOCK}")),
        (
            "no line ending at the end of another section",
            "[default]\n[a]\nk = v",
            format!("[default]\n{BLOCK}[a]\nk = v"),
        ),
        ("CRLF", "[a]\r\nk = v\r\n", format!("[a]\r\nk = v\r\n\r\n[default]\r\n{crlf}")),
        (
            "an empty default first",
            "# mine\n[default] # here\n\n[a]\nk = v\n",
            format!("# mine\n[default] # here\n{BLOCK}\n[a]\nk = v\n"),
        ),
        ("default is the last line", "[default]", format!("[default]\n{BLOCK}")),
        (
            "other settings and nested values stay",
            "[default]\noutput = json\ns3 =\n  a = b\n# end\n[b]\n",
            format!("[default]\n{BLOCK}output = json\ns3 =\n  a = b\n# end\n[b]\n"),
        ),
        (
            "old keys are replaced where they stand, a stale token goes",
            "[default]\n# one\naws_secret_access_key=x\n# two\nAWS_ACCESS_KEY_ID = ASIAOLDOLDOLDOLDOLDO\naws_security_token = t\n# three\n",
            format!(
                "[default]\n# one\naws_secret_access_key = SECRET\n# two\naws_access_key_id = {OURS}\n{}# three\n",
                BLOCK.lines().skip(2).map(|line| format!("{line}\n")).collect::<String>()
            ),
        ),
    ];
    for (what, old, expected) in cases {
        let spliced = write_as(old, "bob", None, None, None).unwrap_or_else(|e| panic!("{what}: {e:?}"));
        assert_eq!(&spliced.text, expected, "{what}");
    }
}

#[test]
fn region_is_written_and_put_back() {
    let old = "[default]\nregion=us-east-1  # home\noutput = json\n";
    let first = write_as(old, "bob", Some("eu-west-1"), None, None).expect("written");
    assert!(first.text.starts_with("[default]\nregion = eu-west-1\naws_access_key_id"), "{}", first.text);
    // Two profiles: one with another region, then one without. The user's region comes back.
    let second = write_as(&first.text, "eve", Some("eu-north-1"), Some(&first.undo), None).expect("written");
    assert!(second.text.contains("region = eu-north-1\n"), "{}", second.text);
    let third = write_as(&second.text, "bob", None, Some(&second.undo), None).expect("written");
    assert!(third.text.contains("region=us-east-1  # home\n"), "{}", third.text);
    for spliced in [first, second, third] {
        assert_eq!(unset_of(&spliced.text, Some(&spliced.undo)), Some((old.to_owned(), true)));
    }
}

#[test]
fn a_region_that_somebody_changed_since_stays() {
    let first = write_as("", "bob", Some("eu-west-1"), None, None).expect("written");
    let changed = first.text.replace("eu-west-1", "ap-south-1");
    let unset = unset_of(&changed, Some(&first.undo));
    assert_eq!(unset, Some(("[default]\nregion = ap-south-1\n".to_owned(), true)));
}

#[test]
fn force_moves_the_long_term_keys_and_unset_moves_them_back() {
    let old = "# top\n[default] # mine\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = S\n[b]\nk = v";
    assert_eq!(
        write_as(old, "bob", None, None, None).err(),
        Some(EditError::LongTermKeys { access_key_id: Some("AKIAIOSFODNN7EXAMPLE".to_owned()) })
    );
    let from_config = FromConfig {
        mfa_serial: Some("arn:aws:iam::123456789012:mfa/bob".to_owned()),
        region: Some("eu-west-1".to_owned()),
    };
    let spliced = write_as(old, "bob", None, None, Some(&from_config)).expect("written");
    let expected = format!(
        "# top\n[default-long-term] # mine\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\nregion = eu-west-1\n\
         aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = S\n[b]\nk = v\n\n[default]\n{BLOCK}"
    );
    assert_eq!(spliced.text, expected);
    // A renewal keeps the undo.
    let renewed = write_as(&spliced.text, "bob", None, Some(&spliced.undo), None).expect("written");
    assert_eq!((&renewed.text, &renewed.undo), (&spliced.text, &spliced.undo));
    assert_eq!(unset_of(&renewed.text, Some(&renewed.undo)), Some((old.to_owned(), true)));
    // Refuses if the name exists.
    let taken = format!("{old}\n[default-long-term]\n");
    assert_eq!(
        write_as(&taken, "bob", None, None, Some(&from_config)).err(),
        Some(EditError::NameTaken { line: 7 })
    );
    // The user added settings to our [default]: it stays, and the long-term keys keep their new name.
    let used = format!("{}output = json\n", spliced.text);
    let (text, renamed_back) = unset_of(&used, Some(&spliced.undo)).expect("ours");
    assert!(
        !renamed_back && text.ends_with("[default]\noutput = json\n") && text.contains("[default-long-term]")
    );
}

/// A state file may name a long-term key: moto's GetSessionToken returns such ids, and an attacker could
/// write one.
#[test]
fn a_key_id_of_ours_is_a_sessions_only_beside_a_session_token() {
    let without =
        format!("[default]\naws_access_key_id = {OURS}\naws_secret_access_key = S\n").replace("ASIA", "AKIA");
    let undo = Undo { header: true, ..Undo::default() };
    let our_keys = OurKeys(vec![(OURS.replace("ASIA", "AKIA"), undo)]);
    for token in ["", "aws_session_token =\n"] {
        let text = format!("{without}{token}");
        assert_eq!(unset(text.as_bytes(), &our_keys), Ok(Unset::Nothing), "{text}");
    }
    let with = format!("{without}aws_session_token = T\n");
    let unset = unset(with.as_bytes(), &our_keys);
    assert_eq!(unset, Ok(Unset::Done { bytes: Vec::new(), moved_keys: MovedKeys::None }));
}

#[test]
fn a_header_of_ours_stays_while_anything_stands_under_it() {
    let spliced = write_as("[a]\nk = v\n", "bob", None, None, None).expect("written");
    let commented = spliced.text.replace("[default]\n", "[default]\n# mine\n");
    let unset_text = unset_of(&commented, Some(&spliced.undo)).expect("ours").0;
    assert_eq!(unset_text, "[a]\nk = v\n\n[default]\n# mine\n");
}

#[test]
fn refuses_what_it_cannot_edit_without_harm() {
    let broken = |line, problem| EditError::Broken(BrokenLine { line, problem });
    let key = |key: &str| key.to_owned();
    let cases = [
        ("[default]\n[a]\n[default]\n", EditError::Duplicate { lines: vec![1, 3] }),
        ("[default]\n[ \u{3000}default]\n", EditError::Duplicate { lines: vec![1, 2] }),
        (
            "[default]\nregion = a\nREGION = b\n",
            EditError::DuplicateKey { key: key("region"), lines: vec![2, 3] },
        ),
        (
            "[default]\naws_session_token = a\n\n  # indented\n",
            EditError::Continued { key: key("aws_session_token"), line: 4 },
        ),
        ("[default\u{a0}]\n", broken(1, "`[default]` with white space that is neither a space nor a tab")),
        ("[default]\njunk\n", broken(2, "expected `key = value`: there is no `=`")),
        (
            "[default]\naws_session_token: x = v\n",
            EditError::SecondKey { line: 2, key: key("aws_session_token") },
        ),
        ("[default]\nRegion\u{a0}= v\n", EditError::SecondKey { line: 2, key: key("region") }),
    ];
    for (old, expected) in cases {
        assert_eq!(write_as(old, "bob", None, None, None).err(), Some(expected), "{old:?}");
    }
    assert_eq!(
        write_as("", "a #b", None, None, None).err(),
        Some(EditError::Unwritable { what: key("__profile__") })
    );
}

#[test]
fn warns_where_botocore_does_not_read_the_session_and_writes() {
    let name = "reads the spaces in `[ default ]` as part of the name";
    for (old, line, what) in [
        ("[ default ]\n", 1, name),
        ("[default] # c]\n", 1, "ends the name of `[default]` at the `]` in the comment"),
        ("[default]\nk = v\n\u{a0}l = w\n", 3, "joins the line to the one above"),
    ] {
        let warnings: Vec<_> = warnings(old.as_bytes()).into_iter().map(|w| (w.line, w.what)).collect();
        assert_eq!(warnings, [(line, format!("botocore (the AWS CLI, boto3) {what}"))], "{old:?}");
        let spliced = write_as(old, "bob", None, None, None).expect("written");
        assert_eq!(unset_of(&spliced.text, Some(&spliced.undo)), Some((old.to_owned(), true)), "{old:?}");
    }
    assert_eq!(warnings(b"[default] # c\nk = v # c\n[ a ]\n"), []);
}

/// rust-ini reads this file differently, but the change is right (issue 20).
#[test]
fn what_rust_ini_makes_of_other_sections_keeps_nothing_from_being_written() {
    let old = "[default]\n# mine\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\n\
               region =ault ]\n[default][b]\nk = v\\\n";
    let spliced = write_as(old, "bob", None, None, Some(&FromConfig::default())).expect("written");
    assert_eq!(
        spliced.text,
        format!("{}\n[default]\n{BLOCK}", old.replacen("default", "default-long-term", 1))
    );
    assert_eq!(unset_of(&spliced.text, Some(&spliced.undo)), Some((old.to_owned(), true)));
}

#[test]
fn a_setting_of_config_with_more_than_one_line_is_not_moved() {
    let old = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\n";
    let from_config = FromConfig { mfa_serial: None, region: Some("eu-west-1\nx = y".to_owned()) };
    assert_eq!(
        write_as(old, "bob", None, None, Some(&from_config)).err(),
        Some(EditError::Unwritable { what: "region".to_owned() })
    );
}

#[test]
fn unset_touches_only_sessions_of_ours() {
    let aws_mfa = "[default]\naws_access_key_id = ASIAOTHEROTHEROTHER1\naws_session_token = t\n";
    assert_eq!(unset_of(aws_mfa, None), None);
    assert_eq!(
        unset_of("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n__profile__ = bob\n", None),
        None
    );
    assert_eq!(unset_of("", None), None);
    // A session of `aws-login.py`, or a lost state file.
    let script = "[default]\n__profile__ = bob\naws_access_key_id = ASIAOTHEROTHEROTHER1\nregion = a\n[b]\n";
    assert_eq!(unset_of(script, None), Some(("[default]\nregion = a\n[b]\n".to_owned(), true)));
}

#[test]
fn a_region_that_ended_the_file_is_put_back_as_a_line_of_its_own() {
    let old = "[default]\nregion = us-east-1";
    let first = write_as(old, "bob", Some("eu-west-1"), None, None).expect("written");
    let unset = unset_of(&format!("{}# mine\n", first.text), Some(&first.undo));
    assert_eq!(unset, Some(("[default]\nregion = us-east-1\n# mine\n".to_owned(), true)));
    let second = write_as(&first.text, "eve", None, Some(&first.undo), None).expect("written");
    assert_eq!(unset_of(&second.text, Some(&second.undo)), Some((old.to_owned(), true)));
}

#[test]
fn a_session_of_another_tool_stays_where_our_marks_were_left() {
    let first = write_as("", "bob", None, None, None).expect("written");
    let others = first.text.replace(OURS, "ASIAOTHEROTHEROTHER1");
    assert_eq!(unset(others.as_bytes(), &known(None)), Ok(Unset::Nothing));
}

#[test]
fn writes_beside_what_only_aws_or_only_rust_ini_can_read() {
    for old in [
        "[o]\nk = v\n  # ind\n",
        "[o]\nk = v\n   more\n",
        "[default]\nk = C:\\dir\\\nregion = x\n",
        "[o\\]\n[default]\n",
        "[default]\nk\\=v\nregion = x\n",
        "[default]\nk\\: = v\nregion = x\n",
    ] {
        let first =
            write_as(old, "bob", Some("eu-west-1"), None, None).unwrap_or_else(|e| panic!("{old}: {e:?}"));
        assert_eq!(unset_of(&first.text, Some(&first.undo)), Some((old.to_owned(), true)));
    }
}

#[test]
fn unset_takes_out_the_blank_line_that_was_added_and_no_other() {
    for old in ["[a]\nk = v\n\n", "# c\n\n\n", "[a]\r\nk = v\r\n\r\n"] {
        let spliced = write_as(old, "bob", None, None, None).expect("written");
        assert_eq!(unset_of(&spliced.text, Some(&spliced.undo)), Some((old.to_owned(), true)), "{old:?}");
    }
    // The user has removed it since.
    let spliced = write_as("[a]\nk = v\n", "bob", None, None, None).expect("written");
    let changed = spliced.text.replace("\n\n[default]", "\n[default]");
    assert_eq!(unset_of(&changed, Some(&spliced.undo)), Some(("[a]\nk = v\n".to_owned(), true)));
}

#[test]
fn unset_keeps_apart_what_was_added_below() {
    let spliced = write_as("[a]\nk = v", "bob", None, None, None).expect("written");
    let more = format!("{}[new]\nk = v", spliced.text);
    let unset = unset_of(&more, Some(&spliced.undo));
    assert_eq!(unset, Some(("[a]\nk = v\n[new]\nk = v".to_owned(), true)));
}

/// Mostly well-formed files, made of lines that matter here.
fn any_file() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => Just("[default]"),
        1 => Just("[ default ]"),
        1 => Just("[default] ; c"),
        1 => Just("[default-long-term]"),
        1 => Just("[DEFAULT]"),
        3 => Just("[other]"),
        1 => Just("[profile default]"),
        2 => Just("k = v"),
        1 => Just("K=v # c"),
        1 => Just("k = v\\"),
        1 => Just("k\\=v"),
        1 => Just("[o\\]"),
        1 => Just("s3 ="),
        1 => Just("  nested = 1"),
        1 => Just("\t# indented"),
        1 => Just("  [x]"),
        2 => Just("# comment"),
        1 => Just("; [default]"),
        2 => Just(""),
        1 => Just("  "),
        2 => Just("region = us-east-1"),
        1 => Just("Region=eu-west-1 ; c"),
        2 => Just("aws_access_key_id = ASIAOLDOLDOLDOLDOLDO"),
        1 => Just("aws_access_key_id = AKIAIOSFODNN7EXAMPLE"),
        2 => Just("aws_secret_access_key = S"),
        1 => Just("aws_security_token = t"),
        1 => Just("__profile__ = bob"),
        1 => Just("junk"),
        1 => Just("k: v"),
        1 => Just("ü = \u{2028}x"),
    ];
    let ending = prop_oneof![30 => Just("\n"), 10 => Just("\r\n"), 1 => Just("\r")];
    let last = prop_oneof![Just(true), Just(false)];
    // Mostly starts with a section, since a property before the first section is refused.
    let first = prop_oneof![4 => Just("[first]\n"), 3 => Just("[default]\n"), 1 => Just("")];
    (first, prop::collection::vec((line, ending), 0..10), last).prop_map(|(first, lines, last)| {
        let mut text = first.to_owned();
        text.extend(lines.iter().map(|(line, ending)| format!("{line}{ending}")));
        if !last {
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
        }
        text
    })
}

#[test]
fn the_properties_below_are_tried_on_files_that_are_written() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut file = || any_file().new_tree(&mut runner).expect("a file").current();
    let written = (0..1000).filter(|_| write_as(&file(), "bob", None, None, None).is_ok()).count();
    assert!(written > 250, "{written} of 1000");
}

/// The lines that must stay: all except those with our keys in `[default]`.
fn foreign_lines(text: &str) -> Vec<String> {
    let mut in_default = false;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let line = line.trim_end_matches('\r');
        if line.starts_with('[') {
            in_default = line.trim_start_matches('[').trim_start().starts_with("default")
                && !line.contains("default-");
        }
        let key = line.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_own = OWN_KEYS.contains(&key.as_str()) || key == "region";
        let is_ours = in_default && line.contains('=') && is_own || line.starts_with("[default]");
        if !is_ours && !line.is_empty() {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Section, key (in lower case) and value of everything that isn't ours, as rust-ini reads the file;
/// `None` if our parser reads the file differently.
fn foreign_by_rust_ini(text: &str) -> Option<Vec<[String; 3]>> {
    // For rust-ini a backslash escapes the next character.
    let text = &text.replace('\\', "/");
    let option = ::ini::ParseOption { enabled_quote: false, enabled_escape: false, ..Default::default() };
    let document = ::ini::Ini::load_from_str_opt(text, option).ok()?;
    let triple = |section: &str, key: &str, value: &str| {
        [section.trim().to_owned(), key.to_ascii_lowercase(), value.to_owned()]
    };
    let mut theirs = Vec::new();
    for (section, properties) in &document {
        let section = section.unwrap_or_default();
        theirs.extend(properties.iter().map(|(key, value)| triple(section, key, value)));
    }
    let mut ours = Vec::new();
    for section in ini::parse(text.as_bytes()).ok()? {
        let pairs = section.properties().into_iter();
        ours.extend(pairs.map(|pair| triple(section.name, &pair.key, &pair.full_value())));
    }
    theirs.sort();
    ours.sort();
    let is_alike = theirs == ours;
    theirs.retain(|[section, key, _]| section != DEFAULT || !ALL_KEYS.contains(&&**key));
    is_alike.then_some(theirs)
}

proptest! {
    #![proptest_config(crate::properties::config(4000))]

    #[test]
    fn keeps_every_line_that_is_not_ours(old in any_file(), region in prop::option::of("[a-z]{2}-[a-z]{4}-[1-3]")) {
        let spliced = write_as(&old, "bob", region.as_deref(), None, None);
        prop_assert_ne!(spliced.as_ref().err(), Some(&EditError::Unproved));
        if let Ok(spliced) = spliced {
            prop_assert_eq!(foreign_lines(&spliced.text), foreign_lines(&old));
            if let Some(foreign) = foreign_by_rust_ini(&old) {
                prop_assert_eq!(foreign_by_rust_ini(&spliced.text), Some(foreign));
            }
        }
    }

    #[test]
    fn writing_twice_is_writing_once(old in any_file(), region in prop::option::of("[a-z]{2}-[a-z]{4}-[1-3]")) {
        if let Ok(first) = write_as(&old, "bob", region.as_deref(), None, None) {
            let second = write_as(&first.text, "bob", region.as_deref(), Some(&first.undo), None);
            let second = second.expect("what we wrote can be written again");
            prop_assert_eq!(&second.text, &first.text);
            prop_assert_eq!(&second.undo, &first.undo);
        }
    }

    #[test]
    fn unset_gives_back_the_file(
        old in any_file(),
        regions in prop::collection::vec(prop::option::of("[a-z]{2}-[a-z]{4}-[1-3]"), 1..3),
        force in any::<bool>(),
    ) {
        let sections = ini::parse(old.as_bytes());
        // Older session keys don't come back, by design, so the file isn't the same.
        let had_own = sections.is_ok_and(|sections| sections.iter().any(|section| {
            section.name == "default" && OWN_KEYS.iter().any(|key| section.get(key).is_some())
        }));
        let from_config = FromConfig { mfa_serial: Some("GAHT12345678".to_owned()), region: Some("r".to_owned()) };
        let force = force.then_some(&from_config);
        let mut last: Option<Spliced> = None;
        for region in &regions {
            let text = last.as_ref().map_or(old.as_str(), |last| last.text.as_str());
            let undo = last.as_ref().map(|last| &last.undo);
            match write_as(text, "bob", region.as_deref(), undo, force) {
                Ok(spliced) => last = Some(spliced),
                Err(refusal) => {
                    prop_assert_ne!(refusal, EditError::Unproved);
                    return Ok(());
                }
            }
        }
        let last = last.expect("at least one write");
        if !had_own || last.undo.renamed.is_some() {
            prop_assert_eq!(unset_of(&last.text, Some(&last.undo)), Some((old, true)));
        }
    }

    #[test]
    fn what_is_added_below_survives_the_unset(
        old in any_file(),
        region in prop::option::of("[a-z]{2}-[a-z]{4}-[1-3]"),
        added in prop_oneof![Just("# mine\n"), Just("output = json\n"), Just("[mine]\nk = v"), Just("\n")],
    ) {
        let Ok(first) = write_as(&old, "bob", region.as_deref(), None, None) else { return Ok(()) };
        let ending = if first.text.ends_with('\n') { "" } else { "\n" };
        let text = format!("{}{ending}{added}", first.text);
        // The added line may make the file invalid.
        if ini::parse(text.as_bytes()).is_err() {
            return Ok(());
        }
        let unset = unset(text.as_bytes(), &known(Some(&first.undo))).expect("no refusal");
        let Unset::Done { bytes, .. } = unset else { panic!("it is ours") };
        let left = String::from_utf8(bytes).expect("text");
        let mut expected = foreign_lines(&old);
        expected.extend(foreign_lines(added));
        prop_assert_eq!(foreign_lines(&left), expected, "{:?}", left);
    }

    #[test]
    fn arbitrary_bytes_are_kept_or_refused(old in prop::collection::vec(any::<u8>(), 0..200)) {
        let session = session();
        let content = Content { profile: "bob", session: &session, region: None, started: "s", expires: "e" };
        match write(&old, &content, &known(None), None) {
            Ok((new, undo)) => match unset(&new, &known(Some(&undo))) {
                Ok(Unset::Done { bytes, .. }) => prop_assert_eq!(bytes, old),
                other => prop_assert!(false, "{:?}", other),
            },
            Err(refusal) => prop_assert_ne!(refusal, EditError::Unproved),
        }
    }
}
