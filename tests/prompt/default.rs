//! A session in `[default]`: every open terminal shows it as long as it is there and nothing hides it.

use std::fs::File;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use fake_sts::{FakeSts, Reply};
use support::{CANARY, CODE, Home, SERIAL, SOMEACCOUNT, between, keys_in, logins, sts};

use crate::segment::now;
use crate::typed::{Kind, Program, Setup, Shell, all, bashes_and_zsh};

const STATE: &str = ".local/state/mfa-env/default";

/// The time in so many seconds, as AWS writes it.
pub fn expiration(left: i64) -> String {
    let at = jiff::Timestamp::from_second(now() + left).expect("in range");
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Scripts the next session. It ends in the middle of a minute, so that a slow test sees the same time left.
pub fn scripted(sts: &FakeSts, key_id: &str, left: i64) {
    sts.script(Reply::Credentials {
        access_key_id: key_id.into(),
        secret_access_key: CANARY.into(),
        session_token: CANARY.into(),
        expiration: expiration(left),
    });
}

const KEY: &str = "ASIAWRITTENWRITTEN01";
const LEFT: i64 = 2 * 3600 + 5 * 60 + 30;
const SEGMENT: &str = "<green>(someaccount* 2h05m)</>";

/// When the session in `[default]` of that home expires.
fn expiration_in(home: &Home) -> String {
    between(&home.read_credentials(), "\nexpiration = ", "\n").expect("a line")
}

/// A home with a session in `[default]`. Both files are older than what the test does next, since bash before
/// 5 compares whole seconds.
pub fn written() -> Home {
    written_with("")
}

/// The same, with this config file.
pub fn written_with(config: &str) -> Home {
    static WRITTEN: OnceLock<(Home, String, String)> = OnceLock::new();
    // One login for all tests. The state file has the path of the credentials file.
    let (first, credentials, state) = WRITTEN.get_or_init(|| {
        let (home, sts) = (Home::someaccount(), sts());
        scripted(&sts, KEY, LEFT);
        let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
        assert_eq!(shown.status, 0, "{shown:?}");
        let files = (home.read_credentials(), home.read(STATE));
        (home, files.0, files.1)
    });
    let old = between(credentials, "\nexpiration = ", "\n").expect("a line");
    let home = Home::new().config(config).credentials(credentials.replace(&old, &expiration(LEFT)));
    let path_of = |home: &Home| home.path(".aws/credentials").display().to_string();
    let expires = state.split('\t').nth(1).expect("a field");
    let state = state.replace(&path_of(first), &path_of(&home)).replace(expires, &(now() + LEFT).to_string());
    let state = state.replace(&old, &expiration_in(&home));
    std::fs::create_dir_all(home.path(STATE).parent().expect("it is in one")).expect("a new directory");
    home.write(STATE, state);
    age(&home, ".aws/credentials", 20);
    age(&home, STATE, 10);
    home
}

pub fn age(home: &Home, file: &str, seconds: u64) {
    let file = File::options().append(true).open(home.path(file)).expect("there");
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).expect("ours");
}

fn after(shell: &mut Shell, line: &str) -> String {
    assert_eq!(shell.run(line), "", "{}: {line}", shell.program);
    shell.segment()
}

#[test]
fn a_session_that_one_terminal_writes_renews_and_takes_back_shows_in_the_other() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut one = program.on(&home).sts(&sts).start();
        let mut other = program.on(&home).start();
        assert_eq!(after(&mut other, "true"), "", "{program}");
        for (code, key_id, minutes) in [("$CODE0", KEY, 65), ("$CODE1", "ASIAWRITTENWRITTEN02", 125)] {
            scripted(&sts, key_id, minutes * 60 + 30);
            one.run(&format!("mfa-env someaccount -w -r -t {code}"));
            let expected = format!("<green>(someaccount* {}h05m)</>", minutes / 60);
            assert_eq!(one.segment(), expected, "{program}");
            assert_eq!(after(&mut other, "true"), expected, "{program}");
        }
        assert_eq!(logins(&sts).len(), 2);
        one.run("mfa-env unset -w");
        assert_eq!(one.segment(), "", "{program}");
        assert_eq!(after(&mut other, "true"), "", "{program}");
    }
}

#[test]
fn shows_in_a_terminal_that_is_opened_later() {
    for program in all() {
        let home = written();
        assert_eq!(program.on(&home).start().segment(), SEGMENT, "{program}");
    }
}

