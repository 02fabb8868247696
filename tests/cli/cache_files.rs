//! The files of cached sessions: only their owner can read them, and bad ones count as absent.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use support::{CODE, CODES, Home, REUSED, STARTED, Shown, WRITTEN, codes_sent, done, failed, sts};

fn no_input(home: &Home, sts: &fake_sts::FakeSts) -> Shown {
    home.run(["someaccount", "--no-input"]).sts(sts).output()
}

/// Mode and path of everything in the cache.
fn modes(home: &Home) -> Vec<String> {
    let found = home.program("find").args([".cache", "-printf", "%m %P %y\n"]).output();
    let mut lines: Vec<_> = found.stdout.lines().map(String::from).collect();
    lines.sort();
    lines
}

#[test]
fn they_are_for_the_owner_alone_whatever_the_umask() {
    for umask in ["000", "022", "077"] {
        let (home, sts) = (Home::someaccount(), sts());
        let script = format!("umask {umask}; exec mfa-env someaccount -t $0");
        let shown = home.program("sh").args(["-c", &script, CODE]).sts(&sts).output();
        assert_eq!(shown.stderr, STARTED);
        assert_eq!(home.cached().len(), 1);
        for line in modes(&home) {
            assert!(line.starts_with("700 ") && line.ends_with(" d") || line.starts_with("600 "), "{line}");
        }
    }
}

#[test]
fn a_folder_that_others_can_write_to_is_not_used_and_not_changed() {
    let (home, sts) = (Home::someaccount(), sts());
    fs::create_dir_all(home.path(".cache/mfa-env")).expect("a new directory");
    home.set_mode(".cache/mfa-env", 0o770);
    let shown = home.run(["someaccount", "-t", CODE]).sts(&sts).output();
    let warning = "warning: not used: `~/.cache/mfa-env` can be changed by other users\n\
                   hint: chmod go-w ~/.cache/mfa-env\n";
    assert_eq!((shown.status, shown.stderr), (0, format!("{warning}{STARTED}")));
    assert_eq!(modes(&home), ["755  d", "770 mfa-env d"]);
}

#[test]
fn the_folder_is_where_xdg_says_unless_that_is_relative() {
    let (home, sts) = (Home::someaccount(), sts());
    let elsewhere = home.path("elsewhere");
    let run = home.run(["someaccount", "-t", CODE]).sts(&sts).env("XDG_CACHE_HOME", &elsewhere);
    run.output().session();
    assert!(elsewhere.join("mfa-env").exists() && !home.path(".cache").exists());
    let run = home.run(["someaccount", "-t", CODES[1]]).sts(&sts).env("XDG_CACHE_HOME", "relative");
    run.output().session();
    assert!(home.path(".cache/mfa-env").exists() && !home.path("relative").exists());
}

/// A kind of damage, and a function that causes it.
type Damage = (&'static str, fn(&Path));

const DAMAGES: [Damage; 12] = [
    ("empty", |path| fs::write(path, "").expect("ours")),
    ("cut off", |path| {
        let bytes = fs::read(path).expect("there");
        fs::write(path, &bytes[..bytes.len() / 2]).expect("ours");
    }),
    ("no JSON", |path| fs::write(path, "\0\u{1b}[31m\n").expect("ours")),
    ("other JSON", |path| fs::write(path, "[1, 2]\n").expect("ours")),
    ("another version's", |path| {
        let text = fs::read_to_string(path).expect("there");
        assert!(text.contains("\"version\":1"), "{text}");
        fs::write(path, text.replace("\"version\":1", "\"version\":2")).expect("ours");
    }),
    ("another key's", |path| {
        let text = fs::read_to_string(path).expect("there");
        fs::write(path, text.replace("mfa/bob", "mfa/eve")).expect("ours");
    }),
    ("as a power failure leaves it", |path| {
        let length = fs::read(path).expect("there").len();
        fs::write(path, vec![0; length]).expect("ours");
    }),
    ("with values that are none", |path| {
        let text = fs::read_to_string(path).expect("there");
        fs::write(path, text.replace("\"ASIA", "\"ASIA'; id; '")).expect("ours");
    }),
    ("readable by the group", |path| mode(path, 0o640)),
    ("readable by all", |path| mode(path, 0o604)),
    ("writable by all", |path| mode(path, 0o602)),
    ("a link", |path| {
        let elsewhere = path.with_extension("elsewhere");
        fs::rename(path, &elsewhere).expect("ours");
        symlink(&elsewhere, path).expect("a new link");
    }),
];

fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
}

