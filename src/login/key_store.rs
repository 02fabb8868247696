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

/// With the profile's name, this names the entry. A store shows both even while it is locked.
const APPLICATION: &str = "mfa-env";

/// The place of a profile's entry in a store.
pub struct Place<'p> {
    pub store: KeyStore,
    pub profile: &'p str,
    pub environment: &'p Environment,
}

#[derive(Clone, Copy)]
enum Act {
    LookUp,
    Put,
    Remove,
}

impl Place<'_> {
    /// # Errors
    /// If the store can't be used here.
    fn check(&self) -> Result<()> {
        let missing = |what: &str, hint: &str| Err(Error::new(Exit::Files, what).hint(hint));
        match self.store {
            KeyStore::SecretService if !self.is_installed("secret-tool") => missing(
                "`secret-tool` isn't installed",
                "install it: its package is libsecret-tools or libsecret",
            ),
            KeyStore::SecretService if !self.has_session_bus() => missing(
                "the Secret Service needs a D-Bus session, and there is none here",
                "log in to a desktop",
            ),
            // dbus-send divides the name at a comma, and `secret-tool` takes a name with a dash as an option.
            KeyStore::SecretService if self.profile.contains(',') || self.profile.starts_with('-') => {
                missing(
                    "`secret-tool` can't have a profile whose name starts with `-` or contains `,`",
                    "rename the profile, or use another store",
                )
            }
            KeyStore::Pass if !self.is_installed("pass") => missing("`pass` isn't installed", "install it"),
            KeyStore::Keychain if !cfg!(target_os = "macos") => missing(
                "only macOS has a keychain",
                "elsewhere, keys can be in secret-service, in pass or in your own store",
            ),
            KeyStore::SecretService | KeyStore::Pass | KeyStore::Keychain | KeyStore::Commands { .. } => {
                Ok(())
            }
        }
    }

    /// # Errors
    /// If nothing can be stored here.
    pub fn check_for_writing(&self) -> Result<()> {
        self.check()?;
        if self.store == KeyStore::Pass && !self.folder_of_pass()?.is_dir() {
            return Err(Error::new(Exit::Files, "`pass` has no store yet")
                .hint("create it with your GnuPG key: pass init GPG-ID"));
        }
        Ok(())
    }

    /// The entry; `None` if there is none. With `may_fail`, a command of the user that fails counts as none.
    ///
    /// # Errors
    /// If the store can't be read.
    pub fn look_up(&self, may_fail: bool) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.check()?;
        let entry = match &self.store {
            KeyStore::SecretService if !self.is_in_secret_service()? => None,
            KeyStore::Pass if !self.file_of_pass()?.exists() => None,
            KeyStore::SecretService => {
                let entry = self.run(self.task(&self.words(Act::LookUp)));
                Some(entry.map_err(|error| match error.exit() {
                    Exit::Cancelled => error,
                    _ => {
                        Error::new(Exit::Files, format!("the keyring is still locked: {error}")).hint(UNLOCK)
                    }
                })?)
            }
            KeyStore::Pass => Some(self.run(self.task(&self.words(Act::LookUp)))?),
            KeyStore::Keychain => keychain(self.profile, Act::LookUp, &[])?,
            KeyStore::Commands { fetch } => {
                match self.run(Task::of_setting(FETCH, fetch, self.profile).silent(may_fail)) {
                    Err(error) if may_fail && error.exit() != Exit::Cancelled => None,
                    output => Some(output?),
                }
            }
        };
        // A run that was killed may leave an empty entry, since its program then reads the end of the pipe.
        Ok(entry.filter(|entry| !entry.is_empty()))
    }

    /// Writes the entry. `store_command` is the user's, for [`KeyStore::Commands`].
    ///
    /// # Errors
    /// If the store refuses it.
    pub fn put(&self, entry: Zeroizing<Vec<u8>>, store_command: &str) -> Result<()> {
        self.check_for_writing()?;
        let words = self.words(Act::Put);
        let task = match self.store {
            KeyStore::SecretService if entry.len() > MOST_OF_SECRET_TOOL => {
                let what = "the two lines with the keys are too long for `secret-tool`";
                return Err(Error::new(Exit::Files, what).hint("shorten the comments in them"));
            }
            KeyStore::SecretService | KeyStore::Pass => self.task(&words),
            KeyStore::Keychain => return keychain(self.profile, Act::Put, &entry).map(drop),
            KeyStore::Commands { .. } => Task::of_setting("--store-command", store_command, self.profile),
        };
        self.run(task.input(entry)).map(drop)
    }

    /// Deletes the entry.
    ///
    /// # Errors
    /// If the store refuses it. Always with the user's own commands: none of them deletes.
    pub fn remove(&self) -> Result<()> {
        match self.store {
            KeyStore::SecretService | KeyStore::Pass => {
                self.run(self.task(&self.words(Act::Remove))).map(drop)
            }
            KeyStore::Keychain => keychain(self.profile, Act::Remove, &[]).map(drop),
            KeyStore::Commands { .. } => {
                Err(Error::new(Exit::Files, "mfa-env has no command that deletes it"))
            }
        }
    }

    /// How the user can delete the entry.
    pub fn how_to_remove(&self, why: &str) -> Hint {
        match self.store {
            KeyStore::Commands { .. } => format!("{why} yourself").into(),
            _ => Hint::run(why, self.words(Act::Remove).iter().map(String::as_str)),
        }
    }

    /// The error for a store without an entry.
    pub fn is_empty(&self) -> Error {
        let what = format!("{} has no keys of profile `{}`", self.store.title(), self.profile);
        let hint = Hint::run("to enter them again", ["aws", "configure", "--profile", self.profile]);
        Error::new(Exit::Files, what).hint(hint)
    }

    /// The command of a store that is a program.
    fn words(&self, act: Act) -> Vec<String> {
        let (name, profile) = (format!("{APPLICATION}/{}", self.profile), self.profile);
        let label = format!("--label=mfa-env: AWS keys of {profile}");
        let words: &[&str] = match (&self.store, act) {
            (KeyStore::SecretService, Act::LookUp) => {
                &["secret-tool", "lookup", "application", APPLICATION, "profile", profile]
            }
            (KeyStore::SecretService, Act::Put) => {
                &["secret-tool", "store", &label, "application", APPLICATION, "profile", profile]
            }
            (KeyStore::SecretService, Act::Remove) => {
                &["secret-tool", "clear", "application", APPLICATION, "profile", profile]
            }
            (KeyStore::Pass, Act::LookUp) => &["pass", "show", &name],
            // `-f`, since it would otherwise ask; the caller has looked whether there is one.
            (KeyStore::Pass, Act::Put) => &["pass", "insert", "-m", "-f", &name],
            (KeyStore::Pass, Act::Remove) => &["pass", "rm", "-f", &name],
            // For hints. mfa-env itself calls macOS's API.
            (KeyStore::Keychain, _) => {
                &["security", "delete-generic-password", "-s", APPLICATION, "-a", profile]
            }
            (KeyStore::Commands { .. }, _) => &[],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn task<'t>(&'t self, words: &'t [String]) -> Task<'t> {
        let hint = if self.store == KeyStore::Pass { "check gpg-agent, and `pass init`" } else { UNLOCK };
        Task::of_program(STORE, words.iter().map(String::as_str).collect(), hint, self.profile)
    }

    fn run(&self, task: Task<'_>) -> Result<Zeroizing<Vec<u8>>> {
        output_of(task, TIME_LIMIT, self.environment)
    }

    /// Whether the Secret Service has an entry. A locked entry counts if there is a display: `secret-tool` then
    /// waits until the user has answered a window. Without a display, it would say that there is no entry.
    fn is_in_secret_service(&self) -> Result<bool> {
        let words = [
            "dbus-send",
            "--session",
            "--print-reply=literal",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.SearchItems",
            &format!("dict:string:string:application,{APPLICATION},profile,{}", self.profile),
        ];
        let output = self.run(self.task(&words.map(str::to_owned)))?;
        // Two lists: what is unlocked, and what is locked.
        let output = String::from_utf8_lossy(&output);
        let mut lists = output.split("array [").skip(1).map(|list| list.contains('/'));
        let (unlocked, locked) = (lists.next() == Some(true), lists.next() == Some(true));
        if locked && !unlocked {
            if !["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| self.environment.is_set(name)) {
                let what = "the keyring is locked, and there is no desktop to ask for its password";
                return Err(Error::new(Exit::Files, what).hint(UNLOCK));
            }
            say("the keyring is locked: enter its password in the window");
        }
        Ok(unlocked || locked)
    }

    fn folder_of_pass(&self) -> Result<PathBuf> {
        Ok(match self.environment.get("PASSWORD_STORE_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => self.environment.home()?.join(".password-store"),
        })
    }

    /// The file of the entry: `pass` fails in the same way if there is no entry and if it can't decrypt it.
    fn file_of_pass(&self) -> Result<PathBuf> {
        Ok(self.folder_of_pass()?.join(APPLICATION).join(format!("{}.gpg", self.profile)))
    }

    fn is_installed(&self, program: &str) -> bool {
        let path = self.environment.get("PATH").unwrap_or_default();
        std::env::split_paths(path).any(|folder| folder.join(program).is_file())
    }

    fn has_session_bus(&self) -> bool {
        let of_user = || Some(Path::new(self.environment.get("XDG_RUNTIME_DIR")?).join("bus").exists());
        self.environment.is_set("DBUS_SESSION_BUS_ADDRESS") || of_user() == Some(true)
    }
}

const UNLOCK: &str = "unlock your login keyring: log in to the desktop, or open it in Passwords and Keys";

#[cfg(target_os = "macos")]
fn keychain(profile: &str, act: Act, entry: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
    use security_framework::passwords;
    /// errSecItemNotFound (Security/SecBase.h).
    const NOT_FOUND: i32 = -25300;
    let done = match act {
        Act::LookUp => {
            passwords::get_generic_password(APPLICATION, profile).map(|entry| Some(Zeroizing::new(entry)))
        }
        Act::Put => passwords::set_generic_password(APPLICATION, profile, entry).map(|()| None),
        Act::Remove => passwords::delete_generic_password(APPLICATION, profile).map(|()| None),
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
fn keychain(_: &str, _: Act, _: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
    unreachable!("`check` refuses it")
}
