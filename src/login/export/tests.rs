use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::aws::{AccessKeyId, Expiration, Secret};

const NAMES: [&str; 5] =
    ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_VAULT"];

fn session(number: usize) -> Session {
    let now = Timestamp::now();
    let secret = || Secret::new("secret".to_owned()).expect("in form");
    Session {
        access_key_id: AccessKeyId::new(&format!("ASIA{number:012}")).expect("in form"),
        secret_access_key: secret(),
        session_token: secret(),
        expiration: Expiration::new(now + SignedDuration::from_hours(1), now).expect("an hour ahead"),
        identity: None,
    }
}

#[derive(Clone, Debug)]
enum Step {
    Login {
        profile: &'static str,
        region: Option<&'static str>,
    },
    /// `unset`, or `-w` if it is evaluated.
    Unset,
    User {
        name: &'static str,
        value: Option<&'static str>,
    },
    OtherKeys,
    NoKeys,
}

fn step() -> impl Strategy<Value = Step> {
    let regions = select(&["eu-west-1", "us-east-1", "us-west-2"][..]);
    let profiles = select(&["prod", "dev", "a\u{7f}b"][..]);
    let of_user =
        (select(&NAMES[..]), proptest::option::weighted(0.7, 0..3_usize)).prop_map(|(name, value)| {
            let values = if name.ends_with("REGION") {
                ["eu-west-1", "us-east-1", "us-gov-west-1"]
            } else {
                ["prod", "dev", "theirs"]
            };
            Step::User { name, value: value.map(|index| values[index]) }
        });
    prop_oneof![
        4 => (profiles, proptest::option::of(regions)).prop_map(|(profile, region)| Step::Login { profile, region }),
        2 => Just(Step::Unset),
        6 => of_user,
        1 => Just(Step::OtherKeys),
        1 => Just(Step::NoKeys),
    ]
}

type Values = BTreeMap<String, String>;

/// The variables of a shell after some commands, and the user's own values at that time.
#[derive(Default)]
struct Model {
    shell: Values,
    own: Values,
    /// The user's values at the login, and the login's values (`None` if it unset the variable).
    login: Option<(Values, BTreeMap<&'static str, Option<String>>)>,
    logins: usize,
}

impl Model {
    fn environment(&self) -> Environment {
        let variables: Vec<_> =
            self.shell.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Environment::of(&variables)
    }

    fn is_ours(&self, name: &str) -> bool {
        let ours = self.login.as_ref().and_then(|(_, ours)| ours.get(name));
        ours.is_some_and(|ours| ours.as_ref() == self.shell.get(name))
    }

    /// The values that must be there after `unset`.
    fn expected(&self) -> Values {
        if !self.environment().has_keys_of_others() {
            return self.own.clone();
        }
        // The user's values are not restored, and our AWS_VAULT is removed.
        let stays = |name: &&&str| **name != "AWS_VAULT" || !self.is_ours(name);
        let of_shell = |name: &&str| Some(((*name).to_owned(), self.shell.get(*name)?.clone()));
        NAMES.iter().filter(stays).filter_map(of_shell).collect()
    }

    fn apply(&mut self, changes: &Changes) {
        for name in &changes.unset {
            self.shell.remove(*name);
        }
        let set = changes.set.iter().map(|(name, value)| (*name, value.to_string()));
        for (name, value) in set.chain(changes.restored.iter().cloned()) {
            self.shell.insert(name.to_owned(), value);
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Login { profile, region } => {
                let environment = self.environment();
                self.own = self.expected();
                // The keys of this session are gone.
                if environment.has_keys_of_others() {
                    self.own.remove("AWS_VAULT");
                }
                self.logins += 1;
                let region = region.map(|region| Region::new(region).expect("in form"));
                self.apply(&login(profile, &session(self.logins), region.as_ref(), &environment));
                let mut ours: BTreeMap<_, _> = BTreeMap::from([
                    ("AWS_PROFILE", None),
                    ("AWS_DEFAULT_PROFILE", None),
                    ("AWS_VAULT", Some(profile.replace('\u{7f}', "?"))),
                ]);
                if let Some(region) = region {
                    ours.extend(REGION_VARIABLES.map(|name| (name, Some(region.as_str().to_owned()))));
                }
                self.login = Some((self.own.clone(), ours));
            }
            Step::Unset => {
                self.own = self.expected();
                self.apply(&unset(&self.environment()));
                self.login = None;
            }
            Step::User { name, value } => {
                match value {
                    Some(value) => drop(self.shell.insert((*name).to_owned(), (*value).to_owned())),
                    None => drop(self.shell.remove(*name)),
                }
                let own = match &self.login {
                    // A variable with our value counts as ours.
                    Some((at_login, _)) if self.is_ours(name) => at_login.get(*name).cloned(),
                    Some(_) | None => value.map(str::to_owned),
                };
                match own {
                    Some(value) => drop(self.own.insert((*name).to_owned(), value)),
                    None => drop(self.own.remove(*name)),
                }
            }
            Step::OtherKeys => {
                self.shell.insert("AWS_ACCESS_KEY_ID".to_owned(), "AKIAOTHER".to_owned());
            }
            Step::NoKeys => self.shell.retain(|name, _| {
                !["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].contains(&name.as_str())
            }),
        }
    }
}

proptest! {
    #![proptest_config(crate::properties::config(10_000))]

    /// After any sequence of logins, `unset` and changes by the user, `unset` restores exactly the user's own
    /// values.
    #[test]
    fn what_the_user_had_comes_back(steps in proptest::collection::vec(step(), 1..16)) {
        let mut model = Model::default();
        for step in steps.iter().chain([&Step::Unset]) {
            let expected = model.expected();
            model.take(step);
            let environment = model.environment();
            let of_five = |environment: &Environment| {
                let value = |name: &str| Some((name.to_owned(), environment.get(name)?.to_owned()));
                NAMES.into_iter().filter_map(value).collect::<BTreeMap<_, _>>()
            };
            prop_assert_eq!(of_five(environment.users_own()), model.expected(), "{:?}", step);
            if let Step::Unset = step {
                prop_assert_eq!(of_five(&environment), expected);
                prop_assert!(!model.shell.keys().any(|name| name.starts_with("MFA_ENV_")), "{:?}", model.shell);
                prop_assert!(unset(&environment).is_empty());
            }
            if let Step::Login { .. } = step {
                prop_assert!(environment.holds_our_session());
                prop_assert!(environment.get("AWS_PROFILE").is_none());
            }
        }
    }
}
