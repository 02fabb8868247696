//! mfa-env does not trust, follow or change files that another user prepared.

use std::collections::BTreeSet;
use std::fs;

use fake_sts::FakeSts;
use support::{CODE, CODES, Home, KEY_ID, Run, SECRET, SOMEACCOUNT, Shown, done, sts};

/// Two users, and a folder that both can write to. `as_v` runs a command as the owner of the home (victim),
/// `as_a` as the other user (attacker).
const PRELUDE: &str = r#"
set -eu
home=$PWD
trap 'chown -R 0:0 "$home"' EXIT
cp "$(command -v mfa-env)" .
mkdir shared
chown -R 65534:65534 .
chown 0:0 shared
chmod 1777 shared
chmod 711 .
as() { setpriv --reuid="$1" --regid="$1" --clear-groups "$PWD/bash" -c "$2"; }
cp "$(command -v bash)" bash
as_v() { as 65534 "umask 022; PATH=$PWD:\$PATH; $1"; }
as_a() { as 65533 "umask 022; $1"; }
"#;

/// A script with the two users; the home is ours again afterwards.
fn two_users<'h>(home: &'h Home, script: &str) -> Run<'h> {
    let script = format!("{PRELUDE}{script}");
    home.as_root("bash").args(["-c", &script])
}

/// Mode, owner, kind, target and content of all files.
const LISTING: &str = r#"{ find shared theirs -printf '%M %U %P %l\n'; find shared theirs -type f -exec sha256sum {} +; } 2>/dev/null | sort"#;

/// What `shared/mfa-env` is, and why mfa-env doesn't use it.
const LAYOUTS: [(&str, &str); 6] = [
    ("as_a 'mkdir shared/mfa-env'", "belongs to another user (uid 65533)"),
    (
        "as_a 'mkdir -m 777 shared/mfa-env; cp state shared/mfa-env/default'",
        "belongs to another user (uid 65533)",
    ),
    ("as_a \"ln -s $PWD/theirs shared/mfa-env\"", "is a symbolic link"),
    ("as_a \"ln -s $PWD/nowhere shared/mfa-env\"", "is a symbolic link"),
    (
        "as_v 'mkdir shared/mfa-env; cp state shared/mfa-env/default'; chmod 777 shared/mfa-env",
        "can be changed by other users",
    ),
    ("as_a 'echo > shared/mfa-env'", "is not a folder"),
];

/// A state file that claims that the user's only long-term key is our session.
fn state(home: &Home, undo: &str) -> String {
    let file = home.path(".aws/credentials");
    let file = file.display();
    let expires = jiff::Timestamp::now().as_second() + 3600;
    format!(
        "evil\t{expires}\t{KEY_ID}\t2036-01-01T00:00:00Z\t{file}\n\
         [{{\"credentials_file\":\"{file}\",\"access_key_id\":\"{KEY_ID}\",\"undo\":{undo}}}]\n"
    )
}

fn long_term_default() -> String {
    SOMEACCOUNT.replace("[someaccount]", "[default]")
}

