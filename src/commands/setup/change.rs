//! The change that `setup` makes to AWS's files. `setup` tries the change before it asks for the code, and
//! then makes exactly that change.

use std::path::Path;

use crate::aws::{LongTermKeys, SerialNumber};
use crate::aws_files::ini::{self, Section};
use crate::aws_files::profiles::{self, FileKind};
use crate::aws_files::section;
use crate::aws_files::{AwsFiles, EditError, SectionRef};
use crate::commands::file_bytes::FileBytes;
use crate::environment::Environment;
use crate::error::{Error, Exit, Hint, Result};
use crate::files::{self, Target};
use crate::output::say;

const KEYS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];

/// A change to a profile: its device, which the user has yet to name, and perhaps its keys.
pub struct ProfileChange {
    profile: String,
    keys: Option<LongTermKeys>,
    /// The user's files, with the keys.
    pub files: FileBytes,
}

impl ProfileChange {
    pub fn prepare(
        profile: &str,
        keys: Option<&LongTermKeys>,
        files: &FileBytes,
        environment: &Environment,
    ) -> Result<Self> {
        let (profile, keys, mut files) = (profile.to_owned(), keys.cloned(), files.clone());
        if let Some(keys) = &keys {
            let path = environment.credentials_file()?;
            check_replaceable(&path)?;
            files.credentials = with_keys(&files.credentials, &profile, keys, &path)?;
        }
        Ok(Self { profile, keys, files })
    }

    /// # Errors
    /// If the device could not be written, or would have no effect.
    pub fn check_device(&self, device: &SerialNumber, environment: &Environment) -> Result<()> {
        if self.has_device(device, &self.files.parse(environment)?) {
            return Ok(());
        }
        check_replaceable(&environment.config_file()?)?;
        self.config_with_device(device, &self.files, environment).map(drop)
    }

    /// # Errors
    /// If a file can't be written. That file is then unchanged.
    pub fn write(&self, device: &SerialNumber, environment: &Environment) -> Result<()> {
        let (config_file, credentials_file) = (environment.config_file()?, environment.credentials_file()?);
        let name = &self.profile;
        if let Some(keys) = &self.keys {
            let target = Target::new(&credentials_file)?;
            target.lock()?.edit(|old| with_keys(old, name, keys, &credentials_file))?;
            say(&format!("Wrote the key of `{name}` to `{}`", credentials_file.display()));
        }
        if self.has_device(device, &FileBytes::read(environment)?.parse(environment)?) {
            say(&format!("`{name}` has this MFA device in your files already"));
            return Ok(());
        }
        let target = Target::new(&config_file)?;
        target.lock()?.edit(|old| {
            let credentials = files::read(&credentials_file)?.unwrap_or_default();
            self.config_with_device(device, &FileBytes::of(old.to_vec(), credentials), environment)
        })?;
        say(&format!("Wrote the MFA device of `{name}` to `{}`", config_file.display()));
        Ok(())
    }

    /// These files with the keys and the device.
    ///
    /// # Errors
    /// If one of them can't be changed.
    pub fn apply(
        &self,
        files: &FileBytes,
        device: &SerialNumber,
        environment: &Environment,
    ) -> Result<FileBytes> {
        let mut files = files.clone();
        if let Some(keys) = &self.keys {
            files.credentials =
                with_keys(&files.credentials, &self.profile, keys, &environment.credentials_file()?)?;
        }
        if !self.has_device(device, &files.parse(environment)?) {
            files.config = self.config_with_device(device, &files, environment)?;
        }
        Ok(files)
    }

    fn has_device(&self, device: &SerialNumber, aws_files: &AwsFiles) -> bool {
        aws_files.chain(&self.profile).is_ok_and(|chain| chain.serial_in_files.as_ref() == Some(device))
    }

    /// The config file with the device. Checks that the profile then uses it.
    fn config_with_device(
        &self,
        device: &SerialNumber,
        files: &FileBytes,
        environment: &Environment,
    ) -> Result<Vec<u8>> {
        let path = environment.config_file()?;
        let name = profiles::name_in_config(&parse(&files.config, &path, &self.profile)?, &self.profile);
        let pairs = [("mfa_serial", device.as_str())];
        let (config, _) =
            section::set(&files.config, &name, &pairs).map_err(|why| not_changed(&why, &path, &name))?;
        let files = FileBytes::of(config, files.credentials.clone());
        let aws_files = files.parse(environment)?;
        if self.has_device(device, &aws_files) {
            return Ok(files.config);
        }
        // An `mfa_serial` in the credentials file wins over config's.
        let setting = aws_files.profiles.get(&self.profile).and_then(|profile| profile.setting("mfa_serial"));
        if let Some(setting) = setting.filter(|setting| setting.file == FileKind::Credentials) {
            let what = format!("profile `{}` has another MFA device in the credentials file", self.profile);
            let (line, path) = (setting.line, aws_files.credentials_file.display());
            return Err(Error::new(Exit::Files, what)
                .hint(format!("correct `mfa_serial` in line {line} of `{path}`")));
        }
        Err(not_changed(&EditError::Unwritable { what: self.profile.clone() }, &path, &name))
    }
}

/// The credentials file with these keys, if the profile has none.
fn with_keys(old: &[u8], profile: &str, keys: &LongTermKeys, path: &Path) -> Result<Vec<u8>> {
    let sections = parse(old, path, profile)?;
    let mut of_profile = sections.iter().filter(|section| section.name == profile);
    if of_profile.any(|section| KEYS.iter().any(|key| section.get(key).is_some())) {
        let what = format!("profile `{profile}` got a key in the meantime, and mfa-env won't replace it");
        return Err(Error::new(Exit::Files, what).hint(Hint::run("start again", ["mfa-env", "setup"])));
    }
    let pairs = [(KEYS[0], keys.access_key_id.as_str()), (KEYS[1], keys.secret_access_key.expose())];
    let (new, _) = section::set(old, profile, &pairs).map_err(|why| not_changed(&why, path, profile))?;
    Ok(new)
}

fn parse<'b>(bytes: &'b [u8], path: &Path, section: &str) -> Result<Vec<Section<'b>>> {
    ini::parse(bytes).map_err(|broken| not_changed(&EditError::Broken(broken), path, section))
}

fn not_changed(why: &EditError, path: &Path, section: &str) -> Error {
    why.explain(&SectionRef { header: section.to_owned(), file: path.to_owned() }, None)
}

/// Ignores a missing folder, which is made when the file is written.
fn check_replaceable(path: &Path) -> Result<()> {
    if path.parent().is_some_and(Path::exists) { Target::new(path).map(drop) } else { Ok(()) }
}
