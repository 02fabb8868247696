//! The secret stores for long-term keys: looks up, writes and removes the entry of a profile. Each store is a
//! program that gets the entry through a pipe; macOS's keychain is a system call.

use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::aws_files::protection::{FETCH, KeyStore, STORE};
use crate::environment::Environment;
use crate::error::{Error, Exit, Hint, Result};
use crate::output::say;
use crate::process::{Task, output_of};

/// It may ask the user.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// In bytes. `secret-tool` cuts off the rest, and reports success.
const MOST_OF_SECRET_TOOL: usize = 8192;

/// The key of the entry: nothing else is public in it.
const APPLICATION: &str = "mfa-env";

impl KeyStore {
    /// # Errors
    /// If it can't be used here.
    pub fn check(&self, environment: &Environment) -> Result<()> {
        let missing = |what: &str, hint: &str| Err(Error::new(Exit::Files, what).hint(hint));
        let no_program = |program: &str, package: &str| {
            missing(&format!("`{program}` isn't installed"), &format!("install it: its package is {package}"))
        };
        match self {
            Self::SecretService if !is_installed("secret-tool", environment) => {
                no_program("secret-tool", "libsecret-tools or libsecret")
            }
            Self::SecretService if !has_session_bus(environment) => missing(
                "the Secret Service needs a D-Bus session, and there is none here",
                "log in to a desktop",
            ),
            Self::Pass if !is_installed("pass", environment) => no_program("pass", "pass"),
            Self::Keychain if !cfg!(target_os = "macos") => missing(
                "only macOS has a keychain",
                "elsewhere, keys can be in secret-service, in pass or in your own store",
            ),
            Self::SecretService | Self::Pass | Self::Keychain | Self::Commands { .. } => Ok(()),
        }
    }

    /// The entry of a profile; `None` if there is none. With `may_fail`, a command of the user that fails counts
    /// as none.
    ///
    /// # Errors
    /// If the store can't be read.
    pub fn look_up(
        &self,
        profile: &str,
        may_fail: bool,
        environment: &Environment,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        // A run that was killed may leave an empty entry: its program reads the end of the pipe.
        self.entry(profile, may_fail, environment).map(|entry| entry.filter(|entry| !entry.is_empty()))
    }

    fn entry(
        &self,
        profile: &str,
        may_fail: bool,
        environment: &Environment,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.check(environment)?;
        let run = |words| output_of(self.task(words, profile), TIME_LIMIT, environment).map(Some);
        match self {
            Self::SecretService => match is_in_secret_service(profile, environment)? {
                true => run(secret_tool("lookup", profile)),
                false => Ok(None),
            },
            Self::Keychain => keychain(profile, Call::LookUp),
            Self::Pass if !file_of_pass(profile, environment)?.exists() => Ok(None),
            Self::Pass => run(vec!["pass", "show", &name_in_pass(profile)]),
            Self::Commands { fetch } => {
                let task = Task::of_setting(FETCH, fetch, profile).silent(may_fail);
                match output_of(task, TIME_LIMIT, environment) {
                    Err(error) if may_fail && error.exit() != Exit::Cancelled => Ok(None),
                    output => output.map(Some),
                }
            }
        }
    }

    /// Writes the entry of a profile. `store_command` is the user's, for [`KeyStore::Commands`].
    ///
    /// # Errors
    /// If the store refuses it.
    pub fn put(
        &self,
        profile: &str,
        entry: Zeroizing<Vec<u8>>,
        store_command: &str,
        environment: &Environment,
    ) -> Result<()> {
        let name = name_in_pass(profile);
        let label = format!("--label=mfa-env: AWS keys of {profile}");
        let task = match self {
            Self::SecretService if entry.len() > MOST_OF_SECRET_TOOL => {
                let what =
                    format!("the keys of `{profile}` and their comments are too long for `secret-tool`");
                return Err(Error::new(Exit::Files, what).hint("shorten the comments in these two lines"));
            }
            Self::SecretService => {
                let mut words = secret_tool("store", profile);
                words.insert(2, &label);
                self.task(words, profile)
            }
            Self::Keychain => return keychain(profile, Call::Put(&entry)).map(drop),
            // `-f`, since it would otherwise ask; the caller has looked whether there is one.
            Self::Pass => self.task(vec!["pass", "insert", "-m", "-f", &name], profile),
            Self::Commands { .. } => Task::of_setting("--store-command", store_command, profile),
        };
        output_of(task.input(Some(entry)), TIME_LIMIT, environment).map(drop)
    }

    /// Deletes the entry of a profile.
    ///
    /// # Errors
    /// If the store refuses it. Always for commands of the user, since there is none that deletes.
    pub fn remove(&self, profile: &str, environment: &Environment) -> Result<()> {
        match self.remove_command(profile) {
            Some(words) => {
                let words = words.iter().map(String::as_str).collect();
                output_of(self.task(words, profile), TIME_LIMIT, environment).map(drop)
            }
            None if *self == Self::Keychain => keychain(profile, Call::Remove).map(drop),
            None => Err(Error::new(Exit::Files, "mfa-env has no command that deletes it")),
        }
    }