/// A relative path counts as unset, as the XDG Base Directory Specification demands.
#[test]
fn the_state_file_is_where_xdg_says() {
    for program in all() {
        for is_absolute in [true, false] {
            let home = written();
            let elsewhere = if is_absolute { home.path("elsewhere") } else { PathBuf::from("elsewhere") };
            if is_absolute {
                std::fs::rename(home.path(".local/state"), &elsewhere).expect("renamed");
            }
            let setup = program.on(&home).env("XDG_STATE_HOME", &elsewhere.display().to_string());
            assert_eq!(setup.start().segment(), SEGMENT, "{program}: {is_absolute}");
        }
    }
}

#[test]
fn hides_behind_what_other_programs_would_use_instead() {
    for program in all() {
        let home = written();
        let mut shell = program.on(&home).start();
        for (variable, value) in
            [("AWS_ACCESS_KEY_ID", "AKIAOTHER"), ("AWS_PROFILE", "other"), ("AWS_DEFAULT_PROFILE", "other")]
        {
            assert_eq!(after(&mut shell, &program.export(variable, value)), "", "{program}: {variable}");
            assert_eq!(after(&mut shell, &program.unset(variable)), SEGMENT, "{program}: {variable}");
        }
        for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
            assert_eq!(
                after(&mut shell, &program.export(variable, "default")),
                SEGMENT,
                "{program}: {variable}"
            );
        }
        let line = program.export("AWS_WEB_IDENTITY_TOKEN_FILE", "/token");
        assert_eq!(after(&mut shell, &line), SEGMENT, "{program}");
        assert_eq!(
            after(&mut shell, &program.export("AWS_ROLE_ARN", "arn:aws:iam::1:role/r")),
            "",
            "{program}"
        );
    }
}

#[test]
fn is_not_shown_where_this_shell_has_another_credentials_file() {
    for program in all() {
        let home = written();
        home.write("other", SOMEACCOUNT);
        let mut shell = program.on(&home).start();
        let other = home.path("other").display().to_string();
        let line = program.export("AWS_SHARED_CREDENTIALS_FILE", &other);
        assert_eq!(after(&mut shell, &line), "", "{program}");
        // The same file under other names.
        std::os::unix::fs::symlink(".aws/credentials", home.path("link")).expect("a new link");
        let absolute = home.path(".aws/credentials").display().to_string();
        for path in [&absolute, "~/.aws/credentials", ".aws/credentials", "link"] {
            let line = program.export("AWS_SHARED_CREDENTIALS_FILE", path);
            assert_eq!(after(&mut shell, &line), SEGMENT, "{program}: {path}");
        }
        assert_eq!(after(&mut shell, "cd /"), "", "{program}");
    }
}

#[test]
fn another_program_that_writes_another_section_changes_nothing() {
    for program in all() {
        let home = written();
        let mut shell = program.on(&home).start();
        assert_eq!(
            after(&mut shell, "printf '[more]\\nregion = x\\n' >>.aws/credentials"),
            SEGMENT,
            "{program}"
        );
        assert_eq!(after(&mut shell, "true"), SEGMENT, "{program}");
    }
}

#[test]
fn another_program_that_writes_default_makes_every_terminal_stop_claiming_it() {
    for program in all() {
        let home = written();
        let mut shells = [program.on(&home).start(), program.on(&home).start()];
        home.write(".aws/credentials", home.read_credentials().replace(KEY, "AKIAOTHEROTHEROTHER0"));
        for shell in &mut shells {
            assert_eq!(after(shell, "true"), "", "{program}");
            assert_eq!(after(shell, "true"), "", "{program}");
        }
    }
}

#[test]
fn a_section_is_read_however_it_is_written() {
    for program in all() {
        let home = written();
        let mut shell = program.on(&home).start();
        let cases = [
            (format!("[default]\naws_access_key_id={KEY}\n"), SEGMENT),
            (format!("[ default ]\r\nAWS_Access_Key_Id  =  {KEY}  \r\n"), SEGMENT),
            (format!("# x\n[a]\nx=1\n\n[default]\nregion = r\n# y\naws_access_key_id = {KEY}"), SEGMENT),
            (format!("[other]\naws_access_key_id = {KEY}\n"), ""),
            (format!("[default]\nx_aws_access_key_id = {KEY}\n"), ""),
            (format!("[default]\n[other]\naws_access_key_id = {KEY}\n[default]\n"), ""),
            (format!("[default]\naws_access_key_id = {KEY}X\n"), ""),
        ];
        // fish compares whole seconds. So the times are further apart than the cases take.
        for ((text, expected), seconds) in cases.into_iter().zip((1000..).step_by(1000)) {
            home.write(".aws/credentials", &text);
            age(&home, ".aws/credentials", seconds);
            assert_eq!(after(&mut shell, "true"), expected, "{program}: {text}");
        }
    }
}

