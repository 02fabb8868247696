//! The changes of `setup` to AWS's files. Checked before the first question, and then made exactly so.

use std::path::Path;

use crate::aws::{LongTermKeys, SerialNumber};
use crate::aws_files::ini;
use crate::aws_files::profiles::{self, FileKind};
use crate::aws_files::section;
use crate::aws_files::{AwsFiles, EditError, NotChanged, SectionRef};
use crate::commands::file_bytes::{FileBytes, parse_aws_files};
use crate::commands::profile_error::{Retry, Unusable};
use crate::environment::Environment;
use crate::error::{Error, Exit, Hint, Result};
use crate::files::{self, Replaced, Target};
use crate::output::say;

/// A change to a profile: its device, and perhaps its keys.
pub struct ProfileChange {
    profile: String,
    keys: Option<LongTermKeys>,
    device: Option<SerialNumber>,
    config: Vec<u8>,
    credentials: Vec<u8>,
}

impl ProfileChange {
    /// # Errors
    /// If the keys could not be written.
    pub fn prepare(profile: &str, keys: Option<&LongTermKeys>, aws_files: &AwsFiles) -> Result<Self> {
        let read = |path: &Path| files::read(path).map(Option::unwrap_or_default);
        let mut change = Self {
            profile: profile.to_owned(),
            keys: keys.cloned(),
            device: None,
            config: read(&aws_files.config_file)?,
            credentials: read(&aws_files.credentials_file)?,
        };
        if change.keys.is_some() {
            check_replaceable(&aws_files.credentials_file)?;
            change.credentials = change.with_keys(&change.credentials, &aws_files.credentials_file)?;
        }
        Ok(change)
    }

    /// The profiles after the change.
    ///
    /// # Errors
    /// If they could not be read.
    pub fn aws_files(&self, environment: &Environment) -> Result<AwsFiles<'_>> {
        parse_aws_files(&self.config, &self.credentials, environment)
    }

    /// # Errors
    /// If the device could not be written, or would have no effect.
    pub fn set_device(&mut self, device: SerialNumber, environment: &Environment) -> Result<()> {
        let path = environment.config_file()?;
        self.device = Some(device);
        if self.has_device(&self.aws_files(environment)?) {
            return Ok(());
        }
        check_replaceable(&path)?;
        self.with_device(&self.config, &self.credentials, environment).map(drop)
    }

    /// # Errors
    /// If a file can't be written. That file is then unchanged.
    pub fn write(&self, environment: &Environment) -> Result<()> {
        let (config_file, credentials_file) = (environment.config_file()?, environment.credentials_file()?);
        let name = &self.profile;
        if self.keys.is_some() {
            replace(&credentials_file, |old| self.with_keys(old, &credentials_file))?;
            say(&format!("Wrote the key of `{name}` to `{}`", credentials_file.display()));
        }
        if self.has_device(&FileBytes::read(environment)?.parse(environment)?) {
            say(&format!("`{name}` has this MFA device in your files already"));
            return Ok(());
        }
        replace(&config_file, |old| {
            let credentials = files::read(&credentials_file)?.unwrap_or_default();
            self.with_device(old, &credentials, environment)
        })?;
        say(&format!("Wrote the MFA device of `{name}` to `{}`", config_file.display()));
        Ok(())
    }

    fn has_device(&self, aws_files: &AwsFiles) -> bool {
        aws_files.chain(&self.profile).is_ok_and(|chain| chain.serial_number == self.device)
    }

    /// The credentials file with the keys, if the profile has none.
    fn with_keys(&self, old: &[u8], path: &Path) -> Result<Vec<u8>> {
        let keys = self.keys.as_ref().expect("they are to be written");
        let document =
            ini::parse(old).map_err(|broken| not_changed(EditError::Broken(broken), path, &self.profile))?;
        let names = ["aws_access_key_id", "aws_secret_access_key"];
        let mut sections = document.sections.iter().filter(|section| section.name == self.profile);
        if sections.any(|section| names.iter().any(|name| section.get(name).is_some())) {
            let what = format!("profile `{}` has a key by now, which is not replaced", self.profile);
            return Err(Error::new(Exit::Files, what).hint(Hint::run("start again", ["mfa-env", "setup"])));
        }
        let values = [keys.access_key_id.as_str(), keys.secret_access_key.expose()];
        let pairs = [(names[0], values[0]), (names[1], values[1])];
        section::set(old, &self.profile, &pairs).map_err(|why| not_changed(why, path, &self.profile).into())
    }

    /// The config file with the device. Checks that the profile then uses it.
    fn with_device(&self, old: &[u8], credentials: &[u8], environment: &Environment) -> Result<Vec<u8>> {
        let path = environment.config_file()?;
        let device = self.device.as_ref().expect("it is to be written");
        let document =
            ini::parse(old).map_err(|broken| not_changed(EditError::Broken(broken), &path, &self.profile))?;
        let name = profiles::name_in_config(&document, &self.profile);
        let pairs = [("mfa_serial", device.as_str())];
        let new = section::set(old, &name, &pairs).map_err(|why| not_changed(why, &path, &name))?;
        let aws_files = parse_aws_files(&new, credentials, environment)?;
        if self.has_device(&aws_files) {
            return Ok(new);
        }
        // An `mfa_serial` in the credentials file wins over config's.
        let setting = aws_files.profiles.get(&self.profile).and_then(|profile| profile.setting("mfa_serial"));
        match setting.filter(|setting| setting.file == FileKind::Credentials) {
            Some(setting) => Err(Error::new(
                Exit::Files,
                format!("profile `{}` has another MFA device in its credentials", self.profile),
            )
            .hint(format!(
                "correct `mfa_serial` in line {} of `{}`",
                setting.line,
                aws_files.credentials_file.display()
            ))),
            None => match aws_files.chain(&self.profile) {
                Err(why) => Err(Unusable { why, aws_files: &aws_files, retry: Retry::Setup }.into()),
                Ok(_) => {
                    let why = EditError::Unwritable { what: self.profile.clone() };
                    Err(not_changed(why, &path, &name).into())
                }
            },
        }
    }
}

fn replace(path: &Path, edit: impl Fn(&[u8]) -> Result<Vec<u8>>) -> Result<()> {
    let target = Target::new(path)?;
    let mut locked = target.lock()?;
    loop {
        let old = locked.read()?;
        if let Replaced::Written { synced } = locked.replace(&old, &edit(&old.bytes)?)? {
            return synced;
        }
    }
}

fn not_changed(why: EditError, path: &Path, section: &str) -> NotChanged {
    let section = SectionRef { header: section.to_owned(), file: path.to_owned() };
    NotChanged { why, section, profile: None }
}

/// Ignores a missing folder, which is made when the file is written.
fn check_replaceable(path: &Path) -> Result<()> {
    if path.parent().is_some_and(Path::exists) { Target::new(path).map(drop) } else { Ok(()) }
}
