//! Files that AWS's tools can't read: every command refuses them, names the line, and leaves them unchanged.

use support::{CODE, Home, SOMEACCOUNT, done, failed, sts};

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
fn a_directory_where_a_file_should_be() {
    let home = Home::someaccount();
    std::fs::create_dir(home.path(".aws/config")).expect("a new directory");
    let message = "error: failed to read `~/.aws/config`: Is a directory (os error 21)\n";
    let shown = home.run(["someaccount", "-t", CODE]).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (1, "(exit 1);\n"));
    assert!(shown.stderr.starts_with(message), "{shown:?}");
}

#[test]
fn no_home_says_what_to_export() {
    let home = Home::someaccount();
    let shown = home.run(["someaccount", "-t", CODE]).without_env("HOME").output();
    let message = "error: `HOME` is not set, so your AWS files can't be found\n\
                   hint: export HOME, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE\n";
    assert_eq!(shown, failed(1, message));
}

#[test]
fn a_file_can_be_a_pipe_of_the_shells_or_nothing() {
    let home = Home::someaccount();
    home.write("config", "[profile other]\nregion = x\n");
    for (config, names) in
        [("<(cat config)", "other\nsomeaccount\n"), ("<(:)", "someaccount\n"), ("/dev/null", "someaccount\n")]
    {
        let script = format!("AWS_CONFIG_FILE={config} mfa-env list --names");
        assert_eq!(home.program("bash").args(["-c", &script]).output(), done(names, ""), "{config}");
    }
}
