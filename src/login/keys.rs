//! The long-term keys of a profile: its own, or those that its `credential_process` prints.

use std::time::Duration;

use zeroize::Zeroizing;

use super::error::LoginError;
use crate::aws::{AccessKeyId, LongTermKeys, Secret};
use crate::aws_files::profiles::{Chain, KeySource};
use crate::environment::Environment;
use crate::process;

const PROCESS_TIMEOUT: Duration = Duration::from_secs(60);

pub fn long_term_keys(chain: &Chain, environment: &Environment) -> Result<LongTermKeys, LoginError> {
    match &chain.signer {
        KeySource::Keys { keys, .. } => Ok(keys.clone()),
        KeySource::Process { profile, command } => keys_of_process(profile, command, environment),
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

fn keys_of_process(
    profile: &str,
    command: &str,
    environment: &Environment,
) -> Result<LongTermKeys, LoginError> {
    let output = process::output_of("credential_process", command, profile, PROCESS_TIMEOUT, environment)?;
    // serde's error could contain a secret.
    let output: ProcessOutput = serde_json::from_slice(&output)
        .ok()
        .filter(|output: &ProcessOutput| output.version == 1)
        .ok_or_else(|| LoginError::NoCredentialsPrinted { profile: profile.to_owned() })?;
    if output.session_token.is_some_and(|token| !token.is_empty()) {
        return Err(LoginError::SessionPrinted { profile: profile.to_owned() });
    }
    let invalid = |key, why| LoginError::InvalidPrinted { profile: profile.to_owned(), key, why };
    Ok(LongTermKeys {
        access_key_id: AccessKeyId::new(&output.access_key_id)
            .map_err(|why| invalid("an AccessKeyId", why))?,
        secret_access_key: Secret::new(output.secret_access_key.to_string())
            .map_err(|why| invalid("a SecretAccessKey", why))?,
    })
}
