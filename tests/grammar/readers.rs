//! The three readers: mfa-env, the Rust SDK and botocore. Each gives its reading of a pair of files in a
//! common form.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};
use mfa_env::aws_files::ini::{self, BrokenLine};
use mfa_env::aws_files::profiles::{self, FileKind, Profiles};
use serde::Deserialize;
use support::Home;

use crate::botocore::Botocore;

/// A config and a credentials file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    pub config: Vec<u8>,
    pub credentials: Vec<u8>,
}

/// The content of both, as one reader sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Reading {
    /// Profile → key → value. A nested value is sorted lines of `\nkey = value`.
    pub profiles: BTreeMap<String, BTreeMap<String, String>>,
    /// `[services NAME]` → the STS endpoint.
    pub sts_endpoints: BTreeMap<String, String>,
    /// The keys with which botocore signs for `default`, from the credentials file.
    #[serde(default)]
    pub keys_of_default: Option<[Option<String>; 3]>,
}

impl Files {
    pub fn new(config: &str, credentials: &str) -> Self {
        Self { config: config.into(), credentials: credentials.into() }
    }

    pub fn with_kind(&self) -> [(FileKind, &[u8]); 2] {
        [(FileKind::Config, &self.config), (FileKind::Credentials, &self.credentials)]
    }

    /// The text between the brackets of each section.
    pub fn headers(&self) -> Vec<(FileKind, String)> {
        let of = |(kind, bytes)| {
            let sections = ini::parse(bytes).unwrap_or_default();
            sections.into_iter().map(move |section| (kind, section.raw_name.to_owned()))
        };
        self.with_kind().into_iter().flat_map(of).collect()
    }
}

pub fn by_us(files: &Files) -> Result<Reading, (FileKind, BrokenLine)> {
    let read = Profiles::read(&files.config, &files.credentials);
    // Completion reads only the names.
    let names = profiles::names(&files.config, &files.credentials);
    assert_eq!(names, read.as_ref().map(|read| read.names().collect()).map_err(Clone::clone));
    let read = read?;
    let mut reading = Reading::default();
    for name in read.names() {
        let profile = read.get(name).expect("it was named");
        // The last one counts.
        let settings =
            profile.settings().iter().map(|setting| (setting.key.to_string(), normal(&setting.value)));
        reading.profiles.insert(name.to_owned(), settings.collect());
    }
    for name in section_names(files) {
        if let Some(endpoint) = read.sts_endpoint(&name) {
            reading.sts_endpoints.insert(name, endpoint);
        }
    }
    Ok(reading)
}

impl Reading {
    /// Without the profiles and keys that the Rust SDK ignores because of their names.
    pub fn without_what_the_sdk_ignores(mut self) -> Self {
        let is_identifier =
            |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c));
        self.profiles.retain(|name, _| is_identifier(name));
        for keys in self.profiles.values_mut() {
            keys.retain(|key, _| is_identifier(key));
        }
        self.sts_endpoints.retain(|name, _| is_identifier(name));
        self
    }
}

/// Reads files in memory with the reader behind `aws_config::profile::load`.
///
/// # Errors
/// The SDK's message, which names the line.
pub fn by_rust_sdk(files: &Files) -> Result<Reading, String> {
    let fs = Fs::from_map(HashMap::from([
        ("/home/.aws/config".to_owned(), files.config.clone()),
        ("/home/.aws/credentials".to_owned(), files.credentials.clone()),
    ]));
    let both =
        EnvConfigFiles::builder().include_default_config_file(true).include_default_credentials_file(true);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let env = Env::from_slice(&[("HOME", "/home")]);
    let source = runtime.block_on(source::load(&env, &fs, &both.build())).expect("files in memory");
    let sections = EnvConfigSections::parse(source).map_err(|error| error.to_string())?;
    let mut reading = Reading::default();
    let keys = keys(files);
    for name in sections.profiles() {
        let profile = sections.get_profile(name).expect("it was named");
        let value = |key: &String| Some((key.clone(), normal(profile.get(key)?)));
        reading.profiles.insert(name.to_owned(), keys.iter().filter_map(value).collect());
    }
    for name in section_names(files) {
        let key = PropertiesKey::builder().section_key("services").section_name(&name);
        let key = key.property_name("sts").sub_property_name("endpoint_url").build().expect("complete");
        if let Some(endpoint) = sections.other_sections().get(&key) {
            reading.sts_endpoints.insert(name, endpoint.clone());
        }
    }
    Ok(reading)
}

