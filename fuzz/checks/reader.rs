//! Checks the reader of the files: for any bytes, it reports a broken line, or finds each property at its
//! place. Profiles, chains and `doctor` then work without a panic.

use mfa_env::aws_files::ini::{self, Section};
use mfa_env::aws_files::lint;
use mfa_env::aws_files::profiles::{self, FileKind, Profiles};
use mfa_env::aws_files::session_section::OurKeys;

pub fn check(bytes: &[u8]) {
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    match ini::parse(bytes) {
        Err(broken) => assert!((1..=lines).contains(&broken.line), "{broken}"),
        Ok(sections) => check_sections(&sections, std::str::from_utf8(bytes).expect("it was read")),
    }
    for (config, credentials) in [(bytes, &b""[..]), (b"", bytes), (bytes, bytes)] {
        let read = Profiles::read(config, credentials);
        let names = read.as_ref().map(|read| read.names().collect()).map_err(Clone::clone);
        assert_eq!(names, profiles::names(config, credentials), "the way of completion");
        let Ok(profiles) = read else { continue };
        for name in profiles.names() {
            let _ = profiles.chain(name, &OurKeys::default());
        }
    }
}

fn check_sections(sections: &[Section<'_>], text: &str) {
    let mut at = 0;
    for section in sections {
        assert!(at <= section.header.start, "in order");
        at = section.header.end;
        let header = &text[section.header.clone()];
        assert!(header.starts_with('[') && header.contains(section.raw_name), "{header}");
        for property in &section.properties() {
            assert!(at <= property.span.start, "in order");
            at = property.span.end;
            let line = &text[property.span.clone()];
            assert_eq!(line.matches('\n').count(), usize::from(line.ends_with('\n')), "one line");
            assert!(line.contains(property.value.lines().next().unwrap_or_default()));
            assert!(line.to_ascii_lowercase().starts_with(&*property.key), "{line:?} {:?}", property.key);
            let number = 1 + text[..property.span.start].matches('\n').count();
            assert_eq!(number, property.line);
        }
    }
    for file in [FileKind::Config, FileKind::Credentials] {
        let lines = 1 + text.matches('\n').count();
        for finding in lint::findings(sections, file) {
            assert!((1..=lines).contains(&finding.line));
        }
    }
}