#[test]
fn a_state_file_that_is_empty_cut_off_or_garbage_is_no_session_and_no_error() {
    for program in all() {
        let home = written();
        let whole = home.read(STATE);
        let line = whole.lines().next().expect("a line").to_owned();
        let strict = program.say("set -eu", "");
        let mut shell = program.on(&home).after(strict).start();
        assert_eq!(shell.segment(), SEGMENT, "{program}");
        home.write(STATE, "");
        assert_eq!(after(&mut shell, "true"), "", "{program}, at the second prompt");
        let cut = &line[..line.len() - 30];
        let fields: Vec<_> = line.split('\t').collect();
        let hostile = [fields[0], "a[$(touch pwn)]", fields[2], fields[3], fields[4]].join("\t") + "\n";
        for text in ["", "\n", "\t\t\t\n", "garbage\n", cut, &line, "\0\0\0\n", "a\tb\n", "\u{ff}\u{fe}"] {
            home.write(STATE, text);
            assert_eq!(after(&mut shell, "true"), "", "{program}: {text:?}");
        }
        home.write(STATE, &hostile);
        let shown = after(&mut shell, "true");
        assert!(["", "<red>(someaccount* ?)</>"].contains(&shown.as_str()), "{program}: {shown}");
        assert!(!home.path("pwn").exists(), "{program}");
        home.write(STATE, &whole);
        assert_eq!(after(&mut shell, "true"), SEGMENT, "{program}");
        assert_eq!(shell.exit(), 0, "{program}");
    }
}

#[test]
fn files_that_are_gone_or_empty_are_no_session_and_no_error() {
    let gone =
        [STATE, ".aws/credentials", ".local/state/mfa-env", ".aws"].map(|file| format!("rm -r {file}"));
    for program in all() {
        for line in gone.iter().map(String::as_str).chain(["echo >.aws/credentials"]) {
            for prompts in [0, 1] {
                let home = written();
                let mut shell = program.on(&home).after(program.say("set -eu", "")).start();
                (0..prompts).for_each(|_| assert_eq!(after(&mut shell, "true"), SEGMENT, "{program}"));
                assert_eq!(after(&mut shell, line), "", "{program}: {line} {prompts}");
            }
        }
    }
}

#[test]
fn a_hostile_name_in_the_state_file_is_shown_as_it_is() {
    for program in all() {
        for name in ["a/b:c@d.e", "list", "a b", "-x", "$(touch pwn)", "%n!\\u"] {
            let home = written();
            home.write(STATE, home.read(STATE).replace("someaccount\t", &format!("{name}\t")));
            let shell = program.on(&home).start();
            assert_eq!(shell.segment(), format!("<green>({name}* 2h05m)</>"), "{program}");
            assert!(!home.path("pwn").exists(), "{program}");
        }
    }
}

