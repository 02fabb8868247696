//! Gets a link that signs a browser in to the AWS console, from AWS's federation endpoint (IAM User Guide,
//! "Enable custom identity broker access to the AWS console").

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::answer::root_cause;
use super::transport::connector;
use super::{CALL_TIMEOUT, Endpoint, Reason, StsError};
use crate::aws::{Secret, Session};

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SigninToken")]
    token: String,
}

impl Endpoint {
    /// The link, which is a secret: for 15 minutes, whoever has it is signed in. `destination` is the page to
    /// show. AWS takes only a role's session, and the browser is signed in until that expires.
    pub fn sign_in_link(&self, session: &Session, destination: &str) -> Result<Zeroizing<String>, StsError> {
        let json = Zeroizing::new(
            serde_json::json!({
                "sessionId": session.access_key_id.as_str(),
                "sessionKey": session.secret_access_key.expose(),
                "sessionToken": session.session_token.expose(),
            })
            .to_string(),
        );
        let token =
            self.sign_in_token(&self.federation(&[("Action", "getSigninToken"), ("Session", &json)]))?;
        Ok(self.federation(&[
            ("Action", "login"),
            ("Issuer", "mfa-env"),
            ("Destination", destination),
            ("SigninToken", token.expose()),
        ]))
    }

    fn federation(&self, query: &[(&str, &str)]) -> Zeroizing<String> {
        let base =
            self.url.as_ref().expect("it is not an endpoint of a region").as_str().trim_end_matches('/');
        let query: Vec<_> =
            query.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
        Zeroizing::new(format!("{base}/federation?{}", query.join("&")))
    }

    fn sign_in_token(&self, url: &str) -> Result<Secret, StsError> {
        let connector = connector(self)?;
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(url).map_err(|_| not_sts("it has no valid address".to_owned()))?;
        let runtime = super::runtime()?;
        let call = async {
            let answer = connector.call(request).await.map_err(|error| StsError::unanswered(&error))?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.map_err(|error| not_sts(root_cause(&*error)))?;
            Ok((status, Zeroizing::new(body.to_bytes().to_vec())))
        };
        // In an async block, since a time-out needs the runtime when it is made.
        let answer = runtime.block_on(async { tokio::time::timeout(CALL_TIMEOUT, call).await });
        let answer = answer.unwrap_or_else(|_| Err(StsError::late()));
        match answer.map_err(|failure| self.look_for_authorities(failure))? {
            (200, body) => {
                let answer: Answer = serde_json::from_slice(&body)
                    .map_err(|_| not_sts("its answer has no SigninToken".to_owned()))?;
                Secret::new(answer.token).map_err(|invalid| not_sts(format!("SigninToken {invalid}")))
            }
            (status @ 400..500, _) => Err(StsError::Refused {
                reason: Reason::Other,
                code: format!("HTTP {status}"),
                message: "it does not accept this session".to_owned(),
            }),
            (status, _) => Err(not_sts(format!("HTTP {status}"))),
        }
    }
}

/// Encodes all but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

fn not_sts(cause: String) -> StsError {
    StsError::NotSts { cause }
}
