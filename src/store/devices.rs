//! The MFA devices of a user who has several: those that were used instead of the one in the files.

use std::collections::BTreeMap;

use crate::aws::SerialNumber;
use crate::environment::Environment;
use crate::error::Result;
use crate::files::{OwnFolder, Sync};

/// For each device in the files: the devices that were used instead, the latest first.
pub type Devices = BTreeMap<String, Vec<SerialNumber>>;

/// The name of the file in the state folder.
const FILE: &str = "devices";
/// AWS registers at most eight devices for a user.
const MOST: usize = 8;

/// Empty if the file is missing or damaged, or if another user could have written it.
pub fn load(environment: &Environment) -> Devices {
    let Some(path) = super::place(environment.state_directory()) else { return Devices::new() };
    let read = || OwnFolder::open(&path)?.map_or(Ok(None), |folder| folder.read(FILE));
    super::believed(read()).and_then(|file| parse(&file.bytes)).unwrap_or_default()
}

/// Remembers that a code of this device was accepted.
///
/// # Errors
/// If the file can't be written.
pub fn remember(in_files: &SerialNumber, used: &SerialNumber, environment: &Environment) -> Result<()> {
    let known = |devices: &Devices| devices.get(in_files.as_str()).cloned().unwrap_or_default();
    if *known(&load(environment)).first().unwrap_or(in_files) == *used {
        return Ok(());
    }
    let folder = OwnFolder::open_or_make(&environment.state_directory()?)?;
    let locked = folder.lock(FILE)?;
    let mut devices = load(environment);
    let mut in_order = vec![used.clone()];
    for other in known(&devices).into_iter().chain([in_files.clone()]) {
        if !in_order.contains(&other) && in_order.len() < MOST {
            in_order.push(other);
        }
    }
    devices.insert(in_files.as_str().to_owned(), in_order);
    let texts: BTreeMap<_, Vec<_>> =
        devices.iter().map(|(of, used)| (of, used.iter().map(SerialNumber::as_str).collect())).collect();
    locked.replace(&serde_json::to_vec(&texts).expect("strings have a JSON form"), Sync::No)
}

fn parse(bytes: &[u8]) -> Option<Devices> {
    let texts: BTreeMap<String, Vec<String>> = serde_json::from_slice(bytes).ok()?;
    let devices =
        |texts: Vec<String>| texts.iter().map(|text| SerialNumber::new(text).ok()).collect::<Option<_>>();
    texts.into_iter().map(|(of, used)| Some((of, devices(used)?))).collect()
}
