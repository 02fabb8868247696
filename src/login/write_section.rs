//! `-w` and `unset -w`: write a session to a section of the credentials file, `[default]` unless the user names
//! another, and remove it again. Each is one transaction: lock, read, check, state, write, confirm (SECURITY.md).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::aws::{AccessKeyId, Expiration, Region, Secret, Session, is_temporary};
use crate::aws_files::lint::{self, Finding};
use crate::aws_files::profiles::{FileKind, KeySource, long_term_name};
use crate::aws_files::protection::STORE;
use crate::aws_files::session_section::{
    self, Content, DEFAULT, FromConfig, MovedKeys, OurKeys, Undo, Unset,
};
use crate::aws_files::{AwsFiles, EditError, SectionRef};
use crate::environment::Environment;
use crate::error::{Error, Exit, Hint, Result};
use crate::files::{self, Replaced, Target};
use crate::output::{note_to_paste, print_warning, say_to_paste};
use crate::shell::hint_text;
use crate::store::state::{Shown, State};

/// A write that has been checked, before we ask for a code.
pub struct SectionWrite<'w> {
    section: &'w str,
    aws_files: &'w AwsFiles<'w>,
    profile: &'w str,
    region: Option<Region>,
    force: Option<FromConfig>,
    target: Target,
    environment: &'w Environment,
}

impl<'w> SectionWrite<'w> {
    pub fn prepare(
        section: &'w str,
        aws_files: &'w AwsFiles,
        profile: &'w str,
        region: Option<&Region>,
        force: bool,
        environment: &'w Environment,
    ) -> Result<Self> {
        let path = &aws_files.credentials_file;
        let of_config = |key: &str| {
            let setting = aws_files.profiles.get(section)?.setting(key)?;
            (setting.file == FileKind::Config).then(|| setting.value.into_owned())
        };
        let force =
            force.then(|| FromConfig { mfa_serial: of_config("mfa_serial"), region: of_config("region") });
        refuse_to_hide_keys(section, profile, aws_files)?;
        let or_into_this_shell = |error: Error| error.hint(or_into_this_shell(profile));
        State::check_writable(environment).map_err(or_into_this_shell)?;
        let target = Target::new(path).map_err(or_into_this_shell)?;
        let write = Self { section, aws_files, profile, region: region.cloned(), force, target, environment };
        // A rehearsal with a fake session finds every refusal.
        let old = files::read(path)?.unwrap_or_default();
        write.splice(&old, &rehearsed(), &State::load_to_change(environment)?.our_keys_in(section, path))?;
        for Finding { line, what, remedy } in lint::findings_in_section(section, &old) {
            let what = format!("`{}`, line {line}: {what}", path.display());
            print_warning(&what, Some(&remedy.into()));
        }
        if files::is_readable_by_others(path) {
            let what = format!("`{}` can be read by other users", path.display());
            print_warning(&what, Some(&Hint::run("", ["chmod", "600", &path.to_string_lossy()])));
        }
        Ok(write)
    }

    /// # Errors
    /// If it can't be written. The file is then unchanged, except if the error says that it is written.
    pub fn write(&self, session: &Session) -> Result<()> {
        self.replace(session).map_err(|error| error.hint(or_into_this_shell(self.profile)))
    }

    fn replace(&self, session: &Session) -> Result<()> {
        let path = &self.aws_files.credentials_file;
        let shown = Shown {
            profile: self.profile.to_owned(),
            expires: session.expiration.epoch_seconds(),
            access_key_id: session.access_key_id.as_str().to_owned(),
            credentials_file: path.clone(),
        };
        let mut locked = self.target.lock()?;
        let synced = loop {
            let old = locked.read()?;
            // Read the state under the lock: another mfa-env may have written both files since.
            let our_keys = State::load_to_change(self.environment)?.our_keys_in(self.section, path);
            let (new, undo) = self.splice(&old.bytes, session, &our_keys)?;
            State::announce(self.environment, self.section, &shown, &undo).map_err(|error| {
                // Drops that error's hint, which is about the state file.
                Error::new(Exit::Files, format!("`{}` was not changed: {}", path.display(), error.what()))
            })?;
            match locked.replace(&old, &new)? {
                Replaced::Written { synced } => break synced.map(|()| undo),
                Replaced::Overtaken => {}
            }
        };
        if let Err(error) = State::confirm(self.environment, self.section, shown) {
            let what = format!("the session is written, but prompts won't show it: {}", error.what());
            print_warning(&what, None);
        }
        self.say_what_is_written(&synced?);
        Ok(())
    }

