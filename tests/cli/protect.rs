//! `protect` and its undo, with real stores: gnome-keyring on a bus of its own, pass, and age by commands.

use std::fs;

use support::{
    CODE, Home, KEY_ID, Run, SECRET, SERIAL, assert_no_secrets, done, keys_in, started_by, str, sts,
    wait_until,
};

use crate::aws_clients::with_aws;
#[cfg(target_os = "linux")]
use crate::pinentries::Screen;

/// Comments, another order, no last line ending.
pub const CREDENTIALS: &str = "# mine\n[prod]\nregion = eu-west-1\nAWS_Secret_Access_Key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
                               # between\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\n[other]\nk = v";
pub const CONFIG: &str = "[profile prod]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\n";

pub fn home() -> Home {
    Home::new().credentials(CREDENTIALS).config(CONFIG)
}

/// Commands of the user that keep the entry in a file, and note their arguments and what they are asked for.
pub const STORE: &str = "echo store >>seen; cat >entry.new; test -s entry.new && mv entry.new entry";
pub const FETCH: &str = "echo fetch >>seen; cat entry";

/// Protects prod by these commands.
pub fn by_commands<'h>(home: &'h Home, store: &str, fetch: &str) -> Run<'h> {
    home.run(["protect", "prod", "--store-command", store, "--fetch-command", fetch])
}

pub fn assert_unchanged(home: &Home) {
    assert_eq!(
        (home.read_credentials(), home.read(".aws/config")),
        (CREDENTIALS.to_owned(), CONFIG.to_owned())
    );
}

/// bash for a session on a bus of its own, with an unlocked keyring. A second daemon would start if a program asked
/// for the service before the first one offers it.
fn bash_with_keyring(home: &Home) -> Run<'_> {
    const START: &str = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        offers='dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus /org/freedesktop/DBus
                org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets'
        until $offers | grep -q true; do :; done
        exec \"$@\"";
    home.write("start", START);
    let bash = ["setsid", "--wait", "bash", "--noprofile", "--norc", "-c"];
    home.program("timeout").args(["200", "dbus-run-session", "--", "sh", "start"]).args(bash)
}

