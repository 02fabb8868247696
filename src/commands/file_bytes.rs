//! Reads the user's two files, for the commands.

use std::path::Path;

use crate::aws_files::AwsFiles;
use crate::aws_files::ini::BrokenLine;
use crate::aws_files::profiles::{self, FileKind, Profiles};
use crate::environment::Environment;
use crate::error::{Error, Exit, Result};
use crate::files;
use crate::process;
use crate::store::devices;
use crate::store::state::State;

/// The bytes of the user's two files. Empty if a file doesn't exist.
#[derive(Clone)]
pub struct FileBytes {
    pub config: Vec<u8>,
    pub credentials: Vec<u8>,
}

impl FileBytes {
    pub fn read(environment: &Environment) -> Result<Self> {
        let read = |path: &Path| files::read_stable(path).map(Option::unwrap_or_default);
        Ok(Self::of(read(&environment.config_file()?)?, read(&environment.credentials_file()?)?))
    }

    /// Denies debuggers, since there are keys in memory from here on.
    pub fn of(config: Vec<u8>, credentials: Vec<u8>) -> Self {
        process::deny_ptrace();
        Self { config, credentials }
    }

    pub fn parse(&self, environment: &Environment) -> Result<AwsFiles<'_>> {
        let (config_file, credentials_file) = (environment.config_file()?, environment.credentials_file()?);
        let profiles = Profiles::read(&self.config, &self.credentials)
            .map_err(|broken| cant_read(&broken, &config_file, &credentials_file))?
            .with_device_of_environment(environment.get("AWS_MFA_SERIAL"));
        let our_keys = State::load(environment).our_keys(&credentials_file);
        let devices = devices::load(environment);
        Ok(AwsFiles { profiles, our_keys, devices, credentials_file, config_file })
    }

    /// The names of all profiles, sorted. Keeps nothing else of the files.
    pub fn profile_names(&self, environment: &Environment) -> Result<Vec<&str>> {
        let (config_file, credentials_file) = (environment.config_file()?, environment.credentials_file()?);
        profiles::names(&self.config, &self.credentials)
            .map_err(|broken| cant_read(&broken, &config_file, &credentials_file))
    }
}

fn cant_read((file, broken): &(FileKind, BrokenLine), config_file: &Path, credentials_file: &Path) -> Error {
    let path = match file {
        FileKind::Config => config_file,
        FileKind::Credentials => credentials_file,
    }
    .display();
    let BrokenLine { line, problem } = broken;
    Error::new(Exit::Files, format!("can't read `{path}`: line {line}: {problem}"))
        .hint(format!("correct line {line} of `{path}`; some AWS tools can't read it either"))
}
