//! `protect` refuses, or fails half-way: the keys are where they were, and the next run completes it.

use std::fs;
use std::os::unix::fs::symlink;

use support::{CODE, Home, KEY_ID, SECRET, SERIAL, Shown, keys_in, str, sts, wait_until};

use crate::protect::{FETCH, STORE, assert_unchanged, by_commands, home};

#[test]
fn a_store_that_is_not_there_is_an_error_that_names_other_ways() {
    let home = home();
    // Without secret-tool and pass.
    fs::create_dir(home.path("bin")).expect("a new folder");
    symlink(support::binary(), home.path("bin/mfa-env")).expect("a new link");
    home.bash().session(str![[r#"
$ mfa-env protect prod
2> error: the Secret Service needs a D-Bus session, and there is none here
2> hint: log in to a desktop
2> hint: or keep them in pass: mfa-env protect prod --store pass
2> hint: or use commands of your own, such as age: mfa-env protect --help
? 1
$ PATH=~/bin mfa-env protect prod
2> error: `secret-tool` isn't installed
2> hint: install it: its package is libsecret-tools or libsecret
2> hint: or keep them in pass: mfa-env protect prod --store pass
2> hint: or use commands of your own, such as age: mfa-env protect --help
? 1
$ PATH=~/bin mfa-env protect prod --store pass
2> error: `pass` isn't installed
2> hint: install it
2> hint: or use commands of your own, such as age: mfa-env protect --help
? 1
$ mfa-env protect prod --store pass
2> error: `pass` has no store yet
2> hint: create it with your GnuPG key: pass init GPG-ID
2> hint: or use commands of your own, such as age: mfa-env protect --help
? 1
$ mfa-env protect prod --store keychain
2> error: only macOS has a keychain
2> hint: elsewhere, keys can be in secret-service, in pass or in your own store
? 1
$ mfa-env protect prod --undo
2> error: `prod` isn't protected: its section names no secret store
2> hint: where keys are: mfa-env list -v
? 2
$ mfa-env protect nosuch
2> error: there is no profile `nosuch` in `~/.aws/credentials` or `~/.aws/config`
2> hint: the profiles are `other`, `prod`
? 2
"#]]);
    assert_unchanged(&home);
}

#[test]
fn profiles_without_keys_to_move_are_refused() {
    let serial = format!("mfa_serial = {SERIAL}\n");
    let credentials = [
        keys_in("default", &serial),
        keys_in("base-long-term", &serial),
        keys_in("token", &format!("{serial}aws_session_token = t\n")),
        keys_in("temporary", &serial).replace("AKIA", "ASIA"),
        keys_in("no-device", ""),
        keys_in("process", &serial),
        keys_in("both", &serial),
        keys_in("itself", &serial),
        keys_in("twice", &serial),
        keys_in("twice", ""),
        keys_in("two-sections", &serial),
    ]
    .concat();
    let role = "role_arn = arn:aws:iam::123456789012:role/r\n";
    let config = [
        format!("[profile admin]\n{role}source_profile = both\n"),
        format!("[profile itself]\n{role}source_profile = itself\n"),
        format!(
            "[profile in-config]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n{serial}"
        ),
        format!("[profile both]\naws_secret_access_key = {SECRET}\n"),
        "[profile process]\ncredential_process = true\n".to_owned(),
        format!("[profile served]\ncredential_process = mfa-env -p both --format json\n{serial}"),
        "[profile two-sections]\nregion = eu-west-1\n[profile \"two-sections\"]\noutput = json\n".to_owned(),
    ]
    .concat();
    let home = Home::new().credentials(&credentials).config(&config);
    home.bash().session(str![[r#"
$ protect() { mfa-env protect "$1" --store-command 'touch called' --fetch-command 'touch called'; }
$ protect default
2> error: `default` can't be protected, since `mfa-env -w` writes sessions to it
2> hint: give these keys a section of their own, e.g. `[personal]`
? 2
$ protect admin
2> error: `admin` has no keys of its own: it uses those of `both`
2> hint: protect that profile: mfa-env protect both
? 2
$ protect itself
2> error: `itself` is a role and has keys, and AWS's tools would no longer find the keys
2> hint: put the keys into a profile of their own, as its `source_profile`
? 2
$ protect base
2> error: AWS's tools don't look for keys in `[base-long-term]`, so they are not moved
2> hint: put the keys into a section with the name of the profile
? 2
$ protect base-long-term
2> error: AWS's tools don't look for keys in `[base-long-term]`, so they are not moved
2> hint: put the keys into a section with the name of the profile
? 2
$ protect token
2> error: `token` has a session token, so its keys are temporary
2> hint: put a user's long-term keys there, without a token
? 2
$ protect temporary
2> error: profile `temporary` holds only temporary keys, and these can't ask for a session
2> hint: put the long-term keys into `[temporary-long-term]` in `~/.aws/credentials`
? 1
$ protect no-device
2> error: profile `no-device` has no MFA device, so AWS's tools would get no session
2> hint: set one up: mfa-env setup no-device
? 2
$ protect process
2> error: `process` has keys and a `credential_process`
2> hint: delete one of the two: `protect` writes its own `credential_process`
? 2
$ protect served
2> error: the keys of `served` are not in the credentials file
2> hint: where they are: mfa-env list -v
? 2
$ protect in-config
2> error: `in-config` has a key in the config file, and mfa-env moves keys of the credentials file
2> hint: move line 8 of `~/.aws/config` there
? 2
$ protect both
2> error: `both` has a key in the config file, and mfa-env moves keys of the credentials file
2> hint: move line 12 of `~/.aws/config` there
? 2
$ protect twice
2> error: `~/.aws/credentials` was not changed: `[twice]` occurs more than once (lines 33 and 37), and tools disagree about which one counts
2> hint: join these sections
? 1
$ protect two-sections
2> error: `two-sections` has more than one section in `~/.aws/config`, and tools disagree about which counts
2> hint: join these sections
? 2
"#]]);
    assert!(!home.path("called").exists());
    assert_eq!((home.read_credentials(), home.read(".aws/config")), (credentials, config));
}

const BY_HAND: &str = "hint: run that command by hand and look at what it does\n";
const DELETE: &str = "hint: delete the copy yourself\n";

#[test]
fn a_store_that_fails_or_returns_something_else_changes_nothing() {
    let other = "error: your own store returned other data than was stored\n";
    let none = "error: `mfa_env_fetch` of profile `prod` failed: exit status: 1\n".to_owned() + BY_HAND;
    let fetch = "cat entry 2>/dev/null";
    for (store, fetch, expected) in [
        ("exit 3", fetch, "error: `--store-command` of profile `prod` failed: exit status: 3\n".to_owned() + BY_HAND),
        ("cat >entry; exit 3", fetch, format!("error: `--store-command` of profile `prod` failed: exit status: 3\n{BY_HAND}{DELETE}")),
        ("cat >/dev/null", fetch, none),
        ("head -c100 >entry", fetch, format!("{other}{DELETE}")),
        ("sed s/wJalr/wJALR/ >entry", fetch, format!("{other}{DELETE}")),
        ("touch called", "echo '{\"Version\":1}'", "error: your own store already has another entry for `prod`, and mfa-env won't replace it\nhint: if you don't need it, delete it yourself\n".to_owned()),
    ] {
        let home = home();
        let shown = by_commands(&home, store, fetch).output();
        assert_eq!(shown, Shown { status: 1, stdout: String::new(), stderr: expected });
        assert_unchanged(&home);
        assert!(!home.path("called").exists());
    }
}

#[test]
fn a_fetch_command_that_config_cannot_have_is_refused() {
    let home = home();
    for fetch in ["cat entry # mine", "cat entry\ntouch called", " cat entry"] {
        let expected = "error: `~/.aws/config` was not changed: AWS's tools would read `mfa_env_fetch` differently\n\
                        hint: put the command into a script\n";
        assert_eq!(by_commands(&home, STORE, fetch).output().stderr, expected, "{fetch}");
    }
    let shown = by_commands(&home, STORE, "").output();
    assert!(shown.status == 2 && shown.stderr.contains("--fetch-command"), "{shown:?}");
    assert_unchanged(&home);
    assert!(!home.path("seen").exists());
}

/// The store command links a file, so mfa-env can't replace it any more.
#[test]
fn a_file_that_cannot_be_written_changes_nothing() {
    for file in ["config", "credentials"] {
        let home = home();
        let store = format!("cat >entry; ln .aws/{file} other");
        let shown = by_commands(&home, &store, FETCH).output();
        let expected = format!(
            "error: can't write to `~/.aws/{file}`: it has 2 hard links, and the others would keep the old content\n\
             hint: make it a file of its own, or a symbolic link\n{DELETE}"
        );
        assert_eq!(shown, Shown { status: 1, stdout: String::new(), stderr: expected });
        assert_unchanged(&home);
        fs::remove_file(home.path("other")).expect("it was made");
        assert_eq!(by_commands(&home, STORE, FETCH).output().status, 0);
        assert!(!home.read_credentials().contains(SECRET));
    }
}

/// A killed run leaves the keys in the file or in the store. The next one completes it, and the undo finds the files
/// as they were.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_killed_at_any_step_is_completed_by_the_next_one() {
    let calm = home();
    assert_eq!(by_commands(&calm, STORE, FETCH).output().status, 0);
    let words = ["--store-command", STORE, "--fetch-command", FETCH];
    // When it starts a command, syncs a file or a folder, and replaces a file.
    for calls in ["?clone,?clone3,?vfork", "fsync", "?rename,?renameat,?renameat2"] {
        for words in [&words[..], &["--undo"]] {
            let is_undo = words == ["--undo"];
            let mut killed = 0;
            loop {
                let home = home();
                if is_undo {
                    assert_eq!(by_commands(&home, STORE, FETCH).output().status, 0);
                }
                let inject = format!("--inject={calls}:signal=KILL:when={}", killed + 1);
                let strace = home.as_root("strace").args(["-o", "/dev/null", &inject]);
                if strace.args(["mfa-env", "protect", "prod"]).args(words).output().status == 0 {
                    break;
                }
                killed += 1;
                let entry = fs::read_to_string(home.path("entry")).unwrap_or_default();
                assert!(
                    home.read_credentials().contains(SECRET) || entry.contains(SECRET),
                    "the keys are lost"
                );
                if is_undo {
                    // At the last step, nothing is left to undo.
                    home.run(["protect", "prod", "--undo"]).output();
                } else {
                    assert_eq!(by_commands(&home, STORE, FETCH).output().status, 0);
                    let result = |home: &Home| {
                        [".aws/config", ".aws/credentials", "entry"].map(|file| home.read(file))
                    };
                    assert_eq!(result(&home), result(&calm));
                    assert_eq!(home.run(["protect", "prod", "--undo"]).output().status, 0);
                }
                assert_unchanged(&home);
            }
            println!("{calls} {words:?}: {killed}");
            assert!(killed > 0, "{calls}");
        }
    }
}

/// Another program writes the credentials file when it has no keys any more, and then it can't be read.
#[cfg(target_os = "linux")]
#[test]
fn a_store_with_the_only_copy_keeps_it_if_a_run_fails() {
    let home = home();
    // At the sync of the folder, after the credentials file was replaced.
    let stop = ["-o", "/dev/null", "--inject=fsync:signal=STOP:when=4"];
    let store = format!("echo $PPID >process; {STORE}");
    let words = ["protect", "prod", "--store-command", &store, "--fetch-command", FETCH];
    let running = home.as_root("strace").args(stop).args(["mfa-env"]).args(words).start();
    wait_until("the new file", || !home.read_credentials().contains(SECRET));
    home.write(".aws/credentials", home.read_credentials() + "\nbroken\n");
    let go_on = ["-CONT", home.read("process").trim()].map(str::to_owned);
    wait_until("its end", || home.program("kill").args(&go_on).output().status != 0);
    let expected = "error: can't read `~/.aws/credentials`: line 8: expected `key = value`: there is no `=`\n\
                    hint: correct line 8 of `~/.aws/credentials`; some AWS tools can't read it either\n\
                    hint: to undo the rest: mfa-env protect prod --undo\n";
    assert_eq!(running.end(), Shown { status: 1, stdout: String::new(), stderr: expected.to_owned() });
    home.write(".aws/credentials", home.read_credentials().replace("\nbroken\n", ""));
    assert_eq!(home.run(["protect", "prod", "--undo"]).output().status, 0);
    assert_unchanged(&home);
}

/// Another program has read the credentials file before the undo, and writes it afterwards, as `aws configure set` may.
#[cfg(target_os = "linux")]
#[test]
fn an_undo_puts_the_keys_back_again_if_another_program_takes_them_out() {
    let home = home();
    let fetch = format!("echo $PPID >process; {FETCH}");
    assert_eq!(by_commands(&home, STORE, &fetch).output().status, 0);
    let without = home.read_credentials();
    // At the sync of the new config file, after the credentials file was replaced.
    let stop =
        ["-o", "/dev/null", "--inject=fsync:signal=STOP:when=3", "mfa-env", "protect", "prod", "--undo"];
    let running = home.as_root("strace").args(stop).start();
    wait_until("the keys", || home.read_credentials().contains(SECRET));
    wait_until("the new config file", || {
        let files = fs::read_dir(home.path(".aws")).expect("a folder").flatten();
        files.into_iter().any(|file| file.file_name().to_string_lossy().starts_with(".config.mfa-env.tmp"))
    });
    home.write(".aws/credentials", without);
    let go_on = ["-CONT", home.read("process").trim()].map(str::to_owned);
    wait_until("its end", || home.program("kill").args(&go_on).output().status != 0);
    assert_eq!(running.end().status, 0);
    assert_unchanged(&home);
}

/// The user has changed them there, as with `pass edit`.
#[test]
fn the_undo_restores_the_keys_that_the_store_has_now() {
    let home = home();
    assert_eq!(by_commands(&home, STORE, FETCH).output().status, 0);
    let new = |text: &str| text.replacen(KEY_ID, "AKIAOTHEROTHEROTHERO", 1);
    home.write("entry", new(&home.read("entry")));
    assert_eq!(home.run(["protect", "prod", "--undo"]).output().status, 0);
    let keys = format!("[prod]\n{}", keys_in("", "").split_once('\n').expect("a header").1);
    assert_eq!(
        home.read_credentials(),
        format!("# mine\n{}region = eu-west-1\n# between\n\n[other]\nk = v", new(&keys))
    );
}

#[test]
fn other_keys_in_the_store_are_not_replaced() {
    let home = home();
    assert_eq!(by_commands(&home, STORE, FETCH).output().status, 0);
    let (entry, config) = (home.read("entry"), home.read(".aws/config"));
    let rotated = keys_in("prod", "").replace(KEY_ID, "AKIAOTHEROTHEROTHERO");
    home.write(".aws/credentials", &rotated);
    home.bash().session(str![[r#"
$ mfa-env protect prod
2> error: your own store already has another entry for `prod`, and mfa-env won't replace it
2> hint: if you don't need it, delete it yourself
? 1
$ mfa-env protect prod --undo
2> error: `prod` has other keys in the credentials file than in your own store
2> hint: to get the stored keys back, delete those in the file first
2> hint: to keep those in the file, delete the stored ones yourself
? 1
$ mfa-env protect prod --store pass
2> error: `prod` is protected already: its keys are in your own store
2> hint: move them back first: mfa-env protect prod --undo
? 2
"#]]);
    assert_eq!(home.read("entry"), entry);
    assert_eq!((home.read_credentials(), home.read(".aws/config")), (rotated, config));
}

#[test]
fn a_section_of_a_protected_profile_gets_no_session() {
    let (home, sts) = (home(), sts());
    assert_eq!(by_commands(&home, STORE, FETCH).output().status, 0);
    let before = home.read_credentials();
    let shown = home.run(["prod", "-w", "--section", "prod", "-t", CODE]).sts(&sts).output();
    let expected = "error: a session in `[prod]` would hide the keys of profile `prod` in its secret store\n\
                    hint: write to another section: mfa-env prod -w --section prod-mfa\n";
    assert_eq!(shown.stderr, expected);
    assert_eq!((shown.status, home.read_credentials()), (2, before));
    assert_eq!(sts.connections(), 0);
}

#[test]
fn an_unknown_store_in_a_profile_is_an_error() {
    let serial = format!("mfa_serial = {SERIAL}\n");
    let home = Home::new().config(format!(
        "[profile a]\n{serial}mfa_env_store = vault\n[profile b]\n{serial}mfa_env_store = command\n\
         [profile c]\n{serial}mfa_env_store = command\nmfa_env_fetch = echo CANARYCANARYCANARY\n\
         [profile d]\n{serial}mfa_env_store = pass\n"
    ));
    home.bash().session(str![[r#"
$ mfa-env a
(exit 1);
2> error: `mfa_env_store` of profile `a` (5 characters) is not secret-service, keychain, pass or command
2> hint: correct line 3 of `~/.aws/config`
? 1
$ mfa-env b
(exit 1);
2> error: `mfa_env_store` of profile `b` (7 characters) needs `mfa_env_fetch`
2> hint: correct line 6 of `~/.aws/config`
? 1
$ mfa-env c
(exit 1);
2> error: your own store printed no credentials in AWS's JSON form
2> hint: run it by hand and look at what it prints
? 1
$ mfa-env d
(exit 1);
2> error: pass has no keys of profile `d`
2> hint: to enter them again: aws configure --profile d
? 1
"#]]);
}
