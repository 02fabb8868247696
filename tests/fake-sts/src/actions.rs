//! The natural answers to GetSessionToken, AssumeRole and GetCallerIdentity. Scripted replies don't come
//! here.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::API_VERSION;
use crate::answer::{Answer, IssuedFields, StsError, escape, iso8601};
use crate::auth::{Caller, authenticate};
use crate::constraints;
use crate::http::Request;
use crate::issue::Issuer;
use crate::model::Role;
use crate::state::{Session, SessionKind, State};

/// The limit for roles assumed with temporary credentials, in seconds.
const ONE_HOUR: u32 = 3600;

pub(crate) type Parameters = BTreeMap<String, String>;

/// A request while it is answered.
struct Call<'a> {
    state: &'a mut State,
    issuer: &'a Issuer,
    parameters: &'a Parameters,
    request_id: &'a str,
    caller: Caller,
    now: Timestamp,
}

/// # Errors
/// The error that STS would return.
pub(crate) fn natural(
    state: &mut State,
    issuer: &Issuer,
    request: &Request,
    parameters: &Parameters,
    request_id: &str,
) -> Result<Answer, StsError> {
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    let (action, version) = (parameter("Action"), parameter("Version"));
    if request.target.starts_with("/federation?") {
        return federation(state, parameters);
    }
    let act = match (action, version) {
        ("", _) => return Err(StsError::new(400, "MissingAction", "Missing Action")),
        ("GetSessionToken", API_VERSION) => Call::get_session_token,
        ("AssumeRole", API_VERSION) => Call::assume_role,
        ("GetCallerIdentity", API_VERSION) => Call::get_caller_identity,
        _ => {
            let message = format!("Could not find operation {action} for version {version}");
            return Err(StsError::new(400, "InvalidAction", message));
        }
    };
    let now = state.now();
    let caller = authenticate(state, request, now)?;
    let call = Call { state, issuer, parameters, request_id, caller, now };
    act(call)
}

impl<'a> Call<'a> {
    fn get_session_token(mut self) -> Result<Answer, StsError> {
        let seconds = constraints::check(self.parameters, 900..=129_600, 43_200)?;
        if self.caller.session.is_some() {
            let message = "Cannot call GetSessionToken with session credentials";
            return Err(StsError::access_denied(message));
        }
        let has_mfa = self.check_mfa()?;
        let credentials = self.issue(SessionKind::User { has_mfa }, seconds);
        Ok(self.answer("GetSessionToken", &credentials))
    }

    fn assume_role(mut self) -> Result<Answer, StsError> {
        let seconds = constraints::check(self.parameters, 900..=43_200, ONE_HOUR)?;
        if self.caller.session.is_some() && seconds > ONE_HOUR {
            return Err(StsError::validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed \
                 by role chaining.",
            ));
        }
        let session_has_mfa = matches!(self.caller.session, Some(SessionKind::User { has_mfa: true }));
        let has_mfa = self.check_mfa()? || session_has_mfa;
        let role = self.permitted_role(has_mfa)?;
        let longest = u32::try_from(role.max_session_duration.as_secs()).unwrap_or(u32::MAX);
        if self.parameter("DurationSeconds").is_some() && seconds > longest {
            return Err(StsError::validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }

        let session_name = self.parameter("RoleSessionName").unwrap_or_default();
        let arn = assumed_role_arn(&role.arn, session_name);
        let role_id = self.issuer.unique_id("AROA", &role.arn);
        let assumed_role_id = format!("{role_id}:{session_name}");
        let user = format!(
            "    <AssumedRoleUser>\n      <AssumedRoleId>{}</AssumedRoleId>\n      \
             <Arn>{}</Arn>\n    </AssumedRoleUser>\n",
            escape(&assumed_role_id),
            escape(&arn)
        );
        let kind = SessionKind::Role { arn, assumed_role_id };
        let credentials = self.issue(kind, seconds.min(longest));
        Ok(self.answer("AssumeRole", &(user + &credentials)))
    }

    fn get_caller_identity(self) -> Result<Answer, StsError> {
        let account = &self.state.accounts[self.caller.account];
        let (arn, user_id) = match &self.caller.session {
            Some(SessionKind::Role { arn, assumed_role_id }) => (arn.clone(), assumed_role_id.clone()),
            Some(SessionKind::User { .. }) | None => {
                (account.arn(), self.issuer.unique_id("AIDA", &account.arn()))
            }
        };
        let number = arn.split(':').nth(4).unwrap_or_default();
        let identity = format!(
            "    <Arn>{}</Arn>\n    <UserId>{}</UserId>\n    <Account>{}</Account>\n",
            escape(&arn),
            escape(&user_id),
            escape(number)
        );
        Ok(self.answer("GetCallerIdentity", &identity))
    }

