//! The changes that a login and `unset` make to an environment, and a session as JSON for
//! `credential_process`.

use zeroize::Zeroizing;

use crate::aws::{Region, Session};
use crate::environment::{self, Environment, REGION_VARIABLES, SAVED_VARIABLE, Saved};
use crate::error::clean_name;
use crate::shell::{MUST_GO, Shell};

/// Changes to the environment of a shell or command.
#[derive(Default)]
pub struct Changes {
    pub set: Vec<(&'static str, Zeroizing<String>)>,
    /// Variables that get the user's own values back.
    pub restored: Vec<(&'static str, String)>,
    pub unset: Vec<&'static str>,
    /// Variables of the user that a later `unset` can't restore.
    pub lost: Vec<&'static str>,
}

/// The changes that add the session to `environment`. If `environment` has another session, the changes start
/// from the user's own environment without that session, and `MFA_ENV_SAVED` stores the user's values.
pub fn login(
    profile: &str,
    session: &Session,
    region: Option<&Region>,
    environment: &Environment,
) -> Changes {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let access_key_id = session.access_key_id.as_str();
    // starship, powerlevel10k and oh-my-posh show this variable.
    let vault = clean_name(profile);
    let regions = REGION_VARIABLES.into_iter().filter_map(|name| Some((name, region?.as_str())));

    let mut ours = vec![("AWS_PROFILE", None), ("AWS_DEFAULT_PROFILE", None)];
    ours.extend(regions.clone().map(|(name, region)| (name, Some(region))));
    // If the keys don't come back, the user's name for them must not either.
    if !environment.has_keys_of_others() {
        ours.push(("AWS_VAULT", Some(&vault)));
    }
    let Saved { text: saved, lost } = environment::saved(environment.users_own(), &ours);

    let mut set = vec![
        ("AWS_ACCESS_KEY_ID", text(access_key_id)),
        ("AWS_SECRET_ACCESS_KEY", text(session.secret_access_key.expose())),
        ("AWS_SESSION_TOKEN", text(session.session_token.expose())),
        ("AWS_CREDENTIAL_EXPIRATION", text(&session.expiration.rfc3339())),
        ("AWS_VAULT", text(&vault)),
        ("MFA_ENV_PROFILE", text(profile)),
        ("MFA_ENV_EXPIRES", text(&session.expiration.epoch_seconds().to_string())),
        ("MFA_ENV_KEY", text(access_key_id)),
    ];
    set.extend(
        regions
            .chain(saved.iter().map(|saved| (SAVED_VARIABLE, saved.as_str())))
            .map(|(name, value)| (name, text(value))),
    );
    let mut changes = Changes { unset: MUST_GO.to_vec(), lost, ..Changes::default() };
    let is_decided = |name| MUST_GO.contains(&name) || set.iter().any(|(set, _)| *set == name);
    changes.add(environment.differences_to_users_own().filter(|(name, _)| !is_decided(*name)));
    // Doesn't set a region that is right already, since it may be readonly.
    set.retain(|(name, value)| !(REGION_VARIABLES.contains(name) && environment.get(name) == Some(value)));
    Changes { set, ..changes }
}

/// The changes that restore the user's own environment. Empty if nothing is ours.
pub fn unset(environment: &Environment) -> Changes {
    let mut changes = Changes::default();
    changes.add(environment.differences_to_users_own());
    changes
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.restored.is_empty() && self.unset.is_empty()
    }

    /// The lines that make these changes in a shell. Empty if there are none.
    pub fn lines(&self, shell: Shell) -> Zeroizing<String> {
        shell.lines(&self.set, &self.restored, &self.unset)
    }

    fn add<'v>(&mut self, differences: impl Iterator<Item = (&'static str, Option<&'v str>)>) {
        for (name, value) in differences {
            match value {
                Some(value) => self.restored.push((name, value.to_owned())),
                None => self.unset.push(name),
            }
        }
    }
}

/// The session as the output of a `credential_process`, version 1 (AWS SDKs and Tools Reference Guide).
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

#[cfg(test)]
mod tests;
