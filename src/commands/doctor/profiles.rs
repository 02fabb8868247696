//! The findings of `doctor` about profiles: which can log in, and what the others lack.

use std::collections::BTreeSet;

use super::report::Report;
use crate::aws::DurationSeconds;
use crate::aws_files::profiles::{Chain, KeySource, Profile, ProfileError, profile_of_long_term};
use crate::aws_files::protection::STORE;
use crate::aws_files::{AwsFiles, lint};
use crate::commands::account::served_by_us;
use crate::commands::pick::listed;
use crate::commands::profile_error::{Retry, unusable};
use crate::commands::protect::keys_to_move;
use crate::error::Hint;
use crate::output::Label;

/// Finding a similar name compares all names.
const MOST_SUGGESTIONS: usize = 10;

/// aws-vault reads these; AWS's tools and we do not.
const OF_AWS_VAULT: [&str; 4] =
    ["include_profile", "session_tags", "transitive_session_tags", "source_identity"];

pub(super) fn check(report: &mut Report, aws_files: &AwsFiles) {
    let (mut usable, mut unknown_sources) = (0, 0);
    let mut in_plain = Vec::new();
    let mut loops = BTreeSet::<BTreeSet<String>>::new();
    for name in aws_files.profiles.names() {
        let subject = format!("profile {name}");
        let profile = aws_files.profiles.get(name).expect("it was named");
        check_settings(report, &subject, &profile);
        let chain = aws_files.chain(name);
        if let Ok(Chain { signer, .. }) = &chain
            && signer.profile() == name
        {
            check_keys(report, name, &profile, signer, &mut in_plain);
        }
        if let Some(of) = profile_of_long_term(name).filter(|_| profile.get("role_arn").is_none()) {
            report
                .ok(&subject, format!("understood as the long-term keys of `{of}` (the layout of aws-mfa)"));
            continue;
        }
        if chain.as_ref().is_ok_and(|chain| chain.is_source_alone) {
            let source = profile.get("source_profile").unwrap_or_default();
            report.ok(
                &subject,
                format!(
                    "gets the session of `{source}`, as in aws-vault; AWS's tools find no credentials in it"
                ),
            );
        }
        match chain {
            // Doesn't count `[default]` if it has the session of another profile.
            Ok(chain) if chain.serial_number.is_some() => usable += usize::from(chain.profile == name),
            Ok(chain) if !chain.roles.is_empty() => {
                report.ok(&subject, "a role without an MFA device: it is assumed without a code");
            }
            Ok(chain) => match served_by_us(&chain, aws_files) {
                Some((of, _)) if of == name => report.error(
                    &subject,
                    "its `credential_process` asks mfa-env for the same profile",
                    "let it name the profile that has the keys and the MFA device",
                ),
                Some((of, Ok(_))) => report.ok(&subject, format!("gets the session of `{of}` from mfa-env")),
                Some((_, Err(why))) => {
                    report.add_error(Label::Warning, &subject, &unusable(&why, aws_files, Retry::Login(&[])))
                }
                None => report.warning(
                    &subject,
                    "has keys but no MFA device",
                    Hint::command("set one up", "setup", name, &[]),
                ),
            },
            // These belong to other tools or to no account, and are fine.
            Err(
                ProfileError::Elsewhere { .. }
                | ProfileError::NoKeys { .. }
                | ProfileError::NoSource { credential_source: true, .. },
            ) => {}
            // Once for all profiles that lead into the loop.
            Err(ProfileError::Loop { names }) if !loops.insert(names.iter().cloned().collect()) => {}
            Err(why) => {
                let is_unknown = matches!(why, ProfileError::UnknownSource { .. });
                let retry = if is_unknown && unknown_sources >= MOST_SUGGESTIONS {
                    Retry::Nothing
                } else {
                    Retry::Login(&[])
                };
                unknown_sources += usize::from(is_unknown);
                let error = unusable(&why, aws_files, retry);
                report.add(
                    Label::Warning,
                    &subject,
                    without_subject(error.what(), name),
                    error.hints().to_vec(),
                );
            }
        }
    }
    for name in lint::split_keys(&aws_files.profiles) {
        report.warning(
            format!("profile {name}"),
            "has different keys in the two files, and tools combine them differently",
            "keep its access key, secret key and token in one of the two files",
        );
    }
    if !in_plain.is_empty() {
        let names: Vec<_> = in_plain.into_iter().map(str::to_owned).collect();
        let can_move = |name: &&String| keys_to_move(name, aws_files).is_ok();
        let first = names.iter().find(can_move);
        let remedy = first.map(|name| Hint::command("a secret store is safer", "protect", name, &[]));
        report.add(
            Label::Ok,
            "keys",
            format!("your files have them in plain text: {}", listed(&names)),
            remedy.into_iter().collect(),
        );
    }
    match usable {
        0 => {
            report.warning(
                "profiles",
                "none can log in with a code",
                Hint::paste("create one", "mfa-env setup"),
            );
        }
        _ => report.ok("profiles", format!("{usable} can log in with a code")),
    }
}

/// Reports which store has the keys of a profile, or adds its name to `in_plain` if they are in a file.
fn check_keys<'n>(
    report: &mut Report,
    name: &'n str,
    profile: &Profile<'_>,
    source: &KeySource,
    in_plain: &mut Vec<&'n str>,
) {
    let subject = format!("profile {name}");
    match source {
        KeySource::Store { store, .. } => report.ok(subject, format!("its keys are in {}", store.title())),
        KeySource::Keys { .. } => {
            in_plain.push(name);
            if profile.get(STORE).is_some() {
                let remedy = Hint::command("to complete it", "protect", name, &[]);
                report.warning(subject, "`mfa-env protect` has not moved all of its keys", remedy);
            }
        }
        KeySource::Process { .. } => {}
    }
}

/// The words of an error without the profile, which the subject of the finding names.
fn without_subject(what: &str, name: &str) -> String {
    let profile = format!("profile `{name}` ");
    what.strip_prefix(&profile).unwrap_or(what).replacen(&format!("of {profile}"), "", 1)
}

fn check_settings(report: &mut Report, subject: &str, profile: &Profile<'_>) {
    if let Some(text) = profile.get("duration_seconds")
        && let Err(invalid) = DurationSeconds::parse(&text)
    {
        report.warning(subject, format!("`duration_seconds` {invalid}"), "correct it, or give `-d`");
    }
    if profile.get("mfa_env_account").is_some() {
        let remedy = "remove that line; the message after a login names the account";
        report.warning(subject, "`mfa_env_account` is no longer read", remedy);
    }
    for key in OF_AWS_VAULT.into_iter().filter(|key| profile.get(key).is_some()) {
        let remedy = if key == "include_profile" {
            "write the settings of that profile into this one"
        } else {
            "remove that line, or start this session with aws-vault"
        };
        report.warning(subject, format!("`{key}` has no effect: only aws-vault reads it"), remedy);
    }
}