    /// Whether the request has a code. A valid code is then used up.
    fn check_mfa(&mut self) -> Result<bool, StsError> {
        let (serial, code) = match (self.parameter("SerialNumber"), self.parameter("TokenCode")) {
            (None, None) => return Ok(false),
            (Some(serial), Some(code)) => (serial, code),
            (Some(_), None) | (None, Some(_)) => {
                return Err(StsError::access_denied(
                    "MultiFactorAuthentication failed, must provide both MFA serial number and \
                     one time pass code.",
                ));
            }
        };
        let account = &mut self.state.accounts[self.caller.account];
        // A role has no device, so every device is unknown to its sessions.
        let in_role = matches!(self.caller.session, Some(SessionKind::Role { .. }));
        if in_role || !account.user.serial_numbers.iter().any(|number| number == serial) {
            return Err(StsError::unknown_device());
        }
        match account.codes.accept(code) {
            true => Ok(true),
            false => Err(StsError::invalid_code()),
        }
    }

    /// The requested role, if this caller may assume it. AWS gives the same error for all reasons.
    fn permitted_role(&self, has_mfa: bool) -> Result<Role, StsError> {
        let arn = self.parameter("RoleArn").unwrap_or_default();
        let permitted = |role: &&Role| {
            let external_id_matches = match &role.external_id {
                Some(external_id) => self.parameter("ExternalId") == Some(external_id),
                None => true,
            };
            role.arn == arn && external_id_matches && (has_mfa || !role.require_mfa)
        };
        match self.state.roles.iter().find(permitted) {
            Some(role) => Ok(role.clone()),
            None => Err(StsError::may_not_assume(&self.caller_arn(), arn)),
        }
    }

    /// Makes credentials, stores them, and returns them as XML.
    fn issue(&mut self, kind: SessionKind, seconds: u32) -> String {
        let access_key_id = self.issuer.access_key_id();
        let session = Session {
            secret_access_key: self.issuer.secret_access_key(),
            session_token: self.issuer.session_token(),
            expiration: self.now + SignedDuration::from_secs(seconds.into()),
            account: self.caller.account,
            kind,
        };
        let xml = IssuedFields {
            access_key_id: &access_key_id,
            secret_access_key: &session.secret_access_key,
            session_token: &session.session_token,
            expiration: &iso8601(session.expiration),
        }
        .to_xml();
        self.state.sessions.insert(access_key_id, session);
        xml
    }

    fn caller_arn(&self) -> String {
        match &self.caller.session {
            Some(SessionKind::Role { arn, .. }) => arn.clone(),
            Some(SessionKind::User { .. }) | None => self.state.accounts[self.caller.account].arn(),
        }
    }

    fn answer(&self, action: &str, result: &str) -> Answer {
        Answer::result(action, result, self.request_id)
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.get(name).map(String::as_str)
    }
}

/// `arn:aws:iam::1:role/path/admin` → `arn:aws:sts::1:assumed-role/admin/<session name>`
fn assumed_role_arn(role_arn: &str, session_name: &str) -> String {
    let mut fields = role_arn.split(':').skip(1);
    let partition = fields.next().unwrap_or("aws");
    let account = fields.nth(2).unwrap_or_default();
    let name = role_arn.rsplit('/').next().unwrap_or_default();
    format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}")
}

/// The federation endpoint: a sign-in token for a role's session, and the page of the link with it.
fn federation(state: &State, parameters: &Parameters) -> Result<Answer, StsError> {
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    let refused = || StsError::new(400, "BadRequest", "Invalid session");
    let json = |body: String| Answer::raw(200, "application/json".into(), body);
    if parameter("Action") == "login" {
        return Ok(json(format!("signed in at {}", parameter("Destination"))));
    }
    let keys: BTreeMap<String, String> = serde_json::from_str(parameter("Session")).map_err(|_| refused())?;
    let key = |name: &str| keys.get(name).map_or("", String::as_str);
    let session = state.sessions.get(key("sessionId")).filter(|session| {
        let is_role = matches!(session.kind, SessionKind::Role { .. });
        let is_whole =
            session.secret_access_key == key("sessionKey") && session.session_token == key("sessionToken");
        is_role && is_whole && session.expiration > state.now()
    });
    session.map(|_| json(r#"{"SigninToken":"CANARYCANARYCANARY-sign-in"}"#.to_owned())).ok_or_else(refused)
}