#[test]
fn a_folder_that_is_not_the_users_own_is_named_once_and_nothing_there_is_read_or_changed() {
    let arguments = [
        "someaccount -t 918273",
        "someaccount -w -t 918273",
        "someaccount --no-input",
        "unset -w",
        "status",
        "list",
        "forget someaccount",
        "forget --all",
    ];
    for (layout, why) in LAYOUTS {
        let home = Home::new().credentials(long_term_default() + SOMEACCOUNT);
        home.write("state", state(&home, r#"{"header":true}"#));
        home.set_mode("state", 0o644);
        let sts = sts();
        // The victim's own folder, with a file that has a name like ours.
        let script = format!(
            r#"
            as_v 'mkdir theirs; echo mine > theirs/0123456789abcdef0123456789abcdef.json'
            {layout}
            {LISTING} > before
            export XDG_STATE_HOME=$PWD/shared XDG_CACHE_HOME=$PWD/shared
            cat .aws/credentials > credentials
            for arguments; do
                echo "== $arguments"
                as_v "mfa-env $arguments" 2>&1 >/dev/null | sed "s#$PWD#~HOME~#g" | grep 'warning: not used' || :
                {LISTING} | diff before - >&2
                cmp credentials .aws/credentials >&2
            done
            "#
        );
        let shown = two_users(&home, &script).args(["sh"]).args(arguments).sts(&sts).output();
        let warning = format!("warning: not used: `~/shared/mfa-env` {why}\n");
        let expected: String =
            arguments.iter().map(|arguments| format!("== {arguments}\n{warning}")).collect();
        assert_eq!((shown.stdout.as_str(), shown.stderr.as_str()), (expected.as_str(), ""), "{layout}");
    }
}

#[test]
fn a_write_is_refused_before_the_code_where_the_state_cannot_be_kept() {
    for (layout, why) in LAYOUTS {
        let (home, sts) = (Home::someaccount(), sts());
        home.write("state", state(&home, r#"{"header":true}"#));
        home.set_mode("state", 0o644);
        let script = format!(
            "as_v 'mkdir theirs'; {layout}\nXDG_STATE_HOME=$PWD/shared as_v 'mfa-env someaccount -w -t {CODE}'"
        );
        let shown = two_users(&home, &script).sts(&sts).output();
        let error = format!("error: `~/shared/mfa-env` {why}\n");
        assert!(shown.stderr.contains(&error), "{layout}: {shown:?}");
        assert_eq!((shown.status, sts.connections()), (1, 0), "{layout}: {shown:?}");
    }
}

/// Files of others in one of our folders, where root or a backup may have put them.
#[test]
fn a_file_that_another_user_owns_or_could_write_to_is_not_used() {
    for (damage, why) in [
        ("chown 65533 $STATE; chmod 644 $STATE", "belongs to another user (uid 65533)"),
        ("chmod 620 $STATE", "can be changed by other users"),
        ("chmod 602 $STATE", "can be changed by other users"),
    ] {
        let home = Home::new().credentials(long_term_default());
        home.write("state", state(&home, r#"{"header":true}"#));
        let script = format!(
            "STATE=.local/state/mfa-env/default
             as_v \"mkdir -p -m 700 .local/state/mfa-env; cp state $STATE\"; {damage}
             as_v 'mfa-env unset -w' 2>&1 | sed \"s#$PWD#~HOME~#g\"; cat .aws/credentials; ls -A .local/state/mfa-env"
        );
        let shown = two_users(&home, &script).output();
        let warning = format!("warning: not used: `~/.local/state/mfa-env/default` {why}\nhint: ");
        assert!(shown.stdout.starts_with(&warning), "{damage}: {shown:?}");
        assert!(
            shown.stdout.contains(KEY_ID) && shown.stdout.ends_with("\ndefault\n"),
            "{damage}: {shown:?}"
        );
    }
}

#[test]
fn a_lock_beside_the_credentials_file_is_not_taken_from_another_user() {
    for (layout, why) in [
        ("as_a 'ln -s /etc/hostname shared/.creds.mfa-env.lock'", "is a symbolic link"),
        (
            "as_a 'umask 0; echo > shared/.creds.mfa-env.lock'; chmod 666 shared/.creds.mfa-env.lock",
            "belongs to another user",
        ),
        ("as_a 'mkfifo -m 666 shared/.creds.mfa-env.lock'", "is not a regular file"),
    ] {
        let home = Home::someaccount();
        let script = format!(
            "as_v 'cp .aws/credentials shared/creds; chmod 600 shared/creds'; {layout}
             AWS_SHARED_CREDENTIALS_FILE=$PWD/shared/creds as_v 'mfa-env someaccount -w -t {CODE}'"
        );
        // In a sticky folder, the kernel itself refuses some of them (fs.protected_regular).
        let shown = two_users(&home, &script).sts(&sts()).output();
        let refused = shown.stderr.contains(&format!("the lock file `~/shared/.creds.mfa-env.lock` {why}"))
            || shown.stderr.contains("failed to open the lock file");
        assert!(shown.status == 1 && refused, "{layout}: {shown:?}");
    }
}

/// Whoever can write AWS's files can make the user run a program, by `credential_process`.
#[test]
fn doctor_names_what_other_users_could_change_of_awss_files_and_how_to_end_it() {
    let by_mode = |path: &str| {
        let what = "other users can write to it, and a `credential_process` of theirs would run as you";
        format!("warning  ~/{path}: {what}\n         -> chmod go-w ~/{path}\n")
    };
    let by_owner = |path: &str| {
        let what =
            "belongs to another user (uid 65533), and a `credential_process` of theirs would run as you";
        format!("warning  ~/{path}: {what}\n         -> sudo chown 65534 ~/{path}\n")
    };
    let linked = "mv .aws/credentials shared/creds; ln -s ../shared/creds .aws/credentials";
    for (change, expected) in [
        ("", String::new()),
        ("chown 0 .aws .aws/config; chmod 755 .aws; chmod 644 .aws/config", String::new()),
        ("chmod 777 .aws", by_mode(".aws")),
        ("rm .aws/config; chmod 730 .aws", by_mode(".aws")),
        (
            "chmod 602 .aws/config; chmod 660 .aws/credentials",
            by_mode(".aws/config") + &by_mode(".aws/credentials"),
        ),
        ("chown 65533 .aws; chmod 755 .aws", by_owner(".aws")),
        ("chown 65533 .aws/config; chmod 644 .aws/config", by_owner(".aws/config")),
        (linked, String::new()),
        (
            &format!("{linked}; chmod 777 shared; chmod 606 shared/creds"),
            by_mode("shared") + &by_mode("shared/creds"),
        ),
        ("export AWS_CONFIG_FILE=/dev/null", String::new()),
    ] {
        let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
        let script = format!("{change}\nas_v 'mfa-env doctor --offline'");
        let shown = two_users(&home, &script).output();
        let lines: Vec<_> = shown.stdout.split_inclusive('\n').collect();
        let of_others = lines.windows(2).filter(|pair| pair[0].contains("would run as you"));
        let named: String = of_others.flatten().copied().collect();
        assert_eq!((shown.status, named, shown.stderr.as_str()), (0, expected, ""), "{change}");
    }
}

/// The output of a session in the shell and of `-w`, and how often `-w` called STS.
fn in_home(script: &str) -> (Shown, Shown, usize) {
    let run = |home: &Home, arguments: &str, sts: &FakeSts| {
        let script = format!("{script}\nrun 'mfa-env someaccount {arguments} -t {CODE}'");
        two_users(home, &script).sts(sts).output()
    };
    let sts = sts();
    let session = run(&Home::someaccount(), "", &sts);
    let calls = sts.connections();
    let write = run(&Home::someaccount(), "-w", &sts);
    (session, write, sts.connections() - calls)
}

const SESSION: &str = "Session started; expires in 12 hours (someaccount: user bob of 123456789012)\n";

#[test]
fn a_home_that_is_not_ours_has_no_cache_and_no_state_and_a_session_in_the_shell_works() {
    let other = |why: &str, hint: &str| {
        (
            format!("warning: the session was not cached: {why}\nhint: {hint}\n{SESSION}"),
            format!(
                "error: {why}\nhint: {hint}\nhint: or into this shell: eval \"$(mfa-env someaccount)\"\n"
            ),
        )
    };
    let elsewhere = "set XDG_CACHE_HOME and XDG_STATE_HOME to folders of your own";
    for (script, (session, write)) in [
        // sudo -s
        (
            "run() { PATH=$PWD:$PATH bash -c \"$1\"; }",
            other(
                "`~HOME~` belongs to another user (uid 65534)",
                "use root's own home: sudo -H, or export HOME=~root",
            ),
        ),
        // NFS with mapped ids
        (
            "chown 65533 .; chmod 755 .; run() { as_v \"$1\"; }",
            other("`~HOME~` belongs to another user (uid 65533)", elsewhere),
        ),
    ] {
        let (shown, written, calls) = in_home(script);
        assert_eq!((shown.status, shown.stderr), (0, session), "{script}");
        assert_eq!((written.status, written.stderr, calls), (1, write, 0), "{script}");
    }
}

#[test]
fn a_home_that_is_read_only_is_a_warning_and_refuses_a_write_before_the_code() {
    let (shown, written, calls) = in_home("chmod 555 .; run() { as_v \"$1\"; }");
    let hint = "set XDG_CACHE_HOME and XDG_STATE_HOME to folders of your own";
    let warning = format!(
        "warning: the session was not cached: `~/.cache/mfa-env` can't be made: \
         Permission denied (os error 13)\nhint: {hint}\n{SESSION}"
    );
    assert_eq!((shown.status, shown.stderr), (0, warning));
    let error = format!(
        "error: `~/.local/state/mfa-env` can't be made: Permission denied (os error 13)\nhint: {hint}\n\
         hint: or into this shell: eval \"$(mfa-env someaccount)\"\n"
    );
    assert_eq!((written.status, written.stderr, calls), (1, error, 0));
}

#[test]
fn without_a_home_nothing_is_kept_and_one_warning_says_so() {
    let (home, sts) = (Home::someaccount(), sts());
    let run = |arguments: &[&str]| {
        let run = home.run(arguments).sts(&sts).without_env("HOME");
        let run = run.env("AWS_SHARED_CREDENTIALS_FILE", home.path(".aws/credentials"));
        run.env("AWS_CONFIG_FILE", home.path(".aws/config")).output()
    };
    let shown = run(&["someaccount", "-t", CODE]);
    let warning = "warning: can't store sessions or state: `HOME` is not set\n\
                   hint: export HOME, or XDG_CACHE_HOME and XDG_STATE_HOME\n";
    assert_eq!((shown.status, shown.stderr), (0, format!("{warning}{SESSION}")));
    let calls = sts.connections();
    let shown = run(&["someaccount", "-w", "-t", CODE]);
    let error = "error: `HOME` is not set\nhint: export HOME, or XDG_CACHE_HOME and XDG_STATE_HOME\n\
                 hint: or into this shell: eval \"$(mfa-env someaccount)\"\n";
    assert_eq!((shown.status, shown.stderr, sts.connections()), (1, format!("{warning}{error}"), calls));
    assert!(home.read_credentials().contains(SECRET));
}

#[test]
fn a_file_of_another_user_that_cannot_be_opened_is_named_as_theirs_and_the_hint_removes_it() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = r#"
        as_v 'mfa-env someaccount -t 918273' >/dev/null
        chown 65533:65533 .cache/mfa-env/*.json
        as_v 'mfa-env someaccount --no-input' 2>said >/dev/null || :
        cat said >&2
        as_v "$(sed -n 's/^hint: remove it: //p' said)"
        as_v 'mfa-env someaccount --no-input' 2>&1 >/dev/null | head -1
        "#;
    let shown = two_users(&home, script).sts(&sts).output();
    let (said, needed) =
        ("warning: not used: `~/.cache/mfa-env/", "error: profile `someaccount` needs an MFA code");
    let theirs = ".json` belongs to another user (uid 65533)\nhint: remove it: rm -f ~/.cache/mfa-env/";
    assert!(shown.stderr.contains(said) && shown.stderr.contains(theirs), "{shown:?}");
    assert!(shown.stdout.starts_with(needed), "{shown:?}");
}

/// Nobody can exchange a folder between its check and its use: its path is used once, to open it. Its files
/// are reached through that descriptor, without following links.
#[test]
fn a_folder_is_opened_once_by_its_path_and_its_files_by_its_descriptor() {
    let (home, sts) = (Home::someaccount(), sts());
    for (arguments, opened) in [
        (&["someaccount", "-t", CODES[0]][..], "cache, state"),
        (&["someaccount", "--no-input"], "cache, state"),
        (&["someaccount", "-w", "-r", "-t", CODES[1]], "cache, state"),
        (&["status"], "cache, state"),
        (&["unset", "-w"], "state"),
        (&["forget", "someaccount"], "cache, state"),
        (&["forget", "--all"], "cache"),
    ] {
        let strace = ["-f", "-o", "trace", "-e", "trace=%file,%desc", "mfa-env"];
        let shown = home.as_root("strace").args(strace).args(arguments).sts(&sts).output();
        assert_eq!(shown.status, 0, "{shown:?}");
        let trace = home.read("trace");
        let mut found = BTreeSet::new();
        for (folder, path) in [("cache", ".cache/mfa-env"), ("state", ".local/state/mfa-env")] {
            let by_path = format!("{}\"", home.path(path).display());
            for line in trace.lines().filter(|line| line.contains(path)) {
                let opens = line.contains(&by_path) && line.contains("O_NOFOLLOW|O_CLOEXEC|O_DIRECTORY");
                let makes = line.contains(&by_path) && line.contains(" mkdir") && line.contains(", 0700");
                assert!(opens || makes, "{arguments:?}: {line}");
                if opens {
                    found.insert(folder);
                }
            }
        }
        assert_eq!(found.into_iter().collect::<Vec<_>>().join(", "), opened, "{arguments:?}");
        let in_folder = trace.lines().filter(|line| {
            line.contains("openat(") && !line.contains("openat(AT_FDCWD") && !line.contains("\".\"")
        });
        for line in in_folder {
            assert!(line.contains("O_NOFOLLOW") && line.contains("O_CLOEXEC"), "{line}");
            assert!(line.contains("O_NONBLOCK") || line.contains("O_EXCL"), "{line}");
        }
    }
}

/// What can take the place of one of our files, and why mfa-env doesn't use it.
const NO_FILES: [(&str, &str); 5] = [
    ("mkfifo", "is not a regular file"),
    ("mkdir", "is not a regular file"),
    (
        "python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])'",
        "is not a regular file",
    ),
    ("truncate -s 8G", "is larger than 64 KiB"),
    ("ln -s /dev/zero", "is a symbolic link"),
];

#[test]
fn a_pipe_a_socket_or_an_endless_file_in_the_place_of_ours_is_neither_waited_for_nor_read() {
    for (make, why) in NO_FILES {
        let (home, sts) = (Home::someaccount(), sts());
        home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
        let folder = home.path(".cache/mfa-env");
        let note = fs::read_dir(&folder).expect("there").map(|entry| entry.expect("readable").path());
        let note = note.filter(|path| path.extension().is_some_and(|extension| extension == "used"));
        let state = home.path(".local/state/mfa-env/default");
        for path in note.chain([state]) {
            fs::remove_file(&path).expect("ours");
            // Sockets need short paths.
            let script = format!("cd \"${{0%/*}}\" && {make} \"${{0##*/}}\"");
            assert_eq!(home.program("sh").args(["-c", &script]).args([&path]).output().status, 0, "{make}");
        }
        let run = |arguments: &[&str]| {
            home.program("timeout").args(["20", "mfa-env"]).args(arguments).sts(&sts).output()
        };
        let warning = format!("warning: not used: `~/.local/state/mfa-env/default` {why}\nhint: ");
        let shown = run(&["status"]);
        assert!(shown.status == 0 && shown.stderr.starts_with(&warning), "{make}: {shown:?}");
        let shown = run(&["someaccount", "-r", "-t", CODES[1]]);
        assert_eq!(shown.stderr.matches(&format!(" {why}\n")).count(), 2, "{make}: {shown:?}");
        assert_eq!(shown.status, 0, "{make}: {shown:?}");
        let shown = run(&["someaccount", "-w", "-t", CODES[2]]);
        let refused = format!("error: `~/.local/state/mfa-env/default` {why}\n");
        assert!(shown.status == 1 && shown.stderr.contains(&refused), "{make}: {shown:?}");
    }
}

#[test]
fn a_state_file_that_names_a_long_term_key_takes_no_key_out_and_puts_no_key_in() {
    for undo in [
        r#"{"header":true,"blank_line":true,"line_ending":true}"#,
        r#"{"region":{"written":"eu-west-1","original":"aws_access_key_id = AKIAEVILEVILEVILEVIL"}}"#,
        r#"{"renamed":{"added":[["aws_access_key_id","AKIAIOSFODNN7EXAMPLE"]]},"header":true}"#,
    ] {
        let text = format!("{}region = eu-west-1\n", long_term_default());
        let home = Home::new().credentials(&text);
        fs::DirBuilder::new()
            .recursive(true)
            .create(home.path(".local/state/mfa-env"))
            .expect("a new folder");
        home.write(".local/state/mfa-env/default", state(&home, undo));
        let nothing = "nothing to remove: [default] has no mfa-env session\n";
        assert_eq!(home.run(["unset", "-w"]).output(), done("", nothing), "{undo}");
        let shown = home.run(["default", "-w", "-t", CODE]).sts(&sts()).output();
        assert!(shown.stderr.contains("and mfa-env won't overwrite it"), "{shown:?}");
        assert_eq!(home.read_credentials(), text, "{undo}");
    }
}
