use proptest::prelude::*;

use super::*;
use crate::aws::{AccessKeyId, Secret};

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG";

fn keys() -> LongTermKeys {
    LongTermKeys {
        access_key_id: AccessKeyId::new(ID).expect("in form"),
        secret_access_key: Secret::new(SECRET.to_owned()).expect("in form"),
    }
}

fn protected(config: &str, credentials: &str, there: Option<&Entry>) -> Option<Protected> {
    let files = (config.as_bytes(), credentials.as_bytes());
    let store = KeyStore::Commands { fetch: "cat 'a b'".to_owned() };
    protect(files, ("a", "profile a"), &keys(), &store, "mfa-env -p a --format json", there).ok()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

/// The files after the move and back. The entry goes through JSON, as in a store.
fn there_and_back(config: &str, credentials: &str) -> Option<(String, String)> {
    let Protected { config, credentials, entry } = protected(config, credentials, None)?;
    assert!(!text(credentials.clone()).contains(SECRET));
    let entry = Entry::parse(&entry.json()).expect("its own form");
    let config = without_store(&config, "profile a", true, Some(&entry)).expect("it was written");
    Some((text(config), text(put_back(&credentials, "a", &entry).expect("it was taken out"))))
}

/// A file with one section `[a]` or `[profile a]`, which may have the keys.
fn any_file(header: &'static str, keys: &'static [&'static str]) -> impl Strategy<Value = String> {
    let lines = prop::sample::subsequence(
        vec!["region = x", "s3 =\n  y = z", "# c", "", "Output=json ; c", "# aws_secret_access_key = old"],
        0..6,
    );
    let places = prop::collection::vec(0..7_usize, keys.len());
    let ending = prop::sample::select(vec!["\n", "\r\n"]);
    let around =
        prop::sample::select(vec![("", ""), ("[b]\nk = v\n\n", ""), ("", "\n[b]\nk = v\n"), ("# c\n", "")]);
    (lines, places, ending, around, any::<bool>(), any::<bool>()).prop_map(
        move |(lines, places, ending, (before, after), is_there, is_complete)| {
            let mut lines: Vec<_> = lines.into_iter().map(str::to_owned).collect();
            for (key, place) in keys.iter().zip(places) {
                lines.insert(place.min(lines.len()), (*key).to_owned());
            }
            lines.insert(0, header.to_owned());
            let section = if is_there || !keys.is_empty() { lines.join("\n") + "\n" } else { String::new() };
            let file = format!("{before}{section}{after}").replace('\n', ending);
            if is_complete { file } else { file.trim_end_matches(['\r', '\n']).to_owned() }
        },
    )
}

const LINES: &[&str] =
    &["aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "AWS_Secret_Access_Key=wJalrXUtnFEMI/K7MDENG # mine"];

proptest! {
    #![proptest_config(crate::properties::config(4000))]

    #[test]
    fn both_files_come_back_byte_for_byte(
        config in any_file("[profile a]", &[]),
        credentials in any_file("[a]", LINES),
    ) {
        prop_assert_eq!(there_and_back(&config, &credentials), Some((config, credentials)));
    }

    /// The process may end after any step. The next run completes it.
    #[test]
    fn a_second_run_completes_a_first_one(
        config in any_file("[profile a]", &[]),
        credentials in any_file("[a]", LINES),
    ) {
        let first = protected(&config, &credentials, None).expect("it can be protected");
        let written = text(first.config.clone());
        let second = protected(&written, &credentials, Some(&first.entry)).expect("it can be protected");
        prop_assert!(second.entry == first.entry);
        prop_assert_eq!((second.config, second.credentials), (first.config, first.credentials));
    }

    /// The keys come back, and all other lines stay, whatever the user has changed.
    #[test]
    fn what_the_user_has_changed_since_stays(
        old in any_file("[a]", LINES),
        new in any_file("[a]", &[]),
    ) {
        let entry = protected("", &old, None).expect("it can be protected").entry;
        let back = text(put_back(new.as_bytes(), "a", &entry).expect("it can be put back"));
        let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let mut others = lines(&back);
        others.retain(|line| !LINES.contains(&line.as_str()));
        let mut expected = lines(&new);
        if !expected.iter().any(|line| line == "[a]") {
            expected.push("[a]".to_owned());
        }
        prop_assert_eq!(others, expected);
        let (_, taken) = take_out(back.as_bytes(), "a").expect("they are there");
        prop_assert_eq!(taken.len(), 2);
        prop_assert_eq!(text(put_back(back.as_bytes(), "a", &entry).expect("they are there")), back);
    }
}

/// A user may change the keys of an entry, or make one in the form of a `credential_process`.
#[test]
fn the_keys_of_the_entry_count_and_not_its_lines() {
    let (new_id, new_secret) = ("AKIANEWNEWNEWNEWNEWN", "new/secret");
    for ending in ["\n", "\r\n"] {
        let old = format!("[a]\n{}\n{}\nk = v\n", LINES[0], LINES[1]).replace('\n', ending);
        let Protected { credentials, entry, .. } = protected("", &old, None).expect("protected");
        let json = text(entry.json().to_vec()).replacen(ID, new_id, 1).replacen(SECRET, new_secret, 1);
        let (keys, _) = json.split_once(",\"Undo\"").expect("its undo");
        let expected =
            format!("[a]\naws_access_key_id = {new_id}\naws_secret_access_key = {new_secret}\nk = v\n");
        for json in [&json, &format!("{keys}}}")] {
            let entry = Entry::parse(json.as_bytes()).expect("its form");
            let back = put_back(&credentials, "a", &entry).map(text);
            assert_eq!(back, Ok(expected.replace('\n', ending)));
        }
    }
}

/// Another program may have written the entry.
#[test]
fn an_entry_can_write_nothing_but_its_two_keys() {
    let with = |secret: &str, lines: &str| {
        let json = format!(
            r#"{{"Version":1,"AccessKeyId":"{ID}","SecretAccessKey":"{secret}","Undo":{{"lines":[{lines}],
                "config":{{"header":true,"blank_line":true,"line_ending":true}}}}}}"#
        );
        put_back(b"[a]\nk = v\n", "a", &Entry::parse(json.as_bytes()).expect("its form")).map(text)
    };
    let own = format!("[a]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\nk = v\n");
    for more in ["credential_process = x", "[b]", "# c", " x", "aws_session_token = t", LINES[0]] {
        let id = format!(r#"{{"above":0,"text":"aws_access_key_id = {ID}\n"}}"#);
        let secret = format!(r#"{{"above":0,"text":"aws_secret_access_key = {SECRET}\n{more}\n"}}"#);
        assert_eq!(with(SECRET, &format!("{id},{secret}")), Ok(own.clone()), "{more}");
        assert!(with(&format!(r"{SECRET}\n{more}"), "").is_err(), "{more}");
    }
}

#[test]
fn other_keys_are_not_replaced() {
    let entry = protected("", &format!("[a]\n{}\n{}\n", LINES[0], LINES[1]), None).expect("protected").entry;
    let other = "[a]\naws_access_key_id = AKIAOTHEROTHEROTHERO\n";
    let refused = Some(EditError::LongTermKeys { access_key_id: Some("AKIAOTHEROTHEROTHERO".to_owned()) });
    assert_eq!(put_back(other.as_bytes(), "a", &entry).err(), refused);
}
