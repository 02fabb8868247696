//! STS's XML documents and errors, with their real texts. Makes no decisions about requests.

use jiff::Timestamp;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(crate) struct Answer {
    pub status: u16,
    pub content_type: String,
    pub location: Option<String>,
    pub body: String,
}

/// Credentials in an answer; `expiration` in its final form.
pub(crate) struct IssuedFields<'a> {
    pub access_key_id: &'a str,
    pub secret_access_key: &'a str,
    pub session_token: &'a str,
    pub expiration: &'a str,
}

#[derive(Debug)]
pub(crate) struct StsError {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl Answer {
    pub fn raw(status: u16, content_type: String, body: String) -> Answer {
        Answer { status, content_type, location: None, body }
    }

    pub fn redirect(location: String) -> Answer {
        Answer { location: Some(location), ..Answer::raw(307, "text/html".into(), String::new()) }
    }

    /// Wraps `result`, which is XML, in `<ActionResult>` and `<ActionResponse>`.
    pub fn result(action: &str, result: &str, request_id: &str) -> Answer {
        let body = format!(
            "<{action}Response xmlns=\"{NAMESPACE}\">\n  <{action}Result>\n{result}  \
             </{action}Result>\n  <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  \
             </ResponseMetadata>\n</{action}Response>\n"
        );
        Answer::raw(200, "text/xml".into(), body)
    }

    pub fn error(error: StsError, request_id: &str) -> Answer {
        let StsError { status, code, message } = error;
        let at_fault = if status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>{at_fault}</Type>\n    \
             <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  \
             <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
            escape(&code),
            escape(&message)
        );
        Answer::raw(status, "text/xml".into(), body)
    }
}

impl IssuedFields<'_> {
    pub fn to_xml(&self) -> String {
        format!(
            "    <Credentials>\n      <AccessKeyId>{}</AccessKeyId>\n      \
             <SecretAccessKey>{}</SecretAccessKey>\n      <SessionToken>{}</SessionToken>\n      \
             <Expiration>{}</Expiration>\n    </Credentials>\n",
            escape(self.access_key_id),
            escape(self.secret_access_key),
            escape(self.session_token),
            escape(self.expiration)
        )
    }
}

impl StsError {
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> StsError {
        StsError { status, code: code.into(), message: message.into() }
    }

    pub fn access_denied(message: impl Into<String>) -> StsError {
        StsError::new(403, "AccessDenied", message)
    }

    pub fn validation(message: impl Into<String>) -> StsError {
        StsError::new(400, "ValidationError", message)
    }

    pub fn signature(message: impl Into<String>) -> StsError {
        StsError::new(403, "SignatureDoesNotMatch", message)
    }

    /// The same error for an unknown key, an inactive key, a wrong partition, and a token of another session.
    pub fn invalid_token() -> StsError {
        StsError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    }

    pub fn expired_token() -> StsError {
        StsError::new(403, "ExpiredToken", "The security token included in the request is expired")
    }

    /// The same error for wrong and used codes. AWS's text really ends with a space.
    pub fn invalid_code() -> StsError {
        StsError::access_denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    }

    pub fn unknown_device() -> StsError {
        StsError::access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your \
             MFA serial number is valid and associated with this user.",
        )
    }

    pub fn may_not_assume(principal_arn: &str, role_arn: &str) -> StsError {
        StsError::access_denied(format!(
            "User: {principal_arn} is not authorized to perform: sts:AssumeRole on resource: \
             {role_arn}"
        ))
    }
}

/// `2026-11-22T10:00:00Z`
pub(crate) fn iso8601(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Text as element content. Control characters (also new lines, which parsers may trim) become character
/// references, even those that XML 1.0 doesn't allow, such as ESC.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            control if control.is_control() => {
                escaped.push_str(&format!("&#x{:X};", u32::from(control)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}
