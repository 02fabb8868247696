//! Cases in which `-w` refuses: before it asks for a code, with a hint, and without a changed byte.

use std::fs;

use support::{
    CODE, Home, KEY_ID, SERIAL, SOMEACCOUNT, Shown, Terminal, WRITTEN, WRONG_CODE, done, failed, keys_in,
    str, sts,
};

/// `-w` must refuse with this message, and change nothing.
fn refused(home: &Home, message: &str) {
    let before = fs::read(home.path(".aws/credentials")).ok();
    let sts = sts();
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown, failed(1, message));
    assert_eq!(sts.connections(), 0);
    assert_eq!(fs::read(home.path(".aws/credentials")).ok(), before);
    assert!(!home.path(".local/state/mfa-env/default").exists());
}

fn long_term(text: &str) -> String {
    format!(
        "error: `~/.aws/credentials` was not changed: `[default]` holds a long-term key{text}, and mfa-env won't overwrite it\n\
         hint: move it to `[default-long-term]` in the same step: mfa-env someaccount -w --force\n\
         hint: or rename the section yourself, e.g. to `[personal]`\n"
    )
}

#[test]
fn refuses_to_replace_long_term_keys_in_default() {
    for (section, what) in [
        (keys_in("default", ""), format!(" ({KEY_ID})")),
        // `aws configure` leaves old lines next to new long-term keys: they don't prove a session.
        (keys_in("default", "aws_session_token = t\n__profile__ = someaccount\n"), format!(" ({KEY_ID})")),
        ("[default]\naws_access_key_id = AKIAHALF\n".to_owned(), " (AKIAHALF)".to_owned()),
        ("[default]\naws_secret_access_key = x\n".to_owned(), String::new()),
        (
            "[default]\naws_access_key_id = custom\naws_secret_access_key = x\n".to_owned(),
            " (custom)".to_owned(),
        ),
    ] {
        let home = Home::new().credentials(format!("{section}{SOMEACCOUNT}"));
        refused(&home, &long_term(&what));
    }
}

