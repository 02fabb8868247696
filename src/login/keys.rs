//! The long-term keys of a profile: its own, those that its `credential_process` prints, or those in its store.

use std::time::Duration;

use zeroize::Zeroizing;

use super::error::LoginError;
use super::key_store::Place;
use crate::aws::{AccessKeyId, LongTermKeys, Secret};
use crate::aws_files::profiles::{Chain, KeySource};
use crate::environment::Environment;
use crate::process::{self, Task};

const PROCESS_TIMEOUT: Duration = Duration::from_secs(60);

pub fn long_term_keys(chain: &Chain, environment: &Environment) -> Result<LongTermKeys, LoginError> {
    match &chain.signer {
        KeySource::Keys { keys, .. } => Ok(keys.clone()),
        KeySource::Process { profile, command } => {
            let task = Task::of_setting("credential_process", command, profile);
            let printed = process::output_of(task, PROCESS_TIMEOUT, environment)?;
            printed_keys(&printed, &format!("`credential_process` of profile `{profile}`"))
        }
        KeySource::Store { profile, store } => {
            let place = Place { store: store.clone(), profile, environment };
            let entry = place.look_up(false)?.ok_or_else(|| place.is_empty())?;
            printed_keys(&entry, store.title())
        }
    }
}

/// The output of a `credential_process` (AWS SDKs and Tools Reference Guide). We refuse one with a session
/// token.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProcessOutput {
    version: u32,
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
}

/// The keys in the output of a `credential_process` or a store. `by` names it in errors.
fn printed_keys(output: &[u8], by: &str) -> Result<LongTermKeys, LoginError> {
    // serde's error could contain a secret.
    let output: ProcessOutput = serde_json::from_slice(output)
        .ok()
        .filter(|output: &ProcessOutput| output.version == 1)
        .ok_or_else(|| LoginError::NoCredentialsPrinted { by: by.to_owned() })?;
    if output.session_token.is_some_and(|token| !token.is_empty()) {
        return Err(LoginError::SessionPrinted { by: by.to_owned() });
    }
    let invalid = |key, why| LoginError::InvalidPrinted { by: by.to_owned(), key, why };
    Ok(LongTermKeys {
        access_key_id: AccessKeyId::new(&output.access_key_id)
            .map_err(|why| invalid("an AccessKeyId", why))?,
        secret_access_key: Secret::new(output.secret_access_key.to_string())
            .map_err(|why| invalid("a SecretAccessKey", why))?,
    })
}
