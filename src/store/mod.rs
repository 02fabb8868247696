//! What mfa-env keeps for itself: cached sessions, the state of `[default]`, and the devices in use. Treats files that
//! another user could have written as absent, and warns once.

pub mod cache;
pub mod devices;
pub mod state;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::files::{OwnFolder, Refused, TEMPORARY};
use crate::output;

/// The problems that the user has been told about.
static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// What was found, if only this user can have written it. Else warns.
fn believed<T>(found: std::result::Result<Option<T>, Refused>) -> Option<T> {
    found.unwrap_or_else(|refused| {
        warn(&refused);
        None
    })
}

/// The path of our folder. Without a home there is none: warns, and returns `None`.
fn place(path: Result<PathBuf>) -> Option<PathBuf> {
    let told = |error: Error| {
        if is_new(error.what()) {
            let what = format!("can't store sessions or state: {}", error.what());
            output::print_warning(&what, error.hints().first());
        }
    };
    path.map_err(told).ok()
}

/// The folders that mfa-env does not use, for `doctor`. Marks them as reported, so that no warning follows.
pub fn refused(environment: &Environment) -> Vec<Refused> {
    let refused: Vec<_> = paths(environment).filter_map(|path| OwnFolder::open(&path).err()).collect();
    for refused in &refused {
        is_new(&refused.problem());
    }
    refused
}

/// The temporary files that killed runs left in our folders.
pub fn leftovers(environment: &Environment) -> Vec<PathBuf> {
    let left_in = |path: PathBuf| {
        let names = OwnFolder::open(&path).ok().flatten().and_then(|folder| folder.names().ok());
        let left = names.unwrap_or_default().into_iter().filter(|name| name.contains(TEMPORARY));
        left.map(move |name| path.join(name)).collect::<Vec<_>>()
    };
    paths(environment).flat_map(left_in).collect()
}

fn paths(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    [environment.cache_directory(), environment.state_directory()].into_iter().flatten()
}

fn warn(refused: &Refused) {
    if is_new(&refused.problem()) {
        output::print_warning(&format!("not used: {refused}"), Some(&refused.hint()));
    }
}

fn is_new(problem: &str) -> bool {
    TOLD.lock().is_ok_and(|mut told| told.insert(problem.to_owned()))
}