/// No login would find them below the session.
#[test]
fn refuses_to_hide_long_term_keys_that_default_has_in_config() {
    let (config, sts) = (keys_in("default", "region = eu-west-1\n__mfa__ = GAHT12345678\n"), sts());
    let home = Home::someaccount().config(config).calling(sts.url());
    home.session(str![[r#"
$ eval "$(mfa-env someaccount -w --force -t 918273)"
2> error: a session in `[default]` would hide the keys of profile `default` in `~/.aws/config`
2> hint: move these keys to `[default-long-term]` in `~/.aws/credentials`, where mfa-env finds them
2> hint: write to another section: mfa-env someaccount -w --section default-mfa
? 2
$ eval "$(mfa-env default -w -t 918273)"
2> error: a session in `[default]` would hide the keys of profile `default` in `~/.aws/config`
2> hint: move these keys to `[default-long-term]` in `~/.aws/credentials`, where mfa-env finds them
2> hint: write to another section: mfa-env default -w --section default-mfa
? 2
"#]]);
    assert_eq!(sts.connections(), 0);
    home.write(".aws/config", "[default]\nregion = eu-west-1\n");
    home.write(".aws/credentials", keys_in("default-long-term", &format!("mfa_serial = {SERIAL}\n")));
    home.session(str![[r#"
$ mfa-env default -w -t 918273
2> wrote default to [default] in ~/.aws/credentials (undo: mfa-env unset -w)
2> Session started; expires in 12 hours (default: user bob of 123456789012)
$ mfa-env default -w -r -t 827364
2> wrote default to [default] in ~/.aws/credentials (undo: mfa-env unset -w)
2> Session started; expires in 12 hours (default: user bob of 123456789012)
"#]]);
}

#[test]
fn refuses_before_it_asks_for_a_code() {
    let home = Home::new().credentials(format!("{}{SOMEACCOUNT}", keys_in("default", "")));
    let sts = sts();
    let run = home.run(["someaccount", "-w"]).sts(&sts).env("NO_COLOR", "1");
    let (status, text) = Terminal::start(run).end();
    assert_eq!((status, home.without_places(&text, None)), (1, long_term(&format!(" ({KEY_ID})"))));
    assert_eq!(sts.connections(), 0);
}

#[test]
fn refuses_sections_that_tools_read_differently() {
    let cases = [
        (
            format!("[default]\n{SOMEACCOUNT}[default]\n"),
            "`[default]` occurs more than once (lines 1 and 6), and tools disagree about which one counts\nhint: join these sections\n",
        ),
        (
            format!("[default]\nregion = a\nRegion = b\n{SOMEACCOUNT}"),
            "`region` occurs more than once in `[default]` (lines 2 and 3), and tools disagree about which one counts\nhint: delete all but one of these lines\n",
        ),
        (
            format!("[default]\naws_access_key_id:x = y\n{SOMEACCOUNT}"),
            "in line 2, botocore (the AWS CLI, boto3) would read a second `aws_access_key_id`\n\
             hint: correct line 2 of `~/.aws/credentials`\n",
        ),
        (
            format!("[default]\nregion = a\n  b\n{SOMEACCOUNT}"),
            "line 3 is indented, so it belongs to the value of `region`\nhint: delete line 3, or remove its indentation\n",
        ),
    ];
    for (text, why) in cases {
        let message = format!("error: `~/.aws/credentials` was not changed: {why}");
        refused(&Home::new().credentials(text), &message);
    }
}

#[test]
fn warns_where_botocore_reads_another_name() {
    let (home, sts) = (Home::new().credentials(format!("[ default ]\n{SOMEACCOUNT}")), sts());
    let warning = "warning: `~/.aws/credentials`, line 1: botocore (the AWS CLI, boto3) reads the spaces in \
                   `[ default ]` as part of the name\nhint: write `[default]`\n";
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown, done("", &format!("{warning}{WRITTEN}")));
    assert!(home.read_credentials().starts_with("[ default ]\naws_access_key_id = ASIA"));
}

#[test]
fn writes_beside_duplicates_of_other_sections() {
    let text = format!("[a]\nk = 1\n{SOMEACCOUNT}[a]\nk = 2\nk = 3\n");
    let (home, sts) = (Home::new().credentials(&text), sts());
    assert_eq!(home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output(), done("", WRITTEN));
    assert!(home.read_credentials().starts_with(&text));
}

#[test]
fn refuses_a_name_that_would_not_read_back() {
    let home = Home::new();
    for name in ["a #b", "a ;b"] {
        home.write(".aws/config", keys_in(&format!("profile '{name}'"), "mfa_serial = GAHT12345678\n"));
        let sts = sts();
        let shown = home.run([name, "-w", "-t", CODE]).sts(&sts).output();
        assert_eq!((shown.status, shown.stdout.as_str()), (1, "(exit 1);\n"), "{shown:?}");
        assert_eq!(sts.connections(), 0);
    }
}

#[test]
fn refuses_a_file_with_another_name() {
    let home = Home::someaccount();
    fs::hard_link(home.path(".aws/credentials"), home.path("backup")).expect("one file system");
    refused(
        &home,
        "error: can't write to `~/.aws/credentials`: it has 2 hard links, and the others would keep the old content\n\
         hint: make it a file of its own, or a symbolic link\n\
         hint: or into this shell: eval \"$(mfa-env someaccount)\"\n",
    );
}

#[test]
fn refuses_what_is_no_file() {
    let config = keys_in("profile someaccount", "mfa_serial = GAHT12345678\n");
    Home::new().config(config).session(str![[r#"
$ mkdir .aws/credentials; eval "$(mfa-env someaccount -w -t 918273)"
2> error: failed to read `~/.aws/credentials`: Is a directory (os error 21)
2> hint: check the path and its permissions
? 1
$ rmdir .aws/credentials; ln -s b .aws/credentials; ln -s credentials .aws/b
$ eval "$(mfa-env someaccount -w -t 918273)"
2> error: failed to read `~/.aws/credentials`: Too many levels of symbolic links (os error 40)
2> hint: check the path and its permissions
? 1
"#]]);
}

/// Runs `mfa-env` as another user than root, since root may write everywhere, and the tests may run as root.
/// The home belongs to that user meanwhile. root runs `before` first.
#[cfg(target_os = "linux")]
fn run_as_nobody(home: &Home, sts: &fake_sts::FakeSts, before: &str) -> Shown {
    let script = format!(
        "cp \"$(command -v mfa-env)\" . && chown -R 65534:65534 . && {before} || exit 99\n\
         setpriv --reuid=65534 --regid=65534 --clear-groups ./mfa-env someaccount -w -t {CODE}\n\
         status=$?; chown -R 0:0 .; exit $status"
    );
    home.as_root("sh").args(["-c", &script]).sts(sts).output()
}

#[cfg(target_os = "linux")]
#[test]
fn refuses_a_directory_that_cannot_be_written_to() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = run_as_nobody(&home, &sts, "chmod 500 .aws");
    let message = "error: can't write to `~/.aws/credentials`: its directory `~/.aws` can't be written to: \
                   Permission denied (os error 13)\n\
                   hint: AWS_SHARED_CREDENTIALS_FILE, XDG_STATE_HOME and XDG_CACHE_HOME name other places\n\
                   hint: or into this shell: eval \"$(mfa-env someaccount)\"\n";
    assert_eq!(shown, failed(1, message));
    assert_eq!((home.read_credentials().as_str(), sts.connections()), (SOMEACCOUNT, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn refuses_a_file_of_another_user() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = run_as_nobody(&home, &sts, "chmod 644 .aws/credentials && chown 1:1 .aws/credentials");
    let message = "error: can't write to `~/.aws/credentials`: it belongs to another user\n\
                   hint: make it yours: sudo chown 65534 ~/.aws/credentials\n\
                   hint: or into this shell: eval \"$(mfa-env someaccount)\"\n";
    assert_eq!(shown, failed(1, message));
    assert_eq!((home.read_credentials().as_str(), sts.connections()), (SOMEACCOUNT, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn root_edits_a_users_file_and_leaves_it_the_users() {
    let (home, sts) = (Home::someaccount(), sts());
    home.give_away(".aws/credentials");
    let run = home.as_root("mfa-env").args(["someaccount", "-w", "-t", CODE]);
    assert_eq!(run.sts(&sts).output(), done("", WRITTEN));
    let owner = home.as_root("stat").args(["-c", "%u:%g %a", ".aws/credentials"]).output();
    assert_eq!(owner.stdout, "65534:65534 600\n");
}

#[test]
fn refuses_where_the_state_file_cannot_be_written() {
    let (home, sts) = (Home::someaccount(), sts());
    home.write(".local", "a file\n");
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (1, "(exit 1);\n"), "{shown:?}");
    assert!(shown.stderr.contains("~/.local"), "{shown:?}");
    assert_eq!((home.read_credentials().as_str(), sts.connections()), (SOMEACCOUNT, 0));
}

#[test]
fn a_wrong_code_changes_nothing() {
    let (home, sts) = (Home::someaccount(), sts());
    let shown = home.run(["someaccount", "-w", "-t", WRONG_CODE]).sts(&sts).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (3, "(exit 3);\n"));
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
    assert!(!home.path(".local/state/mfa-env/default").exists());
}

/// Containers mount single files. The code isn't lost, since the session is cached.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_a_mount_point_stays_as_it_is_and_the_session_can_still_be_used() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = "mount --bind .aws/credentials .aws/credentials && exec mfa-env someaccount -w -t $0";
    let unshare = home.program("unshare").args(["--map-root-user", "--mount", "sh", "-c", script, CODE]);
    let said = "error: can't write to `~/.aws/credentials`: the file itself is a mount point, as in a container\n\
                hint: mount its directory instead, or set AWS_SHARED_CREDENTIALS_FILE to a file that can be replaced\n\
                hint: or into this shell: eval \"$(mfa-env someaccount)\"\n";
    assert_eq!(unshare.sts(&sts).output(), failed(1, said));
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
    let names = home.program("ls").args(["-A", ".aws"]).output();
    assert_eq!(names.stdout, ".credentials.mfa-env.lock\ncredentials\n");
    home.run(["someaccount", "--no-input"]).sts(&sts).output().session();
}
