//! A session as text: the variables for a shell or a command, and JSON for `credential_process`.

use zeroize::Zeroizing;

use crate::aws::{Region, Session};
use crate::environment::{Environment, REGION_VARIABLES};
use crate::error::clean_name;
use crate::shell::Shell;

/// The variables that make a session that of a shell or of a command.
pub struct Variables {
    pub set: Vec<(&'static str, Zeroizing<String>)>,
    pub unset: Vec<&'static str>,
}

pub fn variables(
    profile: &str,
    session: &Session,
    region: Option<&Region>,
    environment: &Environment,
) -> Variables {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let access_key_id = session.access_key_id.as_str();
    let mut set = vec![
        ("AWS_ACCESS_KEY_ID", text(access_key_id)),
        ("AWS_SECRET_ACCESS_KEY", text(session.secret_access_key.expose())),
        ("AWS_SESSION_TOKEN", text(session.session_token.expose())),
        ("AWS_CREDENTIAL_EXPIRATION", text(&session.expiration.rfc3339())),
        // The name that starship, powerlevel10k and oh-my-posh show.
        ("AWS_VAULT", text(&clean_name(profile))),
        ("MFA_ENV_PROFILE", text(profile)),
        ("MFA_ENV_EXPIRES", text(&session.expiration.epoch_seconds().to_string())),
        ("MFA_ENV_KEY", text(access_key_id)),
    ];
    // Each of them would win over the keys, in one SDK or another.
    let mut unset = vec!["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"];
    match region {
        Some(region) => {
            let names = REGION_VARIABLES.into_iter().chain(["MFA_ENV_REGION"]);
            // A readonly variable that is right already is no reason to fail.
            let changes = names.filter(|name| environment.get(name) != Some(region.as_str()));
            set.extend(changes.map(|name| (name, text(region.as_str()))));
        }
        None => unset.extend(our_region(environment)),
    }
    unset.extend(left_by_old_hook(environment).filter(|name| *name != "AWS_VAULT"));
    Variables { set, unset }
}

/// The lines that put a session into a shell.
pub fn export_lines(shell: Shell, variables: &Variables) -> Zeroizing<String> {
    shell.lines(&variables.set, &variables.unset)
}

/// The lines that take our session out of a shell. Empty where nothing is ours.
pub fn unset_lines(shell: Shell, environment: &Environment) -> String {
    shell.lines(&[], &our_variables(environment)).to_string()
}

/// The variables of our session in that environment: keys and region only while they are the ones
/// that we exported.
pub fn our_variables(environment: &Environment) -> Vec<&'static str> {
    let mut ours = Vec::new();
    if environment.holds_our_session() {
        ours.extend([
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_CREDENTIAL_EXPIRATION",
        ]);
        ours.extend(our_region(environment));
    } else if environment.is_set("MFA_ENV_REGION") {
        ours.push("MFA_ENV_REGION");
    }
    let left: Vec<_> = left_by_old_hook(environment).collect();
    let vault = environment.get("AWS_VAULT").map(clean_name);
    if vault.is_some()
        && vault == environment.get("MFA_ENV_PROFILE").map(clean_name)
        && !left.contains(&"AWS_VAULT")
    {
        ours.push("AWS_VAULT");
    }
    ours.extend(left);
    let markers = ["MFA_ENV_PROFILE", "MFA_ENV_EXPIRES", "MFA_ENV_KEY"];
    ours.extend(markers.iter().filter(|name| environment.is_set(name)));
    ours
}

/// The form of AWS's `credential_process`, version 1 (AWS SDKs and Tools Reference Guide).
pub fn credential_process_json(session: &Session) -> Zeroizing<String> {
    let json = serde_json::json!({
        "Version": 1,
        "AccessKeyId": session.access_key_id.as_str(),
        "SecretAccessKey": session.secret_access_key.expose(),
        "SessionToken": session.session_token.expose(),
        "Expiration": session.expiration.rfc3339(),
    });
    Zeroizing::new(format!("{json:#}\n"))
}

/// The region variables that hold what we set: ours to unset.
fn our_region(environment: &Environment) -> impl Iterator<Item = &'static str> {
    let ours = environment.get("MFA_ENV_REGION");
    let is_ours = move |name: &&str| ours.is_some() && environment.get(name) == ours;
    let marker = environment.is_set("MFA_ENV_REGION").then_some("MFA_ENV_REGION");
    REGION_VARIABLES.into_iter().filter(is_ours).chain(marker)
}

/// What the hook of 0.1.0 exported for a session in `[default]`, as far as `MFA_ENV_DEFAULT` still
/// repeats it: the expiry, a space, the profile.
fn left_by_old_hook(environment: &Environment) -> impl Iterator<Item = &'static str> {
    let marker = environment.get("MFA_ENV_DEFAULT");
    let (expiration, profile) = marker.and_then(|values| values.split_once(' ')).unzip();
    let values =
        [("AWS_VAULT", profile), ("AWS_SESSION_EXPIRATION", expiration), ("MFA_ENV_DEFAULT", marker)];
    let is_ours = |(name, ours): &(&str, Option<&str>)| ours.is_some() && environment.get(name) == *ours;
    values.into_iter().filter(is_ours).map(|(name, _)| name)
}
