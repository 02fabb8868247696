//! Files that AWS's tools can't read: every command refuses them, names the line, and leaves them unchanged.

use support::{CODE, Home, SOMEACCOUNT, failed, str, sts};

/// Broken files: the bytes, the line and the message.
fn broken() -> Vec<(Vec<u8>, usize, &'static str)> {
    let crs = SOMEACCOUNT.replace('\n', "\r").into_bytes();
    let with = |bytes: &[u8]| [SOMEACCOUNT.as_bytes(), bytes].concat();
    vec![
        (with(b"a line\n"), 5, "expected `key = value`: there is no `=`"),
        (with(b"key: value\n"), 5, "expected `key = value`: there is no `=`"),
        (with(b"= value\n"), 5, "expected `key = value`: there is no key before the `=`"),
        (with(b"[a\n"), 5, "expected a section such as `[default]`; after its `]`, only a comment"),
        (with(b"[a] b\n"), 5, "expected a section such as `[default]`; after its `]`, only a comment"),
        (b"  [default]\n".to_vec(), 1, "a section that is indented: expected its `[` at the line's start"),
        (with(b"[a]\n\t[b]\n"), 6, "a section that is indented: expected its `[` at the line's start"),
        (b"key = value\n".to_vec(), 1, "expected a section such as `[default]` before anything else"),
        (
            with(b"[a]\n  key = value\n"),
            6,
            "an indented line right after a section: expected `key = value` at the line's start",
        ),
        (with(b"[a]\ns3 =\n  junk\n"), 7, "expected `key = value`: there is no `=`"),
        (
            [b"\xef\xbb\xbf", SOMEACCOUNT.as_bytes()].concat(),
            1,
            "a byte order mark (BOM) in front of the first line: save the file as UTF-8 without it",
        ),
        (with(b"# Z\xfcrich\n"), 5, "a byte that is not UTF-8: save the file as UTF-8"),
        (crs, 1, "a carriage return without a line feed: lines must end in LF or CRLF"),
        (with(b"# a\rb\n"), 5, "a carriage return without a line feed: lines must end in LF or CRLF"),
    ]
}

#[test]
fn a_broken_credentials_file_is_refused_with_its_line_and_left_as_it_is() {
    let sts = sts();
    for (bytes, line, problem) in broken() {
        let home = Home::new().credentials(&bytes);
        let message = format!(
            "error: can't read `~/.aws/credentials`: line {line}: {problem}\n\
             hint: correct line {line} of `~/.aws/credentials`; some AWS tools can't read it either\n"
        );
        for arguments in
            [&["someaccount", "-t", CODE][..], &["someaccount", "-w", "-t", CODE], &["unset", "-w"]]
        {
            let shown = home.run(arguments).sts(&sts).output();
            assert_eq!(shown, failed(1, &message), "{arguments:?}");
        }
        assert_eq!(std::fs::read(home.path(".aws/credentials")).expect("there"), bytes);
    }
    assert_eq!(sts.connections(), 0);
}

#[test]
fn a_broken_config_file_is_refused_too() {
    let sts = sts();
    for (bytes, line, problem) in broken() {
        let home = Home::someaccount().config(&bytes);
        let message = format!(
            "error: can't read `~/.aws/config`: line {line}: {problem}\n\
             hint: correct line {line} of `~/.aws/config`; some AWS tools can't read it either\n"
        );
        assert_eq!(home.run(["someaccount", "-t", CODE]).sts(&sts).output(), failed(1, &message));
    }
    assert_eq!(sts.connections(), 0);
}

#[test]
fn a_nul_byte_changes_nothing() {
    let sts = sts();
    for text in [format!("{SOMEACCOUNT}# \0\n"), format!("{SOMEACCOUNT}[a]\nk = \0\n")] {
        let home = Home::new().credentials(&text);
        let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
        if shown.status == 0 {
            assert!(home.read_credentials().starts_with(&text));
            home.run(["unset", "-w"]).output();
        }
        assert_eq!(home.read_credentials(), text, "{shown:?}");
    }
}

#[test]
fn a_directory_a_pipe_or_nothing_in_a_files_place() {
    let sts = sts();
    Home::someaccount().calling(sts.url()).session(str![[r#"
$ echo '[profile other]' >config
$ AWS_CONFIG_FILE=<(cat config) mfa-env list --names
other
someaccount
$ AWS_CONFIG_FILE=<(:) mfa-env list --names
someaccount
$ AWS_CONFIG_FILE=/dev/null mfa-env list --names
someaccount
$ mkdir .aws/config; mfa-env someaccount -t 918273
(exit 1);
2> error: failed to read `~/.aws/config`: Is a directory (os error 21)
2> hint: check the path and its permissions
? 1
$ unset HOME; mfa-env someaccount -t 918273
(exit 1);
2> error: `HOME` is not set, so your AWS files can't be found
2> hint: export HOME, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE
? 1
$ export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=.aws/credentials
$ mfa-env someaccount --no-cache -t 918273 | wc -l
13
2> warning: can't store sessions or state: `HOME` is not set
2> hint: export HOME, or XDG_CACHE_HOME and XDG_STATE_HOME
2> Session started; expires in 12 hours (someaccount: user bob of 123456789012)
"#]]);
}
