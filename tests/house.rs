//! Rules of the code that no compiler holds us to.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).expect("a folder of the crate").map(|entry| entry.expect("readable").path())
    {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
    found.sort();
    found
}

/// The lines of code, without comments, that hold that text: file and line.
fn lines_with(text: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in sources(&folder) {
        let name = path.strip_prefix(&folder).expect("below it").display().to_string();
        for line in fs::read_to_string(&path).expect("text").lines() {
            let code = line.split("//").next().unwrap_or_default();
            if code.contains(text) {
                found.push((name.clone(), code.trim().to_owned()));
            }
        }
    }
    found
}

#[test]
fn unsafe_is_used_at_three_places_and_explained() {
    let of = |file: &str, code: &str| (file.to_owned(), code.to_owned());
    let allowed = "#[allow(unsafe_code)]";
    assert_eq!(
        lines_with("unsafe"),
        [
            // glibc's function for a static binary has no safe form, and its declaration counts, too.
            of("name_lookup.rs", allowed),
            of(
                "name_lookup.rs",
                r#"let _ = unsafe { __nss_configure_lookup(c"hosts".as_ptr(), c"files dns".as_ptr()) };"#
            ),
            of("name_lookup.rs", allowed),
            of("name_lookup.rs", r#"unsafe extern "C" {"#),
            of("process/signals.rs", allowed),
            of("process/signals.rs", "unsafe {"),
            of("process.rs", allowed),
            of("process.rs", "let named = unsafe { BorrowedFd::borrow_raw(number) };"),
        ]
    );
    for text in [
        include_str!("../src/name_lookup.rs"),
        include_str!("../src/process.rs"),
        include_str!("../src/process/signals.rs"),
    ] {
        let before = text.split(allowed).next().expect("there");
        assert!(before.lines().rev().take(4).any(|line| line.trim_start().starts_with("// SAFETY: ")));
    }
}

#[test]
fn what_is_secret_derives_no_debug_and_no_display() {
    let text = include_str!("../src/session.rs");
    for name in ["Secret(", "TokenCode(", "LongTermKeys {", "Session {"] {
        let before =
            text.split(&format!("pub struct {name}")).next().filter(|before| before.len() < text.len());
        let before = before.unwrap_or_else(|| panic!("{name} is not there"));
        let derives =
            before.lines().rev().find(|line| line.starts_with("#[derive(")).expect("it derives Clone");
        assert!(derives.contains("Clone") && !derives.contains("Debug"), "{name}: {derives}");
        let bare = name.trim_end_matches(['(', ' ', '{']);
        for shown in ["Debug", "Display", "Serialize"] {
            assert!(!text.contains(&format!("{shown} for {bare} ")), "{name}");
        }
    }
}