#[test]
fn the_state_file_has_the_name_as_it_may_be_shown() {
    let name = "a\u{202e}b\tc\u{e0041}\u{1b}[2J";
    let (home, sts) = (Home::new().credentials(keys_in(name, &format!("mfa_serial = {SERIAL}\n"))), sts());
    scripted(&sts, KEY, LEFT);
    let shown = home.run([name, "-w", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(home.read(STATE).starts_with("a?b?c??[2J\t"), "{}", home.read(STATE));
    assert_eq!(between(&home.read_credentials(), "\n__profile__ = ", "\n").as_deref(), Some(name));
    for program in all() {
        let shell = program.on(&home).start();
        assert_eq!(shell.segment(), "<green>(a?b?c??[2J* 2h05m)</>", "{program}");
    }
}

#[test]
fn no_option_of_a_shell_is_in_the_way() {
    for program in bashes_and_zsh() {
        let options: &[&str] = if program.kind == Kind::Bash {
            &["set -euo pipefail", "set -f", "set -C", "IFS=a", "shopt -s nullglob extglob nocasematch"]
        } else {
            &[
                "setopt ksh_arrays no_unset sh_word_split err_return",
                "emulate sh",
                "setopt no_clobber",
                "IFS=a",
                "setopt warn_create_global",
            ]
        };
        for options in options {
            let home = written();
            let mut shell = program.on(&home).after(options).start();
            assert_eq!(shell.segment(), SEGMENT, "{program}: {options}");
            let line = "printf '[more]\\nregion = x\\n' >>.aws/credentials";
            assert_eq!(after(&mut shell, line), SEGMENT, "{program}: {options}");
            home.write(".aws/credentials", "[default]\naws_access_key_id = AKIAOTHER\n");
            assert_eq!(after(&mut shell, "true"), "", "{program}: {options}");
        }
    }
}

/// A program in target/venv.
pub fn installed(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin").join(name);
    assert!(path.exists(), "run tests/run once: it installs {}", path.display());
    path
}

#[test]
fn aws_configure_set_makes_every_terminal_stop_claiming_default() {
    let aws = installed("aws").display().to_string();
    let home = written();
    let start = |program: &Program| -> Shell { Setup::start(program.on(&home)) };
    let mut shells: Vec<_> = all().iter().map(start).collect();
    for shell in &shells {
        assert_eq!(shell.segment(), SEGMENT, "{}", shell.program);
    }
    let set = ["configure", "set", "aws_access_key_id", "AKIAOTHEROTHEROTHER0"];
    assert_eq!(home.program(aws).args(set).output().status, 0);
    for shell in &mut shells {
        assert_eq!(after(shell, "true"), "", "{}", shell.program);
    }
}

/// The shell's setup, the calls that fail when an answer is stored, how often the shell asks the binary in
/// twenty prompts, and whether it shows the session.
type Look = (&'static str, fn(&Home), &'static str, usize, bool);

const LOOKS: [Look; 6] = [
    ("an answer that is marked", mark, "", 0, true),
    ("a change that is older than a second", |_| (), "", 1, true),
    ("a time in the future", |home| set_time(home, SystemTime::now() + Duration::from_hours(1)), "", 1, true),
    ("a state file that can't be changed", |_| (), "utimensat,renameat", 1, false),
    ("a session that is gone", |home| gone(home), "", 1, false),
    (
        "a session that is gone, and a state file that can't be changed",
        |home| gone(home),
        "utimensat,renameat",
        1,
        false,
    ),
];

fn mark(home: &Home) {
    let time = std::fs::metadata(home.path(".aws/credentials")).and_then(|metadata| metadata.modified());
    let file = File::options().append(true).open(home.path(STATE)).expect("there");
    file.set_modified(time.expect("Linux")).expect("ours");
}

fn set_time(home: &Home, time: SystemTime) {
    let file = File::options().append(true).open(home.path(".aws/credentials")).expect("there");
    file.set_modified(time).expect("ours");
}

fn gone(home: &Home) {
    home.write(".aws/credentials", SOMEACCOUNT);
    age(home, ".aws/credentials", 15);
}

#[cfg(target_os = "linux")]
/// Returns the system calls.
fn assert_look(program: &Program, (what, prepare, fails, asked, is_shown): Look) -> String {
    let home = written();
    age(&home, ".aws/credentials", 20);
    prepare(&home);
    let inject = format!("--inject={fails}:error=EPERM");
    let mut tracer = vec!["strace", "-f", "-o", "calls", "-e", "trace=execve,utimensat,renameat,open,openat"];
    if !fails.is_empty() {
        tracer.push(&inject);
    }
    let mut shell = program.on(&home).started_by(&tracer).start();
    for _ in 0..20 {
        shell.run("true");
    }
    assert_eq!(shell.segment() != "", is_shown, "{program}: {what}");
    assert_eq!(shell.exit(), 0, "{program}: {what}");
    let calls = home.read("calls");
    let looks = calls.lines().filter(|line| line.contains("execve(") && line.contains("default-only\"], "));
    let looks = looks.filter(|line| line.contains(" = 0") || line.contains("<unfinished")).count();
    assert_eq!(looks, asked, "{program}: {what}");
    calls
}

#[cfg(target_os = "linux")]
#[test]
fn the_binary_looks_once_after_a_change_and_never_without_one() {
    for program in all() {
        for look in LOOKS {
            assert_look(&program, look);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_state_file_of_another_user_is_not_opened() {
    let look: Look = ("a state file of another user", |home| home.give_away(STATE), "", 0, false);
    for program in all() {
        // It may be a pipe, or endless.
        let calls = assert_look(&program, look);
        let opened = calls.lines().find(|line| line.contains("open") && line.contains(STATE));
        assert_eq!(opened, None, "{program}");
    }
}

#[test]
fn a_folder_or_file_that_is_a_link_is_not_read_and_no_shell_writes_a_file() {
    for program in all() {
        for linked in [STATE, ".local/state/mfa-env"] {
            let home = written();
            let elsewhere = home.path("elsewhere");
            std::fs::rename(home.path(linked), &elsewhere).expect("ours");
            std::os::unix::fs::symlink(&elsewhere, home.path(linked)).expect("a new link");
            let list = || {
                let find = [".local/state", "elsewhere", "-printf", "%p %T@\n"];
                home.program("find").args(find).output().stdout
            };
            let before = list();
            let mut shell = program.on(&home).start();
            assert_eq!(after(&mut shell, "true"), "", "{program}: {linked}");
            home.write(".aws/credentials", home.read_credentials().replace(KEY, "AKIAOTHEROTHEROTHER0"));
            assert_eq!(after(&mut shell, "true"), "", "{program}: {linked}");
            assert_eq!(shell.exit(), 0, "{program}");
            assert_eq!(list(), before, "{program}: {linked}");
        }
    }
}
