//! Calls STS. The only room that knows the AWS SDK. No async code and no type of the SDK leaves it, and
//! it never uses the SDK's `Debug`, which may show codes and keys.

mod answer;
mod endpoint;
mod error;
mod sign_in;
mod transport;

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig};
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;
use tokio::runtime::Runtime;

pub use self::answer::Reason;
pub use self::endpoint::{Endpoint, EndpointUrl, Service};
pub use self::error::{CertificateFault, StsError};
pub use self::transport::proxy_variable;

use self::answer::session_of;
use self::error::failure;
use self::transport::http_client;
use crate::aws::{
    AccessKeyId, DurationSeconds, Identity, LongTermKeys, Secret, SerialNumber, Session, TokenCode,
};

struct Connection {
    /// Shared by the calls of several threads.
    runtime: Arc<Runtime>,
    http_client: SharedHttpClient,
    /// When the last call started or ended.
    used: Instant,
}

impl Connection {
    fn new(runtime: Runtime, http_client: SharedHttpClient) -> Self {
        Self { runtime: Arc::new(runtime), http_client, used: Instant::now() }
    }
}

/// Includes the name look-up, the proxy's tunnel and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For a whole call, including the connection.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Servers close idle connections. A call with a code is never retried, so it must not start on one.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

/// Who signs a call.
pub enum Signer<'s> {
    Keys(&'s LongTermKeys),
    Session(&'s Session),
}

impl Signer<'_> {
    /// The secrets that a call sends or signs with.
    fn secrets_with<'s>(&'s self, code: Option<&'s TokenCode>) -> Vec<&'s str> {
        let of_signer = match self {
            Self::Keys(keys) => [Some(&keys.secret_access_key), None],
            Self::Session(session) => [Some(&session.session_token), Some(&session.secret_access_key)],
        };
        let of_signer = of_signer.into_iter().flatten().map(Secret::expose);
        of_signer.chain(code.map(TokenCode::expose)).collect()
    }
}

/// A device and a code, for one call.
#[derive(Clone, Copy)]
pub struct Mfa<'m> {
    pub serial_number: &'m SerialNumber,
    pub token_code: &'m TokenCode,
}

pub struct RoleRequest<'r> {
    pub role_arn: &'r str,
    pub role_session_name: &'r str,
    pub external_id: Option<&'r str>,
    pub duration: DurationSeconds,
}

impl Endpoint {
    pub fn get_session_token(
        &self,
        keys: &LongTermKeys,
        mfa: Mfa<'_>,
        duration: DurationSeconds,
    ) -> Result<Session, StsError> {
        let signer = Signer::Keys(keys);
        let secrets = signer.secrets_with(Some(mfa.token_code));
        self.call(&signer, async |client| {
            let call = client
                .get_session_token()
                .serial_number(mfa.serial_number.as_str())
                .token_code(mfa.token_code.expose())
                .duration_seconds(sdk_seconds(duration));
            let sent = call.send().await;
            let output = sent.map_err(|error| failure(&error, &secrets))?;
            session_of(output.credentials.as_ref(), None, Timestamp::now())
        })
    }

    /// Asks STS who the caller is.
    pub fn get_caller_identity(&self, signer: &Signer<'_>) -> Result<Identity, StsError> {
        self.call(signer, async |client| {
            let sent = client.get_caller_identity().send().await;
            let output = sent.map_err(|error| failure(&error, &signer.secrets_with(None)))?;
            Identity::new(output.arn().unwrap_or_default())
                .map_err(|invalid| StsError::NotSts { cause: format!("Arn {invalid}") })
        })
    }

    pub fn assume_role(
        &self,
        signer: &Signer<'_>,
        role: &RoleRequest<'_>,
        mfa: Option<Mfa<'_>>,
    ) -> Result<Session, StsError> {
        let secrets = signer.secrets_with(mfa.map(|mfa| mfa.token_code));
        self.call(signer, async |client| {
            let call = client
                .assume_role()
                .role_arn(role.role_arn)
                .role_session_name(role.role_session_name)
                .set_external_id(role.external_id.map(str::to_owned))
                .set_serial_number(mfa.map(|mfa| mfa.serial_number.as_str().to_owned()))
                .set_token_code(mfa.map(|mfa| mfa.token_code.expose().to_owned()))
                .duration_seconds(sdk_seconds(role.duration));
            let sent = call.send().await;
            let output = sent.map_err(|error| failure(&error, &secrets))?;
            let arn = output.assumed_role_user.as_ref().map(|user| user.arn());
            let identity = arn.and_then(|arn| Identity::new(arn).ok());
            session_of(output.credentials.as_ref(), identity, Timestamp::now())
        })
    }

