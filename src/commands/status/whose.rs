//! Whose session a shell uses: account, role or user, and region, from the files and the cache.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{ActiveSession, Source};
use crate::aws::Identity;
use crate::aws_files::AwsFiles;
use crate::commands::account::{account, role_or_user};
use crate::environment::{Environment, REGION_VARIABLES};
use crate::error::shown_value;
use crate::login::endpoint::cached_key;
use crate::store::cache::{Cache, Cached};

/// Whose session it is, as far as the files tell. The session in the environment may be good even if the
/// files are broken or the profile is gone.
#[derive(Default)]
pub struct Whose {
    pub account: Option<String>,
    pub role_arn: Option<String>,
    pub user: Option<String>,
    pub role_or_user: Option<String>,
    pub region: Option<String>,
    /// The profile of a session in `[default]` that has no effect here.
    pub hides: Option<String>,
}

impl Whose {
    pub fn find(session: &ActiveSession, environment: &Environment, aws_files: Option<&AwsFiles>) -> Self {
        let of_environment = || REGION_VARIABLES.iter().find_map(|name| environment.get(name));
        let region = of_environment().map(shown_value);
        let Some(aws_files) = aws_files else { return Self { region, ..Self::default() } };
        let default = aws_files.profiles.get("default");
        let of_default = |key| default.and_then(|default| default.get(key));
        let region = match session.source {
            Source::Environment => region,
            Source::Default => region.or_else(|| of_default("region").map(|region| shown_value(&region))),
        };
        let is_hidden = session.source == Source::Environment
            && of_default("aws_access_key_id").is_some_and(|key| aws_files.is_of_a_session(&key));
        let of = || of_default("__profile__").map_or_else(|| "default".to_owned(), Cow::into_owned);
        let whose = Self { region, hides: is_hidden.then(of), ..Self::default() };
        let Ok(chain) = aws_files.chain(&session.profile) else { return whose };
        let key = cached_key(&chain, environment).ok();
        let cached = key.and_then(|key| Cache::open(environment)?.get(&key, Timestamp::now()));
        // Another session of the profile may have another identity.
        let is_same = |cached: &Cached| cached.session.access_key_id.as_str() == session.access_key_id;
        let identity = cached.filter(is_same).and_then(|cached| cached.session.identity);
        let identity = identity.as_ref();
        Self {
            account: account(&chain, identity).map(str::to_owned),
            role_arn: chain.roles.last().map(|role| role.role_arn.to_string()),
            user: identity.and_then(Identity::user).map(str::to_owned),
            role_or_user: Some(role_or_user(&chain, identity)),
            ..whose
        }
    }
}