#[cfg(target_os = "linux")]
#[test]
fn the_keys_go_into_the_secret_service_and_back() {
    let home = home();
    bash_with_keyring(&home).session(str![[r#"
$ mfa-env protect prod
2> moved the keys of prod from ~/.aws/credentials to the Secret Service (undo: mfa-env protect prod --undo)
2> AWS tools that use the profile prod now get an MFA session from mfa-env
$ cat ~/.aws/config
[profile prod]
credential_process = mfa-env --profile prod --format json
mfa_env_store = secret-service
mfa_serial = arn:aws:iam::123456789012:mfa/bob
$ cat ~/.aws/credentials
# mine
[prod]
region = eu-west-1
# between

[other]
k = v
$ secret-tool lookup application mfa-env profile prod | cut -c1-57
{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","Secret
$ mfa-env protect prod
2> `prod` is protected already: its keys are in the Secret Service
$ mfa-env protect prod --undo
2> moved the keys of prod from the Secret Service back to ~/.aws/credentials
$ secret-tool lookup application mfa-env profile prod
? 1
"#]]);
    assert_unchanged(&home);
}

#[cfg(target_os = "linux")]
#[test]
fn a_login_takes_the_keys_from_the_secret_service() {
    let (home, sts) = (home(), sts());
    let script = format!("mfa-env protect prod 2>/dev/null; mfa-env prod -t {CODE} | wc -l");
    let shown = bash_with_keyring(&home).args([script]).sts(&sts).output();
    assert!(shown.stderr.ends_with(&started_by("prod")), "{shown:?}");
}

/// Locks the keyring. dbus-send must wait for the answer, since the service forgets what a caller that left wanted.
const LOCK: &str = "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
                    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null";

#[cfg(target_os = "linux")]
#[test]
fn a_locked_keyring_without_a_desktop_is_an_error() {
    let home = home();
    home.write("lock", LOCK);
    bash_with_keyring(&home).session(str![[r#"
$ sh lock; mfa-env protect prod 2>&1 | grep -v '^$' | grep -v -e '^(gcr' -e '^[*][*]'
secret-tool: Cannot create an item in a locked collection
error: `secret-tool store --label=mfa-env: AWS keys of prod application mfa-env profile prod` failed: exit status: 1
hint: unlock your login keyring: log in to the desktop, or open it in Passwords and Keys
hint: or keep them in pass: mfa-env protect prod --store pass
hint: or use commands of your own, such as age: mfa-env protect --help
$ cat ~/.aws/config
[profile prod]
mfa_serial = arn:aws:iam::123456789012:mfa/bob
"#]]);
    assert_unchanged(&home);
    let home = self::home();
    home.write("lock", LOCK);
    bash_with_keyring(&home).session(str![[r#"
$ mfa-env protect prod 2>/dev/null; sh lock
$ mfa-env prod
(exit 1);
2> error: the keyring is locked, and there is no desktop to ask for its password
2> hint: unlock your login keyring: log in to the desktop, or open it in Passwords and Keys
? 1
$ mfa-env protect prod --undo
2> error: the keyring is locked, and there is no desktop to ask for its password
2> hint: unlock your login keyring: log in to the desktop, or open it in Passwords and Keys
? 1
"#]]);
    assert!(home.read(".aws/config").contains("mfa_env_store = secret-service\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_locked_keyring_asks_for_its_password_in_a_window() {
    let (home, sts, screen) = (home(), sts(), Screen::start());
    home.write("lock", LOCK);
    let login = "mfa-env prod -t - --no-cache <code >/dev/null 2>>said";
    let script = format!("mfa-env protect prod 2>/dev/null; sh lock; {login}; echo $? >status; {login}");
    home.write("code", CODE);
    let run = bash_with_keyring(&home).args([script]).env("DISPLAY", &screen.name).sts(&sts).start();
    let title = "Unlock Login Keyring";
    screen.press(&home, title, &[&["key", "Escape"]]);
    wait_until("the end of the first login", || home.path("status").exists());
    screen.type_into(&home, title, "pw");
    assert_eq!(run.end().status, 0);
    let asks = "the keyring is locked: enter its password in the window\n";
    let refused = "error: the keyring is still locked: `secret-tool lookup application mfa-env profile prod` failed: \
                   exit status: 1\n\
                   hint: unlock your login keyring: log in to the desktop, or open it in Passwords and Keys\n";
    assert_eq!(home.read("said"), format!("{asks}{refused}{asks}{}", started_by("prod")));
}

/// `secret-tool` would take them as options, and dbus-send as two names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_secret_tool_cannot_have_are_refused() {
    for name in ["a,b", "a,b,c", "-x"] {
        let credentials = CREDENTIALS.replace("[prod]", &format!("[{name}]\nmfa_serial = {SERIAL}"));
        let home = Home::new().credentials(&credentials);
        let run =
            bash_with_keyring(&home).args([format!("mfa-env protect --store secret-service -- {name}")]);
        let expected = "error: `secret-tool` can't have a profile whose name starts with `-` or contains `,`\n\
                        hint: rename the profile, or use another store\n";
        let shown = run.output();
        assert!(shown.stderr.contains(expected), "{shown:?}");
        assert_eq!(home.read_credentials(), credentials);
    }
}

/// `secret-tool` would cut it off.
#[cfg(target_os = "linux")]
#[test]
fn lines_that_are_too_long_for_secret_tool_are_refused() {
    let comment = format!("EXAMPLEKEY # {}", "c".repeat(8000));
    let credentials = CREDENTIALS.replace("EXAMPLEKEY", &comment);
    let home = home().credentials(&credentials);
    bash_with_keyring(&home).session(str![[r#"
$ mfa-env protect prod
2> error: the two lines with the keys are too long for `secret-tool`
2> hint: shorten the comments in them
2> hint: or keep them in pass: mfa-env protect prod --store pass
2> hint: or use commands of your own, such as age: mfa-env protect --help
? 1
"#]]);
    assert_eq!((home.read_credentials(), home.read(".aws/config")), (credentials, CONFIG.to_owned()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_keys_go_into_pass_and_back() {
    let (home, sts) = (home(), sts());
    // Otherwise its agent would live on.
    let run = |script: &str| {
        let script = format!("trap 'gpgconf --kill all' EXIT\n{script}");
        home.program("bash").args(["-c", &script]).sts(&sts).output()
    };
    let shown = run("gpg --batch --quiet --passphrase '' --quick-gen-key me default default never && pass init me >/dev/null
                     mfa-env protect prod --store pass");
    assert_eq!(shown.status, 0, "{shown:?}");
    let moved =
        "moved the keys of prod from ~/.aws/credentials to pass (undo: mfa-env protect prod --undo)\n";
    assert!(shown.stderr.contains(moved), "{shown:?}");
    assert!(!home.read_credentials().contains(SECRET));
    let shown = run(&format!("mfa-env prod -t {CODE} >/dev/null"));
    assert_eq!(shown, done("", &started_by("prod")));
    let shown = run("mfa-env protect prod --undo && ! pass show mfa-env/prod 2>/dev/null");
    assert_eq!(shown.status, 0, "{shown:?}");
    assert_unchanged(&home);
}

#[test]
fn the_keys_go_into_a_file_that_age_encrypts_and_back() {
    let (home, sts) = (home(), sts());
    home.bash().sts(&sts).session(str![[r#"
$ age-keygen -o key 2>/dev/null
$ mfa-env protect prod --store-command "age -r $(age-keygen -y key) -o prod.age" --fetch-command 'age -d -i key prod.age'
2> moved the keys of prod from ~/.aws/credentials to your own store (undo: mfa-env protect prod --undo)
2> AWS tools that use the profile prod now get an MFA session from mfa-env
$ cat ~/.aws/config
[profile prod]
credential_process = mfa-env --profile prod --format json
mfa_env_store = command
mfa_env_fetch = age -d -i key prod.age
mfa_serial = arn:aws:iam::123456789012:mfa/bob
$ head -c21 prod.age
age-encryption.org/v1
$ mfa-env prod -t 918273 | wc -l
16
2> Session started; expires in 12 hours (prod: user bob of 123456789012)
$ mfa-env protect prod --undo
2> moved the keys of prod from your own store back to ~/.aws/credentials
2> warning: a copy of the keys stays in your own store: mfa-env has no command that deletes it
2> hint: delete the copy yourself
"#]]);
    assert_unchanged(&home);
}

/// The session comes through `credential_process`, from the cache, since nobody can be asked.
#[test]
fn the_aws_cli_uses_the_profile_by_its_name() {
    let (home, sts) = (home(), sts());
    assert_eq!(by_commands(&home, STORE, FETCH).output().status, 0);
    assert_eq!(home.run(["prod", "-t", CODE]).sts(&sts).output().status, 0);
    let aws = home.program("aws").args(["--profile", "prod", "sts", "get-caller-identity", "--query", "Arn"]);
    let shown = with_aws(aws).sts(&sts).output();
    assert_eq!(shown, done("\"arn:aws:iam::123456789012:user/bob\"\n", ""));
    let last = sts.requests().pop().expect("it called");
    assert!(last.access_key_id.is_some_and(|id| id.starts_with("ASIA")), "the session signs");
}

#[test]
fn a_name_with_spaces_and_quotes_reaches_the_aws_cli() {
    for name in ["two words", "it's", "-x"] {
        let sts = sts();
        let home = Home::new().credentials(keys_in(name, &format!("mfa_serial = {SERIAL}\n")));
        let protect = ["protect", "--store-command", STORE, "--fetch-command", FETCH, "--", name];
        let shown = home.run(protect).output();
        assert_eq!(shown.status, 0, "{shown:?}");
        let profile = format!("--profile={name}");
        assert_eq!(home.run([&profile, "-t", CODE]).sts(&sts).output().status, 0, "{name}");
        let aws =
            home.program("aws").args([profile.as_str(), "sts", "get-caller-identity", "--query", "Arn"]);
        let shown = with_aws(aws).sts(&sts).env("AWS_DEFAULT_REGION", "us-east-1").output();
        assert_eq!(shown.status, 0, "{name}: {shown:?}");
    }
}

#[test]
fn list_and_doctor_show_where_the_keys_are() {
    let home = home();
    let credentials = home.read_credentials();
    assert_eq!(by_commands(&home, STORE, FETCH).output().status, 0);
    home.session(str![[r#"
$ mfa-env list -v
PROFILE  ACCOUNT       ROLE OR USER     REGION     DEVICE  KEYS          LEFT
other    -             (no access key)  -          -       -             -
prod     123456789012  user             eu-west-1  bob     from command  -
$ mfa-env list --json | grep keys_in
    "keys_in": null,
    "keys_in": "command",
$ mfa-env doctor --offline | grep -A1 -e 'profile prod:' -e ' keys:'
     ok  profile prod: its keys are in your own store
     ok  profiles: 1 can log in with a code
"#]]);
    home.write(".aws/credentials", credentials);
    home.session(str![[r#"
$ mfa-env doctor --offline | grep -A1 -e 'profile prod:' -e ' keys:'
warning  profile prod: `mfa-env protect` has not moved all of its keys
         -> to complete it: mfa-env protect prod
     ok  keys: your files have them in plain text: `prod`
         -> a secret store is safer: mfa-env protect prod
"#]]);
}

#[test]
fn a_cached_session_is_kept() {
    let (home, sts) = (home(), sts());
    home.run(["prod", "-t", CODE]).sts(&sts).output().session();
    for arguments in [&["--store-command", STORE, "--fetch-command", FETCH][..], &["--undo"]] {
        assert_eq!(home.run(["protect", "prod"]).args(arguments).sts(&sts).output().status, 0);
        let shown = home.run(["prod", "--no-input"]).sts(&sts).output();
        assert_eq!((shown.status, shown.stderr.contains("Session reused")), (0, true), "{shown:?}");
    }
}

/// The store command writes both files, as another program could.
#[test]
fn a_file_that_another_program_writes_meanwhile_keeps_its_lines() {
    let home = home();
    let store = format!(
        "{STORE}; test -e done || for file in config credentials; do echo '# theirs' >>.aws/$file; done; touch done"
    );
    assert_eq!(by_commands(&home, &store, FETCH).output().status, 0);
    assert!(!home.read_credentials().contains(SECRET));
    assert_eq!(home.run(["protect", "prod", "--undo"]).output().status, 0);
    assert_eq!(home.read_credentials(), CREDENTIALS.to_owned() + "# theirs\n");
    assert_eq!(home.read(".aws/config"), CONFIG.to_owned() + "# theirs\n");
}

#[test]
fn no_secret_is_in_arguments_or_temporary_files() {
    let home = home();
    fs::create_dir(home.path("tmp")).expect("a new folder");
    let look =
        "tr '\\0' ' ' </proc/$$/cmdline >>seen; tr '\\0' '\\n' </proc/$$/environ >>seen; ls -A tmp >>seen";
    let (store, fetch) = (format!("{look}; cat >entry"), format!("{look}; cat entry"));
    assert_eq!(by_commands(&home, &store, &fetch).env("TMPDIR", home.path("tmp")).output().status, 0);
    assert!(home.read("entry").contains(SECRET) && home.read("entry").contains(KEY_ID));
    assert!(home.read("seen").contains("cat >entry"));
    assert_no_secrets("an argument", &home.read("seen"));
    for file in [".aws/config", ".aws/credentials"] {
        assert_no_secrets(file, &home.read(file));
    }
    let left: Vec<_> = fs::read_dir(home.path(".aws")).expect("a folder").collect();
    assert_eq!(left.len(), 4, "the two files and their locks: {left:?}");
}

#[test]
fn lists_the_roles_for_which_aws_tools_would_ask_a_second_time() {
    let role = |name: &str, more: &str| {
        format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::123456789012:role/{name}\nsource_profile = prod\n{more}"
        )
    };
    let serial = format!("mfa_serial = {SERIAL}\n");
    let home =
        home().config(CONFIG.to_owned() + &role("admin", &serial) + &role("ops", &serial) + &role("ro", ""));
    let shown = by_commands(&home, STORE, FETCH).output();
    let warning = "warning: AWS tools will ask for a second code, since they find `mfa_serial` in `admin`, `ops`\n\
                   hint: delete that line there: the session of prod has MFA already\n";
    assert!(shown.stderr.ends_with(warning), "{shown:?}");
}