    /// The time on STS's clock, to the second. It comes from the `Date` header of the answer to a call
    /// with invalid keys.
    pub fn time(&self) -> Result<Timestamp, StsError> {
        let nobody = LongTermKeys {
            access_key_id: AccessKeyId::new("MFAENVDOCTOR0000").expect("in form"),
            secret_access_key: Secret::new("none".to_owned()).expect("in form"),
        };
        self.call(&Signer::Keys(&nobody), async |client| {
            let answer = client.get_caller_identity().send().await;
            let date = answer.as_ref().err().and_then(|error| error.raw_response()?.headers().get("date"));
            let time = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
            match (time, answer) {
                (Some(time), _) => Ok(time.timestamp()),
                (None, Err(error)) => Err(failure(&error, &[])),
                (None, Ok(_)) => {
                    Err(StsError::NotSts { cause: "it accepts a key that does not exist".to_owned() })
                }
            }
        })
    }

    fn call<T>(
        &self,
        signer: &Signer<'_>,
        send: impl AsyncFnOnce(Client) -> Result<T, StsError>,
    ) -> Result<T, StsError> {
        let (runtime, http_client) = self.connection()?;
        let result = runtime.block_on(send(self.client(signer, http_client)));
        if let Some(connection) = self.lock_connection().as_mut() {
            connection.used = Instant::now();
        }
        result.map_err(|failure| self.look_for_authorities(failure))
    }

    /// If the certificate authority is unknown, checks whether this machine trusts any at all.
    fn look_for_authorities(&self, failure: StsError) -> StsError {
        match failure {
            StsError::Certificate(CertificateFault::UnknownAuthority)
                if self.ca_bundle.is_none() && transport::system_trusts_nobody() =>
            {
                StsError::Certificate(CertificateFault::NoAuthorities)
            }
            failure => failure,
        }
    }

    fn connection(&self) -> Result<(Arc<Runtime>, SharedHttpClient), StsError> {
        let mut place = self.lock_connection();
        let connection = match place.take().filter(|connection| connection.used.elapsed() < IDLE_LIMIT) {
            Some(connection) => connection,
            None => Connection::new(runtime()?, http_client(self)?),
        };
        let connection = place.insert(Connection { used: Instant::now(), ..connection });
        Ok((Arc::clone(&connection.runtime), connection.http_client.clone()))
    }

    fn lock_connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self, signer: &Signer<'_>, http_client: SharedHttpClient) -> Client {
        let (keys, token) = match signer {
            Signer::Keys(keys) => ((&keys.access_key_id, &keys.secret_access_key), None),
            Signer::Session(session) => (
                (&session.access_key_id, &session.secret_access_key),
                Some(session.session_token.expose().to_owned()),
            ),
        };
        let credentials = Credentials::new(keys.0.as_str(), keys.1.expose(), token, None, "mfa-env");
        let time_outs =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(CALL_TIMEOUT);
        // Not the loader of aws-config, which reads variables and files by its own rules, and panics at
        // an empty endpoint variable.
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(SdkRegion::new(self.region.as_str().to_owned()))
            // A retry would send a used code, and "invalid MFA code" would hide the first error.
            .retry_config(RetryConfig::disabled())
            .timeout_config(time_outs.build())
            .http_client(http_client);
        let config = match &self.url {
            Some(endpoint) => config.endpoint_url(endpoint.as_str()),
            None => config.use_fips(self.use_fips).use_dual_stack(self.use_dual_stack),
        };
        Client::new(&config.build())
    }
}

fn runtime() -> Result<Runtime, StsError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    runtime.map_err(|error| StsError::unsent(&error))
}

fn sdk_seconds(duration: DurationSeconds) -> i32 {
    i32::try_from(duration.get()).expect("at most 129,600")
}

#[cfg(test)]
mod tests;
