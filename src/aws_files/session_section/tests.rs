//! Properties of random files, and cases that tests/cli doesn't have.

use proptest::prelude::*;

use super::*;

#[path = "../../../fuzz/checks/splice.rs"]
mod splice;

fn written(old: &str, region: Option<&str>, last: Option<&Undo>) -> Result<(String, Undo), EditError> {
    let region = region.map(|region| Region::new(region).expect("valid"));
    let (bytes, undo) = splice::write(DEFAULT, old.as_bytes(), "bob", region.as_ref(), last, None)?;
    Ok((String::from_utf8(bytes).expect("text"), undo))
}

fn without_session(text: &str, undo: &Undo) -> (String, MovedKeys) {
    match unset(text.as_bytes(), DEFAULT, &splice::known(Some(undo))) {
        Ok(Unset::Done { bytes, moved_keys }) => (String::from_utf8(bytes).expect("text"), moved_keys),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_user_changed_since_stays() {
    for (old, region, (what, with), expected) in [
        ("", Some("eu-west-1"), ("eu-west-1", "ap-south-1"), "[default]\nregion = ap-south-1\n"),
        ("[a]\nk = v\n", None, ("[default]\n", "[default]\n# mine\n"), "[a]\nk = v\n\n[default]\n# mine\n"),
        ("[a]\nk = v\n", None, ("\n\n[default]", "\n[default]"), "[a]\nk = v\n"),
        ("[a]\nk = v", None, ("+00:00\n", "+00:00\n[new]\nk = v"), "[a]\nk = v\n[new]\nk = v"),
        (
            "[default]\nregion = us-east-1",
            Some("eu-west-1"),
            ("+00:00\n", "+00:00\n# mine\n"),
            "[default]\nregion = us-east-1\n# mine\n",
        ),
    ] {
        let (text, undo) = written(old, region, None).expect("written");
        // Only the last one: two of our lines end in a time.
        let at = text.rfind(what).unwrap_or_else(|| panic!("{what} in {text}"));
        let changed = format!("{}{with}{}", &text[..at], &text[at + what.len()..]);
        assert_eq!(without_session(&changed, &undo).0, expected, "{changed}");
    }
}

#[test]
fn keys_that_force_moved_stay_if_default_or_their_section_has_changed_since() {
    let old = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = S\n";
    let from_config = FromConfig { mfa_serial: None, region: Some("eu-west-1".to_owned()) };
    let (bytes, undo) =
        splice::write(DEFAULT, old.as_bytes(), "bob", None, None, Some(&from_config)).expect("written");
    let text = String::from_utf8(bytes).expect("text");
    let (used, moved_keys) = without_session(&format!("{text}output = json\n"), &undo);
    assert!(
        used.starts_with("[default-long-term]\n") && used.ends_with("[default]\noutput = json\n"),
        "{used}"
    );
    assert_eq!(moved_keys, MovedKeys::Stay);
    let (renamed, moved_keys) = without_session(&text.replace("default-long-term", "mine"), &undo);
    assert_eq!((renamed.starts_with("[mine]\n"), moved_keys), (true, MovedKeys::Stay));
    // A setting that the user has changed stays, too.
    let (changed, moved_keys) = without_session(&text.replace("eu-west-1", "us-west-2"), &undo);
    assert_eq!((changed.contains("region = us-west-2\n"), moved_keys), (true, MovedKeys::Back));
}

/// A state file may name a long-term key: moto's GetSessionToken returns such ids, and an attacker could
/// write one.
#[test]
fn a_key_id_of_ours_is_a_sessions_only_beside_a_session_token() {
    let our_keys: OurKeys = [("AKIAIOSFODNN7EXAMPLE".to_owned(), Undo::default())].into_iter().collect();
    for (token, is_session) in
        [("", false), ("aws_session_token =\n", false), ("aws_session_token = T\n", true)]
    {
        let text = format!("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n{token}");
        let unset = unset(text.as_bytes(), DEFAULT, &our_keys);
        assert_eq!(unset != Ok(Unset::Nothing), is_session, "{text}");
    }
}

/// The process may die between them. A reused session has the same key, so the state file then has two undos of it.
#[test]
fn a_write_that_was_announced_is_undone_whether_it_happened_or_not() {
    for old in ["", "[default]\nregion = us-east-1 # mine\n"] {
        for (first, second) in
            [(Some("eu-west-1"), None), (Some("eu-west-1"), Some("ap-south-1")), (None, Some("eu-west-1"))]
        {
            let (before, last) = written(old, first, None).expect("it can be written");
            let (after, announced) = written(&before, second, Some(&last)).expect("it can be written");
            let undos = [announced, last].map(|undo| (splice::KEY_ID.to_owned(), undo));
            let our_keys: OurKeys = undos.into_iter().collect();
            for text in [before, after] {
                let Ok(Unset::Done { bytes, .. }) = unset(text.as_bytes(), DEFAULT, &our_keys) else {
                    panic!("{text}")
                };
                assert_eq!(String::from_utf8(bytes).expect("text"), old, "{first:?} {second:?}: {text}");
            }
        }
    }
}

#[test]
fn unset_takes_out_only_sessions_that_are_known_or_have_our_mark() {
    let with_key = |id: &str, more: &str| format!("[default]\naws_access_key_id = {id}\n{more}");
    let (theirs, marked) = ("ASIAOTHEROTHEROTHER1", "__profile__ = bob\n");
    for (text, our_keys, is_ours) in [
        (with_key(theirs, marked), OurKeys::default(), true),
        (with_key(theirs, ""), OurKeys::default(), false),
        // Our marks were left beside keys that another tool wrote.
        (with_key(theirs, marked), splice::known(None), false),
        (with_key("AKIAIOSFODNN7EXAMPLE", marked), OurKeys::default(), false),
    ] {
        assert_eq!(unset(text.as_bytes(), DEFAULT, &our_keys) != Ok(Unset::Nothing), is_ours, "{text}");
    }
}

#[test]
fn refuses_what_it_cannot_edit_without_harm() {
    let key = |key: &str| key.to_owned();
    let problem = "a section's name with white space that is neither a space nor a tab";
    for (old, expected) in [
        ("[default]\n[ \u{3000}default]\n", EditError::Duplicate { lines: vec![1, 2] }),
        (
            "[default]\naws_session_token = a\n\n  # indented\n",
            EditError::Continued { key: key("aws_session_token"), line: 4 },
        ),
        ("[default\u{a0}]\n", EditError::Broken(BrokenLine { line: 1, problem })),
        ("[default]\nRegion\u{a0}= v\n", EditError::SecondKey { line: 2, key: key("region") }),
    ] {
        assert_eq!(written(old, None, None).err(), Some(expected), "{old:?}");
    }
    let old = b"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n";
    let from_config = FromConfig { mfa_serial: None, region: Some("eu-west-1\nx = y".to_owned()) };
    let refusal = splice::write(DEFAULT, old, "bob", None, None, Some(&from_config)).err();
    assert_eq!(refusal, Some(EditError::Unwritable { what: key("region") }));
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
        1 => Just("__Expires__ = never # c"),
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
    let count = (0..1000).filter(|_| written(&file(), None, None).is_ok()).count();
    assert!(count > 250, "{count} of 1000");
}

proptest! {
    #![proptest_config(crate::properties::config(8000))]

    #[test]
    fn a_session_is_written_and_taken_out_and_every_other_byte_stays(
        options in any::<u8>(),
        file in prop_oneof![3 => any_file().prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..200)],
    ) {
        splice::check(&[&[options], &file[..]].concat());
    }

    #[test]
    fn another_section_is_written_as_default_is(old in any_file(), has_force in any::<bool>()) {
        let renamed = |text: &str| text.replace("default", "zzz");
        let force = has_force.then(FromConfig::default);
        let write = |section, old: &str| {
            let (bytes, undo) = splice::write(section, old.as_bytes(), "bob", None, None, force.as_ref()).ok()?;
            let Unset::Done { bytes: back, .. } = unset(&bytes, section, &splice::known(Some(&undo))).ok()? else { return None };
            Some([bytes, back].map(|bytes| String::from_utf8(bytes).expect("text")))
        };
        let of_default = write(DEFAULT, &old).map(|texts| texts.map(|text| renamed(&text)));
        prop_assert_eq!(write("zzz", &renamed(&old)), of_default);
    }

    #[test]
    fn what_is_added_below_survives_the_unset(
        old in any_file(),
        region in prop::option::of("[a-z]{2}-[a-z]{4}-[1-3]"),
        added in prop_oneof![Just("# mine\n"), Just("output = json\n"), Just("[mine]\nk = v"), Just("\n")],
    ) {
        let Ok((text, undo)) = written(&old, region.as_deref(), None) else { return Ok(()) };
        let text = format!("{text}{}{added}", if text.ends_with('\n') { "" } else { "\n" });
        // The added line may make the file invalid.
        if ini::parse(text.as_bytes()).is_err() {
            return Ok(());
        }
        let (left, _) = without_session(&text, &undo);
        let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let foreign = |text: &str| lines(&String::from_utf8(splice::foreign(text.as_bytes())).expect("text"));
        prop_assert_eq!(foreign(&left), [foreign(&old), lines(added)].concat(), "{:?}", left);
    }
}
