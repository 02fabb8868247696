//! The state of the server: users and their codes, sessions, scripted replies, recorded requests. `auth` and
//! `actions` make the decisions.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::model::{Codes, Recorded, Reply, Role, User};

#[derive(Default)]
pub(crate) struct State {
    pub accounts: Vec<Account>,
    pub roles: Vec<Role>,
    /// By access key id.
    pub sessions: HashMap<String, Session>,
    /// For calls that return credentials.
    pub script: VecDeque<Reply>,
    /// For GetCallerIdentity, which clients send at any time.
    pub identity_script: VecDeque<Reply>,
    pub requests: Vec<Recorded>,
    pub clock_offset: SignedDuration,
    /// Whether held replies may be sent.
    pub released: bool,
    /// Set once, when the server is dropped.
    pub stopping: bool,
}

/// A user, and the state of the user's device.
pub(crate) struct Account {
    pub user: User,
    /// The codes that aren't used up.
    pub codes: Codes,
}

/// Temporary credentials that this server issued.
pub(crate) struct Session {
    pub secret_access_key: String,
    pub session_token: String,
    pub expiration: Timestamp,
    /// The index in `State::accounts` of the user who started the chain.
    pub account: usize,
    pub kind: SessionKind,
}

#[derive(Clone)]
pub(crate) enum SessionKind {
    /// From GetSessionToken, with or without a code.
    User { has_mfa: bool },
    /// From AssumeRole. A role's session has no MFA in AWS.
    Role { arn: String, assumed_role_id: String },
}

impl State {
    /// The time on the server's clock.
    ///
    /// # Panics
    /// If the offset leads outside the years -9999 to 9999.
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + self.clock_offset
    }
}

impl Account {
    pub fn new(user: User) -> Account {
        Account { codes: user.codes.clone(), user }
    }

    /// `aws`, `aws-cn` or `aws-us-gov`, from the device's ARN.
    pub fn partition(&self) -> &str {
        let serial = self.user.serial_numbers.first().map_or("", String::as_str);
        match serial.split(':').collect::<Vec<_>>()[..] {
            ["arn", partition, ..] => partition,
            _ => "aws",
        }
    }

    pub fn arn(&self) -> String {
        let (partition, account) = (self.partition(), &self.user.account);
        format!("arn:{partition}:iam::{account}:user/{}", self.user.name)
    }
}
