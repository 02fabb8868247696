//! Pure: finds what AWS's tools would use instead of `[default]`, and why, from environment and files.

use crate::aws_files::profiles::{FileKind, Profiles};
use crate::environment::Environment;
use crate::error::Hint;

/// Something that hides the session in `[default]` from AWS's tools. Tested with botocore and the Rust SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shadow {
    /// Keys in the environment.
    Keys,
    /// `AWS_PROFILE` names another profile.
    Profile,
    /// `AWS_DEFAULT_PROFILE` names another profile; only for botocore.
    DefaultProfile,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN`.
    WebIdentity,
    /// Config's `[default]` has this key, and so assumes a role, or uses SSO or web identity.
    Config(&'static str),
    /// Config's `[default]` has this key (a process or a login); only for the Rust, Go and JavaScript SDKs.
    ConfigOfSdks(&'static str),
    /// `[DEFAULT]` gives every section an `aws_security_token`; only for botocore.
    SecurityToken,
}

/// Everything that hides a session in `[default]`, the environment first.
pub fn shadows_of_default(environment: &Environment, profiles: &Profiles) -> Vec<Shadow> {
    let names_another = |variable| environment.get(variable).is_some_and(|name| name != "default");
    let mut hides = Vec::new();
    if environment.is_set("AWS_ACCESS_KEY_ID") {
        hides.push(Shadow::Keys);
    }
    if names_another("AWS_PROFILE") {
        hides.push(Shadow::Profile);
    }
    // Even if AWS_PROFILE is `default`, botocore lets AWS_DEFAULT_PROFILE win.
    if names_another("AWS_DEFAULT_PROFILE") {
        hides.push(Shadow::DefaultProfile);
    }
    if environment.is_set("AWS_WEB_IDENTITY_TOKEN_FILE") && environment.is_set("AWS_ROLE_ARN") {
        hides.push(Shadow::WebIdentity);
    }
    hides.extend(shadow_in_config("default", profiles));
    let for_all = profiles.get("DEFAULT").and_then(|for_all| for_all.setting("aws_security_token"));
    if for_all.is_some_and(|token| token.file == FileKind::Credentials && !token.value.is_empty()) {
        hides.push(Shadow::SecurityToken);
    }
    hides
}

/// What in the config file hides a session in this section of the credentials file.
pub fn shadow_in_config(section: &str, profiles: &Profiles) -> Option<Shadow> {
    let config_has = |key: &&&'static str| {
        let setting = profiles.get(section).and_then(|profile| profile.setting(key));
        setting.is_some_and(|setting| setting.file == FileKind::Config && !setting.value.is_empty())
    };
    let first = |keys: &'static [&'static str]| keys.iter().find(config_has).copied();
    let key = first(&["role_arn", "web_identity_token_file", "sso_session", "sso_start_url"]);
    let of_sdks = || first(&["credential_process", "login_session"]).map(Shadow::ConfigOfSdks);
    key.map(Shadow::Config).or_else(of_sdks)
}

impl Shadow {
    /// The end of a sentence: what hides the session in this section.
    pub fn what(self, section: &str) -> String {
        match self {
            Self::Keys => "the keys in AWS_ACCESS_KEY_ID win".to_owned(),
            Self::Profile => "AWS_PROFILE names another profile".to_owned(),
            Self::DefaultProfile => "AWS_DEFAULT_PROFILE names another profile".to_owned(),
            Self::WebIdentity => "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN win".to_owned(),
            Self::Config(key) => format!("`{key}` of `{section}` in the config file wins"),
            Self::ConfigOfSdks(key) => {
                format!("`{key}` of `{section}` in the config file wins in the SDKs (not in the AWS CLI)")
            }
            Self::SecurityToken => {
                "`aws_security_token` in `[DEFAULT]` of the credentials file wins in the AWS CLI (not in the SDKs for Rust, Go and JavaScript)".to_owned()
            }
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> Hint {
        match self {
            Self::Keys => Hint::unset(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]),
            Self::Profile => Hint::unset(&["AWS_PROFILE"]),
            Self::DefaultProfile => Hint::unset(&["AWS_DEFAULT_PROFILE"]),
            Self::WebIdentity => Hint::unset(&["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"]),
            Self::Config(_) | Self::ConfigOfSdks(_) => "move these settings to a profile of their own".into(),
            Self::SecurityToken => "delete that line".into(),
        }
    }
}