/// Whether a section's name has two spellings, such as `[profile a]` and `[profile  a]`: the Rust SDK merges
/// the two in random order.
pub fn has_two_spellings(files: &Files) -> bool {
    let mut spellings = BTreeMap::new();
    files.headers().into_iter().any(|(kind, name)| {
        let words: Vec<_> = name.split_whitespace().collect();
        let key = (kind == FileKind::Config, words.join(" "));
        *spellings.entry(key).or_insert_with(|| name.clone()) != name
    })
}

/// Whether we read a section's name that the Rust SDK doesn't read: with quotes, or with other white space
/// than space and tab.
pub fn has_names_of_botocore(files: &Files) -> bool {
    files
        .headers()
        .iter()
        .any(|(_, name)| name.contains(['"', '\'']) || name.contains(ini::is_python_only_space))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Failed { error: String },
    Read(Reading),
}

pub struct Reader {
    botocore: Botocore,
    _home: Home,
}

impl Reader {
    pub fn start() -> Self {
        let home = Home::new();
        Self { botocore: Botocore::start("botocore_reader.py", &home.path(""), &[]), _home: home }
    }

    pub fn read(&mut self, all: &[Files]) -> Vec<Result<Reading, String>> {
        let latin_1 = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
        let pairs: Vec<_> = all.iter().map(|f| [latin_1(&f.config), latin_1(&f.credentials)]).collect();
        let answers: Vec<Answer> = self.botocore.ask(&pairs);
        assert_eq!(answers.len(), all.len());
        let result = |answer| match answer {
            Answer::Failed { error } => Err(error),
            Answer::Read(reading) => Ok(reading),
        };
        answers.into_iter().map(result).collect()
    }
}

/// Nested values in a common form, since botocore has a mapping.
pub fn normal(value: &str) -> String {
    if !value.starts_with('\n') {
        return value.to_owned();
    }
    let trim = |text: &str| text.trim_matches([' ', '\t']).to_owned();
    let pairs = value.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (trim(k), trim(v)));
    pairs.collect::<BTreeMap<_, _>>().iter().map(|(key, value)| format!("\n{key} = {value}")).collect()
}

/// All texts that could be keys: the SDK gives the value of a key, but doesn't list the keys.
fn keys(files: &Files) -> BTreeSet<String> {
    let all = files.with_kind().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
    let keys = all.iter().flat_map(|text| text.split(['\n', '\r'])).filter_map(|line| line.split_once('='));
    keys.map(|(key, _)| key.trim_matches([' ', '\t']).to_ascii_lowercase()).collect()
}

/// All texts that could be a name in `[services NAME]`.
fn section_names(files: &Files) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(&files.config);
    let until_first = |line: &'_ str| Some(line.split(['[', ']']).nth(1)?.to_owned());
    let until_last = |line: &'_ str| Some(line[line.find('[')? + 1..].rsplit_once(']')?.0.to_owned());
    let between = text.lines().flat_map(|line| [until_first(line), until_last(line)]).flatten();
    let names = between.filter_map(|text| Some(text.split_once([' ', '\t'])?.1.to_owned()));
    let names = names.flat_map(|name| {
        let name = name.trim();
        [name.to_owned(), name.trim_matches(['"', '\'']).to_owned()]
    });
    names.collect()
}