    /// How the user can delete the entry.
    pub fn how_to_remove(&self, why: &str, profile: &str) -> Hint {
        match (self, self.remove_command(profile)) {
            (_, Some(words)) => Hint::run(why, words.iter().map(String::as_str)),
            (Self::Keychain, None) => {
                let words = ["security", "delete-generic-password", "-s", APPLICATION, "-a", profile];
                Hint::run(why, words)
            }
            (_, None) => format!("{why} in {}: mfa-env knows no command for that", self.title()).into(),
        }
    }

    fn task<'t>(&self, words: Vec<&'t str>, profile: &'t str) -> Task<'t> {
        let hint = if *self == Self::Pass { "check gpg-agent, and `pass init`" } else { UNLOCK };
        Task::of_program(STORE, words, hint, profile)
    }

    fn remove_command(&self, profile: &str) -> Option<Vec<String>> {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        match self {
            Self::SecretService => words(&secret_tool("clear", profile)),
            Self::Pass => words(&["pass", "rm", "-f", &name_in_pass(profile)]),
            Self::Keychain | Self::Commands { .. } => None,
        }
    }
}

fn secret_tool<'w>(command: &'w str, profile: &'w str) -> Vec<&'w str> {
    vec!["secret-tool", command, "application", APPLICATION, "profile", profile]
}

fn name_in_pass(profile: &str) -> String {
    format!("{APPLICATION}/{profile}")
}

/// The file of the entry. `pass` itself can't tell an entry that isn't there from one that it can't read.
fn file_of_pass(profile: &str, environment: &Environment) -> Result<PathBuf> {
    let folder = match environment.get("PASSWORD_STORE_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => environment.home()?.join(".password-store"),
    };
    Ok(folder.join(format!("{}.gpg", name_in_pass(profile))))
}

/// Whether the Secret Service has an entry. A locked one counts if a window can ask for the password: with no
/// display, `secret-tool` says "not there", and with one it waits for the answer.
fn is_in_secret_service(profile: &str, environment: &Environment) -> Result<bool> {
    let attributes = format!("dict:string:string:application,{APPLICATION},profile,{profile}");
    let words = vec![
        "dbus-send",
        "--session",
        "--print-reply=literal",
        "--dest=org.freedesktop.secrets",
        "/org/freedesktop/secrets",
        "org.freedesktop.Secret.Service.SearchItems",
        &attributes,
    ];
    let task = KeyStore::SecretService.task(words, profile);
    let output = output_of(task, TIME_LIMIT, environment)?;
    // Two lists: what is unlocked, and what is locked.
    let output = String::from_utf8_lossy(&output);
    let mut lists = output.split("array [").skip(1).map(|list| list.contains('/'));
    let (unlocked, locked) = (lists.next() == Some(true), lists.next() == Some(true));
    if locked && !unlocked {
        if !environment.is_set("DISPLAY") && !environment.is_set("WAYLAND_DISPLAY") {
            return Err(Error::new(
                Exit::Files,
                "the keyring is locked, and there is no desktop to ask for its password",
            )
            .hint(UNLOCK));
        }
        say("the keyring is locked: answer its window");
    }
    Ok(unlocked || locked)
}

const UNLOCK: &str = "unlock your login keyring: log in to the desktop, or open it in Passwords and Keys";

fn is_installed(program: &str, environment: &Environment) -> bool {
    let path = environment.get("PATH").unwrap_or_default();
    std::env::split_paths(path).any(|folder| folder.join(program).is_file())
}

fn has_session_bus(environment: &Environment) -> bool {
    let of_user = || Some(Path::new(environment.get("XDG_RUNTIME_DIR")?).join("bus").exists());
    environment.is_set("DBUS_SESSION_BUS_ADDRESS") || of_user() == Some(true)
}

/// What [`keychain`] does with the entry.
enum Call<'e> {
    LookUp,
    #[cfg_attr(not(target_os = "macos"), expect(dead_code, reason = "only macOS has a keychain"))]
    Put(&'e [u8]),
    Remove,
}

#[cfg(target_os = "macos")]
fn keychain(profile: &str, call: Call<'_>) -> Result<Option<Zeroizing<Vec<u8>>>> {
    use security_framework::passwords;
    /// errSecItemNotFound (Security/SecBase.h).
    const NOT_FOUND: i32 = -25300;
    let done = match call {
        Call::LookUp => {
            passwords::get_generic_password(APPLICATION, profile).map(|entry| Some(Zeroizing::new(entry)))
        }
        Call::Put(entry) => passwords::set_generic_password(APPLICATION, profile, entry).map(|()| None),
        Call::Remove => passwords::delete_generic_password(APPLICATION, profile).map(|()| None),
    };
    match done {
        Err(error) if error.code() == NOT_FOUND => Ok(None),
        done => done.map_err(|error| {
            Error::new(Exit::Files, format!("the keychain refuses: {error}"))
                .hint("unlock it in Keychain Access, and allow mfa-env when macOS asks")
        }),
    }
}

#[cfg(not(target_os = "macos"))]
fn keychain(_: &str, call: Call<'_>) -> Result<Option<Zeroizing<Vec<u8>>>> {
    match call {
        Call::LookUp | Call::Put(_) | Call::Remove => unreachable!("`check` refuses it"),
    }
}