fn assert_replaced((what, damage): Damage) {
    let (home, sts) = (Home::someaccount(), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    let path = home.cached().remove(0);
    damage(&path);
    let owner = fs::symlink_metadata(&path).map_or(0, |metadata| metadata.uid());
    let path = home.without_places(&path.display().to_string(), None).replace("~HOME~", "~");
    let expected_warning = match what {
        "writable by all" => {
            format!("warning: not used: `{path}` can be changed by other users\nhint: chmod go-w {path}\n")
        }
        "a link" => {
            format!("warning: not used: `{path}` is a symbolic link\nhint: remove it: rm {path}\n")
        }
        "somebody else's" => format!(
            "warning: not used: `{path}` belongs to another user (uid {owner})\nhint: remove it: rm -f {path}\n"
        ),
        _ => String::new(),
    };
    let needs_code = "error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it\n\
                      hint: log in first: mfa-env someaccount\n";
    let expected = failed(4, &format!("{expected_warning}{needs_code}"));
    assert_eq!(no_input(&home, &sts), expected, "{what}");
    let list = home.run(["list"]).sts(&sts).output();
    assert_eq!((list.status, list.stderr.as_str()), (0, expected_warning.as_str()), "{what}");
    assert!(list.stdout.contains("someaccount") && !list.stdout.contains("hours"), "{what}: {list:?}");
    let shown = home.run(["someaccount", "-t", CODES[1]]).sts(&sts).output();
    assert_eq!((shown.status, &shown.stderr), (0, &format!("{expected_warning}{STARTED}")), "{what}");
    let again = no_input(&home, &sts);
    assert_eq!(again.stderr, REUSED, "{what}");
    assert_eq!(again.session().access_key_id, shown.session().access_key_id, "{what}");
    for line in modes(&home).iter().filter(|line| line.contains(".json")) {
        assert!(line.starts_with("600 ") && line.ends_with(" f"), "{what}: {line}");
    }
    assert_eq!(codes_sent(&sts), [CODE, CODES[1]], "{what}");
}

#[test]
fn a_file_that_is_not_right_is_never_used_and_never_fatal_and_replaced() {
    for damage in DAMAGES {
        assert_replaced(damage);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_of_another_user_is_never_used_and_never_fatal_and_replaced() {
    // The path is absolute.
    assert_replaced(("somebody else's", |path: &Path| Home::new().give_away(path)));
}

#[test]
fn a_folder_that_cannot_be_made_is_a_warning() {
    let (home, sts) = (Home::someaccount(), sts());
    home.write(".cache", "a file\n");
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    let warning = "warning: the session was not cached: `~/.cache/mfa-env` \
                   can't be made: File exists (os error 17)\n\
                   hint: set XDG_CACHE_HOME and XDG_STATE_HOME to folders of your own\n";
    assert_eq!(shown, done("", &format!("{warning}{WRITTEN}")));
    // A command that only reads works, too.
    let shown = home.run(["list", "--names"]).output();
    assert_eq!(shown, done("default\nsomeaccount\n", ""));
    assert_eq!(home.run(["list"]).output().status, 0);
    assert_eq!(home.run(["forget", "--all"]).output(), done("", "no session was cached\n"));
}