    fn say_what_is_written(&self, undo: &Undo) {
        let Self { section, profile, .. } = self;
        // An earlier `--force` may have moved them.
        let has_moved_keys = undo.has_moved_keys() && !self.aws_files.has_session_in(section);
        let moved = match has_moved_keys {
            true => format!("; moved your key to [{}]", long_term_name(section)),
            false => String::new(),
        };
        let path = self.aws_files.credentials_file.display();
        let undo = match *section {
            DEFAULT => "mfa-env unset -w".to_owned(),
            name => hint_text(&Hint::run("", ["mfa-env", "unset", "-w", "--section", name])),
        };
        let print = if has_moved_keys { say_to_paste } else { note_to_paste };
        print(&format!("wrote {profile} to [{section}] in {path}{moved}"), Some(&format!("(undo: {undo})")));
    }

    fn splice(&self, old: &[u8], session: &Session, our_keys: &OurKeys) -> Result<(Vec<u8>, Undo)> {
        let started = local(Timestamp::now());
        let expires = local(session.expiration.timestamp());
        let content = Content {
            section: self.section,
            profile: self.profile,
            session,
            region: self.region.as_ref(),
            started: &started,
            expires: &expires,
        };
        session_section::write(old, &content, our_keys, self.force.as_ref())
            .map_err(|why| not_changed(&why, self.section, self.profile, self.aws_files))
    }
}

/// Removes our session from the section. `None` if there is none; else what happened to the keys that
/// `--force` had moved.
///
/// # Errors
/// If it can't be removed. The file is then unchanged, except if the error says that it is written.
pub fn unset(section: &str, aws_files: &AwsFiles, environment: &Environment) -> Result<Option<MovedKeys>> {
    let path = &aws_files.credentials_file;
    if files::read(path)?.is_none() {
        return Ok(None);
    }
    let target = Target::new(path)?;
    let mut locked = target.lock()?;
    let (moved_keys, synced) = loop {
        let old = locked.read()?;
        let our_keys = State::load_to_change(environment)?.our_keys_in(section, path);
        let unset = session_section::unset(&old.bytes, section, &our_keys)
            .map_err(|why| not_changed(&why, section, section, aws_files))?;
        let Unset::Done { bytes, moved_keys } = unset else { break (None, Ok(())) };
        match locked.replace(&old, &bytes)? {
            Replaced::Written { synced } => break (Some(moved_keys), synced),
            Replaced::Overtaken => {}
        }
    };
    if let Err(error) = State::forget(environment, section, path) {
        print_warning(&format!("prompts may go on showing the session: {}", error.what()), None);
    }
    synced.map(|()| moved_keys)
}

/// Refuses a section if a session in it would hide its keys in the config file or in a secret store: no login would
/// find them. Also refuses the section whose `credential_process` prints the keys for this login, unless it is
/// `[default]`. Keys in the section itself are refused where it is written.
fn refuse_to_hide_keys(section: &str, profile: &str, aws_files: &AwsFiles) -> Result<()> {
    let of_section = aws_files.profiles.get(section);
    let setting = |key| of_section.as_ref()?.setting(key);
    let key = ["aws_access_key_id", "aws_secret_access_key"].into_iter().find_map(setting);
    let hides_keys = key.is_some_and(|key| key.file == FileKind::Config && !is_temporary(&key.value));
    let hides_process = || {
        matches!(aws_files.chain(profile).map(|chain| chain.signer),
            Ok(KeySource::Process { profile, .. }) if profile == section && section != DEFAULT)
    };
    let is_protected = setting(STORE).is_some();
    if !hides_keys && !is_protected && !hides_process() {
        return Ok(());
    }
    let config = aws_files.config_file.display();
    let place = if is_protected { "its secret store".to_owned() } else { format!("`{config}`") };
    let what = format!("a session in `[{section}]` would hide the keys of profile `{section}` in {place}");
    let mut error = Error::new(Exit::Usage, what);
    if hides_keys {
        let (place, file) = (long_term_name(section), aws_files.credentials_file.display());
        error = error.hint(format!("move these keys to `[{place}]` in `{file}`, where mfa-env finds them"));
    }
    let other = format!("{section}-mfa");
    Err(error.hint(Hint::mfa_env("write to another section", profile, &["-w", "--section", &other])))
}

fn not_changed(why: &EditError, section: &str, profile: &str, aws_files: &AwsFiles) -> Error {
    let section = SectionRef { header: section.to_owned(), file: aws_files.credentials_file.clone() };
    why.explain(&section, Some(profile))
}

fn or_into_this_shell(profile: &str) -> Hint {
    Hint::into_this_shell("or into this shell", profile)
}

/// `2026-11-22 10:00:00-05:00`, as `aws-login.py` wrote it.
fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
}

fn rehearsed() -> Session {
    let now = Timestamp::now();
    let hour = jiff::SignedDuration::from_hours(1);
    let text = "REHEARSALREHEARSAL";
    Session {
        access_key_id: AccessKeyId::new(text).expect("in form"),
        secret_access_key: Secret::new(text.to_owned()).expect("in form"),
        session_token: Secret::new(text.to_owned()).expect("in form"),
        expiration: Expiration::new(now + hour, now).expect("an hour ahead"),
        identity: None,
    }
}
